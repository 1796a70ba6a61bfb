"""Many members erased: what names them lies in every place before, and in none after.

``ERASED`` says how many; ``make erasures`` erases a thousand.
"""

import os
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.cancelling import cancel
from accounts.erasing import erase_due
from accounts.models import Member
from accounts.picture_files import file_name, storage
from accounts.pictures import picture_of, set_picture
from accounts.profiles import update_profile
from encryption.keys import is_destroyed
from notifications.delivery import deliver
from notifications.notices import Category
from notifications.sending import notify
from notifications.written import WORDS
from privacy.download import asking, parts, preparing
from privacy.models import Download
from privacy.policy import agree, policy_in_force
from security.events import happened
from security.models import Kind
from security.observing import Observation
from tests import factories
from tests.accounts.test_pictures import encoded, upload, uploads

pytestmark = [pytest.mark.django_db(databases=["default", "keystore"]), pytest.mark.promise("D2")]
__all__ = ["uploads"]
COUNT = int(os.environ.get("ERASED", "4"))
GRACE_IS_OVER = timedelta(days=14, minutes=1)
EVERYWHERE = {
    "accounts_block",
    "accounts_friendship",
    "accounts_member",
    "accounts_profile",
    "django_admin_log",
    "notifications_notification",
    "privacy_circle",
    "privacy_download",
    "privacy_policyacceptance",
    "security_event",
    "security_session",
}
TOMBSTONES = "encryption_memberkey"


def furnish(number: int, staff: Member) -> Member:
    """Return a member with something of theirs in every place there is."""
    member = factories.make_member(f"marker{number:04}x", email=f"marker{number}@example.org", **factories.VALUES)
    update_profile(member, {"display_name": f"Marker {number:04} Name"}, by=member)
    for other in Member.objects.filter(handle__startswith="marker").exclude(pk=member.pk)[:3]:
        factories.befriend(member, other)
    factories.make_circle(member, "Choir", *Member.objects.exclude(pk=member.pk)[:2])
    factories.block(staff, member)
    factories.sign_in_freshly(member, Client())
    factories.add_app(member)
    set_picture(member, upload(encoded()))
    agree(member, policy_in_force())
    happened(member, Kind.SIGNED_IN, seen=Observation(device="Firefox", network="192.0.2.0"))
    notify(WORDS[Category.LEGAL], member, heading="Heading", text="Text", page="", occasion=str(number))
    asking.ask(member)
    LogEntry.objects.create(
        user=member,
        content_type=ContentType.objects.get_for_model(Member),
        object_id=str(member.pk),
        object_repr=f"member {member.pk}",
        action_flag=CHANGE,
    )
    return member


def cells(alias: str) -> dict[str, str]:
    """Return everything that lies in the clear in a database, as one text for each table."""
    database, found = connections[alias], {}
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = "\n".join(str(cell) for row in cursor.fetchall() for cell in row if not is_bytes(cell))
    return found


def is_bytes(cell: object) -> bool:
    return isinstance(cell, bytes | memoryview)


def places(needles: list[str]) -> set[str]:
    """Return the tables in which one of the needles lies, tombstones apart."""
    found = cells("default") | {name: text for name, text in cells("keystore").items() if name != TOMBSTONES}
    return {table for table, text in found.items() if any(needle in text for needle in needles)}


def test_what_names_them_lies_in_every_place_before_and_in_none_after(uploads, django_capture_on_commit_callbacks):
    staff = factories.make_member("warden", is_staff=True)
    members = [furnish(number, staff) for number in range(COUNT)]
    preparing.prepare_due(timezone.now())
    needles = [text for member in members for text in (member.handle, str(member.pk))]
    needles += [f"Marker {number:04} Name" for number in range(COUNT)]
    pictures = [file_name(picture_of(member.pk), "large") for member in members]
    files = [parts.name_of(number, 0) for number in Download.objects.values_list("pk", flat=True)]
    assert places(needles) >= EVERYWHERE
    assert all(storage.exists(name) for name in pictures + files)
    for member in members:
        cancel(member, by=member, seen=Observation())
    with time_machine.travel(timezone.now() + GRACE_IS_OVER), django_capture_on_commit_callbacks(execute=True):
        erase_due(timezone.now())
        deliver()
    with time_machine.travel(timezone.now() + GRACE_IS_OVER + timedelta(hours=2)):
        deliver()
        erase_due(timezone.now())
    assert places(needles) == set()
    assert all(is_destroyed(member.pk) for member in members)
    assert not any(storage.exists(name) for name in pictures + files)
    assert Member.objects.count() == 1
