"""On which pages members change what is held about them, and what a few rows are about."""

from typing import Any

from notifications.notices import UnknownNotice, notice_of
from privacy.changes import label_of
from privacy.information.places import register_caption, register_place

PROFILE = (
    "display_name",
    "bio",
    "picture",
    "website",
    "pronouns",
    "city",
    "country",
    "employer",
    "school",
    "interests",
    "postal_address",
)


def register_places() -> None:
    """Say where everything is changed, once the apps are loaded."""
    register_place("accounts:settings-profile", "accounts.Profile", *PROFILE)
    register_place("accounts:settings-birth-date", "accounts.Profile", "birthday", "birth_date")
    register_place("accounts:settings-phone", "accounts.Profile", "phone", "phone_verified_at")
    register_place("privacy:settings-privacy", "accounts.Profile", "public_name", "name_for_search", "listed")
    register_place("accounts:settings-email", "accounts.Member", "email")
    register_place("accounts:password-change", "accounts.Member", "password")
    register_place("accounts:settings-profile", "accounts.Member", "time_zone")
    register_place("accounts:settings-email", "accounts.EmailChange")
    register_place("accounts:settings-profile", "accounts.Picture")
    for label in ("accounts.Friendship", "accounts.FriendRequest", "accounts.Decline"):
        register_place("accounts:friends", label)
    for label in ("accounts.Block", "accounts.Mute"):
        register_place("accounts:blocks", label)
    for label in ("privacy.Circle", "privacy.CircleMember"):
        register_place("accounts:circles", label)
    for label in ("privacy.FieldCircle", "privacy.FieldException"):
        register_place("privacy:settings-privacy", label)
        register_caption(label, lambda row: label_of(row.field))
    register_place("privacy:check-up", "privacy.FieldReview")
    register_caption("privacy.FieldReview", lambda row: label_of(row.field))
    register_place("notifications:settings", "notifications.Preference")
    register_place("notifications:inbox", "notifications.Notification")
    register_caption("notifications.Notification", _title_of)
    for label in ("security.AuthenticatorApp", "security.RecoveryCodes", "security.Passkey", "security.StepRemoval"):
        register_place("security:settings", label)
    for label in ("security.SignIn", "security.Session", "security.Browser"):
        register_place("security:sessions", label)
    register_place("security:events", "security.Event")


def _title_of(row: Any) -> str:
    try:
        return str(notice_of(row.notice).title)
    except UnknownNotice:
        return ""
