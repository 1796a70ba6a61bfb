"""A password that is to open nothing any more, and is not to come back as the new one."""

from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password, identify_hasher


def withdraw_password(member: Any) -> None:
    """Make the password of ``member`` open nothing. Its digest stays, to tell whether a new one is the same."""
    if member.has_usable_password():
        member.password = f"{UNUSABLE_PASSWORD_PREFIX}{member.password}"
        member.save(update_fields=["password"])


def is_former(password: str, member: Any) -> bool:
    """Say whether this is the password that ``member`` has, or had until it was withdrawn."""
    digest = member.password.removeprefix(UNUSABLE_PASSWORD_PREFIX)
    try:
        identify_hasher(digest)
    except ValueError:
        return False  # there was none yet
    return bool(check_password(password, digest))
