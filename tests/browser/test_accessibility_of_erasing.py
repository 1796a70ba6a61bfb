"""The pages of erasing: how far it has come, what the law holds, and whether a certificate is ours."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import assign_roles
from privacy import holds
from privacy.erasure import erase_now
from privacy.erasure.plan import begin
from privacy.models import ErasureRequest, LegalHold
from tests import factories

from .conftest import Opens, Town
from .test_accessibility import assert_sound, look_at

pytestmark = [pytest.mark.browser, pytest.mark.promise("D1"), pytest.mark.promise("D4")]


@pytest.fixture
def hold(town: Town) -> LegalHold:
    notary = factories.make_member("notary")
    assign_roles(notary, ["legal"])
    until = timezone.now() + timedelta(days=60)
    named = {"ground": "court", "reference": "1/26", "held": ["security.Event"], "secret_until": None}
    asked = holds.ask(town.moss, until=until, by=notary, **named)  # type: ignore[arg-type]
    holds.approve(asked, until=until, by=town.warden)
    return LegalHold.objects.get()


@pytest.fixture
def under_way(town: Town) -> ErasureRequest:
    """Have somebody erased, with a step of each state."""
    request = erase_now(factories.make_member("sorrel"), by=town.warden, because="case 7")
    begin(request.pk, timezone.now())
    names = request.steps.order_by("stage", "position")
    states = ("done", "running", "held", "failed", "escalated")
    for step, state in zip(names, states, strict=False):
        step.state, step.error = state, "OSError" if state == "failed" else ""
        step.done_at = timezone.now() if state == "done" else None
        step.save()
    return request


def test_the_pages_of_erasing(town: Town, visit: Opens, hold: LegalHold, under_way: ErasureRequest) -> None:
    pages = [
        reverse("admin:privacy_erasurerequest_change", args=[under_way.pk]),
        reverse("admin:privacy_legalhold_add"),
    ]
    pages += [reverse(f"admin:privacy_legalhold_{way}", args=[hold.pk]) for way in ("change", "extend")]
    lists = [reverse(f"admin:privacy_{name}_changelist") for name in ("erasurerequest", "legalhold")]
    warden = visit(town.warden)
    assert_sound(warden, [*pages, *lists])
    warden.page.goto(pages[1])
    warden.page.get_by_role("button", name="Ask for it").click()
    wrong = list(look_at(warden))
    assert not wrong, "\n".join(wrong)
    assert_sound(visit(town.moss), ["/settings/cancel/"])


def test_the_page_that_checks_certificates(town: Town, visit: Opens) -> None:
    visitor = visit()
    visitor.page.goto("/erasure/verify/")
    visitor.page.get_by_label("Certificate").fill("{}")
    visitor.page.get_by_role("button", name="Check it").click()
    visitor.page.get_by_role("alert").wait_for()
    wrong = list(look_at(visitor))
    assert not wrong, "\n".join(wrong)
