"""The small versions of ``make faults`` and ``make refusals``, which need processes of their own."""

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

SMALL = ["--notices", "200", "--members", "20", "--kills", "4", "--lease", "3"]


def played(name: str, arguments: list[str], *, with_redis: bool) -> dict[str, Any]:
    """Return what came of a play on the databases of this run."""
    database, redis = urlsplit(os.environ.get("DATABASE_URL", "")), os.environ.get("REDIS_URL", "")
    on_services = database.scheme.startswith("postgres") and redis
    where = ["--server", f"{database.scheme}://{database.netloc}" if on_services else ""]
    where += ["--redis", f"{redis.rsplit('/', 1)[0]}/11"] if on_services and with_redis else []
    names = ("DATABASE_URL", "KEYSTORE_URL", "REDIS_URL", "VAR_DIR")
    outside = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-m", f"tests.notifications.{name}", *arguments, *where]
    done = subprocess.run(command, env=outside, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.promise("F5")
def test_workers_killed_at_random_moments_lose_nothing_and_send_at_most_what_was_on_its_way_twice():
    found = played("faults", SMALL, with_redis=True)
    assert (found["lost"], found["strange"], found["states"]) == (0, 0, {"sent": 200})


@pytest.mark.promise("F6")
def test_nobody_is_sent_news_after_the_answer_to_their_refusal_whichever_way_it_went():
    found = played("refusals", ["--members", "90", "--refusals", "45"], with_redis=False)
    assert (found["sent after the answer"], found["twice"], found["left out"]) == (0, 0, 0)
    assert found["declined"] == 45
    assert sum(found["states"].values()) == 90
