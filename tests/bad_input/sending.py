"""What can be sent wrong, where it is sent, and a look at what became of it.

The routes come from the site itself; what each of them takes is said in ``TAKES``, and one that is missing fails.
"""

import re
from contextlib import ExitStack
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.admin.utils import quote as quote_key
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import age_cases
from accounts.models import Member, StaffInvitation
from accounts.notices import REVIEW_INFORMATION
from accounts.roles import assign_roles
from config.routes import Route, routes
from notifications.letters import token_of
from notifications.models import Announcement, Campaign, Notification, State
from notifications.sending import notify
from notifications.topics import Topic
from notifications.unsubscribing import token_for
from privacy.models import ErasureRequest, FieldDefault, LegalHold, PolicyVersion, RetentionRun
from security import tokens
from security.models import Event, Kind
from tests.factories import PASSWORD, VALUES, begin_email_change, make_member, sign_in

ROUTES = {route.name: route for route in routes() if not route.name.endswith(":")}
TOLD = {name: value for name, value in VALUES.items() if name not in ("birth_date", "phone")} | {
    "interests": "beans, bells",
    "time_zone": "Europe/Lisbon",
}
# What each form takes, filled as it may be. Whatever is not filled here (``next``) may be anything and is ignored.
ANNOUNCEMENT = {
    "text": "The gate is closed.",
    "page": "/people/",
    "reach": "all",
    "is_warning": "on",
    "starts_at": "2026-12-01T10:00",
    "ends_at": "2026-12-02T10:00",
}
POLICY = {
    "number": "2",
    "summary": "We ask for less.",
    "body": "## a. Why",
    "mode": "tell",
    "effective_at": "2036-01-01T00:00",
}
CAMPAIGN = {
    "notice": "written-news",
    "audience": "everybody",
    "heading": "The gate is open",
    "text": "Come in.",
    "page": "/people/",
    "starts_at": "2026-12-01T10:00",
}
HOLD = {
    "member": "rose",
    "ground": "court",
    "reference": "1/26",
    "held": "accounts.Profile",
    "until": "2026-12-20",
    "secret_until": "2026-12-20",
}
TAKES: dict[str, dict[str, str]] = {
    "accounts:join": {
        "handle": "newcomer",
        "email": "newcomer@example.org",
        "password": PASSWORD,
        "day": "1",
        "month": "4",
        "year": "1990",
        "agree": "on",
        "policy": "",
        "audience-city": "friends",
    },
    "accounts:confirm-email": {"password": PASSWORD},
    "accounts:sign-in": {"email": "rose@example.org", "password": PASSWORD, "next": "/friends/"},
    "accounts:sign-out": {},
    "accounts:password-reset": {"email": "rose@example.org"},
    "accounts:password-reset-confirm": {"new_password": "another-hedge-and-meadow"},
    "accounts:password-change": {"new_password": "another-hedge-and-meadow"},
    "security:again": {"password": PASSWORD, "next": "/settings/profile/"},
    "accounts:friend-ask": {"next": "/friends/"},
    "accounts:friend-withdraw": {"next": "/friends/"},
    "accounts:friend-accept": {"next": "/friends/"},
    "accounts:friend-decline": {"next": "/friends/"},
    "accounts:friend-end": {"next": "/friends/"},
    "accounts:circles": {"name": "Choir"},
    "accounts:circle": {"name": "Choir"},
    "accounts:circle-add": {"handle": "moss", "next": "/circles/"},
    "accounts:circle-remove": {"next": "/circles/"},
    "accounts:circle-delete": {"next": "/circles/"},
    "accounts:block": {"next": "/blocks/"},
    "accounts:unblock": {"next": "/blocks/"},
    "accounts:mute": {"next": "/blocks/"},
    "accounts:unmute": {"next": "/blocks/"},
    "accounts:settings-profile": TOLD,
    "accounts:picture-remove": {},
    "accounts:information-confirm": {},
    "accounts:settings-email": {"email": "rose@new.example"},
    "accounts:settings-cancel": {"sure": ""},
    "accounts:keep": {},
    "admin:accounts_member_cancel": {"sure": ""},
    "admin:privacy_erasurerequest_changelist": {"action": "", "index": "0"},
    "admin:privacy_erasurerequest_retry": {},
    "admin:privacy_legalhold_changelist": {"action": "", "index": "0"},
    "admin:privacy_legalhold_add": HOLD,
    "admin:privacy_legalhold_extend": {"until": "2026-12-20"},
    "admin:privacy_legalhold_act": {"act": "lift", "seen": "2026-12-20T10:00:00+00:00"},
    "privacy:verify-certificate": {"certificate": "{}"},
    "accounts:email-cancel": {},
    "accounts:settings-phone": {"phone": "+447700900124"},
    "accounts:phone-code": {},
    "accounts:phone-confirm": {"code": "123456"},
    "accounts:settings-birth-date": {"day": "2", "month": "4", "year": "1990", "sure": ""},
    "accounts:birth-date-ask": {"day": "2", "month": "4", "year": "1991", "words": "A slip of the finger."},
    "accounts:birth-date-answer": {"words": "It is right."},
    "accounts:report-child": {"words": "She goes to school in Mill Lane."},
    "admin:accounts_member_report": {"words": "She goes to school in Mill Lane."},
    "admin:privacy_agecase_changelist": {"action": "", "index": "0"},
    "admin:privacy_agecase_act": {"act": "look"},
    "admin:privacy_agecase_told": {},
    "admin:privacy_agecase_decide": {
        "finding": "another",
        "day": "1",
        "month": "4",
        "year": "1991",
        "words": "Looked at it.",
    },
    "accounts:email-confirm": {"password": PASSWORD},
    "accounts:email-stop": {},
    "accounts:invitation": {"new_password": "another-hedge-and-meadow", "agree": "on"},
    "accounts:not-me-password": {"new_password": "another-hedge-and-meadow"},
    "security:verify": {"code": "123456", "next": "/friends/"},
    "security:passkey-use-begin": {"next": "/friends/"},
    "security:passkey-use": {"next": "/friends/"},
    "security:again-drop": {},
    "security:passkey-again-begin": {"next": "/friends/"},
    "security:passkey-again": {"next": "/friends/"},
    "security:passkey-add-begin": {"next": "/friends/"},
    "security:passkey-add": {"name": "Key", "next": "/friends/"},
    "security:app": {"code": "123456", "name": "Telephone", "next": "/friends/"},
    "security:step": {"name": "Telephone"},
    "security:step-remove": {},
    "security:steps-keep": {},
    "security:codes": {"next": "/friends/"},
    "security:codes-file": {"codes": "aaaa-bbbb-cccc-dddd"},
    "security:sessions-end-others": {},
    "security:session-end": {},
    "security:event-mine": {},
    "security:not-me-here": {},
    "security:not-me": {},
    "security:gave-away": {"step": "told"},
    "notifications:settings": {"product-email": "on", "news-site": "on"},
    "notifications:write-again": {},
    "notifications:all-read": {},
    "notifications:put-away": {"next": "/people/"},
    "notifications:unsubscribe": {"List-Unsubscribe": "One-Click"},
    "privacy:listed": {"listed": "on"},
    "privacy:field-audience": {"audience": "circles", "circles": "", "exceptions": "@moss", "sure": "on", "next": "/"},
    "privacy:check-up": {"step": "reach"},
    "privacy:download-ask": {},
    "privacy:download-delete": {},
    "privacy:agree": {"agree": "on", "policy": "1", "next": "/people/"},
    "admin:login": {"next": "/admin/"},
    "admin:privacy_fielddefault_changelist": {"form-0-audience": "4", "form-0-id": "1", "_save": "Save"},
    "admin:privacy_fielddefault_change": {"audience": "4"},
    "admin:privacy_policyversion_changelist": {"action": "", "index": "0"},
    "admin:privacy_retentionrun_changelist": {"action": "", "index": "0"},
    "admin:privacy_retentionrun_start": {},
    "admin:privacy_policyversion_act": {"act": "finish", "seen": "0"},
    "admin:privacy_policyversion_add": POLICY,
    "admin:privacy_policyversion_change": POLICY,
    "admin:accounts_member_changelist": {"action": "", "index": "0", "_selected_action": "1"},
    "admin:accounts_staffinvitation_changelist": {"action": "", "index": "0", "_selected_action": "1"},
    "admin:accounts_staffinvitation_add": {"email": "wren@example.org", "handle": "jenny", "roles": "support"},
    "admin:accounts_member_change": {"is_active": "on", "handle": "other"},
    "admin:accounts_member_roles": {"roles": "support"},
    "admin:notifications_notification_changelist": {"action": "try_again", "index": "0", "_selected_action": "1"},
    "admin:notifications_notification_retry": {},
    "admin:notifications_notification_retry_unlisted": {},
    "admin:notifications_preference_changelist": {"action": "", "index": "0"},
    "admin:notifications_suppression_changelist": {"action": "", "index": "0"},
    "admin:notifications_announcement_changelist": {"action": "", "index": "0"},
    "admin:notifications_announcement_add": ANNOUNCEMENT,
    "admin:notifications_announcement_change": ANNOUNCEMENT,
    "admin:notifications_campaign_changelist": {"action": "", "index": "0"},
    "admin:notifications_campaign_act": {"act": "pause", "seen": "0"},
    "admin:notifications_campaign_add": CAMPAIGN,
    "admin:notifications_campaign_change": CAMPAIGN,
}
# Pages of the staff site that take nothing: they show, refuse, or lead elsewhere.
TAKE_NOTHING = re.compile(
    r"admin:(index|logout|password_change|jsi18n|autocomplete|view_on_site|app_list|auth_|(?!accounts_staffinvitation|privacy_(legalhold|policyversion)|notifications_(campaign|announcement)).*_add$|.*_(delete|history)$|"
    r"(privacy_erasurerequest|privacy_retentionrun|privacy_agecase|privacy_legalhold|accounts_staffinvitation|notifications_(notification|preference|suppression))_change$)"
)
# What is made there is shown once, or answered to a program, so no page follows; or that it is read is written down.
ANSWERED_AT_ONCE = (
    "/settings/security/codes/",
    "/settings/security/passkey/begin/",
    "/unsubscribe/",
    "/admin/privacy/agecase/",
)
LONG = "x" * 1_000_000
# Sent as they stand, percent-escaped. No form at all takes the first ones.
UNREADABLE = {
    "NUL": b"a%00b",
    "a lone surrogate": b"%ED%A0%80",
    "no UTF-8": b"%FF%FE%C0%AF",
    "cut off in the middle": b"caf%C3",
}
ODD = {
    "a megabyte": LONG,
    "control characters": "a\x01\x1b[31m\x7f\x85",
    "turned text": "\u202eevil\u2066",
    "nothing to be seen": "\u200b\u3164",
    "a huge number": "9" * 400,
    "more than 64 bits": str(2**64),
    "a negative number": "-1",
    "infinity": "1e309",
    "not a number": "NaN",
    "year nought": "0000-00-00",
    "year 99999": "99999-12-31",
    "digits of other scripts": "٣٤",
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}{% debug %}",
    "a format": "%s%(x)s%n{0.__class__}",
    "SQL": "' OR 1=1; --",
    "a path": "../../../etc/passwd",
    "an address": "https://evil.example/\\@x",
    "line breaks": "a\r\nSet-Cookie: a=b\r\n\r\nb",
    "JSON": '{"$gt": ""}',
    "nothing": "",
}
IN_QUERIES = (
    "q",
    "after",
    "as",
    "next",
    "resume",
    "step",
    "asking",
    "asked",
    "removed",
    "muted",
    "o",
    "p",
    "e",
    "all",
    "_popup",
)
IN_QUERIES += ("_to_field", "_changelist_filters", "is_active__exact", "term", "app_label", "model_name", "field_name")
IN_PATHS = (
    "x" * 5000,
    "%00",
    "%ED%A0%80",
    "%FF",
    "-1",
    "0",
    "9" * 30,
    "..",
    "%2e%2e%2f",
    "rose%0a",
    "%25s",
    "ROSE",
    "@",
)


def address(route: Route, parts: dict[str, str]) -> str:
    """Return an address of a route as it should be."""
    rose = Member.objects.get(handle="rose")
    purpose = tokens.RESET_PASSWORD if "reset" in route.name else tokens.VERIFY_EMAIL
    ids = {"member": rose.pk, "fielddefault": FieldDefault.objects.all()[0].pk}
    ids |= {"policyversion": a_policy(), "retentionrun": RetentionRun.objects.get_or_create()[0].pk}
    ids |= of_leaving(route, rose)
    if "invitation" in route.path:
        ids |= {"staffinvitation": invite_wren()}
    ids |= {name: parts[name] for name in ("announcement", "campaign", "notification")}
    object_id = next((str(pk) for name, pk in ids.items() if f"/{name}/" in route.path), "1")
    if purpose == tokens.VERIFY_EMAIL and "<str:token>" in route.path:
        rose = Member.objects.filter(handle="bud").first() or make_member("bud", email_verified_at=None)
    token = tokens.issue(rose, purpose) if "<str:token>" in route.path else ""
    if token and "not-me" in route.name:
        token = not_me_token(has_pressed=route.name == "accounts:not-me-password")
    if "<str:token>" in route.path and route.name in ("accounts:email-confirm", "accounts:email-stop"):
        confirms, stops = begin_email_change(Member.objects.get(handle="rose"), "rose@new.example")
        token = confirms if route.name == "accounts:email-confirm" else stops
    if route.name == "accounts:invitation":
        token = "invitation"
    if route.name == "notifications:unsubscribe":
        token = token_for(rose.pk, Topic.NEWS)
    if route.name.startswith("admin:notifications_notification"):
        token, object_id = parts["notification"], quote_key(parts["notification"])
    all_parts = parts | {"object_id": object_id, "token": token} | number_in(route, object_id)
    plain = re.sub(r"\(\?P<(?P<name>\w+)>[^)]*\)", lambda match: all_parts[match["name"]], route.path)
    return re.sub(r"<(?:\w+:)?(?P<name>\w+)>", lambda match: all_parts[match["name"]], plain)


def number_in(route: Route, object_id: str) -> dict[str, str]:
    """Return the number in an address of the staff site, if there is one."""
    if route.name == "admin:accounts_member_roles":
        return {"number": str(colleague().pk)}
    if route.name in ("admin:accounts_member_cancel", "admin:accounts_member_report"):
        return {"number": str(Member.objects.get(handle="rose").pk)}
    if route.name == "notifications:put-away":
        return {"number": str(Announcement.objects.latest("pk").pk)}
    return {"number": object_id} if route.name.startswith(("admin:notifications_", "admin:privacy_")) else {}


def of_leaving(route: Route, member: Member) -> dict[str, int]:
    """Return the number of a request for erasure, a legal hold or a case of age, where an address needs one."""
    made = {"legalhold": a_hold, "erasurerequest": a_request, "agecase": a_case_of}
    return {name: make(member) for name, make in made.items() if f"/{name}/" in route.path}


def a_hold(member: Member) -> int:
    """Return the number of a legal hold that is in force."""
    until = timezone.now() + timedelta(days=30)
    named = {"ground": "court", "reference": "1/26", "held": ["accounts.Profile"]}
    return LegalHold.objects.get_or_create(member=member, **named, defaults={"asked_end": until, "ends_at": until})[
        0
    ].pk


def a_request(member: Member) -> int:
    """Return the number of a request for erasure that was taken back."""
    now = timezone.now()
    values = {"asked_at": now, "due_at": now, "kept_at": now}
    return ErasureRequest.objects.get_or_create(member=member, defaults=values)[0].pk


def an_announcement() -> int:
    """Announce something to everybody and return its number."""
    until = timezone.now() + timedelta(days=1)
    return Announcement.objects.create(text="The gate is closed.", reach="all", ends_at=until).pk


def a_policy() -> int:
    """Write a version of the policy and return its number."""
    words = {"body": "## a. Why", "summary": "Less.", "effective_at": timezone.now() + timedelta(days=30)}
    return PolicyVersion.objects.get_or_create(number="draft", defaults=words)[0].pk


def a_case_of(member: Member) -> int:
    """Report a member as a child, have staff take it up, and return the number of the case."""
    case = age_cases.open_case(member)
    if case is None:
        case = age_cases.tell(member, "A child.", teller=age_cases.Teller.VISITOR)
        age_cases.look(case)
    return case.pk


def a_campaign() -> int:
    """Write a campaign and return its number."""
    words = {"heading": "The gate is open", "text": "Come in.", "page": ""}
    return Campaign.objects.get_or_create(notice="written-news", audience="everybody", parameters=words)[0].pk


def a_notice_to(member: Member) -> str:
    """Give up a notice to a member and return by what staff know it."""
    notify(REVIEW_INFORMATION, member, occasion="odd values")
    given_up = Notification.objects.filter(occasion="odd values")
    given_up.update(state=State.FAILED, settled_at=timezone.now())
    return token_of(given_up.get())


def colleague() -> Member:
    """Return somebody of the staff who is not the one that asks."""
    found = Member.objects.filter(handle="ash").first() or make_member("ash")
    assign_roles(found, ["support"])
    return found


def invite_wren() -> str:
    """Invite somebody to the staff, by the link *invitation*; return the number of the row."""
    wren = Member.objects.filter(handle="wren").first() or make_member("wren", email_verified_at=None)
    steward = Member.objects.filter(handle="steward").first() or make_member("steward", is_superuser=True)
    until = {"expires_at": timezone.now() + timedelta(days=1), "invited_by": steward}
    digest = tokens.digest("invitation")
    return str(
        StaffInvitation.objects.get_or_create(digest=digest, member=wren, roles=["support"], defaults=until)[0].pk
    )


def not_me_token(*, has_pressed: bool) -> str:
    """Return a link of somebody who has said that it was not them, or has not yet."""
    somebody = Member.objects.filter(handle="sorrel").first() or make_member("sorrel")
    if has_pressed:
        somebody.set_unusable_password()
        somebody.save()
    return tokens.issue(somebody, tokens.NOT_ME, event=Event.objects.create(member=somebody, kind=Kind.NEW_BROWSER))


def client_for(name: str, rose: Member) -> Client:
    """Return who would use a route: a visitor to join and sign in, staff for the staff site, else rose."""
    client = Client(raise_request_exception=False)
    if name.startswith("admin:"):
        chief = Member.objects.filter(handle="chief").first() or make_member("chief")
        assign_roles(chief, ["superuser"])
        sign_in(client, chief)
    elif name == "security:verify":
        client.post("/sign-in/", {"email": "rose@example.org", "password": PASSWORD})
    elif name not in ("accounts:join", "accounts:sign-in", "accounts:password-reset", "accounts:confirm-email"):
        sign_in(client, rose, verified=True)
    return client


def state() -> dict[str, list[Any]]:
    """Return every row of both databases but those of sessions, where messages wait, and the count of tries."""
    found = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                if table not in ("security_session", "security_allowance"):
                    cursor.execute(f'SELECT * FROM "{table}"')
                    found[f"{alias} {table}"] = sorted(map(repr, cursor.fetchall()))
    return found


class Try:
    """Sends something, looks at the answer and at what became of the rows, and takes it all back."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def before(self) -> dict[str, list[Any]]:
        return state()

    def read(self, where: str) -> Any:
        """Ask for a page. Whether it wrote anything is for ``wrote_nothing`` to say."""
        assert self.before
        answer = self.client.get(where)
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == 503, where[:200]
        return answer

    def wrote_nothing(self) -> bool:
        return state() == self.before

    def __call__(self, method: str, where: str, body: bytes = b"", kind: str = "", *, refused: bool = False) -> Any:
        before, cookies = self.before, self.client.cookies.copy()
        with ExitStack() as undone:
            for alias in connections:
                undone.enter_context(transaction.atomic(alias))
            kind = kind or "application/x-www-form-urlencoded"
            answer = self.client.generic(method, where, body, content_type=kind)
            after = state()
            for alias in connections:
                transaction.set_rollback(True, using=alias)
        self.client.cookies = cookies
        cache.clear()
        told = f"{method} {where[:200]} with {body[:200]!r}: {answer.status_code}"
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == 503, told
        is_done = answer.status_code == HTTPStatus.FOUND or (
            where.startswith(ANSWERED_AT_ONCE) and answer.status_code == HTTPStatus.OK
        )
        if refused or method != "POST" or not is_done:
            assert after == before, told
        assert not [row for rows in after.values() for row in rows if "x" * 5000 in row], told
        if refused:
            assert answer.status_code == HTTPStatus.OK or 400 <= answer.status_code < 500, told
        return answer


def form(filled: dict[str, str], name: str, raw: bytes) -> bytes:
    rest = urlencode({key: value for key, value in filled.items() if key != name}).encode()
    return rest + b"&" + quote(name).encode() + b"=" + raw


def stored(member: Member, column: str) -> bytes:
    with connections["default"].cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "accounts_profile" WHERE "member_id" = %s', [member.pk])
        return bytes(cursor.fetchone()[0])
