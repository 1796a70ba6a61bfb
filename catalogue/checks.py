"""System checks: a declaration is a promise, and these hold it against the models."""


def register_checks() -> None:
    """Add the checks to ``manage.py check``."""
