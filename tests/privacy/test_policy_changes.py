"""What changed between two versions of the policy, as a person reads it."""

import random
import re
from datetime import timedelta
from itertools import permutations

import pytest
from django.test import Client
from django.utils import timezone

from privacy.models import PolicyVersion
from privacy.policy.blocks import Block, blocks_of
from privacy.policy.clauses import clauses_of
from privacy.policy.differences import differences, longest_rising
from privacy.policy.first import first_policy_text
from privacy.policy.wording import GONE, NEW, SAME, Patience, compared, words_compared

from .publishing import publish

OLD = """Before.

## a. Why

We collect for reasons. You read them.

## b. What

Your name and your mail.

## c. Leaving

You may leave. We erase within a month.

## d. Sharing

- with partners
- with nobody else
"""
NEW_TEXT = """Before.

## a. Why

We collect for reasons, and you read them.

## b. Young members

They have the strictest settings of all.

## c. What

Your name and your mail.

## d. Sharing

- with partners under contract
- with nobody else
"""


def marks(old: str, new: str) -> dict[str, str]:
    return {each.clause.title: each.mark for each in differences(old, new).clauses}


def read(runs, *, left_out: str) -> str:
    return "".join(run.text for run in runs if run.mark != left_out)


# --- clauses ----------------------------------------------------------------------------------------------------------
@pytest.mark.promise("I1")
def test_each_clause_is_new_gone_changed_or_as_it_was():
    found = differences(OLD, NEW_TEXT)
    assert marks(OLD, NEW_TEXT) == {
        "": "same",
        "Why": "changed",
        "Young members": "new",
        "What": "same",
        "Leaving": "gone",
        "Sharing": "changed",
    }
    assert (found.changed, found.new, found.gone, found.moved, found.same) == (2, 1, 1, 0, 2)
    [what] = [each for each in found.clauses if each.clause.title == "What"]
    assert (what.old_mark, what.is_moved, what.is_worth_a_look) == ("b", False, False)


def test_a_clause_that_goes_elsewhere_has_moved_and_no_other():
    parts = OLD.split("## ")
    moved = "## ".join([parts[0], parts[4], *parts[1:4]])
    found = differences(OLD, moved)
    assert [each.clause.title for each in found.clauses if each.is_moved] == ["Sharing"]
    assert (found.moved, found.changed, found.new, found.gone) == (1, 0, 0, 0)


def test_a_clause_with_another_title_is_known_by_its_text_or_its_letter():
    assert marks(OLD, OLD.replace("## c. Leaving", "## c. Closing your account"))["Closing your account"] == "changed"
    reworded = OLD.replace("## c. Leaving", "## c. Closing").replace("within a month", "within two months")
    assert marks(OLD, reworded)["Closing"] == "changed"
    other = OLD.replace("## c. Leaving\n\nYou may leave. We erase within a month.", "## c. Leaks\n\nTell us soon!")
    assert marks(OLD, other)["Leaks"] == "new"
    assert marks(OLD, other)["Leaving"] == "gone"


def test_a_text_does_not_differ_from_itself():
    for body in (OLD, "", first_policy_text(), "## a. One\n\n## a. One\n\n## a. One\n"):
        found = differences(body, body)
        assert not found.is_any
        assert found.same == len(found.clauses)


def test_a_link_that_leads_elsewhere_is_a_change_of_words_and_bold_letters_are_not():
    old = "## a. One\n\nSee [here](https://a.example/).\n"
    [clause] = differences(old, old.replace("a.example", "b.example")).clauses
    assert "https://b.example/" in read(clause.lines[0].runs, left_out=GONE)
    [clause] = differences("## a. One\n\nSee it.\n", "## a. One\n\nSee *it*.\n").clauses
    assert clause.mark == "changed"
    assert clause.is_layout_only


def clauses_shuffled(rng: random.Random) -> str:
    titles = rng.sample(["Why", "What", "Leaving", "Sharing", "Leaks", "Risks", "Use", "Mail"], rng.randint(0, 8))
    parts = [
        f"## {letter}. {title}\n\n{' '.join(f'{title}{number}' for number in range(rng.randint(5, 6)))}\n"
        for letter, title in zip("abcdefgh", titles, strict=False)
    ]
    return "\n".join(parts)


@pytest.mark.parametrize("seed", range(60))
def test_no_clause_is_lost_and_none_is_told_twice(seed: int):
    """Against the simplest of oracles: titles are unique here, so a clause is known by its title alone."""
    rng = random.Random(seed)
    old, new = clauses_shuffled(rng), clauses_shuffled(rng)
    before, after = ({each.title: str(each.html) for each in clauses_of(body)[1]} for body in (old, new))
    expected = dict.fromkeys(before.keys() - after.keys(), "gone")
    expected |= dict.fromkeys(after.keys() - before.keys(), "new")
    expected |= {
        title: "same" if before[title] == after[title] else "changed" for title in before.keys() & after.keys()
    }
    found = differences(old, new).clauses
    assert {each.clause.title: each.mark for each in found} == expected
    assert len(found) == len(expected)
    assert [each.clause.title for each in found if each.mark != "gone"] == list(after)


def test_the_most_that_keep_their_order_have_not_moved():
    for numbers in permutations(range(6)):
        found = [numbers[place] for place in longest_rising(numbers)]
        assert found == sorted(found)
        assert len(found) == longest(numbers)


def longest(numbers: tuple[int, ...]) -> int:
    """Return the length of a longest rising part, the slow way."""
    length: list[int] = []
    for place, number in enumerate(numbers):
        length.append(1 + max((length[at] for at in range(place) if numbers[at] < number), default=0))
    return max(length)


# --- words ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(60))
def test_both_wordings_can_be_read_from_the_marks(seed: int):
    rng = random.Random(seed)
    old, new = (
        " ".join(rng.choice(["we", "you", "may", "not,", "erase.", "it:", "(now)"]) for _ in range(rng.randint(0, 30)))
        for _ in "ab"
    )
    for patience in (Patience(10**9), Patience(0)):
        runs = words_compared(old, new, patience)
        assert read(runs, left_out=NEW).split() == old.split() or squeezed(read(runs, left_out=NEW)) == squeezed(old)
        assert squeezed(read(runs, left_out=GONE)) == squeezed(new)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_only_the_words_that_changed_are_marked():
    runs = words_compared("We erase within 30 days, always.", "We erase within 14 days, always.", Patience(10**6))
    assert [(run.mark, run.text) for run in runs] == [
        (SAME, "We erase within "),
        (GONE, "30 "),
        (NEW, "14 "),
        (SAME, "days, always."),
    ]


def test_a_comma_more_changes_no_word():
    runs = words_compared("agreed to.", "agreed to, at once.", Patience(10**6))
    assert [(run.mark, run.text) for run in runs if run.mark != SAME] == [(NEW, ", at once")]


def test_words_that_are_gone_stand_apart_from_those_before():
    runs = words_compared("a website and the software", "a website, through the software", Patience(10**6))
    assert [(run.mark, run.text) for run in runs] == [
        (SAME, "a website"),
        (GONE, " and "),
        (NEW, ", through "),
        (SAME, "the software"),
    ]


def test_points_of_a_list_come_and_go_one_by_one():
    old = blocks_of("<ul><li>one thing</li><li>two things</li></ul>")
    new = blocks_of("<ul><li>one thing</li><li><p>a third, unheard of</p></li><li>two things</li></ul>")
    assert new[1] == Block("item", "a third, unheard of")
    assert [(line.mark, line.kind) for line in compared(old, new, Patience(10**6))] == [
        (SAME, "item"),
        (NEW, "item"),
        (SAME, "item"),
    ]


def hostile() -> list[tuple[str, str]]:
    words = ("a b " * 20_000, "b a " * 20_000)
    blocks = ("a\n\nb\n\n" * 4_000, "b\n\na\n\n" * 4_000)
    headings = ("## a. One\n\n" * 2_000, "## b. One\n\nx\n\n" * 2_000)
    signs = ("(" * 20_000, ")(" * 10_000)
    return [words, blocks, headings, signs]


@pytest.mark.parametrize(("old", "new"), hostile(), ids=["words", "blocks", "headings", "signs"])
def test_what_the_matcher_would_choke_on_is_compared_roughly_and_whole(old: str, new: str):
    found = differences(old, new)
    assert found.is_any
    gone = sum(len(squeezed(read(line.runs, left_out=NEW))) for each in found.clauses for line in each.lines)
    assert gone == sum(len(squeezed(block.text)) for html in all_html(old) for block in blocks_of(html))


def all_html(body: str) -> list[str]:
    preamble, clauses = clauses_of(body)
    return [preamble, *(clause.html for clause in clauses)]


def test_patience_ends():
    patience = Patience(1_000)
    assert not patience.lasts_for(["a"] * 100, ["a"] * 100)
    assert patience.lasts_for(list("abc"), list("abd"))
    assert patience.steps < 1_000


# --- the page ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def versions(db: None) -> list[PolicyVersion]:
    """Three versions in force one after the other, and a draft."""
    PolicyVersion.objects.all().delete()
    now = timezone.now()
    days = [("1", OLD, 30), ("2", NEW_TEXT, 20), ("2 b", NEW_TEXT.replace("strictest", "narrowest"), 10)]
    PolicyVersion.objects.create(number="9", body="## a. Later", effective_at=now - timedelta(days=1))
    return [publish(number, body, now - timedelta(days=ago)) for number, body, ago in days]


@pytest.mark.promise("I1")
def test_the_page_marks_words_for_the_eye_and_for_the_ear(versions):
    page = Client().get("/policy/changes/2/").content.decode()
    assert "From version 1 to version 2." in page
    assert "2 clauses changed" in page
    assert "1 new" in page
    assert "1 gone" in page
    assert re.search(r'<ins><span class="sr-only">\[new: </span>under contract<', page)
    assert re.search(r'<del><span class="sr-only">\[gone: </span>.*You may leave', page)
    assert '<details class="fold"><summary>' in page
    assert "unchanged, was clause b" in page


def test_any_two_versions_can_be_compared_either_way(versions):
    assert "From version 1 to version 2 b." in Client().get("/policy/changes/2%20b/?from=1").content.decode()
    assert "From version 2 b to version 1." in Client().get("/policy/changes/1/?from=2+b").content.decode()


def test_the_form_leads_to_the_page_without_script(versions):
    browser = Client()
    assert browser.get("/policy/changes/")["Location"] == "/policy/changes/2%20b/"
    answer = browser.get("/policy/changes/", {"from": "1", "to": "2 b"})
    assert answer["Location"] == "/policy/changes/2%20b/?from=1"
    assert browser.get(answer["Location"]).status_code == 200
    for page in ("/policy/versions/", "/policy/changes/2/"):
        assert 'action="/policy/changes/"' in browser.get(page).content.decode()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/policy/changes/?from=1&to=1", "These are the same"),
        ("/policy/changes/?from=1&to=7", "There is no such version"),
        ("/policy/changes/?from=9&to=1", "There is no such version"),
        ("/policy/changes/?to=1", "This field is required"),
        ("/policy/changes/2/?from=2", "These are the same"),
        ("/policy/changes/2/?from=nonsense", "There is no such version"),
        ("/policy/changes/2/?from=", "This field is required"),
        ("/policy/changes/2/?from=9", "There is no such version"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_the_field(versions, address: str, says: str):
    answer = Client().get(address)
    assert answer.status_code == 422
    assert says in answer.content.decode()


@pytest.mark.promise("I1")
def test_a_draft_is_as_absent_as_a_version_that_never_was(versions):
    absent = [Client().get(f"/policy/changes/{number}/") for number in ("9", "8")]
    assert [answer.status_code for answer in absent] == [404, 404]
    assert "Later" not in Client().get("/policy/changes/2/").content.decode()


def test_the_first_version_differs_from_nothing(versions):
    page = Client().get("/policy/changes/1/").content.decode()
    assert "There is nothing before version 1" in page


def test_without_a_version_there_is_nothing_to_compare(db):
    PolicyVersion.objects.all().delete()
    assert Client().get("/policy/changes/").status_code == 404


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", "[x](javascript:x)", "&lt;ins&gt;"])
def test_words_of_a_policy_stay_words(db, nasty: str):
    PolicyVersion.objects.all().delete()
    now = timezone.now()
    publish("1", "## a. One\n\nCalm.\n", now - timedelta(days=2))
    publish("2", f"## a. One {nasty}\n\nCalm {nasty}.\n\n## b. {nasty}\n\n{nasty}", now - timedelta(days=1))
    page = Client().get("/policy/changes/2/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
