"""What was chosen before there was an inbox counts for it too, and is still what it was on the way back."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from notifications.models import Preference
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keystore"]), pytest.mark.promise("F4")]
BEFORE = [("notifications", "0002_choices")]


def migrate(targets: Any) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def test_choices_of_an_earlier_version_count_for_every_channel_and_survive_the_way_back():
    rose = factories.make_member("rose")
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        old = migrate(BEFORE).get_model("notifications", "Preference")
        old.objects.create(member_id=rose.pk, topic="news", wanted=True)
        migrate(latest)
        rows = Preference.objects.filter(member=rose).values_list("topic", "channel", "wanted")
        assert set(rows) == {("news", "email", True), ("news", "site", True)}
        old = migrate(BEFORE).get_model("notifications", "Preference")
        assert list(old.objects.values_list("topic", "wanted")) == [("news", True)]
    finally:
        migrate(latest)
