"""Erasing by steps: unreadable first, whatever fails is shown and tried again, and a certificate says what was done."""

import base64
import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.apps import apps
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from hypothesis import given, strategies as st

from accounts.cancelling import Observation, keep
from accounts.erasing import erase_due
from accounts.models import Member, ReservedHandle
from accounts.roles import assign_roles, sync_roles
from catalogue import registry
from catalogue.registry import Registry
from encryption.keys import is_destroyed
from notifications.delivery import deliver
from notifications.models import Notification, Suppression
from notifications.suppression import suppress
from privacy import erasure
from privacy.erasure import certificate, plan, recalling, rows, steps
from privacy.models import ErasureRequest, ErasureStep
from security.last_use import touch
from security.models import Session, SignIn
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keystore"]), pytest.mark.promise("D2")]


def erase(start: Any, *, turns: int = 3) -> ErasureRequest:
    for turn in range(turns):
        with time_machine.travel(start + timedelta(minutes=5 * turn)):
            erase_due(timezone.now())
            deliver()
    return ErasureRequest.objects.get()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have one model fail to be erased, until told otherwise."""
    whole = rows.remove

    def fails(label: str, number: int) -> int:
        if label == "privacy.Circle":
            raise OSError("marker")
        return whole(label, number)

    monkeypatch.setattr(rows, "remove", fails)
    return lambda: monkeypatch.setattr(rows, "remove", whole)


# --- the order ----------------------------------------------------------------------------------------------------
def test_rows_go_before_what_they_hang_on() -> None:
    order = rows.order()
    assert len(order) == len(set(order))
    assert order[-1] == "accounts.Member"
    for place, label in enumerate(order):
        for field in apps.get_model(label)._meta.concrete_fields:
            above: Any = field.related_model
            if isinstance(above, type) and issubclass(above, Model) and above._meta.label in order[:place]:
                assert above._meta.label == label


def test_who_is_erased_is_unreadable_before_any_row_is_touched(leaver: Member, later: Any, monkeypatch: Any) -> None:
    def looks(label: str, number: int) -> int:
        assert is_destroyed(leaver.pk)
        raise OSError

    monkeypatch.setattr(rows, "remove", looks)
    request = erase(later(), turns=1)
    assert request.erased_at is None
    assert set(request.steps.filter(stage__lt=plan.STORES).values_list("state", flat=True)) == {"done"}
    assert set(request.steps.filter(stage=plan.ROWS).values_list("state", flat=True)) == {"failed", "done"}
    assert set(request.steps.filter(stage__gt=plan.ROWS).values_list("state", flat=True)) == {"waiting"}


def test_every_declared_model_has_a_step(leaver: Member, later: Any) -> None:
    planned = {name for _phase, _stage, name in plan.planned()}
    for data in registry.personal_data():
        if data.subjects and data.model not in (*plan.KEPT, "accounts.Member"):
            assert f"data:{data.model}" in planned
    assert {"store:uploads", "part:identity", "row"} <= planned


@pytest.mark.promise("D1")
def test_within_the_grace_nothing_is_done_and_the_account_can_be_kept(leaver: Member) -> None:
    assert erase_due(timezone.now() + timedelta(days=13)) == 0
    assert not ErasureStep.objects.exists()
    assert keep(leaver, seen=Observation())
    assert erase_due(timezone.now() + timedelta(days=15)) == 0
    assert not ErasureStep.objects.exists()


def test_sessions_caches_and_addresses_that_take_nothing_are_forgotten(leaver: Member, later: Any) -> None:
    sign_in = SignIn.objects.create(member=leaver)
    touch(sign_in.pk)
    Session.objects.create(session_key="x", session_data="", expire_date=later(days=9), member=leaver)
    suppress("gone@example.org", Suppression.Reason.COMPLAINED)
    assert cache.get(f"seen:{sign_in.pk}")
    erase(later(), turns=1)
    assert cache.get(f"seen:{sign_in.pk}") is None
    assert not Session.objects.exists()
    assert not Suppression.objects.exists()


# --- what fails ---------------------------------------------------------------------------------------------------
def test_a_step_that_fails_is_shown_to_staff_who_have_it_tried_again(leaver: Member, later: Any, failing: Any) -> None:
    sync_roles()
    officer, start = factories.make_member("officer"), later()
    assign_roles(officer, ["privacy_officer"])
    request = erase(start)
    step = request.steps.get(name="data:privacy.Circle")
    assert (step.state, step.error, step.attempts) == ("failed", "OSError", 3)
    failing()
    with time_machine.travel(start + timedelta(minutes=11)):
        client = factories.sign_in_freshly(officer)
        where = f"/admin/privacy/erasurerequest/{request.pk}/"
        listed = client.get("/admin/privacy/erasurerequest/", {"stands": "stuck"}).content.decode()
        assert "something is in the way" in listed
        page = client.get(f"{where}change/").content.decode()
        assert "data:privacy.Circle" in page
        assert "OSError" in page
        assert "marker" not in page
        assert erase_due(timezone.now()) == 0, "it waits longer each time"
        assert client.post(f"{where}retry/").status_code == HTTPStatus.FOUND
        assert erase_due(timezone.now()) == 1
    erase(start + timedelta(hours=1))
    page = factories.sign_in_freshly(officer).get(f"{where}change/").content.decode()
    assert "Everything is done" in page
    assert "@gone" not in page


@pytest.mark.parametrize("role", ["support", "legal"])
def test_others_see_how_far_it_has_come_and_press_nothing(leaver: Member, later: Any, failing: Any, role: str) -> None:
    sync_roles()
    other = factories.make_member("other")
    assign_roles(other, [role])
    request = erase(later())
    where = f"/admin/privacy/erasurerequest/{request.pk}/"
    client = factories.sign_in_freshly(other)
    assert "Try again" not in client.get(f"{where}change/").content.decode()
    assert client.post(f"{where}retry/").status_code == HTTPStatus.FORBIDDEN


# --- recipients ---------------------------------------------------------------------------------------------------
class Partner:
    """A recipient that is told, and answers as it likes."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.answer: bool | Exception = True

    def __call__(self, reference: str) -> bool:
        self.told.append(reference)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Register a recipient, beside everything that is declared, for one test."""
    here, fresh = registry.current(), Registry(*registry.personal_data())
    for store in here.stores():
        fresh.register_store(store)
    found = Partner()

    def tell_partner(reference: str) -> bool:
        return found(reference)

    fresh.register_recall(tell_partner)
    with registry.isolated(fresh):
        yield found


RECALL = "recall:tests.privacy.erasure.test_machine.tell_partner"


@pytest.mark.promise("D3")
def test_recipients_are_told_by_a_pseudonym_once(leaver: Member, later: Any, partner: Partner) -> None:
    reference = recalling.reference_of(leaver.pk)
    request = erase(later())
    assert partner.told == [reference]
    assert str(leaver.pk) not in reference
    assert request.done_at is not None
    assert request.steps.get(name=RECALL).reference == ""


@pytest.mark.promise("D3")
@pytest.mark.parametrize("answer", [False, OSError("marker")])
def test_who_does_not_answer_holds_up_nothing_is_asked_daily_and_shown_after_a_week(
    leaver: Member, later: Any, partner: Partner, answer: Any
) -> None:
    start, partner.answer = later(), answer
    request = erase(start)
    assert request.member is None
    assert request.done_at is None
    for day in range(1, 8):
        with time_machine.travel(start + timedelta(days=day, minutes=day)):
            erase_due(timezone.now())
            erase_due(timezone.now())
        step = request.steps.get(name=RECALL)
        assert (len(partner.told), step.state == "escalated") == (day + 1, day == 7)
    partner.answer = True
    with time_machine.travel(start + timedelta(days=9)):
        erase_due(timezone.now())
    request.refresh_from_db()
    assert request.done_at is not None


# --- without grace, and again -------------------------------------------------------------------------------------
@pytest.mark.promise("M3")
@pytest.mark.parametrize("has_cancelled", [True, False])
def test_a_childs_account_goes_at_once_and_no_link_brings_it_back(
    leaver: Member, mailoutbox: Any, has_cancelled: bool
) -> None:
    warden = factories.make_member("warden")
    child = leaver if has_cancelled else factories.make_member("bud", email="bud@example.org")
    request = erasure.erase_now(child, by=warden, because="case 7")
    child.refresh_from_db()
    assert child.cancelled_at is not None
    assert not keep(child, seen=Observation())
    assert (request.origin, request.asked_by, request.because) == ("child", warden, "case 7")
    assert erase_due(timezone.now()) == 1
    assert not Member.objects.filter(pk=child.pk).exists()
    [letter] = [mail for mail in mailoutbox if "erased" in mail.subject]
    assert "too young" in letter.body
    with pytest.raises(ValueError, match="a word"):
        erasure.erase_now(warden, by=warden, because="x" * 61)


@pytest.mark.promise("D5")
def test_who_was_erased_before_is_erased_again_and_told_nothing(leaver: Member, mailoutbox: Any) -> None:
    ErasureRequest.objects.all().delete()
    mailoutbox.clear()
    erasure.erase_again(leaver.pk)
    assert erase_due(timezone.now()) == 1
    deliver()
    assert not mailoutbox
    assert not Member.objects.filter(pk=leaver.pk).exists()
    assert ReservedHandle.objects.count() == 1


# --- the certificate ----------------------------------------------------------------------------------------------
@pytest.fixture
def letter(leaver: Member, later: Any, mailoutbox: Any) -> Any:
    erase(later())
    [found] = [mail for mail in mailoutbox if "erased" in mail.subject]
    return found


def test_the_certificate_says_what_was_erased_when_and_what_stays(letter: Any) -> None:
    [(name, text, kind)] = letter.attachments
    assert (name, kind) == ("certificate-of-erasure.json", "application/json")
    said = certificate.read(text)
    assert said is not None
    counted = {each["model"]: each["rows"] for each in said["erased"]}
    assert counted["accounts.Member"] == counted["accounts.Profile"] == 1
    assert counted["accounts.Friendship"] == 2
    assert counted["privacy.Circle"] == 1
    assert "accounts.Mute" not in counted
    assert {"accounts.ReservedHandle", "privacy.ErasureRequest"} <= {each["model"] for each in said["kept"]}
    assert 30 in {each["days"] for each in said["fading"]}
    assert said["unreadable_since"] <= said["certified_at"]
    for word in ("profiles: 1", "so that nobody is mistaken", "Check", said["number"]):
        assert word in letter.body or word in letter.alternatives[0][0]
    assert not any(word in text for word in ("gone", "@", "Alderford", "Rose"))


def test_nothing_is_left_of_the_address_once_the_letter_has_left(letter: Any) -> None:
    row = Notification.objects.get(sealed_by__isnull=False)
    assert (row.address, row.parameters, row.state) == (None, None, "sent")
    assert is_destroyed(row.sealed_by)


def test_a_stranger_checks_it_with_the_public_key_alone(letter: Any) -> None:
    key: Any = load_pem_public_key(Client().get("/erasure/key.pem").content)
    document = json.loads(letter.attachments[0][1])
    signed = json.dumps(document["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = base64.b64decode(document["signature"])
    key.verify(signature, b"hedgerow certificate of erasure 1\n" + signed)
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"hedgerow certificate of erasure 1\n" + signed.replace(b"1", b"2", 1))


def test_the_page_and_the_command_tell_ours_from_others(letter: Any, tmp_path: Any, capsys: Any) -> None:
    text = letter.attachments[0][1]
    page = Client().post("/erasure/verify/", {"certificate": text})
    assert page.status_code == HTTPStatus.OK
    assert "This certificate is ours" in page.content.decode()
    forged = text.replace('"rows": 1', '"rows": 9', 1)
    for wrong, words in (
        (forged, "not ours"),
        ("{}", "not written"),
        ("[", "not written"),
        ('{"statement": 1}', "not"),
    ):
        page = Client().post("/erasure/verify/", {"certificate": wrong})
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert words in page.content.decode()
        (tmp_path / "wrong").write_text(wrong)
        with pytest.raises(CommandError):
            call_command("verify_certificate", str(tmp_path / "wrong"))
    (tmp_path / "file").write_text(text)
    call_command("verify_certificate", str(tmp_path / "file"))
    assert capsys.readouterr().out.split("\n")[:2] == ["The signature is ours.", "It was issued."]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_what_nobody_signed_is_never_ours(said: Any) -> None:
    text = json.dumps({"statement": {"it": said}, "signature": base64.b64encode(bytes(64)).decode()})
    try:
        assert certificate.read(text) is None
    except certificate.NotACertificate:
        assert "\\ud" in text, "only what no text can hold"


def test_a_letter_that_cannot_be_sent_holds_nothing_for_longer_than_a_day(
    leaver: Member, later: Any, monkeypatch: Any
) -> None:
    from notifications.channels.email import Mailbag
    from notifications.outcomes import Outcome, Result

    monkeypatch.setattr(Mailbag, "send", lambda _bag, _message: Outcome(Result.LATER, "421"))
    start = later()
    request = erase(start)
    assert request.erased_at is not None
    assert request.done_at is None
    for hours in (23, 25, 27):
        with time_machine.travel(start + timedelta(hours=hours)):
            deliver()
            erase_due(timezone.now())
    request.refresh_from_db()
    assert request.done_at is not None
    row = Notification.objects.get(sealed_by=request.pk)
    assert (row.address, row.parameters, row.state) == (None, None, "failed")


def test_what_each_step_is_called_is_known_to_the_machine() -> None:
    assert {name.partition(":")[0] for _phase, _stage, name in plan.planned()} <= set(steps.STEPS)
