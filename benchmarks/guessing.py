"""Ten thousand wrong passwords: against one account, and against a thousand; its owner signs in meanwhile.

    python -m benchmarks.guessing --attempts 10000 [--port 8791] [--json]

Against a real gunicorn on loopback with the real Argon2id. *One account*: every attempt comes from another network, as
those of a botnet do. *A thousand accounts*: all of them come from one network. Counted is how many passwords were
looked at, how long a refusal takes, whether the owner gets in with a browser that is known and how many mails they get.
"""

import argparse
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .serving import PASSWORD, Visitor, make_people, site

LOOKED_AT, REFUSED, LET_IN = 422, 429, 302
AT_ONCE = 8


def attack(address: str, attempts: int, email: Any, network: Any) -> dict[str, Any]:
    """Try wrong passwords, several at once; return what became of them."""

    def attempt(turn: int) -> tuple[int, float]:
        visitor = Visitor(address, network(turn))
        return visitor.post("/sign-in/", {"email": email(turn), "password": f"wrong {turn}"}, token(visitor))

    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(attempt, range(attempts)))
    refusals = [seconds for status, seconds in answers if status == REFUSED]
    return {
        "attempts": attempts,
        "looked_at": sum(status == LOOKED_AT for status, _ in answers),
        "refused": len(refusals),
        "refusal_ms": round(statistics.median(refusals) * 1000, 1) if refusals else None,
        "seconds": round(time.perf_counter() - begun),
    }


def token(visitor: Visitor) -> str:
    """Give a visitor a pair of tokens without asking for the page: what is measured is the form."""
    from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH

    secret = CSRF_ALLOWED_CHARS[0] * CSRF_SECRET_LENGTH
    visitor.headers |= {"Cookie": f"csrf={secret}"}
    return secret


def owner_gets_in(owner: Visitor, email: str) -> bool:
    status, _seconds = owner.post("/sign-in/", {"email": email, "password": PASSWORD}, owner.token("/sign-in/"))
    owner.post("/sign-out/", {}, owner.token("/sign-out/"))
    return status == LET_IN


def mails() -> int:
    """Return how many mails the site has written."""
    from notifications.models import Notification

    return Notification.objects.count()


def main() -> None:
    """Attack, have the owner sign in before, during and after, and print what became of it."""
    parser = argparse.ArgumentParser(description="what ten thousand wrong passwords come to")
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=8791)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with site(options.port) as address:
        crowd = make_people(1000, "m")
        owner = Visitor(address, "192.0.2.7")
        known = owner_gets_in(owner, crowd[0])
        before = mails()
        with ThreadPoolExecutor(1) as pool:
            many_networks = lambda turn: f"{20 + turn % 200}.{turn // 200}.7.9"  # noqa: E731
            one = pool.submit(attack, address, options.attempts, lambda turn: crowd[0], many_networks)
            time.sleep(5)
            during = owner_gets_in(owner, crowd[0])
            results = {"one account, a network each": one.result() | {"mails": mails() - before}}
        stranger = Visitor(address, "192.0.2.8")
        status, _ = stranger.post("/sign-in/", {"email": crowd[0], "password": PASSWORD}, stranger.token("/sign-in/"))
        thousand = attack(address, options.attempts, lambda turn: crowd[1 + turn % 999], lambda turn: "198.51.100.9")
        results["a thousand accounts, one network"] = thousand | {"mails": mails() - before - 1}
        results["the owner"] = {"before": known, "meanwhile": during, "after": owner_gets_in(owner, crowd[0])}
        results["the right password in a browser that is not known, meanwhile"] = {"status": status}
    print(json.dumps(results, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
