"""What each kind of event means to a member, and where they do something about it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import Kind

SESSIONS, PASSWORD, OVERVIEW = "security:sessions", "accounts:password-change", "security:settings"
EMAIL, PHONE = "accounts:settings-email", "accounts:settings-phone"
AUDIENCES, PATH = "privacy:settings-privacy", "security:gave-away"


@dataclass(frozen=True)
class Meaning:
    """``title`` is said of the account, ``text`` is what follows from it; ``page`` is where ``act`` is done."""

    title: Any
    text: Any
    page: str
    act: Any


_SEE_SESSIONS, _SEE_STEPS = _("See where you are signed in"), _("Look over your second steps")
_SEE_ADDRESS, _SEE_PHONE = _("Look at your e-mail address"), _("Look at your phone number")
_NEW_PASSWORD = _("Change the password")

MEANINGS: dict[str, Meaning] = {
    Kind.SIGNED_IN: Meaning(
        _("Somebody signed in"), _("In a browser and a network that we had seen before."), SESSIONS, _SEE_SESSIONS
    ),
    Kind.NEW_BROWSER: Meaning(
        _("Somebody signed in from a new browser"),
        _(
            "They knew your password or had a passkey of yours, and did the second step if there is one. The browser "
            "is new to us, or was forgotten when it was said that it was not you."
        ),
        SESSIONS,
        _SEE_SESSIONS,
    ),
    Kind.NEW_NETWORK: Meaning(
        _("Somebody signed in from a new network"),
        _("The browser was known, but not where it was. Travelling, or another provider, looks like this."),
        SESSIONS,
        _SEE_SESSIONS,
    ),
    Kind.MANY_FAILURES: Meaning(
        _("Somebody tries to sign in as you"),
        _("Many passwords or codes were tried, all wrong. We slow that down. We tell you once a day at most."),
        PASSWORD,
        _NEW_PASSWORD,
    ),
    Kind.PASSWORD_CHANGED: Meaning(
        _("Your password was changed"),
        _("It is another one now. Every other browser was signed out."),
        PASSWORD,
        _NEW_PASSWORD,
    ),
    Kind.PASSWORD_RESET: Meaning(
        _("Your password was changed by a mailed link"),
        _("It is another one now. Every browser was signed out."),
        PASSWORD,
        _NEW_PASSWORD,
    ),
    Kind.FACTOR_ADDED: Meaning(
        _("A second step was added"),
        _("It can be used to sign in from now on, and so can recovery codes that were made with it."),
        OVERVIEW,
        _SEE_STEPS,
    ),
    Kind.FACTOR_REMOVED: Meaning(_("A second step was removed"), _("It opens nothing any more."), OVERVIEW, _SEE_STEPS),
    Kind.CODES_MADE: Meaning(
        _("New recovery codes were made"), _("Earlier ones open nothing any more."), OVERVIEW, _SEE_STEPS
    ),
    Kind.FIRST_CODES: Meaning(
        _("Recovery codes were made with a second step"),
        _("Each does the second step once."),
        OVERVIEW,
        _SEE_STEPS,
    ),
    Kind.CODE_USED: Meaning(_("A recovery code was used"), _("It opens nothing any more."), OVERVIEW, _SEE_STEPS),
    Kind.EMAIL_ASKED: Meaning(
        _("Another e-mail address was asked for"),
        _("It counts once it is confirmed. Until then this can be stopped."),
        EMAIL,
        _SEE_ADDRESS,
    ),
    Kind.EMAIL_CHANGED: Meaning(
        _("Your e-mail address was changed"),
        _("From now on it takes the new one to sign in, and our mails go there."),
        EMAIL,
        _SEE_ADDRESS,
    ),
    Kind.EMAIL_STOPPED: Meaning(
        _("The change of your e-mail address was stopped"), _("It is the one it was."), EMAIL, _SEE_ADDRESS
    ),
    Kind.PHONE_VERIFIED: Meaning(
        _("A phone number was confirmed"), _("We know that it reaches you."), PHONE, _SEE_PHONE
    ),
    Kind.PHONE_ADDED: Meaning(_("A phone number was added"), _("There was none before."), PHONE, _SEE_PHONE),
    Kind.PHONE_CHANGED: Meaning(_("Your phone number was changed"), _("It is another one now."), PHONE, _SEE_PHONE),
    Kind.PHONE_REMOVED: Meaning(_("Your phone number was removed"), _("There is none now."), PHONE, _SEE_PHONE),
    Kind.SESSIONS_ENDED: Meaning(
        _("You were signed out elsewhere"), _("Whoever was there has to sign in again."), SESSIONS, _SEE_SESSIONS
    ),
    Kind.NOT_ME: Meaning(
        _("Somebody said that it was not you"),
        _("Every browser was signed out, and the password is worth nothing until a new one is set."),
        PATH,
        _("Go on where you left off"),
    ),
    Kind.NOT_ME_STEPS: Meaning(
        _("Somebody said that it was not you"),
        _(
            "Every browser was signed out, and the password is worth nothing until a new one is set. Second steps "
            "that were added of late open nothing without the new password, and those of members go after 24 hours. "
            "They are yours? Then sign in with the new password and one of them: that one stays."
        ),
        PATH,
        _("Go on where you left off"),
    ),
    Kind.STEPS_KEPT: Meaning(
        _("A second step was kept after all"),
        _("Whoever used it knew your new password. It opens your account as before."),
        OVERVIEW,
        _SEE_STEPS,
    ),
    Kind.GAVE_AWAY: Meaning(
        _("You said that somebody knows your password"),
        _("A few steps make your account yours again."),
        PATH,
        _("Go on where you left off"),
    ),
    Kind.ROLES_CHANGED: Meaning(
        _("Your roles were changed"), _("Every browser was signed out for it."), OVERVIEW, _("Look at your security")
    ),
    Kind.CANCELLED: Meaning(
        _("Your account was cancelled"),
        _("You were invisible from then on, and everybody was signed out."),
        OVERVIEW,
        _("Look at your security"),
    ),
    Kind.ACCOUNT_KEPT: Meaning(
        _("Your account was kept after all"),
        _("You signed in, or used the link in our mail, before it was erased."),
        OVERVIEW,
        _("Look at your security"),
    ),
    Kind.STEPS_SEEN: Meaning(_("You looked over your second steps"), "", OVERVIEW, _SEE_STEPS),
    Kind.CONTACT_SEEN: Meaning(_("You looked over your e-mail address and phone number"), "", EMAIL, _SEE_ADDRESS),
    Kind.AUDIENCES_SEEN: Meaning(_("You looked over who sees what"), "", AUDIENCES, _("Look again")),
}
