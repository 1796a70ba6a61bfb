"""What can be told to members: each notice is declared once, in the ``notices.py`` of the app that sends it.

A declaration says what kind of news it is, and so whether it can be declined. No caller, form or row chooses that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .channels.kinds import Channel
from .topics import Topic

Parameters = Mapping[str, Any]
# Name, content and kind of a file that goes with a mail.
Enclosure = tuple[str, str, str]
LETTER = ("subject.txt", "body.txt", "body.html")
SHORT = "text.txt"


class Category(models.TextChoices):
    """Kinds of news. The first four are always sent."""

    SERVICE = "service", _("service")
    SECURITY = "security", _("security")
    INCIDENT = "incident", _("incident")
    LEGAL = "legal", _("legal")
    PRODUCT = "product", _("product")
    MARKETING = "marketing", _("marketing")

    @property
    def is_always_sent(self) -> bool:
        """Say whether no preference stops it."""
        return self not in (Category.PRODUCT, Category.MARKETING)

    @classmethod
    def of(cls, topic: Topic) -> "Category":
        """Return the category of what is sent about ``topic``."""
        return cls.MARKETING if topic.is_marketing else cls.PRODUCT


def _as_they_are(parameters: Parameters) -> Parameters:
    return parameters


@dataclass(frozen=True)
class Notice:
    """One kind of message.

    ``context`` makes what the templates of ``notices/<slug>/`` are filled with from the parameters in the row, when the
    message leaves. ``sample`` returns parameters to preview it with. ``topic`` says by which choice of a member it can
    be declined; what is always sent has none. The ``channels`` are tried in this order until one takes it; on the site
    it stands whatever becomes of the others. A ``bound`` notice belongs to one mailbox: it proves that somebody reads
    it, so it goes to the address it was written for, confirmed or not, and nowhere else. One ``for_many`` can be sent
    by a campaign; if it ``is_written``, staff say what is in it. ``texts_in`` names the folder of its texts, if it is
    not called as the notice is. ``encloses`` makes the files that go with the mail from the parameters.
    """

    slug: str
    category: Category
    title: str | Promise
    sample: Callable[[], Parameters]
    context: Callable[[Parameters], Parameters] = _as_they_are
    topic: Topic | None = None
    bound: bool = False
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    for_many: bool = False
    is_written: bool = False
    texts_in: str = ""
    encloses: Callable[[Parameters], tuple[Enclosure, ...]] = lambda _parameters: ()

    def __post_init__(self) -> None:
        """Refuse a category that its topic does not fit. Raises ValueError."""
        fitting = None if self.topic is None else Category.of(self.topic)
        if self.category.is_always_sent != (fitting is None) or fitting not in (None, self.category):
            raise ValueError(f"{self.slug}: the category {self.category.value} and its topic do not fit")
        if self.bound and len(self.channels) > 1:
            raise ValueError(f"{self.slug}: what is bound to one address goes by one channel")

    @property
    def folder(self) -> str:
        """Return where its templates are."""
        return f"notices/{self.texts_in or self.slug}"

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of its texts: those of a letter, a short one, or both."""
        short = (SHORT,) if Channel.SMS in self.channels else ()
        return short if self.channels == (Channel.SMS,) else (*LETTER, *short)

    @property
    def needs_approval(self) -> bool:
        """Say whether a second member of staff has to agree to it: nobody can decline it, or it says anything."""
        return self.category.is_always_sent or self.is_written

    @property
    def is_on_site(self) -> bool:
        """Say whether it stands on the site too."""
        return Channel.SITE in self.channels

    @property
    def keeps_address(self) -> bool:
        """Say whether it goes to the address of the moment it was written, whatever becomes of that."""
        return self.bound or self.category == Category.SECURITY


class UnknownNotice(LookupError):
    """No app declares a notice of this name."""


_declared: dict[str, Notice] = {}


def register(notice: Notice) -> Notice:
    """Declare ``notice``; return it. Raises ValueError when another one has its name."""
    known = _declared.setdefault(notice.slug, notice)
    if known is not notice:
        raise ValueError(f"two notices are called {notice.slug}")
    return notice


def declared() -> tuple[Notice, ...]:
    """Return every notice, by name."""
    return tuple(sorted(_declared.values(), key=lambda notice: notice.slug))


def notice_of(slug: str) -> Notice:
    """Return the notice of that name. Raises ``UnknownNotice``."""
    try:
        return _declared[slug]
    except KeyError:
        raise UnknownNotice(slug) from None


def is_always_sent(slug: str) -> bool:
    """Say whether no preference stops the notice of that name. Nobody knows that of one that is not declared."""
    return slug in _declared and _declared[slug].category.is_always_sent
