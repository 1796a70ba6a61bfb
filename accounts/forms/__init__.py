"""Forms of people."""

from security.forms import AccessibleForm

__all__ = ["AccessibleForm"]
