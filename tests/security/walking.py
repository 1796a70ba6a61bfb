"""Browsers that sign in as people do, each with a device and a network of its own."""

import re
from typing import Any

from django.test import Client

from accounts.models import Member
from tests.factories import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
HOME, ELSEWHERE = "198.51.100.23", "203.0.113.77"
PRIVATE = "/settings/privacy/"


def browser(agent: str = FIREFOX, network: str = HOME) -> Client:
    return Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=network)


def sign_in(member: Member, client: Client | None = None, password: str = PASSWORD, **where: str) -> Client:
    """Return a browser in which ``member`` has signed in by the page."""
    client = client or browser(**where)
    answer = client.post("/sign-in/", {"email": member.email, "password": password})
    assert answer.status_code == 302, answer.content
    return client


def is_in(client: Client) -> bool:
    return client.get(PRIVATE).status_code == 200


def text_of(answer: Any) -> str:
    """Return what a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def link_in(mail: Any) -> str:
    """Return the path of the link *This was not me* in a mail."""
    [found] = re.findall(r"/security/not-me/[\w-]+/", mail.body)
    return str(found)
