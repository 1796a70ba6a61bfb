import pytest
from hypothesis import given, strategies as st

from catalogue.vocabulary import Audience, Basis, Purpose, Relationship

STRANGER, MEMBER, FRIEND, OWNER = Relationship
audiences = st.sampled_from(Audience)


@pytest.mark.parametrize(
    ("audience", "reached"),
    [
        (Audience.EVERYONE, {STRANGER, MEMBER, FRIEND, OWNER}),
        (Audience.MEMBERS, {MEMBER, FRIEND, OWNER}),
        (Audience.FRIENDS, {FRIEND, OWNER}),
        (Audience.CIRCLES, {OWNER}),
        (Audience.ONLY_ME, {OWNER}),
    ],
)
def test_an_audience_reaches_exactly_these_relationships(audience, reached):
    assert {each for each in Relationship if audience.includes(each)} == reached


@given(audiences, audiences)
def test_a_narrower_audience_reaches_nobody_whom_the_wider_one_does_not(one, other):
    narrower = Audience.narrower_of(one, other)
    for relationship in Relationship:
        if narrower.includes(relationship):
            assert one.includes(relationship)
            assert other.includes(relationship)


@pytest.mark.parametrize(
    ("audience", "capped"),
    [
        (Audience.EVERYONE, Audience.FRIENDS),
        (Audience.MEMBERS, Audience.FRIENDS),
        (Audience.FRIENDS, Audience.FRIENDS),
        (Audience.CIRCLES, Audience.CIRCLES),
        (Audience.ONLY_ME, Audience.ONLY_ME),
    ],
)
def test_a_cap_at_friends_narrows_what_is_wider_and_leaves_the_rest(audience, capped):
    assert audience.capped_at(Audience.FRIENDS) is capped


@pytest.mark.parametrize("limit", Audience)
def test_a_cap_at_everyone_changes_nothing_and_a_cap_at_only_me_hides(limit):
    assert limit.capped_at(Audience.EVERYONE) is limit
    assert limit.capped_at(Audience.ONLY_ME) is Audience.ONLY_ME


def test_the_stored_numbers_never_change():
    assert [(each.word, each.value) for each in Audience] == [
        ("everyone", 0),
        ("members", 1),
        ("friends", 2),
        ("circles", 3),
        ("only_me", 4),
    ]


def test_icons_and_classes_are_those_of_the_design():
    assert [each.icon for each in Audience] == ["everyone", "members", "friends", "circle", "only-me"]
    assert [each.css for each in Audience] == ["is-everyone", "is-members", "is-friends", "is-circles", "is-only-me"]


@pytest.mark.parametrize("audience", Audience)
def test_a_word_leads_back_to_its_audience(audience):
    assert Audience.from_word(audience.word) is audience


@pytest.mark.parametrize("word", ["freinds", "", "Friends", "ONLY_ME", "only me", "2"])
def test_an_unknown_word_is_refused_and_the_known_ones_are_named(word):
    with pytest.raises(ValueError, match=r"unknown audience .*everyone, members, friends, circles, only_me"):
        Audience.from_word(word)


@pytest.mark.promise("H3")
def test_there_is_no_purpose_of_sale():
    words = {each.value for each in Purpose} | {str(each.label).lower() for each in Purpose}
    assert not [word for word in words if any(bad in word for bad in ("sale", "sell", "lease", "rent", "trade"))]


@pytest.mark.parametrize("basis", Basis)
def test_every_basis_names_its_article(basis):
    assert "GDPR Article 6(1)(" in str(basis.label)
