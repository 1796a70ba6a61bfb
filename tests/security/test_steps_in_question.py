"""Second steps that somebody says are not theirs: by whom they are taken away, when, and what keeps them."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import is_password_usable
from django.utils import timezone

from accounts.housekeeping import purge_expired
from accounts.models import Member
from security import disowning, events, removing
from security.models import AuthenticatorApp, Event, Kind, Passkey, RecoveryCodes, StepRemoval
from security.removing import AFTER
from tests import factories
from tests.security.device import Device
from tests.security.walking import browser, is_in, link_in, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2"), pytest.mark.promise("K3")]
NEW = "barley under the bells"
MODELS = (AuthenticatorApp, RecoveryCodes, Passkey)
OLD, YOUNG = [1, 1, 1], [2, 2, 2]
LONG_AGO, A_DAY = timedelta(days=9), AFTER + timedelta(minutes=1)


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def deliver(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def add_steps(member):
    AuthenticatorApp.objects.create(user=member, name="app", secret="A" * 32, confirmed=True)
    RecoveryCodes.objects.create(user=member, name="codes", confirmed=True)
    Passkey.objects.create(
        user=member,
        name="key",
        confirmed=True,
        credential_id=str(timezone.now()).encode(),
        public_key=b"key",
        transports=[],
        aaguid="00000000-0000-0000-0000-000000000000",
    )


def steps_of(member):
    return [model._default_manager.filter(user=member).count() for model in MODELS]


def after(delay):
    return time_machine.travel(timezone.now() + delay)


def questioned(rose, *, kind=Kind.NEW_BROWSER, **how):
    """Give rose steps of old and young ones, and have somebody say that it was not her."""
    with after(-LONG_AGO):
        add_steps(rose)
    event = events.happened(rose, kind)
    add_steps(rose)
    disowning.disown(event, **how)


# --- the table ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("is_staff", "from_session", "at_once", "a_day_later"),
    [
        (False, False, YOUNG, OLD),
        (False, True, OLD, OLD),
        (True, False, YOUNG, YOUNG),
        (True, True, OLD, OLD),
    ],
    ids=["member by mail", "member in a session", "staff by mail", "staff in a session"],
)
def test_who_takes_young_steps_away_and_when(rose, is_staff, from_session, at_once, a_day_later):
    Member.objects.filter(pk=rose.pk).update(is_staff=is_staff)
    rose.refresh_from_db()
    questioned(rose, from_session=from_session)
    assert steps_of(rose) == at_once
    with after(AFTER - timedelta(minutes=1)):
        purge_expired()
        assert steps_of(rose) == at_once
    with after(A_DAY):
        for _turn in range(2):
            purge_expired()
            assert steps_of(rose) == a_day_later
    assert StepRemoval.objects.exists() == (is_staff and not from_session)


@pytest.mark.parametrize(("kind", "goes"), [(Kind.FACTOR_ADDED, True), (Kind.NEW_BROWSER, False)])
def test_a_step_is_begun_before_it_is_told_and_a_sign_in_is_not(rose, kind, goes):
    with after(-timedelta(minutes=20)):
        add_steps(rose)
    disowning.disown(events.happened(rose, kind))
    assert StepRemoval.objects.exists() == goes


def test_where_no_step_is_young_nothing_is_in_question(rose, deliver, mailoutbox):
    with after(-LONG_AGO):
        add_steps(rose)
    with deliver():
        disowning.disown(events.happened(rose, Kind.NEW_BROWSER))
    assert not StepRemoval.objects.exists()
    assert "24 hours" not in mailoutbox[-1].body


def test_the_member_is_told_at_once_how_to_keep_them_and_when_they_have_gone(rose, deliver, mailoutbox):
    with deliver():
        questioned(rose)
    assert "sign in with the new password and one of them: that one stays" in mailoutbox[-1].body
    with after(A_DAY), deliver():
        purge_expired()
    assert "A second step was removed" in mailoutbox[-1].body


def test_with_the_last_step_go_codes_that_would_stand_in_for_nothing(rose):
    with after(-LONG_AGO):
        RecoveryCodes.objects.create(user=rose, name="codes", confirmed=True)
    event = events.happened(rose, Kind.NEW_BROWSER)
    add_steps(rose)
    disowning.disown(event)
    with after(A_DAY):
        purge_expired()
    assert steps_of(rose) == [0, 0, 0]


def test_a_step_added_afterwards_stays(rose):
    questioned(rose)
    with after(timedelta(hours=3)):
        add_steps(rose)
    with after(A_DAY):
        purge_expired()
    assert steps_of(rose) == YOUNG


def test_asked_twice_the_day_begins_anew_and_what_was_in_question_stays_so(rose):
    questioned(rose)
    first = StepRemoval.objects.get()
    with after(timedelta(hours=20)):
        add_steps(rose)
        disowning.disown(events.happened(rose, Kind.FACTOR_ADDED))
    removal = StepRemoval.objects.get()
    assert removal.added_from == first.added_from
    assert removal.due_at > first.due_at + timedelta(hours=19)


def test_said_in_a_session_what_was_in_question_is_settled(rose):
    questioned(rose)
    event = Event.objects.filter(member=rose, kind=Kind.NEW_BROWSER).latest("at")
    disowning.disown(event, from_session=True)
    assert steps_of(rose) == OLD
    assert not StepRemoval.objects.exists()


# --- what keeps them, and what does not ---------------------------------------------------------------------------
@pytest.fixture
def alerted(rose, deliver, mailoutbox):
    """Return the app and the link of an alert that is older than the app."""
    with deliver():
        sign_in(rose)
        sign_in(rose, browser())
    with after(timedelta(seconds=5)):
        app = factories.add_app(rose)
    return app, link_in(mailoutbox[-1])


def new_password(link):
    client = browser()
    client.post(link)
    client.post(f"{link}password/", {"new_password": NEW})
    return client


def test_the_owner_keeps_the_step_by_using_it_with_the_new_password(rose, alerted):
    app, link = alerted
    with after(timedelta(minutes=1)):
        page = text_of(browser().get(link))
        assert "in 24 hours they are taken away" in page
        client = new_password(link)
        assert StepRemoval.objects.get().due_at
        client.post("/sign-in/", {"email": rose.email, "password": NEW})
        assert client.post("/sign-in/verify/", {"code": factories.code_of(app)}).status_code == 302
        assert is_in(client)
        assert not StepRemoval.objects.exists()
        assert Event.objects.filter(member=rose, kind=Kind.STEPS_KEPT).exists()
    with after(A_DAY):
        purge_expired()
    assert AuthenticatorApp.objects.filter(user=rose).exists()


def test_a_mailbox_alone_does_not_sign_in_before_the_day_is_over(rose, alerted):
    _app, link = alerted
    with after(timedelta(minutes=1)):
        client = new_password(link)
        answer = client.post("/sign-in/", {"email": rose.email, "password": NEW})
        assert answer["Location"].startswith("/sign-in/verify/")
        assert not is_in(client)
    with after(A_DAY):
        purge_expired()
        client.post("/sign-in/", {"email": rose.email, "password": NEW})
        assert is_in(client)


def test_a_passkey_in_question_signs_nobody_in_by_itself_and_does_beside_the_password(rose, alerted):
    _app, link = alerted
    with after(timedelta(minutes=1)):
        device = passkey_of_a_thief(rose)
        new_password(link)
        assert use(browser(), device).status_code == 422
        owner = browser()
        owner.post("/sign-in/", {"email": rose.email, "password": NEW})
        assert use(owner, device).status_code == 200
        assert use(browser(), device).status_code == 200


def test_the_owner_who_uses_their_own_step_does_not_keep_that_of_the_thief(rose, alerted):
    app, link = alerted
    with after(timedelta(minutes=1)):
        device = passkey_of_a_thief(rose)
        owner = new_password(link)
        owner.post("/sign-in/", {"email": rose.email, "password": NEW})
        assert owner.post("/sign-in/verify/", {"code": factories.code_of(app)}).status_code == 302
        assert is_in(owner)
        assert Event.objects.filter(member=rose, kind=Kind.STEPS_KEPT).count() == 1
        assert "Second steps are in question" in text_of(owner.get("/settings/security/"))
        assert use(browser(), device).status_code == 422
    with after(A_DAY):
        purge_expired()
        assert (AuthenticatorApp.objects.count(), Passkey.objects.count()) == (1, 0)
        assert use(browser(), device).status_code == 422


def passkey_of_a_thief(rose):
    """Add a passkey from a session that somebody else has."""
    device = Device()
    thief = factories.sign_in(browser(), rose, verified=True)
    options = thief.post("/settings/security/passkey/begin/", {}, content_type="application/json").json()
    said = {**device.make(options), "name": "Thief"}
    assert thief.post("/settings/security/passkey/add/", said, content_type="application/json").status_code == 200
    return device


def test_a_second_link_undoes_what_the_first_did_not_reach(rose, alerted, deliver, mailoutbox):
    _app, oldest = alerted
    with after(timedelta(minutes=1)):
        device = passkey_of_a_thief(rose)
    with after(timedelta(minutes=2)), deliver():
        assert use(browser(), device).status_code == 200
    newest = link_in(mailoutbox[-1])
    with after(timedelta(minutes=3)):
        browser().post(newest)
        assert use(browser(), device).status_code == 200  # it is older than what that link was about
        assert browser().get(oldest).status_code == 200
        new_password(oldest)
        assert use(browser(), device).status_code == 422
        assert browser().get(oldest).status_code == 410


def test_who_becomes_staff_meanwhile_keeps_their_steps(rose):
    questioned(rose)
    Member.objects.filter(pk=rose.pk).update(is_staff=True)
    with after(A_DAY):
        purge_expired()
        assert steps_of(rose) == YOUNG
    assert StepRemoval.objects.get().due_at is None


def test_taken_away_in_a_session_with_the_last_step_go_the_codes(rose):
    with after(-LONG_AGO):
        RecoveryCodes.objects.create(user=rose, name="codes", confirmed=True)
    event = events.happened(rose, Kind.NEW_BROWSER)
    factories.add_app(rose)
    disowning.disown(event, from_session=True)
    assert steps_of(rose) == [0, 0, 0]
    assert Event.objects.filter(member=rose, kind=Kind.FACTOR_REMOVED).count() == 1


@pytest.mark.parametrize("has_older", [True, False])
def test_staff_keep_one_step_also_when_it_is_said_in_a_session(rose, has_older):
    Member.objects.filter(pk=rose.pk).update(is_staff=True)
    if has_older:
        with after(-LONG_AGO):
            factories.add_app(rose)
    event = events.happened(Member.objects.get(), Kind.NEW_BROWSER)
    factories.add_app(rose, "young")
    disowning.disown(event, from_session=True)
    assert AuthenticatorApp.objects.count() == 1
    assert StepRemoval.objects.exists() == (not has_older)


def test_an_app_counts_from_when_it_is_confirmed(rose):
    thief = factories.sign_in_freshly(rose)
    thief.get("/settings/security/app/")
    app = AuthenticatorApp.objects.get()
    with after(timedelta(hours=3)):
        factories.sign_in_freshly(rose, thief)
        app_begun = thief.get("/settings/security/app/")
        assert app_begun.status_code == 200
        thief.post(
            "/settings/security/app/", {"code": factories.code_of(AuthenticatorApp.objects.latest("pk")), "name": "t"}
        )
        assert AuthenticatorApp.objects.filter(confirmed=True).exists()
        disowning.disown(Event.objects.get(kind=Kind.FACTOR_ADDED), from_session=True)
    assert not AuthenticatorApp.objects.exists()
    assert app.created_at < timezone.now()


def use(client, device):
    options = client.post("/sign-in/passkey/begin/", {}, content_type="application/json").json()
    return client.post("/sign-in/passkey/", device.use(options), content_type="application/json")


def test_staff_are_told_that_their_steps_stay(rose, alerted):
    _app, link = alerted
    Member.objects.filter(pk=rose.pk).update(is_staff=True)
    with after(timedelta(minutes=1)):
        assert "not taken away by mail" in text_of(browser().get(link))
        browser().post(link)
    assert not is_password_usable(Member.objects.get(pk=rose.pk).password)
    assert StepRemoval.objects.get().due_at is None


def test_the_page_of_security_shows_what_is_in_question_and_keeps_it_at_a_press(rose):
    questioned(rose)
    client = browser()
    factories.sign_in(client, Member.objects.get(), verified=True)
    page = text_of(client.get("/settings/security/"))
    assert "Second steps are in question" in page
    assert "The others are taken away after" in page
    assert client.post("/settings/security/steps/keep/").status_code == 302
    assert not StepRemoval.objects.exists()
    assert "in question" not in text_of(client.get("/settings/security/"))
    assert client.post("/settings/security/steps/keep/").status_code == 302


def test_what_is_kept_at_the_last_moment_is_not_taken_away(rose, monkeypatch):
    questioned(rose)
    removal = StepRemoval.objects.get()
    removing.keep(removal, seen=events.NOWHERE)
    with after(A_DAY):
        assert not removing._carry_out(removal.pk, timezone.now())
    assert steps_of(rose) == YOUNG


def test_who_is_killed_in_between_takes_away_all_or_nothing(rose, monkeypatch):
    questioned(rose)

    def dies(*args, **kwargs):
        raise SystemExit

    with after(A_DAY):
        with monkeypatch.context() as killing:
            killing.setattr(removing, "end_sessions", dies)
            with pytest.raises(SystemExit):
                removing.carry_out(timezone.now())
        assert steps_of(rose) == YOUNG
        assert removing.carry_out(timezone.now()) == 1
    assert steps_of(rose) == OLD
