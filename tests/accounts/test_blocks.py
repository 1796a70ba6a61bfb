"""Blocks and mutes."""

import re

import pytest

from accounts.blocking import block, mute
from accounts.friendship import ask_to_be_friends
from accounts.models import Block, FriendRequest, Friendship, Member, Mute
from catalogue.vocabulary import Audience
from notifications.announcements import shown_to
from privacy.models import CircleMember
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rose():
    return factories.make_member(
        "rose", audiences={"city": Audience.EVERYONE}, display_name="Rose Hip", city="Alderford"
    )


@pytest.fixture
def nettle():
    return factories.make_member("nettle", audiences={"display_name": Audience.EVERYONE}, display_name="Nettle Sting")


def normalised(html: bytes) -> str:
    """Return a page without what differs between any two answers."""
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", html.decode())


@pytest.mark.promise("G2")
def test_a_block_makes_both_invisible_to_each_other(client, rose, nettle):
    client.force_login(rose)
    assert "Block <bdi>Nettle Sting</bdi>?" in client.get("/blocks/add/nettle/").content.decode()
    assert not Block.objects.exists()
    client.post("/blocks/add/nettle/")
    assert client.get("/@nettle/").status_code == 404
    client.force_login(nettle)
    blocked = client.get("/@rose/")
    absent = client.get("/@nobody/")
    assert blocked.status_code == absent.status_code == 404
    assert normalised(blocked.content) == normalised(absent.content)
    assert "rose" not in client.get("/people/?q=rose").content.decode().replace('value="rose"', "")


@pytest.mark.promise("G2")
def test_a_block_ends_what_was_between_the_two_in_both_directions(rose, nettle):
    factories.befriend(rose, nettle)
    moss = factories.make_member("moss")
    factories.befriend(rose, moss)
    factories.make_circle(rose, "Choir", nettle, moss)
    factories.make_circle(nettle, "Marsh", rose)
    block(nettle, by=rose)
    assert not Friendship.objects.filter(person__in=(rose, nettle), friend__in=(rose, nettle)).exists()
    assert list(CircleMember.objects.values_list("person__handle", flat=True)) == ["moss"]
    assert Friendship.objects.filter(person=rose, friend=moss).exists()


@pytest.mark.parametrize("asker", ["rose", "nettle"])
def test_a_block_takes_requests_away(rose, nettle, asker):
    one, other = (rose, nettle) if asker == "rose" else (nettle, rose)
    ask_to_be_friends(other, by=one)
    block(nettle, by=rose)
    assert not FriendRequest.objects.exists()


def test_the_list_of_blocks_gives_a_handle_and_no_more(client, rose, nettle):
    block(nettle, by=rose)
    client.force_login(rose)
    text = client.get("/blocks/").content.decode()
    assert "@nettle" in text
    assert "Nettle Sting" not in text


def test_a_lifted_block_brings_nothing_back(client, rose, nettle):
    factories.befriend(rose, nettle)
    block(nettle, by=rose)
    client.force_login(rose)
    client.post("/blocks/lift/nettle/")
    assert client.get("/@nettle/").status_code == 200
    assert not Friendship.objects.exists()


@pytest.mark.promise("E6")
def test_that_the_other_blocked_back_does_not_show(client, rose, nettle):
    block(nettle, by=rose)
    client.force_login(rose)
    before = normalised(client.get("/blocks/").content)
    block(rose, by=nettle)
    assert normalised(client.get("/blocks/").content) == before
    client.post("/blocks/lift/nettle/")
    assert client.get("/@nettle/").status_code == 404
    assert list(Block.objects.values_list("blocker__handle", flat=True)) == ["nettle"]


def test_who_is_blocked_cannot_lift_the_block(client, rose, nettle):
    block(nettle, by=rose)
    client.force_login(nettle)
    assert client.post("/blocks/lift/rose/").status_code == 404
    assert Block.objects.count() == 1


def test_blocking_twice_leaves_one_block_and_ends_on_the_list(client, rose, nettle):
    client.force_login(rose)
    for _ in range(2):
        assert client.post("/blocks/add/nettle/")["Location"] == "/blocks/"
    assert Block.objects.count() == 1


@pytest.mark.promise("G2")
def test_a_mute_is_the_muter_s_own_affair(client, rose, nettle):
    client.force_login(nettle)
    before = [normalised(client.get(address).content) for address in ("/@rose/", "/blocks/", "/friends/")]
    client.force_login(rose)
    client.post("/mutes/add/nettle/")
    assert list(Mute.objects.values_list("muter__handle", "muted__handle")) == [("rose", "nettle")]
    assert "Nettle Sting" in client.get("/blocks/").content.decode()
    client.force_login(nettle)
    assert [normalised(client.get(address).content) for address in ("/@rose/", "/blocks/", "/friends/")] == before
    client.force_login(rose)
    client.post("/mutes/lift/nettle/")
    assert not Mute.objects.exists()


@pytest.mark.promise("E6")
def test_who_blocked_me_or_is_gone_is_not_in_my_list_of_mutes(client, rose, nettle):
    gone = factories.make_member("gone")
    mute(nettle, by=rose)
    mute(gone, by=rose)
    block(rose, by=nettle)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    client.force_login(rose)
    text = client.get("/blocks/").content.decode()
    assert "nettle" not in text
    assert "gone" not in text


def test_the_lists_cost_the_same_number_of_queries_whoever_is_on_them(client, rose, django_assert_max_num_queries):
    client.force_login(rose)
    counts = []
    for number in range(10):
        block(factories.make_member(f"blocked{number}"), by=rose)
        mute(factories.make_member(f"muted{number}"), by=rose)
        if number in (1, 9):
            shown_to(None)
            with django_assert_max_num_queries(30) as captured:
                client.get("/blocks/")
            counts.append(len(captured))
    assert counts[0] == counts[1]
