"""What an import linter cannot see: the shape of the house."""

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Manager, ManyToManyField, Model, QuerySet
from django.test import Client

from catalogue.vocabulary import Audience
from tests import factories

ROOT = Path(settings.BASE_DIR)
STOREYS = [
    {"catalogue", "encryption"},
    {"backoffice"},
    {"ledger", "notifications"},
    {"security"},
    {"privacy"},
    {"accounts"},
    {"world"},
    {"sharing", "posts"},
    {"incidents"},
    {"config"},
]
PACKAGES = sorted(name for storey in STOREYS for name in storey if (ROOT / name).is_dir())
LONGEST_FUNCTION = 30
LONGEST_MODULE = 300
LONGEST_MODELS = 400  # one table after the other, and little else
DRAWERS = {"services.py", "utils.py", "helpers.py", "common.py", "misc.py"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts)


MODULES = list(modules())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def storey(package: str) -> int:
    return next(number for number, storey in enumerate(STOREYS) if package in storey)


def relations() -> Iterator[tuple[str, str, str]]:
    """Yield field, app and the app it points to, for every relation of our models."""
    for model in apps.get_models():
        if model._meta.app_label not in PACKAGES:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField) and field.model is model:
                target = field.remote_field.model._meta
                if target.app_label in PACKAGES and target.label != settings.AUTH_USER_MODEL:
                    yield f"{model._meta.label}.{field.name}", model._meta.app_label, target.app_label


def test_relations_go_down_the_stairs() -> None:
    """Only the member may be pointed at from below, as Django itself does."""
    rising = [field for field, here, there in relations() if storey(there) > storey(here)]
    assert rising == []


def test_neighbours_of_a_storey_do_not_point_at_each_other() -> None:
    sideways = [field for field, here, there in relations() if here != there and storey(here) == storey(there)]
    assert sideways == []


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "personal_data" in (path.stem, path.parent.name)], ids=named
)
def test_declarations_import_no_views_and_no_tasks(path: Path) -> None:
    words = {word for name in imported(path) for word in name.split(".")}
    assert not words & {"views", "tasks", "admin", "forms"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_functions_and_modules_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert long == []
    assert text.count("\n") <= (LONGEST_MODELS if path.name == "models.py" else LONGEST_MODULE)


def test_there_are_no_drawers() -> None:
    """A module is named after its subject."""
    assert [named(path) for path in MODULES if path.name in DRAWERS] == []


def test_storeys_are_those_of_the_import_linter() -> None:
    lines = (ROOT / ".importlinter").read_text(encoding="utf-8").splitlines()
    listed = [line.strip() for line in lines[lines.index("layers =") + 1 :] if line.strip()]
    above_first = [{name.strip(" ()") for name in line.split("|")} for line in listed]
    assert above_first == [{"tests"}, *reversed(STOREYS)]


PAGES_ABOUT_PEOPLE = (
    "/@rose/",
    "/@fern/",
    "/@rose/?as=everyone",
    "/@rose/?as=fern",
    "/people/",
    "/people/?q=fern",
    "/@rose/sees/city/",
)
OPEN = {"display_name": Audience.EVERYONE}
OF_THE_VIEWER = {"user", "request", "perms"}  # what every page has of whoever looks


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES_ABOUT_PEOPLE)
def test_pages_about_people_are_handed_no_row(address: str, client: Client) -> None:
    """A template that takes what is visible, as plain values, cannot show what is not."""
    rose, fern = (factories.make_member(handle, audiences=OPEN) for handle in ("rose", "fern"))
    factories.befriend(rose, fern)
    factories.except_from(rose, "city", fern)
    factories.show_to_circles(rose, "bio", factories.make_circle(rose, "Family", fern))
    client.force_login(rose)
    answer = client.get(address)
    assert answer.status_code == 200
    handed = {name: value for layer in answer.context for name, value in flattened(layer).items()}
    assert {name for name, value in handed.items() if name not in OF_THE_VIEWER and holds_a_row(value)} == set()


def flattened(layer: Any) -> dict[str, Any]:
    return layer.flatten() if hasattr(layer, "flatten") else dict(layer)


def holds_a_row(value: Any, depth: int = 8) -> bool:
    """Say whether there is a row of a member or of anything of theirs in a value, however deep."""
    if isinstance(value, Model | QuerySet | Manager) or depth == 0:
        return True
    if isinstance(value, dict):
        return any(holds_a_row(each, depth - 1) for each in (*value.keys(), *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds_a_row(each, depth - 1) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return any(holds_a_row(getattr(value, each.name), depth - 1) for each in fields(value))
    return False


def test_migrations_are_named_for_what_they_do() -> None:
    nameless = [path.name for package in PACKAGES for path in (ROOT / package).glob("migrations/0*_auto_*.py")]
    assert nameless == []
