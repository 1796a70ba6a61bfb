"""The demo town loads, and its cast is what the tests and the tour say of them."""

import hashlib
from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command

from accounts.models import Block, Friendship, Member, Profile
from accounts.roles import ROLES
from privacy.juveniles import is_juvenile_born
from privacy.visibility import Viewer, visible_profiles
from security.authenticator import accept_code
from world import demo
from world.alderford import RESIDENTS, STAFF
from world.faces import draw_face
from world.loading import load
from world.looks import Look
from world.reading import parse

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    """Return Alderford loaded without its faces, which take most of the time."""
    described = demo.world()
    for member in described["members"]:
        member["profile"].pop("picture", None)
    return load(parse(described))


def test_alderford_loads_with_its_faces():
    town = load(demo.read(face_size=64))
    people = town.members
    assert len(town.summary["members"]) == len(RESIDENTS) >= 40
    assert Friendship.objects.count() / 2 >= 115
    assert Block.objects.filter(blocker=people["rose"], blocked=people["nettle"]).exists()
    assert Friendship.objects.filter(person=people["rose"], friend=people["fern"]).exists()
    assert not Friendship.objects.filter(person=people["rose"], friend__in=[people["moss"], people["nettle"]]).exists()
    juveniles = {p.pk for p in Profile.objects.with_keys() if is_juvenile_born(p.birth_date)}
    assert juveniles == {people[handle].pk for handle in ("bud", "clover", "sprig")}
    rose = people["rose"].pk
    by_friend = visible_profiles([rose], Viewer(people["fern"].pk))[rose]
    by_member = visible_profiles([rose], Viewer(people["moss"].pk))[rose]
    assert {"city", "phone", "picture"} <= by_friend.keys()
    assert not {"city", "phone"} & by_member.keys()


def test_every_account_of_the_tour_can_sign_in(town):
    for account in demo.accounts():
        member = Member.objects.with_email(account.email).get()
        assert member.check_password(account.password)
        assert account.who == f"@{member.handle}"


def test_what_staff_are_good_for_is_told_by_the_name_of_the_role_and_promises_nothing_else():
    told = {account.who: account.note.partition(";")[0] for account in demo.accounts()}
    for one in STAFF:
        plain = told[f"@{one.handle}"].removesuffix(" (sees members masked)").removesuffix(" (sees members masked too)")
        assert plain == f"staff: {one.role.replace('_', ' ')}"


def test_every_role_has_an_account(town):
    staff = Member.objects.filter(is_staff=True)
    assert {name for member in staff for name in member.groups.values_list("name", flat=True)} == set(ROLES)
    assert staff.filter(is_superuser=True).count() == 1


def test_the_password_of_the_demo_would_be_taken_from_anybody():
    for resident in RESIDENTS:
        validate_password(demo.PASSWORD, Member(handle=resident.handle, email=demo.email_of(resident.handle)))


def test_faces_are_distinct_and_always_the_same():
    drawn = {r.handle: hashlib.sha256(demo.face(f"faces/{r.handle}.png", 48)).digest() for r in RESIDENTS}
    assert len(set(drawn.values())) == len(RESIDENTS)
    assert draw_face("rose", size=48) == draw_face("rose", size=48)


def test_no_child_has_a_beard():
    looks = [Look.of(f"child{number}").aged(14) for number in range(200)]
    assert not any(look.beard for look in looks)


@pytest.mark.promise("K3")
def test_everybody_of_the_demo_staff_has_a_second_step_and_its_code_can_be_had(town):
    for officer in STAFF:
        out = StringIO()
        call_command("demo_code", officer.handle, stdout=out)
        assert accept_code(town.members[officer.handle], out.getvalue().strip())


def test_nobody_else_has_codes_to_be_printed(town, settings):
    with pytest.raises(CommandError, match="Nobody of the demo staff"):
        call_command("demo_code", "rose")
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="for development"):
        call_command("demo_code", STAFF[0].handle)
