"""The policy clause by clause, so that each has an address and the controls that carry it out beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

from .text import cleaned, reader

MARKED = re.compile(r"([a-z])\.\s+(.+)")


@dataclass(frozen=True)
class Clause:
    """A heading of the second rank and what stands under it. ``mark`` is the letter before the title, if any."""

    mark: str
    title: str
    slug: str
    html: SafeString


def clauses_of(body: str) -> tuple[SafeString, list[Clause]]:
    """Return what stands before the first clause, and the clauses."""
    markdown = reader()
    tokens = markdown.parse(body)
    starts = [place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    bounds = [*starts, len(tokens)]
    found: dict[str, Clause] = {}
    for start, end in pairwise(bounds):
        title = unescape(strip_tags(_html(markdown, tokens[start + 1 : start + 2])))
        clause = _clause(title, _html(markdown, tokens[start + 3 : end]), found)
        found[clause.slug] = clause
    return _html(markdown, tokens[: bounds[0]]), list(found.values())


def _html(markdown: MarkdownIt, tokens: Sequence[Token]) -> SafeString:
    return cleaned(markdown.renderer.render(tokens, markdown.options, {}))


def _clause(title: str, html: SafeString, before: Mapping[str, Clause]) -> Clause:
    marked = MARKED.fullmatch(title)
    mark, words = marked.groups() if marked else ("", title)
    slug = mark or slugify(words) or "clause"
    if slug in before:
        slug += "-more"
    if slug in before:
        slug += f"-{len(before) + 1}"
    return Clause(mark, words, slug, html)
