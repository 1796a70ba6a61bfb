"""Read a described world, and refuse what does not fit, naming the path of every offending value."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from .description import DescribedCircle, DescribedPolicy, Pair, World
from .parts import Part, WorldRefused, each, read_json
from .people import Pictures, read_member, read_staff
from .sections import NAMES, Known, read_once, section

PAIRS = ("friendships", "blocks", "mutes")
LISTS = ("members", "staff", "circles", "policies", *PAIRS, *NAMES)


def read_file(path: Path) -> World:
    """Return the world that a file describes. Raises ``WorldRefused``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WorldRefused([f"{path.name}: {error.strerror}"]) from error
    return parse(read_json(content), pictures=partial(picture_beside, path.parent))


def picture_beside(folder: Path, name: str) -> bytes:
    """Return the picture ``name`` that lies beside the world file. Raises ``ValueError``."""
    path = folder / name
    if Path(name).is_absolute():
        raise ValueError("must be relative to the world file")
    try:
        if path.stat().st_size > settings.PICTURE_MAX_BYTES:
            raise ValueError("the file is too large")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"no picture there: {error.strerror}") from error


def no_pictures(name: str) -> bytes:
    raise ValueError("no picture there")


def parse(described: Any, *, pictures: Pictures = no_pictures) -> World:
    """Return the world described by parsed JSON. Raises ``WorldRefused`` with every problem found."""
    whole = Part(described)
    lists = whole.keys(LISTS)
    known = Known(handles=frozenset(named_handles(lists)))
    seen: dict[Any, str] = {}
    circles = each(lists.get("circles"), partial(read_circle, known=known))
    world = World(
        members=each(lists.get("members"), partial(read_member, known=known, seen=seen, pictures=pictures)),
        staff=each(lists.get("staff"), partial(read_staff, seen=seen)),
        circles=circles,
        policies=read_policies(lists.get("policies")),
        sections=read_sections(lists, known),
        left_out=tuple(name for name in NAMES if name in lists and not section(name) and lists[name].items()),
        **{name: read_pairs(lists.get(name), known, either_way=name == "friendships") for name in PAIRS},
    )
    if whole.problems:
        raise WorldRefused(dict.fromkeys(whole.problems))
    return world


def named_handles(lists: dict[str, Part]) -> Iterable[str]:
    """Return the handles that members and staff of the file have, for references to them."""
    for name in ("members", "staff"):
        listed = lists[name].value if name in lists else None
        for person in listed if isinstance(listed, list) else ():
            if isinstance(person, dict) and isinstance(person.get("handle"), str):
                yield person["handle"]


def read_circle(part: Part, known: Known) -> DescribedCircle:
    keys = part.keys(("owner", "name", "members"), required=("owner", "name"))
    owner = known.handle(keys["owner"]) if "owner" in keys else ""
    name = keys["name"].text(80) if "name" in keys else ""
    own = known.circles.setdefault(owner, set())
    if name in own:
        keys["name"].refuse("the same owner has another circle of that name")
    own.add(name)
    taken: dict[Any, str] = {owner: "the owner"}
    return DescribedCircle(part.path, owner, name, each(keys.get("members"), partial(read_once, known, taken)))


def read_pairs(part: Part | None, known: Known, *, either_way: bool) -> tuple[Pair, ...]:
    """Return pairs of handles; a friendship is the same pair either way round."""
    taken: dict[Any, str] = {}
    return each(part, partial(read_pair, known, taken, either_way))


def read_pair(known: Known, taken: dict[Any, str], either_way: bool, part: Part) -> Pair:
    two = part.pair()
    if two is None:
        return ("", "")
    pair = (known.handle(two[0]), known.handle(two[1]))
    if not all(pair):
        return pair
    if pair[0] == pair[1]:
        two[1].refuse("the same person twice")
    part.unlike(taken, frozenset(pair) if either_way else pair, "the same as")
    return pair


def read_policies(part: Part | None) -> tuple[DescribedPolicy, ...]:
    """Return the versions of the policy; one at least must be in force."""
    versions: dict[Any, str] = {}
    policies = each(part, partial(read_policy, seen=versions))
    if part and policies and all(policy.effective and policy.effective > timezone.now() for policy in policies):
        part.refuse("none of them is in force yet")
    return policies


def read_policy(part: Part, seen: dict[Any, str]) -> DescribedPolicy:
    keys = part.keys(("version", "effective", "mode", "body"), required=("version", "body"))
    version = keys["version"].text(20) if "version" in keys else ""
    if version:
        keys["version"].unlike(seen, version, "the same version as")
    return DescribedPolicy(
        path=part.path,
        version=version,
        body=keys["body"].text(200_000, lines=True) if "body" in keys else "",
        mode=keys["mode"].choice(("tell", "ask"), "mode") if "mode" in keys else "tell",
        effective=keys["effective"].time() if "effective" in keys else None,
    )


def read_sections(lists: dict[str, Part], known: Known) -> dict[str, Any]:
    """Return what the sections of other apps made of their lists, in the order of the contract."""
    found = ((name, section(name)) for name in NAMES if name in lists)
    return {name: kept.parse(lists[name], known) for name, kept in found if kept}
