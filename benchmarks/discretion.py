"""Can a stranger tell by the clock who is here? Forms sent for known and unknown addresses in turn, and a control.

    python -m benchmarks.discretion --requests 400 [--forms sign-in,reset,join,email-change] [--port 8790] [--json]

Against a real gunicorn on loopback with the real Argon2id. In every round one request is sent for each kind of address,
in an order drawn anew: *unknown* twice (A and A', the control), *known*, *unconfirmed*, *juvenile*, *suspended*. Each
request comes from another network and another browser, so that no limit answers in the place of the form.

Reported is Cliff's delta of each kind against A: how much more often a request of this kind takes longer than one for
an unknown address than the other way round, from -1 to 1, with a 95 % interval by bootstrap over rounds. The control
shows what chance and the machine make of two that are the same. A kind is *beyond the control* if its interval excludes
nought and its size is larger than any that the interval of the control holds.
"""

import argparse
import json
import random
import statistics
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date

from .serving import PASSWORD, Visitor, make_people, site

KINDS = ("unknown", "control", "known", "unconfirmed", "juvenile", "suspended")
PATHS = {"sign-in": "/sign-in/", "reset": "/password/reset/", "join": "/join/", "email-change": "/settings/email/"}
# How often one address may be asked about before a limit answers, and by how many requests of one member.
PER_ADDRESS = {"sign-in": 8, "reset": 2, "join": 2, "email-change": 2}
PER_ASKER = 4
RESAMPLES = 1000


def typed(form: str, address: str, turn: int) -> dict[str, str]:
    """Return what a stranger types."""
    if form == "sign-in":
        return {"email": address, "password": "not the password of anybody"}
    if form in ("reset", "email-change"):
        return {"email": address}
    return {
        "handle": f"new_{turn}",
        "email": address,
        "password": "barley under the bells",
        "day": "1",
        "month": "4",
        "year": "1990",
        "agree": "on",
    }


def network(turn: int) -> str:
    """Return an address of a network of its own for every request."""
    return f"{20 + turn % 200}.{turn // 200 % 250}.{turn // 50_000}.9"


def people(form: str, requests: int) -> dict[str, Callable[[int], str]]:
    """Make enough people of each kind; return who is asked about at a turn."""
    each = PER_ADDRESS[form]
    count = -(-requests // each)
    short = form.replace("-", "")
    made = {
        "known": make_people(count, f"{short}_kn"),
        "unconfirmed": make_people(count, f"{short}_un", email_verified_at=None),
        "juvenile": make_people(count, f"{short}_ju", birth_date=date(time.localtime().tm_year - 15, 1, 1)),
        "suspended": make_people(count, f"{short}_su", is_active=False),
    }
    asked: dict[str, Callable[[int], str]] = {
        kind: lambda turn, kind=kind: made[kind][turn // each]  # type: ignore[misc]
        for kind in made
    }
    asked["unknown"] = lambda turn: f"{short}_a{turn // each}@example.org"
    asked["control"] = lambda turn: f"{short}_b{turn // each}@example.org"
    return asked


def strangers(address: str) -> Callable[[int], Visitor]:
    """Return who sends each request: somebody new every time."""
    return lambda number: Visitor(address, network(number))


def askers(address: str, requests: int) -> Callable[[int], Visitor]:
    """Return who sends each request where one has to be signed in: a member for a few requests each."""
    signed_in: dict[int, Visitor] = {}
    emails = make_people(requests // PER_ASKER + 1, "asker")

    def asker(number: int) -> Visitor:
        which = number // PER_ASKER
        if which not in signed_in:
            signed_in[which] = visitor = Visitor(address, network(number))
            entries = {"email": emails[which], "password": PASSWORD}
            visitor.post("/sign-in/", entries, visitor.token("/sign-in/"))
        return signed_in[which]

    return asker


def measure(address: str, form: str, requests: int) -> dict[str, list[float]]:
    """Return the seconds of every answer, by kind, round by round."""
    asked, dice = people(form, requests), random.Random(1)
    visitors = askers(address, requests * len(KINDS)) if form == "email-change" else strangers(address)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    statuses: set[int] = set()
    number = 0
    for turn in range(requests):
        for kind in dice.sample(KINDS, len(KINDS)):
            number += 1
            visitor = visitors(number)
            token = visitor.token(PATHS[form])
            status, seconds = visitor.post(PATHS[form], typed(form, asked[kind](turn), number), token)
            statuses.add(status)
            times[kind].append(seconds)
    if len(statuses) != 1 or 429 in statuses:
        raise SystemExit(f"{form}: the answers differ already: {sorted(statuses)}")
    return times


def cliffs_delta(these: list[float], those: list[float]) -> float:
    """Return P(these > those) - P(these < those)."""
    ordered = sorted(those)
    more = sum(bisect_left(ordered, value) for value in these)
    less = sum(len(ordered) - bisect_right(ordered, value) for value in these)
    return (more - less) / (len(these) * len(those))


def interval(these: list[float], those: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of Cliff's delta by bootstrap over rounds."""
    dice, rounds = random.Random(2), range(len(these))
    found = []
    for _ in range(RESAMPLES):
        drawn = dice.choices(rounds, k=len(these))
        found.append(cliffs_delta([these[at] for at in drawn], [those[at] for at in drawn]))
    found.sort()
    return found[int(0.025 * RESAMPLES)], found[int(0.975 * RESAMPLES)]


def judge(times: dict[str, list[float]]) -> list[dict[str, object]]:
    """Return a row for each kind: median, effect against unknown, its interval, whether it is beyond the control."""
    low, high = interval(times["control"], times["unknown"])
    chance = max(abs(low), abs(high))
    rows: list[dict[str, object]] = []
    for kind in KINDS:
        delta = cliffs_delta(times[kind], times["unknown"])
        low, high = interval(times[kind], times["unknown"])
        beyond = kind not in ("unknown", "control") and (low > 0 or high < 0) and abs(delta) > chance
        median = round(statistics.median(times[kind]) * 1000, 1)
        row = {"kind": kind, "median_ms": median, "delta": round(delta, 3)}
        rows.append(row | {"low": round(low, 3), "high": round(high, 3), "beyond_control": beyond})
    return rows


def main() -> None:
    """Measure each form and print the effect of who is asked about."""
    parser = argparse.ArgumentParser(description="what the clock tells of who is here")
    parser.add_argument("--requests", type=int, default=400, help="for each kind of address and each form")
    parser.add_argument("--forms", default=",".join(PATHS))
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with site(options.port) as address:
        results = {form: judge(measure(address, form, options.requests)) for form in options.forms.split(",")}
    print(json.dumps(results) if options.json else table(results, options.requests))


def table(results: dict[str, list[dict[str, object]]], requests: int) -> str:
    lines = [f"{'form':<9} {'address':<12} {'median ms':>9} {'delta':>7} {'95 % interval':>18}  beyond the control"]
    for form, rows in results.items():
        for row in rows:
            span = f"{row['low']:+.3f} … {row['high']:+.3f}"
            told = "YES" if row["beyond_control"] else "no"
            lines.append(f"{form:<9} {row['kind']:<12} {row['median_ms']:>9} {row['delta']:>+7.3f} {span:>18}  {told}")
    return "\n".join([*lines, f"{requests} requests each"])


if __name__ == "__main__":
    main()
