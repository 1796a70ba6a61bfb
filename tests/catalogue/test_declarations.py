from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest
from django.utils.translation import gettext_lazy as _

from catalogue.declarations import DeclarationError, ExternalStore, PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow, Keep
from catalogue.vocabulary import Audience, Category, Purpose

from .declaring import personal

DAY = timedelta(days=1)


def test_a_field_is_private_unless_it_says_otherwise():
    field = PersonalField(name="city", category=Category.UPLOADED, purpose=Purpose.PROFILE)
    assert field.audience is Audience.ONLY_ME
    assert field.masked
    opened = {name for name in ("settable", "shareable", "searchable", "encrypted") if getattr(field, name)}
    assert opened == set()
    assert field.erasure == Blank()


@pytest.mark.promise("A1")
@pytest.mark.parametrize("missing", ["category", "purpose"])
def test_nothing_is_declared_without_category_and_purpose(missing):
    complete = {"name": "city", "category": Category.UPLOADED, "purpose": Purpose.PROFILE}
    with pytest.raises(TypeError, match=missing):
        PersonalField(**{name: value for name, value in complete.items() if name != missing})


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"name": "first name"}, "no name of a field"),
        ({"name": ""}, "no name of a field"),
        ({"keep_for": DAY}, "counted_from belong together"),
        ({"counted_from": "made_at"}, "counted_from belong together"),
        ({"keep_for": DAY * 0, "counted_from": "made_at"}, "positive"),
        ({"derived_from": "note"}, "derived from itself"),
        ({"category": "uploaded"}, "category must be a Category"),
        ({"purpose": "sale"}, "purpose must be a Purpose"),
        ({"basis": "contract"}, "basis must be a Basis"),
        ({"audience": None, "settable": True}, "audience must be a Audience"),
        ({"audience": 4}, "audience must be a Audience"),
        ({"erasure": Blank}, "erasure must be a Erasure"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(attributes, complaint):
    with pytest.raises(DeclarationError, match=complaint):
        personal(**attributes)


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"model": "Leaf"}, "app.Model"),
        ({"model": "a.b.Leaf"}, "app.Model"),
        ({"fields": (personal(), personal())}, "field note declared twice"),
        ({"subjects": ("member", "member")}, "subject member declared twice"),
        ({"subjects": "member"}, "tuples"),
        ({"fields": [personal()]}, "tuples"),
        ({"not_personal": {"id": " "}}, "reason why id"),
        ({"subjects": ()}, "nobody known"),
        ({"fields": (personal("a", erasure=DeleteRow()), personal("b", erasure=Keep("law")))}, "deleted and kept"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(attributes, complaint):
    sound = {"model": "catalogue.Leaf", "subjects": ("member",), "fields": (personal(),)}
    PersonalData(**sound)
    with pytest.raises(DeclarationError, match=complaint):
        PersonalData(**(sound | attributes))


def test_data_about_people_without_an_account_needs_a_term_or_a_reason_to_keep_it():
    term = personal("contact", keep_for=DAY, counted_from="made_at")
    kept = personal("address", erasure=Keep(because="an order of a court"))
    assert PersonalData(model="incidents.LeakReport", fields=(term, kept)).subjects == ()


def test_a_declaration_cannot_be_changed_afterwards():
    reasons = {"id": "a number"}
    data = PersonalData(model="catalogue.Leaf", not_personal=reasons)
    reasons["body"] = "sneaked in"
    assert dict(data.not_personal) == {"id": "a number"}
    with pytest.raises(TypeError):
        data.not_personal["body"] = "sneaked in"
    with pytest.raises(FrozenInstanceError):
        data.model = "catalogue.Other"
    assert hash(data)


def test_the_label_comes_from_the_name_unless_given():
    assert personal("postal_address").label == "Postal address"
    assert personal("postal_address", label=_("Where letters go")).label == "Where letters go"


def test_a_derived_field_is_read_from_another_column():
    assert personal("birthday", derived_from="birth_date").column == "birth_date"
    assert personal("birth_date").column == "birth_date"


def test_a_declaration_finds_its_fields_by_name():
    data = PersonalData(model="catalogue.Leaf", subjects=("member",), fields=(personal("city"),))
    assert data.field("city").name == "city"
    with pytest.raises(KeyError, match=r"catalogue\.Leaf declares no field town"):
        data.field("town")


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"name": " "}, "needs a name"),
        ({"holds": ""}, "what it holds"),
        ({"keep_for": None}, "neither erase nor forget"),
        ({"keep_for": -DAY}, "positive"),
    ],
)
def test_a_store_that_cannot_forget_is_refused(attributes, complaint):
    sound = {"name": "logs", "holds": "ids of members", "keep_for": 30 * DAY}
    ExternalStore(**sound)
    with pytest.raises(DeclarationError, match=complaint):
        ExternalStore(**(sound | attributes))
