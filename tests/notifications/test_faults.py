"""Workers that are killed at random moments lose nothing: the small version of ``make faults``."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

SMALL = ["--notices", "200", "--members", "20", "--kills", "4", "--lease", "3"]


@pytest.mark.promise("F5")
def test_workers_killed_at_random_moments_lose_nothing_and_send_at_most_what_was_on_its_way_twice():
    database, redis = urlsplit(os.environ.get("DATABASE_URL", "")), os.environ.get("REDIS_URL", "")
    on_services = database.scheme.startswith("postgres") and redis
    server = f"{database.scheme}://{database.netloc}" if on_services else ""
    where = ["--server", server, *(["--redis", f"{redis.rsplit('/', 1)[0]}/11"] if on_services else [])]
    names = ("DATABASE_URL", "KEYSTORE_URL", "REDIS_URL", "VAR_DIR")
    outside = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-m", "tests.notifications.faults", *SMALL, *where]
    done = subprocess.run(command, env=outside, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["lost"], found["strange"], found["states"]) == (0, 0, {"sent": 200})
