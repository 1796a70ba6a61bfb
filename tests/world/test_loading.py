"""A loaded world is what its file says, seen through the pages' own rule; and a refused one leaves nothing."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.storage import storages

from accounts.circles import people_in
from accounts.models import Block, FriendRequest, Friendship, Member, Mute, Profile
from accounts.pictures import open_picture
from accounts.roles import SUPERUSER
from catalogue.vocabulary import Audience
from encryption.models import MemberKey
from privacy.audiences import choices
from privacy.models import Circle, PolicyAcceptance, PolicyVersion
from privacy.visibility import Viewer, visible_profiles
from security.authenticator import accept_code, code_now
from security.steps import second_steps
from world import loading
from world.faces import draw_face
from world.loading import NotEmpty, load
from world.parts import WorldRefused
from world.reading import parse
from world.sections import register_section

from . import TINY, tiny

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, Any]:
    return load(tiny()).members


def seen_by(people: dict[str, Any], who: str | None, whom: str = "rose") -> dict[str, Any]:
    viewer = Viewer(people[who].pk) if who else Viewer()
    return visible_profiles([people[whom].pk], viewer)[people[whom].pk]


@pytest.mark.parametrize(
    ("who", "fields"),
    [
        ("rose", {"display_name", "bio", "city", "country", "interests", "birthday", "birth_date", "phone"}),
        ("fern", {"display_name", "bio", "city", "country", "interests", "birthday", "birth_date", "phone"}),
        ("moss", {"display_name", "bio", "country", "birth_date"}),
        ("bud", {"display_name", "bio", "country", "interests", "birth_date"}),
        (None, {"display_name", "bio", "birth_date"}),
    ],
)
def test_who_sees_what_is_as_described(people, who, fields):
    assert seen_by(people, who).keys() - {"email"} == fields


def test_values_are_as_described(people):
    seen = seen_by(people, "fern")
    assert (seen["city"], seen["phone"], seen["interests"]) == ("Lisbon", "+351210000000", ["beans", "bells"])
    assert seen["bio"] == "Beans.\nAnd bells."


def test_a_juvenile_is_narrowed_and_the_summary_says_so():
    loaded = load(tiny())
    bud = loaded.members["bud"]
    assert loaded.summary["narrowed"] == ["bud.city"]
    assert {name: choice.audience for name, choice in choices(bud).items() if choice.audience < Audience.FRIENDS} == {}
    assert choices(bud)["bio"].audience is Audience.ONLY_ME
    assert not Profile.objects.get(pk=bud.pk).listed
    assert seen_by(loaded.members, "rose", "bud") == {}


def test_a_block_ends_a_friendship_and_a_place_in_a_circle(people):
    rose, nettle = people["rose"], people["nettle"]
    assert Block.objects.filter(blocker=rose, blocked=nettle).exists()
    assert not Friendship.objects.filter(person=rose, friend=nettle).exists()


def test_friendships_circles_and_mutes_are_there(people):
    rose, fern, moss = people["rose"], people["fern"], people["moss"]
    assert set(Friendship.objects.values_list("person_id", "friend_id")) == {(rose.pk, fern.pk), (fern.pk, rose.pk)}
    assert not FriendRequest.objects.exists()
    circle = Circle.objects.get(owner=rose)
    assert (circle.name, list(people_in(circle))) == ("family", [fern])
    assert Mute.objects.filter(muter=rose, muted=moss).exists()


def test_who_is_not_verified_is_not_active(people):
    assert set(Member.objects.active()) == {member for handle, member in people.items() if handle != "moss"}


def test_members_can_sign_in_and_are_listed(people):
    rose = Member.objects.with_email("Rose@example.org").get()
    assert rose.check_password("correct-horse-battery-9")
    assert (rose.profile.listed, rose.joined_under is not None) == (True, True)


def test_everybody_agreed_to_the_version_of_their_day():
    versions = [
        {"version": "1", "effective": "2024-01-01", "body": "One"},
        {"version": "2", "effective": "2025-06-01", "body": "Two", "mode": "ask"},
        {"version": "3", "effective": "2999-01-01", "body": "Three"},
    ]
    people = load(parse(TINY | {"policies": versions})).members
    agreed = dict(PolicyAcceptance.objects.values_list("member__handle", "version__number"))
    assert agreed == {handle: "1" if handle == "rose" else "2" for handle in people}
    rose = PolicyAcceptance.objects.get(member=people["rose"])
    assert rose.accepted_at == people["rose"].joined_at == datetime(2025, 1, 5, 10, tzinfo=UTC)
    assert list(PolicyVersion.objects.order_by("number").values_list("body", flat=True)) == ["One", "Two", "Three"]


def test_without_policies_the_first_version_is_there_from_the_first_day(people):
    version = PolicyVersion.objects.get()
    assert (version.number, version.effective_at) == ("1", people["rose"].joined_at)
    assert PolicyAcceptance.objects.filter(version=version).count() == len(people)


def test_staff_have_their_role_and_show_nothing(people):
    warden = people["warden"]
    assert (warden.is_staff, warden.is_superuser) == (True, False)
    assert list(warden.groups.values_list("name", flat=True)) == ["support"]
    assert {choice.audience for choice in choices(warden).values()} == {Audience.ONLY_ME}
    assert not Profile.objects.get(pk=warden.pk).listed


def test_a_superuser_is_one():
    described = deepcopy(TINY)
    described["staff"][0]["roles"] = [SUPERUSER, "auditor"]
    warden = load(parse(described)).members["warden"]
    assert (warden.is_superuser, list(warden.groups.all())) == (True, [Group.objects.get(name="auditor")])


@pytest.mark.parametrize("secret", [TINY["staff"][0]["totp_secret"], "JBSWY3DPEHPK3PXPJB"])
def test_a_second_step_of_staff_is_kept_and_shows_codes(secret):
    described = deepcopy(TINY)
    described["staff"][0]["totp_secret"] = secret
    loaded = load(parse(described))
    [app] = second_steps(loaded.members["warden"])
    assert accept_code(loaded.members["warden"], code_now(app.secret)) == app
    assert app.secret.rstrip("=") == secret
    assert "staff.totp_secret" not in loaded.summary["left_out"]


def test_what_has_no_place_is_in_the_summary(monkeypatch):
    monkeypatch.setattr("world.sections._sections", {})
    described = deepcopy(TINY) | {"posts": [{"id": "p1"}]}
    described["members"][0]["tailoring"] = True
    summary = load(parse(described)).summary
    assert "posts" in summary["left_out"]
    assert ("members.tailoring" in summary["left_out"]) == (loading.tailoring_model() is None)


def test_a_section_loads_its_list(monkeypatch):
    monkeypatch.setattr("world.sections._sections", {})

    def load_posts(parsed, loaded):
        loaded.summary["posts"] = {post["id"]: loaded.members["rose"].get_absolute_url() for post in parsed}

    register_section("posts", parse=lambda part, known: part.value, load=load_posts)
    assert load(parse(TINY | {"posts": [{"id": "p1"}]})).summary["posts"] == {"p1": "/@rose/"}


def test_the_summary_says_where_members_are():
    summary = load(tiny()).summary
    assert summary["members"]["rose"] == "/@rose/"
    assert summary["posts"] == summary["reposts"] == summary["partners"] == {}


def test_an_installation_with_people_is_refused(people):
    with pytest.raises(NotEmpty):
        load(tiny())


def pictured() -> Any:
    """Return the tiny world, rose with a picture."""
    described = deepcopy(TINY)
    described["members"][0]["profile"]["picture"] = "rose.png"
    return parse(described, pictures=lambda name: draw_face("rose", size=64))


def test_a_picture_is_painted_anew_and_sealed():
    rose = load(pictured()).members["rose"]
    picture = rose.pictures.get()
    assert seen_by({"rose": rose}, None)["picture"] == str(picture.pk)
    assert open_picture(picture.pk, "small", rose.pk)[:4] == b"RIFF"


def test_what_is_no_picture_is_refused_with_its_path():
    described = deepcopy(TINY)
    described["members"][0]["profile"]["picture"] = "rose.png"
    world = parse(described, pictures=lambda name: b"not a picture")
    with pytest.raises(WorldRefused, match=r"members\[0\]\.profile\.picture: "):
        load(world)


def uploads() -> set[str]:
    uploaded = settings.VAR_DIR / "uploads"
    return {str(path) for path in uploaded.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stage", ["befriend", "draw_circle", "choose_audiences", "part", "sum_up"])
def test_a_load_that_fails_half_way_leaves_nothing_behind(monkeypatch, stage):
    files, keys = uploads(), MemberKey.objects.count()
    policies = list(PolicyVersion.objects.values_list("number", "effective_at"))

    def fail(*args):
        assert MemberKey.objects.count() == keys + 6
        assert uploads() > files
        raise WorldRefused([f"{stage}: no further"])

    monkeypatch.setattr(loading.Loading, stage, fail)
    with pytest.raises(WorldRefused):
        load(pictured())
    assert not Member.objects.exists()
    assert not Circle.objects.exists()
    assert MemberKey.objects.count() == keys
    assert uploads() == files
    assert list(PolicyVersion.objects.values_list("number", "effective_at")) == policies
    assert storages["default"] is not None


def test_after_a_refusal_the_same_world_loads(monkeypatch):
    described = deepcopy(TINY)
    described["circles"].append({"owner": "rose", "name": "Family"})
    with pytest.raises(WorldRefused):
        load(parse(described))
    assert set(load(tiny()).members) == {"rose", "fern", "moss", "nettle", "bud", "warden"}


def test_the_refusal_of_a_verb_names_the_path(monkeypatch):
    described = deepcopy(TINY)
    described["circles"].append({"owner": "rose", "name": "Family"})
    with pytest.raises(WorldRefused, match=r"^circles\[1\]: "):
        load(parse(described))
