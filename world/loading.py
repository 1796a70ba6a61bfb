"""Load a described world through the verbs that pages use, wholly or not at all."""

import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.blocking import block, mute
from accounts.circles import add_to_circle, make_circle
from accounts.friendship import accept_request, ask_to_be_friends
from accounts.models import Member, Profile, ReservedHandle
from accounts.picture_files import erase_files
from accounts.pictures import set_picture
from accounts.profiles import update_profile
from accounts.registration import handle_digest
from accounts.roles import assign_roles
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from encryption.routers import KEYSTORE
from privacy.audiences import set_audience
from privacy.defaults import defaults_in_force, record_defaults, start_with
from privacy.juveniles import is_juvenile_born
from privacy.models import Circle, PolicyVersion
from privacy.policy import agree
from privacy.policy.first import ensure_first_policy, retract_untouched_first_policy
from security.authenticator import keep_app

from .description import DescribedCircle, DescribedMember, DescribedPolicy, DescribedStaff, World
from .parts import WorldRefused
from .sections import Loaded, section

EMPTY_SUMMARY: dict[str, type] = {
    "members": dict,
    "posts": dict,
    "reposts": dict,
    "partners": dict,
    "narrowed": list,
    "left_out": list,
}


class NotEmpty(Exception):
    """There are people in this installation, and a described world wants an empty one."""


def load(world: World, *, told: Callable[[int], None] = lambda _count: None) -> Loaded:
    """Load a world and return what came of it; ``told`` hears of each member.

    Raises ``NotEmpty``, and ``WorldRefused`` leaving nothing behind.
    """
    if Member.objects.exists():
        raise NotEmpty(what_is_here())
    loading = Loading(told)
    with all_or_nothing(loading.pictures):
        loading.load(world)
    return loading.loaded


def what_is_here() -> str:
    """Say in numbers who is in this installation."""
    members, staff = Member.objects.count(), Member.objects.filter(is_staff=True).count()
    return (
        f"There are people here already: {members:,} {'account' if members == 1 else 'accounts'}, {staff:,} of staff."
    )


@contextmanager
def all_or_nothing(pictures: list[uuid.UUID]) -> Iterator[None]:
    """Keep rows, data keys and picture files of what happens inside, or none of them."""
    try:
        with transaction.atomic(), transaction.atomic(using=KEYSTORE):
            yield
    except BaseException:
        forget_keys()
        for picture in pictures:
            erase_files(picture)
        raise


@contextmanager
def at(path: str) -> Iterator[None]:
    """Turn the refusal of a verb into one of the file, with the path of what it was asked to do."""
    try:
        yield
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        raise WorldRefused(
            f"{path}{name and '.'}{name}: {message}" for name, messages in by_field.items() for message in messages
        ) from error
    except ObjectDoesNotExist as error:
        raise WorldRefused([f"{path}: not possible between these two"]) from error


class Loading:
    """One load: what was made so far, by handle."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self.loaded = Loaded(summary={name: kind() for name, kind in EMPTY_SUMMARY.items()})
        self.members = self.loaded.members
        self.pictures: list[uuid.UUID] = []
        self.versions: list[PolicyVersion] = []
        # People of one file who have the same password share its digest: a world may have thousands of them.
        self.hashed = lru_cache(maxsize=1_000)(make_password)
        self.told = told

    def load(self, world: World) -> None:
        """Make everything, in the order in which one thing needs another."""
        self.publish(world.policies, world.members)
        for described in world.members:
            self.join(described)
            self.told(1)
        for staff in world.staff:
            self.appoint(staff)
        for number, (one, other) in enumerate(world.friendships):
            self.befriend(f"friendships[{number}]", one, other)
        for circle in world.circles:
            self.draw_circle(circle)
        for described in world.members:
            self.choose_audiences(described)
        self.part(world)
        for name, parsed in world.sections.items():
            kept = section(name)
            if kept:
                kept.load(parsed, self.loaded)
        self.sum_up(world)

    def publish(self, policies: Iterable[DescribedPolicy], members: Iterable[DescribedMember]) -> None:
        """Publish the versions described; without any, the first one as of the day when somebody joined first."""
        retract_untouched_first_policy()
        for policy in policies:
            if PolicyVersion.objects.filter(number=policy.version).exists():
                raise WorldRefused([f"{policy.path}.version: there is a version of that number here already"])
            PolicyVersion.objects.bring(
                policy.version, policy.body, policy.effective or timezone.now(), policy.mode or PolicyVersion.Mode.TELL
            )
        ensure_first_policy(min((member.joined for member in members if member.joined), default=None))
        self.versions = list(PolicyVersion.objects.in_force())

    def version_of(self, joined: datetime) -> PolicyVersion:
        """Return the version in force at ``joined``, the earliest one for whoever came before any."""
        return next((version for version in self.versions if version.effective_at <= joined), self.versions[-1])

    def join(self, described: DescribedMember) -> None:
        """Make a member as joining does, at the time described, with the audiences that are default."""
        joined = described.joined or timezone.now()
        member = self.begin(
            described,
            joined,
            email_verified_at=joined if described.verified else None,
            joined_under=record_defaults(),
        )
        values = dict(described.profile)
        profile = Profile.objects.get(pk=member.pk)
        profile.birth_date = values.pop("birth_date", None)
        profile.listed = not is_juvenile_born(profile.birth_date)
        start_with(profile, defaults_in_force())
        profile.save()
        with at(f"{described.path}.profile"):
            update_profile(member, values, by=member)
        self.show_face(described, member)
        remember_tailoring(member, described.tailoring)

    def begin(self, described: DescribedMember | DescribedStaff, joined: datetime, **fields: Any) -> Member:
        """Make an account that agreed to the policy of its day."""
        if ReservedHandle.objects.filter(digest=handle_digest(described.handle)).exists():
            raise WorldRefused([f"{described.path}.handle: kept back from an account that was here before"])
        member: Member = Member.objects.create_user(described.handle, described.email, None, joined_at=joined, **fields)
        member.password = self.hashed(described.password)
        member.save(update_fields=["password"])
        agree(member, self.version_of(joined), at=joined)
        self.members[described.handle] = member
        return member

    def show_face(self, described: DescribedMember, member: Member) -> None:
        if described.picture is None:
            return
        content = io.BytesIO(described.picture())
        content.size = len(content.getvalue())  # type: ignore[attr-defined]  # what an upload has
        with at(f"{described.path}.profile.picture"):
            self.pictures.append(set_picture(member, content))

    def appoint(self, described: DescribedStaff) -> None:
        """Make a member of staff: everything for their eyes only, and in no directory."""
        now = timezone.now()
        member = self.begin(described, now, email_verified_at=now)
        assign_roles(member, described.roles)
        if described.totp_secret:
            keep_app(member, described.totp_secret, _("Authenticator app"))

    def befriend(self, path: str, one: str, other: str) -> None:
        with at(path):
            ask_to_be_friends(self.members[other], by=self.members[one])
            accept_request(self.members[one], by=self.members[other])

    def draw_circle(self, described: DescribedCircle) -> None:
        with at(described.path):
            circle = make_circle(described.name, by=self.members[described.owner])
            for handle in described.members:
                self.put_into(circle, handle)
        self.loaded.circles[described.owner, described.name] = circle

    def put_into(self, circle: Circle, handle: str) -> None:
        """Put somebody into a circle; who is no friend of a juvenile is left out, which the summary tells."""
        try:
            add_to_circle(circle, self.members[handle])
        except ValidationError as error:
            if error.code != "juvenile":
                raise
            self.loaded.summary["narrowed"].append(f"{circle.owner.handle}.circles.{handle}")

    def choose_audiences(self, described: DescribedMember) -> None:
        """Store the audiences described; a juvenile's are narrowed to friends, which the summary tells."""
        is_juvenile = is_juvenile_born(described.profile.get("birth_date"))
        for name, choice in described.audiences.items():
            audience = choice.audience
            if is_juvenile and audience < Audience.FRIENDS:
                audience = Audience.FRIENDS
                self.loaded.summary["narrowed"].append(f"{described.handle}.{name}")
            with at(f"{described.path}.audiences.{name}"):
                set_audience(
                    self.members[described.handle],
                    name,
                    audience,
                    circles=[self.loaded.circles[described.handle, circle] for circle in choice.circles],
                    exceptions=[self.members[handle] for handle in choice.exceptions],
                )

    def part(self, world: World) -> None:
        """Apply blocks, which end friendships, and mutes."""
        for verb, pairs, name in ((block, world.blocks, "blocks"), (mute, world.mutes, "mutes")):
            for number, (one, other) in enumerate(pairs):
                with at(f"{name}[{number}]"):
                    verb(self.members[other], by=self.members[one])

    def sum_up(self, world: World) -> None:
        summary = self.loaded.summary
        summary["members"] = {each.handle: self.members[each.handle].get_absolute_url() for each in world.members}
        summary["left_out"] = [*world.left_out, *left_out_of(world)]


def left_out_of(world: World) -> Iterator[str]:
    """Yield what people of the world bring along that this installation has no place for."""
    if tailoring_model() is None and any(member.tailoring is not None for member in world.members):
        yield "members.tailoring"


def tailoring_model() -> Any:
    """Return the model that remembers whether content is chosen for a member, if there is one."""
    for model in (Profile, Member):
        if any(field.name == "tailoring" for field in model._meta.concrete_fields):
            return model
    return None


def remember_tailoring(member: Member, wanted: bool | None) -> None:
    """Store the choice where there is a place for it and the file names one."""
    model = tailoring_model()
    if model is not None and wanted is not None:
        model._default_manager.filter(pk=member.pk).update(tailoring=wanted)
