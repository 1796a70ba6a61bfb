"""This is a child's account: anybody says so, nobody learns anything by it, and staff settle it by two."""

import re
from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import age_cases, child_reports, erasing
from accounts.age_cases import CannotBe, Finding, Stage, Teller
from accounts.models import Member, Profile, ReservedHandle
from accounts.registration import handle_digest, may_be_taken
from accounts.roles import assign_roles, sync_roles
from backoffice.approval import NotNow, YourOwnWords
from catalogue.vocabulary import Audience
from encryption.keys import is_destroyed
from notifications.delivery import deliver
from notifications.models import Notification
from privacy import juveniles, retention
from privacy.juveniles import sharing_stopped
from privacy.models import AgeCase, ErasureRequest
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("M3")]
PAGE, WORDS = "/report/child/@rose/", {"words": "She goes to the primary school in Mill Lane."}
SENT = "/report/child/sent/"


def born(years: int) -> date:
    today = timezone.localdate()
    return date(today.year - years, 1, 1)


@pytest.fixture
def rose():
    return factories.make_member("rose", city="Alderford", audiences={"city": Audience.EVERYONE})


@pytest.fixture
def staff():
    sync_roles()

    def staff(handle, *roles):
        member = factories.make_member(handle)
        assign_roles(member, roles)
        member.refresh_from_db()
        return factories.sign_in_freshly(member), member

    return staff


def bare(page):
    """Return the bytes of a page without the masks that its tokens wear, which are others each time."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value=")[^"]+', rb"\1", page.content)


def reporter(who):
    return Client() if who == "visitor" else factories.sign_in_freshly(factories.make_member("moss"))


# --- reporting ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["visitor", "member"])
def test_anybody_reports_from_the_page_of_a_person(rose, who):
    browser = reporter(who)
    assert f'href="{PAGE}"' in browser.get("/@rose/").content.decode()
    assert browser.get(PAGE).status_code == HTTPStatus.OK
    assert browser.post(PAGE, WORDS)["Location"] == SENT
    case = AgeCase.objects.get()
    assert (case.member, case.stage) == (rose, Stage.OPEN)
    [told] = case.told
    assert (told["by"], told["words"]) == (who, WORDS["words"])


@pytest.mark.promise("K2")
def test_what_was_told_is_sealed_and_who_told_it_is_written_down_nowhere(rose):
    browser = reporter("member")
    browser.post(PAGE, WORDS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_agecase")
        cells = cursor.fetchone()
    assert not [cell for cell in cells if isinstance(cell, bytes | memoryview) and b"primary" in bytes(cell)]
    moss = Member.objects.get(handle="moss")
    assert str(moss.pk) not in repr(cells) + repr(AgeCase.objects.get().told)


def test_nobody_reports_themself_and_the_page_says_nothing_of_it_to_its_owner(rose):
    browser = factories.sign_in_freshly(rose)
    assert PAGE not in browser.get("/@rose/").content.decode()
    assert browser.post(PAGE, WORDS).status_code == HTTPStatus.NOT_FOUND
    assert not AgeCase.objects.exists()


@pytest.mark.promise("M1")
@pytest.mark.promise("E6")
@pytest.mark.parametrize("state", ["adult", "juvenile", "reported", "looked at", "reported often"])
def test_the_answer_is_the_same_whoever_is_reported(rose, state):
    if state == "juvenile":
        profile = Profile.objects.get(pk=rose.pk)
        profile.birth_date = born(15)
        profile.save()
    for _turn in range({"reported": 1, "looked at": 1, "reported often": 30}.get(state, 0)):
        age_cases.tell(rose, "before", teller=Teller.VISITOR)
    if state == "looked at":
        age_cases.look(AgeCase.objects.get())
    browser = Client()
    answer = browser.post(PAGE, WORDS)
    assert (answer.status_code, answer["Location"], answer.content) == (HTTPStatus.FOUND, SENT, b"")
    assert "Nobody is told who reported" in browser.get(SENT).content.decode()
    assert AgeCase.objects.count() == 1
    assert len(AgeCase.objects.get().told) <= age_cases.MOST_TOLD


@pytest.mark.promise("E6")
@pytest.mark.parametrize("hidden", ["blocks them", "is blocked", "suspended", "leaving", "unconfirmed", "absent"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_whose_page_is_not_to_be_had_cannot_be_reported_and_looks_like_nobody(rose, hidden, method):
    moss = factories.make_member("moss")
    if hidden == "blocks them":
        factories.block(rose, moss)
    if hidden == "is blocked":
        factories.block(moss, rose)
    changes = {
        "suspended": {"is_active": False},
        "leaving": {"cancelled_at": timezone.now()},
        "unconfirmed": {"email_verified_at": None},
        "absent": {"handle": "jenny"},
    }
    Member.objects.filter(pk=rose.pk).update(**changes.get(hidden, {"is_active": True}))
    browser = factories.sign_in_freshly(moss)
    given = (WORDS,) if method == "post" else ()
    there, nowhere = (getattr(browser, method)(f"/report/child/@{handle}/", *given) for handle in ("rose", "nixx"))
    assert there.status_code == nowhere.status_code == HTTPStatus.NOT_FOUND
    assert bare(there).replace(b"rose", b"nixx") == bare(nowhere)
    assert not AgeCase.objects.exists()


def test_words_are_needed_and_kept_when_something_is_wrong(rose):
    answer = Client().post(PAGE, {"words": "  "})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_words-error-1"' in answer.content.decode()
    answer = Client().post(PAGE, {"words": "much " * 500})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "much much" in answer.content.decode()
    assert not AgeCase.objects.exists()


@pytest.mark.promise("G2")
def test_a_network_and_a_member_report_a_few_times_and_are_then_asked_to_wait(rose):
    browser = reporter("member")
    answers = [browser.post(PAGE, WORDS).status_code for _turn in range(child_reports.BY_MEMBER.burst + 1)]
    assert answers == [HTTPStatus.FOUND] * child_reports.BY_MEMBER.burst + [HTTPStatus.TOO_MANY_REQUESTS]
    left = child_reports.NETWORK.burst - len(answers)
    visits = [Client().post(PAGE, WORDS) for _turn in range(left + 1)]
    assert [visit.status_code for visit in visits] == [HTTPStatus.FOUND] * left + [HTTPStatus.TOO_MANY_REQUESTS]
    assert "primary school" in visits[-1].content.decode()
    assert int(visits[-1]["Retry-After"]) > 0
    assert Client().post(PAGE, WORDS, REMOTE_ADDR="203.0.113.9").status_code == HTTPStatus.FOUND


def test_the_database_keeps_one_open_case_for_each_member(rose):
    age_cases.tell(rose, "one", teller=Teller.VISITOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgeCase.objects.create(member=rose, told=[])


# --- sharing ------------------------------------------------------------------------------------------------------
@pytest.mark.promise("M1")
def test_nothing_is_shared_of_whoever_is_in_question_or_a_juvenile(rose, django_assert_num_queries):
    bud, fern = factories.make_member("bud", birth_date=born(15)), factories.make_member("fern")
    everybody = [rose.pk, bud.pk, fern.pk]
    with django_assert_num_queries(2):
        assert sharing_stopped(everybody) == {bud.pk}
    age_cases.tell(rose, "one", teller=Teller.VISITOR)
    assert sharing_stopped(everybody) == {bud.pk, rose.pk}
    case = AgeCase.objects.get()
    age_cases.look(case)
    age_cases.decide(case, Finding.NOTHING, by=fern, reason="Grown up.")
    assert sharing_stopped(everybody) == {bud.pk}


@pytest.mark.promise("M1")
def test_what_a_juvenile_cannot_have_agreed_to_ends_with_the_birth_date(rose, monkeypatch):
    ended = []
    monkeypatch.setattr(juveniles, "_endings", [])
    juveniles.register_ending(ended.append)
    juveniles.register_ending(ended.append)
    settle(rose, Finding.DATE, born=born(30))
    assert ended == []
    settle(rose, Finding.DATE, born=born(15))
    assert ended == [rose.pk]


# --- settling -----------------------------------------------------------------------------------------------------
def case_of(member):
    age_cases.tell(member, "Is a child.", teller=Teller.VISITOR)
    case = age_cases.open_case(member)
    age_cases.look(case)
    return case


def officer():
    return Member.objects.filter(handle="hayward").first() or factories.make_member("hayward")


def settle(member, finding, **more):
    case = case_of(member)
    age_cases.decide(case, finding, by=officer(), reason="Seen.", **more)
    return case


@pytest.mark.promise("M2")
def test_a_juvenile_has_a_juveniles_limits_at_once_and_is_told(rose):
    settle(rose, Finding.DATE, born=born(15))
    profile = Profile.objects.get(pk=rose.pk)
    assert (profile.birth_date, profile.listed, profile.city_audience) == (born(15), False, Audience.FRIENDS)
    assert "Alderford" not in Client().get("/@rose/").content.decode()
    assert Notification.objects.get().notice == "birth-date-settled"


@pytest.mark.promise("E8")
def test_who_turns_out_to_be_an_adult_has_nothing_opened(rose):
    settle(rose, Finding.DATE, born=born(15))
    settle(rose, Finding.DATE, born=born(30))
    profile = Profile.objects.get(pk=rose.pk)
    assert (profile.birth_date, profile.listed, profile.city_audience) == (born(30), False, Audience.FRIENDS)


def test_not_so_changes_nothing(rose):
    before = Profile.objects.filter(pk=rose.pk).values().get()
    settle(rose, Finding.NOTHING)
    assert Profile.objects.filter(pk=rose.pk).values().get() == before
    assert AgeCase.objects.get().closed_at is not None


@pytest.mark.parametrize("date_", [None, born(12), timezone.localdate()])
def test_a_date_that_cannot_be_is_refused(rose, date_):
    case = case_of(rose)
    with pytest.raises(CannotBe):
        age_cases.decide(case, Finding.DATE, by=officer(), reason="x", born=date_)
    case.refresh_from_db()
    assert case.stage == Stage.LOOKED


@pytest.mark.parametrize(
    ("stage", "acts"),
    [
        ("open", {"look"}),
        ("looked", {"ask", "decide"}),
        ("asked", {"decide", "answer"}),
        ("proposed", {"take_back", "approve"}),
        ("closed", set()),
    ],
)
def test_what_can_be_done_with_a_case_and_when(rose, stage, acts):
    hayward, beadle = officer(), factories.make_member("beadle")
    tries = {
        "look": age_cases.look,
        "ask": age_cases.ask,
        "decide": lambda case: age_cases.decide(case, Finding.CHILD, by=hayward, reason="x"),
        "answer": lambda case: age_cases.answer(rose, "Yes."),
        "take_back": age_cases.take_back,
        "approve": lambda case: age_cases.approve(case, by=beadle),
    }
    done = set()
    for name, act in tries.items():
        AgeCase.objects.all().delete()
        case = AgeCase(member=rose, told=[], stage=stage, decided_by=hayward if stage == "proposed" else None)
        case.finding = None if stage in ("open", "looked", "asked") else {"finding": "a child"}
        case.closed_at = timezone.now() if stage == "closed" else None
        case.save()
        try:
            with transaction.atomic():
                if act(case) is not False:
                    done.add(name)
                transaction.set_rollback(True)
        except NotNow:
            pass
    assert done == acts


def test_nobody_approves_what_they_decided_and_nobody_decides_about_themself(rose):
    case = settle(rose, Finding.CHILD)
    with pytest.raises(YourOwnWords):
        age_cases.approve(case, by=officer())
    with pytest.raises(YourOwnWords):
        age_cases.approve(case, by=rose)
    mine = case_of(officer())
    with pytest.raises(PermissionDenied):
        age_cases.decide(mine, Finding.NOTHING, by=officer(), reason="x")
    assert Member.objects.get(pk=rose.pk).cancelled_at is None


def test_a_colleague_is_left_to_superusers(rose, staff):
    Member.objects.filter(pk=rose.pk).update(is_staff=True)
    case = case_of(rose)
    with pytest.raises(PermissionDenied):
        age_cases.decide(case, Finding.CHILD, by=officer(), reason="x")
    _client, warden = staff("warden", "superuser")
    age_cases.decide(case, Finding.CHILD, by=warden, reason="x")


@pytest.mark.promise("D2")
@pytest.mark.django_db(databases=["default", "keystore"])
def test_a_childs_account_is_erased_without_grace_and_the_address_is_told(
    rose, mailoutbox, django_capture_on_commit_callbacks
):
    hers = factories.sign_in_freshly(rose)
    case = settle(rose, Finding.CHILD)
    assert Client().get("/@rose/").status_code == HTTPStatus.OK  # nothing happens by one member of staff alone
    age_cases.approve(case, by=factories.make_member("reeve"))
    request = ErasureRequest.objects.get()
    assert (request.origin, request.kept_at) == ("child", None)
    assert request.due_at <= timezone.now()
    assert Client().get("/@rose/").status_code == HTTPStatus.NOT_FOUND
    assert hers.get("/friends/").status_code == HTTPStatus.FOUND
    signing_in = Client().post("/sign-in/", {"email": rose.email, "password": factories.PASSWORD})
    assert signing_in.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_due(timezone.now())
    deliver()
    [mail] = mailoutbox
    assert mail.to == ["rose@example.org"]
    assert "too young" in mail.body
    erasing.erase_due(timezone.now() + timedelta(minutes=2))
    assert is_destroyed(rose.pk)
    assert not Member.objects.filter(pk=rose.pk).exists()
    assert not AgeCase.objects.exists()
    assert not may_be_taken("rose")
    assert ReservedHandle.objects.get(digest=handle_digest("rose")).until is None


def test_a_closed_case_goes_after_half_a_year(rose):
    settle(rose, Finding.NOTHING)
    retention.purge(timezone.now() + timedelta(days=179))
    assert AgeCase.objects.exists()
    retention.purge(timezone.now() + timedelta(days=181))
    assert not AgeCase.objects.exists()


# --- the back office ----------------------------------------------------------------------------------------------
def test_staff_work_a_case_from_the_report_to_the_erasure_by_two(rose, staff):
    beadle, _support = staff("beadle", "support")
    hayward, safety = staff("hayward", "safety")
    reeve, privacy_officer = staff("reeve", "privacy_officer")
    report = f"/admin/accounts/member/{rose.pk}/report/"
    assert report in beadle.get(f"/admin/accounts/member/{rose.pk}/change/").content.decode()
    assert beadle.post(report, WORDS).status_code == HTTPStatus.FOUND
    case = AgeCase.objects.get()
    page = f"/admin/privacy/agecase/{case.pk}/"
    assert beadle.get(f"{page}change/").status_code == HTTPStatus.FORBIDDEN
    listed = hayward.get("/admin/privacy/agecase/").content.decode()
    assert "@rose" in listed
    shown = hayward.get(f"{page}change/").content.decode()
    assert "primary" not in listed + shown
    assert hayward.post(f"{page}act/", {"act": "look"}).status_code == HTTPStatus.FOUND
    assert "primary school" in hayward.post(f"{page}told/").content.decode()
    assert hayward.get(f"{page}decide/").status_code == HTTPStatus.OK
    assert hayward.post(f"{page}decide/", {"finding": "a child"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert hayward.post(f"{page}decide/", {"finding": "a child", "words": "School roll."}).status_code == 302
    assert 'value="approve"' not in hayward.get(f"{page}change/").content.decode()
    hayward.post(f"{page}act/", {"act": "approve"})
    assert Member.objects.get(pk=rose.pk).cancelled_at is None
    assert "School roll." in reeve.post(f"{page}told/").content.decode()
    assert 'value="approve"' in reeve.get(f"{page}change/").content.decode()
    reeve.post(f"{page}act/", {"act": "approve"})
    assert Member.objects.get(pk=rose.pk).cancelled_at is not None
    history = LogEntry.objects.filter(object_id=str(case.pk)).order_by("pk").values_list("user", "change_message")
    assert list(history) == [
        (safety.pk, "look"),
        (safety.pk, "read"),
        (safety.pk, "decided"),
        (privacy_officer.pk, "read"),
        (privacy_officer.pk, "approve"),
    ]


@pytest.mark.parametrize("role", ["support", "legal", "partner_manager", "campaigns", "auditor"])
def test_no_other_role_sees_cases_or_works_on_them(rose, staff, role):
    case = case_of(rose)
    client, _member = staff("other", role)
    page = f"/admin/privacy/agecase/{case.pk}/"
    asked = [client.get("/admin/privacy/agecase/"), client.get(f"{page}change/"), client.get(f"{page}decide/")]
    asked += [client.post(f"{page}told/"), client.post(f"{page}act/", {"act": "ask"}), client.get(f"{page}history/")]
    assert {answer.status_code for answer in asked} == {HTTPStatus.FORBIDDEN}
    assert "agecase" not in client.get("/admin/").content.decode()


def test_reading_and_settling_take_a_fresh_sign_in(rose, staff):
    case = case_of(rose)
    client, _member = staff("hayward", "safety")
    factories.let_time_pass(client)
    page = f"/admin/privacy/agecase/{case.pk}/"
    for answer in (
        client.post(f"{page}told/"),
        client.post(f"{page}act/", {"act": "ask"}),
        client.get(f"{page}decide/"),
    ):
        assert answer["Location"].startswith("/sign-in/again/")
    case.refresh_from_db()
    assert case.stage == Stage.LOOKED


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"finding": "another", "day": "1", "month": "1", "year": "1990", "words": "x"}, 302),
        ({"finding": "another", "day": "", "month": "", "year": "", "words": "x"}, 422),
        ({"finding": "another", "day": "30", "month": "2", "year": "1990", "words": "x"}, 422),
        ({"finding": "another", "day": "1", "month": "1", "year": "1899", "words": "x"}, 422),
        ({"finding": "another", "day": "1", "month": "1", "year": str(born(9).year), "words": "x"}, 422),
        ({"finding": "nothing", "words": ""}, 422),
        ({"finding": "other", "words": "x"}, 422),
        ({"finding": "nothing", "words": "x"}, 302),
        ({}, 422),
    ],
)
def test_the_form_that_settles_a_case(rose, staff, typed, status):
    case = case_of(rose)
    client, _member = staff("hayward", "safety")
    assert client.post(f"/admin/privacy/agecase/{case.pk}/decide/", typed).status_code == status
    case.refresh_from_db()
    assert (case.stage == Stage.CLOSED) == (status == 302)
