"""Coming of age: an invitation, once, that looks like everybody's; nothing opens by it."""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Member, Profile
from catalogue.vocabulary import Audience
from config.celery import SCHEDULE, app
from notifications import housekeeping
from notifications.delivery import deliver
from notifications.models import Notification
from privacy import yearly
from privacy.notices.settings import LOOK_OVER
from privacy.yearly import comes_of_age, day_of, due_day, invite
from tests import factories
from tests.killing import Killed

pytestmark = [pytest.mark.django_db, pytest.mark.promise("M2")]
TODAY = date(2026, 11, 27)
EIGHTEEN = date(2008, 11, 27)
WORDS = ("18", "eighteen", "age", "adult", "juvenile", "birthday", "grown")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(f"{TODAY}T08:50:00Z", tick=False) as traveller:
        yield traveller


def make(handle, born, joined=date(2025, 1, 1)):
    member = factories.make_member(handle, birth_date=born, listed=False)
    moment = timezone.make_aware(timezone.datetime(joined.year, joined.month, joined.day))
    Member.objects.filter(pk=member.pk).update(joined_at=moment)
    return member


def told():
    return list(Notification.objects.filter(notice=LOOK_OVER.slug).values_list("member", "occasion"))


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (EIGHTEEN, TODAY),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2006, 2, 28), date(2024, 2, 28)),
        (date(2008, 12, 31), date(2026, 12, 31)),
    ],
)
def test_the_day_on_which_somebody_comes_of_age(born, day):
    assert comes_of_age(born) == day


def test_who_comes_of_age_is_invited_that_day_once_however_often_it_is_tried(mailoutbox, clock):
    bud = make("bud", EIGHTEEN)
    assert (bud.pk, TODAY.isoformat()) not in told()
    invite(TODAY - timedelta(days=1))
    assert told().count((bud.pk, TODAY.isoformat())) == 0
    invite(TODAY)
    invite(TODAY)
    for later in (1, 29, 40):
        clock.move_to(f"{TODAY + timedelta(days=later)}T09:00:00Z")
        deliver()
        housekeeping.purge_expired(timezone.now())
        invite(TODAY + timedelta(days=later))
    assert Counter(told())[bud.pk, TODAY.isoformat()] == 1
    [mail] = [mail for mail in mailoutbox if mail.to == ["bud@example.org"]]
    # Whoever looks over a shoulder, or reads the whole mail, does not learn how old somebody is.
    assert not [word for word in WORDS if word in f" {mail.subject} {mail.body} ".lower().split()]


def test_nothing_opens_by_itself(client):
    bud = make("bud", EIGHTEEN)
    before = Profile.objects.filter(pk=bud.pk).values().get()
    invite(TODAY)
    assert Profile.objects.filter(pk=bud.pk).values().get() == before
    assert not Profile.objects.get(pk=bud.pk).listed


def test_whoever_was_due_while_no_worker_ran_is_invited_later_and_nobody_for_a_day_long_past():
    bud, old = make("bud", EIGHTEEN), make("old", date(2008, 10, 1))
    invite(TODAY + timedelta(days=29))
    assert (bud.pk, TODAY.isoformat()) in told()
    assert (old.pk, "2026-10-01") not in told()


def test_who_joined_later_that_day_or_exists_for_nobody_is_not_invited():
    late = make("late", EIGHTEEN, joined=TODAY)
    gone = make("gone", EIGHTEEN)
    Member.objects.filter(pk=gone.pk).update(cancelled_at=timezone.now())
    invite(TODAY)
    assert not {late.pk, gone.pk} & {member for member, _occasion in told()}


@pytest.mark.promise("M1")
def test_everybody_is_invited_once_a_year_whatever_their_age():
    people = [make(f"m{number}", born) for number, born in enumerate((EIGHTEEN, date(2011, 5, 1), factories.ADULT))]
    for number in range(12):
        invite(date(2026, 1, 30) + timedelta(days=30 * number))
    invite(date(2026, 12, 31))
    counted = Counter(member for member, occasion in told() if occasion.startswith("2026"))
    assert counted == dict.fromkeys((each.pk for each in people), 1)


@pytest.mark.promise("M1")
def test_on_which_day_of_the_year_is_as_good_as_random_and_another_one_each_year():
    months = Counter(day_of(number, 2026).month for number in range(3000))
    assert min(months.values()) > 150
    assert len({day_of(7, year).timetuple().tm_yday for year in range(2020, 2040)}) > 10
    assert due_day(7, EIGHTEEN, 2027) == day_of(7, 2027)
    assert due_day(7, EIGHTEEN, 2026) == TODAY


@pytest.mark.parametrize("after", [1, 2, 3])
def test_whoever_is_killed_leaves_the_rest_to_the_next_run(after, monkeypatch):
    members = [make(f"m{number}", EIGHTEEN) for number in range(4)]
    monkeypatch.setattr(yearly, "BATCH", 1)
    whole, times = yearly.notify_many, []

    def killed(*args, **options):
        times.append(1)
        if len(times) > after:
            raise Killed
        whole(*args, **options)

    monkeypatch.setattr(yearly, "notify_many", killed)
    with pytest.raises(Killed):
        invite(TODAY)
    monkeypatch.setattr(yearly, "notify_many", whole)
    invite(TODAY)
    assert {(each.pk, TODAY.isoformat()) for each in members} <= set(told())
    assert len(told()) == len(set(told()))


def test_a_batch_costs_three_queries_and_nothing_of_the_rest_is_held(monkeypatch, django_assert_num_queries):
    for number in range(4):
        make(f"m{number}", EIGHTEEN)
    invite(TODAY)
    with django_assert_num_queries(5):  # the batch, who is told already, the end; and a savepoint around
        assert invite(TODAY) == 0


def test_the_member_alone_reads_on_the_site_that_they_have_come_of_age(clock):
    bud = make("bud", EIGHTEEN)
    browser = factories.sign_in_freshly(bud)
    said = "You have come of age here"
    page = "/settings/privacy/"
    assert said in browser.get(page).content.decode()
    fern = factories.sign_in_freshly(make("fern", factories.ADULT))
    assert said not in fern.get(page).content.decode()
    assert said not in fern.get("/@bud/").content.decode()
    clock.move_to(f"{TODAY + timedelta(days=366)}T09:00:00Z")
    assert said not in factories.sign_in_freshly(bud).get(page).content.decode()


@pytest.mark.promise("E8")
def test_who_has_come_of_age_may_open_what_they_like_and_only_by_their_own_act():
    bud = make("bud", EIGHTEEN)
    browser = factories.sign_in_freshly(bud)
    assert Profile.objects.get(pk=bud.pk).city_audience == Audience.ONLY_ME
    browser.post("/settings/privacy/city/", {"audience": "members"})
    assert Profile.objects.get(pk=bud.pk).city_audience == Audience.MEMBERS


def test_it_is_done_by_the_clock():
    task = SCHEDULE["invite to look over who sees what"]["task"]
    app.loader.import_default_modules()
    make("bud", EIGHTEEN)
    app.tasks[task]()
    assert told()
