"""The facts of the policy that only the site as a whole knows: its channel, and what is asked of staff."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from privacy.policy.facts import Reading, register_fact, switch

STAFF_STEPS = "config.staff_steps.StaffTakeASecondStep"


def encrypted_channel() -> Reading:
    """Return whether pages are answered over TLS alone. A development site at http://localhost is not."""
    return switch(on=settings.SECURE)


def strict_transport() -> Reading:
    """Return for how long a browser that was here insists on TLS."""
    days = timedelta(seconds=settings.SECURE_HSTS_SECONDS).days
    words = ngettext("for %(count)d day", "for %(count)d days", days) % {"count": days}
    return Reading(words if days else _("not asked for"), is_well=bool(days))


def secure_cookies() -> Reading:
    """Return whether cookies travel over TLS alone, and no script reads them."""
    return switch(on=bool(settings.SESSION_COOKIE_SECURE and settings.SESSION_COOKIE_HTTPONLY))


def second_step_of_staff() -> Reading:
    """Return whether every page wants a second step of staff."""
    return switch(on=STAFF_STEPS in settings.MIDDLEWARE)


def idle_staff() -> Reading:
    """Return after how long a session of staff that nobody uses ends."""
    minutes = settings.STAFF_IDLE // 60
    return Reading(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})


def register() -> None:
    """Add all of them."""
    for promise, label, read in (
        ("K1", gettext_lazy("Encrypted channel only"), encrypted_channel),
        ("K1", gettext_lazy("Browsers are told to insist on it (HSTS)"), strict_transport),
        ("K1", gettext_lazy("Cookies go that way only"), secure_cookies),
        ("K3", gettext_lazy("Second step of staff"), second_step_of_staff),
        ("K3", gettext_lazy("A session of staff that nobody uses ends after"), idle_staff),
    ):
        register_fact(promise, label, read)
