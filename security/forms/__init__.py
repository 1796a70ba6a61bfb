"""What all forms have in common: controls that say what is wrong with them, and texts that can be shown."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from ..characters import refuse_unprintable, refuse_unprintable_but_breaks

NOT_TYPED_INTO = (forms.CheckboxInput, forms.FileInput, forms.HiddenInput)


def status_of(*forms: Any) -> HTTPStatus:
    """Return the status of a page with ``forms``, those that are not None: 422 if something in one will not do."""
    wrong = any(form is not None and form.errors for form in forms)
    return HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


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
                field.validators.append(refuse_unprintable_but_breaks if several_lines else refuse_unprintable)
