"""What every page's shell shows: one's own face, and navigation with the current place marked."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from .pictures import picture_of

MAIN = (
    ("accounts:home", "feed", _("Home")),
    ("accounts:people", "people", _("People")),
    ("accounts:friends", "friends", _("Friends")),
    ("notifications:inbox", "bell", _("Inbox")),
    ("profile", "person", _("Profile")),
    ("privacy:settings-privacy", "shield", _("Privacy")),
    ("privacy:policy", "proof", _("Policy")),
)
SETTINGS = (
    ("accounts:settings-profile", "person", _("Profile")),
    ("privacy:settings-privacy", "eye", _("Who sees what")),
    ("privacy:check-up", "lock-on", _("Check-up")),
    ("privacy:information", "ledger", _("Your information")),
    ("accounts:circles", "circle", _("Circles")),
    ("accounts:blocks", "block", _("Blocks and mutes")),
    ("notifications:settings", "bell", _("Notices")),
    ("security:settings", "key", _("Security")),
    ("accounts:settings-cancel", "close", _("Leave for good")),
)
# Left out of the bar of a telephone: they are in the menu, and at the foot of every page.
WIDE = ("profile", "privacy:policy")
# Pages that belong to one of these, and whose address does not begin as its does.
WITHIN = {
    "accounts:settings-profile": ("accounts:settings-phone", "accounts:settings-birth-date"),
    "security:settings": ("accounts:settings-email", "accounts:password-change"),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return face and navigations of a signed-in member; visitors get none, and cost nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"shell": {"navigation": [], "settings": []}}
    own_page = reverse("accounts:profile", args=[request.user.get_username()])
    return {
        "shell": {
            # Asked for by the pages that have a top bar, and by no other answer.
            "own": {"picture": SimpleLazyObject(partial(picture_of, request.user.pk))},
            "navigation": [_item(request, *item, own_page=own_page) for item in MAIN],
            "settings": [_item(request, *item, own_page=own_page) for item in SETTINGS],
        }
    }


def _item(request: HttpRequest, name: str, icon: str, label: Any, *, own_page: str) -> dict[str, Any]:
    url = own_page if name == "profile" else reverse(name)
    places = (url, *map(reverse, WITHIN.get(name, ())))
    current = request.path == url or any(place != "/" and request.path.startswith(place) for place in places)
    is_inbox = name == "notifications:inbox"
    return {"url": url, "icon": icon, "label": label, "current": current, "wide": name in WIDE, "is_inbox": is_inbox}
