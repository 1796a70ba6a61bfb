"""A site of its own on loopback, with the real password hash, for benchmarks that ask as a stranger would."""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar

PASSWORD = "hedge-and-meadow-26"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@contextmanager
def site(port: int, **more: str) -> Iterator[str]:
    """Set Django up on an empty SQLite site, serve it with gunicorn and a worker, and yield its address."""
    with tempfile.TemporaryDirectory(prefix="hedgerow-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "HEDGEROW_ENV": "development",
            "VAR_DIR": folder,
            "PORT": str(port),
            "TRUSTED_PROXIES": "127.0.0.1",
            "WEB_WORKERS": "1",
            "WEB_THREADS": "8",
        } | more
        for name in ("DATABASE_URL", "KEYSTORE_URL", "REDIS_URL", "EMAIL_URL", "LIMITS"):
            os.environ.pop(name, None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, skip_checks=True)
        web = ["-m", "gunicorn", "-c", "config/gunicorn.py", "-b", f"127.0.0.1:{port}", "config.wsgi"]
        children = [subprocess.Popen([sys.executable, *line]) for line in (web, ["manage.py", "work"])]
        try:
            yield wait_for(f"http://127.0.0.1:{port}")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(20)


def wait_for(address: str) -> str:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/healthz").close()
        except OSError:
            time.sleep(0.1)
        else:
            return address
    raise SystemExit("the site does not start")


class Visitor:
    """A browser at ``network``, as the proxy in front of the site would tell it."""

    def __init__(self, site: str, network: str) -> None:
        self.site = site
        self.headers = {"X-Forwarded-For": network}
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), Still())

    def get(self, path: str) -> str:
        request = urllib.request.Request(f"{self.site}{path}", headers=self.headers)
        with self.opener.open(request) as answer:
            return str(answer.read().decode())

    def post(self, path: str, typed: dict[str, str], token: str) -> tuple[int, float]:
        """Send a form; return the status of the answer and the seconds it took."""
        body = urllib.parse.urlencode(typed | {"csrfmiddlewaretoken": token}).encode()
        request = urllib.request.Request(f"{self.site}{path}", body, self.headers)
        begun = time.perf_counter()
        try:
            with self.opener.open(request) as answer:
                answer.read()
                status = answer.status
        except urllib.error.HTTPError as answer:
            answer.read()
            status = answer.code
        return status, time.perf_counter() - begun

    def token(self, path: str) -> str:
        found = TOKEN.search(self.get(path))
        assert found, path
        return found[1]


class Still(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where an answer leads is another request."""

    def redirect_request(self, *_: object) -> None:
        return None


def make_people(count: int, kind: str, **fields: object) -> list[str]:
    """Make members of a kind with one and the same password hash; return their addresses."""
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import Member

    hashed, addresses = make_password(PASSWORD), []
    born = fields.pop("birth_date", None)
    for number in range(count):
        address = f"{kind}{number}@example.org"
        confirmed = {"email_verified_at": timezone.now()} | fields
        member = Member.objects.create_user(f"{kind}{number}", address, None, **confirmed)
        Member.objects.filter(pk=member.pk).update(password=hashed)
        if born:
            member.profile.birth_date = born
            member.profile.save()
        addresses.append(address)
    return addresses
