"""One wrong declaration for each check, and beside it the right one."""
# ruff: noqa: DJ001, DJ008 -- the models here live for one test and show themselves to nobody

from datetime import timedelta
from pathlib import Path

import django
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from catalogue import registry
from catalogue.checks import foreign_models_of_people, problems, project_models
from catalogue.declarations import PersonalData
from catalogue.erasure import Blank, DeleteRow, Keep, Replace

from .declaring import declare, found, found_in, member_model, personal

YEAR = timedelta(days=365)


class SealedField(models.CharField):
    """Carries the mark by which the catalogue knows fields that encrypt."""

    sealed = True


class SealedDateField(models.DateField):
    sealed = True


@pytest.fixture
def model():
    """A model with a column for everything that the checks look at."""
    with isolate_apps("catalogue"):

        class Leaf(models.Model):
            member = models.ForeignKey(member_model(), models.CASCADE)
            note = models.CharField(max_length=9, null=True)
            required = models.CharField(max_length=9)
            may_be_blank = models.CharField(max_length=9, blank=True)
            starts_empty = models.JSONField(default=list)
            starts_full = models.IntegerField(default=4)
            alone = models.CharField(max_length=9, unique=True, blank=True)
            secret = SealedField(max_length=9, null=True)
            needed_secret = SealedField(max_length=9, blank=True)
            secret_day = SealedDateField(null=True)
            made_at = models.DateTimeField(null=True)
            note_audience = models.IntegerField(default=4)
            permissions = models.ManyToManyField(Permission)

            class Meta:
                app_label = "catalogue"

        yield Leaf


def test_a_declaration_in_order_is_passed(model):
    assert found(model, personal("note", settable=True, keep_for=YEAR, counted_from="made_at")) == []


# --- E001 to E003: columns -------------------------------------------------------------------------------------------


@pytest.mark.promise("A1")
@pytest.mark.parametrize("forgotten", ["id", "member", "required", "permissions"])
def test_a_column_neither_declared_nor_excused_is_found(model, forgotten):
    complete = declare(model, personal())
    excused = {name: reason for name, reason in complete.not_personal.items() if name != forgotten}
    [error] = problems([declare(model, personal(), excused=excused)], [model])
    assert error.id == "catalogue.E001"
    assert forgotten in error.msg


def test_a_column_inherited_from_another_table_is_declared_there():
    with isolate_apps("catalogue"):

        class Branch(models.Model):
            member = models.ForeignKey(member_model(), models.CASCADE)

            class Meta:
                app_label = "catalogue"

        class Twig(Branch):
            class Meta:
                app_label = "catalogue"

        twig = PersonalData(model="catalogue.Twig", not_personal={"branch_ptr": "the row it extends"})
        assert found_in([twig], [Twig]) == []


def test_an_unknown_column_is_found_whether_declared_derived_or_excused(model):
    excused = declare(model, personal()).not_personal | {"gone": "it was here once"}
    assert found(model, personal(), excused=excused) == ["E002"]
    assert found(model, personal(), personal("gone")) == ["E002"]
    assert found(model, personal(), personal("birthday", derived_from="gone")) == ["E002"]
    assert found(model, personal(), personal("birthday", derived_from="note")) == []


def test_a_column_both_declared_and_excused_is_found(model):
    excused = declare(model, personal()).not_personal | {"note": "no"}
    assert found(model, personal(), excused=excused) == ["E003"]


# --- E004: subjects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["self", "nobody", "note", "permissions", "member__nobody", "member_id"])
def test_a_subject_that_leads_to_nobody_is_found(model, subject):
    assert found(model, personal(), subjects=(subject,)) == ["E004"]


def test_self_is_a_subject_on_the_model_of_members_only():
    member = member_model()
    key = personal(member._meta.pk.name, erasure=DeleteRow())
    assert found(member, key, subjects=("self",)) == []


def test_a_subject_is_followed_through_other_models(model):
    with isolate_apps("catalogue"):

        class Vein(models.Model):
            leaf = models.ForeignKey(model, models.CASCADE)
            note = models.TextField(null=True)

            class Meta:
                app_label = "catalogue"

        assert found(Vein, personal(), subjects=("leaf__member",)) == []
        assert found(Vein, personal(), subjects=("leaf",)) == ["E004"]
        assert found(Vein, personal(keep_for=YEAR, counted_from="leaf__made_at"), subjects=("leaf__member",)) == []


# --- E005, E006: encryption ------------------------------------------------------------------------------------------


@pytest.mark.promise("K2")
@pytest.mark.parametrize(
    ("column", "encrypted", "errors"),
    [("note", False, []), ("note", True, ["E005"]), ("secret", True, []), ("secret", False, ["E006"])],
)
def test_encryption_is_what_is_promised_and_nothing_else(model, column, encrypted, errors):
    assert found(model, personal(column, encrypted=encrypted)) == errors


def test_a_derived_field_promises_what_its_column_keeps(model):
    secret = personal("secret", encrypted=True)
    assert found(model, secret, personal("initial", derived_from="secret")) == ["E006"]


# --- E007: on_delete -------------------------------------------------------------------------------------------------

NULL = {"on_delete": models.SET_NULL, "null": True}
UNTIED = {"on_delete": models.DO_NOTHING, "db_constraint": False}
KEEP = Keep(because="the law wants it")


@pytest.mark.parametrize(
    ("relation", "agreeing"),
    [
        ({"on_delete": models.CASCADE}, {DeleteRow(), Blank(), Replace("gone")}),
        (NULL, {KEEP, Blank(), Replace("gone")}),
        ({"on_delete": models.SET_DEFAULT, "default": None, "null": True}, {KEEP, Blank(), Replace("gone")}),
        ({"on_delete": models.SET(None), "null": True}, {KEEP, Blank(), Replace("gone")}),
        ({"on_delete": models.PROTECT}, {DeleteRow()}),
        ({"on_delete": models.RESTRICT}, {DeleteRow()}),
        ({"on_delete": models.DO_NOTHING}, set()),
        (UNTIED, {KEEP, Blank(), Replace("gone")}),
    ],
    ids=["cascade", "null", "default", "set", "protect", "restrict", "nothing", "untied"],
)
@pytest.mark.parametrize("erasure", [DeleteRow(), KEEP, Blank(), Replace("gone")], ids=lambda each: each.word)
@isolate_apps("catalogue")
def test_on_delete_and_erasure_agree_as_the_table_says(relation, agreeing, erasure):
    class Leaf(models.Model):
        member = models.ForeignKey(member_model(), **relation)
        note = models.TextField(null=True)

        class Meta:
            app_label = "catalogue"

    assert found(Leaf, personal(erasure=erasure)) == ([] if erasure in agreeing else ["E007"])


@pytest.mark.parametrize(
    ("outer", "inner", "erasure", "errors"),
    [
        (models.CASCADE, models.CASCADE, DeleteRow(), []),
        (models.CASCADE, models.SET_NULL, DeleteRow(), ["E007"]),
        (models.SET_NULL, models.CASCADE, DeleteRow(), ["E007"]),
        (models.CASCADE, models.CASCADE, KEEP, ["E007"]),
        (models.CASCADE, models.SET_NULL, KEEP, []),
        (models.SET_NULL, models.CASCADE, KEEP, []),
        (models.PROTECT, models.SET_NULL, Blank(), []),
        (models.PROTECT, models.CASCADE, Blank(), ["E007"]),
    ],
)
@isolate_apps("catalogue")
def test_along_a_longer_path_the_link_nearest_to_the_person_decides(outer, inner, erasure, errors):
    class Branch(models.Model):
        member = models.ForeignKey(member_model(), inner, null=True)

        class Meta:
            app_label = "catalogue"

    class Leaf(models.Model):
        branch = models.ForeignKey(Branch, outer, null=True)
        note = models.TextField(null=True)

        class Meta:
            app_label = "catalogue"

    assert found(Leaf, personal(erasure=erasure), subjects=("branch__member",)) == errors


@isolate_apps("catalogue")
def test_every_subject_is_looked_at():
    class Friendship(models.Model):
        person = models.ForeignKey(member_model(), models.CASCADE)
        friend = models.ForeignKey(member_model(), models.SET_NULL, null=True, related_name="+")

        class Meta:
            app_label = "catalogue"

    row = personal("person", erasure=DeleteRow())
    assert found(Friendship, row, subjects=("person",)) == []
    assert found(Friendship, row, subjects=("person", "friend")) == ["E007"]


@isolate_apps("catalogue")
def test_a_protected_person_who_is_blanked_is_let_go():
    class Leaf(models.Model):
        member = models.ForeignKey(member_model(), models.PROTECT, null=True)
        note = models.TextField(null=True)

        class Meta:
            app_label = "catalogue"

    assert found(Leaf, personal("note")) == ["E007"]
    assert found(Leaf, personal("note"), personal("member")) == []


@isolate_apps("catalogue")
def test_a_row_about_many_people_stays_when_one_of_them_goes():
    class Campaign(models.Model):
        recipients = models.ManyToManyField(member_model())
        note = models.TextField(null=True)

        class Meta:
            app_label = "catalogue"

    assert found(Campaign, personal(), subjects=("recipients",)) == []
    assert found(Campaign, personal(erasure=DeleteRow()), subjects=("recipients",)) == ["E007"]


def test_nothing_of_a_member_s_own_row_can_be_kept():
    member = member_model()
    assert found(member, personal("is_staff", erasure=KEEP), subjects=("self",)) == ["E007"]


# --- E008, E009: emptying and retention ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "errors"),
    [
        ("note", []),
        ("required", ["E008"]),
        ("may_be_blank", []),
        ("starts_empty", []),
        ("starts_full", ["E008"]),
        ("alone", ["E008"]),
        ("permissions", []),
        ("member", ["E008"]),
    ],
)
def test_only_what_can_be_empty_is_emptied(model, column, errors):
    assert found(model, personal(column)) == errors
    assert found(model, personal(column, erasure=DeleteRow())) == []


def test_an_encrypted_column_is_emptied_by_null_only(model):
    assert found(model, personal("needed_secret", encrypted=True)) == ["E008"]


@pytest.mark.promise("B3")
@pytest.mark.parametrize("date", ["gone", "note", "secret_day", "member", "member__gone", "note__made_at"])
def test_retention_is_counted_from_a_date_that_the_database_can_read(model, date):
    assert found(model, personal(keep_for=YEAR, counted_from=date)) == ["E009"]


# --- E010, E013: settings --------------------------------------------------------------------------------------------


@pytest.mark.promise("E1")
def test_an_audience_that_can_be_set_has_a_column(model):
    assert found(model, personal("may_be_blank", settable=True)) == ["E010"]
    assert found(model, personal("note", settable=True)) == []


def test_the_audience_of_a_field_of_the_member_may_lie_on_the_profile():
    member = member_model()
    email = personal("email", settable=True, erasure=DeleteRow(), encrypted=True)
    assert "E010" not in found(member, email, subjects=("self",))
    with override_settings(PRIVACY_PROFILE_MODEL="auth.Group"):
        assert "E010" in found(member, email, subjects=("self",))


def test_the_audience_of_another_model_may_not(model):
    with override_settings(PRIVACY_PROFILE_MODEL=None):
        assert found(model, personal("secret", encrypted=True, settable=True)) == ["E010"]
    assert found(model, personal("email", derived_from="note", settable=True)) == ["E010"]


@pytest.mark.promise("A2")
def test_nothing_that_can_be_set_is_asked_for_without_a_reason(model):
    assert found(model, personal("note", settable=True, why="")) == ["E013"]
    assert found(model, personal("note", why="")) == []


# --- E011, E012: models ----------------------------------------------------------------------------------------------


@pytest.mark.promise("A1")
def test_a_model_of_the_project_that_is_not_registered_is_found(model):
    assert found_in([], [model]) == ["E011"]


@pytest.mark.promise("A1")
def test_a_model_of_a_package_whose_rows_point_to_people_has_to_be_declared():
    about_people = {model._meta.label for model in foreign_models_of_people()}
    assert {"admin.LogEntry", "django_otp_webauthn.WebAuthnUserHandle"} <= about_people
    assert not about_people & {"auth.Group", "auth.Permission", "contenttypes.ContentType"}
    rest = [data for data in registry.personal_data() if data.model != "admin.LogEntry"]
    with registry.isolated(registry.Registry(*rest)), pytest.raises(SystemCheckError, match=r"LogEntry .*catalogue"):
        call_command("check", tags=["catalogue"])


def test_a_declaration_of_no_model_is_found():
    assert found_in([PersonalData(model="catalogue.Gone")], []) == ["E012"]


def test_a_model_of_others_may_be_registered_and_is_then_held_to_it():
    group = PersonalData(model="auth.Group", not_personal={"id": "a number", "name": "a role"})
    [error] = problems([group], [])
    assert (error.id, error.obj) == ("catalogue.E001", Group)
    assert "permissions" in error.msg


def test_the_project_s_models_are_its_own_and_all_of_them():
    assert member_model() in project_models()
    assert Group not in project_models()


def test_what_is_installed_below_the_project_is_not_part_of_it():
    with override_settings(BASE_DIR=Path(django.__file__).parents[2]):
        assert Group not in project_models()
    with override_settings(BASE_DIR=Path(django.__file__).parent):
        assert Group in project_models()


# --- and together ----------------------------------------------------------------------------------------------------


@pytest.mark.promise("A1")
def test_every_column_of_the_project_is_declared_or_excused():
    models = [*project_models(), *foreign_models_of_people()]
    assert [str(each) for each in problems(registry.personal_data(), models)] == []


@pytest.mark.promise("A1")
def test_the_site_does_not_start_with_an_undeclared_column():
    data = registry.personal_data_of(member_model()._meta.label)
    fewer = PersonalData(data.model, data.subjects, data.fields[1:], data.not_personal)
    rest = [each for each in registry.personal_data() if each is not data]
    with registry.isolated(registry.Registry(fewer, *rest)), pytest.raises(SystemCheckError, match=r"catalogue\.E001"):
        call_command("check")


@pytest.mark.promise("A1")
def test_the_site_does_not_start_with_an_empty_catalogue():
    with registry.isolated(), pytest.raises(SystemCheckError, match=r"catalogue\.E011"):
        call_command("check", tags=["catalogue"])
