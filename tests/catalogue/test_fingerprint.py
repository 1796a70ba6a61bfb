import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy, override

from catalogue import registry
from catalogue.declarations import ExternalStore, PersonalData
from catalogue.erasure import DeleteRow, Keep, Replace
from catalogue.fingerprint import fingerprint
from catalogue.registry import Registry
from catalogue.vocabulary import Audience, Basis, Category, Purpose

from .declaring import personal

FIELD = personal("city", erasure=Keep(because="the law", until=timedelta(days=1)))
OTHER = personal("street")
DATA = PersonalData("catalogue.Leaf", ("member", "friend"), (FIELD, OTHER), {"id": "a number", "at": "a time"})
TWIG = PersonalData("catalogue.Twig", ("member",))
STORE = ExternalStore("logs", "ids", timedelta(days=30))


def of(*declared, stores=(STORE,)):
    """Return the fingerprint of a catalogue that holds just this."""
    fresh = Registry(*declared)
    for store in stores:
        fresh.register_store(store)
    with registry.isolated(fresh):
        return fingerprint()


def with_field(**attributes):
    return replace(DATA, fields=(replace(FIELD, **attributes), OTHER))


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": "town"},
        {"category": Category.REGISTRATION},
        {"purpose": Purpose.SAFETY},
        {"basis": Basis.CONSENT},
        {"keep_for": timedelta(days=3), "counted_from": "at"},
        {"audience": Audience.FRIENDS},
        {"settable": True},
        {"shareable": True},
        {"encrypted": True},
        {"masked": False},
        {"searchable": True},
        {"derived_from": "at"},
        {"erasure": Replace("gone")},
        {"erasure": Replace("lost")},
        {"erasure": Keep(because="another law", until=timedelta(days=1))},
        {"erasure": Keep(because="the law")},
    ],
    ids=str,
)
def test_every_attribute_of_a_field_changes_it(attributes):
    assert of(with_field(**attributes), TWIG) != of(DATA, TWIG)


def test_all_replacements_differ_from_each_other():
    rules = [Replace("gone"), Replace("lost"), Replace(of), Replace(with_field), Replace(None), Keep(because="gone")]
    assert len({of(with_field(erasure=rule)) for rule in rules} | {of(with_field())}) == len(rules) + 1
    assert of(with_field(erasure=DeleteRow())) != of(with_field())


@pytest.mark.parametrize(
    "changed",
    [
        replace(DATA, model="catalogue.Root"),
        replace(DATA, subjects=("member",)),
        replace(DATA, known_to=("friend",)),
        replace(DATA, fields=(FIELD,)),
        replace(DATA, not_personal={"id": "a number"}),
    ],
)
def test_every_part_of_a_declaration_changes_it(changed):
    assert of(changed) != of(DATA)


def test_every_part_of_a_store_changes_it():
    changed = [
        replace(STORE, name="log"),
        replace(STORE, holds="addresses"),
        replace(STORE, keep_for=timedelta(days=31)),
        replace(STORE, erase=print),
    ]
    assert len({of(DATA, stores=[store]) for store in [STORE, *changed]} | {of(DATA, stores=[])}) == 6


def test_order_does_not_change_it():
    turned = PersonalData("catalogue.Leaf", ("friend", "member"), (OTHER, FIELD), {"at": "a time", "id": "a number"})
    assert of(turned, TWIG) == of(TWIG, DATA)


def test_wording_does_not_change_it():
    reworded = replace(with_field(label="Town", why=gettext_lazy("So.")), not_personal={"id": "#", "at": "when"})
    assert of(reworded) == of(DATA)


@pytest.mark.parametrize("language", ["en-gb", "de", None])
def test_the_reader_s_language_does_not_change_it(language):
    lazy = with_field(erasure=Keep(because=gettext_lazy("Yes"), until=timedelta(days=1)))
    plain = with_field(erasure=Keep(because="Yes", until=timedelta(days=1)))
    with override(language):
        assert of(lazy) == of(plain)
    assert of(DATA, stores=[replace(STORE, holds=lazystr("ids"))]) == of(DATA)


def test_another_process_comes_to_the_same_result():
    program = "import django; django.setup(); from catalogue.fingerprint import fingerprint; print(fingerprint())"
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    )
    assert told.stdout.strip().splitlines()[-1] == fingerprint()
