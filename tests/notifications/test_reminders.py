"""Reminders: of the check-up until it is done, and once a year of one's own information."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import reviewing
from accounts.models import InformationReview
from accounts.notices import RESET_PASSWORD, REVIEW_INFORMATION
from config.celery import SCHEDULE, app
from notifications.channels.kinds import NOWHERE
from notifications.delivery import deliver
from notifications.housekeeping import purge_expired
from notifications.models import Notification
from notifications.preferences import choose
from notifications.sending import notify_many
from notifications.topics import Topic
from privacy import reminding
from privacy.checkup import look_over
from privacy.fields import bearers
from privacy.models import FieldReview
from privacy.notices.settings import CHECK_UP
from tests import factories

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=366)


def after(delay):
    return time_machine.travel(timezone.now() + delay)


def told(notice):
    return [row.member_id for row in Notification.objects.filter(notice=notice.slug).order_by("pk")]


def check_up():
    return reminding.remind_of_check_up(timezone.now())


def yearly():
    return reviewing.remind(timezone.now())


# --- the check-up -------------------------------------------------------------------------------------------------
@pytest.mark.promise("E3")
def test_who_has_not_finished_the_check_up_is_reminded_two_weeks_after_joining(rose, sink):
    done = factories.make_member("done")
    look_over(done, bearers())
    half = factories.make_member("half")
    look_over(half, list(bearers())[:3])
    with after(timedelta(days=13)):
        assert check_up() == 0
    with after(timedelta(days=15)):
        assert check_up() == 2
        assert sorted(told(CHECK_UP)) == sorted([rose.pk, half.pk])
        deliver()
    assert sorted(mail["X-To"] for mail in sink.taken) == ["half@example.org", "rose@example.org"]
    assert "/settings/check-up/" in sink.taken[0].get_payload(0).get_payload()


@pytest.mark.promise("E3")
def test_it_is_offered_again_when_a_field_is_new_and_never_sooner_than_after_ninety_days(rose, sink):
    look_over(rose, bearers())
    with after(timedelta(days=20)):
        assert check_up() == 0
        FieldReview.objects.filter(member=rose, field="city").delete()  # as if there were a new field
        assert check_up() == 1
        assert check_up() == 0
        deliver()
    with after(timedelta(days=60)):
        purge_expired(timezone.now())
        assert check_up() == 0
    with after(timedelta(days=120)):
        purge_expired(timezone.now())
        assert check_up() == 1


@pytest.mark.promise("F4")
def test_who_declined_reminders_gets_none(rose, sink):
    choose(rose, {Topic.DIGEST: NOWHERE})
    with after(timedelta(days=15)):
        check_up()
        deliver()
    assert not sink.taken


def test_nobody_is_reminded_who_is_not_here(rose):
    factories.make_member("bud", email_verified_at=None)
    factories.make_member("gone", is_active=False)
    with after(YEAR):
        assert (check_up(), yearly()) == (1, 1)


# --- once a year --------------------------------------------------------------------------------------------------
@pytest.mark.promise("C3")
def test_a_member_is_asked_once_a_year_and_confirms_with_one_press(rose, sink):
    with after(YEAR):
        browser = factories.sign_in(Client(), rose)
        assert yearly() == 1
        assert yearly() == 0
        deliver()
        assert "/settings/profile/" in sink.taken[0].get_payload(0).get_payload()
        assert "Is all of this still right?" in browser.get("/settings/profile/").content.decode()
        assert browser.post("/settings/profile/right/").status_code == 302
        assert "Is all of this still right?" not in browser.get("/settings/profile/").content.decode()
    with after(YEAR + timedelta(days=300)):
        assert yearly() == 0
    with after(2 * YEAR):
        assert yearly() == 1


@pytest.mark.promise("C3")
def test_who_saves_the_profile_has_looked_it_over(rose):
    with after(YEAR):
        browser = factories.sign_in(Client(), rose)
        browser.post("/settings/profile/", {"city": "Visby"})
        assert yearly() == 0
        assert not reviewing.is_due(rose)


@pytest.mark.promise("C3")
def test_who_does_not_answer_is_asked_again_the_next_year_and_not_before(rose):
    with after(YEAR):
        assert yearly() == 1
    with after(YEAR + timedelta(days=200)):
        assert yearly() == 0
        assert reviewing.is_due(rose)
    with after(2 * YEAR + timedelta(days=1)):
        assert yearly() == 1


@pytest.mark.promise("F5")
def test_it_reaches_who_declined_everything(rose, sink):
    choose(rose, dict.fromkeys(Topic, NOWHERE))
    with after(YEAR):
        yearly()
        deliver()
    assert len(sink.taken) == 1


# --- many at once -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("remind", [check_up, yearly])
def test_many_are_reminded_with_few_queries(remind, django_assert_max_num_queries):
    for number in range(12):
        factories.make_member(f"member{number}")
    with after(YEAR), django_assert_max_num_queries(12):
        assert remind() == 12


def test_who_was_killed_in_between_leaves_the_rest_to_the_next_run(monkeypatch):
    for number in range(6):
        factories.make_member(f"member{number}")
    for module in (reminding, reviewing):
        monkeypatch.setattr(module, "BATCH", 2)
        monkeypatch.setattr(module, "MOST_AT_ONCE", 4)
    with after(YEAR):
        assert [check_up(), check_up(), check_up()] == [4, 2, 0]
        assert [yearly(), yearly(), yearly()] == [4, 2, 0]
    assert len(set(told(CHECK_UP))) == len(set(told(REVIEW_INFORMATION))) == 6
    assert InformationReview.objects.count() == 6


def test_what_goes_to_one_mailbox_is_not_sent_to_many(rose):
    with pytest.raises(ValueError, match="one mailbox"):
        notify_many(RESET_PASSWORD, [rose.pk], occasion="x", token="abc")


def test_everything_on_the_clock_is_a_task_that_there_is():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
