"""The button that makes or uses a passkey, wherever it stands."""

from typing import Any

from django import template
from django.urls import reverse

from ..passkeys import address_here, are_here

register = template.Library()


@register.inclusion_tag("security/_passkey.html", takes_context=True)
def passkey_button(
    context: template.RequestContext, act: str, label: str, *, field: Any = None, primary: bool = False
) -> dict[str, Any]:
    """Return what the button needs: ``act`` is *add*, *use* or *again*, ``field`` a control for its name."""
    request: Any = context["request"]
    return {
        "act": act,
        "label": label,
        "field": field,
        "primary": primary,
        "begin": reverse(f"security:passkey-{act}-begin"),
        "complete": reverse(f"security:passkey-{act}"),
        "next": context.get("next", ""),
        "are_here": are_here(request),
        "address_here": address_here(request),
        "csrf_token": context.get("csrf_token"),
    }
