"""``manage.py seed``: what it prints, and what it refuses."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from accounts.models import Member
from encryption.models import MemberKey
from world import demo
from world.progress import PlainProgress

from . import TINY

pytestmark = pytest.mark.django_db


def seed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("seed", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "world.json"
    path.write_text(json.dumps(TINY))
    return path


def test_a_described_world_is_summed_up_as_json(file):
    summary = json.loads(seed("--world", str(file), "--json"))
    assert summary["members"]["rose"] == "/@rose/"
    assert summary["narrowed"] == ["bud.city"]
    assert summary.keys() == {"members", "posts", "reposts", "partners", "narrowed", "left_out"}


def test_a_described_world_is_summed_up_in_words(file):
    words = seed("--world", str(file))
    assert "5 members" in words
    assert "bud.city" in words


def test_a_picture_beside_the_file_is_loaded(file, tmp_path):
    described = json.loads(file.read_text())
    described["members"][0]["profile"]["picture"] = "rose.png"
    (tmp_path / "rose.png").write_bytes(demo.face("faces/rose.png", 64))
    file.write_text(json.dumps(described))
    seed("--world", str(file))
    assert Member.objects.get(handle="rose").pictures.count() == 1


def test_a_file_that_does_not_fit_is_refused_with_its_first_problems(file):
    described = json.loads(file.read_text())
    described["blocks"] = [["rose", f"nobody_{number}"] for number in range(25)]
    file.write_text(json.dumps(described))
    keys = MemberKey.objects.count()
    with pytest.raises(CommandError) as refused:
        seed("--world", str(file))
    assert "blocks[0][1]: unknown member 'nobody_0'" in str(refused.value)
    assert "nobody_19" in str(refused.value)
    assert "nobody_20" not in str(refused.value)
    assert "5 more" in str(refused.value)
    assert (Member.objects.count(), MemberKey.objects.count()) == (0, keys)


def test_a_second_world_is_refused(file):
    seed("--world", str(file))
    for arguments in (("--world", str(file)), ()):
        with pytest.raises(CommandError) as refused:
            seed(*arguments)
        assert "There are people here already: 6 accounts, 1 of staff. Nothing was loaded." in str(refused.value)
        for way in ("seed --members N", "VAR_DIR=/somewhere", "delete its databases"):
            assert way in str(refused.value)
    assert Member.objects.count() == 6


def test_a_crowd_is_added_beside_a_world(file):
    seed("--world", str(file))
    summary = json.loads(seed("--members", "30", "--seed", "3", "--json"))
    assert summary == {"crowd": {"members": 30, "first": "/@c3_0/", "last": "/@c3_29/"}}
    assert Member.objects.count() == 36
    with pytest.raises(CommandError, match="choose another seed"):
        seed("--members", "5", "--seed", "3")


@pytest.mark.parametrize("arguments", [("--members", "0"), ("--members", "5", "--seed", "-1"), ("--members", "x")])
def test_impossible_crowds_are_refused(arguments):
    with pytest.raises(CommandError):
        seed(*arguments)


def test_a_world_and_a_crowd_are_not_asked_for_at_once(file):
    with pytest.raises(CommandError, match="not allowed with"):
        seed("--world", str(file), "--members", "5")


@override_settings(PRODUCTION=True)
def test_the_demo_town_does_not_come_to_production():
    with pytest.raises(CommandError, match="not in production"):
        seed()
    assert not Member.objects.exists()


def test_progress_is_told_in_plain_lines():
    stream = io.StringIO()
    told = PlainProgress("Members", 100, stream)
    for _ in range(50):
        told(2)
    assert stream.getvalue().count("Members: ") == 10
    assert "100 of 100" in stream.getvalue()
