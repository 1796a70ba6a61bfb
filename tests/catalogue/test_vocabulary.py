import pytest

from catalogue.vocabulary import Audience, Basis, Purpose


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


def test_there_is_no_purpose_of_sale():
    words = {each.value for each in Purpose} | {str(each.label).lower() for each in Purpose}
    assert not [word for word in words if any(bad in word for bad in ("sale", "sell", "lease", "rent", "trade"))]


@pytest.mark.parametrize("basis", Basis)
def test_every_basis_names_its_article(basis):
    assert "GDPR Article 6(1)(" in str(basis.label)
