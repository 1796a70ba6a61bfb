"""Production refuses to start without a value, or with one that cannot be meant."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.surroundings import ROOT, development, production

REQUIRED = ["SECRET_KEY", "KEY_FILE", "DATABASE_URL", "KEYSTORE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL"]
REQUIRED += ["ALLOWED_HOSTS"]
ASK = (
    "from config import settings as s; print(s.PRODUCTION, s.SECURE, s.SESSION_COOKIE_NAME, s.EMAIL_PORT, s.MAIL_PAGE)"
)


def start(environment: dict[str, str], ask: str = ASK) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_production_starts_with_every_value_named(tmp_path: Path) -> None:
    started = start(production(tmp_path))
    assert started.stdout.split() == ["True", "True", "__Host-session", "587", "False"], started.stderr


@pytest.mark.parametrize("name", REQUIRED)
def test_production_names_the_value_that_is_missing(tmp_path: Path, name: str) -> None:
    environment = production(tmp_path)
    del environment[name]
    refused = start(environment)
    assert refused.returncode != 0
    assert f"{name} is missing" in refused.stderr


def test_production_generates_nothing(tmp_path: Path) -> None:
    environment = production(tmp_path)
    del environment["SECRET_KEY"]
    before = set(tmp_path.iterdir())
    start(environment)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGEROW_ENV", "staging"),
        ("DATABASE_URL", "hedgerow"),
        ("KEYSTORE_URL", "nonsense://"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("EMAIL_URL", "folder:///"),
        ("EMAIL_URL", "127.0.0.1"),
        ("SMS_URL", "http://gateway.example/send"),
        ("SMS_URL", "https:///send"),
        ("SMS_URL", "folder:///"),
        ("PUBLIC_URL", "hedgerow.example"),
        ("PUBLIC_URL", "http://hedgerow.example"),
        ("TRUSTED_PROXIES", "the balancer"),
        ("LIMITS", "off"),
        ("LIMITS", "maybe"),
        ("MINIMUM_AGE", "thirteen"),
    ],
)
def test_production_refuses_what_cannot_be_meant_and_says_which(tmp_path: Path, name: str, value: str) -> None:
    refused = start(production(tmp_path, **{name: value}))
    assert refused.returncode != 0
    assert name in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "address", ["nonsense://user:very-secret@host/name", "postgres://user:very-secret@host:port/name"]
)
def test_a_refusal_does_not_print_the_value(tmp_path: Path, address: str) -> None:
    refused = start(production(tmp_path, DATABASE_URL=address))
    assert refused.returncode != 0
    assert "very-secret" not in refused.stderr


def test_the_folder_of_all_data_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert start(development(tmp_path / "new" / "var"), "from config import settings").returncode == 0
    assert (tmp_path / "new" / "var").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_already_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o750)
    start(development(tmp_path / "var"), "from config import settings")
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o750


def test_development_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    ask = "from config import settings as s; print(s.SECRET_KEY)"
    first, second = start(development(tmp_path), ask), start(development(tmp_path), ask)
    assert first.stdout == second.stdout
    assert len(first.stdout) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_text_messages_go_nowhere_in_production_unless_a_gateway_is_named(tmp_path: Path) -> None:
    ask = "from config import settings as s; print(repr(s.SMS_URL), s.SMS_FOLDER)"
    assert start(production(tmp_path), ask).stdout.split() == ["''", "None"]
    named = production(tmp_path) | {"SMS_URL": "https://user:password@gateway.example/send"}
    assert start(named, ask).stdout.split() == ["'https://user:password@gateway.example/send'", "None"]
    assert start(development(tmp_path), ask).stdout.split() == ["''", str(tmp_path / "sms")]


def test_a_provider_of_mail_is_asked_not_to_watch_and_shows_a_secret(tmp_path: Path) -> None:
    ask = "from config import settings as s; print(s.EMAIL_BACKEND, s.MAIL_PROVIDER, s.ANYMAIL)"
    named = production(tmp_path, EMAIL_URL="mailgun://key@mg.example.org")
    assert "MAIL_WEBHOOK_SECRET" in start(named).stderr.splitlines()[-1]
    said = start(named | {"MAIL_WEBHOOK_SECRET": "hedgerow:a-secret-of-the-provider"}, ask).stdout
    assert said.startswith("anymail.backends.mailgun.EmailBackend mailgun")
    assert "'track_opens': False" in said
    assert "'MAILGUN_SENDER_DOMAIN': 'mg.example.org'" in said
    signed = {"MAIL_WEBHOOK_SECRET": "hedgerow:a-secret-of-the-provider", "MAIL_WEBHOOK_SIGNING_KEY": "abc"}
    assert "'MAILGUN_WEBHOOK_SIGNING_KEY': 'abc'" in start(named | signed, ask).stdout
    routes = "import django; django.setup(); from django.urls import reverse; print(reverse('mail-webhook'))"
    secret = {"MAIL_WEBHOOK_SECRET": "hedgerow:a-secret-of-the-provider"}
    for address in ("postmark://token@api", "sendgrid://key@api", "mailgun://key@mg.example.org"):
        assert start(production(tmp_path, EMAIL_URL=address) | secret, routes).stdout.strip() == "/webhooks/mail/"
    assert start(production(tmp_path, EMAIL_URL="mailgun://mg.example.org") | secret).returncode != 0
