"""The policy: which version is in force, how its text is read, and who agreed to it."""

import hashlib
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt

from .models import PolicyAcceptance, PolicyVersion

TAGS = {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "hr"}


def policy_in_force() -> PolicyVersion:
    """Return the version in force. Raises ``PolicyVersion.DoesNotExist`` before the first."""
    version = PolicyVersion.objects.in_force().first()
    if version is None:
        raise PolicyVersion.DoesNotExist
    return version


def agree(member: Any, version: PolicyVersion) -> PolicyAcceptance:
    """Record that ``member`` agreed to ``version``: text, language, time. Saying so twice changes nothing."""
    evidence = {"text_digest": hashlib.sha256(version.body.encode()).hexdigest(), "language": get_language() or "en"}
    return PolicyAcceptance.objects.get_or_create(member=member, version=version, defaults=evidence)[0]


def reader() -> MarkdownIt:
    """Return what reads the Markdown of a policy: no raw HTML, no pictures."""
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def cleaned(html: str) -> SafeString:
    """Return HTML without anything that a policy has no use for; links lead to pages only."""
    clean = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "mailto"})
    return mark_safe(clean)  # noqa: S308  # cleaned one line above
