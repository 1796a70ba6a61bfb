"""What ends by itself: sessions, links, waiting forms, used-up allowances."""

from datetime import datetime, timedelta

from . import removing
from .models import Allowance, AuthenticatorApp, Interrupted, Session, SignIn, Token

SETTLED = timedelta(minutes=10)
CONFIRMED_WITHIN = timedelta(days=1)


def purge_expired(now: datetime) -> dict[str, int]:
    """Delete what has expired at ``now``; return how much of each. Twice does no harm."""
    return {
        "sessions": Session.objects.filter(expire_date__lte=now).delete()[0],
        # A sign-in is made before the session that names it is saved, so the young ones are left alone.
        "sign-ins": SignIn.objects.filter(sessions=None, seen_at__lte=now - SETTLED).delete()[0],
        "tokens": Token.objects.filter(expires_at__lte=now).delete()[0],
        "waiting forms": Interrupted.objects.filter(expires_at__lte=now).delete()[0],
        "secrets of apps never confirmed": AuthenticatorApp.objects.filter(
            confirmed=False, created_at__lte=now - CONFIRMED_WITHIN
        ).delete()[0],
        "second steps in question": removing.carry_out(now),
        "allowances": Allowance.objects.filter(full_at__lte=now).delete()[0],
    }
