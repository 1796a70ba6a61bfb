"""People and ties for tests, made with as little as a test has to say."""

import time
from datetime import date
from typing import Any

from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Block, EmailChange, Friendship, Member, Profile
from accounts.sign_in import BACKEND
from catalogue.vocabulary import Audience
from privacy.audiences import publish_name
from privacy.models import Circle, CircleMember, FieldCircle, FieldException
from security import recovery, tokens
from security.authenticator import code_at, keep_app, new_secret
from security.events import happened
from security.models import AuthenticatorApp, Kind
from security.observing import Observation
from security.signing_in import FRESH, VERIFIED

PASSWORD = "hedge-and-meadow-26"  # of people who live in tests only
ADULT = date(1990, 4, 1)
VALUES: dict[str, Any] = {
    "display_name": "Rose",
    "bio": "Has beans to spare.",
    "website": "https://beans.example.org/",
    "pronouns": "she/her",
    "city": "Alderford",
    "country": "GB",
    "employer": "Alderford Library",
    "school": "Mill Lane School",
    "interests": ["beans", "bells"],
    "birth_date": ADULT,
    "phone": "+447700900123",
    "postal_address": "3 Mill Lane\nAlderford",
}


def make_member(handle: str, *, audiences: dict[str, Audience] | None = None, **values: Any) -> Member:
    """Return a confirmed, listed adult; ``values`` are profile fields, ``listed`` or fields of the member."""
    own = {
        name: values.pop(name)
        for name in list(values)
        if name in ("is_staff", "is_superuser", "is_active", "cancelled_at")
    }
    verified = values.pop("email_verified_at", timezone.now())
    email, password = values.pop("email", f"{handle}@example.org"), values.pop("password", PASSWORD)
    member = Member.objects.create_user(handle, email, password, email_verified_at=verified, **own)
    profile = Profile.objects.get(pk=member.pk)
    for name, value in ({"listed": True, "birth_date": ADULT} | values).items():
        setattr(profile, name, value)
    for name, audience in (audiences or {}).items():
        setattr(profile, f"{name}_audience", audience)
    publish_name(profile)
    profile.save()
    return Member.objects.get(pk=member.pk)


def befriend(one: Member, other: Member) -> None:
    Friendship.objects.create(person=one, friend=other)
    Friendship.objects.create(person=other, friend=one)


def block(blocker: Member, blocked: Member) -> None:
    Block.objects.create(blocker=blocker, blocked=blocked)


def make_circle(owner: Member, name: str, *people: Member) -> Circle:
    circle = Circle.objects.create(owner=owner, name=name)
    CircleMember.objects.bulk_create(CircleMember(circle=circle, person=person) for person in people)
    return circle


def show_to_circles(owner: Member, field: str, *circles: Circle) -> None:
    profile = Profile.objects.get(pk=owner.pk)
    setattr(profile, f"{field}_audience", Audience.CIRCLES)
    profile.save(update_fields=[f"{field}_audience"])
    choose_circles(owner, field, *circles)


def choose_circles(owner: Member, field: str, *circles: Circle) -> None:
    """Write down circles for a field, whatever its audience is."""
    FieldCircle.objects.bulk_create(FieldCircle(owner=owner, field=field, circle=circle) for circle in circles)


def except_from(owner: Member, field: str, *people: Member) -> None:
    FieldException.objects.bulk_create(FieldException(owner=owner, field=field, person=person) for person in people)


# --- signing in ---------------------------------------------------------------------------------------------------
def add_app(member: Member, name: str = "Telephone") -> AuthenticatorApp:
    """Give a member an authenticator app."""
    return keep_app(member, new_secret(), name)


def make_codes(member: Member) -> list[str]:
    """Give a member recovery codes, and return them."""
    return recovery.make_codes(member, seen=Observation())


def code_of(app: AuthenticatorApp, *, later: int = 0) -> str:
    """Return the code that an app shows now, or some half minutes later."""
    return code_at(app.secret, int(time.time()) // 30 + later)


def sign_in(client: Client, member: Member, *, verified: bool | None = None) -> Client:
    """Sign a member in as the site does, password just typed; staff with a second step just done, unless told."""
    client.force_login(member, BACKEND)
    session = client.session
    session[FRESH] = int(time.time())
    if member.is_staff if verified is None else verified:
        app = AuthenticatorApp.objects.filter(user=member, confirmed=True).first() or add_app(member)
        session[DEVICE_ID_SESSION_KEY] = app.persistent_id
        session[VERIFIED] = int(time.time())
    session.save()
    return client


def sign_in_freshly(member: Member, browser: Client | None = None) -> Client:
    """Return a browser in which ``member`` has just signed in, so that nobody asks for the password again."""
    return sign_in(browser or Client(), member)


def begin_email_change(member: Member, address: str) -> tuple[str, str]:
    """Have ``member`` ask for another address; return the tokens that confirm it and that stop it."""
    event = happened(member, Kind.EMAIL_ASKED)
    EmailChange.objects.create(member=member, event=event, former=member.email, new=address, asked_at=event.at)
    return tokens.issue(member, tokens.CHANGE_EMAIL), tokens.issue(member, tokens.STOP_EMAIL, event=event)


def let_time_pass(browser: Client) -> None:
    """Make the session of ``browser`` one that has shown who it is too long ago."""
    session = browser.session
    session.pop(FRESH, None)
    session.save()
