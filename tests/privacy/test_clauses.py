"""The policy, clause by clause."""

import pytest
from django.utils.html import conditional_escape

from privacy.policy.clauses import clauses_of
from privacy.policy.first import first_policy_text


def test_each_clause_has_its_letter_and_an_address_of_its_own():
    preamble, clauses = clauses_of(first_policy_text())
    assert "Hedgerow is a place where people meet" in preamble
    assert [clause.mark for clause in clauses] == [*"abcdefghijklmn", ""]
    assert len({clause.slug for clause in clauses}) == len(clauses)
    assert clauses[4].title == "Who sees what"
    assert "You choose an audience" in clauses[4].html


def test_nothing_of_the_text_is_lost():
    body = "Before\n\n## a. Q & A\n\nFirst [link][1]\n\n## Two\n\n### Below\n\n## a. *One*\n\nAgain\n\n[1]: /policy/\n"
    preamble, clauses = clauses_of(body)
    assert preamble == "<p>Before</p>\n"
    assert [(clause.slug, clause.title) for clause in clauses] == [("a", "Q & A"), ("two", "Two"), ("a-more", "One")]
    assert '<a href="/policy/" rel="noopener noreferrer">link</a>' in clauses[0].html
    assert "<h3>Below</h3>" in clauses[1].html


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", "![x](https://example.org/x.png)", "[x](javascript:x)"])
def test_a_text_brings_no_scripts_pictures_or_odd_links(nasty: str):
    preamble, clauses = clauses_of(f"{nasty}\n\n## a. {nasty}\n\n{nasty}\n")
    for html in (preamble, clauses[0].html, conditional_escape(clauses[0].title)):
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html


def test_a_policy_without_headings_is_all_preamble():
    assert clauses_of("Only this.") == ("<p>Only this.</p>\n", [])
