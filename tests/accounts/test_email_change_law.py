"""Whatever is asked, confirmed, stopped and waited for, in any order: a small oracle says who signs in with what."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings as how, strategies as st

from accounts import email_change, mail
from accounts.models import Member
from privacy import retention
from security.observing import Observation
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C2"), pytest.mark.promise("E6")]
ADDRESSES = ("rose@example.org", "moss@example.org", "one@example.org", "two@example.org")
PEOPLE = ("rose", "moss")
STARTED = datetime(2026, 3, 1, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass
class Asked:
    """What the oracle knows of one change."""

    former: str
    new: str
    at: datetime
    link: str | None
    stop: str
    is_pending: bool = True
    is_confirmed: bool = False
    is_kept: bool = True
    can_stop: bool = True


@dataclass
class Oracle:
    """The rules once more, as plainly as they can be said."""

    has: dict[str, str]
    asked: dict[str, list[Asked]] = field(default_factory=lambda: {who: [] for who in PEOPLE})

    def holds(self, who: str, address: str, now: datetime) -> bool:
        given_up = [each for each in self.asked[who] if each.is_kept and each.is_confirmed and now - each.at < WEEK]
        return self.has[who] == address or any(each.former == address for each in given_up)

    def is_taken(self, who: str, address: str, now: datetime) -> bool:
        return any(self.holds(other, address, now) for other in PEOPLE if other != who)

    def asks(self, who: str, one: Asked) -> None:
        self.cancels(who)
        self.asked[who].append(one)

    def cancels(self, who: str) -> None:
        for each in self.asked[who]:
            if each.is_pending:
                each.is_pending = each.is_kept = False

    def confirms(self, who: str, one: Asked, now: datetime) -> bool:
        if not one.is_pending or now - one.at >= DAY:
            return False
        one.is_pending = False
        if self.is_taken(who, one.new, now):
            one.is_kept = False
            return False
        one.is_confirmed, self.has[who] = True, one.new
        return True

    def stops(self, who: str, one: Asked, now: datetime) -> bool:
        if not one.can_stop or now - one.at >= WEEK:
            return False
        since = [each for each in self.asked[who] if each.at >= one.at]
        confirmed = [each for each in since if each.is_kept and each.is_confirmed]
        if confirmed:
            self.has[who] = confirmed[0].former
        for each in since:
            each.can_stop = each.is_kept = each.is_pending = False
        return True


STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(PEOPLE), st.sampled_from(ADDRESSES)),
    st.tuples(st.sampled_from(["confirm", "stop"]), st.integers(0, 5)),
    st.tuples(st.just("cancel"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("wait"), st.sampled_from([timedelta(hours=13), timedelta(days=4)])),
    st.tuples(st.just("squat"), st.sampled_from(ADDRESSES)),
)

TWICE = [
    ("ask", "rose", "one@example.org"),
    ("confirm", 0),
    ("ask", "rose", "two@example.org"),
    ("confirm", 1),
]


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Catch what would be mailed."""
    caught: dict[str, str] = {}
    monkeypatch.setattr(mail, "confirm_new_address", lambda _who, _address, link: caught.update(link=link))
    monkeypatch.setattr(mail, "email_change_was_asked", lambda _who, stop: caught.update(stop=stop))
    return caught


@how(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
@example(steps=[*TWICE, ("stop", 1), ("stop", 0)])  # who has taken over an address stops, and then its owner does
@example(steps=[*TWICE, ("stop", 0), ("stop", 1)])
@example(steps=[*TWICE[:2], ("ask", "moss", "rose@example.org"), ("stop", 0)])  # it can still be taken back
@example(steps=[("ask", "rose", "one@example.org"), ("ask", "moss", "one@example.org"), ("confirm", 1), ("confirm", 0)])
def test_addresses_are_those_of_the_oracle_after_every_step(
    steps: list[Any], links: dict[str, str], settings: Any
) -> None:
    settings.LIMITS = False
    with time_machine.travel(STARTED, tick=False) as clock, transaction.atomic():
        people = {who: factories.make_member(who) for who in PEOPLE}
        oracle = Oracle({who: f"{who}@example.org" for who in PEOPLE})
        for step in steps:
            clock.shift(timedelta(seconds=1))
            walk(step, people, oracle, links, clock)
            found = {who: Member.objects.get(pk=one.pk).email for who, one in people.items()}
            assert found == oracle.has, step
        transaction.set_rollback(True)


def walk(step: Any, people: dict[str, Member], oracle: Oracle, links: dict[str, str], clock: Any) -> None:
    """Take one step in both, and compare what is said of it."""
    what, *more = step
    now = datetime.now(UTC)
    if what == "ask":
        who, address = more
        ask(Member.objects.get(pk=people[who].pk), address, oracle, links, now)
    elif what in ("confirm", "stop"):
        mailed = [(who, one) for who in PEOPLE for one in oracle.asked[who] if what == "stop" or one.link]
        if more[0] < len(mailed):
            who, one = mailed[more[0]]
            token, act = (one.link, oracle.confirms) if what == "confirm" else (one.stop, oracle.stops)
            done = getattr(email_change, what)(token, seen=Observation())
            assert (done is not None) == act(who, one, now), step
    elif what == "cancel":
        email_change.cancel(people[more[0]], seen=Observation())
        oracle.cancels(more[0])
    elif what == "wait":
        clock.shift(more[0])
        retention.purge(datetime.now(UTC))
    elif not Member.objects.holding(more[0]).exists():
        factories.make_member(f"squat{Member.objects.count()}", email=more[0], email_verified_at=None)


def ask(member: Member, address: str, oracle: Oracle, links: dict[str, str], now: datetime) -> None:
    who = member.handle
    if email_change.is_own(member, address):
        assert oracle.has[who] == address
        return
    links.clear()
    taken = oracle.is_taken(who, address, now)
    email_change.ask(member, address, seen=Observation())
    assert ("link" not in links) == taken
    oracle.asks(who, Asked(oracle.has[who], address, now, links.get("link"), links["stop"]))
