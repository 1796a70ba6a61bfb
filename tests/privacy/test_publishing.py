"""A version of the policy takes two people, is frozen, told to everybody once, and can be withdrawn before its day."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import assign_roles
from backoffice.approval import Changed, NotNow, YourOwnWords
from catalogue.data_map import data_map
from catalogue.fingerprint import fingerprint
from notifications import gathering
from notifications.delivery import deliver
from notifications.gathering import advance
from notifications.models import Campaign, Notification, Stage
from privacy.apps import _furnish
from privacy.models import PolicyStage, PolicyVersion
from privacy.policy import policy_in_force, publishing
from tests import factories
from tests.killing import Killed

pytestmark = [pytest.mark.django_db, pytest.mark.promise("I1"), pytest.mark.promise("F1")]
IN_A_MONTH = timedelta(days=30)


def draft(number="2", **more):
    words = {
        "body": "## a. Why\n\nBecause.",
        "summary": "We ask for less.",
        "effective_at": timezone.now() + IN_A_MONTH,
    }
    return PolicyVersion(number=number, **(words | more))


@pytest.fixture
def author():
    return factories.make_member("author", is_staff=True)


@pytest.fixture
def second():
    return factories.make_member("second", is_staff=True)


@pytest.fixture
def publish(author, second):
    """Return what writes a version and publishes it."""

    def publish(number="2", **more):
        version = draft(number, **more)
        publishing.write(version, by=author)
        publishing.finish(version)
        publishing.publish(version, version.seal_of_content, by=second)
        return again(version)

    return publish


def again(version):
    return PolicyVersion.objects.get(pk=version.pk)


def tell():
    while advance(timezone.now()):
        pass
    deliver()


# --- two people ---------------------------------------------------------------------------------------------------
def test_nobody_publishes_what_they_had_a_hand_in(author, second):
    third = factories.make_member("third", is_staff=True)
    version = draft()
    publishing.write(version, by=author)
    version.body += "\n\nMore."
    publishing.write(version, by=second)
    publishing.finish(version)
    for writer in (author, second):
        with pytest.raises(YourOwnWords):
            publishing.publish(version, version.seal_of_content, by=writer)
    publishing.publish(version, version.seal_of_content, by=third)
    assert again(version).stage == PolicyStage.PUBLISHED


def test_what_was_changed_after_it_was_seen_is_not_published(author, second):
    version = draft()
    publishing.write(version, by=author)
    seen = version.seal_of_content
    version.body = "## a. Why\n\nFor money."
    publishing.write(version, by=author)
    publishing.finish(version)
    with pytest.raises(Changed):
        publishing.publish(version, seen, by=second)
    assert again(version).stage == PolicyStage.ASKED


@pytest.mark.parametrize("name", ["body", "summary", "number", "mode", "effective_at"])
def test_every_change_has_to_be_approved_anew(author, second, name):
    version = draft()
    publishing.write(version, by=author)
    publishing.finish(version)
    changed = {"mode": "ask", "effective_at": version.effective_at + timedelta(days=1)}
    setattr(version, name, changed.get(name, "9"))
    publishing.write(version, by=author)
    assert again(version).stage == PolicyStage.DRAFT
    with pytest.raises(NotNow):
        publishing.publish(version, version.seal_of_content, by=second)


def test_saving_without_a_change_makes_nobody_an_author(author, second):
    version = draft()
    publishing.write(version, by=author)
    publishing.finish(version)
    publishing.write(again(version), by=second)
    publishing.publish(version, version.seal_of_content, by=second)
    assert again(version).approved_by == second


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(0), publishing.AHEAD - timedelta(seconds=1)])
def test_a_day_that_comes_before_everybody_knows_is_refused(author, second, ahead):
    version = draft(effective_at=timezone.now() + ahead)
    publishing.write(version, by=author)
    publishing.finish(version)
    with pytest.raises(publishing.TooSoon):
        publishing.publish(version, version.seal_of_content, by=second)


def test_the_database_lets_nobody_publish_alone(author, second):
    version = draft()
    publishing.write(version, by=author)
    version.freeze()
    mine = {name: getattr(version, name) for name in ("stage", "published_at", "data_table", "digest")}
    for approver in (None, author.pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyVersion.objects.filter(pk=version.pk).update(**mine, approved_by=approver)
    version.writers.add(second)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**mine, approved_by=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion(number="3", body="", effective_at=timezone.now(), **mine).save()


# --- frozen -------------------------------------------------------------------------------------------------------
def test_what_is_published_is_frozen_with_what_the_catalogue_says(publish):
    version = publish()
    assert version.data_table == data_map()
    assert version.catalogue_fingerprint == fingerprint()
    assert len(bytes.fromhex(version.digest)) == hashlib.sha256().digest_size
    before = PolicyVersion.objects.values().get(pk=version.pk)
    for name, value in (
        ("body", "Anything goes."),
        ("effective_at", timezone.now()),
        ("approved_by", version.written_by),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyVersion.objects.filter(pk=version.pk).update(**{name: value})
    with pytest.raises(NotNow):
        publishing.write(version, by=version.written_by)
    assert PolicyVersion.objects.values().get(pk=version.pk) == before


def test_migrating_warns_when_something_else_is_declared_by_now(caplog, monkeypatch):
    _furnish("default")
    assert not caplog.records
    monkeypatch.setattr("privacy.policy.versions.fingerprint", lambda: "another")
    _furnish("default")
    assert "publish a new version" in caplog.text


def test_authors_can_leave_and_the_version_stays(publish, author, second):
    version = publish()
    author.delete()
    second.delete()
    assert (again(version).written_by, again(version).approved_by, again(version).body) == (None, None, version.body)


def test_it_is_in_force_from_its_day_on_and_readable_before(publish):
    version, page = publish(), reverse("privacy:policy-version", args=["2"])
    assert policy_in_force().number == "1"
    assert "in force from" in Client().get(page).content.decode()
    with time_machine.travel(version.effective_at - timedelta(seconds=1), tick=False):
        assert policy_in_force().number == "1"
    with time_machine.travel(version.effective_at, tick=False):
        assert policy_in_force().number == "2"
        assert "in force since" in Client().get(page).content.decode()


@pytest.mark.parametrize("stage", [PolicyStage.DRAFT, PolicyStage.ASKED, PolicyStage.WITHDRAWN])
def test_nobody_outside_reads_what_is_not_published(publish, author, stage):
    if stage == PolicyStage.WITHDRAWN:
        publishing.withdraw(publish())
    else:
        version = draft()
        publishing.write(version, by=author)
        PolicyVersion.objects.filter(pk=version.pk).update(stage=stage)
    with time_machine.travel(timezone.now() + 2 * IN_A_MONTH):
        for address in ("/policy/versions/2/", "/policy/versions/", "/policy/"):
            page = Client().get(address)
            assert page.status_code == (404 if address == "/policy/versions/2/" else 200)
            assert "Because." not in page.content.decode()
        assert policy_in_force().number == "1"


# --- told ---------------------------------------------------------------------------------------------------------
def test_everybody_is_told_once_what_changes_and_when(publish, mailoutbox, author, second):
    told = [*(factories.make_member(f"member{number}") for number in range(5)), author, second]
    publish(mode="ask")
    tell()
    tell()
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(member.email for member in told)
    text = mailoutbox[0].body
    assert "We ask for less." in text
    assert "/policy/changes/2/" in text
    assert "we ask you whether you agree" in text
    [campaign] = Campaign.objects.all()
    assert (campaign.stage, campaign.recipients, campaign.approved_by) == (Stage.DONE, 7, second)


def test_who_is_killed_while_publishing_leaves_nothing_or_all(author, second, monkeypatch):
    version = draft()
    publishing.write(version, by=author)
    publishing.finish(version)

    def dies(*_anything):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_tell", dies)
        with pytest.raises(Killed):
            publishing.publish(version, version.seal_of_content, by=second)
    assert again(version).stage == PolicyStage.ASKED
    assert not Campaign.objects.exists()
    publishing.publish(version, version.seal_of_content, by=second)
    assert Campaign.objects.count() == 1


def test_who_is_killed_while_everybody_is_told_tells_nobody_twice(publish, mailoutbox, monkeypatch):
    monkeypatch.setattr(gathering, "SLICE", 2)
    for number in range(7):
        factories.make_member(f"member{number}")
    publish()
    with monkeypatch.context() as patched:
        patched.setattr(gathering, "_still", lambda _campaign: 1 / 0)
        advance(timezone.now())
    Campaign.objects.update(stage=Stage.GATHERING)  # staff let it go on
    tell()
    assert len({mail.to[0] for mail in mailoutbox}) == len(mailoutbox) == 9
    assert Notification.objects.count() == 9


# --- withdrawn ----------------------------------------------------------------------------------------------------
def test_what_is_withdrawn_never_comes_into_force_and_nobody_else_is_told(publish, mailoutbox):
    version = publish()
    advance(timezone.now())
    publishing.withdraw(version)
    tell()
    assert not mailoutbox
    with time_machine.travel(version.effective_at + IN_A_MONTH):
        assert policy_in_force().number == "1"
    assert publish("2").number == "2"  # its number is free again


def test_nothing_is_withdrawn_once_its_day_is_near(publish):
    version = publish()
    minutes_before = version.effective_at - publishing.AHEAD + timedelta(seconds=1)
    with time_machine.travel(minutes_before, tick=False), pytest.raises(NotNow):
        publishing.withdraw(version)
    assert again(version).stage == PolicyStage.PUBLISHED


# --- the back office ----------------------------------------------------------------------------------------------
@pytest.fixture
def desk():
    """Return what makes the browser of a member of staff with a role."""

    def desk(handle, role):
        member = factories.make_member(handle)
        assign_roles(member, [role])
        return factories.sign_in_freshly(member)

    return desk


WORDS = {"number": "2", "summary": "We ask for less.", "body": "## a. Why\n\nBecause.", "mode": "tell"}


def test_staff_write_preview_approve_and_publish(desk):
    reeve, notary = desk("reeve", "privacy_officer"), desk("notary", "legal")
    begun = reeve.get(reverse("admin:privacy_policyversion_add")).content.decode()
    assert policy_in_force().body.splitlines()[0] in begun
    day = (timezone.localtime() + IN_A_MONTH).strftime("%Y-%m-%dT%H:%M")
    assert reeve.post(reverse("admin:privacy_policyversion_add"), WORDS | {"effective_at": day}).status_code == 302
    version = PolicyVersion.objects.get(number="2")
    assert "Because." in reeve.get(reverse("admin:privacy_policyversion_preview", args=[version.pk])).content.decode()
    act, page = (reverse(f"admin:privacy_policyversion_{name}", args=[version.pk]) for name in ("act", "change"))
    reeve.post(act, {"act": "finish"})
    assert reeve.post(act, {"act": "approve", "seen": version.seal_of_content}, follow=True).status_code == 200
    assert again(version).stage == PolicyStage.ASKED  # their own words
    shown = notary.get(page).content.decode()
    assert "Approve, publish and tell everybody" in shown
    notary.post(act, {"act": "approve", "seen": version.seal_of_content})
    assert again(version).stage == PolicyStage.PUBLISHED
    assert "Withdraw it before its day" in reeve.get(page).content.decode()
    assert reeve.post(page, WORDS | {"body": "Else", "effective_at": day}).status_code == 302
    assert again(version).body == version.body
    assert PolicyVersion.objects.filter(stage=PolicyStage.DRAFT, body="Else").exists()  # what was typed is kept


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("number", "1", "There is a version of that number already."),
        ("number", "two words", "valid"),
        ("effective_at", "2020-01-01T00:00", "Choose a later day"),
        ("summary", "See https://example.com/", "Leave"),
        ("body", "", "This field is required."),
    ],
)
def test_what_will_not_do_is_said_beside_its_field_and_kept(desk, name, value, error):
    day = (timezone.localtime() + IN_A_MONTH).strftime("%Y-%m-%dT%H:%M")
    sent = WORDS | {"effective_at": day} | {name: value}
    page = desk("reeve", "privacy_officer").post(reverse("admin:privacy_policyversion_add"), sent)
    assert error in str(page.context["adminform"].form.errors[name])
    assert "Because." in page.content.decode() or name == "body"


def test_publishing_takes_a_fresh_sign_in(desk, author):
    version = draft()
    publishing.write(version, by=author)
    publishing.finish(version)
    notary = desk("notary", "legal")
    factories.let_time_pass(notary)
    asked = notary.post(
        reverse("admin:privacy_policyversion_act", args=[version.pk]),
        {"act": "approve", "seen": version.seal_of_content},
    )
    assert asked["Location"].startswith("/sign-in/again/")
    assert again(version).stage == PolicyStage.ASKED
