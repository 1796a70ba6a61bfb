"""What has to go with a row goes also when the process is killed between the two."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts import leftovers, pictures, registration
from accounts.housekeeping import purge_expired
from accounts.models import Leftover, Member
from accounts.picture_files import SIZES, file_name, storage
from accounts.profiles import update_profile
from catalogue.vocabulary import Audience
from encryption.models import MemberKey
from tests import factories
from tests.killing import Killed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("D2")]

OPEN = {"display_name": Audience.EVERYONE}


@pytest.fixture
def killed_before(monkeypatch):
    """Return a function that lets the process die where it is about to call something of ``leftovers``."""

    def die(name):
        def dying(*_):
            raise Killed

        monkeypatch.setattr(leftovers, name, dying)

    yield die
    monkeypatch.undo()


def a_picture():
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    return SimpleUploadedFile("a.png", file.getvalue())


def there(picture_id):
    return [size for size in SIZES if storage.exists(file_name(picture_id, size))]


def an_hour_later():
    Leftover.objects.update(since=timezone.now() - leftovers.SWEPT_AFTER - timedelta(seconds=1))
    purge_expired()


def test_the_key_of_a_discarded_account_is_destroyed_after_a_kill(killed_before, monkeypatch):
    rose = factories.make_member("rose", email_verified_at=None)
    killed_before("destroy_data_key")
    with pytest.raises(Killed):
        registration.discard(rose)
    assert not Member.objects.exists()
    assert MemberKey.objects.live().filter(subject=rose.pk).exists()
    monkeypatch.undo()
    an_hour_later()
    assert not MemberKey.objects.live().filter(subject=rose.pk).exists()
    assert not Leftover.objects.exists()


def test_the_files_of_a_removed_picture_go_after_a_kill(killed_before, monkeypatch):
    rose = factories.make_member("rose")
    picture = pictures.set_picture(rose, a_picture())
    killed_before("erase_files")
    with pytest.raises(Killed):
        pictures.remove_picture(rose)
    assert there(picture)
    monkeypatch.undo()
    an_hour_later()
    assert not there(picture)


def test_files_that_never_came_to_be_a_picture_go(monkeypatch):
    rose = factories.make_member("rose")
    sealed = pictures.seal_picture(rose, pictures.paint(a_picture()))
    assert there(sealed)
    purge_expired()
    assert there(sealed), "it may be on its way"
    an_hour_later()
    assert not there(sealed)


def test_a_picture_that_is_shown_stays():
    rose = factories.make_member("rose")
    picture = pictures.set_picture(rose, a_picture())
    assert not Leftover.objects.exists()
    an_hour_later()
    assert len(there(picture)) == len(SIZES)


def on_disk() -> bytes:
    """Return the main database as its files hold it, the write-ahead log included."""
    path = Path(str(connection.settings_dict["NAME"]))
    files = [Path(f"{path}{ending}") for ending in ("", "-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


@pytest.mark.sqlite
@pytest.mark.promise("E7")
def test_a_name_that_its_owner_took_away_lies_nowhere_in_the_files():
    rose = factories.make_member("rose", display_name="Withdrawn Marker", audiences=OPEN)
    assert b"Withdrawn Marker" in on_disk()
    update_profile(rose, {"display_name": ""}, by=rose)
    assert b"Withdrawn Marker" not in on_disk()


@pytest.mark.sqlite
def test_an_account_that_was_never_confirmed_leaves_no_name_in_the_files():
    factories.make_member("marker_handle", display_name="Purged Marker", audiences=OPEN, email_verified_at=None)
    Member.objects.update(joined_at=timezone.now() - timedelta(days=9))
    purge_expired()
    assert b"Purged Marker" not in on_disk()
    assert b"marker_handle" not in on_disk()
