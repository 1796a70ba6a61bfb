"""Makes the world the tests run in, before Django is loaded: ``-p tests.plugin`` in pyproject.toml.

A fresh ``VAR_DIR`` with keys of its own; SQLite unless ``DATABASE_URL`` says PostgreSQL; no network beyond loopback;
and under ``CI=true`` (or ``TEST_REQUIRE=browser,postgres,redis``) a missing service is a failure, not a skip.
"""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Generator, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

SERVICES = {"postgres": ("DATABASE_URL", 5432), "redis": ("REDIS_URL", 6379)}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
# Tests empty the cache, so they take a Redis database that nobody else is likely to use.
TEST_REDIS_DATABASE = "/15"


def keystore_beside(address: str) -> str:
    """Return the address of a keystore on the same server as the database at ``address``."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"{parts.path}_keystore"))


def redis_of_tests(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=TEST_REDIS_DATABASE)) if parts.path in ("", "/", "/0") else address


def make_environment() -> Path:
    """Set every variable that settings read. Outside values count for databases and Redis only."""
    folder = Path(tempfile.mkdtemp(prefix="hedgerow-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = os.environ.get("DATABASE_URL", "")
    if database.startswith("postgres"):
        os.environ.setdefault("KEYSTORE_URL", keystore_beside(database))
    if redis := os.environ.get("REDIS_URL", ""):
        os.environ["REDIS_URL"] = redis_of_tests(redis)
    for name in (
        "ALLOWED_HOSTS",
        "EMAIL_URL",
        "KEY_FILE",
        "LIMITS",
        "LOG_LEVEL",
        "MAIL_WEBHOOK_SECRET",
        "MAIL_WEBHOOK_SIGNING_KEY",
        "PUBLIC_URL",
        "SMS_URL",
        "TRUSTED_PROXIES",
    ):
        os.environ.pop(name, None)
    os.environ |= {
        "HEDGEROW_ENV": "development",
        "VAR_DIR": str(folder),
        "SECRET_KEY": "only-for-tests-and-long-enough-to-be-taken-for-a-real-secret-key",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        # Playwright's synchronous interface runs an event loop in the thread of the test.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
    return folder


VAR_DIR = make_environment()


def required() -> set[str]:
    """Return the services whose absence is a failure."""
    if os.environ.get("CI") == "true":
        return {"browser", *SERVICES}
    return set(filter(None, os.environ.get("TEST_REQUIRE", "").split(",")))


def answers(service: str) -> bool:
    """Tell whether something listens where ``service`` is configured, or else where it usually is."""
    variable, usual_port = SERVICES[service]
    parts = urlsplit(os.environ.get(variable, ""))
    named = parts.scheme.startswith(service)
    try:
        address = (parts.hostname or "127.0.0.1", parts.port or usual_port) if named else ("127.0.0.1", usual_port)
        socket.create_connection(address, 1).close()
    except OSError:
        return False
    return True


def pytest_sessionstart(session: pytest.Session) -> None:
    missing = {service for service in SERVICES.keys() & required() if not answers(service)}
    if "browser" in required() and CHROMIUM is None:
        missing.add("browser")
    if missing:
        pytest.exit(f"required, and not here: {', '.join(sorted(missing))}", returncode=1)


def pytest_report_header(config: pytest.Config) -> str:
    database = urlsplit(os.environ.get("DATABASE_URL", "sqlite")).scheme or "sqlite"
    return f"hedgerow: {database}, redis {'yes' if os.environ.get('REDIS_URL') else 'no'}, browser {CHROMIUM or 'none'}"


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    """Let every test that uses the database use both, leave out what it cannot run, and put browsers last.

    Playwright leaves an event loop running in the thread of the tests, in which no other can be started afterwards.
    """
    away = [item for item in items if not runs_here(item)]
    if away:
        items[:] = [item for item in items if item not in away]
        config.hook.pytest_deselected(items=away)
    for item in items:
        open_both_databases(item)
    result = yield
    items.sort(key=uses_browser)
    return result


def uses_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None or "playwright" in getattr(item, "fixturenames", ())


def runs_here(item: pytest.Item) -> bool:
    on_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    here = {"postgres": on_postgres, "sqlite": not on_postgres, "redis": bool(os.environ.get("REDIS_URL"))}
    return all(is_here or not item.get_closest_marker(name) for name, is_here in here.items())


def open_both_databases(item: pytest.Item) -> None:
    mark = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    if (mark or fixtures & DATABASE_FIXTURES) and "databases" not in (mark.kwargs if mark else {}):
        asked: dict[str, Any] = dict(mark.kwargs) if mark else {}
        item.add_marker(pytest.mark.django_db(**asked, databases=["default", "keystore"]), append=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and CHROMIUM is None:
        pytest.skip("no chromium on this machine")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep SQLite's test databases in files, so that threads meet the locks they meet in real life."""
    from django.db import connections

    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(VAR_DIR / f"test-{alias}.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _thawed_for_emptying() -> Iterator[None]:
    """Take SQLite's triggers away while tables are emptied after a test. PostgreSQL truncates, which fires none."""
    from django.db import connection
    from django.test import TransactionTestCase

    emptying = TransactionTestCase._fixture_teardown

    def thawed(self: TransactionTestCase) -> None:
        triggers = _triggers(connection)
        with connection.cursor() as cursor:
            for name in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            emptying(self)
            for statement in triggers.values():
                cursor.execute(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", thawed)
        yield


def _triggers(connection: Any) -> dict[str, str]:
    if connection.vendor != "sqlite":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return dict(cursor.fetchall())


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords quickly: nobody attacks those of the tests."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_clients() -> Iterator[None]:
    """Look for static files when one is asked for: every test client would read all of them first."""
    from django.test import override_settings

    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing: who measures how long an answer takes sets how long that is."""
    from security import discretion

    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0)


@pytest.fixture(autouse=True)
def _worker_at_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what is to be sent leave as soon as the bell rings: no worker runs beside a test."""
    from notifications import delivery, sending

    monkeypatch.setattr(sending, "ring", delivery.deliver)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Let no test see what another has counted or kept."""
    from django.core.cache import cache

    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections beyond this machine."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def connect_nearby(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise ConnectionRefusedError("tests do not leave this machine")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the chromium of the machine, with arguments that also suit root in a container."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGS}
