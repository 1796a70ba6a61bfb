"""Circles: who is in them, and what becomes of fields when they go."""

import re

import pytest
from django.core.exceptions import ValidationError

from accounts.blocking import block
from accounts.circles import add_to_circle, delete_circle, make_circle
from accounts.friendship import end_friendship
from accounts.models import Member, Profile
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from notifications.announcements import shown_to
from privacy.models import Circle, CircleMember, FieldCircle, FieldException
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rose():
    return factories.make_member("rose", phone="+447700900123", city="Alderford")


@pytest.fixture
def fern():
    return factories.make_member("fern", audiences={"display_name": Audience.MEMBERS}, display_name="Fern Brook")


def normalised(html: bytes) -> str:
    """Return a page without what differs between any two answers."""
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", html.decode())


def audience(member, field):
    return Audience(getattr(Profile.objects.get(pk=member.pk), f"{field}_audience"))


@pytest.mark.promise("E1")
def test_who_is_put_into_a_circle_sees_what_it_is_shown_until_taken_out(client, rose, fern):
    circle = make_circle("Family", by=rose)
    factories.show_to_circles(rose, "city", circle)
    client.force_login(fern)
    assert "Alderford" not in client.get("/@rose/").content.decode()
    client.force_login(rose)
    client.post(f"/circles/{circle.pk}/add/", {"handle": "@Fern"})
    client.force_login(fern)
    assert "Alderford" in client.get("/@rose/").content.decode()
    client.force_login(rose)
    gone = client.post(f"/circles/{circle.pk}/remove/fern/", follow=True)
    assert "Put them back" in gone.content.decode()
    client.force_login(fern)
    assert "Alderford" not in client.get("/@rose/").content.decode()


@pytest.mark.promise("K2")
def test_the_name_of_a_circle_lies_sealed(client, rose):
    client.force_login(rose)
    client.post("/circles/", {"name": "Family of three"})
    stored = bytes(Circle.objects.values_list("name", flat=True).get())
    assert b"Family" not in stored
    assert "Family of three" in client.get("/circles/").content.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Give the circle a name"),
        ("   ", "Give the circle a name"),
        ("n" * 81, "At most 80|at most 80"),
        ("family", "of that name already"),
        ("Fa\x07mily", "cannot be shown"),
    ],
)
def test_a_name_that_will_not_do_is_answered_by_the_field_and_nothing_is_kept(client, rose, name, said):
    family = make_circle("Family", by=rose)
    client.force_login(rose)
    for address in ("/circles/", f"/circles/{make_circle('Choir', by=rose).pk}/"):
        text = client.post(address, {"name": name}).content.decode()
        assert re.search(said, text)
    assert [circle.name for circle in Circle.objects.order_by("created_at")] == ["Family", "Choir"]
    assert family.pk


def test_a_name_of_eighty_characters_fits(rose):
    assert make_circle("n" * 80, by=rose).name == "n" * 80


def test_a_circle_is_renamed(client, rose):
    circle = make_circle("Family", by=rose)
    client.force_login(rose)
    client.post(f"/circles/{circle.pk}/", {"name": "FAMILY"})
    assert Circle.objects.get().name == "FAMILY"


@pytest.mark.promise("E6")
@pytest.mark.parametrize("who", ["nobody", "unsure", "suspended", "nettle", "blocked"])
def test_who_is_not_to_be_found_cannot_be_put_in_and_all_are_answered_alike(client, rose, who):
    factories.make_member("unsure", email_verified_at=None)
    factories.make_member("suspended", is_active=False)
    block(rose, by=factories.make_member("nettle"))
    block(factories.make_member("blocked"), by=rose)
    circle = make_circle("Family", by=rose)
    client.force_login(rose)
    text = client.post(f"/circles/{circle.pk}/add/", {"handle": who}).content.decode()
    assert f"There is nobody here called @{who}." in text
    assert not CircleMember.objects.exists()


def test_the_owner_is_not_put_in_and_is_told_why(client, rose):
    circle = make_circle("Family", by=rose)
    client.force_login(rose)
    assert (
        "You see all of yours anyway" in client.post(f"/circles/{circle.pk}/add/", {"handle": "rose"}).content.decode()
    )
    assert not CircleMember.objects.exists()


@pytest.mark.promise("E6")
@pytest.mark.parametrize("act", ["", "add/", "remove/fern/", "delete/"])
def test_somebody_else_s_circle_is_the_same_404_as_none(client, rose, fern, act):
    circle = factories.make_circle(rose, "Family", fern)
    client.force_login(fern)
    send = client.get if not act else client.post
    answers = [send(f"/circles/{number}/{act}") for number in (circle.pk, circle.pk + 999, 10**25)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({normalised(answer.content) for answer in answers}) == 1
    assert CircleMember.objects.count() == 1


@pytest.mark.promise("E8")
def test_a_field_that_only_a_deleted_circle_saw_falls_to_only_me_and_the_page_says_so_before(client, rose, fern):
    family, choir = factories.make_circle(rose, "Family", fern), factories.make_circle(rose, "Choir", fern)
    factories.show_to_circles(rose, "phone", family)
    factories.show_to_circles(rose, "city", family, choir)
    factories.except_from(rose, "phone", fern)
    client.force_login(rose)
    page = client.get(f"/circles/{family.pk}/").content.decode()
    assert "fall to only you" in page
    assert "<strong>Phone</strong>" in page
    client.post(f"/circles/{family.pk}/delete/")
    assert audience(rose, "phone") is Audience.ONLY_ME
    assert audience(rose, "city") is Audience.CIRCLES
    assert list(FieldCircle.objects.values_list("field", "circle_id")) == [("city", choir.pk)]
    assert list(FieldException.objects.values_list("field", flat=True)) == ["phone"]


def test_a_failing_deletion_changes_no_field(rose, fern, monkeypatch):
    family = factories.make_circle(rose, "Family", fern)
    factories.show_to_circles(rose, "phone", family)

    def fail(self):
        raise RuntimeError

    monkeypatch.setattr(Circle, "delete", fail)
    with pytest.raises(RuntimeError):
        delete_circle(family)
    assert audience(rose, "phone") is Audience.CIRCLES


@pytest.mark.promise("E6")
def test_a_circle_neither_lists_nor_counts_who_is_gone(client, rose, fern):
    gone = factories.make_member("gone")
    circle = factories.make_circle(rose, "Family", fern, gone)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    client.force_login(rose)
    assert "gone" not in client.get(f"/circles/{circle.pk}/").content.decode()
    assert "one person" in client.get("/circles/").content.decode()


def test_a_verb_refuses_what_a_block_forbids(rose, fern):
    circle = make_circle("Family", by=rose)
    block(rose, by=fern)
    with pytest.raises(Member.DoesNotExist):
        add_to_circle(circle, fern)


def test_no_more_than_a_hundred_circles_are_made(rose, settings, monkeypatch):
    from django.core.exceptions import ValidationError

    monkeypatch.setattr("accounts.circles.MOST_CIRCLES", 1)
    make_circle("One", by=rose)
    with pytest.raises(ValidationError):
        make_circle("Two", by=rose)
    settings.LIMITS = False
    make_circle("Two", by=rose)


def test_circles_come_in_pages(client, rose, monkeypatch):
    monkeypatch.setattr("accounts.circles.PAGE", 2)
    for number in range(5):
        make_circle(f"Circle {number}", by=rose)
    client.force_login(rose)
    found, address = [], "/circles/"
    while address:
        text = client.get(address).content.decode()
        found += re.findall(r'row-label"><bdi>(Circle \d)', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        address = following[1] if following else None
    assert found == [f"Circle {number}" for number in range(5)]


@pytest.mark.parametrize("page", ["/circles/", "/circles/{}/"])
def test_a_page_costs_the_same_number_of_queries_however_much_is_on_it(
    client, rose, django_assert_max_num_queries, page
):
    client.force_login(rose)
    first, counts = make_circle("First", by=rose), []
    for number in range(10):
        person = factories.make_member(f"person{number}", audiences={"display_name": 1}, display_name="Name")
        factories.make_circle(rose, f"Circle {number}", person)
        add_to_circle(first, person)
        if number in (1, 9):
            forget_keys()
            shown_to(None)
            with django_assert_max_num_queries(40) as captured:
                client.get(page.format(first.pk))
            counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.promise("M2")
def test_a_juvenile_s_circle_takes_friends_only_so_that_nothing_reaches_beyond_them():
    bud = factories.make_member("bud", birth_date=factories.ADULT.replace(year=2012))
    moss, fern = factories.make_member("moss"), factories.make_member("fern")
    factories.befriend(bud, fern)
    circle = factories.make_circle(bud, "Club")
    with pytest.raises(ValidationError):
        add_to_circle(circle, moss)
    add_to_circle(circle, fern)
    end_friendship(fern, by=bud)
    assert not CircleMember.objects.filter(circle=circle).exists()


@pytest.mark.promise("E6")
def test_a_taken_out_person_who_blocked_me_is_named_no_more_than_an_absent_one(client):
    rose, nettle = factories.make_member("rose"), factories.make_member("nettle")
    circle = factories.make_circle(rose, "Club")
    client.force_login(rose)
    assert "@nettle" in client.get(f"/circles/{circle.pk}/?removed=nettle").content.decode()
    block(rose, by=nettle)
    assert "@nettle" not in client.get(f"/circles/{circle.pk}/?removed=nettle").content.decode()


def test_friends_are_offered_where_somebody_is_put_into_a_circle(client, rose, fern):
    factories.befriend(rose, fern)
    factories.make_member("moss")
    client.force_login(rose)
    page = client.get(f"/circles/{make_circle('Club', by=rose).pk}/").content.decode()
    assert '<option value="@fern">' in page
    assert "@moss" not in page.replace('placeholder="@moss', "")
