"""Commands of Django that would move values past their seals."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.promise("K2")
@pytest.mark.parametrize("command", ["dumpdata", "loaddata"])
def test_no_command_moves_values_past_their_seals(command):
    with pytest.raises(CommandError, match="Back up the databases"):
        call_command(command)
