"""Read the environment, and refuse loudly what is missing or malformed.

In development a missing key is made once and kept under ``VAR_DIR``, readable by its owner alone.
In production nothing is generated or guessed.
"""

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

ENVIRONMENTS = ("development", "production")
DATABASES = ("postgres", "postgresql", "sqlite")
FOLDER_OF_MAILS = "django.core.mail.backends.filebased.EmailBackend"
MAIL_SERVER = "notifications.channels.smtp.SmtpBackend"
# Providers that carry mail, and can be told not to watch who opens it: the settings of django-anymail for their key,
# and for the domain if they ask for one.
PROVIDERS = {
    "mailgun": ("MAILGUN_API_KEY", "MAILGUN_SENDER_DOMAIN"),
    "postmark": ("POSTMARK_SERVER_TOKEN", ""),
    "sendgrid": ("SENDGRID_API_KEY", ""),
}
# What a provider signs its reports with, where that is not its key.
SIGNED_BY = {
    "mailgun": "MAILGUN_WEBHOOK_SIGNING_KEY",
    "sendgrid": "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",
}
UNWATCHED = {"track_opens": False, "track_clicks": False}
LONG_ENOUGH = 24
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


class Environment:
    """Typed readers over ``os.environ`` and an optional ``.env`` file."""

    def __init__(self, base_dir: Path) -> None:
        self.base_dir = base_dir
        self.env = environ.Env()
        if (base_dir / ".env").exists():
            self.env.read_env(str(base_dir / ".env"))
        self.name = self.text("HEDGEROW_ENV", "development")
        if self.name not in ENVIRONMENTS:
            raise ImproperlyConfigured(f"HEDGEROW_ENV must be one of {', '.join(ENVIRONMENTS)}")

    @property
    def is_production(self) -> bool:
        return self.name == "production"

    def text(self, name: str, default: str) -> str:
        return os.environ.get(name, "").strip() or default

    def required(self, name: str, development: str = "") -> str:
        """Return a value that production must name; development falls back on ``development``."""
        value = self.text(name, "" if self.is_production else development)
        if not value and self.is_production:
            raise ImproperlyConfigured(f"{name} is missing. In production every value must be named; see README.md.")
        return value

    def listed(self, name: str, development: str = "") -> list[str]:
        return [part.strip() for part in self.required(name, development).split(",") if part.strip()]

    def address(self, name: str, development: str, schemes: tuple[str, ...]) -> str:
        """Return an address whose scheme is one of ``schemes``; empty if development names none."""
        value = self.required(name, development)
        parts = urlsplit(value)
        if value and (parts.scheme not in schemes or not (parts.hostname or parts.path)):
            raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return value

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Return a comma-separated list of addresses or networks, which may be empty."""
        try:
            return [ip_network(part.strip()) for part in self.text(name, "").split(",") if part.strip()]
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a list of addresses or networks") from error

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal():
            raise ImproperlyConfigured(f"{name} must be a whole number")
        return int(value)

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "on" if default else "off").lower()
        if value not in ("on", "off"):
            raise ImproperlyConfigured(f"{name} must be on or off")
        return value == "on"

    def database(self, name: str, development: str) -> dict[str, Any]:
        """Return one entry of ``DATABASES`` from an address such as ``postgres://user@host/name``."""
        address = self.address(name, development, DATABASES)
        try:
            parsed: dict[str, Any] = self.env.db_url_config(address)
        except ValueError:
            # The address may hold a password, and a chained error would print it.
            raise ImproperlyConfigured(f"{name} is not a database address") from None
        return parsed | database_options(parsed["ENGINE"])

    def mail(self, name: str, folder: Path) -> dict[str, Any]:
        """Return where mail goes: to a server (``smtp+tls://user:password@host:port``), or into ``folder``."""
        value = self.address(name, "folder:///", (*MAIL_PORTS, *PROVIDERS, "folder"))
        parts = urlsplit(value)
        if parts.scheme == "folder" and self.is_production:
            raise ImproperlyConfigured(f"{name}: a folder of mails is for development only")
        kept = parts.scheme == "folder"
        backend = f"anymail.backends.{parts.scheme}.EmailBackend" if parts.scheme in PROVIDERS else MAIL_SERVER
        return {
            "backend": FOLDER_OF_MAILS if kept else backend,
            "provider": parts.scheme if parts.scheme in PROVIDERS else "",
            "folder": folder if kept else None,
            "host": parts.hostname or "",
            "port": parts.port or MAIL_PORTS.get(parts.scheme, 0),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "starttls": parts.scheme == "smtp+tls",
            "tls": parts.scheme == "smtp+ssl",
        }

    def provider(self, mail: dict[str, Any], secret: str) -> dict[str, Any]:
        """Return what django-anymail needs of a provider at an address such as ``postmark://TOKEN@api``, if it is one.

        The provider shows ``secret`` (``name:password``) when it reports what became of a mail.
        """
        if not mail["provider"]:
            return {}
        key, domain = PROVIDERS[mail["provider"]]
        value = self.text(secret, "")
        if len(value) < LONG_ENOUGH or ":" not in value[1:-1]:
            raise ImproperlyConfigured(f"{secret} must be name:password, of {LONG_ENOUGH} letters at least")
        if not mail["user"] or (domain and not mail["host"]):
            raise ImproperlyConfigured("EMAIL_URL must name the key of the provider, and the domain if it asks for one")
        named = {key: mail["user"]} | ({domain: mail["host"]} if domain else {})
        signing = self.text("MAIL_WEBHOOK_SIGNING_KEY", "")
        if signing and mail["provider"] in SIGNED_BY:
            named[SIGNED_BY[mail["provider"]]] = signing
        return {**named, "WEBHOOK_SECRET": value, "REQUESTS_TIMEOUT": 20, "SEND_DEFAULTS": UNWATCHED}

    def texts(self, name: str, folder: Path) -> tuple[str, Path | None]:
        """Return where text messages go: the address of a gateway, or a folder of a development site, or nowhere."""
        value = self.text(name, "")
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname):
            raise ImproperlyConfigured(f"{name} must begin with https:// and name a host")
        return value, None if value or self.is_production else folder

    def secret(self, name: str, path: Path) -> str:
        """Return a secret; development makes one at ``path`` and keeps it."""
        value = self.text(name, "")
        if value:
            return value
        if self.is_production:
            raise ImproperlyConfigured(f"{name} is missing. In production nothing is generated; see README.md.")
        return kept_secret(path)


def database_options(engine: str) -> dict[str, Any]:
    """Return what every connection needs: SQLite in WAL mode with real deletion, PostgreSQL pooled."""
    if engine.endswith("sqlite3"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON"
        return {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}}
    # Looked at before it is used, so that nobody is handed one that died when the server was restarted.
    return {"CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}}}


def keep_to_ourselves() -> None:
    """Let files made from here on, databases above all, be readable by their owner alone; children inherit it."""
    os.umask(0o077)


def kept_secret(path: Path) -> str:
    """Return the secret kept at ``path``, made on first use with mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
