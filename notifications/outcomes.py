"""What came of handing a message over, in words that no mail server wrote."""

from dataclasses import dataclass
from enum import Enum


class Result(Enum):
    """What came of one attempt."""

    SENT = "taken"
    LATER = "not now"
    REFUSED = "refused for good"
    DEAD = "there is no such mailbox"
    UNCLEAR = "nobody knows whether it was taken"


@dataclass(frozen=True)
class Outcome:
    """A result, and the code of it (such as 450) or the kind of the error. Never a text: it may quote the address."""

    result: Result
    code: str = ""
    # It was the mail server of the domain that spoke for all its mailboxes.
    is_of_domain: bool = False
