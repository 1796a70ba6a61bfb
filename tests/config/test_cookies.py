"""The cookies of a site in production: bound to this very host, for TLS and for the server alone."""

import re
import subprocess
import sys
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from tests.config.surroundings import ROOT, production
from tests.test_architecture import PACKAGES

# Every place that sets a cookie sets it here, with the settings of production and without a database.
ASK = """
import django
from django.conf import settings
django.setup()
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory
from accounts.views.joining import _remember_too_young
from security import browsers

def view(request):
    request.session["visited"] = True
    get_token(request)
    setattr(request, browsers._TOKEN, "t" * browsers.TOKEN_LENGTH)
    return _remember_too_young(HttpResponse())

handle = SessionMiddleware(CsrfViewMiddleware(browsers.carry_cookie(view)))
print(handle(RequestFactory().get("/", secure=True)).cookies.output())
"""
SETS = re.compile(r"\bset_(signed_)?cookie\(")
NAMES = {"__Host-session", "__Host-csrf", "__Host-browser", "__Host-not-yet"}


@pytest.fixture(scope="module")
def cookies(tmp_path_factory: pytest.TempPathFactory) -> "dict[str, Morsel[Any]]":
    folder: Path = tmp_path_factory.mktemp("production")
    asked = [sys.executable, "-c", ASK]
    started = subprocess.run(asked, cwd=ROOT, env=production(folder), capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr
    jar: SimpleCookie = SimpleCookie()
    for line in started.stdout.splitlines():
        jar.load(line.removeprefix("Set-Cookie: "))
    return dict(jar)


@pytest.mark.promise("K1")
@pytest.mark.promise("N1")
def test_every_cookie_is_bound_to_this_host_to_tls_and_to_the_server(cookies: "dict[str, Morsel[Any]]") -> None:
    assert set(cookies) == NAMES
    for name, cookie in cookies.items():
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name  # with one, other hosts of it would be sent the cookie, and could set it


def test_no_other_place_sets_a_cookie() -> None:
    """What sets one is asked above; a new place fails here until it is."""
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    places = {path.relative_to(ROOT).as_posix() for path in sources if SETS.search(path.read_text(encoding="utf-8"))}
    assert places == {"accounts/views/joining.py", "security/browsers.py"}
