"""The form in which staff write a campaign."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from ..audiences import audiences
from ..models import Campaign
from ..notices import Notice, declared, notice_of

LONGEST_HEADING, LONGEST_TEXT, LONGEST_SHOWN = 120, 5_000, 60
MINUTES = "%Y-%m-%dT%H:%M"  # as a browser writes it
# What a mail program makes a link of: anything with a scheme, two slashes or an @, and names with points between them.
# Looked at word by word, in a time that grows as the text does.
_SCHEMES = ("mailto:", "tel:", "data:", "javascript:")
_BETWEEN = re.compile(r"[^\w.-]")
_AROUND = "()[]{}<>\"'`.,;:!?*_"
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?\Z")
_POINTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))  # as in names of hosts (RFC 3490, 3.1)


def readable(text: str) -> None:
    """Raise ``ValidationError`` for what turns the text around it, or is not to be seen (Unicode TR 36)."""
    if any(unicodedata.category(each) in ("Cc", "Cf") and each not in "\r\n\t\u200d\u200c" for each in text):
        raise ValidationError(_("There are signs in it that nobody sees, or that turn the text around."))


def ours_alone(text: str) -> None:
    """Raise ``ValidationError`` for an address of somebody else: we send nobody there."""
    plain = unicodedata.normalize("NFKC", text).translate(_POINTS)
    words = (word.strip(_AROUND) for word in plain.split())
    strange = next((word for word in words if _is_address(word) and not _is_ours(word)), None)
    if strange is not None:
        raise ValidationError(
            _("Leave “%(address)s” out: mail programs make a link of it. A page of ours can name other sites."),
            params={"address": strange[:LONGEST_SHOWN]},
        )


def _is_address(word: str) -> bool:
    if "//" in word or "@" in word or any(scheme in word.casefold() for scheme in _SCHEMES):
        return True
    return any(_is_host(piece.strip(".-_")) for piece in _BETWEEN.split(word))


def _is_host(piece: str) -> bool:
    name, _point, last = piece.rpartition(".")
    return bool(name) and len(last) > 1 and last[0].isalpha()


def _is_ours(address: str) -> bool:
    try:
        named, ours = urlsplit(address), urlsplit(settings.PUBLIC_URL)
    except ValueError:
        return False
    return (named.scheme, named.netloc) == (ours.scheme, ours.netloc)


def a_page_of_ours(page: str) -> None:
    """Raise ``ValidationError`` for what is not the plain path of a page here."""
    if not _PATH.match(page):
        raise ValidationError(_("Name a page of ours by its path alone, such as /policy/."))
    try:
        resolve(page)
    except Resolver404:
        raise ValidationError(_("There is no such page. It begins with a slash, such as /policy/.")) from None


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is told, to whom, in which words, and when at the earliest."""

    notice = forms.ChoiceField(label=_("Kind of news"))
    audience = forms.ChoiceField(label=_("Who is told"))
    heading = forms.CharField(label=_("Heading"), max_length=LONGEST_HEADING, validators=[readable, ours_alone])
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_TEXT,
        validators=[readable, ours_alone],
        widget=forms.Textarea,
        help_text=_("An empty line begins a new paragraph. Nothing else is formatted."),
    )
    page = forms.CharField(
        label=_("Page to read on"),
        required=False,
        max_length=200,
        validators=[a_page_of_ours],
        help_text=_("If you like: a page of ours, such as /policy/."),
    )

    starts_at = forms.DateTimeField(
        label=_("Not before"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        help_text=_("If you like. Without it, it begins once it is approved."),
    )

    class Meta:
        model = Campaign
        fields = ("notice", "audience", "starts_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notice"].choices = [("", _("Choose one")), *_kinds_of_news()]  # type: ignore[attr-defined]
        self.fields["audience"].choices = [(each.name, each.label) for each in audiences()]  # type: ignore[attr-defined]
        for name in ("heading", "text", "page"):
            self.fields[name].initial = self.instance.parameters.get(name, "")
            self.fields[name].required = name != "page"

    def clean(self) -> dict[str, Any]:
        """Put the words where the campaign keeps them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if {"notice", "heading", "text", "page"} <= cleaned.keys() and notice_of(cleaned["notice"]).is_written:
            text = cleaned["text"].replace("\r\n", "\n")
            self.instance.parameters = {"heading": cleaned["heading"], "text": text, "page": cleaned["page"]}
        return cleaned


def _kinds_of_news() -> Any:
    """Yield what can be told to many, with what it means for those who declined."""
    for notice in declared():
        if notice.for_many and notice.is_written:
            yield notice.slug, f"{notice.title} ({_who_gets(notice)})"


def _who_gets(notice: Notice) -> Any:
    if notice.topic is None:
        return _("always sent")
    return _("to those who asked for it") if notice.topic.is_marketing else _("to those who have not declined it")
