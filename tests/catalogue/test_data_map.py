import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from catalogue import registry
from catalogue.declarations import PersonalData
from catalogue.erasure import DeleteRow
from catalogue.registry import Registry
from catalogue.vocabulary import Audience, Basis, Category, Purpose

from .declaring import personal

ADDRESS = personal(
    "address",
    category=Category.OBSERVED,
    purpose=Purpose.SECURITY,
    basis=Basis.LEGITIMATE_INTEREST,
    keep_for=timedelta(days=90),
    counted_from="seen_at",
    encrypted=True,
    erasure=DeleteRow(),
)
CITY = personal("city", audience=Audience.MEMBERS, settable=True, shareable=True, searchable=True, masked=False)
CATALOGUE = Registry(
    PersonalData(model="accounts.SignIn", subjects=("member",), fields=(ADDRESS,)),
    PersonalData(model="accounts.Profile", subjects=("member",), fields=(CITY,)),
)


class Terminal(StringIO):
    def isatty(self):
        return True


def data_map(*options, stdout=None):
    stdout = stdout or StringIO()
    call_command("data_map", *options, stdout=stdout)
    return stdout.getvalue()


@pytest.mark.promise("A1")
def test_the_map_for_programs_says_everything_of_every_field():
    with registry.isolated(CATALOGUE):
        told = json.loads(data_map("--json"))
    assert told == [
        {
            "model": "accounts.SignIn",
            "field": "address",
            "category": "observed",
            "purpose": "security",
            "basis": "legitimate_interest",
            "keep_for_days": 90,
            "counted_from": "seen_at",
            "audience": "only_me",
            "settable": False,
            "shareable": False,
            "encrypted": True,
            "masked": True,
            "searchable": False,
            "erasure": "delete_row",
        },
        {
            "model": "accounts.Profile",
            "field": "city",
            "category": "uploaded",
            "purpose": "profile",
            "basis": "contract",
            "keep_for_days": None,
            "counted_from": None,
            "audience": "members",
            "settable": True,
            "shareable": True,
            "encrypted": False,
            "masked": False,
            "searchable": True,
            "erasure": "blank",
        },
    ]


def test_a_term_of_part_of_a_day_is_not_rounded_away():
    hours = personal("address", keep_for=timedelta(hours=6), counted_from="seen_at")
    with registry.isolated(Registry(PersonalData(model="accounts.SignIn", fields=(hours,)))):
        assert json.loads(data_map("--json"))[0]["keep_for_days"] == 0.25


def test_the_map_for_pipes_is_a_line_for_each_field():
    with registry.isolated(CATALOGUE):
        heading, address, city = data_map().splitlines()
    assert heading.split("\t")[:2] == ["model", "field"]
    assert address.split("\t")[1:6] == ["address", "observed", "security", "legitimate_interest", "90"]
    assert "settable shareable searchable" in city.split("\t")


def test_the_map_for_people_is_a_table_that_cuts_nothing_off(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with registry.isolated(CATALOGUE):
        told = data_map(stdout=Terminal())
    assert "┃" in told
    assert "…" not in told
    words = "accounts.Profile accounts.SignIn address legitimate_interest 90 members shareable delete_row"
    assert [word for word in words.split() if word not in told] == []


@pytest.mark.promise("B1")
@pytest.mark.promise("B2")
def test_what_is_registered_and_what_is_uploaded_is_declared_as_such():
    categories = {each["field"]: each["category"] for each in json.loads(data_map("--json"))}
    assert categories["email"] == "registration"
    assert categories["bio"] == "uploaded"
