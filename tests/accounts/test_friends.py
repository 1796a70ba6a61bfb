"""Friend requests and friendships."""

import re
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from accounts import friendship
from accounts.blocking import block, mute, unblock
from accounts.friendship import (
    Relationship,
    accept_request,
    ask_to_be_friends,
    asked_by,
    asking,
    decline_request,
    end_friendship,
    relationship_between,
    requests_waiting,
    withdraw_request,
)
from accounts.models import Decline, FriendRequest, Friendship, Member
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from notifications.announcements import shown_to
from tests import factories

pytestmark = pytest.mark.django_db

ACTS = ("friends/ask", "friends/withdraw", "friends/accept", "friends/decline", "friends/end")
NAMED = {"display_name": Audience.MEMBERS}


@pytest.fixture
def rose():
    return factories.make_member("rose", audiences=NAMED, display_name="Rose Hip")


@pytest.fixture
def fern():
    return factories.make_member("fern", audiences=NAMED, display_name="Fern Brook")


def pairs():
    return set(Friendship.objects.values_list("person__handle", "friend__handle"))


def normalised(html: bytes) -> str:
    """Return a page without what differs between any two answers."""
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", html.decode())


def long_ago():
    Decline.objects.update(at=timezone.now() - timedelta(days=400))


def test_who_withdrew_before_a_decline_had_its_rest_is_heard_again_afterwards(rose, fern):
    ask_to_be_friends(fern, by=rose)
    decline_request(rose, by=fern)
    withdraw_request(fern, by=rose)
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == []
    long_ago()
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == [rose]


def test_a_block_that_was_lifted_does_not_make_a_decline_eternal(rose, fern):
    ask_to_be_friends(fern, by=rose)
    decline_request(rose, by=fern)
    block(rose, by=fern)
    unblock(rose, by=fern)
    long_ago()
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == [rose]


def test_a_request_that_is_accepted_is_a_friendship_in_both_directions(client, rose, fern):
    client.force_login(rose)
    client.post("/friends/ask/fern/")
    assert pairs() == set()
    client.force_login(fern)
    assert "Rose Hip" in client.get("/friends/").content.decode()
    client.post("/friends/accept/rose/")
    assert pairs() == {("rose", "fern"), ("fern", "rose")}
    assert not FriendRequest.objects.exists()


def test_two_people_who_ask_each_other_are_friends(rose, fern):
    ask_to_be_friends(fern, by=rose)
    ask_to_be_friends(rose, by=fern)
    assert pairs() == {("rose", "fern"), ("fern", "rose")}
    assert not FriendRequest.objects.exists()


def test_doing_anything_twice_is_doing_it_once(rose, fern):
    for _ in range(2):
        ask_to_be_friends(fern, by=rose)
    assert FriendRequest.objects.count() == 1
    for _ in range(2):
        assert accept_request(rose, by=fern)
    ask_to_be_friends(fern, by=rose)
    assert pairs() == {("rose", "fern"), ("fern", "rose")}
    assert not FriendRequest.objects.exists()
    for _ in range(2):
        end_friendship(rose, by=fern)
    assert pairs() == set()


def test_nobody_is_befriended_without_having_asked(client, rose, fern):
    client.force_login(rose)
    client.post("/friends/accept/fern/")
    assert pairs() == set()


def test_who_asked_cannot_accept_in_the_other_s_place(client, rose, fern):
    client.force_login(rose)
    client.post("/friends/ask/fern/")
    client.post("/friends/accept/fern/")
    assert pairs() == set()


def test_a_withdrawn_request_is_gone(client, rose, fern):
    ask_to_be_friends(fern, by=rose)
    client.force_login(rose)
    client.post("/friends/withdraw/fern/")
    assert not FriendRequest.objects.exists()
    assert not accept_request(rose, by=fern)


@pytest.mark.promise("E6")
def test_declining_changes_nothing_that_the_asker_gets(client, rose, fern):
    ask_to_be_friends(fern, by=rose)
    client.force_login(rose)
    before = [normalised(client.get(address).content) for address in ("/friends/", "/@fern/")]
    told = relationship_between(rose.pk, fern.pk)
    decline_request(rose, by=fern)
    assert [normalised(client.get(address).content) for address in ("/friends/", "/@fern/")] == before
    assert relationship_between(rose.pk, fern.pk) == told == Relationship(asked_by_me=True)


@pytest.mark.promise("G2")
def test_who_was_declined_does_not_come_before_the_same_person_again_for_thirty_days(rose, fern):
    ask_to_be_friends(fern, by=rose)
    decline_request(rose, by=fern)
    assert list(asking(fern)) == []
    withdraw_request(fern, by=rose)
    assert list(asked_by(rose)) == []
    ask_to_be_friends(fern, by=rose)
    assert list(asked_by(rose)) == [fern]
    assert list(asking(fern)) == []
    assert requests_waiting(fern) == 0
    Decline.objects.update(at=timezone.now() - timedelta(days=29))
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == []
    Decline.objects.update(at=timezone.now() - timedelta(days=31))
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == [rose]


def test_a_request_that_was_declined_long_ago_can_be_withdrawn_and_made_anew(rose, fern):
    ask_to_be_friends(fern, by=rose)
    decline_request(rose, by=fern)
    Decline.objects.update(at=timezone.now() - timedelta(days=31))
    assert list(asking(fern)) == []
    withdraw_request(fern, by=rose)
    ask_to_be_friends(fern, by=rose)
    assert list(asking(fern)) == [rose]


def test_who_declined_may_still_ask_and_both_are_friends(rose, fern):
    ask_to_be_friends(fern, by=rose)
    decline_request(rose, by=fern)
    ask_to_be_friends(rose, by=fern)
    assert pairs() == {("rose", "fern"), ("fern", "rose")}


@pytest.mark.promise("G2")
def test_requests_in_bulk_are_refused(client, rose, settings):
    people = [factories.make_member(f"person{number}") for number in range(3)]
    for person in people[:2]:
        ask_to_be_friends(person, by=rose)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(friendship, "MOST_UNANSWERED", 2)
        client.force_login(rose)
        answer = client.post("/friends/ask/person2/", follow=True)
        assert "have not answered you yet" in answer.content.decode()
        assert FriendRequest.objects.filter(sender=rose).count() == 2
        settings.LIMITS = False
        ask_to_be_friends(people[2], by=rose)
    assert FriendRequest.objects.filter(sender=rose).count() == 3


@pytest.mark.promise("E7")
def test_an_ended_friendship_hides_at_once_what_was_for_friends(client, rose, fern):
    friendly = factories.make_member("moss", audiences={"city": Audience.FRIENDS}, city="Alderford")
    factories.befriend(rose, friendly)
    client.force_login(rose)
    assert "Alderford" in client.get("/@moss/").content.decode()
    assert client.get("/friends/end/moss/").status_code == 200
    assert Friendship.objects.exists()
    client.post("/friends/end/moss/")
    assert "Alderford" not in client.get("/@moss/").content.decode()
    assert pairs() == set()


@pytest.mark.promise("E6")
@pytest.mark.parametrize("act", [*ACTS, "blocks/add", "blocks/lift", "mutes/add", "mutes/lift"])
def test_absent_unconfirmed_suspended_and_blocking_people_are_the_very_same_404(client, rose, act):
    factories.make_member("unsure", email_verified_at=None)
    factories.make_member("suspended", is_active=False)
    nettle = factories.make_member("nettle")
    factories.block(nettle, rose)
    client.force_login(rose)
    answers = [client.post(f"/{act}/{who}/") for who in ("nobody", "unsure", "suspended", "nettle", "rose")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({normalised(answer.content) for answer in answers}) == 1
    gets = [client.get(f"/{act}/{who}/") for who in ("nobody", "unsure", "suspended", "nettle", "rose")]
    assert len({(answer.status_code, normalised(answer.content)) for answer in gets}) == 1


@pytest.mark.parametrize("act", ["friends/ask", "friends/withdraw", "friends/accept", "friends/decline", "mutes/add"])
def test_an_act_is_not_done_by_following_a_link(client, rose, fern, act):
    client.force_login(rose)
    ask_to_be_friends(rose, by=fern)
    assert client.get(f"/{act}/fern/").status_code == 405
    assert pairs() == set()
    assert FriendRequest.objects.count() == 1


@pytest.mark.parametrize("act", [*ACTS, "blocks/add", "mutes/add"])
def test_an_act_needs_a_form_of_ours_and_somebody_signed_in(rose, fern, act):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rose)
    assert strict.post(f"/{act}/fern/").status_code == 403
    assert Client().post(f"/{act}/fern/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    ("wanted", "gone_to"),
    [
        ("/@fern/", "/@fern/"),
        ("https://elsewhere.example/", "/friends/"),
        ("//elsewhere.example/", "/friends/"),
        ("javascript:alert(1)", "/friends/"),
        ("", "/friends/"),
    ],
)
def test_after_an_act_only_pages_of_ours_come_next(client, rose, fern, wanted, gone_to):
    client.force_login(rose)
    assert client.post("/friends/ask/fern/", {"next": wanted})["Location"] == gone_to


@pytest.mark.promise("E6")
def test_lists_name_people_only_as_far_as_they_show_themselves(client, rose):
    shy = factories.make_member("shy", audiences={"display_name": Audience.ONLY_ME}, display_name="Secret Name")
    factories.befriend(rose, shy)
    client.force_login(rose)
    text = client.get("/friends/").content.decode()
    assert "@shy" in text
    assert "Secret Name" not in text


@pytest.mark.promise("E6")
def test_who_is_gone_is_in_no_list(client, rose, fern):
    gone = factories.make_member("gone")
    factories.befriend(rose, gone)
    ask_to_be_friends(rose, by=fern)
    Member.objects.filter(handle__in=("gone", "fern")).update(is_active=False)
    client.force_login(rose)
    text = client.get("/friends/").content.decode()
    assert "gone" not in text
    assert "fern" not in text
    assert requests_waiting(rose) == 0


def test_a_long_list_comes_in_pages_by_handle(client, rose, monkeypatch):
    monkeypatch.setattr(friendship, "PAGE", 2)
    for number in range(5):
        factories.befriend(rose, factories.make_member(f"person{number}"))
    client.force_login(rose)
    found, address = [], "/friends/"
    while address:
        text = client.get(address).content.decode()
        found += re.findall(r"<p class=\"soft small\">@(person\d)", text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        address = following[1].replace("&amp;", "&") if following else None
    assert found == [f"person{number}" for number in range(5)]


def test_the_lists_cost_the_same_number_of_queries_whoever_is_on_them(client, rose, django_assert_max_num_queries):
    client.force_login(rose)
    counts = []
    for number in range(12):
        factories.befriend(rose, factories.make_member(f"friend{number}", audiences=NAMED, display_name="Name"))
        ask_to_be_friends(rose, by=factories.make_member(f"asking{number}", audiences=NAMED, display_name="Name"))
        ask_to_be_friends(factories.make_member(f"asked{number}", audiences=NAMED, display_name="Name"), by=rose)
        if number in (1, 11):
            forget_keys()
            shown_to(None)
            with django_assert_max_num_queries(40) as captured:
                client.get("/friends/")
            counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_page_of_a_person_offers_what_fits(client, rose, fern):
    client.force_login(rose)
    assert "Ask to be friends" in client.get("/@fern/").content.decode()
    ask_to_be_friends(fern, by=rose)
    assert "Withdraw my request" in client.get("/@fern/").content.decode()
    ask_to_be_friends(rose, by=fern)
    mute(fern, by=rose)
    text = client.get("/@fern/").content.decode()
    assert "End the friendship" in text
    assert "Unmute" in text


def test_the_relationship_of_two_people_is_read_in_four_queries(rose, fern, django_assert_num_queries):
    factories.befriend(rose, fern)
    with django_assert_num_queries(4):
        assert relationship_between(rose.pk, fern.pk).is_friend


def test_a_verb_refuses_what_a_block_forbids(rose, fern):
    block(fern, by=rose)
    with pytest.raises(Member.DoesNotExist):
        ask_to_be_friends(rose, by=fern)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_opposite_requests_at_the_very_same_moment_become_a_friendship():
    rose, fern = factories.make_member("rose"), factories.make_member("fern")
    start = threading.Barrier(2)

    def ask(recipient, by):
        start.wait()
        try:
            ask_to_be_friends(recipient, by=by)
        finally:
            connections.close_all()

    asking_threads = [threading.Thread(target=ask, args=pair) for pair in ((fern, rose), (rose, fern))]
    for thread in asking_threads:
        thread.start()
    for thread in asking_threads:
        thread.join()
    assert pairs() == {("rose", "fern"), ("fern", "rose")}
    assert not FriendRequest.objects.exists()


@pytest.mark.promise("E6")
@pytest.mark.parametrize("went", ["nobody", "left", "blocked"])
def test_how_many_may_still_be_asked_tells_nobody_who_left_or_blocked(rose, monkeypatch, went):
    """The limit counts whom the page lists: who counts the refusals learns what the page says anyway."""
    monkeypatch.setattr("accounts.friendship.MOST_UNANSWERED", 3)
    asked = [factories.make_member(f"asked{number}") for number in range(3)]
    for person in asked:
        ask_to_be_friends(person, by=rose)
    if went == "left":
        Member.objects.filter(pk=asked[0].pk).update(is_active=False)
    if went == "blocked":
        block(rose, by=asked[0])
    room = 3 - asked_by(rose).count()
    for number in range(room):
        ask_to_be_friends(factories.make_member(f"next{number}"), by=rose)
    with pytest.raises(ValidationError, match="3 people have not answered"):
        ask_to_be_friends(factories.make_member("last"), by=rose)
    assert asked_by(rose).count() == 3
