"""A crowd: any number of invented members with sealed values, written in bulk and the same for the same seed.

What is the same for a seed is everything that can be read: handles, values, audiences, friendships. Keys and nonces
are random as always. Memory does not grow with the crowd: whoever is needed again is worked out from their number.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import EMAIL_CONTEXT, Friendship, Member, Profile
from catalogue.vocabulary import Audience
from encryption.blind_index import blind_index
from encryption.bulk import sealed_fields
from encryption.envelope import DataKey
from encryption.keys import create_data_keys, data_keys, forget_keys
from privacy.audiences import publish_name
from privacy.defaults import record_defaults
from privacy.fields import bearers
from privacy.juveniles import cap, is_juvenile_born
from privacy.models import Circle, CircleMember, DefaultSet, FieldCircle, FieldException, PolicyAcceptance, PolicyVersion
from privacy.policy import policy_in_force

from . import demo
from .rows import Table

BATCH = 2_000
PASSWORD = demo.PASSWORD
EPOCH = datetime(2025, 1, 5, 10, tzinfo=UTC)
# Of twenty values: six for everyone, five for members, six for friends, three for nobody else.
LEVELS = (
    (Audience.EVERYONE,) * 6 + (Audience.MEMBERS,) * 5 + (Audience.FRIENDS,) * 6 + (Audience.ONLY_ME,) * 3
)
SOCIABLE = 10  # every tenth member has friends, about fifty
NEAR, FAR, REACH = 10, 15, 5_000

FIRST = "Ada Bram Cora Dov Elin Finn Greta Hugo Ines Jory Kaya Liam Mira Noor Otto Pia Quin Runa Sami Tove Uma Vito Wren Yael Zeno".split()
LAST = "Ashdown Birch Coppice Dale Elmhurst Fenwick Glade Heath Inglewood Kettle Larch Marsh Nuttall Oakes Pasture Quarry Rushby Stile Thorne Underhill Vale Willows Yarrow".split()
CITIES = (("Alderford", "GB"), ("Lisbon", "PT"), ("Bergen", "NO"), ("Ghent", "BE"), ("Graz", "AT"), ("Kraków", "PL"),
          ("Nantes", "FR"), ("Tartu", "EE"), ("Turin", "IT"), ("Valencia", "ES"), ("Utrecht", "NL"), ("Zagreb", "HR"))  # fmt: skip
EMPLOYERS = ("Millrace Bakery", "Fen Rail", "Harbour Clinic", "Orchard Press", "Stonebridge School", "Tidewater Energy", "Lark & Sons", "The Seed Library")
SCHOOLS = ("Alder Lane School", "Northgate College", "River Academy", "St Bride's", "Meadow Comprehensive", "Hill House")
INTERESTS = ("allotments", "birds", "bread", "chess", "choirs", "cycling", "dry stone walls", "film", "football", "knitting", "maps", "mushrooms", "radio", "swimming", "trains", "weather")
PRONOUNS = ("she/her", "he/him", "they/them")


@dataclass(frozen=True)
class Crowd:
    """``size`` members who follow from ``seed``."""

    size: int
    seed: int

    def handle(self, number: int) -> str:
        return f"c{self.seed}_{number}"

    def id_of(self, number: int) -> int:
        """Return the id of a member, worked out from their number."""
        digest = hashlib.blake2b(f"crowd {self.seed}: {number}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) >> 1 or 1

    def dice(self, number: int, what: str) -> random.Random:
        return random.Random(f"{self.seed} {number} {what}")  # noqa: S311  # invented people, not secrets

    def values(self, number: int) -> dict[str, Any]:
        """Return what a member tells of themself, by field."""
        dice = self.dice(number, "values")
        pick = dice.choice
        city, country = pick(CITIES)
        first, last = pick(FIRST), pick(LAST)
        interests = dice.sample(INTERESTS, 3)
        young = number % 25 == 7
        return {
            "display_name": f"{first} {last}",
            "bio": f"{first} from {city}. Mostly {interests[0]} and {interests[1]}.",
            "website": f"https://{self.handle(number).replace('_', '-')}.example/",
            "pronouns": pick(PRONOUNS),
            "city": city,
            "country": country,
            "employer": pick(EMPLOYERS),
            "school": pick(SCHOOLS),
            "interests": interests,
            "birth_date": date(2010 if young else 1940 + int(dice.random() * 66), 1 + number % 12, 1 + number % 28),
            "phone": f"+44 7700 900{number % 1000:03d}",
            "postal_address": f"{1 + number % 200} {last} Lane\n{city}",
        }

    def friends_before(self, number: int) -> list[int]:
        """Return the numbers of those friends who come before: about half of all friends."""
        if number % SOCIABLE:
            return []
        place = number // SOCIABLE
        dice = self.dice(number, "friends")
        near = range(max(0, place - NEAR), place)
        far = range(max(0, place - REACH), near.start)
        return [SOCIABLE * other for other in (*near, *dice.sample(far, min(FAR, len(far))))]

    def batches(self) -> Iterator[range]:
        for start in range(0, self.size, BATCH):
            yield range(start, min(start + BATCH, self.size))


class CrowdExists(ValueError):  # noqa: N818  # it is an answer, not a fault
    """A crowd of this seed is here already."""


def load_crowd(crowd: Crowd, *, told: Callable[[int], None] = lambda _count: None) -> None:
    """Write the crowd beside whoever is here; ``told`` hears how many members each batch wrote.

    Each batch is one transaction. Raises ``CrowdExists``.
    """
    if Member.objects.filter(handle=crowd.handle(0)).exists():
        raise CrowdExists(f"the crowd of seed {crowd.seed} is here already; choose another seed")
    arrival = Arrival(crowd)
    for numbers in crowd.batches():
        arrival.write(numbers)
        told(len(numbers))


@lru_cache(maxsize=1_024)
def known_index(context: str, value: str) -> bytes:
    """Return the blind index of a value that many members share."""
    return blind_index(context, value)


class Arrival:
    """Writes batches of a crowd. Holds what all of them have in common."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.defaults: DefaultSet = record_defaults()
        self.version: PolicyVersion = policy_in_force()
        self.password = make_password(None if settings.PRODUCTION else PASSWORD)
        self.members, self.profiles = Table(Member), Table(Profile)
        self.friendships, self.acceptances = Table(Friendship), Table(PolicyAcceptance)
        self.indexes = [(f.attname, f.of, f.context) for f in Profile._meta.concrete_fields if hasattr(f, "index_on")]
        self.sealed = [(field.attname, field.dump, field.binding) for field in sealed_fields(Profile)]

    @cached_property
    def evidence(self) -> dict[str, str]:
        """Return which text was agreed to, as ``privacy.policy.agree`` writes it down."""
        digest = hashlib.sha256(self.version.body.encode()).hexdigest()
        return {"text_digest": digest, "language": get_language() or "en"}

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
        member_id, email = self.crowd.id_of(number), f"{self.crowd.handle(number)}@crowd.example"
        joined, field = self.joined(number), Member._meta.get_field("email")
        zone = Member._meta.get_field("time_zone")
        return {
            "id": member_id,
            "handle": self.crowd.handle(number),
            "password": self.password,
            "email": keys[member_id].seal(field.dump(email), field.binding),
            "email_index": blind_index(EMAIL_CONTEXT, email),
            "email_verified_at": joined,
            "joined_at": joined,
            "joined_under_id": self.defaults.pk,
            "time_zone": keys[member_id].seal(b"Europe/London", zone.binding),
        }

    def _profile(self, number: int, keys: dict[int, DataKey]) -> dict[str, Any]:
        member_id, values = self.crowd.id_of(number), self.crowd.values(number)
        key, profile = keys[member_id], Profile(member_id=member_id, listed=True, **values)
        self._choose_audiences(profile, number)
        row: dict[str, Any] = {
            name: key.seal(dump(values[name]), binding) for name, dump, binding in self.sealed if name in values
        }
        for bearer in bearers().values():
            row[bearer.audience] = int(getattr(profile, bearer.audience))
        for name, of, context in self.indexes:
            row[name] = known_index(context, values[of])
        return row | {"member_id": member_id, "listed": profile.listed, "public_name": profile.public_name}

    def _choose_audiences(self, profile: Profile, number: int) -> None:
        dice = self.crowd.dice(number, "audiences")
        levels = dice.choices(LEVELS, k=len(bearers()))
        for bearer, level in zip(bearers().values(), levels, strict=True):
            setattr(profile, bearer.audience, level)
        if self._has_circle(number):
            profile.city_audience = Audience.CIRCLES
        publish_name(profile)
        if is_juvenile_born(profile.birth_date):
            cap(profile)

    def _acceptance(self, number: int) -> dict[str, Any]:
        member = {"member_id": self.crowd.id_of(number), "version_id": self.version.pk}
        return self.evidence | member | {"accepted_at": self.joined(number)}

    def _friendships(self, numbers: range) -> Iterator[dict[str, Any]]:
        """Yield both directions of every friendship with somebody who came before."""
        for number in numbers:
            one, since = self.crowd.id_of(number), self.joined(number)
            for other in map(self.crowd.id_of, self.crowd.friends_before(number)):
                yield {"person_id": one, "friend_id": other, "since": since}
                yield {"person_id": other, "friend_id": one, "since": since}

    def _has_circle(self, number: int) -> bool:
        """Say whether a member shows their city to a circle: every second who has friends."""
        return number % (2 * SOCIABLE) == 0 and number > 0

    def _circles(self, numbers: range) -> None:
        owners = [number for number in numbers if self._has_circle(number)]
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
            FieldException(owner_id=self.crowd.id_of(number), field="email", person_id=self.crowd.id_of(number - SOCIABLE))
            for number in numbers
            if number % (2 * SOCIABLE) == SOCIABLE
        )
