"""What staff do about notices: look what became of them, try again, lift, write and approve campaigns."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils.html import escape

from accounts.notices import RESET_PASSWORD, REVIEW_INFORMATION
from accounts.roles import assign_roles, sync_roles
from notifications import campaigns
from notifications.campaigns import fingerprint
from notifications.channels.kinds import EVERYWHERE, NOWHERE
from notifications.delivery import deliver
from notifications.gathering import advance
from notifications.letters import token_of
from notifications.models import Campaign, Notification, Stage, State, Suppression
from notifications.notices import Category, declared
from notifications.preferences import choose
from notifications.previews import preview
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
    for where in (f"{ADMIN}/notification/", f"{ADMIN}/notification/{quote(token_of(row_to(rose)))}/change/"):
        page = client.get(where).content.decode()
        assert "Words of the staff (legal)" in page or "written-legal" in page
        assert "very own" not in page
        assert "rose@" not in page


@pytest.mark.parametrize(("query", "is_there"), [("rose", True), ("ros", False), ("fern", False)])
def test_rows_are_found_by_a_whole_handle_and_filtered_by_state(rose, staff, query, is_there):
    client, _me = staff("warden", "support")
    row = given_up(rose)
    link = f"{ADMIN}/notification/{quote(token_of(row))}/change/"
    assert (link in client.get(f"{ADMIN}/notification/", {"q": query}).content.decode()) == is_there
    assert link in client.get(f"{ADMIN}/notification/", {"state__exact": "failed"}).content.decode()
    assert link not in client.get(f"{ADMIN}/notification/", {"state__exact": "sent"}).content.decode()
    assert link in client.get(f"{ADMIN}/notification/", {"category": "service"}).content.decode()
    assert link not in client.get(f"{ADMIN}/notification/", {"category": "marketing"}).content.decode()


@pytest.mark.promise("F5")
def test_what_was_given_up_goes_again_with_one_press_and_it_is_written_down(rose, staff, sink):
    client, me = staff("warden", "support")
    row = given_up(rose)
    page = client.get(f"{ADMIN}/notification/{quote(token_of(row))}/change/").content.decode()
    assert "Try again" in page
    answer = client.post(f"{ADMIN}/notification/{token_of(row)}/retry/", follow=True).content.decode()
    assert "1 notice is tried again" in answer
    deliver()
    assert (row_to(rose).state, [mail["X-To"] for mail in sink.taken]) == (State.SENT, [rose.email])
    assert LogEntry.objects.filter(user=me, change_message="tried again").exists()
    assert (
        "Nothing of this" in client.post(f"{ADMIN}/notification/{token_of(row)}/retry/", follow=True).content.decode()
    )


def test_many_go_again_at_once_and_each_is_looked_at_when_it_leaves(staff, sink):
    client, _me = staff("warden", "support")
    rows = [given_up(factories.make_member(f"member{number}")) for number in range(3)]
    gone = Notification.objects.get(pk=rows[0].pk).member
    suppress(gone.email, Suppression.Reason.BOUNCED)
    chosen = {"action": "try_again", "_selected_action": [token_of(row) for row in rows]}
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
    assert ">Try again<" not in client.get(f"{ADMIN}/notification/{quote(token_of(row))}/change/").content.decode()
    client.post(f"{ADMIN}/notification/{token_of(row)}/retry/")
    deliver()
    assert sink.taken == []


def test_who_may_only_look_tries_nothing_again(rose, staff):
    client, _me = staff("auditor", "auditor")
    row = given_up(rose)
    assert client.get(f"{ADMIN}/notification/{quote(token_of(row))}/change/").status_code == 200
    assert client.post(f"{ADMIN}/notification/{token_of(row)}/retry/").status_code == 403
    client.post(f"{ADMIN}/notification/", {"action": "try_again", "_selected_action": [token_of(row)]})
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
        assert not [
            each for each in rows if quote(token_of(each)) in page or token_of(each) in page or f"/{each.pk}/" in page
        ]
    absent = Notification(pk=Notification.objects.latest("pk").pk + 1)
    for name in (token_of(row), token_of(absent), str(row.pk), "none"):
        assert client.get(f"{ADMIN}/notification/{quote(name)}/change/").status_code == 302
        assert client.post(f"{ADMIN}/notification/{name}/retry/").status_code == 404


@pytest.mark.promise("N1")
def test_no_number_of_a_row_tells_how_many_there_are_between_two(rose, staff):
    client, me = staff("warden", "support")
    Notification.objects.filter(pk=given_up(rose).pk).update(id=987_654_321)
    row = row_to(rose)
    client.post(f"{ADMIN}/notification/{token_of(row)}/retry/")
    one = f"{ADMIN}/notification/{quote(token_of(row))}"
    for where in (f"{ADMIN}/notification/", f"{one}/change/", f"{one}/history/", "/admin/"):
        page = client.get(where, follow=True).content.decode()
        assert "tried again" in page or quote(token_of(row)) in page
        assert not re.search(r"987.?654.?321", page)
    assert [entry.object_id for entry in LogEntry.objects.filter(user=me)] == [token_of(row)]


def test_what_is_not_listed_goes_again_all_together_and_nobody_learns_what_there_was(rose, staff, sink):
    client, _me = staff("warden", "support")
    where = f"{ADMIN}/notification/unlisted/retry/"
    nothing = client.post(where, follow=True).content.decode()
    notify(RESET_PASSWORD, rose, token="abc", hours=1)
    Notification.objects.update(state=State.FAILED, reason="401", settled_at=row_to(rose).created_at)
    assert bare(client.post(where, follow=True)) == bare(nothing)
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == [rose.email]
    auditor, _them = staff("auditor", "auditor")
    assert auditor.post(where).status_code == 403


def bare(page):
    text = page if isinstance(page, str) else page.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)


@pytest.mark.promise("M2")
@pytest.mark.parametrize("handle", ["warden", "auditor"])
def test_of_news_staff_see_what_became_of_it_and_not_whose_it_is(rose, staff, sink, handle):
    client, _me = staff(handle, {"warden": "support"}.get(handle, handle))
    choose(rose, {Topic.PRODUCT: NOWHERE})
    notify(NEWS[Topic.PRODUCT], rose, heading="x", text="y", page="")
    deliver()
    row = row_to(rose)
    assert row.state == State.SUPPRESSED
    page = client.get(f"{ADMIN}/notification/").content.decode()
    assert quote(token_of(row)) in page
    assert "held back" in page
    for where in ("", f"{quote(token_of(row))}/change/"):
        page = client.get(f"{ADMIN}/notification/{where}").content.decode()
        assert "@rose" not in page
        assert str(rose.pk) not in page
    assert quote(token_of(row)) not in client.get(f"{ADMIN}/notification/", {"q": "rose"}).content.decode()


def test_staff_read_what_we_write(staff):
    client, _me = staff("warden", "support")
    page = client.get(f"{ADMIN}/notification/texts/").content.decode()
    for notice in declared():
        assert f"texts/{notice.slug}/" in page
        shown = client.get(f"{ADMIN}/notification/texts/{notice.slug}/")
        assert shown.status_code == 200
        said = shown.content.decode()
        assert all(escape(text.strip()) in said for name, text in preview(notice).items() if name != "body.html")
        assert len(preview(notice)) == said.count("<h2 id=")
    assert client.get(f"{ADMIN}/notification/texts/no-such-notice/").status_code == 404


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


@pytest.mark.promise("F6")
@pytest.mark.parametrize("handle", ["warden", "chief"])
def test_nobody_but_its_reader_takes_back_that_news_is_spam(rose, staff, handle):
    client, _me = staff(handle, "superuser" if handle == "chief" else "support")
    suppress(rose.email, Suppression.Reason.COMPLAINED)
    row = Suppression.objects.get()
    assert client.post(f"{ADMIN}/suppression/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Suppression.objects.exists()
    assert f"/{row.pk}/change/" not in client.get(f"{ADMIN}/suppression/", {"q": "rose"}).content.decode()


@pytest.mark.parametrize(("query", "is_there"), [("rose", True), ("@rose", True), ("fern", False), ("ros", False)])
def test_a_dead_address_is_found_by_a_whole_handle(rose, staff, query, is_there):
    client, _me = staff("warden", "support")
    factories.make_member("fern")
    suppress(rose.email, Suppression.Reason.BOUNCED, "550")
    page = client.get(f"{ADMIN}/suppression/", {"q": query}).content.decode()
    assert (f"/{Suppression.objects.get().pk}/change/" in page) == is_there


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


def test_who_may_write_approves_nothing_without_the_right_to(staff):
    _writer, author = staff("author", "campaigns")
    other, member = staff("other", "support")
    member.user_permissions.set(Permission.objects.filter(codename__in=["change_campaign", "view_campaign"]))
    campaign = Campaign(notice=NEWS[Topic.NEWS].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(campaign, by=author)
    campaigns.finish_writing(campaign)
    assert press(other, campaign, "approve").status_code == 403
    campaign.refresh_from_db()
    assert campaign.stage == Stage.ASKED


@pytest.mark.promise("F5")
def test_who_changed_a_word_or_only_pressed_save_makes_nobody_approve_their_own_words(staff):
    writer, _author = staff("author", "campaigns")
    other, _colleague = staff("other", "campaigns")
    writer.post(f"{ADMIN}/campaign/add/", FORM)
    campaign = Campaign.objects.get()
    for words in (FORM, FORM | {"text": "Come in!"}):
        other.post(f"{ADMIN}/campaign/{campaign.pk}/change/", words)
        press(writer, campaign, "finish")
        assert "You wrote it yourself" in press(writer, campaign, "approve").content.decode()
        press(writer, campaign, "take-back")
    assert 'value="approve"' not in other.get(f"{ADMIN}/campaign/{campaign.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heading": ""}, "required"),
        ({"text": "x" * 5_001}, "at most 5000"),
        ({"text": "See https://evil.example/"}, "mail programs make a link of it"),
        ({"heading": "www.evil.example"}, "mail programs make a link of it"),
        ({"text": "abc\u202edef"}, "turn the text around"),
        ({"page": "https://evil.example/"}, "by its path"),
        ({"page": "//evil.example/people/"}, "by its path"),
        ({"page": "/policy/# Urgent: https://evil.example/"}, "by its path"),
        ({"page": "/policy/?next=https://evil.example/"}, "by its path"),
        ({"page": "/pol\nicy/"}, "by its path"),
        ({"page": "/policy/#\u202egnp"}, "by its path"),
        ({"text": "https://hedgerow.example.evil.example/login"}, "mail programs make a link of it"),
        ({"text": "http://localhost:8000@evil.example/login"}, "mail programs make a link of it"),
        ({"text": "one,evil.example,two"}, "mail programs make a link of it"),
        ({"text": "see:evil.xn--p1ai"}, "mail programs make a link of it"),
        ({"text": "go to evil.example/login"}, "mail programs make a link of it"),
        ({"text": "go to evil\u3002example"}, "mail programs make a link of it"),
        ({"text": "//evil.example/x"}, "mail programs make a link of it"),
        ({"text": "ftp://evil.example"}, "mail programs make a link of it"),
        ({"text": "mailto:thief"}, "mail programs make a link of it"),
        ({"text": "write to thief@evil"}, "mail programs make a link of it"),
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
    assert "No more of these" in page.content.decode()
    assert "always sent" not in page.content.decode()
    Campaign.objects.update(parameters=WRITTEN | {"heading": "<b>now</b>"})
    assert "<b>now</b>" not in writer.get(where, {"handle": "@rose"}).content.decode()
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


def test_what_is_typed_while_it_begins_becomes_another_draft(staff):
    writer, author = staff("author", "campaigns")
    going = Campaign(notice=NEWS[Topic.NEWS].slug, audience="everybody", parameters=WRITTEN)
    campaigns.write(going, by=author)
    Campaign.objects.filter(pk=going.pk).update(stage=Stage.DONE, approved="x", recipients=7)
    typed = FORM | {"text": "Typed meanwhile."}
    page = writer.post(f"{ADMIN}/campaign/{going.pk}/change/", typed, follow=True).content.decode()
    assert "What you typed is a new draft" in page
    going.refresh_from_db()
    draft = Campaign.objects.exclude(pk=going.pk).get()
    assert (going.stage, going.parameters["text"]) == (Stage.DONE, "Come in.")
    assert (draft.stage, draft.parameters["text"], draft.recipients) == (Stage.DRAFT, "Typed meanwhile.", 0)
