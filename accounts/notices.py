"""What is told to mailboxes about accounts. None of it carries a personal value; each says why it was sent."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Notice, Parameters, register

_SOME_DAY = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)


def _leading_to(page: str) -> Callable[[Parameters], Parameters]:
    """Return what fills in the link to ``page`` that carries the token of a notice."""
    return lambda parameters: {**parameters, "link": link(page, parameters["token"])}


def _to_the_door(parameters: Parameters) -> Parameters:
    ways = {"link": link("accounts:sign-in"), "reset_link": link("accounts:password-reset")}
    return {**parameters, **ways}


def _to_a_new_password(parameters: Parameters) -> Parameters:
    """Fill in the link that was asked for, and the page from which there is another."""
    ways = {"link": link("accounts:password-reset-confirm", parameters["token"])}
    return {**parameters, **ways, "reset_link": link("accounts:password-reset")}


CONFIRM_EMAIL = register(
    Notice(
        slug="confirm-email",
        category=Category.SERVICE,
        title=_("Confirm your e-mail address"),
        context=_leading_to("accounts:confirm-email"),
        sample=lambda: {"token": "…", "until": _SOME_DAY},
        bound=True,
    )
)
ALREADY_A_MEMBER = register(
    Notice(
        slug="already-a-member",
        category=Category.SERVICE,
        title=_("You have an account already"),
        context=_to_the_door,
        sample=dict,
        bound=True,
    )
)
RESET_PASSWORD = register(
    Notice(
        slug="reset-password",
        category=Category.SECURITY,
        title=_("A new password"),
        context=_leading_to("accounts:password-reset-confirm"),
        sample=lambda: {"token": "…", "hours": 1},
        bound=True,
    )
)
CONFIRM_NEW_EMAIL = register(
    Notice(
        slug="confirm-new-email",
        category=Category.SERVICE,
        title=_("Confirm your new e-mail address"),
        context=_leading_to("accounts:email-confirm"),
        sample=lambda: {"token": "…", "until": _SOME_DAY},
        bound=True,
    )
)
EMAIL_IN_USE = register(
    Notice(
        slug="email-in-use",
        category=Category.SERVICE,
        title=_("Somebody wanted to use your address"),
        context=_to_the_door,
        sample=dict,
        bound=True,
    )
)
EMAIL_CHANGE_ASKED = register(
    Notice(
        slug="email-change-asked",
        category=Category.SECURITY,
        title=_("Another e-mail address is to take the place of yours"),
        context=_leading_to("accounts:email-stop"),
        sample=lambda: {"token": "…", "until": _SOME_DAY},
        bound=True,
    )
)
EMAIL_CHANGED = register(
    Notice(
        slug="email-changed",
        category=Category.SECURITY,
        title=_("Your e-mail address has changed"),
        context=_to_the_door,
        sample=lambda: {"asked": _SOME_DAY, "until": _SOME_DAY},
        bound=True,
    )
)
EMAIL_CHANGE_STOPPED = register(
    Notice(
        slug="email-change-stopped",
        category=Category.SECURITY,
        title=_("The change of your e-mail address was stopped"),
        context=_to_a_new_password,
        sample=lambda: {"token": "…", "hours": 2},
        bound=True,
    )
)
INVITE_TO_STAFF = register(
    Notice(
        slug="invite-to-staff",
        category=Category.SERVICE,
        title=_("An invitation to the staff"),
        context=_leading_to("accounts:invitation"),
        sample=lambda: {"token": "…", "until": _SOME_DAY},
        bound=True,
    )
)
PHONE_CODE = register(
    Notice(
        slug="phone-code",
        category=Category.SECURITY,
        title=_("A code for your phone number"),
        sample=lambda: {"code": "123456", "until": _SOME_DAY},
        bound=True,
        channels=(Channel.SMS,),
    )
)
REVIEW_INFORMATION = register(
    Notice(
        slug="review-information",
        category=Category.SERVICE,
        title=_("Is what we know about you still right?"),
        context=lambda parameters: {**parameters, "link": link("accounts:settings-profile")},
        sample=dict,
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
ACCOUNT_CANCELLED = register(
    Notice(
        slug="account-cancelled",
        category=Category.SERVICE,
        title=_("Your account is cancelled"),
        context=_leading_to("accounts:keep"),
        sample=lambda: {"token": "…", "until": _SOME_DAY, "by_staff": False},
        bound=True,
    )
)
ACCOUNT_KEPT = register(
    Notice(
        slug="account-kept",
        category=Category.SERVICE,
        title=_("Your account stays"),
        context=_to_the_door,
        sample=dict,
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
CONFIRM_BIRTH_DATE = register(
    Notice(
        slug="confirm-birth-date",
        category=Category.SERVICE,
        title=_("A question about your account"),
        context=lambda parameters: {**parameters, "link": link("accounts:settings-birth-date")},
        sample=dict,
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
BIRTH_DATE_SETTLED = register(
    Notice(
        slug="birth-date-settled",
        category=Category.SERVICE,
        title=_("We have looked at your account"),
        context=lambda parameters: {**parameters, "link": link("accounts:settings-birth-date")},
        sample=lambda: {"is_changed": True},
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
