"""Before anything starts: every declared notice has its texts, and they can be written."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from .notices import Notice, declared


@register
def check_notices(**_: Any) -> list[CheckMessage]:
    """Report every notice that lacks a text, or has one that is no template."""
    return list(problems(declared()))


def problems(notices: Iterable[Notice]) -> Iterator[CheckMessage]:
    """Yield what is wrong with the texts of ``notices``."""
    for notice in notices:
        for part in notice.parts:
            name = f"{notice.folder}/{part}"
            try:
                get_template(name)
            except TemplateDoesNotExist:
                hint = (
                    "Every notice has subject.txt, body.txt and body.html, and one that goes by text message text.txt."
                )
                yield Error(f"{name} is missing.", hint=hint, obj=notice.slug, id="notifications.E001")
            except TemplateSyntaxError as error:
                yield Error(f"{name}: {error}", obj=notice.slug, id="notifications.E002")
