"""A world file is refused with the path of every value that does not fit."""

import json
from copy import deepcopy
from typing import Any

import pytest

from catalogue.vocabulary import Audience
from world.parts import WorldRefused, read_json
from world.reading import parse, read_file
from world.sections import register_section

from . import TINY, tiny

ROSE, FERN = ("members", 0), ("members", 1)


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return the tiny world with one value put in place."""
    described = deepcopy(TINY)
    inner: Any = described
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return described


def problems_of(described: Any) -> tuple[str, ...]:
    with pytest.raises(WorldRefused) as refused:
        parse(described)
    return refused.value.problems


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        # names and types
        (("memebers",), [], "memebers: unknown key"),
        (("members",), {}, "members: must be a list"),
        ((*ROSE,), "rose", "members[0]: must be an object"),
        ((*ROSE, "hadle"), "rose", "members[0].hadle: unknown key"),
        ((*ROSE, "profile", "citty"), "Lisbon", "members[0].profile.citty: unknown field"),
        ((*ROSE, "audiences", "citty"), {"audience": "friends"}, "members[0].audiences.citty: unknown field"),
        ((*ROSE, "verified"), 1, "members[0].verified: must be true or false"),
        ((*ROSE, "tailoring"), "yes", "members[0].tailoring: must be true or false"),
        ((*ROSE, "profile", "city"), 7, "members[0].profile.city: must be a string"),
        ((*ROSE, "profile", "interests"), "beans", "members[0].profile.interests: must be a list"),
        ((*ROSE, "profile", "interests"), [1], "members[0].profile.interests[0]: must be a string"),
        # handles, addresses, passwords
        ((*ROSE, "handle"), "Ro", "members[0].handle: must be 3 to 30 of a-z, 0-9 and _"),
        ((*ROSE, "handle"), "rose\n", "members[0].handle: must be 3 to 30 of a-z, 0-9 and _"),
        ((*FERN, "handle"), "rose", "members[1].handle: the same handle as members[0].handle"),
        ((*ROSE, "handle"), "admin", "members[0].handle: would pass for the site itself"),
        ((*FERN, "email"), "ROSE@Example.org", "members[1].email: the same address as members[0].email"),
        ((*FERN, "email"), "rose@\uff45xample.org", "members[1].email: the same address as members[0].email"),
        (("staff", 0, "email"), "rose@example.org", "staff[0].email: the same address as members[0].email"),
        ((*ROSE, "email"), "rose", "members[0].email: is no e-mail address"),
        ((*ROSE, "password"), "", "members[0].password: must not be empty"),
        # values
        ((*ROSE, "profile", "display_name"), "R" * 81, "members[0].profile.display_name: longer than 80 characters"),
        ((*ROSE, "profile", "bio"), "b" * 2001, "members[0].profile.bio: longer than 2,000 characters"),
        ((*ROSE, "profile", "interests"), ["i" * 121], "members[0].profile.interests[0]: longer than 120 characters"),
        ((*ROSE, "profile", "city"), "Lis\0bon", "members[0].profile.city: contains a control character"),
        ((*ROSE, "profile", "city"), "Lis\nbon", "members[0].profile.city: contains a control character"),
        ((*ROSE, "profile", "city"), "\ud800", "members[0].profile.city: contains a control character"),
        ((*ROSE, "profile", "country"), "Portugal", "members[0].profile.country: unknown country 'Portugal'"),
        ((*ROSE, "profile", "phone"), "none", "members[0].profile.phone: Begin with + and the code"),
        ((*ROSE, "profile", "website"), "javascript:x", "members[0].profile.website: That is no"),
        ((*ROSE, "profile", "birth_date"), "1990-02-30", "members[0].profile.birth_date: is no date"),
        ((*ROSE, "profile", "birth_date"), "2999-01-01", "members[0].profile.birth_date: lies in the future"),
        ((*ROSE, "profile", "birth_date"), "2024-01-01", "members[0].profile.birth_date: nobody under 13 can join"),
        ((*ROSE, "profile", "birthday"), "04-01", "members[0].profile.birthday: has no value of its own"),
        ((*ROSE, "profile", "picture"), "rose.png", "members[0].profile.picture: no picture there"),
        ((*ROSE, "profile", "email"), "x@example.org", "members[0].profile.email: differs from the e-mail"),
        ((*ROSE, "joined"), "yesterday", "members[0].joined: is no time"),
        ((*ROSE, "joined"), "2999-01-01", "members[0].joined: lies in the future"),
        # audiences
        ((*ROSE, "audiences", "city"), {"audience": "freinds"}, "members[0].audiences.city: unknown audience"),
        ((*ROSE, "audiences", "city"), "friends", "members[0].audiences.city: must be an object"),
        ((*ROSE, "audiences", "city"), {}, "members[0].audiences.city.audience: missing"),
        ((*ROSE, "audiences", "city"), {"audience": []}, "members[0].audiences.city.audience: must be a string"),
        ((*ROSE, "audiences", "phone", "circles"), ["famly"], "members[0].audiences.phone.circles[0]: unknown circle"),
        ((*FERN, "audiences"), {"city": {"audience": "circles", "circles": ["family"]}},
         "members[1].audiences.city.circles[0]: unknown circle 'family'"),
        ((*ROSE, "audiences", "phone", "circles"), [], "members[0].audiences.phone: needs circles"),
        ((*ROSE, "audiences", "phone", "audience"), "friends", "members[0].audiences.phone: circles go with"),
        ((*ROSE, "audiences", "phone", "except"), ["mos"], "members[0].audiences.phone.except[0]: unknown member"),
        ((*ROSE, "audiences", "phone", "except"), ["rose"], "members[0].audiences.phone.except[0]: is the same"),
        ((*ROSE, "audiences", "phone", "with"), ["moss"], "members[0].audiences.phone.with: unknown key"),
        # staff
        (("staff", 0, "roles"), ["suport"], "staff[0].roles[0]: unknown role 'suport'"),
        (("staff", 0, "totp_secret"), "not base32!", "staff[0].totp_secret: is not Base32"),
        (("staff", 0, "totp_secret"), "AAAA", "staff[0].totp_secret: is shorter than 80 bits"),
        (("staff", 0, "profile"), {}, "staff[0].profile: unknown key"),
        # what people are to each other
        (("friendships", 0), ["rose"], "friendships[0]: must be a list of two handles"),
        (("friendships", 0), [], "friendships[0]: must be a list of two handles"),
        (("friendships", 0, 1), "ferm", "friendships[0][1]: unknown member 'ferm'"),
        (("friendships", 0, 1), "rose", "friendships[0][1]: the same person twice"),
        (("friendships",), [["rose", "fern"], ["fern", "rose"]], "friendships[1]: the same as friendships[0]"),
        (("blocks", 0), "rose", "blocks[0]: must be a list"),
        (("mutes", 0, 0), None, "mutes[0][0]: must be a string"),
        (("circles", 0, "owner"), "nobody", "circles[0].owner: unknown member 'nobody'"),
        (("circles", 0, "members"), ["rose"], "circles[0].members[0]: is the same as the owner"),
        (("circles", 0, "members"), ["fern", "fern"], "circles[0].members[1]: is the same as circles[0].members[0]"),
        (("circles", 0, "name"), "n" * 81, "circles[0].name: longer than 80 characters"),
        # policies and what is not there yet
        (("policies",), [{"version": "1"}], "policies[0].body: missing"),
        (("policies",), [{"version": "1", "body": "b", "mode": "shout"}], "policies[0].mode: unknown mode 'shout'"),
        (("policies",), [{"version": "1", "body": "b", "effective": "2999-01-01"}], "policies: none of them is in"),
        (("consents",), {}, "consents: must be a list"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_path(place, value, problem):
    assert any(found.startswith(problem) for found in problems_of(changed(place, value)))


@pytest.mark.parametrize("described", [[], None, "world", 7])
def test_a_world_is_an_object(described):
    assert problems_of(described) == ("world: must be an object",)


def test_every_problem_is_named_at_once():
    described = changed((*ROSE, "profile", "city"), 7)
    described["members"][1]["email"] = "rose@example.org"
    described["blocks"] = [["rose", "nobody"]]
    places = {problem.split(":")[0] for problem in problems_of(described)}
    assert places == {"members[0].profile.city", "members[1].email", "blocks[0][1]"}


def test_a_password_is_in_no_message():
    described = changed((*ROSE, "password"), "a very secret\0password")
    assert "secret" not in "".join(problems_of(described))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"members": [}', "line 1, column 14: "),
        ("{\n  'members': []}", "line 2, column 3: "),
        (b'{"members": "\xff"}', "byte 13: not UTF-8"),
        ('{"members": NaN}', "not JSON: NaN is no JSON value"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text, problem):
    with pytest.raises(WorldRefused) as refused:
        read_json(text)
    assert refused.value.problems[0].startswith(problem)


def test_a_key_given_twice_is_refused():
    text = json.dumps(TINY).replace('"handle": "rose"', '"handle": "rosa", "handle": "rose"')
    assert problems_of(read_json(text)) == ("members[0].handle: given twice",)


def test_a_missing_file_is_refused_by_its_name(tmp_path):
    with pytest.raises(WorldRefused, match=r"nowhere\.json: No such file"):
        read_file(tmp_path / "nowhere.json")


@pytest.mark.parametrize("name", ["/etc/hostname", "absent.png"])
def test_a_picture_lies_beside_the_file(tmp_path, name):
    file = tmp_path / "world.json"
    file.write_text(json.dumps(changed((*ROSE, "profile", "picture"), name)))
    with pytest.raises(WorldRefused, match=r"members\[0\]\.profile\.picture: "):
        read_file(file)


def test_every_list_may_be_missing():
    assert parse({}).members == ()


def test_a_world_that_fits_is_read():
    world = tiny()
    rose = world.members[0]
    assert (rose.handle, rose.verified, rose.profile["city"]) == ("rose", True, "Lisbon")
    assert rose.audiences["phone"].audience is Audience.CIRCLES
    assert rose.audiences["phone"].exceptions == ("moss",)
    assert world.staff[0].roles == ("support",)
    assert "correct" not in repr(world)


def test_lists_without_a_place_are_left_out():
    world = parse(TINY | {"posts": [{"id": "p1"}], "comments": []})
    assert world.left_out == ("posts",)


def test_a_section_reads_its_list(monkeypatch):
    monkeypatch.setattr("world.sections._sections", {})

    def read_authors(part, known):
        return [known.handle(post.at("author", post.value["author"])) for post in part.items()]

    register_section("posts", parse=read_authors, load=lambda parsed, loaded: None)
    assert parse(TINY | {"posts": [{"author": "fern"}]}).sections == {"posts": ["fern"]}
    assert problems_of(TINY | {"posts": [{"author": "x"}]}) == ("posts[0].author: unknown member 'x'",)


def test_a_section_without_a_list_of_the_contract_is_refused():
    with pytest.raises(ValueError, match="no list 'potatoes'"):
        register_section("potatoes", parse=lambda part, known: None, load=lambda parsed, loaded: None)
