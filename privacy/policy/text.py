"""How the text of a policy is read: Markdown without raw HTML, and HTML without what a policy has no use for."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "hr"}


def reader() -> MarkdownIt:
    """Return what reads the Markdown of a policy: no raw HTML, no pictures."""
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def cleaned(html: str) -> SafeString:
    """Return HTML without anything that a policy has no use for; links lead to pages only."""
    clean = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "mailto"})
    return mark_safe(clean)  # noqa: S308  # cleaned one line above
