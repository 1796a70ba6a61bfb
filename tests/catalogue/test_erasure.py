# ruff: noqa: DJ001, DJ008 -- the models here live for one test and show themselves to nobody
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.test.utils import isolate_apps

from catalogue.erasure import Blank, DeleteRow, Keep, Replace


@pytest.fixture
def leaves(transactional_db):
    """Two rows of a model with one column of each kind that can be emptied."""
    with isolate_apps("catalogue"):

        class ErasedLeaf(models.Model):
            note = models.CharField(max_length=9, null=True)
            text = models.TextField(blank=True)
            tags = models.JSONField(default=list)
            data = models.BinaryField(blank=True)

            class Meta:
                app_label = "catalogue"

    with connection.schema_editor() as editor:
        editor.create_model(ErasedLeaf)
    filled = {"note": "rose", "text": "rose", "tags": ["rose"], "data": b"rose"}
    ErasedLeaf.objects.bulk_create([ErasedLeaf(**filled), ErasedLeaf(**filled)])
    yield ErasedLeaf.objects.order_by("pk")
    with connection.schema_editor() as editor:
        editor.delete_model(ErasedLeaf)


@pytest.mark.parametrize(("name", "empty"), [("note", None), ("text", ""), ("tags", []), ("data", b"")])
def test_emptying_empties_the_rows_asked_for_and_no_other(leaves, name, empty):
    first = leaves[0].pk
    for _ in range(2):
        Blank().apply(leaves.filter(pk=first), name)
        assert [getattr(each, name) == empty for each in leaves.all()] == [True, False]


@pytest.mark.django_db
def test_what_has_no_empty_value_is_refused_not_left_standing():
    Group.objects.create(name="rose")
    with pytest.raises(ValueError, match=r"auth\.Group\.name cannot be empty"):
        Blank().apply(Group.objects.all(), "name")


@pytest.mark.django_db
def test_emptying_a_many_to_many_ends_these_relations_only():
    permission = Permission.objects.first()
    rose, fern = Group.objects.create(name="rose"), Group.objects.create(name="fern")
    for group in (rose, fern):
        group.permissions.add(permission)
    Blank().apply(Group.objects.filter(pk=rose.pk), "permissions")
    assert (rose.permissions.count(), fern.permissions.count()) == (0, 1)
    assert Permission.objects.filter(pk=permission.pk).exists()


@pytest.mark.django_db
def test_a_row_is_deleted_whole():
    Group.objects.create(name="rose")
    Group.objects.create(name="fern")
    DeleteRow().apply(Group.objects.filter(name="rose"), "name")
    assert [each.name for each in Group.objects.filter(name__in=("rose", "fern"))] == ["fern"]


def test_a_replacement_is_the_same_for_every_row(leaves):
    Replace("gone").apply(leaves, "note")
    assert [each.note for each in leaves.all()] == ["gone", "gone"]


@pytest.mark.django_db
def test_a_replacement_that_is_called_is_called_for_each_row():
    names, numbers = ("rose", "fern"), count()
    for name in names:
        Group.objects.create(name=name)
    Replace(lambda: f"gone {next(numbers)}").apply(Group.objects.filter(name__in=names), "name")
    gone = Group.objects.filter(name__startswith="gone")
    assert sorted(each.name for each in gone) == ["gone 0", "gone 1"]


@pytest.mark.django_db
def test_what_is_kept_stays():
    rose = Group.objects.create(name="rose")
    Keep(because="the law wants it").apply(Group.objects.filter(pk=rose.pk), "name")
    assert Group.objects.get(pk=rose.pk).name == "rose"


@pytest.mark.parametrize(("because", "until"), [("", None), (" ", None), ("the law", timedelta(0))])
def test_nothing_is_kept_without_a_reason_or_until_the_past(because, until):
    with pytest.raises(ValueError, match="Keep"):
        Keep(because=because, until=until)


def test_every_rule_has_a_word_and_a_label():
    rules = [Blank(), DeleteRow(), Replace(""), Keep(because="the law")]
    assert [rule.word for rule in rules] == ["blank", "delete_row", "replace", "keep"]
    assert all(str(rule.label) for rule in rules)
