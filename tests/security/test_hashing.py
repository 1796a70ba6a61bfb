"""How passwords are kept: what a hash costs, and how an old one is renewed."""

import json
from io import StringIO

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Member
from security import hashing
from security.hashing import Argon2idHasher
from security.sessions import SessionStore
from tests import factories

pytestmark = pytest.mark.django_db
OURS = "security.hashing.Argon2idHasher"
PRIVATE = "/settings/privacy/"


@pytest.fixture(autouse=True)
def _real_hashes(settings):
    """Keep passwords as a site does, with as little cost as Argon2 takes."""
    settings.PASSWORD_HASHERS = [OURS]
    settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB = 2, 32


def kept():
    return identify_hasher(Member.objects.get().password).decode(Member.objects.get().password)


def cost():
    return kept()["time_cost"], kept()["memory_cost"]


def sign_in(browser=None, password=factories.PASSWORD):
    return (browser or Client()).post("/sign-in/", {"email": "rose@example.org", "password": password})


@pytest.mark.promise("K2")
def test_a_hash_of_another_cost_is_renewed_when_its_member_signs_in(settings):
    factories.make_member("rose")
    assert cost() == (2, 32)
    settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB = 3, 64
    sign_in(password="not the password")
    assert cost() == (2, 32)
    assert sign_in().status_code == 302
    assert cost() == (3, 64)
    before = Member.objects.get().password
    assert sign_in().status_code == 302
    assert Member.objects.get().password == before


def test_a_hash_of_another_kind_is_renewed_too(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    factories.make_member("rose")
    settings.PASSWORD_HASHERS = [OURS, "django.contrib.auth.hashers.MD5PasswordHasher"]
    assert sign_in().status_code == 302
    assert cost() == (2, 32)


@pytest.mark.promise("N2")
def test_who_is_signed_in_elsewhere_stays_so_when_the_hash_is_renewed(settings):
    factories.make_member("rose")
    elsewhere = Client()
    sign_in(elsewhere)
    settings.ARGON2_TIME_COST = 3
    assert sign_in().status_code == 302
    assert cost() == (3, 32)
    assert elsewhere.get(PRIVATE).status_code == 200


def test_a_session_that_is_nobodys_is_left_alone_when_the_hash_is_renewed(settings):
    rose = factories.make_member("rose")
    visited = SessionStore()
    visited["visited"] = True
    visited.save()
    sign_in()
    settings.ARGON2_TIME_COST = 3
    sign_in()
    assert dict(SessionStore(visited.session_key).items()) == {"visited": True}
    assert rose.check_password(factories.PASSWORD)


def test_typing_the_password_again_renews_nothing_under_the_session_that_asks(settings):
    factories.make_member("rose")
    browser = Client()
    sign_in(browser)
    settings.ARGON2_TIME_COST = 3
    browser.post("/password/change/", {"current_password": factories.PASSWORD, "new_password": "short"})
    assert cost() == (2, 32)
    assert browser.get(PRIVATE).status_code == 200


@pytest.fixture
def work(monkeypatch):
    """Count passes times memory of everything that Argon2 is asked to do."""
    done, low_level = [], hashing.low_level

    def counted(*args, **options):
        passes, memory = options.get("time_cost", args[2]), options.get("memory_cost", args[3])
        done.append(passes * memory)
        return raw(*args, **options)

    raw = low_level.hash_secret_raw
    monkeypatch.setattr(low_level, "hash_secret_raw", counted)
    encode, verify = Argon2idHasher.encode, Argon2idHasher.verify

    def encoding(self, *args):
        done.append(self.time_cost * self.memory_cost)
        return encode(self, *args)

    def verifying(self, password, encoded):
        parts = self.decode(encoded)
        done.append(parts["time_cost"] * parts["memory_cost"])
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2idHasher, "encode", encoding)
    monkeypatch.setattr(Argon2idHasher, "verify", verifying)
    return done


@pytest.mark.promise("E6")
@pytest.mark.promise("N1")
@pytest.mark.parametrize(("passes", "memory"), [(2, 32), (3, 32), (2, 64), (3, 48), (5, 96)])
def test_a_wrong_password_costs_the_same_for_an_old_hash_and_for_nobody(settings, work, passes, memory):
    factories.make_member("rose")
    settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB = passes, memory
    work.clear()
    sign_in(password="not the password")
    known, work[:] = sum(work), []
    Client().post("/sign-in/", {"email": "nobody@example.org", "password": "not the password"})
    assert known == sum(work) == passes * memory


def test_a_password_is_the_same_however_a_keyboard_composes_it():
    composed, decomposed, wide = "Igel \u00fcberm Zaun", "Igel u\u0308berm Zaun", "\uff29gel \u00fcberm Zaun"
    encoded = make_password(composed)
    hasher = Argon2idHasher()
    assert [hasher.verify(each, encoded) for each in (composed, decomposed, wide)] == [True] * 3
    assert not hasher.verify("Igel uberm Zaun", encoded)


def calibrate(*options):
    out = StringIO()
    call_command("calibrate_passwords", *options, stdout=out)
    return out.getvalue()


def test_a_machine_is_measured_and_told_what_to_set(monkeypatch):
    monkeypatch.setattr("security.management.commands.calibrate_passwords.EVEN_SECONDS", 0.5)
    monkeypatch.setattr(
        "security.management.commands.calibrate_passwords.measure", lambda passes, memory: passes * memory / 1e6
    )
    found = json.loads(calibrate("--json"))
    assert found == {
        "ARGON2_TIME_COST": 3,
        "ARGON2_MEMORY_KIB": 65536,
        "milliseconds": 197,
        "milliseconds_now": 0,
        "reached": True,
    }
    assert "ARGON2_TIME_COST=1\nARGON2_MEMORY_KIB=131072" in calibrate("--memory", "128")


@pytest.mark.parametrize(
    ("options", "passes", "said"),
    [
        (("--milliseconds", "60"), 1, "60 ms cannot be reached with 64 MiB: 1 pass is the least that is safe."),
        (("--milliseconds", "60"), 1, "It would take less memory: --memory 58."),
        (("--milliseconds", "44"), 1, "It would take less memory: --memory 21."),  # with two passes
        (("--milliseconds", "30"), 1, "a quicker machine, or an aim of 39 ms with --memory 19."),
        (("--milliseconds", "30", "--memory", "30"), 2, "30 ms cannot be reached with 30 MiB: 2 passes"),
        (("--milliseconds", "70"), 1, None),
    ],
)
def test_an_aim_that_cannot_be_reached_is_told_with_what_it_would_take(monkeypatch, options, passes, said):
    monkeypatch.setattr("security.management.commands.calibrate_passwords.EVEN_SECONDS", 0.5)
    monkeypatch.setattr(
        "security.management.commands.calibrate_passwords.measure", lambda passes, memory: passes * memory / 1e6
    )
    told = calibrate(*options)
    assert f"ARGON2_TIME_COST={passes}\n" in told
    assert (said in told) if said else ("cannot be reached" not in told)
    assert json.loads(calibrate(*options, "--json"))["reached"] is (said is None)


@pytest.mark.parametrize("options", [("--memory", "18"), ("--milliseconds", "500"), ("--milliseconds", "0")])
def test_what_would_not_be_safe_is_refused(monkeypatch, options):
    monkeypatch.setattr("security.management.commands.calibrate_passwords.EVEN_SECONDS", 0.5)
    with pytest.raises(CommandError):
        calibrate(*options)


def test_measuring_takes_time(monkeypatch):
    monkeypatch.setattr("security.management.commands.calibrate_passwords.EVEN_SECONDS", 0.5)
    assert json.loads(calibrate("--json", "--memory", "19", "--milliseconds", "30"))["milliseconds"] > 0
