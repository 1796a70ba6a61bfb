"""Retention: what has a term in the catalogue goes when the term is over."""

from .purging import purge
from .terms import Due, due

__all__ = ["Due", "due", "purge"]
