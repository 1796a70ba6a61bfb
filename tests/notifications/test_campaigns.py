"""One notice to many: written, approved by somebody else, counted, sent, paused, stopped, and always adding up."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.utils import timezone

from accounts.models import Member
from notifications import campaigns, delivery, gathering, retrying
from notifications.campaigns import Changed, NotNow, YourOwnWords, fingerprint
from notifications.channels.kinds import EVERYWHERE
from notifications.delivery import deliver
from notifications.gathering import advance, time_left, totals_of
from notifications.housekeeping import KEPT, purge_expired
from notifications.inbox import page_of
from notifications.letters import Writer
from notifications.models import Campaign, Notification, Stage, State
from notifications.notices import Category
from notifications.preferences import choose
from notifications.retrying import retry
from notifications.sending import notify
from notifications.topics import Topic
from notifications.written import NEWS, WORDS
from tests import factories
from tests.killing import Killed

pytestmark = [pytest.mark.django_db, pytest.mark.promise("F5")]
WRITTEN = {"heading": "The gate is open", "text": "Come in.\n\nBring boots.", "page": "/people/"}


@pytest.fixture
def author():
    return factories.make_member("author", is_staff=True)


@pytest.fixture
def second():
    return factories.make_member("second", is_staff=True)


@pytest.fixture
def planned(author, second):
    """Return a campaign that has been approved, to everybody, unless said otherwise."""

    def planned(notice=WORDS[Category.LEGAL], **more):
        campaign = Campaign(**({"notice": notice.slug, "audience": "everybody", "parameters": WRITTEN} | more))
        campaigns.write(campaign, by=author)
        campaigns.finish_writing(campaign)
        campaigns.approve(campaign, fingerprint(campaign), by=second)
        return campaign

    return planned


def people(count):
    return [factories.make_member(f"member{number}") for number in range(count)]


def advance_fully():
    while advance(timezone.now()):
        pass


def again(campaign):
    campaign.refresh_from_db()
    return campaign


# --- whom it goes to ----------------------------------------------------------------------------------------------
def test_everybody_is_told_once_and_the_totals_add_up(planned, sink, author, second):
    told = [*people(7), author, second]
    factories.make_member("bud", email_verified_at=None)
    campaign = planned()
    deliver()
    deliver()
    assert sorted(mail["X-To"] for mail in sink.taken) == sorted(member.email for member in told)
    assert {mail["Subject"] for mail in sink.taken} == {"The gate is open"}
    assert (again(campaign).stage, campaign.recipients, campaign.totals["sent"]) == (Stage.DONE, 9, 9)
    assert sum(totals_of(campaign).values()) == 9
    assert {row.parameters for row in Notification.objects.all()} == {None}
    assert len(page_of(told[0]).items) == 1


@pytest.mark.promise("F6")
def test_news_goes_to_those_who_want_it_when_it_leaves_and_no_juvenile_is_told(planned, sink):
    wants, declines, late, young = (
        factories.make_member("wants"),
        factories.make_member("declines"),
        factories.make_member("late"),
        factories.make_member("young", birth_date=factories.ADULT.replace(year=2012)),
    )
    for member in (wants, late, young):
        choose(member, {Topic.NEWS: EVERYWHERE})
    campaign = planned(NEWS[Topic.NEWS])
    advance_fully()
    choose(late, {Topic.NEWS: frozenset()})
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == [wants.email]
    assert {mail["List-Unsubscribe-Post"] for mail in sink.taken} == {"List-Unsubscribe=One-Click"}
    # both members of staff were in it too, and want none
    assert totals_of(again(campaign)) == dict.fromkeys(State, 0) | {"sent": 1, "suppressed": 5}
    assert not page_of(declines).items


def test_who_joins_after_it_was_counted_is_not_told(planned, sink, monkeypatch):
    monkeypatch.setattr(gathering, "SLICE", 2)
    first = people(5)
    campaign = planned()
    advance(timezone.now())
    factories.make_member("late")
    deliver()
    assert again(campaign).recipients == len(first) + 2
    assert "late@example.org" not in {mail["X-To"] for mail in sink.taken}


def test_an_audience_is_told_and_nobody_else(planned, sink, author, second):
    people(3)
    planned(audience="staff")
    deliver()
    assert {mail["X-To"] for mail in sink.taken} == {author.email, second.email}


def test_who_is_erased_meanwhile_is_counted_and_not_told(planned, sink):
    [rose, *_others] = people(3)
    campaign = planned()
    advance_fully()
    Member.objects.get(pk=rose.pk).delete()
    deliver()
    assert (totals_of(again(campaign))["erased"], totals_of(campaign)["sent"], campaign.recipients) == (1, 4, 5)


def test_a_campaign_waits_for_its_time(planned, sink):
    campaign = planned(starts_at=timezone.now() + timedelta(hours=1))
    deliver()
    assert (again(campaign).stage, sink.taken) == (Stage.PLANNED, [])
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        deliver()
        assert again(campaign).stage == Stage.DONE


# --- approval -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("notice", [*NEWS.values(), *WORDS.values()], ids=lambda notice: notice.slug)
def test_what_staff_write_needs_somebody_else_before_it_begins(author, second, sink, notice):
    campaign = Campaign(notice=notice.slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    campaigns.finish_writing(campaign)
    assert campaign.stage == Stage.ASKED
    with pytest.raises(YourOwnWords):
        campaigns.approve(campaign, fingerprint(campaign), by=author)
    deliver()
    assert (again(campaign).stage, Notification.objects.count()) == (Stage.ASKED, 0)
    campaigns.approve(campaign, fingerprint(campaign), by=second)
    deliver()
    assert again(campaign).stage == Stage.DONE


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": WRITTEN | {"text": "other"}},
        {"audience": "staff"},
        {"notice": WORDS[Category.SERVICE].slug},
        {"starts_at": timezone.now()},
    ],
)
def test_a_change_voids_the_approval_whoever_makes_it(planned, author, second, change):
    campaign = planned(starts_at=timezone.now() + timedelta(hours=1))
    for name, value in change.items():
        setattr(campaign, name, value)
    campaigns.write(campaign, by=second)
    assert (again(campaign).stage, campaign.approved, campaign.approved_by) == (Stage.DRAFT, "", None)
    campaigns.finish_writing(campaign)
    for writer in (author, second):
        with pytest.raises(YourOwnWords):
            campaigns.approve(campaign, fingerprint(campaign), by=writer)
    campaigns.approve(campaign, fingerprint(campaign), by=factories.make_member("third", is_staff=True))


def test_who_saves_without_a_change_has_not_written_it(author, second):
    campaign = Campaign(notice=WORDS[Category.LEGAL].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    campaigns.write(again(campaign), by=second)
    assert again(campaign).written_by == author
    campaigns.finish_writing(campaign)
    with pytest.raises(YourOwnWords):
        campaigns.approve(campaign, fingerprint(campaign), by=author)
    campaigns.approve(campaign, fingerprint(campaign), by=second)


def test_who_looked_at_something_else_approves_nothing(author, second):
    campaign = Campaign(notice=WORDS[Category.LEGAL].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    campaigns.finish_writing(campaign)
    seen = fingerprint(campaign)
    campaigns.take_back(campaign)
    campaign.parameters = WRITTEN | {"text": "other"}
    campaigns.write(campaign, by=author)
    campaigns.finish_writing(campaign)
    with pytest.raises(Changed):
        campaigns.approve(campaign, seen, by=second)


@pytest.mark.parametrize(
    "values",
    [
        {"stage": Stage.PLANNED},
        {"stage": Stage.SENDING},
        {"stage": Stage.DONE},
        {"stage": "other"},
        {"approved_by": "author"},
    ],
)
def test_the_database_itself_refuses_to_begin_without_approval_and_to_let_authors_approve(author, values):
    campaign = Campaign(notice=WORDS[Category.LEGAL].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    values = {name: author if value == "author" else value for name, value in values.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(**values)


def test_what_was_changed_behind_its_approval_never_begins(planned, sink):
    campaign = planned()
    Campaign.objects.update(parameters=WRITTEN | {"text": "Send us your password."})
    deliver()
    assert (again(campaign).stage, Notification.objects.count(), sink.taken) == (Stage.STOPPED, 0, [])


def test_nothing_is_changed_once_it_has_begun(planned, second):
    campaign = planned()
    advance(timezone.now())
    with pytest.raises(NotNow):
        campaigns.write(campaign, by=second)
    for act in (campaigns.finish_writing, campaigns.take_back, campaigns.resume):
        with pytest.raises(NotNow):
            act(campaign)


# --- pause, resume, stop ------------------------------------------------------------------------------------------
def test_what_is_paused_stays_where_it_is_and_goes_on_from_there(planned, sink):
    people(3)
    campaign = planned()
    advance_fully()
    rows = delivery.claim(timezone.now())
    campaigns.pause(again(campaign))
    with delivery.Mailbag() as mailbag:
        delivery.attempt_all(rows, mailbag, Writer())
    deliver()
    assert sink.taken == []
    campaigns.resume(campaign)
    with time_machine.travel(timezone.now() + delivery.LEASE + timedelta(seconds=1)):
        deliver()
    assert (len(sink.taken), again(campaign).stage) == (5, Stage.DONE)


def test_one_that_is_paused_while_it_is_counted_goes_on_counting(planned, sink, monkeypatch):
    monkeypatch.setattr(gathering, "SLICE", 2)
    people(5)
    campaign = planned()
    advance(timezone.now())
    campaigns.pause(again(campaign))
    advance_fully()
    counted = again(campaign).recipients
    assert 0 < counted < 7
    campaigns.resume(campaign)
    deliver()
    assert (again(campaign).stage, campaign.recipients, len(sink.taken)) == (Stage.DONE, 7, 7)


def test_what_is_stopped_never_leaves_and_is_counted(planned, sink):
    people(3)
    campaign = planned()
    advance_fully()
    campaigns.stop(again(campaign))
    deliver()
    assert (again(campaign).stage, totals_of(campaign)["suppressed"], campaign.recipients) == (Stage.STOPPED, 5, 5)
    assert sink.taken == []
    assert not any(page_of(member).items for member in Member.objects.all())
    with pytest.raises(NotNow):
        campaigns.resume(campaign)


def test_what_concerns_one_member_never_waits_for_a_campaign(planned, declare, sink):
    people(30)
    planned()
    advance_fully()
    rose = factories.make_member("rose")
    notify(WORDS[Category.SECURITY], rose, heading="First", text="x", page="")
    rows = delivery.claim(timezone.now())
    assert rows[0].member_id == rose.pk
    assert len(rows) == delivery.BATCH


# --- killed, side by side, and what cannot go on ------------------------------------------------------------------
def test_who_is_killed_while_counting_leaves_nobody_out_and_nobody_twice(planned, sink, monkeypatch):
    monkeypatch.setattr(gathering, "SLICE", 3)
    people(10)
    campaign = planned()
    advance(timezone.now())
    with monkeypatch.context() as killing:
        killing.setattr(gathering, "_still", lambda _campaign: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            advance(timezone.now())
    deliver()
    assert (again(campaign).recipients, len({mail["X-To"] for mail in sink.taken}), len(sink.taken)) == (12, 12, 12)


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_count_and_send_everything_once(planned, sink, monkeypatch):
    monkeypatch.setattr(gathering, "SLICE", 7)
    people(40)
    campaign = planned()

    def work() -> None:
        for _turn in range(20):
            deliver()
            if Campaign.objects.get().stage == Stage.DONE:
                break
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliver()
    assert (again(campaign).stage, campaign.recipients, campaign.totals["sent"]) == (Stage.DONE, 42, 42)
    assert len({mail["X-To"] for mail in sink.taken}) == len(sink.taken) == 42


def test_one_whose_audience_is_no_more_is_paused_and_holds_up_nobody(planned, sink, caplog):
    campaign = planned(audience="no-such-audience")
    rose = factories.make_member("rose")
    notify(WORDS[Category.SERVICE], rose, heading="Other", text="x", page="")
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == [rose.email]
    assert again(campaign).stage == Stage.PAUSED
    assert "UnknownAudience" in caplog.text


def test_a_database_that_is_away_for_a_moment_pauses_nothing(planned, sink, monkeypatch):
    campaign = planned()
    with monkeypatch.context() as going:
        going.setattr(gathering, "_gather", lambda _campaign: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError):
            advance(timezone.now())
    assert again(campaign).stage == Stage.GATHERING
    deliver()
    assert again(campaign).stage == Stage.DONE


# --- once it is over ----------------------------------------------------------------------------------------------
def test_rows_are_kept_as_long_as_their_campaign_is_open_and_go_together(planned, sink):
    people(5)
    campaign = planned()
    advance_fully()
    rows = delivery.claim(timezone.now())[:3]
    with delivery.Mailbag() as mailbag:
        delivery.attempt_all(rows, mailbag, Writer())
    campaigns.pause(again(campaign))
    with time_machine.travel(timezone.now() + KEPT + timedelta(days=1), tick=False) as clock:
        purge_expired(timezone.now())
        campaigns.stop(again(campaign))
        deliver()
        totals = again(campaign).totals
        assert (campaign.stage, campaign.recipients, totals["sent"], totals["suppressed"]) == (Stage.STOPPED, 7, 3, 4)
        clock.shift(KEPT + timedelta(days=1))
        purge_expired(timezone.now())
    assert not Notification.objects.exists()
    assert sum(totals_of(again(campaign)).values()) == campaign.recipients == 7


def test_what_is_tried_again_before_the_end_of_its_keeping_is_counted_with_the_others(planned, sink):
    people(4)
    campaign = planned()
    deliver()
    row = Notification.objects.filter(campaign=campaign).first()
    Notification.objects.filter(pk=row.pk).update(state=State.FAILED, reason="554")
    with time_machine.travel(timezone.now() + KEPT - timedelta(hours=1), tick=False) as clock:
        assert retry(Notification.objects.filter(pk=row.pk)) == 1
        clock.shift(timedelta(hours=2))
        purge_expired(timezone.now())
        deliver()
    assert (again(campaign).stage, campaign.totals["sent"], campaign.recipients) == (Stage.DONE, 6, 6)


@pytest.mark.django_db(transaction=True)
def test_none_ends_while_rows_of_it_are_tried_again(planned, sink, monkeypatch):
    campaign = planned()
    deliver()
    row = Notification.objects.filter(campaign=campaign).first()
    Notification.objects.filter(pk=row.pk).update(state=State.FAILED, reason="554")
    Campaign.objects.update(stage=Stage.SENDING, ended_at=None, totals=None)
    whole = retrying._retry

    def meanwhile(*what):
        def end() -> None:
            advance(timezone.now())
            connections.close_all()

        if connection.features.has_select_for_update_skip_locked:  # elsewhere one writes after the other
            worker = threading.Thread(target=end)
            worker.start()
            worker.join()
        return whole(*what)

    monkeypatch.setattr(retrying, "_retry", meanwhile)
    assert retry(Notification.objects.filter(pk=row.pk)) == 1
    monkeypatch.undo()
    deliver()
    assert (again(campaign).stage, campaign.totals["sent"]) == (Stage.DONE, campaign.recipients)


# --- what staff see of it -----------------------------------------------------------------------------------------
def test_a_trial_comes_to_who_asks_for_it_as_its_readers_will_have_it(planned, author, sink):
    campaign = planned(NEWS[Topic.NEWS])
    campaigns.try_out(campaign, by=author)
    Campaign.objects.update(starts_at=timezone.now() + timedelta(hours=1))
    deliver()
    [mail] = sink.taken
    assert (mail["X-To"], mail["Subject"], mail["List-Unsubscribe"]) == (
        author.email,
        "On trial: The gate is open",
        None,
    )
    text, html = (part.get_payload(decode=True).decode() for part in mail.get_payload())
    assert "Bring boots." in text
    assert "<h1>The gate is open</h1>" in html
    assert "/unsubscribe/" in text


def test_how_long_it_will_take_goes_by_the_pace_of_the_last_minutes(planned, sink):
    people(8)
    campaign = planned()
    advance_fully()
    campaign, now = again(campaign), timezone.now()
    assert time_left(campaign, totals_of(campaign), now) is None
    some = Notification.objects.values_list("pk", flat=True)[:4]
    Notification.objects.filter(pk__in=list(some)).update(state=State.SENT, settled_at=now)
    left = time_left(campaign, totals_of(campaign), campaign.gathered_at + timedelta(seconds=60))
    assert left == timedelta(seconds=60) / 4 * 6


def test_the_totals_stay_when_the_rows_go(planned, sink):
    people(3)
    campaign = planned()
    deliver()
    Notification.objects.all().delete()
    assert totals_of(again(campaign))["sent"] == campaign.recipients == 5


def test_text_of_staff_stays_text(planned, sink):
    nasty = {
        "heading": "<b>Hi</b>\r\nBcc: all@example.org",
        "text": "{{ settings.SECRET_KEY }} {% now 'Y' %} <img src=x>",
    }
    planned(parameters=nasty | {"page": ""})
    deliver()
    for mail in sink.taken:
        assert mail["Bcc"] is None
        assert "\n" not in mail["Subject"].strip()
        text, html = (part.get_payload(decode=True).decode() for part in mail.get_payload())
        assert "{{ settings.SECRET_KEY }}" in text
        assert "<b>" not in html.split("<main")[1]
        assert "<img" not in html
