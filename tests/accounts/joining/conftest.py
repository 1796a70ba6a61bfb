"""Browsers that join, and what everybody who joins meets."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from privacy.models import PolicyVersion
from security import discretion
from tests import factories

from . import entries, link_in


@pytest.fixture(autouse=True)
def _an_old_policy():
    """Let the policy have been in force all along, whatever day a test travels to."""
    [(number, body)] = PolicyVersion.objects.values_list("number", "body")
    PolicyVersion.objects.all().delete()
    PolicyVersion.objects.bring(number, body, datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0)


@pytest.fixture
def visitor():
    return Client()


@pytest.fixture
def join(django_capture_on_commit_callbacks):
    """Return a function that joins with a new browser, or a given one, and has the mails delivered."""

    def _join(visitor=None, **changed):
        with django_capture_on_commit_callbacks(execute=True):
            return (visitor or Client()).post("/join/", entries(**changed))

    return _join


@pytest.fixture
def fern():
    return factories.make_member("fern")


@pytest.fixture
def link(join, mailoutbox):
    join()
    return link_in(mailoutbox[0])
