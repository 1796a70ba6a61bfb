"""The table of who is sent what, cell by cell."""

import pytest
from django.utils import timezone

from notifications import notices, recipients
from notifications.channels.kinds import NOWHERE, Channel
from notifications.deciding import Standing, Verdict, decide
from notifications.delivery import deliver
from notifications.inbox import page_of
from notifications.models import Notification, State, Suppression
from notifications.notices import Category, Notice
from notifications.preferences import choose
from notifications.sending import notify
from notifications.suppression import suppress
from notifications.topics import Topic
from tests import factories

from .conftest import row_to

STANDINGS = {
    "wants it": Standing(),
    "wants no mail": Standing(wants=frozenset({Channel.SITE})),
    "declined": Standing(wants=NOWHERE),
    "unconfirmed": Standing(is_confirmed=False),
    "address is dead": Standing(is_dead=True),
    "complained": Standing(has_complained=True),
    "juvenile": Standing(is_juvenile=True),
    "suspended": Standing(is_active=False),
    "cancelled": Standing(has_cancelled=True),
}
SEND, HOLD, LOST, SITE, DROP = Verdict.SEND, Verdict.HOLD, Verdict.UNREACHABLE, Verdict.SITE, Verdict.DROP
ALWAYS = dict.fromkeys(STANDINGS, SEND) | {"unconfirmed": HOLD, "address is dead": LOST}
NEWS = dict.fromkeys(STANDINGS, DROP) | {
    "wants it": SEND,
    "wants no mail": SITE,
    "address is dead": SITE,
    "complained": SITE,
}
TABLE = {
    **dict.fromkeys((Category.SERVICE, Category.SECURITY, Category.INCIDENT, Category.LEGAL), ALWAYS),
    Category.PRODUCT: NEWS | {"juvenile": SEND},
    Category.MARKETING: NEWS,
}
TOPICS = {Category.PRODUCT: Topic.PRODUCT, Category.MARKETING: Topic.NEWS}
CELLS = [(category, who, verdict) for category, row in TABLE.items() for who, verdict in row.items()]
BOTH = (Channel.EMAIL, Channel.SITE)


def some(category: Category, **particulars) -> Notice:
    return Notice("x", category, "x", dict, topic=TOPICS.get(category), **({"channels": BOTH} | particulars))


@pytest.mark.promise("F4")
@pytest.mark.promise("F5")
@pytest.mark.promise("M2")
@pytest.mark.parametrize(("category", "who", "verdict"), CELLS)
def test_the_table(category, who, verdict):
    assert decide(some(category), STANDINGS[who]) is verdict


def test_the_table_has_every_category():
    assert set(TABLE) == set(Category)


def test_what_is_bound_to_a_mailbox_goes_to_it_unconfirmed_and_nowhere_when_it_is_dead():
    assert decide(some(Category.SERVICE, bound=True, channels=(Channel.EMAIL,)), STANDINGS["unconfirmed"]) is SEND
    assert decide(some(Category.SERVICE, bound=True, channels=(Channel.EMAIL,)), STANDINGS["address is dead"]) is LOST


# --- the same, from rows to the mail server -----------------------------------------------------------------------
# The state it ends in, how many mails there were, and whether it stands on the site.
STATES = {
    SEND: (State.SENT, 1, True),
    HOLD: (State.DEFERRED, 0, True),
    LOST: (State.UNREACHABLE, 0, True),
    SITE: (State.SENT, 0, True),
    DROP: (State.SUPPRESSED, 0, False),
}


def member_who(who: str, topic: Topic | None):
    fields = {
        "unconfirmed": {"email_verified_at": None},
        "juvenile": {"birth_date": factories.ADULT.replace(year=2012)},
        "suspended": {"is_active": False},
        "cancelled": {"cancelled_at": timezone.now()},
    }
    member = factories.make_member("rose", **fields.get(who, {}))
    if who == "address is dead":
        suppress(member.email, Suppression.Reason.BOUNCED)
    if who == "complained":
        suppress(member.email, Suppression.Reason.COMPLAINED)
    if topic:
        choose(member, {topic: STANDINGS[who].wants})
    return member


@pytest.mark.django_db
@pytest.mark.promise("F4")
@pytest.mark.promise("F5")
@pytest.mark.parametrize(("category", "who", "verdict"), CELLS)
def test_the_row_ends_as_the_table_says(declare, sink, category, who, verdict):
    notice = declare(category, topic=TOPICS.get(category), channels=BOTH)
    member = member_who(who, notice.topic)
    notify(notice, member, token="abc", hours=1)
    deliver()
    row = row_to(member)
    assert (row.state, len(sink.taken), row.is_on_site) == STATES[verdict]
    assert len(page_of(member).items) == row.is_on_site
    if verdict is DROP:
        # Nothing tells the juvenile from who declined.
        assert (row.reason, row.parameters, row.address, row.channel) == ("", None, None, "email")


@pytest.mark.django_db
@pytest.mark.promise("F5")
@pytest.mark.parametrize("category", list(Category))
def test_who_is_erased_is_sent_nothing_whatever_it_is(declare, sink, category):
    notice = declare(category, topic=TOPICS.get(category), channels=BOTH)
    member = member_who("wants it", notice.topic)
    notify(notice, member, token="abc", hours=1)
    member.delete()
    deliver()
    row = Notification.objects.get()
    assert (row.state, row.is_on_site, row.parameters, sink.taken) == (State.ERASED, False, None, [])


@pytest.mark.django_db
@pytest.mark.promise("M2")
def test_as_long_as_nobody_says_who_is_a_juvenile_everybody_is(declare, sink, monkeypatch):
    monkeypatch.setattr(recipients, "_juveniles", [])
    rose = member_who("wants it", Topic.NEWS)
    notify(declare(Category.MARKETING, topic=Topic.NEWS), rose, token="abc", hours=1)
    deliver()
    assert Notification.objects.get().state == State.SUPPRESSED


# --- the declaration ----------------------------------------------------------------------------------------------
@pytest.mark.promise("F5")
@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("topic", [None, *Topic])
def test_a_category_and_a_topic_that_do_not_fit_are_refused(category, topic):
    fits = category.is_always_sent if topic is None else category == Category.of(topic)
    if fits:
        assert Notice("x", category, "x", dict, topic=topic).topic == topic
    else:
        with pytest.raises(ValueError, match="do not fit"):
            Notice("x", category, "x", dict, topic=topic)


def test_two_notices_of_one_name_are_refused(declare):
    declare(Category.LEGAL)
    with pytest.raises(ValueError, match="two notices"):
        notices.register(Notice("some-legal", Category.LEGAL, "other", dict))
