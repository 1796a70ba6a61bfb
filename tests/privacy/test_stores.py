"""What lies outside the databases, and in tables of others, is declared and goes when it was said to."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.housekeeping import purge_expired
from accounts.models import Picture
from accounts.pictures import set_picture
from catalogue import registry
from notifications.housekeeping import LETTERS_KEPT, throw_away_letters
from security.models import Session, Token
from tests import factories

pytestmark = pytest.mark.django_db


def store(name: str):
    return next(store for store in registry.stores() if store.name == name)


def picture() -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(content, "PNG")
    return SimpleUploadedFile("me.png", content.getvalue())


@pytest.mark.promise("A1")
def test_every_store_outside_the_database_says_what_it_holds_and_how_it_ends():
    assert {store.name for store in registry.stores()} == {
        "uploads",
        "downloads",
        "logs",
        "mail",
        "text messages",
        "backups",
    }
    assert store("mail").keep_for == LETTERS_KEPT


def test_the_uploads_of_one_member_are_erased_and_nobody_else_s(tmp_path, settings, django_capture_on_commit_callbacks):
    folder = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = dict(settings.STORAGES) | {"uploads_backend": folder}
    rose, fern = factories.make_member("rose"), factories.make_member("fern")
    kept, gone = set_picture(fern, picture()), set_picture(rose, picture())
    for _twice in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            store("uploads").erase(rose.pk)
    there = [str(path) for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert there
    assert all(str(kept) in path for path in there)
    assert not [path for path in there if str(gone) in path]
    assert list(Picture.objects.values_list("pk", flat=True)) == [kept]


def test_letters_in_the_folder_are_thrown_away_after_their_time(tmp_path, settings):
    settings.EMAIL_FILE_PATH = tmp_path
    now = timezone.now()
    for name, days in {"old": 31, "young": 29}.items():
        (tmp_path / name).write_text("Dear Rose")
        moment = (now - timedelta(days=days)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert throw_away_letters(now) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["young"]
    settings.EMAIL_FILE_PATH = None
    assert throw_away_letters(now) == 0


@pytest.mark.promise("A1")
def test_what_staff_did_in_the_back_office_is_kept_for_a_year_and_goes_with_who_did_it():
    rose, warden = factories.make_member("rose"), factories.make_member("warden", is_staff=True, is_superuser=True)
    desk = factories.sign_in(Client(), warden)
    for act in ({}, {"is_active": "on"}):
        desk.post(f"/admin/accounts/member/{rose.pk}/change/", act | {"_save": "Save"})
    first, second = LogEntry.objects.order_by("pk")
    LogEntry.objects.filter(pk=first.pk).update(action_time=timezone.now() - timedelta(days=365))
    purge_expired()
    assert list(LogEntry.objects.all()) == [second]
    warden.delete()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("label", "field", "date"),
    [
        ("security.Session", "session_data", Session._meta.get_field("expire_date")),
        ("security.Token", "purpose", Token._meta.get_field("expires_at")),
    ],
)
def test_what_ends_at_a_moment_of_its_own_declares_a_term(label, field, date):
    declared = registry.personal_data_of(label).field(field)
    assert (declared.keep_for, declared.counted_from) == (timedelta(days=1), date.name)
