"""The form of a profile, and the verb behind it."""

import html
import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Member, Profile
from accounts.profiles import clean_changes, update_profile
from catalogue.vocabulary import Audience
from encryption.fields import UNAVAILABLE
from privacy.audiences import set_audience
from privacy.models import CircleMember
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/profile/"
TYPED = {
    "display_name": "Rose Hip",
    "pronouns": "she/her",
    "bio": "Has beans to spare.\nAnd bells.",
    "interests": "beans, bells",
    "website": "https://beans.example.org/",
    "postal_address": "3 Mill Lane\nAlderford",
    "city": "Alderford",
    "country": "GB",
    "employer": "Alderford Library",
    "school": "Mill Lane School",
    "time_zone": "Europe/Lisbon",
}
STORED = TYPED | {"interests": ["beans", "bells"]}


@pytest.fixture
def rose():
    return factories.make_member("rose", audiences={"display_name": Audience.MEMBERS})


def told(member):
    profile, member = Profile.objects.get(pk=member.pk), Member.objects.get(pk=member.pk)
    return {name: getattr(member if name == "time_zone" else profile, name) for name in TYPED}


def damage(member, column):
    """Change one byte of what is stored."""
    [stored] = Profile.objects.filter(pk=member.pk).values_list(column, flat=True)
    broken = bytearray(stored)
    broken[-1] ^= 1
    profile = Profile.objects.get(pk=member.pk)
    profile.__dict__[column] = type(stored)(bytes(broken))
    profile.save(update_fields=[column])


def test_what_is_typed_is_stored_in_its_proper_form(client, rose):
    client.force_login(rose)
    assert client.post(ADDRESS, TYPED)["Location"] == ADDRESS
    assert told(rose) == STORED


@pytest.mark.promise("F2")
def test_the_form_comes_filled_with_what_is_known(client, rose):
    update_profile(rose, TYPED, by=rose)
    client.force_login(rose)
    page = html.unescape(client.get(ADDRESS).content.decode())
    for name in ("display_name", "pronouns", "website", "city", "employer", "school"):
        assert re.search(rf'name="{name}" value="{re.escape(TYPED[name])}"', page), name
    assert 'value="beans, bells"' in page
    assert "Has beans to spare.\nAnd bells." in page
    assert '<option value="GB" selected>' in page
    assert '<option value="Europe/Lisbon" selected>' in page
    assert "1 April 1990" in page


@pytest.mark.promise("F2")
def test_saving_the_form_as_it_came_changes_nothing(client, rose):
    update_profile(rose, TYPED, by=rose)
    before = Profile.objects.filter(pk=rose.pk).values().get()
    client.force_login(rose)
    form = client.get(ADDRESS).context["form"]
    sent = {name: form[name].value() or "" for name in TYPED}
    client.post(ADDRESS, sent)
    assert Profile.objects.filter(pk=rose.pk).values().get() == before, "not even the envelopes"


@pytest.mark.promise("A2")
def test_each_control_says_why_it_is_asked_and_who_sees_it(client, rose):
    client.force_login(rose)
    page = client.get(ADDRESS).content.decode()
    for name in [*TYPED, "picture"]:
        assert f'id="id_{name}_helptext"' in page, name
        if name != "time_zone":
            assert f"/settings/privacy/{name}/?next={ADDRESS}" in page, name
    assert "What people call you here." in page


@pytest.mark.promise("K2")
def test_what_was_told_lies_sealed(rose):
    update_profile(rose, TYPED, by=rose)
    row = Profile.objects.filter(pk=rose.pk).values().get()
    stored = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes))
    for word in (b"beans", b"Mill Lane", b"Library", b"she/her"):
        assert word not in stored


def test_blank_takes_a_value_back(client, rose):
    update_profile(rose, TYPED, by=rose)
    client.force_login(rose)
    client.post(ADDRESS, dict.fromkeys(TYPED, ""))
    assert set(told(rose).values()) == {None}
    profile = Profile.objects.get(pk=rose.pk)
    assert profile.public_name == ""
    assert profile.city_index is None


@pytest.mark.parametrize(
    ("audience", "public"),
    [(Audience.EVERYONE, "New"), (Audience.MEMBERS, "New"), (Audience.FRIENDS, ""), (Audience.ONLY_ME, "")],
)
def test_a_name_stands_in_the_open_only_while_everyone_or_members_may_see_it(rose, audience, public):
    Profile.objects.filter(pk=rose.pk).update(display_name_audience=audience)
    update_profile(rose, {"display_name": "New"}, by=rose)
    assert Profile.objects.get(pk=rose.pk).public_name == public


def test_a_new_city_is_found_by_its_new_name(client, rose):
    set_audience(rose, "city", Audience.MEMBERS)
    update_profile(rose, {"display_name": "Rose Hip", "city": "Alderford"}, by=rose)
    update_profile(rose, {"city": "Lisbon"}, by=rose)
    client.force_login(factories.make_member("moss"))
    assert "Rose Hip" in client.get("/people/?q=lisbon").content.decode()
    assert "Rose Hip" not in client.get("/people/?q=alderford").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("display_name", "n" * 81, "At most 80"),
        ("display_name", "Ro\x1bse", "cannot be shown"),
        ("display_name", "Ro\nse", "cannot be shown"),
        ("display_name", "Rose \u202eevil", "cannot be shown"),
        ("pronouns", "n" * 81, "At most 80"),
        ("bio", "n" * 2001, "At most 2000"),
        ("bio", "a\x08b", "cannot be shown"),
        ("city", "n" * 121, "At most 120"),
        ("employer", "n" * 121, "At most 120"),
        ("school", "n" * 121, "At most 120"),
        ("postal_address", "n" * 501, "At most 500"),
        ("interests", "n" * 121, "At most 120"),
        ("interests", ",".join(f"thing {n}" for n in range(31)), "At most 30"),
        ("website", "javascript:alert(1)", "no address of a web page"),
        ("website", "ftp://files.example.org/", "no address of a web page"),
        ("website", "javascript://example.org/%0aalert(1)", "no address of a web page"),
        ("website", "data:text/html,hello", "no address of a web page"),
        ("website", "https://rose:secret@example.org/", "name or password"),
        ("website", "https://rose@example.org/", "name or password"),
        ("website", "https://example.org\\@evil.example/", ""),
        ("website", "https://", "no address of a web page"),
        ("website", "https://[::1/", "no address of a web page"),
        ("website", "https://example.org/" + "n" * 300, "At most 300"),
        ("country", "XX", "valid choice"),
        ("country", "Portugal", "valid choice"),
        ("time_zone", "Mars/Olympus", "valid choice"),
        ("time_zone", "../../etc/passwd", "valid choice"),
    ],
)
def test_a_value_that_will_not_do_is_answered_by_the_field_and_nothing_is_stored(client, rose, field, value, said):
    client.force_login(rose)
    answer = client.post(ADDRESS, TYPED | {field: value})
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert said in page
    assert f'id="id_{field}-error-1"' in page
    assert f'href="#id_{field}"' in page
    assert 'aria-invalid="true"' in page
    assert set(told(rose).values()) == {None}


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("display_name", "  Rose  ", "Rose"),
        ("display_name", "R" * 80, "R" * 80),
        ("display_name", "\u200b\u200b", None),
        ("display_name", "<b>Rose</b>", "<b>Rose</b>"),
        ("display_name", "玫瑰 🌹", "玫瑰 🌹"),
        ("bio", "one\r\ntwo", "one\ntwo"),
        ("bio", ("n" * 99 + "\r\n") * 20, ("n" * 99 + "\n") * 19 + "n" * 99),
        ("interests", " beans ,, Beans,bells ,", ["beans", "bells"]),
        ("interests", ", ,", None),
        ("website", "beans.example.org", "https://beans.example.org"),
        ("website", "http://beans.example.org/a?b=c#d", "http://beans.example.org/a?b=c#d"),
    ],
)
def test_a_value_is_brought_into_its_form(client, rose, field, typed, stored):
    client.force_login(rose)
    client.post(ADDRESS, {field: typed})
    assert told(rose)[field] == stored
    if stored:
        assert clean_changes({field: stored}) == {field: stored}, "and once in it, stays"


@pytest.mark.parametrize(
    ("stored", "read", "called"),
    [
        ("+447700900123", "+44 7700 900123", "tel:+447700900123"),
        ("+351210000000", "+351 21 000 0000", "tel:+351210000000"),
        ("+12025550100 ext. 12", "+1 202-555-0100 ext. 12", "tel:+12025550100;ext=12"),
        ("not a number", "not a number", None),
    ],
)
def test_a_telephone_number_is_read_with_spaces_and_called_with_a_press(client, rose, stored, read, called):
    Profile.objects.filter(pk=rose.pk).update(phone_audience=Audience.MEMBERS)
    profile = Profile.objects.get(pk=rose.pk)
    profile.phone = stored
    profile.save(update_fields=["phone"])
    client.force_login(rose)
    for address in ("/settings/privacy/", "/settings/privacy/phone/", "/settings/check-up/"):
        assert read in client.get(address).content.decode(), address
    assert f"<bdi>{read}</bdi>" in client.get(ADDRESS).content.decode()
    client.force_login(factories.make_member("moss"))
    page = client.get("/@rose/").content.decode()
    [(href, text)] = re.findall(r'<dt>Phone</dt><dd [^>]*><bdi>(?:<a href="([^"]*)"[^>]*>)?([^<]*)<', page)
    assert (text, href or None) == (read, called)


def test_saving_a_number_as_it_is_shown_changes_nothing(client, rose):
    update_profile(rose, {"phone": "+1-202-555-0100 ext. 12"}, by=rose)
    client.force_login(rose)
    factories.sign_in_freshly(rose, client)
    [shown] = re.findall(r'name="phone" value="([^"]*)"', client.get("/settings/phone/").content.decode())
    assert update_profile(rose, {"phone": shown}, by=rose) == []


def test_a_name_with_markup_is_shown_as_it_was_typed(client, rose):
    update_profile(rose, {"display_name": "<b>Rose</b>"}, by=rose)
    client.force_login(factories.make_member("moss"))
    assert "&lt;b&gt;Rose&lt;/b&gt;" in client.get("/@rose/").content.decode()


# --- what cannot be opened ----------------------------------------------------------------------------------------
def test_what_cannot_be_opened_says_so_and_stays_as_stored(client, rose):
    update_profile(rose, TYPED, by=rose)
    damage(rose, "city")
    before = bytes(Profile.objects.filter(pk=rose.pk).values_list("city", flat=True).get())
    client.force_login(rose)
    page = client.get(ADDRESS)
    assert page.status_code == 200
    assert "<em>unavailable</em>" in page.content.decode()
    assert 'value="unavailable"' not in page.content.decode()
    client.post(ADDRESS, TYPED | {"city": "", "school": "Another"})
    assert bytes(Profile.objects.filter(pk=rose.pk).values_list("city", flat=True).get()) == before
    assert Profile.objects.get(pk=rose.pk).school == "Another"


def test_what_cannot_be_opened_is_replaced_by_something_new(client, rose):
    update_profile(rose, TYPED, by=rose)
    damage(rose, "city")
    assert Profile.objects.get(pk=rose.pk).city is UNAVAILABLE
    client.force_login(rose)
    client.post(ADDRESS, TYPED | {"city": "Lisbon"})
    assert Profile.objects.get(pk=rose.pk).city == "Lisbon"


# --- the verb -----------------------------------------------------------------------------------------------------
def test_only_the_member_changes_their_profile(rose):
    with pytest.raises(PermissionDenied):
        update_profile(rose, {"city": "Lisbon"}, by=factories.make_member("moss"))
    assert told(rose)["city"] is None


def test_the_verb_says_by_the_field_what_will_not_do(rose):
    with pytest.raises(ValidationError) as refusal:
        update_profile(rose, {"city": "n" * 121, "country": "XX", "handle": "moss", "bio": 7, "school": "S"}, by=rose)
    assert refusal.value.error_dict.keys() == {"city", "country", "handle", "bio"}
    assert told(rose)["school"] is None


def test_the_verb_writes_only_what_changed(rose):
    update_profile(rose, TYPED, by=rose)
    assert update_profile(rose, TYPED | {"city": "Lisbon"}, by=rose) == ["city"]
    assert update_profile(rose, TYPED | {"city": "Lisbon"}, by=rose) == []


def test_a_birth_date_is_told_once(rose):
    moss = factories.make_member("moss", birth_date=None)
    assert update_profile(moss, {"birth_date": "1990-05-02"}, by=moss) == ["birth_date"]
    assert Profile.objects.get(pk=moss.pk).birth_date == date(1990, 5, 2)
    with pytest.raises(ValidationError):
        update_profile(moss, {"birth_date": "1980-05-02"}, by=moss)
    with pytest.raises(ValidationError):
        update_profile(moss, {"birth_date": ""}, by=moss)


@pytest.mark.parametrize("value", ["1899-12-31", "2999-01-01", "1990-02-30", "yesterday", 19900401])
def test_a_birth_date_is_a_day_on_which_somebody_alive_was_born(value):
    with pytest.raises(ValidationError):
        clean_changes({"birth_date": value})


@pytest.mark.promise("M2")
def test_who_turns_out_to_be_a_juvenile_is_limited_in_the_same_step(time_machine):
    time_machine.move_to("2026-05-12")
    young = factories.make_member("young", birth_date=None, audiences={"city": Audience.EVERYONE})
    update_profile(young, {"display_name": "Young", "birth_date": "2012-01-01"}, by=young)
    profile = Profile.objects.get(pk=young.pk)
    assert profile.city_audience == Audience.FRIENDS
    assert profile.public_name == ""
    assert not profile.listed


def test_a_form_cannot_change_what_it_does_not_show(client, rose):
    moss = factories.make_member("moss")
    client.force_login(rose)
    client.post(ADDRESS, TYPED | {"birth_date": "1980-01-01", "listed": "", "handle": "moss", "member": moss.pk})
    profile = Profile.objects.get(pk=rose.pk)
    assert profile.birth_date == factories.ADULT
    assert profile.listed
    assert not CircleMember.objects.exists()


@pytest.mark.parametrize(
    "address", [ADDRESS, "/settings/picture/remove/", "/settings/phone/", "/settings/email/", "/settings/birth-date/"]
)
def test_own_settings_are_for_who_is_signed_in(client, address):
    assert client.post(address)["Location"].startswith("/sign-in/")
