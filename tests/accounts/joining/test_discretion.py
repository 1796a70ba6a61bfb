"""Nobody learns by joining who is here already."""

import time
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone

from accounts import housekeeping, registration
from accounts.models import Member, ReservedHandle
from security import discretion

from . import TODAY, seen_of

pytestmark = pytest.mark.django_db


@pytest.mark.promise("E6")
def test_a_known_address_gets_the_very_same_answer(join, fern):
    unknown = join(handle="rose", email="rose@example.org")
    known = join(handle="moss", email="Fern@Example.org")
    assert seen_of(known) == seen_of(unknown)
    assert seen_of(Client().get(known["Location"])) == seen_of(Client().get(unknown["Location"]))
    assert not Member.objects.filter(handle="moss").exists()


@pytest.mark.promise("E6")
def test_only_the_mail_tells_that_there_is_an_account(join, fern, mailoutbox):
    join(handle="rose", email="rose@example.org")
    join(handle="moss", email="fern@example.org")
    new, known = mailoutbox
    assert (new.to, known.to) == (["rose@example.org"], ["fern@example.org"])
    assert "/join/confirm/" in new.body
    assert "You have an account already" in known.body
    assert "/join/confirm/" not in known.body


@pytest.mark.promise("E6")
def test_a_handle_asked_for_with_a_known_address_looks_taken_as_long_as_another_would(join, fern):
    with time_machine.travel(TODAY, tick=False):
        join(handle="moss", email="fern@example.org")  # known
        join(handle="rose", email="rose@example.org")  # unknown
    for days in (0, 3, 6.99, 7.01):
        with time_machine.travel(TODAY + timedelta(days=days), tick=False):
            answers = {join(handle=name, email=f"x{days}@example.org", agree=None).content for name in ("moss", "rose")}
        taken = [b"That handle is taken" in answer for answer in answers]
        assert taken == [True] * len(answers)
    with time_machine.travel(TODAY + timedelta(days=7, minutes=17), tick=False):
        housekeeping.purge_expired()
        assert [registration.may_be_taken(name) for name in ("moss", "rose")] == [True, True]


def test_a_reserved_handle_lies_here_as_a_keyed_digest_only(join, fern):
    join(handle="moss", email="fern@example.org")
    reserved = ReservedHandle.objects.get()
    assert bytes(reserved.digest) == registration.handle_digest("moss")
    assert len(bytes(reserved.digest)) == 32
    assert timedelta(days=6, hours=23) < reserved.until - timezone.now() <= timedelta(days=7)


def test_a_handle_kept_back_for_good_stays_taken(join):
    ReservedHandle.objects.create(digest=registration.handle_digest("rose"), until=None)
    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        housekeeping.purge_expired()
        assert "That handle is taken" in join().content.decode()


@pytest.mark.promise("E6")
def test_known_or_unknown_an_address_costs_one_hash(join, fern, monkeypatch):
    hashes = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashes.append(1) or encode(self, *args))
    join(handle="rose", email="rose@example.org")
    unknown = len(hashes)
    join(handle="moss", email="fern@example.org")
    assert (unknown, len(hashes) - unknown) == (1, 1)


@pytest.mark.promise("E6")
@pytest.mark.parametrize("email", ["rose@example.org", "fern@example.org"])
def test_known_or_unknown_an_address_takes_as_long(join, fern, email, monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0.2)
    begun = time.perf_counter()
    assert join(email=email).status_code == HTTPStatus.FOUND
    assert time.perf_counter() - begun >= 0.2


def test_who_loses_the_race_for_an_address_is_answered_like_everybody(join, fern, mailoutbox, monkeypatch):
    """Two join with one address at the same moment: the second meets the unique index."""
    look_up = type(Member.objects.all()).with_email
    calls = []

    def blind_at_first(rows, email):
        calls.append(email)
        return rows.none() if len(calls) == 1 else look_up(rows, email)

    monkeypatch.setattr(type(Member.objects.all()), "with_email", blind_at_first)
    answer = join(handle="moss", email="fern@example.org")
    assert answer["Location"] == "/join/sent/"
    assert "You have an account already" in mailoutbox[0].body
    assert not registration.may_be_taken("moss")


def test_who_loses_the_race_for_a_handle_is_told_that_it_is_taken(join, fern, monkeypatch):
    monkeypatch.setattr("accounts.forms.joining.may_be_taken", lambda handle: True)
    answers = iter([True, False])
    monkeypatch.setattr("accounts.registration.may_be_taken", lambda handle: next(answers))
    answer = join(handle="fern", email="moss@example.org")
    assert "That handle is taken" in answer.content.decode()
