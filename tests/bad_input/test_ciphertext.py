"""A ciphertext that is typed or pasted stays text: nothing typed is ever opened."""

import base64

import pytest
from django.test import Client

from accounts.models import Member, Profile

from .sending import (
    stored,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]


WRITINGS = {
    "base64": lambda sealed: base64.b64encode(sealed).decode(),
    "urlsafe": lambda sealed: base64.urlsafe_b64encode(sealed).decode(),
    "hexadecimal": lambda sealed: sealed.hex(),
    "as PostgreSQL does": lambda sealed: "\\x" + sealed.hex(),
    "as Python does": str,
    "latin": lambda sealed: sealed.decode("latin-1"),
    "a stock token": lambda sealed: "gAAAAA" + base64.urlsafe_b64encode(sealed).decode(),
}


@pytest.mark.promise("K2")
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_ciphertext_pasted_into_a_form_stays_text(writing: str, rose: Member) -> None:
    """Somebody else's and one's own alike: nothing typed is ever opened."""
    moss = Member.objects.get(handle="moss")
    client = Client()
    client.force_login(moss, "accounts.sign_in.EmailBackend")
    for owner in (rose, moss):
        text = WRITINGS[writing](stored(owner, "city"))
        answer = client.post("/settings/profile/", {"bio": text, "employer": text[:120]}, follow=True)
        page = answer.content.decode() + client.get("/@moss/").content.decode()
        assert answer.status_code in (200, 400, 422)
        assert "Alderford" not in page
        profile = Profile.objects.get(pk=moss.pk)
        assert profile.bio in (None, text.strip())
        found = client.get("/people/", {"q": text[:120]})
        assert found.status_code in (200, 400)
        assert "Alderford" not in found.content.decode()
        made = client.post("/circles/", {"name": text[:80]}, follow=True)
        assert "Alderford" not in made.content.decode()
