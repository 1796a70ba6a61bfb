"""Profile pictures: what comes in is decoded and painted anew, and only that is kept, sealed.

A file is judged by its header before anything is decoded. What it says about itself (place, camera, author) never
reaches the new picture, nor does anything that hides behind the picture data or under transparent pixels.
"""

import io
import struct
import threading
import uuid
import warnings
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pi_heif
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from encryption.envelope import DecryptionError
from encryption.storage import uploads as storage
from privacy.audiences import hold
from privacy.changes import record
from privacy.visibility import Viewer, unblocked, visible_profiles

from .leftovers import clear, expect_files, forget_files
from .models import Leftover, Member, Picture, Profile
from .picture_files import SIZES, erase_files, file_name, save_files

pi_heif.register_heif_opener()

CONTENT_TYPE = "image/webp"
QUALITY = 85
BACKGROUND = "white"
EXTENSIONS = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif"),
    "PNG": ("png",),
    "WEBP": ("webp",),
    "GIF": ("gif",),
    "HEIF": ("heic", "heif"),
    "AVIF": ("avif",),
}
SAME_AS = {"MPO": "JPEG"}  # a JPEG with more pictures behind the first, as telephones make them
DRAFT = 2 * SIZES["large"]
LONGEST_SIDE = 4 * SIZES["large"]
# A decoded picture takes four bytes a pixel: one is enough for a process to bear at a time.
one_at_a_time = threading.Lock()
ZIP_END, ZIP_TAIL = b"PK\x05\x06", 65_557
PDF_START, PDF_HEAD = b"%PDF-", 1_024
SCRIPTS = (b"<script", b"<?php", b"<!doctype", b"<html", b"<iframe")
TOO_BIG = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What Pillow and the decoders below it raise for files that are not what they claim to be.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, OverflowError, IndexError, KeyError, RuntimeError)


@dataclass(frozen=True)
class Painted:
    """A picture as it is kept: encoded bytes by size."""

    sizes: dict[str, bytes]


# --- reading what came in -----------------------------------------------------------------------------------------
def paint(file: Any) -> Painted:
    """Return an uploaded file painted anew in every size. Raises ``ValidationError`` for whatever is no picture."""
    content = _read(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(EXTENSIONS)) as opened:
                _refuse_by_header(opened, getattr(file, "name", None))
                square = _square(opened)
    except TOO_BIG:
        raise _too_many_pixels() from None
    except ValidationError:
        raise
    except BROKEN:
        raise ValidationError(
            _("We cannot read that as a picture. JPEG, PNG, WebP, GIF, HEIC and AVIF will do."), code="not_a_picture"
        ) from None
    return Painted({name: _encoded(square, side) for name, side in SIZES.items()})


def _read(file: Any) -> bytes:
    """Return the bytes of a file of decent size that is a picture and nothing besides."""
    if file.size > settings.PICTURE_MAX_BYTES:
        raise too_many_bytes()
    file.seek(0)
    content: bytes = file.read(settings.PICTURE_MAX_BYTES + 1)
    if not content:
        raise ValidationError(_("That file is empty. Choose another one."), code="empty")
    if len(content) > settings.PICTURE_MAX_BYTES:
        raise too_many_bytes()
    if _is_something_else_too(content):
        raise ValidationError(
            _("There is something besides a picture in that file. Save it as a picture again, then choose that."),
            code="polyglot",
        )
    return content


def _is_something_else_too(content: bytes) -> bool:
    lowered = content.lower()
    return (
        any(script in lowered for script in SCRIPTS)
        or PDF_START in content[:PDF_HEAD]
        or ZIP_END in content[-ZIP_TAIL:]
    )


def _refuse_by_header(opened: Image.Image, name: str | None) -> None:
    """Look at what the header says. Nothing has been decoded yet."""
    width, height = opened.size
    if width * height > settings.PICTURE_MAX_PIXELS:
        raise _too_many_pixels()
    kind = SAME_AS.get(opened.format or "", opened.format or "")
    ending = PurePath(name).suffix[1:].lower() if name else None
    if ending is not None and ending not in EXTENSIONS[kind]:
        raise ValidationError(
            _("This is a %(kind)s picture, and its name ends otherwise. Rename it to end in .%(ending)s."),
            code="extension",
            params={"kind": kind, "ending": EXTENSIONS[kind][0]},
        )


def _square(opened: Image.Image) -> Image.Image:
    """Decode the first frame, turn it upright, and paint its middle onto a new square."""
    with one_at_a_time:
        opened.draft("RGB", (DRAFT, DRAFT))
        # Made small before anything else: turning and converting need several copies of the whole.
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    upright = ImageOps.exif_transpose(opened).convert("RGBA")
    side = SIZES["large"]
    middle = ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (side, side), BACKGROUND)
    canvas.paste(middle, mask=middle.getchannel("A"))
    return canvas


def _encoded(square: Image.Image, side: int) -> bytes:
    out = io.BytesIO()
    square.resize((side, side), Image.Resampling.LANCZOS).save(out, "WEBP", quality=QUALITY)
    return out.getvalue()


def too_many_bytes() -> ValidationError:
    """Return the refusal of a file of too many bytes."""
    most = filesizeformat(settings.PICTURE_MAX_BYTES)
    return ValidationError(
        _("That file is too big. A picture may have up to %(most)s."), code="too_big", params={"most": most}
    )


def _too_many_pixels() -> ValidationError:
    most = settings.PICTURE_MAX_PIXELS // 1_000_000
    return ValidationError(
        _("That picture is too large. It may have up to %(most)s million pixels."),
        code="too_many_pixels",
        params={"most": most},
    )


# --- keeping ------------------------------------------------------------------------------------------------------
def set_picture(member: Member, file: Any) -> uuid.UUID:
    """Make an uploaded file the picture of ``member``. Raises ``ValidationError`` for whatever is no picture."""
    return keep_picture(member, paint(file))


def keep_picture(member: Member, painted: Painted) -> uuid.UUID:
    """Seal a painted picture and put it in place of the one before, whose files go when that is certain."""
    fresh = seal_picture(member, painted)
    try:
        show_picture(member, fresh)
    except BaseException:
        erase_files(fresh)
        raise
    return fresh


def seal_picture(member: Member, painted: Painted) -> uuid.UUID:
    """Store the files of a picture, sealed, and return its number. Unless it is shown they are swept up."""
    fresh = uuid.uuid4()
    leftover = expect_files(fresh)
    try:
        save_files(fresh, painted.sizes, member.pk)
    except BaseException:
        clear(leftover)
        raise
    return fresh


@transaction.atomic
def show_picture(member: Member, fresh: uuid.UUID) -> None:
    """Put a stored picture in place of the one before."""
    _replace(member, fresh)
    Leftover.objects.filter(picture=fresh).delete()


def remove_picture(member: Member) -> None:
    """Take the picture away, its files too."""
    with transaction.atomic():
        _replace(member, None)


def _replace(member: Member, fresh: uuid.UUID | None) -> None:
    hold(member)
    profile = Profile.objects.select_for_update().get(pk=member.pk)
    gone = list(Picture.objects.filter(member=member).values_list("pk", flat=True))
    Picture.objects.filter(pk__in=gone).delete()
    if fresh is not None:
        Picture.objects.create(pk=fresh, member=member)
    profile.picture = str(fresh) if fresh else None
    profile.save(update_fields=["picture"])
    record(member, ["picture"])
    for old in gone:
        forget_files(old)


# --- showing ------------------------------------------------------------------------------------------------------
def owner_of(picture_id: uuid.UUID, viewer: Viewer) -> int | None:
    """Return whose current picture this is, if it reaches ``viewer``; None for every other reason alike."""
    there = Picture.objects.filter(pk=picture_id, member__in=Member.objects.active())
    owner = there.filter(unblocked(viewer, "member")).values_list("member_id", flat=True).first()
    if owner is None:
        return None
    seen = visible_profiles([owner], viewer, ["picture"]).get(owner, {})
    return owner if seen.get("picture") == str(picture_id) else None


def picture_of(member_id: int) -> uuid.UUID | None:
    """Return the picture of a member, for themself to see, in one query that opens no seal."""
    return Picture.objects.filter(member=member_id).values_list("pk", flat=True).first()


def open_picture(picture_id: uuid.UUID, size: str, owner_id: int) -> bytes | None:
    """Return the bytes of a picture, or None where they are gone or their seal is broken."""
    try:
        return storage.open_sealed(file_name(picture_id, size), owner_id)
    except (OSError, DecryptionError):
        return None
