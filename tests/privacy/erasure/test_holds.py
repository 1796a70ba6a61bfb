"""What the law forbids to erase is put aside, alone, and goes by itself when it may."""

import itertools
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import housekeeping
from accounts.erasing import erase_due
from accounts.models import EmailChange, Member, Profile
from accounts.roles import assign_roles, sync_roles
from backoffice.approval import NotNow, YourOwnWords
from encryption.keys import DecryptionError, forget_keys, is_destroyed
from encryption.retirement import retire_generations
from encryption.rotation import current_run, re_encrypt
from notifications.delivery import deliver
from privacy import holds
from privacy.erasure import withholding
from privacy.models import Circle, ErasureRequest, LegalHold
from security.models import Event
from tests import factories
from tests.killing import Killed
from tests.privacy.erasure.test_killed import watched

pytestmark = [pytest.mark.django_db(databases=["default", "keystore"]), pytest.mark.promise("D4")]


@pytest.fixture
def staff() -> tuple[Member, Member]:
    sync_roles()
    found = factories.make_member("notary"), factories.make_member("second")
    for each in found:
        assign_roles(each, ["legal"])
    return found


@pytest.fixture
def hold(leaver: Member, staff: Any) -> Any:
    """Have a hold on a leaver in force; return a function that makes one."""

    def hold(*held: str, days: int = 60, **more: Any) -> LegalHold:
        until = timezone.now() + timedelta(days=days)
        usual: dict[str, Any] = {"ground": "court", "reference": "1/26", "secret_until": None}
        asked = holds.ask(leaver, held=held, until=until, by=staff[0], **(usual | more))
        holds.approve(asked, until=until, by=staff[1])
        return LegalHold.objects.get(pk=asked.pk)

    return hold


def erase(start: Any) -> ErasureRequest:
    for turn in range(3):
        with time_machine.travel(start + timedelta(minutes=5 * turn)):
            erase_due(timezone.now())
            deliver()
    return ErasureRequest.objects.get()


def test_what_is_held_alone_stays_readable_and_only_with_the_key_of_its_step(
    leaver: Member, hold: Any, later: Any
) -> None:
    number = leaver.pk
    hold("security.Event")
    request = erase(later())
    assert request.erased_at is not None
    assert request.done_at is None
    assert is_destroyed(number)
    assert not Profile.objects.filter(pk=number, bio__isnull=False).exists()
    assert not Circle.objects.filter(owner=number).exists()
    event = Event.objects.get(member=number, device__isnull=False)
    assert not isinstance(event.device, str)
    step = request.steps.get(name="data:security.Event")
    assert step.state == "held"
    assert withholding.opened(step, Event.objects.get(pk=event.pk), "device") == "Marker device"
    others = request.steps.exclude(state="done").values_list("name", flat=True)
    assert set(others) == {"data:security.Event", "row"}


@pytest.mark.django_db(transaction=True, databases=["default", "keystore"])
@pytest.mark.parametrize("point", range(0, 100, 10))
def test_who_is_killed_meanwhile_loses_nothing_that_is_held(
    point: int, leaver: Member, hold: Any, later: Any, mailoutbox: Any
) -> None:
    hold("security.Event", "accounts.Profile")
    start = later()
    with time_machine.travel(start), watched(point), pytest.raises(Killed):
        erase_due(timezone.now())
    forget_keys()
    request = erase(start + timedelta(minutes=5))
    assert request.erased_at is not None
    left = {"data:security.Event", "data:accounts.Profile", "row"}
    assert set(request.steps.exclude(state="done").values_list("name", flat=True)) == left
    event = Event.objects.get(member=leaver.pk, device__isnull=False)
    profile = Profile.objects.get(pk=leaver.pk)
    for row, name, value in ((event, "device", "Marker device"), (profile, "city", "Alderford")):
        step = withholding.step_of(request, row._meta.label)
        assert step is not None
        assert withholding.opened(step, row, name) == value
    assert profile.city_index is None
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox if "erased" in mail.subject}) == 1


def test_who_hangs_in_a_hold_is_nobody_meanwhile(leaver: Member, hold: Any, later: Any, mailoutbox: Any) -> None:
    hold("security.Event")
    erase(later())
    row = Member.objects.get(pk=leaver.pk)
    assert "gone" not in row.handle
    assert (row.email_index, row.password, row.is_active, row.email_verified_at) == (None, "", False, None)
    assert not isinstance(row.email, str)
    assert Client().get("/@gone/").status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"/@{row.handle}/").status_code == HTTPStatus.NOT_FOUND
    assert [mail.subject for mail in mailoutbox if "erased" in mail.subject] == ["Your account is erased"]
    form = {"email": "gone@example.org", "password": "another-long-one-26", "day": "1", "month": "4", "year": "1990"}
    answer = Client().post("/join/", form | {"handle": "newcomer", "agree": "on"})
    assert answer.status_code == HTTPStatus.FOUND, answer.context["form"].errors
    assert Member.objects.with_email("gone@example.org").get().handle == "newcomer"


@pytest.mark.parametrize("how", ["it ends", "it is lifted"])
def test_when_a_hold_is_over_the_rest_goes_by_itself(
    leaver: Member, hold: Any, later: Any, staff: Any, how: str
) -> None:
    held, start = hold("security.Event"), later()
    step = erase(start).steps.get(name="data:security.Event")
    if how == "it is lifted":
        with time_machine.travel(start + timedelta(hours=1)):
            holds.lift(held, by=staff[0])
    with time_machine.travel(start + timedelta(hours=2 if how == "it is lifted" else 24 * 61)):
        erase_due(timezone.now())
        erase_due(timezone.now() + timedelta(minutes=5))
    request = ErasureRequest.objects.get()
    assert request.done_at is not None
    assert request.member is None
    assert is_destroyed(step.pk)
    assert not Event.objects.filter(pk__in=Event.objects.filter(member=leaver.pk)).exists()
    assert not Member.objects.filter(pk=leaver.pk).exists()
    assert LegalHold.objects.get().member is None


def test_the_account_itself_can_be_held_and_nobody_finds_it(leaver: Member, hold: Any, later: Any) -> None:
    hold("accounts.Member", "accounts.EmailChange")
    request = erase(later())
    row = Member.objects.get(pk=leaver.pk)
    assert (row.handle, row.email_index) == ("gone", None)
    assert not isinstance(row.email, str)
    step = withholding.step_of(request, "accounts.Member")
    assert step is not None
    assert withholding.opened(step, Member.objects.get(pk=leaver.pk), "email") == "gone@example.org"
    change = EmailChange.objects.get()
    step = withholding.step_of(request, "accounts.EmailChange")
    assert step is not None
    assert withholding.opened(step, change, "new") == "new@gone.example"
    assert EmailChange.objects.get().former_index is None
    assert Event.objects.filter(member=leaver.pk).exists(), "what a held row hangs on stays too"


def test_rotating_keys_loses_nothing_that_is_held(leaver: Member, hold: Any, later: Any) -> None:
    hold("security.Event")
    request = erase(later())
    with time_machine.travel(later(days=2)):
        re_encrypt(current_run())
    with time_machine.travel(later(days=3)):
        forget_keys()
        retire_generations(0)
    forget_keys()
    step = request.steps.get(name="data:security.Event")
    event = Event.objects.get(member=leaver.pk, device__isnull=False)
    assert withholding.opened(step, event, "device") == "Marker device"


def test_no_clock_erases_what_is_held(leaver: Member, hold: Any, later: Any) -> None:
    hold("security.Event", days=300)
    request = erase(later())
    with time_machine.travel(later(days=200)):
        housekeeping.purge_expired()
        erase_due(timezone.now())
    step = request.steps.get(name="data:security.Event")
    event = Event.objects.get(member=leaver.pk, device__isnull=False)
    assert withholding.opened(step, event, "device") == "Marker device"
    with time_machine.travel(later(days=301)):
        housekeeping.purge_expired()
    assert not Event.objects.filter(member=leaver.pk).exists()


def test_without_a_hold_nothing_is_put_aside(leaver: Member, staff: Any, later: Any) -> None:
    until = timezone.now() + timedelta(days=60)
    named = {"ground": "court", "reference": "1/26", "held": ["security.Event"], "secret_until": None}
    holds.ask(leaver, until=until, by=staff[0], **named)  # type: ignore[arg-type]
    assert erase(later()).member is None


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_hold_lasts_longer_than_a_year(hold: Any, days: int) -> None:
    with pytest.raises(holds.TooLong):
        hold("security.Event", days=days)


@pytest.mark.parametrize("label", ["accounts.Picture", "security.Session", "privacy.ErasureRequest", "nothing.Here"])
def test_some_things_cannot_be_held(hold: Any, label: str) -> None:
    with pytest.raises(ValueError, match="name models"):
        hold(label)


def test_nobody_approves_what_they_asked_for(leaver: Member, staff: Any) -> None:
    until = timezone.now() + timedelta(days=60)
    named = {"ground": "court", "reference": "1/26", "held": ["security.Event"], "secret_until": None}
    asked = holds.ask(leaver, until=until, by=staff[0], **named)  # type: ignore[arg-type]
    with pytest.raises(YourOwnWords):
        holds.approve(asked, until=until, by=staff[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalHold.objects.update(approved_by=staff[0], approved_at=timezone.now())
    with pytest.raises(NotNow):
        holds.approve(asked, until=until + timedelta(days=1), by=staff[1])
    holds.approve(asked, until=until, by=staff[1])
    with pytest.raises(NotNow):
        holds.approve(asked, until=until, by=staff[1])


def test_a_later_end_takes_a_second_person_again(hold: Any, staff: Any) -> None:
    held = hold("security.Event")
    until = timezone.now() + timedelta(days=300)
    holds.extend(held, until=until, by=staff[1])
    assert LegalHold.objects.get().ends_at == held.ends_at
    with pytest.raises(YourOwnWords):
        holds.approve(held, until=until, by=staff[1])
    holds.approve(held, until=until, by=staff[0])
    assert LegalHold.objects.get().ends_at == until


def test_a_hold_on_what_is_unreadable_comes_too_late(leaver: Member, staff: Any, later: Any, monkeypatch: Any) -> None:
    from privacy.erasure import rows

    def fails(label: str, number: int) -> int:
        raise OSError

    monkeypatch.setattr(rows, "remove", fails)
    until = later() + timedelta(days=60)
    named = {"ground": "court", "reference": "1/26", "held": ["security.Event"], "secret_until": None}
    asked = holds.ask(leaver, until=until, by=staff[0], **named)  # type: ignore[arg-type]
    erase(later())
    with pytest.raises(holds.TooLate):
        holds.approve(asked, until=until, by=staff[1])


def test_what_is_held_is_opened_by_no_other_key(leaver: Member, hold: Any, later: Any) -> None:
    hold("security.Event")
    request = erase(later())
    event = Event.objects.get(member=leaver.pk, device__isnull=False)
    for step in itertools.islice(request.steps.exclude(name="data:security.Event"), 5):
        with pytest.raises(DecryptionError):
            withholding.opened(step, event, "device")


@pytest.mark.promise("I3")
@pytest.mark.parametrize("is_secret", [True, False])
def test_the_member_is_told_unless_the_law_forbids(
    leaver: Member, hold: Any, later: Any, mailoutbox: Any, is_secret: bool
) -> None:
    hold("security.Event", secret_until=timezone.now() + timedelta(days=50) if is_secret else None)
    Member.objects.filter(pk=leaver.pk).update(cancelled_at=None)
    page = hers(Member.objects.get(pk=leaver.pk)).get("/settings/cancel/").content.decode()
    assert "What stays, and why" in page
    assert ("The law forbids us" in page) is not is_secret
    erase(later())
    [letter] = [mail for mail in mailoutbox if "erased" in mail.subject]
    assert ("order of a court" in letter.body) is not is_secret
    assert "can forbid us to say so" in letter.body
    assert ("security events" in letter.body) is not is_secret


def hers(member: Member) -> Client:
    return factories.sign_in(Client(), member, verified=True)


# --- in the back office -------------------------------------------------------------------------------------------
def test_one_asks_another_approves_and_everything_is_written_down(leaver: Member, staff: Any) -> None:
    one, other = (factories.sign_in_freshly(each) for each in staff)
    day = timezone.localdate() + timedelta(days=30)
    form = {"member": "@Gone", "ground": "court", "reference": "1/26", "held": ["security.Event"], "until": str(day)}
    answer = one.post("/admin/privacy/legalhold/add/", form)
    assert answer.status_code == HTTPStatus.FOUND, answer.context["form"].errors
    asked = LegalHold.objects.get()
    where, seen = f"/admin/privacy/legalhold/{asked.pk}/", {"act": "approve", "seen": asked.asked_end.isoformat()}
    assert "Approve it until" not in one.get(f"{where}change/").content.decode()
    one.post(f"{where}act/", seen)
    assert LegalHold.objects.get().approved_by is None
    assert "Approve it until" in other.get(f"{where}change/").content.decode()
    other.post(f"{where}act/", seen)
    assert LegalHold.objects.get().approved_by == staff[1]
    later_day = timezone.localdate() + timedelta(days=90)
    assert one.post(f"{where}extend/", {"until": str(later_day)}).status_code == HTTPStatus.FOUND
    one.post(f"{where}act/", {"act": "lift"})
    assert LegalHold.objects.get().lifted_by == staff[0]
    said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert said == ["asked for", "approve", "later end asked for", "lift"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"member": "nobody-here"}, "Nobody here has this handle"),
        ({"until": "2020-01-01"}, "Choose a day from today on"),
        ({"until": "2099-01-01"}, "Choose a day from today on"),
        ({"held": ["accounts.Picture"]}, "Select a valid choice"),
        ({"held": []}, "Name what is to be held"),
        ({"reference": "Gone, her name"}, "A file number"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(leaver: Member, staff: Any, wrong: dict[str, Any], words: str) -> None:
    form = {"member": "gone", "ground": "court", "reference": "1/26", "held": ["security.Event"]}
    form |= {"until": str(timezone.localdate() + timedelta(days=30))} | wrong
    page = factories.sign_in_freshly(staff[0]).post("/admin/privacy/legalhold/add/", form)
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in page.content.decode()
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees"), [("privacy_officer", True), ("support", False), ("safety", False), ("auditor", False)]
)
def test_other_roles_change_nothing_about_a_hold(leaver: Member, hold: Any, role: str, sees: bool) -> None:
    held = hold("security.Event")
    other = factories.make_member("other")
    assign_roles(other, [role])
    client = factories.sign_in_freshly(other)
    where = f"/admin/privacy/legalhold/{held.pk}/"
    assert (client.get(f"{where}change/").status_code == HTTPStatus.OK) is sees
    assert client.post(f"{where}act/", {"act": "lift"}).status_code == HTTPStatus.FORBIDDEN
    assert client.get("/admin/privacy/legalhold/add/").status_code == HTTPStatus.FORBIDDEN
    assert LegalHold.objects.get().lifted_at is None
