"""The policy as the public reads it, in a browser: every look, axe, and without script."""

from datetime import timedelta

import pytest
from django.utils import timezone

from privacy.models import PolicyVersion
from privacy.policy.first import first_policy_text
from tests.privacy.publishing import publish

from .conftest import Opens, Town
from .test_accessibility import assert_sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.promise("I1")]


@pytest.fixture
def more_versions(town: Town) -> None:
    """Have a version to come, and one before: since then a clause is gone, one is new, and some have other words."""
    before, _mark, after = first_policy_text().partition("## g. ")
    _gone, mark, rest = after.partition("## h. ")
    text = f"{before}{mark}{rest}".replace("For 14 days", "For 30 days").replace("## a. Why we collect", "## a. Why")
    day = PolicyVersion.objects.in_force()[0].effective_at - timedelta(days=30)
    publish("0.9", text + "\n\n## Thanks\n\nFor reading.\n", min(day, timezone.now() - timedelta(days=60)), "ask")
    publish("2", first_policy_text().replace("14 days", "20 days"), timezone.now() + timedelta(days=30), "ask")


def test_its_pages(more_versions: None, town: Town, visit: Opens) -> None:
    pages = [
        "/policy/",
        "/policy/versions/",
        "/policy/versions/0.9/",
        "/policy/versions/2/",
        "/policy/changes/",
        "/policy/changes/2/",
        "/policy/data/",
        "/policy/kept/",
    ]
    wrong = ["/policy/changes/1/?from=1", "/policy/changes/0.9/"]
    assert_sound(visit(), [*pages, *wrong])
    assert_sound(visit(town.rose), ["/policy/", "/policy/changes/", "/policy/kept/"])


def test_two_versions_are_compared_without_script(more_versions: None, visit: Opens) -> None:
    page = visit(java_script_enabled=False).page
    page.goto("/policy/")
    page.get_by_role("link", name="What changed from version 0.9").click()
    assert "1 new, 1 gone" in page.get_by_role("main").inner_text()
    assert page.locator("ins", has_text="14").count() == 1
    assert page.locator("del", has_text="30").count() == 1
    page.get_by_text("Security unchanged").click()
    assert page.get_by_text("protected channel").is_visible()
    page.get_by_label("From version").select_option("1")
    page.get_by_label("To version").select_option("0.9")
    page.get_by_role("button", name="Compare").click()
    assert page.url.endswith("/policy/changes/0.9/?from=1")
    assert page.locator("del", has_text="14").count() == 1
    page.get_by_label("To version").select_option("1")
    page.get_by_role("button", name="Compare").click()
    assert page.get_by_role("alert").get_by_text("Choose two different versions").is_visible()
