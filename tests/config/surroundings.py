"""Complete environments in a folder of their own, for tests and for ``make check``.

``python -m tests.config.surroundings production COMMAND…`` runs a command in one and ends with its exit code.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEDGEROW = (
    "HEDGEROW_ENV",
    "VAR_DIR",
    "SECRET_KEY",
    "KEY_FILE",
    "DATABASE_URL",
    "KEYSTORE_URL",
    "REDIS_URL",
    "EMAIL_URL",
)
HEDGEROW += (
    "MAIL_WEBHOOK_SECRET",
    "MAIL_WEBHOOK_SIGNING_KEY",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "LIMITS",
    "LOG_LEVEL",
    "FROM_EMAIL",
    "PORT",
)


def development(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a first run whose data lie in ``folder``."""
    outside = {name: value for name, value in os.environ.items() if name not in HEDGEROW}
    return outside | {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(folder)} | more


def production(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which production starts; no service named in it is contacted by checks."""
    named = {
        "HEDGEROW_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "KEY_FILE": str(folder / "keys.json"),
        "DATABASE_URL": "postgres://hedgerow:secret@127.0.0.1/hedgerow",
        "KEYSTORE_URL": "postgres://keystore:secret@127.0.0.1/keystore",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "EMAIL_URL": "smtp+tls://post:secret@127.0.0.1:587",
        "PUBLIC_URL": "https://hedgerow.example",
        "ALLOWED_HOSTS": "hedgerow.example",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    make_keys(folder)
    return development(folder) | named | more


def make_keys(folder: Path) -> None:
    """Make a key file as development does on its first run."""
    if not (folder / "keys.json").exists():
        subprocess.run(
            [sys.executable, "-c", "import django; django.setup()"], cwd=ROOT, env=development(folder), check=True
        )


def main(kind: str, *command: str) -> int:
    with tempfile.TemporaryDirectory(prefix="hedgerow-") as folder:
        make = {"development": development, "production": production}[kind]
        return subprocess.run(command, cwd=ROOT, env=make(Path(folder)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
