"""The surroundings of the suite: nothing is skipped where it is required, and nothing leaves this machine."""

import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connections
from django.test import Client

from tests import plugin
from tests.config.surroundings import ROOT


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/config/test_plugin.py"]
    around = {name: value for name, value in os.environ.items() if name not in ("CI", "TEST_REQUIRE", "KEYSTORE_URL")}
    return subprocess.run(command, cwd=ROOT, env=around | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("required", [{"CI": "true"}, {"TEST_REQUIRE": "postgres"}])
def test_a_missing_service_is_a_failure_where_it_is_required(required: dict[str, str]) -> None:
    refused = run(DATABASE_URL="postgres://127.0.0.1:1/hedgerow", **required)
    assert refused.returncode == 1
    assert "required, and not here: postgres" in refused.stdout


def test_a_missing_browser_is_a_failure_where_it_is_required() -> None:
    refused = run(TEST_REQUIRE="browser", PATH="/nowhere")
    assert refused.returncode == 1
    assert "required, and not here: browser" in refused.stdout


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443), ("2001:db8::1", 80, 0, 0)])
def test_nothing_leaves_this_machine(address: tuple[object, ...]) -> None:
    family = socket.AF_INET6 if len(address) > 2 else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(ConnectionRefusedError, match="do not leave"):
        outside.connect(address)


def test_both_databases_may_be_used_without_asking(db: None) -> None:
    for alias in ("default", "keystore"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")


def test_sqlite_lies_in_files_so_that_threads_meet_real_locks(db: None) -> None:
    names = [str(connection.settings_dict["NAME"]) for connection in connections.all() if connection.vendor == "sqlite"]
    assert all(name.startswith(str(plugin.VAR_DIR)) for name in names)


def test_what_the_tests_leave_behind_is_theirs(client: Client) -> None:
    assert settings.VAR_DIR == plugin.VAR_DIR
    assert settings.KEY_FILE.is_relative_to(plugin.VAR_DIR)
    assert make_password("hedge").startswith("md5$")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379/15"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/15"),
        ("redis://127.0.0.1:6379/7", "redis://127.0.0.1:6379/7"),
    ],
)
def test_tests_empty_a_redis_database_that_nobody_else_uses(address: str, expected: str) -> None:
    assert plugin.redis_of_tests(address) == expected
