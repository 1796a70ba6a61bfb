"""Choosing who sees what."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Profile
from accounts.roles import assign_roles, sync_roles
from catalogue.vocabulary import Audience
from privacy.audiences import CONTACT_FIELDS, set_audience
from privacy.defaults import defaults_in_force, record_defaults, start_with
from privacy.models import FieldDefault, FieldException
from tests import factories

pytestmark = pytest.mark.django_db
PHONE = "+447700900123"


@pytest.fixture
def rose():
    return factories.make_member("rose", phone=PHONE, display_name="Rose", audiences={"display_name": 0})


@pytest.fixture
def her_browser(rose):
    client = Client()
    client.force_login(rose)
    return client


def sees_phone(person) -> bool:
    client = Client()
    if person:
        client.force_login(person)
    answer = client.get("/@rose/")
    return answer.status_code == 200 and PHONE in answer.content.decode()


@pytest.mark.promise("E1")
@pytest.mark.promise("E7")
@pytest.mark.parametrize(
    ("chosen", "seeing"),
    [
        ({"audience": "everyone", "sure": "on"}, {"nobody", "moss", "fern", "ivy"}),
        ({"audience": "members"}, {"moss", "fern", "ivy"}),
        ({"audience": "members", "exceptions": "@moss"}, {"fern", "ivy"}),
        ({"audience": "friends"}, {"fern"}),
        ({"audience": "friends", "exceptions": "fern"}, set()),
        ({"audience": "circles", "circles": "family"}, {"ivy"}),
        ({"audience": "circles", "circles": "family", "exceptions": "ivy"}, set()),
        ({"audience": "only_me"}, set()),
    ],
)
def test_each_choice_reaches_exactly_whom_it_names(rose, her_browser, chosen, seeing):
    fern, ivy, moss, nettle = (factories.make_member(name) for name in ("fern", "ivy", "moss", "nettle"))
    factories.befriend(rose, fern)
    factories.block(rose, nettle)
    family = factories.make_circle(rose, "Family", ivy)
    if "circles" in chosen:
        chosen = chosen | {"circles": family.pk}
    answer = her_browser.post("/settings/privacy/phone/", chosen)
    assert answer.status_code == 302
    people = {"nobody": None, "moss": moss, "fern": fern, "ivy": ivy, "nettle": nettle}
    assert {name for name, person in people.items() if sees_phone(person)} == seeing


@pytest.mark.promise("G1")
@pytest.mark.parametrize("field", ["phone", "email", "postal_address"])
def test_contact_data_goes_public_only_after_a_warning_is_ticked(rose, her_browser, field):
    page = her_browser.get(f"/settings/privacy/{field}/").content.decode()
    assert "open internet" in page
    refused = her_browser.post(f"/settings/privacy/{field}/", {"audience": "everyone"})
    assert refused.status_code == 422
    assert "Make it public" in refused.content.decode()
    assert getattr(Profile.objects.get(pk=rose.pk), f"{field}_audience") == Audience.ONLY_ME
    her_browser.post(f"/settings/privacy/{field}/", {"audience": "everyone", "sure": "on"})
    assert getattr(Profile.objects.get(pk=rose.pk), f"{field}_audience") == Audience.EVERYONE


@pytest.mark.parametrize(
    "data",
    [
        {"audience": "freinds"},
        {"audience": ""},
        {},
        {"audience": "circles"},
        {"audience": "circles", "circles": "99999999999999999999"},
        {"audience": "circles", "circles": "x"},
        {"audience": "members", "exceptions": "@nobody_here"},
        {"audience": "members", "exceptions": "a" * 5000},
        {"audience": "members", "exceptions": "\x00"},
        {"audience": "members", "exceptions": "@rose"},
    ],
)
def test_a_choice_that_makes_no_sense_changes_nothing_and_says_why(rose, her_browser, data):
    answer = her_browser.post("/settings/privacy/phone/", data)
    assert answer.status_code in (400, 422)
    assert Profile.objects.get(pk=rose.pk).phone_audience == Audience.ONLY_ME


def test_a_circle_of_somebody_else_cannot_be_chosen(rose, her_browser):
    foreign = factories.make_circle(factories.make_member("fern"), "Hers")
    answer = her_browser.post("/settings/privacy/phone/", {"audience": "circles", "circles": foreign.pk})
    assert answer.status_code == 422


@pytest.mark.promise("M2")
@pytest.mark.parametrize("audience", ["everyone", "members"])
def test_a_juvenile_cannot_open_a_field_above_friends_nor_be_listed(audience):
    bud = factories.make_member("bud", birth_date=factories.ADULT.replace(year=2012), listed=False)
    client = Client()
    client.force_login(bud)
    assert client.post("/settings/privacy/city/", {"audience": audience}).status_code == 422
    client.post("/settings/privacy/listed/", {"listed": "on"})
    profile = Profile.objects.get(pk=bud.pk)
    assert (profile.city_audience, profile.listed) == (Audience.ONLY_ME, False)


@pytest.mark.promise("M2")
@pytest.mark.parametrize("audience", [Audience.EVERYONE, Audience.MEMBERS])
def test_no_door_opens_a_field_of_a_juvenile_above_friends(audience):
    bud = factories.make_member("bud", birth_date=factories.ADULT.replace(year=2012), listed=False)
    set_audience(bud, "city", Audience.FRIENDS)
    with pytest.raises(ValidationError):
        set_audience(bud, "city", audience)
    assert Profile.objects.get(pk=bud.pk).city_audience == Audience.FRIENDS


def test_who_is_taken_out_of_the_exceptions_sees_it_again_and_who_stays_does_not(rose, her_browser):
    moss, fern = factories.make_member("moss"), factories.make_member("fern")
    choose = "/settings/privacy/phone/"
    her_browser.post(choose, {"audience": "members", "exceptions": "moss, fern"})
    assert (sees_phone(moss), sees_phone(fern)) == (False, False)
    her_browser.post(choose, {"audience": "members", "exceptions": "fern"})
    assert (sees_phone(moss), sees_phone(fern)) == (True, False)


@pytest.fixture
def officer():
    return factories.sign_in(Client(), factories.make_member("warden", is_staff=True, is_superuser=True))


def change_default(officer, field, audience):
    default = FieldDefault.objects.get(field=field)
    page = f"/admin/privacy/fielddefault/{default.pk}/change/"
    return officer.post(page, {"audience": int(audience), "_save": "Save"})


@pytest.mark.promise("E8")
def test_a_default_opened_in_the_back_office_opens_nobody_who_has_joined(officer, rose):
    factories.make_member("ivy", city="Ivybridge")
    moss, visitor = Client(), Client()
    moss.force_login(factories.make_member("moss"))
    eyes = [(eye, eye.get("/@ivy/").content.decode().count("Ivybridge")) for eye in (moss, visitor)]
    assert [count for _, count in eyes] == [0, 0]
    assert change_default(officer, "city", Audience.EVERYONE).status_code == 302
    assert defaults_in_force()["city"] == Audience.EVERYONE
    assert [eye.get("/@ivy/").content.decode().count("Ivybridge") for eye, _ in eyes] == [0, 0]


@pytest.mark.promise("E2")
def test_who_joins_gets_the_defaults_in_force_and_the_set_is_on_record():
    FieldDefault.objects.update_or_create(field="city", defaults={"audience": Audience.FRIENDS})
    profile = Profile(birth_date=factories.ADULT)
    start_with(profile, defaults_in_force())
    assert profile.city_audience == Audience.FRIENDS
    assert record_defaults().audiences["city"] == "friends"
    assert record_defaults() == record_defaults()


@pytest.mark.promise("E4")
def test_viewing_as_somebody_is_for_the_owner_alone_and_writes_nothing(rose, her_browser, client):
    assert her_browser.get("/@rose/?as=everyone").status_code == 200
    assert her_browser.post("/@rose/?as=everyone").status_code == 405
    assert client.get("/@rose/?as=everyone").status_code == 404
    client.force_login(factories.make_member("moss"))
    assert client.get("/@rose/?as=everyone").status_code == 404
    for wrong in ("circle:1", "circle:x", "circle:" + "9" * 30, "nonsense", "@nobody"):
        assert her_browser.get("/@rose/", {"as": wrong}).status_code in (400, 404), wrong


@pytest.mark.parametrize("nothing", ["", "@", "  "])
def test_a_person_without_a_handle_is_asked_for_beside_the_field(rose, her_browser, client, nothing):
    answer = her_browser.get("/@rose/", {"as": nothing})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true" aria-describedby="view-as-error"' in page
    assert "Type the handle of somebody" in page
    assert "Edit profile" in page  # it is one's own page still
    assert client.get("/@rose/", {"as": nothing}).status_code == 404
    assert 'aria-invalid="true"' not in her_browser.get("/@rose/").content.decode()


def test_the_handle_of_whose_eyes_to_look_through_may_be_typed_as_it_comes(rose, her_browser):
    factories.make_member("moss")
    assert her_browser.get("/@rose/", {"as": " @Moss "}).context["viewing_as_name"] == "@moss"


def test_what_was_saved_is_named_without_the_names_of_people_and_circles(rose, her_browser):
    ivy, moss = factories.make_member("ivy"), factories.make_member("moss")
    circles = [factories.make_circle(rose, name, ivy) for name in ("Family", "Allotment")]
    for choice, said in (
        ({"audience": "circles", "circles": [each.pk for each in circles]}, "Saved. Who sees City: 2 circles."),
        ({"audience": "circles", "circles": [circles[0].pk]}, "Saved. Who sees City: 1 circle."),
        ({"audience": "friends", "exceptions": "@moss"}, "Saved. Who sees City: Friends, except 1 person."),
        ({"audience": "members", "exceptions": "@moss, @ivy"}, "Saved. Who sees City: Members, except 2 people."),
        ({"audience": "only_me"}, "Saved. Who sees City: Only me."),
    ):
        her_browser.post("/settings/privacy/city/", choice)
        kept = str(her_browser.session["_messages"])
        assert not any(name in kept for name in ("Family", "Allotment", moss.handle, ivy.handle)), kept
        page = her_browser.get("/settings/privacy/")
        assert [str(message) for message in page.context["messages"]] == [said]


@pytest.mark.promise("G1")
@pytest.mark.parametrize(
    ("field", "can", "cannot"),
    [("email", "write", "call"), ("phone", "call", "come by"), ("postal_address", "come by", "call")],
)
def test_the_warning_says_what_can_be_done_with_that_very_field(rose, her_browser, field, can, cannot):
    page = her_browser.get(f"/settings/privacy/{field}/").content.decode()
    [risk] = re.findall(r"<li>(Anyone can [^<]+)</li>", page)
    assert can in risk
    assert cannot not in risk


@pytest.mark.promise("E6")
def test_that_somebody_blocked_back_does_not_show_through_their_eyes(rose, her_browser):
    nettle = factories.make_member("nettle")
    factories.block(rose, nettle)
    before = her_browser.get("/@rose/?as=@nettle")
    factories.block(nettle, rose)
    after = her_browser.get("/@rose/?as=@nettle")
    assert (before.status_code, after.status_code) == (200, 200)
    assert before.context["finds"] is after.context["finds"] is False


@pytest.mark.promise("E3")
def test_the_check_up_is_offered_until_every_step_is_looked_over_and_again_for_a_new_field(rose, her_browser):
    assert "Check-up" in her_browser.get("/").content.decode()
    for slug in ("reach", "about", "born", "found"):
        her_browser.post("/settings/check-up/", {"step": slug})
    assert "All looked over" in her_browser.get("/settings/check-up/").content.decode()
    from privacy.models import FieldReview

    FieldReview.objects.filter(member=rose, field="pronouns").delete()
    assert "Who knows you" in her_browser.get("/settings/check-up/").content.decode()
    assert her_browser.post("/settings/check-up/", {"step": "none"}).status_code == 404


def test_the_exception_list_survives_a_look_at_the_form(rose, her_browser):
    moss = factories.make_member("moss")
    her_browser.post("/settings/privacy/phone/", {"audience": "members", "exceptions": "moss"})
    assert "@moss" in her_browser.get("/settings/privacy/phone/").content.decode()
    assert FieldException.objects.get(owner=rose).person == moss


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"])
def test_the_way_back_leads_to_pages_of_ours_only(her_browser, next_page):
    answer = her_browser.post("/settings/privacy/phone/", {"audience": "friends", "next": next_page})
    assert answer["Location"] == "/settings/privacy/"


@pytest.mark.promise("E4")
def test_a_person_to_look_as_is_found_with_and_without_the_at_sign(rose, her_browser):
    factories.make_member("fern")
    for word in ("fern", "@fern"):
        assert her_browser.get("/@rose/", {"as": word}).status_code == 200
    nobody = her_browser.get("/@rose/", {"as": "hawthorn"})
    assert nobody.status_code == 404
    assert "nobody here by that name" in nobody.content.decode()


@pytest.mark.promise("E6")
def test_a_circle_s_eyes_are_the_same_whether_somebody_in_it_left_or_blocked_its_owner(rose, her_browser):
    fern, moss = factories.make_member("fern"), factories.make_member("moss")
    factories.befriend(rose, fern)
    Profile.objects.filter(pk=rose.pk).update(phone_audience=Audience.FRIENDS)
    circle = factories.make_circle(rose, "Two", fern, moss)
    seen = []
    for change in ({"is_active": False}, {"is_active": True}):
        type(moss).objects.filter(pk=moss.pk).update(**change)
        seen.append(PHONE in her_browser.get("/@rose/", {"as": f"circle:{circle.pk}"}).content.decode())
    factories.block(moss, rose)
    seen.append(PHONE in her_browser.get("/@rose/", {"as": f"circle:{circle.pk}"}).content.decode())
    assert seen == [True, False, True]


@pytest.mark.promise("G1")
@pytest.mark.parametrize("field", CONTACT_FIELDS)
def test_the_page_of_one_default_refuses_to_make_contact_data_public(officer, field):
    before = FieldDefault.objects.get(field=field).audience
    refused = change_default(officer, field, Audience.EVERYONE)
    assert refused.status_code == 200
    assert "Select a valid choice" in refused.content.decode()
    assert FieldDefault.objects.get(field=field).audience == before
    assert change_default(officer, field, Audience.FRIENDS).status_code == 302
    assert FieldDefault.objects.get(field=field).audience == Audience.FRIENDS


def test_circles_cannot_be_a_default_on_its_own_page_either(officer):
    before = FieldDefault.objects.get(field="city").audience
    assert change_default(officer, "city", Audience.CIRCLES).status_code == 200
    assert FieldDefault.objects.get(field="city").audience == before


def test_who_may_only_look_at_a_default_sees_its_page():
    sync_roles()
    auditor, client = factories.make_member("auditor", is_staff=True), Client()
    assign_roles(auditor, ["auditor"])
    factories.sign_in(client, auditor)
    page = f"/admin/privacy/fielddefault/{FieldDefault.objects.get(field='city').pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"audience": 0}).status_code == 403


@pytest.mark.promise("G1")
def test_contact_data_cannot_be_public_by_default_and_nobody_starts_with_circles(officer):
    page = officer.get("/admin/privacy/fielddefault/").content.decode()
    assert "Chosen circles" not in page
    rows = list(FieldDefault.objects.order_by("field"))
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-id": row.pk, f"form-{number}-audience": int(row.audience)}
        if row.field == "phone":
            data[f"form-{number}-audience"] = int(Audience.EVERYONE)
    officer.post("/admin/privacy/fielddefault/", data)
    assert FieldDefault.objects.get(field="phone").audience == Audience.ONLY_ME
