"""Your information: everything that is held, from the catalogue, and nothing that a member may not know of."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import age_cases
from accounts.models import Block, FriendRequest, Friendship, Member, Profile
from accounts.profiles import update_profile
from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import current, isolated, personal_data
from catalogue.vocabulary import Audience, Category, Purpose
from notifications.models import Notification
from privacy.audiences import set_audience
from privacy.changes import KEPT
from privacy.information import holding, showing
from privacy.information.places import _recipients, register_recipients
from privacy.models import Change, CircleMember, FieldException
from privacy.retention import purge
from security.models import Event, Kind, SignIn
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C1")]
ABOUT = {
    "display_name": "Rose marker-name",
    "bio": "marker-bio",
    "website": "https://marker.example/",
    "pronouns": "she marker",
    "city": "Marker City",
    "employer": "Marker and Sons",
    "school": "Marker School",
    "interests": ["marker-interest"],
    "postal_address": "3 Marker Lane",
    "phone": "+447700900123",
}


@pytest.fixture
def rose():
    rose = factories.make_member("rose")
    update_profile(rose, ABOUT, by=rose)
    return rose


@pytest.fixture
def window(rose):
    return factories.sign_in(Client(), rose)


def text_of(window, page="/settings/information/"):
    answer = window.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


# --- complete -----------------------------------------------------------------------------------------------------
def test_every_value_that_a_member_told_stands_there_with_why_and_how_long(window):
    page = text_of(window)
    for marker in ("Rose marker-name", "marker-bio", "marker.example", "Marker City", "marker-interest", "Marker Lane"):
        assert marker in page
    for words in ("rose@example.org", "+44 7700 900123", "as long as your account", "Nobody outside"):
        assert words in page
    assert all(str(each.label) in page for each in Category)


def test_every_declared_field_of_one_row_and_every_kind_of_rows_is_listed(rose):
    sections = showing.sections(rose)
    shown = {entry.label for section in sections for entry in section.entries}
    shown |= {label for section in sections for label in section.empty}
    for data in holding.declared():
        if holding.is_single(data):
            here = holding.rows_about(data, rose).exists()
            assert not here or {str(field.label) for field in data.fields} <= shown, data.model
        else:
            assert showing.title_of(data) in shown


def test_a_newly_declared_field_appears_by_itself(rose, window):
    known = current()
    with isolated() as registry:
        for data in known.personal_data():
            registry.register(data if data.model != "accounts.Profile" else _with_another_field(data))
        assert "Whether you are listed, once more" in text_of(window)
    assert "Whether you are listed, once more" not in text_of(window)


def _with_another_field(data):
    new = PersonalField(
        name="again",
        derived_from="listed",
        label="Whether you are listed, once more",
        category=Category.UPLOADED,
        purpose=Purpose.CHOICES,
        erasure=DeleteRow(),
    )
    return PersonalData(
        model=data.model, subjects=data.subjects, fields=(*data.fields, new), not_personal=dict(data.not_personal)
    )


def test_who_can_see_a_value_is_what_the_rule_says(rose, window):
    set_audience(rose, "city", Audience.FRIENDS)
    entries = {entry.label: entry for section in showing.sections(rose) for entry in section.entries}
    city = entries[str(_field("accounts.Profile", "city").label)]
    assert city.choice.audience is Audience.FRIENDS
    assert "/settings/privacy/city/" in text_of(window)
    assert entries["Handle"].seen_by == "Everyone"


def _field(label, name):
    return next(data for data in personal_data() if data.model == label).field(name)


def test_when_a_value_goes_is_said_where_a_term_counts(rose, window):
    now = timezone.now()
    SignIn.objects.create(member=rose, device="Firefox on Linux", network="198.51.100.0/24", seen_at=now)
    page = text_of(window, "/settings/information/security.signin/")
    assert "Firefox on Linux" in page
    [row] = holding.newest(next(d for d in holding.declared() if d.model == "security.SignIn"), rose, 5)
    assert {value.ends_at for value in row.values} == {now + timedelta(days=90)}


def test_what_opens_the_account_is_named_and_not_shown(rose, window):
    factories.add_app(rose)
    page = text_of(window) + text_of(window, "/settings/information/security.authenticatorapp/")
    assert "Nobody can read it, we neither" in page
    assert "Whoever has it has your second step." in page
    assert rose.password not in page


def test_who_received_it_stands_beside_it(rose, window):
    @register_recipients
    def received(_member):
        yield "city", "Heron Post"

    try:
        assert "Heron Post" in text_of(window)
    finally:
        _recipients.remove(received)


def test_what_cannot_be_opened_reads_unavailable_and_the_page_stays(rose, window):
    column = Profile._meta.get_field("bio").column
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Profile._meta.db_table} SET {column} = %s WHERE member_id = %s", [b"broken", rose.pk])
    assert "unavailable" in text_of(window)


# --- and nobody else's --------------------------------------------------------------------------------------------
@pytest.mark.promise("E6")
def test_nothing_tells_who_blocks_excepts_mutes_or_has_one_in_a_circle(rose, window):
    nettle = factories.make_member("nettle")
    factories.make_circle(nettle, "Enemies", rose)
    factories.except_from(nettle, "city", rose)
    Block.objects.create(blocker=nettle, blocked=rose)
    before = {data.model: holding.rows_about(data, rose).count() for data in holding.declared()}
    assert (before["accounts.Block"], before["privacy.CircleMember"], before["privacy.FieldException"]) == (0, 0, 0)
    assert (Block.objects.count(), CircleMember.objects.count(), FieldException.objects.count()) == (1, 1, 1)
    assert "nettle" not in text_of(window)


@pytest.mark.promise("E6")
@pytest.mark.parametrize("how", ["blocks", "suspended", "cancelled"])
def test_who_does_not_exist_for_the_reader_is_not_named(rose, window, how):
    fern = factories.make_member("fern")
    factories.befriend(rose, fern)
    FriendRequest.objects.create(sender=factories.make_member("moss"), recipient=rose)
    assert "@fern" in text_of(window, "/settings/information/accounts.friendship/")
    assert "@moss" in text_of(window, "/settings/information/accounts.friendrequest/")
    if how == "blocks":
        Block.objects.create(blocker=fern, blocked=rose)
    else:
        changes = {"suspended": {"is_active": False}, "cancelled": {"cancelled_at": timezone.now()}}
        Member.objects.filter(pk=fern.pk).update(**changes[how])
    page = text_of(window, "/settings/information/accounts.friendship/")
    assert "@fern" not in page
    assert "somebody who is not here any more" in page


def test_whom_one_has_blocked_stands_there_by_name(rose, window):
    factories.block(rose, factories.make_member("nettle"))
    assert "@nettle" in text_of(window, "/settings/information/accounts.block/")


def test_nothing_of_somebody_else_is_among_what_is_held(rose):
    fern = factories.make_member("fern")
    update_profile(fern, {"bio": "fern-marker", "city": "Fernville"}, by=fern)
    factories.befriend(rose, fern)
    Event.objects.create(member=fern, kind=Kind.NEW_BROWSER, device="fern-device")
    SignIn.objects.create(member=fern, device="fern-device")
    told = [str(value.value) for row in holding.everything(rose) for value in row.values]
    assert not [text for text in told if "fern-" in text or "Fernville" in text or "fern@" in text]
    assert any("marker-bio" in text for text in told)


@pytest.mark.promise("M3")
def test_nobody_learns_whether_they_were_reported_as_a_child(rose, window):
    before = text_of(window)
    age_cases.tell(rose, "marker: she is eleven", teller=age_cases.Teller.VISITOR)
    after = text_of(window)
    assert "What nobody is shown" in before
    assert without_tokens(before) == without_tokens(after)
    assert window.get("/settings/information/privacy.agecase/").status_code == 404
    assert not [row for row in holding.everything(rose) if row.data.model == "privacy.AgeCase"]


def without_tokens(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_nothing_is_shown_without_a_session(rose):
    for page in ("", "changes/", "security.event/"):
        answer = Client().get(f"/settings/information/{page}")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_it_stays_in_no_store(window):
    assert "no-store" in window.get("/settings/information/")["Cache-Control"]


# --- many ---------------------------------------------------------------------------------------------------------
def queries(act):
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def test_many_rows_cost_as_many_queries_as_few(rose, window):
    def fill(count):
        Event.objects.bulk_create(Event(member=rose, kind=Kind.NEW_BROWSER, device="x") for _ in range(count))
        Notification.objects.bulk_create(
            Notification(member=rose, notice="check-up", occasion=f"{count}-{number}") for number in range(count)
        )
        for number in range(count // 10):
            factories.befriend(rose, factories.make_member(f"friend{count}x{number}"))

    def pages():
        text_of(window)
        text_of(window, "/settings/information/security.event/")
        text_of(window, "/settings/information/accounts.friendship/")

    fill(40)
    pages()
    few = queries(pages)
    fill(400)
    assert queries(pages) == few


def test_pages_of_many_rows_hold_each_once_the_newest_first(rose, window):
    Event.objects.filter(member=rose).delete()
    now = timezone.now()
    for number in range(45):
        at = now - timedelta(minutes=number // 2)
        Event.objects.create(member=rose, kind=Kind.NEW_BROWSER, at=at, device=f"device-{number:02}")
    seen, page = [], "/settings/information/security.event/"
    while page:
        answer = window.get(page)
        seen += [line.text for _caption, lines in answer.context["rows"] for line in lines if "device-" in line.text]
        following = answer.context["next_url"]
        page = following and f"/settings/information/security.event/{following}"
    assert len(seen) == len(set(seen)) == 45
    assert seen[0] in ("device-00", "device-01")


@pytest.mark.parametrize("after", ["x", "9" * 40, "-1", "", "0"])
def test_an_odd_place_is_the_first_page(window, after):
    assert window.get("/settings/information/security.event/", {"after": after}).status_code == 200
    assert window.get("/settings/information/changes/", {"after": after}).status_code == 200


@pytest.mark.parametrize(
    "label", ["accounts.profile", "accounts.leftover", "nothing", "auth.user", "security.allowance"]
)
def test_what_is_no_kind_of_rows_about_members_is_not_found(window, label):
    assert window.get(f"/settings/information/{label}/").status_code == 404


def test_memory_is_that_of_a_chunk(rose, monkeypatch):
    monkeypatch.setattr(holding, "CHUNK", 7)
    Event.objects.bulk_create(Event(member=rose, kind=Kind.NEW_BROWSER) for _ in range(30))
    data = next(each for each in holding.declared() if each.model == "security.Event")
    numbers = [row.number for row in holding.every_row(data, rose)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == Event.objects.filter(member=rose).count()


def test_every_model_can_be_read_for_everybody(rose):
    for data in personal_data():
        if data.readers and data.fields:
            assert apps.get_model(data.model)
            list(holding.every_row(data, rose))
    assert Friendship.objects.count() == 0


# --- one's own changes --------------------------------------------------------------------------------------------
@pytest.mark.promise("C3")
def test_changes_are_listed_by_field_and_time_without_the_value(rose, window):
    Change.objects.all().delete()
    update_profile(rose, {"city": "Elsewhere", "bio": "marker-bio"}, by=rose)
    set_audience(rose, "bio", Audience.ONLY_ME)
    assert [(each.field, each.kind, each.by) for each in Change.objects.order_by("pk")] == [
        ("city", "value", "member"),
        ("bio", "audience", "member"),
    ]
    page = text_of(window, "/settings/information/changes/")
    assert "City" in page
    assert "shown to others than before" in page
    assert "Elsewhere" not in page


@pytest.mark.promise("C3")
def test_what_was_refused_or_already_so_is_no_change(rose):
    Change.objects.all().delete()
    update_profile(rose, {"city": "Marker City"}, by=rose)
    assert not Change.objects.exists()


@pytest.mark.promise("B3")
def test_the_history_ends_after_two_years(rose):
    at = timezone.now() - KEPT
    Change.objects.update(at=at)
    Change.objects.create(member=rose, field="city", at=at + timedelta(minutes=1))
    purge(timezone.now())
    assert Change.objects.count() == 1
