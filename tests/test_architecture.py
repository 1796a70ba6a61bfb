"""What an import linter cannot see: the shape of the house."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField

ROOT = Path(settings.BASE_DIR)
STOREYS = [
    {"catalogue", "encryption"},
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
LONGEST_FUNCTION = 45
LONGEST_MODULE = 400
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


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "personal_data.py"], ids=named)
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
    assert text.count("\n") <= LONGEST_MODULE


def test_there_are_no_drawers() -> None:
    """A module is named after its subject."""
    assert [named(path) for path in MODULES if path.name in DRAWERS] == []


def test_storeys_are_those_of_the_import_linter() -> None:
    lines = (ROOT / ".importlinter").read_text(encoding="utf-8").splitlines()
    listed = [line.strip() for line in lines[lines.index("layers =") + 1 :] if line.strip()]
    above_first = [{name.strip(" ()") for name in line.split("|")} for line in listed]
    assert above_first == [{"tests"}, *reversed(STOREYS)]


def test_profile_templates_are_handed_no_member() -> None:
    """A template that takes the visible profile cannot show what is not visible."""
    shown = [
        path for path in (ROOT / "templates").rglob("*.html") if "member.profile." in path.read_text(encoding="utf-8")
    ]
    assert shown == []


def test_migrations_are_named_for_what_they_do() -> None:
    nameless = [path.name for package in PACKAGES for path in (ROOT / package).glob("migrations/0*_auto_*.py")]
    assert nameless == []
