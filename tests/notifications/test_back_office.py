"""What staff do about notices: look what became of them, try again, lift, write and approve campaigns."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.notices import REVIEW_INFORMATION
from accounts.roles import assign_roles, sync_roles
from notifications import campaigns
from notifications.campaigns import fingerprint
from notifications.channels.kinds import EVERYWHERE
from notifications.delivery import deliver
from notifications.gathering import advance
from notifications.models import Campaign, Notification, Stage, State, Suppression
from notifications.notices import Category, declared
from notifications.preferences import choose
from notifications.sending import notify
from notifications.suppression import suppress
from notifications.topics import Topic
from notifications.written import NEWS, WORDS
from tests import factories

from .conftest import row_to

pytestmark = pytest.mark.django_db
ADMIN = "/admin/notifications"
WRITTEN = {"heading": "The gate is open", "text": "Come in.", "page": "/people/"}
FORM = WRITTEN | {"notice": NEWS[Topic.NEWS].slug, "audience": "everybody", "starts_at": ""}


@pytest.fixture
def staff():
    """Return what signs a member of staff with these roles in."""
    sync_roles()

    def staff(handle, *roles):
        member = factories.make_member(handle)
        assign_roles(member, roles)
        member.refresh_from_db()
        return factories.sign_in(Client(), member), member

    return staff


def given_up(member, **values):
    notify(REVIEW_INFORMATION, member)
    row = row_to(member)
    settled = {"state": State.FAILED, "reason": "554", "settled_at": row.created_at} | values
    Notification.objects.filter(pk=row.pk).update(**settled)
    return row


def press(client, campaign, act, **more):
    campaign.refresh_from_db()
    seen = {"seen": fingerprint(campaign)} | more
    return client.post(f"{ADMIN}/campaign/{campaign.pk}/act/", {"act": act} | seen, follow=True)


# --- the outbox ---------------------------------------------------------------------------------------------------
@pytest.mark.promise("K3")
def test_the_outbox_shows_states_and_nothing_personal(rose, staff, sink):
    client, _me = staff("warden", "support")
    notify(WORDS[Category.LEGAL], rose, heading="A very own heading", text="very own text", page="")
    for where in (f"{ADMIN}/notification/", f"{ADMIN}/notification/{row_to(rose).pk}/change/"):
        page = client.get(where).content.decode()
        assert "Words of the staff (legal)" in page or "written-legal" in page
        assert "very own" not in page
        assert "rose@" not in page


@pytest.mark.parametrize(("query", "is_there"), [("rose", True), ("ros", False), ("fern", False)])
def test_rows_are_found_by_a_whole_handle_and_filtered_by_state(rose, staff, query, is_there):
    client, _me = staff("warden", "support")
    row = given_up(rose)
    link = f"{ADMIN}/notification/{row.pk}/change/"
    assert (link in client.get(f"{ADMIN}/notification/", {"q": query}).content.decode()) == is_there
    assert link in client.get(f"{ADMIN}/notification/", {"state__exact": "failed"}).content.decode()
    assert link not in client.get(f"{ADMIN}/notification/", {"state__exact": "sent"}).content.decode()
    assert link in client.get(f"{ADMIN}/notification/", {"category": "service"}).content.decode()
    assert link not in client.get(f"{ADMIN}/notification/", {"category": "marketing"}).content.decode()


@pytest.mark.promise("F5")
def test_what_was_given_up_goes_again_with_one_press_and_it_is_written_down(rose, staff, sink):
    client, me = staff("warden", "support")
    row = given_up(rose)
    page = client.get(f"{ADMIN}/notification/{row.pk}/change/").content.decode()
    assert "Try again" in page
    answer = client.post(f"{ADMIN}/notification/{row.pk}/retry/", follow=True).content.decode()
    assert "1 notice is tried again" in answer
    deliver()
    assert (row_to(rose).state, [mail["X-To"] for mail in sink.taken]) == (State.SENT, [rose.email])
    assert LogEntry.objects.filter(user=me, change_message="tried again").exists()
    assert "Nothing of this" in client.post(f"{ADMIN}/notification/{row.pk}/retry/", follow=True).content.decode()


def test_many_go_again_at_once_and_each_is_looked_at_when_it_leaves(staff, sink):
    client, _me = staff("warden", "support")
    rows = [given_up(factories.make_member(f"member{number}")) for number in range(3)]
    gone = Notification.objects.get(pk=rows[0].pk).member
    suppress(gone.email, Suppression.Reason.BOUNCED)
    chosen = {"action": "try_again", "_selected_action": [row.pk for row in rows]}
    assert "3 notices are tried again" in client.post(f"{ADMIN}/notification/", chosen, follow=True).content.decode()
    deliver()
    assert [Notification.objects.get(pk=row.pk).state for row in rows] == [State.UNREACHABLE, State.SENT, State.SENT]


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.SENT, "reason": ""},
        {"state": State.SUPPRESSED, "reason": ""},
        {"state": State.UNCERTAIN},
        {"reason": "too late"},
        {"parameters": None},
        {"notice": "no-such-notice"},
    ],
    ids=lambda values: next(iter(values)),
)
def test_nothing_else_goes_again(rose, staff, sink, values):
    client, _me = staff("warden", "support")
    row = given_up(rose, **values)
    assert ">Try again<" not in client.get(f"{ADMIN}/notification/{row.pk}/change/").content.decode()
    client.post(f"{ADMIN}/notification/{row.pk}/retry/")
    deliver()
    assert sink.taken == []


def test_who_may_only_look_tries_nothing_again(rose, staff):
    client, _me = staff("auditor", "auditor")
    row = given_up(rose)
    assert client.get(f"{ADMIN}/notification/{row.pk}/change/").status_code == 200
    assert client.post(f"{ADMIN}/notification/{row.pk}/retry/").status_code == 403
    client.post(f"{ADMIN}/notification/", {"action": "try_again", "_selected_action": [row.pk]})
    assert row_to(rose).state == State.FAILED


@pytest.mark.promise("N1")
@pytest.mark.parametrize("handle", ["warden", "chief"])
def test_staff_do_not_learn_here_whose_address_somebody_typed(rose, staff, handle):
    client, _me = staff(handle, "superuser" if handle == "chief" else "support")
    Client().post("/password/reset/", {"email": rose.email})
    for _try in range(11):
        Client().post("/sign-in/", {"email": rose.email, "password": "guessed wrongly"})
    asked_for = [notice.slug for notice in declared() if notice.keeps_address]
    row, _alert = rows = Notification.objects.filter(member=rose, notice__in=asked_for)
    for query in ({}, {"q": "rose"}, {"state__exact": row.state}, {"category": "security"}):
        page = client.get(f"{ADMIN}/notification/", query).content.decode()
        assert not [each for each in rows if f"/{each.pk}/change/" in page]
    absent = Notification.objects.latest("pk").pk + 1
    for number in (row.pk, absent):
        assert client.get(f"{ADMIN}/notification/{number}/change/").status_code == 302
        assert client.post(f"{ADMIN}/notification/{number}/retry/").status_code == 404


@pytest.mark.promise("M2")
def test_staff_do_not_see_what_somebody_chose(rose, staff):
    client, _me = staff("warden", "support")
    choose(rose, {Topic.NEWS: EVERYWHERE})
    page = client.get(f"{ADMIN}/preference/?q=rose").content.decode()
    assert "@rose" in page
    link = re.search(rf'href="({ADMIN}/preference/\d+/change/[^"]*)"', page)[1]
    page = client.get(link.replace("&amp;", "&")).content.decode()
    assert "covered" in page
    assert "News of the organisation" not in page


def test_a_suppression_is_listed_without_an_address_and_can_be_lifted(rose, staff):
    client, _me = staff("warden", "support")
    suppress(rose.email, Suppression.Reason.BOUNCED, "550")
    row = Suppression.objects.get()
    page = client.get(f"{ADMIN}/suppression/").content.decode()
    assert "550" in page
    assert "rose" not in page
    client.post(f"{ADMIN}/suppression/{row.pk}/delete/", {"post": "yes"})
    assert not Suppression.objects.exists()


# --- campaigns ----------------------------------------------------------------------------------------------------
def test_a_campaign_is_written_approved_by_somebody_else_watched_and_done(rose, staff, sink):
    writer, _author = staff("author", "campaigns")
    approver, _second = staff("second", "legal")
    choose(rose, {Topic.NEWS: EVERYWHERE})
    writer.post(f"{ADMIN}/campaign/add/", FORM)
    campaign = Campaign.objects.get()
    assert (campaign.parameters, campaign.stage) == (WRITTEN, Stage.DRAFT)
    assert "It is written" in writer.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()
    press(writer, campaign, "finish")
    page = writer.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()
    assert 'value="approve"' not in page
    assert "You wrote it yourself" in press(writer, campaign, "approve").content.decode()
    page = approver.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()
    assert 'value="approve"' in page
    assert "Come in." in page
    assert "Approved" in press(approver, campaign, "approve").content.decode()
    deliver()
    campaign.refresh_from_db()
    assert (campaign.stage, [mail["X-To"] for mail in sink.taken]) == (Stage.DONE, [rose.email])
    page = approver.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()
    assert "3 recipients" in page
    widths = [float(width) for width in re.findall(r'class="plot-bar[^>]*width="([\d.]+)" height="32"', page)]
    assert sum(widths) == pytest.approx(1000)


def test_a_time_is_taken_and_shown_again(staff):
    writer, _author = staff("author", "campaigns")
    writer.post(f"{ADMIN}/campaign/add/", FORM | {"starts_at": "2030-05-04T18:30"})
    campaign = Campaign.objects.get()
    assert campaign.starts_at.isoformat() == "2030-05-04T18:30:00+00:00"
    assert 'value="2030-05-04T18:30"' in writer.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()


def test_what_changed_meanwhile_is_not_approved(staff):
    writer, _author = staff("author", "campaigns")
    approver, _second = staff("second", "legal")
    writer.post(f"{ADMIN}/campaign/add/", FORM)
    campaign = Campaign.objects.get()
    press(writer, campaign, "finish")
    assert "changed since" in press(approver, campaign, "approve", seen="0" * 64).content.decode()
    writer.post(f"{ADMIN}/campaign/{campaign.pk}/change/", FORM | {"text": "Other words"})
    campaign.refresh_from_db()
    assert (campaign.stage, campaign.parameters["text"]) == (Stage.DRAFT, "Other words")


def test_it_is_paused_resumed_and_stopped_and_who_comes_late_is_told(staff, sink):
    writer, author = staff("author", "campaigns")
    _approver, second = staff("second", "legal")
    campaign = Campaign(notice=WORDS[Category.LEGAL].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    campaigns.finish_writing(campaign)
    campaigns.approve(campaign, fingerprint(campaign), by=second)
    while advance(campaign.created_at.replace(year=2100)):
        pass
    for act, stage in (("pause", Stage.PAUSED), ("resume", Stage.SENDING), ("pause", Stage.PAUSED)):
        press(writer, campaign, act)
        campaign.refresh_from_db()
        assert campaign.stage == stage
    assert "too late" in press(writer, campaign, "pause").content.decode()
    press(writer, campaign, "stop")
    deliver()
    campaign.refresh_from_db()
    assert (campaign.stage, sink.taken) == (Stage.STOPPED, [])


def test_who_may_approve_does_nothing_else(staff):
    approver, _second = staff("second", "legal")
    _writer, author = staff("author", "campaigns")
    campaign = Campaign(notice=NEWS[Topic.NEWS].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    for act in ("finish", "take-back", "pause", "stop", "try-out"):
        assert press(approver, campaign, act).status_code == 403
    assert approver.post(f"{ADMIN}/campaign/add/", FORM).status_code == 403
    assert press(approver, campaign, "no-such-act").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heading": ""}, "required"),
        ({"text": "x" * 5_001}, "at most 5000"),
        ({"text": "See https://evil.example/"}, "other sites"),
        ({"heading": "www.evil.example"}, "other sites"),
        ({"text": "abc\u202edef"}, "turn the text around"),
        ({"page": "https://evil.example/"}, "page of ours"),
        ({"page": "//evil.example/people/"}, "page"),
        ({"page": "/no/such/page/"}, "no such page"),
        ({"notice": "reset-password"}, "not one of the available choices"),
        ({"notice": "no-such-notice"}, "not one of the available choices"),
        ({"audience": "nobody"}, "not one of the available choices"),
        ({"starts_at": "soon"}, "valid date"),
    ],
)
def test_what_cannot_be_sent_is_said_by_the_field_and_kept(staff, change, said):
    writer, _author = staff("author", "campaigns")
    answer = writer.post(f"{ADMIN}/campaign/add/", FORM | change)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert "Come in." in page or "text" in change
    assert not Campaign.objects.exists()


def test_it_is_shown_as_somebody_would_have_it(rose, staff):
    writer, author = staff("author", "campaigns")
    campaign = Campaign(notice=NEWS[Topic.NEWS].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    where = f"{ADMIN}/campaign/{campaign.pk}/preview/"
    page = writer.get(where, {"handle": "@rose"})
    assert page.status_code == 200
    assert "The gate is open" in page.content.decode()
    assert "rose@" not in page.content.decode()
    assert writer.get(where, {"handle": "nobody"}).status_code == 404
    factories.make_member("bud", email_verified_at=None)
    assert writer.get(where, {"handle": "bud"}).status_code == 404


def test_a_campaign_that_began_stays_and_a_draft_can_be_thrown_away(staff):
    writer, author = staff("author", "campaigns")
    draft, going = (
        Campaign(notice=NEWS[Topic.NEWS].slug, audience="everybody", parameters=WRITTEN) for _number in range(2)
    )
    for campaign in (draft, going):
        campaigns.write(campaign, by=author)
    Campaign.objects.filter(pk=going.pk).update(stage=Stage.DONE, approved="x")
    for campaign in (draft, going):
        writer.post(f"{ADMIN}/campaign/{campaign.pk}/delete/", {"post": "yes"})
    assert list(Campaign.objects.all()) == [going]
    assert writer.post(f"{ADMIN}/campaign/{going.pk}/change/", FORM).status_code == 403
