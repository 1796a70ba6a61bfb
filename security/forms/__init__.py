"""What all forms have in common: controls that say what is wrong with them, and texts that can be shown."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

NOT_TYPED_INTO = (forms.CheckboxInput, forms.FileInput, forms.HiddenInput)
LINE_BREAKS = frozenset("\n\r\t")
# Cc: control characters; Cs: halves of a surrogate pair; Zl and Zp: breaks that a single line cannot hold either.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def refuse_control_characters(value: str) -> None:
    """Raise ``ValidationError`` for text that holds a character no keyboard writes on one line."""
    if any(unicodedata.category(character) in UNPRINTABLE for character in value):
        raise ValidationError(_("There is a character in it that cannot be shown. Type it anew."), code="unprintable")


def refuse_control_characters_but_breaks(value: str) -> None:
    """As above, for text of several lines."""
    refuse_control_characters("".join(character for character in value if character not in LINE_BREAKS))


def class_of(widget: forms.Widget) -> str:
    """Return the class of the design for a control; none for boxes to tick and files."""
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    return "input" if isinstance(widget, forms.widgets.Input) and not isinstance(widget, NOT_TYPED_INTO) else ""


class AccessibleBoundField(BoundField):
    """A control that wears its class and points to its errors first, then to the reason why we ask.

    The ids are those of ``components/_field.html``.
    """

    @property
    def aria_describedby(self) -> str | None:
        """Return the ids of what is said about this control, in reading order."""
        if self.field.widget.attrs.get("aria-describedby") or not self.auto_id or self.is_hidden:
            return None
        ids = [f"{self.auto_id}-error-{number}" for number in range(1, len(self.errors) + 1)]
        if self.help_text:
            ids.append(f"{self.auto_id}_helptext")
        return " ".join(ids) or None

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Return Django's attributes and the class of the design."""
        widget = widget or self.field.widget
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        own = class_of(widget)
        worn = f"{attrs.get('class', '')} {widget.attrs.get('class', '')}".split()
        if own and own not in worn:
            built["class"] = " ".join([own, *worn])
        if own in ("input", "textarea"):
            built.setdefault("dir", "auto")
        return built


class AccessibleForm(forms.Form):
    """A form whose controls carry classes and ARIA attributes, and whose texts hold no control characters.

    Put it first: ``class ProfileForm(AccessibleForm, forms.ModelForm)``.
    """

    bound_field_class = AccessibleBoundField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                several_lines = isinstance(field.widget, forms.Textarea)
                check = refuse_control_characters_but_breaks if several_lines else refuse_control_characters
                field.validators.append(check)
