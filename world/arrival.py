"""A crowd arrives: written in bulk, every value sealed with its member's own key.

The same seed gives everything that can be read once more; keys and nonces are random as always.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import EMAIL_CONTEXT, Friendship, Member, Profile
from catalogue.vocabulary import Audience
from encryption.blind_index import BlindIndexField, blind_index
from encryption.bulk import sealed_fields
from encryption.envelope import DataKey
from encryption.keys import create_data_keys, data_keys, forget_keys
from privacy.audiences import publish_name
from privacy.defaults import record_defaults
from privacy.fields import bearers
from privacy.juveniles import cap, is_juvenile_born
from privacy.models import (
    Circle,
    CircleMember,
    DefaultSet,
    FieldCircle,
    FieldException,
    PolicyAcceptance,
    PolicyVersion,
    pseudonym_of,
)
from privacy.policy import policy_in_force
from privacy.policy.versions import evidence_of

from . import demo
from .crowd import SOCIABLE, Crowd
from .rows import Table

BATCH = 2_000
EPOCH = datetime(2025, 1, 5, 10, tzinfo=UTC)
# Of twenty values: six for everyone, five for members, six for friends, three for nobody else.
SHARES = {Audience.EVERYONE: 6, Audience.MEMBERS: 5, Audience.FRIENDS: 6, Audience.ONLY_ME: 3}
LEVELS = [int(audience) for audience, share in SHARES.items() for _ in range(share)]


class CrowdExists(ValueError):
    """A crowd of this seed is here already."""


def load_crowd(crowd: Crowd, *, told: Callable[[int], None] = lambda _count: None) -> None:
    """Write the crowd beside whoever is here; ``told`` hears how many members each batch wrote.

    Each batch is one transaction. Raises ``CrowdExists``.
    """
    if Member.objects.filter(handle=crowd.handle(0)).exists():
        raise CrowdExists(f"the crowd of seed {crowd.seed} is here already; choose another seed")
    arrival = Arrival(crowd)
    for numbers in crowd.batches(BATCH):
        arrival.write(numbers)
        told(len(numbers))


def known_index(index: BlindIndexField, value: str, level: int, owner: int) -> bytes | None:
    """Return the blind index of a value; one that many members share is computed once."""
    return shared_index(index.context, value) if index.is_common(level) else index.index_of(value, owner, level)


@lru_cache(maxsize=1_024)
def shared_index(context: str, value: str) -> bytes:
    return blind_index(context, value)


class Arrival:
    """Writes batches of a crowd. Holds what all of them have in common."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.defaults: DefaultSet = record_defaults()
        self.version: PolicyVersion = policy_in_force()
        self.password = make_password(None if settings.PRODUCTION else demo.PASSWORD)
        self.members, self.profiles = Table(Member), Table(Profile)
        self.friendships, self.acceptances = Table(Friendship), Table(PolicyAcceptance)
        self.indexes = [
            (field, str(field.level)) for field in Profile._meta.concrete_fields if isinstance(field, BlindIndexField)
        ]
        self.sealed = [(field.attname, field.dump, field.binding) for field in sealed_fields(Profile)]
        self.audiences = [bearer.audience for bearer in bearers().values()]
        self.own = {field.attname: field for field in sealed_fields(Member)}

    @cached_property
    def evidence(self) -> dict[str, Any]:
        """Return which text was agreed to, as ``privacy.policy.agree`` writes it down."""
        return {name: value for name, value in evidence_of(self.version).items() if name != "version"}

    def write(self, numbers: range) -> None:
        """Write the members of ``numbers``: their keys first, then everything else in one transaction."""
        ids = [self.crowd.id_of(number) for number in numbers]
        create_data_keys(ids)
        keys = data_keys(ids)
        with transaction.atomic():
            self.members.insert(self._member(number, keys) for number in numbers)
            self.profiles.insert(self._profile(number, keys) for number in numbers)
            self.acceptances.insert(self._acceptance(number) for number in numbers)
            self.friendships.insert(self._friendships(numbers))
            self._circles(numbers)
            self._exceptions(numbers)
        forget_keys()

    def joined(self, number: int) -> datetime:
        return EPOCH + timedelta(hours=number % 4_000)

    def _member(self, number: int, keys: dict[int, DataKey]) -> dict[str, Any]:
        member_id, joined = self.crowd.id_of(number), self.joined(number)
        key, email = keys[member_id], f"{self.crowd.handle(number)}@crowd.example"
        return {
            "id": member_id,
            "handle": self.crowd.handle(number),
            "password": self.password,
            "email": key.seal(email.encode(), self.own["email"].binding),
            "email_index": blind_index(EMAIL_CONTEXT, email),
            "email_verified_at": joined,
            "joined_at": joined,
            "joined_under_id": self.defaults.pk,
            "time_zone": key.seal(b"Europe/London", self.own["time_zone"].binding),
        }

    def _profile(self, number: int, keys: dict[int, DataKey]) -> dict[str, Any]:
        member_id, values = self.crowd.id_of(number), self.crowd.values(number)
        key = keys[member_id]
        row = self._choices(number, values["display_name"], values["birth_date"])
        for name, dump, binding in self.sealed:
            if name in values:
                row[name] = key.seal(dump(values[name]), binding)
        for index, level in self.indexes:
            row[index.attname] = known_index(index, values[index.of], row[level], member_id)
        row["member_id"] = member_id
        return row

    def _choices(self, number: int, name: str, born: date) -> dict[str, Any]:
        """Return audiences, the open copy of the name, and whether the member is listed, as columns."""
        levels = self.crowd.dice(number, "audiences").choices(LEVELS, k=len(self.audiences))
        # The rules below set attributes: they are those for a profile, which would take far longer to make.
        profile = SimpleNamespace(
            listed=True, display_name=name, public_name="", **dict(zip(self.audiences, levels, strict=True))
        )
        if self.crowd.has_circle(number):
            profile.city_audience = int(Audience.CIRCLES)
        publish_name(profile)
        if is_juvenile_born(born):
            cap(profile)
        del profile.display_name
        return vars(profile)

    def _acceptance(self, number: int) -> dict[str, Any]:
        member = {"member_id": self.crowd.id_of(number), "version_id": self.version.pk}
        pseudonym = pseudonym_of(self.crowd.handle(number))
        return self.evidence | member | {"accepted_at": self.joined(number), "pseudonym": pseudonym}

    def _friendships(self, numbers: range) -> Iterator[dict[str, Any]]:
        """Yield both directions of every friendship with somebody who came before."""
        for number in numbers:
            one, since = self.crowd.id_of(number), self.joined(number)
            for other in map(self.crowd.id_of, self.crowd.friends_before(number)):
                yield {"person_id": one, "friend_id": other, "since": since}
                yield {"person_id": other, "friend_id": one, "since": since}

    def _circles(self, numbers: range) -> None:
        owners = [number for number in numbers if self.crowd.has_circle(number)]
        circles = Circle.objects.bulk_create(
            Circle(owner_id=self.crowd.id_of(number), name=f"Neighbours of {number}") for number in owners
        )
        CircleMember.objects.bulk_create(
            CircleMember(circle=circle, person_id=self.crowd.id_of(friend))
            for number, circle in zip(owners, circles, strict=True)
            for friend in self.crowd.friends_before(number)[:5]
        )
        FieldCircle.objects.bulk_create(
            FieldCircle(owner_id=circle.owner_id, field="city", circle=circle) for circle in circles
        )

    def _exceptions(self, numbers: range) -> None:
        """Except the nearest friend from the e-mail of every second who has friends and no circle."""
        FieldException.objects.bulk_create(
            FieldException(
                owner_id=self.crowd.id_of(number), field="email", person_id=self.crowd.id_of(number - SOCIABLE)
            )
            for number in numbers
            if number % (2 * SOCIABLE) == SOCIABLE
        )
