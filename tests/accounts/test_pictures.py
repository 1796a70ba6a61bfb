"""Pictures: what may come in, what is kept of it, and who gets it back."""

import base64
import io
import re
import warnings
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from accounts.blocking import block
from accounts.models import Member, Picture, Profile
from accounts.picture_files import SIZES, stored_pictures
from accounts.pictures import remove_picture, set_picture
from catalogue.vocabulary import Audience
from encryption.keys import destroy_data_key
from tests import factories

pytestmark = pytest.mark.django_db

MARKS = (b"SECRETMARK", b"Canon", b"Exif", b"GPS", b"xmp", b"ICCP")
OPEN = {"picture": Audience.EVERYONE}
# The decoder at hand does not write HEIC, so here is one: red, 64 by 48, by a camera called SECRETMARK.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
    "AAAERAAAIAAQAAAAAB4gABAAAAAAAAABkAAgAAAAAB+wABAAAAAAAAADAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
    "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
    "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEH"
    "BpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAUW1kYXQAAAAVKAGvC2D15YOv"
    "//LK9+oog6FXT/UOAAAABkV4aWYAAE1NACoAAAAIAAEBDwACAAAACwAAABoAAAAAU0VDUkVUTUFSSwAA"
)


@pytest.fixture
def uploads(tmp_path, settings):
    """Keep uploads in a folder of this test's own."""
    changed = dict(configured.STORAGES)
    changed["uploads_backend"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = changed
    return tmp_path


@pytest.fixture
def rose(uploads):
    return factories.make_member("rose", audiences=OPEN)


def normalised(html: bytes) -> str:
    """Return a page without what differs between any two answers."""
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", html.decode())


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def encoded(kind="PNG", size=(200, 120), colour=(200, 30, 30), **options):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def telling() -> bytes:
    """Return a JPEG that says where, when, with what and by whom it was taken, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Canon", "SECRETMARK camera", 6
    exif[0x9003], exif[0x013B] = "2026:05:12 10:00:00", "SECRETMARK author"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 0.0)})
    picture = Image.new("RGB", (200, 200), "red")
    picture.paste("blue", (0, 100, 200, 200))
    out = io.BytesIO()
    picture.save(
        out, "JPEG", exif=exif, comment=b"SECRETMARK comment", icc_profile=b"SECRETMARK profile" * 10, quality=95
    )
    return out.getvalue()


def noted() -> bytes:
    """Return a PNG with notes in it."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "SECRETMARK author")
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRETMARK</x:xmpmeta>")
    return encoded("PNG", pnginfo=info)


def upload(content: bytes, name="me.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture_of(member):
    return Profile.objects.get(pk=member.pk).picture


def send(client, content, name="me.png"):
    return client.post("/settings/profile/", {"picture": upload(content, name)})


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encoded("JPEG"), "me.jpg"),
        (encoded("JPEG"), "ME.JPEG"),
        (encoded("PNG"), "me.png"),
        (encoded("WEBP"), "me.webp"),
        (encoded("AVIF"), "me.avif"),
        (HEIC, "me.heic"),
        (encoded("GIF", save_all=True, append_images=[Image.new("RGB", (200, 120), "blue")]), "me.gif"),
    ],
)
def test_a_picture_comes_back_as_a_square_in_two_sizes(client, rose, content, name):
    client.force_login(rose)
    assert send(client, content, name).status_code == 302
    for size, side in SIZES.items():
        answer = client.get(f"/media/{picture_of(rose)}/{size}/")
        assert answer["Content-Type"] == "image/webp"
        shown = Image.open(io.BytesIO(answer.content))
        assert shown.size == (side, side)
        red, green, blue = shown.convert("RGB").getpixel((side // 2, side // 2))
        assert red > 150
        assert max(green, blue) < 90


@pytest.mark.promise("B2")
@pytest.mark.parametrize(("content", "name"), [(telling(), "me.jpg"), (HEIC, "me.heic"), (noted(), "me.png")])
def test_nothing_that_a_photo_says_about_itself_is_kept(client, rose, uploads, content, name):
    assert b"SECRETMARK" in content
    client.force_login(rose)
    assert send(client, content, name).status_code == 302
    for size in SIZES:
        served = client.get(f"/media/{picture_of(rose)}/{size}/").content
        assert not [mark for mark in MARKS if mark.lower() in served.lower()]
        shown = Image.open(io.BytesIO(served))
        assert not shown.getexif()
        assert not shown.info.keys() & {"exif", "xmp", "icc_profile", "comment"}
    for path in kept(uploads):
        assert not [mark for mark in MARKS if mark in path.read_bytes()]


def test_a_photo_that_lies_on_its_side_is_set_upright(client, rose):
    client.force_login(rose)
    send(client, telling(), "me.jpg")
    shown = Image.open(io.BytesIO(client.get(f"/media/{picture_of(rose)}/large/").content)).convert("RGB")
    assert shown.getpixel((50, 256))[2] > 150, "what lay at the bottom is at the left"
    assert shown.getpixel((460, 256))[0] > 150


@pytest.mark.promise("B2")
def test_what_hides_under_transparent_pixels_is_not_kept(client, rose):
    picture = Image.new("RGBA", (100, 100), (1, 2, 250, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    client.force_login(rose)
    send(client, out.getvalue())
    shown = Image.open(io.BytesIO(client.get(f"/media/{picture_of(rose)}/large/").content))
    assert min(shown.convert("RGB").getpixel((200, 200))) > 240


@pytest.mark.promise("K2")
def test_what_lies_in_the_uploads_is_no_picture(rose, uploads):
    set_picture(rose, upload(encoded()))
    files = kept(uploads)
    assert len(files) == len(SIZES)
    for path in files:
        content = path.read_bytes()
        assert b"RIFF" not in content
        assert b"WEBP" not in content
        # Noise may look like the header of some format; as the picture that was uploaded it opens nowhere.
        with pytest.raises((OSError, SyntaxError, ValueError, Image.DecompressionBombError)):
            Image.open(io.BytesIO(content), formats=["WEBP", "PNG", "JPEG"]).load()


def bomb() -> bytes:
    """Return a small PNG whose header promises more pixels than anybody should decode."""
    content = bytearray(encoded("PNG", (8, 8)))
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    return bytes(content)


def with_text(amount: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("long", "x" * amount, zip=True)
    return encoded("PNG", pnginfo=info)


BAD = {
    "empty": (b"", "me.png", "empty"),
    "text": (b"just words", "me.png", "cannot read"),
    "page": (b"<!doctype html><script>alert(1)</script>", "me.png", "something besides"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg", "cannot read"),
    "header only": (encoded("PNG")[:40], "me.png", "cannot read"),
    "truncated png": (encoded("PNG", (900, 900), "white")[:-60], "me.png", "cannot read"),
    "truncated jpeg": (encoded("JPEG", (900, 900))[:3000], "me.jpg", "cannot read"),
    "truncated webp": (encoded("WEBP", (900, 900))[:-80], "me.webp", "cannot read"),
    "truncated heic": (HEIC[:-60], "me.heic", "cannot read"),
    "bmp": (encoded("BMP"), "me.bmp", "cannot read"),
    "bmp called png": (encoded("BMP"), "me.png", "cannot read"),
    "tiff": (encoded("TIFF"), "me.tiff", "cannot read"),
    "gif called jpg": (encoded("GIF"), "me.jpg", "ends otherwise"),
    "png called exe": (encoded("PNG"), "me.exe", "ends otherwise"),
    "no ending": (encoded("PNG"), "png", "ends otherwise"),
    "zip behind": (encoded("PNG") + b"PK\x03\x04 something PK\x05\x06" + b"\0" * 18, "me.png", "something besides"),
    "script behind": (encoded("GIF") + b"<ScRiPt>alert(1)</script>", "me.gif", "something besides"),
    "php in a comment": (encoded("JPEG", comment=b"<?php system($_GET[0]); ?>"), "me.jpg", "something besides"),
    "pdf in front": (b"%PDF-1.7\n" + encoded("PNG"), "me.png", "something besides"),
    "bomb": (bomb(), "me.png", "million pixels"),
    "text bomb": (with_text(80_000_000), "me.png", "cannot read"),
}


@pytest.mark.promise("N1")
@pytest.mark.parametrize(("content", "name", "said"), list(BAD.values()), ids=list(BAD))
def test_a_file_that_will_not_do_is_answered_by_the_field_and_nothing_is_kept(
    client, rose, uploads, content, name, said
):
    client.force_login(rose)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = client.post("/settings/profile/", {"picture": upload(content, name), "city": "Alderford"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert 'id="id_picture-error-1"' in text
    assert 'value="Alderford"' in text, "what was typed beside it stays"
    assert kept(uploads) == []
    assert not Picture.objects.exists()
    assert picture_of(rose) is None
    assert Profile.objects.get(pk=rose.pk).city is None


def test_too_many_pixels_are_refused_before_any_is_decoded(rose, settings, monkeypatch):
    from django.core.exceptions import ValidationError

    settings.PICTURE_MAX_PIXELS = 10_000
    monkeypatch.setattr(Image.Image, "convert", None)
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", None)
    with pytest.raises(ValidationError) as refusal:
        set_picture(rose, upload(encoded("PNG", (200, 120))))
    assert refusal.value.code == "too_many_pixels"


@pytest.mark.parametrize("limit_of_memory", [200, 10**9])
def test_too_many_bytes_are_refused_whether_or_not_they_were_taken_in(client, rose, settings, uploads, limit_of_memory):
    settings.PICTURE_MAX_BYTES = 200
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = limit_of_memory
    client.force_login(rose)
    answer = send(client, encoded("JPEG"), "me.jpg")
    assert answer.status_code == 422
    assert "too big" in answer.content.decode()
    assert kept(uploads) == []


def test_a_new_picture_takes_the_place_and_the_files_of_the_old(
    client, rose, uploads, django_capture_on_commit_callbacks
):
    client.force_login(rose)
    with django_capture_on_commit_callbacks(execute=True):
        send(client, encoded())
    old = picture_of(rose)
    with django_capture_on_commit_callbacks(execute=True):
        send(client, encoded(colour=(30, 200, 30)))
    assert picture_of(rose) != old
    assert client.get(f"/media/{old}/small/").status_code == 404
    assert {path.parent.name for path in kept(uploads)} == {picture_of(rose)}
    assert Picture.objects.count() == 1


def test_a_removed_picture_leaves_no_file(client, rose, uploads, django_capture_on_commit_callbacks):
    set_picture(rose, upload(encoded()))
    shown = picture_of(rose)
    client.force_login(rose)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/settings/picture/remove/")
    assert picture_of(rose) is None
    assert client.get(f"/media/{shown}/small/").status_code == 404
    assert kept(uploads) == []
    assert not Picture.objects.exists()
    remove_picture(rose)


def test_when_the_row_cannot_be_stored_no_file_stays(rose, uploads, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(Picture.objects, "create", fail)
    with pytest.raises(RuntimeError):
        set_picture(rose, upload(encoded()))
    assert kept(uploads) == []


# --- who gets it --------------------------------------------------------------------------------------------------
@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("audience", "gets"),
    [
        (Audience.EVERYONE, {"visitor", "member", "friend", "owner"}),
        (Audience.MEMBERS, {"member", "friend", "owner"}),
        (Audience.FRIENDS, {"friend", "owner"}),
        (Audience.ONLY_ME, {"owner"}),
    ],
)
def test_a_picture_reaches_exactly_its_audience(client, rose, audience, gets):
    set_picture(rose, upload(encoded()))
    Profile.objects.filter(pk=rose.pk).update(picture_audience=audience)
    friend = factories.make_member("friend")
    factories.befriend(rose, friend)
    got = set()
    for who, person in {
        "visitor": None,
        "member": factories.make_member("member"),
        "friend": friend,
        "owner": rose,
    }.items():
        client.logout()
        if person:
            client.force_login(person)
        if client.get(f"/media/{picture_of(rose)}/small/").status_code == 200:
            got.add(who)
    assert got == gets


def hide(rose, moss, folder):
    Profile.objects.filter(pk=rose.pk).update(picture_audience=Audience.FRIENDS)


def break_seals(rose, moss, folder):
    for path in kept(folder):
        content = bytearray(path.read_bytes())
        content[40] ^= 1
        path.write_bytes(content)


def lose_files(rose, moss, folder):
    for path in kept(folder):
        path.unlink()


REASONS = {
    "hidden": hide,
    "blocking": lambda rose, moss, folder: block(moss, by=rose),
    "blocked": lambda rose, moss, folder: block(rose, by=moss),
    "excepted": lambda rose, moss, folder: factories.except_from(rose, "picture", moss),
    "suspended": lambda rose, moss, folder: Member.objects.filter(pk=rose.pk).update(is_active=False),
    "unsure": lambda rose, moss, folder: Member.objects.filter(pk=rose.pk).update(email_verified_at=None),
    "damaged": break_seals,
    "gone": lose_files,
    "keyless": lambda rose, moss, folder: destroy_data_key(rose.pk),
}


@pytest.mark.promise("E6")
@pytest.mark.parametrize("make_it_so", list(REASONS.values()), ids=list(REASONS))
def test_a_picture_that_is_not_to_be_had_is_the_same_404_as_none(client, rose, uploads, make_it_so):
    absent = "/media/00000000-0000-4000-8000-000000000000/small/"
    picture_id = set_picture(rose, upload(encoded()))
    moss = factories.make_member("moss")
    client.force_login(moss)
    address = f"/media/{picture_id}/small/"
    tag = client.get(address)["ETag"]
    make_it_so(rose, moss, uploads)
    for headers in ({}, {"If-None-Match": tag}, {"If-None-Match": "*"}):
        answer, none = client.get(address, headers=headers), client.get(absent, headers=headers)
        assert answer.status_code == none.status_code == 404
        assert normalised(answer.content) == normalised(none.content)
        assert answer.headers.keys() == none.headers.keys()


@pytest.mark.parametrize("size", ["original", "huge", "small-", "etc"])
def test_there_are_no_other_sizes(client, rose, size):
    assert client.get(f"/media/{set_picture(rose, upload(encoded()))}/{size}/").status_code == 404


def test_a_picture_is_served_so_that_no_cache_shows_it_unasked_and_no_browser_guesses(client, rose):
    address = f"/media/{set_picture(rose, upload(encoded()))}/small/"
    answer = client.get(address)
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "image/webp"
    again = client.get(address, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["Cache-Control"] == "private, no-cache"


def test_one_member_s_file_does_not_open_as_another_s(rose, uploads):
    from accounts.pictures import open_picture

    moss = factories.make_member("moss")
    mine, theirs = set_picture(rose, upload(encoded())), set_picture(moss, upload(encoded()))
    (uploads / f"pictures/{mine}/small").write_bytes((uploads / f"pictures/{theirs}/small").read_bytes())
    assert open_picture(mine, "small", rose.pk) is None


@pytest.mark.promise("K2")
def test_a_rotation_of_keys_takes_every_picture_along(rose, uploads):
    set_picture(rose, upload(encoded()))
    found = {(name, subject) for _storage, name, subject in stored_pictures()}
    assert {subject for _name, subject in found} == {rose.pk}
    assert {path.name for path in kept(uploads)} == {name.rsplit("/")[-1] for name, _subject in found}
