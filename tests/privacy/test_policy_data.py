"""The public list of everything that is held is the catalogue, whole and in words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow, Keep
from catalogue.registry import Registry, isolated, personal_data, stores
from catalogue.vocabulary import Audience, Basis, Category, Purpose
from privacy.models import FieldDefault
from privacy.policy.data_table import data_table, in_words, kept_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("A1")]


def page() -> str:
    answer = Client().get("/policy/data/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_everything_declared_is_on_the_page_by_its_kind():
    rows = [each for kind in data_table() for each in kind.held]
    declared = [field for data in personal_data() for field in data.fields]
    assert len(rows) == len(declared)
    for kind in data_table():
        of_kind = [str(field.label) for field in declared if field.category == kind.category]
        assert sorted(str(each.what) for each in kind.held) == sorted(of_kind)
    assert str(data_table()[0].held[0].what) == "Handle"
    shown = page()
    assert shown.count('role="rowheader"') == len(declared)
    for field in declared:
        assert escape(str(field.label)) in shown
        assert escape(str(field.basis.label)) in shown
    for store in stores():
        assert escape(str(store.holds))[1:] in shown


def test_a_new_declaration_appears_by_itself():
    wool = PersonalField(
        name="bio",
        label="Colour of wool",
        category=Category.OBSERVED,
        purpose=Purpose.TAILORING,
        basis=Basis.CONSENT,
        keep_for=timedelta(days=3),
        counted_from="joined_at",
        audience=Audience.MEMBERS,
        encrypted=True,
        shareable=True,
    )
    with isolated(Registry(PersonalData(model="accounts.Profile", subjects=("self",), fields=(wool,)))):
        [row] = [each for kind in data_table() for each in kind.held]
        shown = page()
    assert (row.is_sealed, row.is_shareable, row.is_settable) == (True, True, False)
    for words in ("Colour of wool", "3 days", "Members", "sealed", "for partners, if you agree", "Article 6(1)(a)"):
        assert words in shown
    assert "Colour of wool" not in page()


def test_who_sees_it_at_first_is_the_default_in_force():
    FieldDefault.objects.filter(field="city").update(audience=Audience.FRIENDS)
    [city] = [each for kind in data_table() for each in kind.held if each.what == "City"]
    assert (city.audience, city.is_settable) == (Audience.FRIENDS, True)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=365), "1 year"),
        (timedelta(days=6 * 365), "6 years"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=90), "90 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=10), "1 hour"),
    ],
)
def test_lengths_of_time_in_words(length: timedelta, words: str):
    assert in_words(length) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"erasure": Blank()}, "as long as your account"),
        ({"erasure": DeleteRow(), "keep_for": timedelta(days=7), "counted_from": "at"}, "7 days"),
        ({"erasure": Keep(because="to show it")}, "for good after your account: to show it"),
        ({"erasure": Keep(because="claims", until=timedelta(days=730))}, "2 years after your account: claims"),
    ],
)
def test_how_long_in_words(values: dict, words: str):
    field = PersonalField(name="bio", category=Category.UPLOADED, purpose=Purpose.PROFILE, **values)
    assert kept_of(field) == words
