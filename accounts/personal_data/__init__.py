"""The personal data of people: what is held, why, who sees it at first, and what becomes of it."""

from . import member, profile, ties, under_way

__all__ = ["member", "profile", "ties", "under_way"]
