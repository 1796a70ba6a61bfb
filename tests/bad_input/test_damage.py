"""What does not open reads *unavailable*, whatever has become of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from accounts.models import Member, Profile
from accounts.roles import assign_roles, sync_roles
from catalogue.vocabulary import Audience
from encryption.fields import UNAVAILABLE
from privacy.fields import bearers
from tests.factories import VALUES, make_member, sign_in

from .sending import stored

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]


SEALED = [field.name for field in Profile._meta.concrete_fields if getattr(field, "sealed", False)]
FOREIGN = bytes.fromhex("01000100000001") + b"\x5a" * 60


def store(member: Member, column: str, value: Any, table: str = "accounts_profile", key: str = "member_id") -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s', [value, member.pk])


def damages(column: str, rose: Member, moss: Member) -> dict[str, Any]:
    """Return what a column may be found to hold: cut, altered, moved, foreign, no envelope at all."""
    own, other = stored(rose, column), "bio" if column != "bio" else "city"
    flipped = bytearray(own)
    flipped[-20] ^= 1
    return {
        "altered": bytes(flipped),
        "cut": own[:-1],
        "a stump": own[:7],
        "empty": b"",
        "longer": own + b"\0",
        "of another column": stored(rose, other),
        "of another member": stored(moss, column),
        "of a foreign key": FOREIGN,
        "plain": b"Planted in the open",
    }


def pages_of(rose: Member, moss: Member, *, few: bool) -> Iterator[tuple[str, Any]]:
    """Yield every page that shows a value of rose's, as she, another member, a visitor and staff see it."""
    chief = make_member("chief")
    assign_roles(chief, ["superuser"])
    own = ("/", "/@rose/", "/@rose/?as=member", "/@rose/?as=@moss", "/settings/profile/", "/settings/privacy/")
    own += ("/settings/check-up/", "/settings/check-up/?step=born", "/friends/", "/circles/", "/people/")
    own += tuple(
        f"/{way}/{name}/" for name in ("city", "birthday", "picture") for way in ("settings/privacy", "@rose/sees")
    )
    others = ("/@rose/", "/people/", "/people/?q=rose", "/people/?q=Alderford", "/", "/blocks/add/rose/")
    asked = {
        rose: own,
        moss: others,
        None: others[:4],
        chief: (f"/admin/accounts/member/{rose.pk}/change/", "/admin/accounts/member/"),
    }
    if few:
        asked = {rose: ("/settings/privacy/", "/@rose/"), moss: ("/people/?q=rose",)}
    for who, addresses in asked.items():
        client = Client()
        if who is not None:
            sign_in(client, who)
        for where in addresses:
            yield f"{who}: {where}", client.get(where)


@pytest.mark.promise("K2")
@pytest.mark.parametrize("column", SEALED)
def test_what_does_not_open_reads_unavailable_and_is_not_repeated(
    column: str, caplog: pytest.LogCaptureFixture
) -> None:
    everyone = dict.fromkeys(bearers(), Audience.EVERYONE)
    everyone.pop("email")
    rose = make_member("rose", audiences=everyone, picture="6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a11", **VALUES)
    moss = make_member(
        "moss", picture="6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a12", **{**VALUES, "city": "Mossley", "bio": "Of moss."}
    )
    sync_roles()
    for damage, value in damages(column, rose, moss).items():
        store(rose, column, value)
        assert getattr(Profile.objects.get(pk=rose.pk), column) is UNAVAILABLE
        with transaction.atomic():
            pages = dict(pages_of(rose, moss, few=damage not in ("altered", "plain")))
            transaction.set_rollback(True)
        assert {where: page.status_code for where, page in pages.items()} == dict.fromkeys(pages, 200), damage
        for where, page in pages.items():
            assert "Planted in the open" not in page.content.decode(), (damage, where)
        assert "unavailable" in pages["@rose: /settings/privacy/"].content.decode(), damage
        assert stored(rose, column) == value
    assert "Planted" not in caplog.text
    assert not [text for text in map(str, VALUES.values()) if len(text) > 5 and text in caplog.text]
    assert not [sealed for sealed in (FOREIGN.hex(), FOREIGN[:12].hex()) if sealed in caplog.text]
