"""Who is erased in these tests, and the clock by which."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.cancelling import cancel
from accounts.models import Member
from accounts.pictures import set_picture
from notifications.channels.kinds import EVERYWHERE
from notifications.notices import Category
from notifications.preferences import choose
from notifications.sending import notify
from notifications.topics import Topic
from notifications.written import WORDS
from security.events import happened
from security.models import Kind
from security.observing import Observation
from tests import factories

GRACE_IS_OVER = timedelta(days=14, minutes=1)


def picture() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    return SimpleUploadedFile("picture.png", file.getvalue())


@pytest.fixture
def leaver() -> Member:
    """Return a member with something in most places, who has cancelled."""
    fern = factories.make_member("fern")
    member = factories.make_member("gone", email="gone@example.org", **factories.VALUES)
    factories.befriend(member, fern)
    factories.make_circle(member, "Choir", fern)
    factories.make_circle(fern, "Others", member)
    factories.block(member, factories.make_member("nettle"))
    factories.sign_in_freshly(member)
    factories.add_app(member)
    set_picture(member, picture())
    choose(member, {Topic.NEWS: EVERYWHERE})
    happened(member, Kind.SIGNED_IN, seen=Observation(device="Marker device", network="192.0.2.0"))
    notify(WORDS[Category.LEGAL], member, heading="Heading", text="Text", page="")
    factories.begin_email_change(member, "new@gone.example")
    cancel(member, by=member, seen=Observation())
    return Member.objects.get(pk=member.pk)


@pytest.fixture
def later() -> Callable[..., Any]:
    """Return a clock that says when the grace is over, and how much later if told."""
    return lambda **more: timezone.now() + GRACE_IS_OVER + timedelta(**more)
