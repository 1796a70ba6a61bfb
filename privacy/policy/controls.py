"""Where each clause of the policy is carried out: the page or the control that stands beside it.

Pages are named by their addresses, which are what the outside may rely on. One that is not there is left out, so that
the policy never leads nowhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Control:
    """A page where a clause is carried out. An open one asks nobody to sign in."""

    address: str
    label: str | Promise
    icon: str
    is_open: bool = False

    @property
    def exists(self) -> bool:
        """Say whether the site has this page."""
        try:
            resolve(self.address)
        except Resolver404:
            return False
        return True


DATA = Control("/policy/data/", _("Everything that is held"), "ledger", is_open=True)
KEPT = Control("/policy/kept/", _("How each clause is kept"), "proof", is_open=True)
VERSIONS = Control("/policy/versions/", _("All versions"), "clock", is_open=True)
CHANGES = Control("/policy/changes/", _("What changed"), "repost", is_open=True)
AGREED = Control("/policy/agreed/", _("What you agreed to"), "check")
INFORMATION = Control("/settings/information/", _("Your information"), "eye")
DOWNLOAD = Control("/settings/information/download/", _("Take a copy"), "download")
PROFILE = Control("/settings/profile/", _("See and change it"), "person")
EMAIL = Control("/settings/email/", _("Your e-mail address"), "mail")
PHONE = Control("/settings/phone/", _("Your phone number"), "phone")
CANCEL = Control("/settings/cancel/", _("Close your account"), "cancel")
CERTIFICATE = Control("/erasure/verify/", _("Check a certificate of erasure"), "proof", is_open=True)
AUDIENCES = Control("/settings/privacy/", _("Who sees what"), "eye")
CHECK_UP = Control("/settings/check-up/", _("Check-up"), "lock-on")
CIRCLES = Control("/circles/", _("Circles"), "circle")
NOTICES = Control("/settings/notices/", _("What we write to you about"), "bell")
EMAIL_AUDIENCE = Control("/settings/privacy/email/", _("Who sees your e-mail"), "mail")
PHONE_AUDIENCE = Control("/settings/privacy/phone/", _("Who sees your phone"), "phone")
BLOCKS = Control("/blocks/", _("Blocks"), "block")
SHARING = Control("/settings/sharing/", _("Partners"), "partner")
DISCLOSURES = Control("/settings/disclosures/", _("Who received it"), "proof")
TRANSPARENCY = Control("/transparency/", _("How often"), "info", is_open=True)
PROTECTION = Control("/security/", _("Security and protection"), "shield", is_open=True)
SECURITY = Control("/settings/security/", _("Your password and browsers"), "key")
SESSIONS = Control("/settings/security/sessions/", _("Where you are signed in"), "key")
GAVE_AWAY = Control("/settings/security/gave-away/", _("I gave my password to somebody"), "warning")
LEAK = Control("/security/report/", _("Report a leak"), "leak", is_open=True)
BIRTH_DATE = Control("/settings/birth-date/", _("Your birth date"), "child")

# By the letter of the clause; what has none says how the text itself changes.
CONTROLS: dict[str, tuple[Control, ...]] = {
    "a": (DATA,),
    "b": (DATA, PROFILE),
    "c": (INFORMATION, DOWNLOAD, PROFILE, EMAIL, PHONE),
    "d": (CANCEL, DOWNLOAD, CERTIFICATE),
    "e": (AUDIENCES, CHECK_UP, CIRCLES),
    "f": (NOTICES, AGREED),
    "g": (EMAIL_AUDIENCE, PHONE_AUDIENCE, BLOCKS),
    "h": (SHARING, DISCLOSURES),
    "i": (DISCLOSURES, TRANSPARENCY),
    "j": (CANCEL, DOWNLOAD),
    "k": (PROTECTION, SECURITY),
    "l": (LEAK,),
    "m": (BIRTH_DATE,),
    "n": (SECURITY, SESSIONS, GAVE_AWAY),
    "": (VERSIONS, CHANGES, KEPT),
}


def controls_of(mark: str) -> list[Control]:
    """Return the pages that carry out the clause with the letter ``mark``, as far as the site has them."""
    return [control for control in CONTROLS.get(mark, ()) if control.exists]


def missing() -> Iterator[str]:
    """Yield the addresses that a clause would lead to and that the site does not have."""
    for control in {control.address: control for controls in CONTROLS.values() for control in controls}.values():
        if not control.exists:
            yield control.address
