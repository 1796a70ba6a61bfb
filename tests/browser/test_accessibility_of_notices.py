"""The pages about notices, those of members and those of staff, in every look and with axe."""

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.utils import timezone

from accounts.notices import REVIEW_INFORMATION
from notifications import campaigns
from notifications.campaigns import fingerprint
from notifications.gathering import advance
from notifications.letters import token_of
from notifications.models import Announcement, Campaign, Notification, State, Suppression
from notifications.notices import Category
from notifications.sending import notify
from notifications.suppression import suppress
from notifications.written import WORDS
from tests import factories

from .conftest import Opens, Town
from .test_accessibility import assert_sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADMIN = "/admin/notifications"
WRITTEN = {"heading": "The gate is open", "text": "Come in.\n\nBring boots.", "page": "/people/"}


def told(town: Town) -> str:
    """Tell rose something that reached no mailbox; return by what it is known in her inbox."""
    notify(REVIEW_INFORMATION, town.rose)
    suppress(town.rose.email, Suppression.Reason.BOUNCED, "550")
    rows = Notification.objects.filter(member=town.rose)
    rows.update(state=State.UNREACHABLE, settled_at=timezone.now(), is_read=False)
    return token_of(rows.get())


def test_the_pages_of_an_inbox(town: Town, visit: Opens) -> None:
    token = told(town)
    for is_warning in (True, False):
        until = timezone.now() + timedelta(hours=1)
        text = "The gate is closed on Sunday, since the hedge is being laid."
        Announcement.objects.create(text=text, page="/policy/", reach="all", is_warning=is_warning, ends_at=until)
    assert_sound(visit(), ["/people/"])
    assert_sound(visit(town.rose), ["/friends/", "/inbox/", f"/inbox/{token}/", "/settings/notices/"])
    suppress(town.moss.email, Suppression.Reason.COMPLAINED)
    assert_sound(visit(town.moss), ["/inbox/", "/settings/notices/"])


def test_the_pages_of_campaigns_and_of_the_outbox(town: Town, visit: Opens) -> None:
    told(town)
    author = factories.make_member("author", is_staff=True)
    draft, going = (
        Campaign(notice=WORDS[Category.LEGAL].slug, audience="everybody", parameters=WRITTEN) for _number in range(2)
    )
    for campaign in (draft, going):
        campaigns.write(campaign, by=author)
        campaigns.finish_writing(campaign)
    campaigns.approve(going, fingerprint(going), by=town.warden)
    while advance(timezone.now()):
        pass
    row = Notification.objects.filter(state=State.UNREACHABLE).latest("pk")
    some = Notification.objects.filter(campaign=going.pk).values_list("pk", flat=True)[:2]
    Notification.objects.filter(pk__in=list(some)).update(state=State.SENT, settled_at=timezone.now())
    assert_sound(
        visit(town.warden),
        [
            f"{ADMIN}/campaign/add/",
            *(f"{ADMIN}/campaign/{campaign.pk}/change/" for campaign in (draft, going)),
            f"{ADMIN}/campaign/{draft.pk}/preview/?handle=rose",
            f"{ADMIN}/campaign/{draft.pk}/preview/?handle=nobody-of-that-name",
            f"{ADMIN}/notification/",
            f"{ADMIN}/notification/{quote(token_of(row))}/change/",
            f"{ADMIN}/notification/{quote(token_of(row))}/history/",
            f"{ADMIN}/notification/texts/",
            f"{ADMIN}/notification/texts/security-alert/",
            f"{ADMIN}/announcement/add/",
            f"{ADMIN}/announcement/",
            f"{ADMIN}/suppression/",
            f"{ADMIN}/preference/",
        ],
    )
