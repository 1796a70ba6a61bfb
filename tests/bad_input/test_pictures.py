"""Files that are no pictures."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Member

from .sending import TOLD, state

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]


def png(size: tuple[int, int] = (8, 8)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "green").save(file, "PNG")
    return file.getvalue()


def with_zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return content + file.getvalue()


NO_PICTURES = {
    "a.png": b"plain text",
    "empty.png": b"",
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a.html": b"<!doctype html><script>alert(1)</script>",
    "cut.png": png()[:40],
    "zip.png": with_zip(png()),
    "script.png": png() + b"<script>alert(1)</script>",
    "pdf.png": b"%PDF-1.7 " + png(),
    "header.png": png()[:16] + b"\xff" * 8 + png()[24:],
    "lying.jpg": png(),
    "a.exe": b"MZ" + b"\0" * 500,
    "gif.gif": b"GIF89a" + b"\xff" * 100,
    "tiff.tif": b"II*\0" + b"\0" * 100,
    "../../a.png\u202e": b"x" * 100,
    "jpeg.jpg": b"\xff\xd8\xff\xe0" + b"\xff" * 2000,
    "webp.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\0" * 50,
}


@pytest.mark.parametrize("file", NO_PICTURES)
def test_what_is_no_picture_is_refused_and_nothing_stored(file: str, rose: Member) -> None:
    client = Client()
    client.force_login(rose, "accounts.sign_in.EmailBackend")
    before = state()
    answer = client.post(
        "/settings/profile/", {**TOLD, "city": "Elsewhere", "picture": SimpleUploadedFile(file, NO_PICTURES[file])}
    )
    assert answer.status_code in (200, 422)
    assert answer.context["form"].errors["picture"]
    assert state() == before
