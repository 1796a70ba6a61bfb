"""Short ways to declare and to ask what is wrong, for the tests of the catalogue."""

from django.contrib.auth import get_user_model

from catalogue.checks import problems
from catalogue.declarations import PersonalData, PersonalField
from catalogue.vocabulary import Category, Purpose

OTHERS = "not what this test is about"


def personal(name="note", **attributes):
    """Return a field that is in order unless ``attributes`` say otherwise."""
    sound = {"name": name, "category": Category.UPLOADED, "purpose": Purpose.PROFILE, "why": "To be shown."}
    return PersonalField(**(sound | attributes))


def declare(model, *fields, subjects=("member",), excused=None):
    """Return a declaration of ``model`` in which all other columns are excused."""
    if excused is None:
        named = {field.name for field in fields}
        columns = {each.name for each in (*model._meta.concrete_fields, *model._meta.many_to_many)}
        excused = dict.fromkeys(sorted(columns - named), OTHERS)
    return PersonalData(model=model._meta.label, subjects=subjects, fields=fields, not_personal=excused)


def found(model, *fields, **declaration):
    """Return the ids of what the checks find in that declaration."""
    return found_in([declare(model, *fields, **declaration)], [model])


def found_in(declared, models):
    """Return the ids of what the checks find, each without the name of the app; all of them have a hint."""
    errors = list(problems(declared, models))
    assert all(each.hint and each.is_serious() for each in errors)
    return [each.id.removeprefix("catalogue.") for each in errors]


def member_model():
    return get_user_model()
