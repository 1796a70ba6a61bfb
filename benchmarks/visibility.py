"""A directory page of 50 members × all profile fields as a member may see it, beside peers that answer the same.

    python -m benchmarks.visibility --sizes 10000,100000,1000000 --reps 5 [--json] [--server postgres://postgres@127.0.0.1]

hedgerow      accounts.directory.search: the compiled rule, people, ties and values in one statement
loop_member   an ORM loop that asks *is friend* once per member, and opens what the answer allows
loop_field    the same, asked for every field that friends may see, as it is often written
guardian      django-guardian, has_perm per member
guardian_best django-guardian with ObjectPermissionChecker.prefetch_perms for the page
sql           one hand-written query with every value in a CASE, values opened in bulk: the limit

All take their page by keyset over the handle, open the same sealed values (data keys in memory, as on a busy site),
know circles and exceptions, and are asserted to answer the same. Targets: loops ≥ 25 × ours, guardian at its best
≥ 5 × ours, ours ≤ 2.5 × sql, and at a million members ≤ 1.2 × of ten thousand.
All sizes are loaded first and measured in turn. The databases hedgerow_bench_visibility_SIZE and …_keys_SIZE are
made anew and dropped at the end; a million members take about 5 GB.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

MAIN, KEYS = "hedgerow_bench_visibility", "hedgerow_bench_visibility_keys"
SEED = 7
READY = "ready"
CROWDED = (
    "accounts_member",
    "accounts_profile",
    "accounts_friendship",
    "privacy_circle",
    "privacy_circlemember",
    "privacy_fieldcircle",
    "privacy_fieldexception",
    "privacy_policyacceptance",
    "guardian_userobjectpermission",
)


def remake(server: str, *names: str, create: bool = True) -> None:
    """Drop scratch databases, and make them anew."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            if create:
                connection.execute(f"CREATE DATABASE {name}")


def set_up(server: str, folder: Path, main: str, keys: str) -> None:
    """Make empty databases and start Django on them, with django-guardian installed beside us."""
    remake(server, main, keys)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HEDGEROW_ENV": "development",
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"{server}/{main}",
        "KEYSTORE_URL": f"{server}/{keys}",
    }
    from django.conf import settings

    settings.INSTALLED_APPS += ["guardian"]
    settings.ANONYMOUS_USER_NAME = None
    settings.GUARDIAN_MONKEY_PATCH_USER = False
    import django

    from encryption.ring import create_key_file

    create_key_file(Path(settings.KEY_FILE))
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)


def load(size: int) -> None:
    """Write the crowd, and its friendships once more as object permissions, which is what guardian asks."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    from accounts.models import Member
    from world.arrival import load_crowd
    from world.crowd import Crowd

    kind = ContentType.objects.get_for_model(Member)
    permission, _ = Permission.objects.get_or_create(content_type=kind, codename="befriended", defaults={"name": "x"})
    with connection.cursor() as cursor, bare_tables(cursor):
        load_crowd(Crowd(size, SEED))
        cursor.execute(
            "INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)"
            " SELECT friend_id::text, %s, %s, person_id FROM accounts_friendship",
            [kind.pk, permission.pk],
        )
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as raw:
        raw.execute("VACUUM ANALYZE")


@contextmanager
def bare_tables(cursor: Any) -> Iterator[None]:
    """Take foreign keys and indexes off the tables of the crowd while it arrives, and put them on again at its end.

    Kept up row by row they cost a crowd of a million the better part of an hour.
    """
    constraints = (
        "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
        " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
        " FROM pg_constraint WHERE contype IN ('f', 'u') AND conrelid::regclass::text = ANY(%s)"
        " ORDER BY contype = 'u'"
    )
    indexes = (
        "SELECT format('DROP INDEX %%I', indexname), indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)"
    )
    taken_off = []
    for found in (constraints, indexes):
        cursor.execute(found, [list(CROWDED)])
        taken_off += cursor.fetchall()
    for off, _ in taken_off:
        cursor.execute(off)
    yield
    for _, on in reversed(taken_off):
        cursor.execute(on)


class Cases:
    """The ways to answer one page; each takes a viewer and the handle before the page."""

    def __init__(self) -> None:
        from accounts import directory
        from privacy.fields import bearers, profile_fields

        self.directory, self.bearers, self.names = directory, bearers(), tuple(profile_fields())
        self.sql_text = hand_written(self.names, self.bearers)

    def all(self) -> dict[str, Callable[[int, str], list[Any]]]:
        return {
            "hedgerow": self.hedgerow,
            "loop_member": self.loop_member,
            "loop_field": self.loop_field,
            "guardian": self.guardian,
            "guardian_best": self.guardian_best,
            "sql": self.sql,
        }

    def hedgerow(self, viewer: int, after: str) -> list[Any]:
        from privacy.visibility import Viewer

        page = self.directory.search(Viewer(viewer), "", after, self.names)
        return [(person.handle, sorted(person.seen)) for person in page.people]

    def loop_member(self, viewer: int, after: str) -> list[Any]:
        return self.looped(viewer, after, lambda person: self.memoised(lambda: self.is_friend(viewer, person)))

    def loop_field(self, viewer: int, after: str) -> list[Any]:
        return self.looped(viewer, after, lambda person: lambda: self.is_friend(viewer, person))

    def guardian(self, viewer: int, after: str) -> list[Any]:
        from guardian.core import ObjectPermissionChecker

        from accounts.models import Member

        user = Member.objects.get(pk=viewer)

        def ask(person: Any) -> Callable[[], bool]:
            return self.memoised(lambda: ObjectPermissionChecker(user).has_perm("befriended", person))

        return self.looped(viewer, after, ask)

    def guardian_best(self, viewer: int, after: str) -> list[Any]:
        from guardian.core import ObjectPermissionChecker

        from accounts.models import Member

        checker = ObjectPermissionChecker(Member.objects.get(pk=viewer))

        def prepare(page: list[Any]) -> None:
            checker.prefetch_perms(page)

        return self.looped(viewer, after, lambda p: lambda: checker.has_perm("befriended", p), prepare)

    @staticmethod
    def memoised(ask: Callable[[], bool]) -> Callable[[], bool]:
        known: list[bool] = []

        def answer() -> bool:
            if not known:
                known.append(ask())
            return known[0]

        return answer

    @staticmethod
    def is_friend(viewer: int, person: Any) -> bool:
        from accounts.models import Friendship

        return Friendship.objects.filter(person=viewer, friend=person.pk).exists()

    def looped(
        self,
        viewer: int,
        after: str,
        asker: Callable[[Any], Callable[[], bool]],
        prepare: Callable[[list[Any]], None] = lambda _page: None,
    ) -> list[Any]:
        """Walk the members by handle and show what the asker's answers allow, until a page is full."""
        from accounts.models import Member
        from encryption.fields import prefetch_keys
        from privacy.models import FieldCircle, FieldException

        found: list[Any] = []
        while len(found) < 50:
            batch = Member.objects.active().filter(profile__listed=True, handle__gt=after).order_by("handle")
            page = list(batch.select_related("profile")[:80])
            if not page:
                break
            ids = [person.pk for person in page]
            mine = FieldCircle.objects.filter(owner__in=ids, circle__memberships__person=viewer)
            circles = set(mine.values_list("owner_id", "field"))
            out = set(FieldException.objects.filter(owner__in=ids, person=viewer).values_list("owner_id", "field"))
            prefetch_keys(page)
            prepare(page)
            for person in page:
                ask = asker(person)
                seen = [name for name in self.names if self.allowed(viewer, person, name, ask, circles, out)]
                values = {name: self.value(person, name) for name in seen}
                if "display_name" in values:
                    found.append((person.handle, sorted(name for name, value in values.items() if value)))
            after = page[-1].handle
        return found[:50]

    def allowed(
        self, viewer: int, person: Any, name: str, ask: Callable[[], bool], circles: set[Any], out: set[Any]
    ) -> bool:
        audience = getattr(person.profile, f"{name}_audience")
        if person.pk == viewer:
            return True
        if (person.pk, name) in out:
            return False
        return audience <= 1 or (audience == 2 and ask()) or (audience == 3 and (person.pk, name) in circles)

    def value(self, person: Any, name: str) -> Any:
        holder = person if name == "email" else person.profile
        return getattr(holder, "birth_date" if name == "birthday" else name)

    def sql(self, viewer: int, after: str) -> list[Any]:
        from django.db import connection

        from encryption.fields import open_rows

        with connection.cursor() as cursor:
            cursor.execute(self.sql_text, {"me": viewer, "after": after})
            rows = cursor.fetchall()
        opened = open_rows([self.bearers[name].column for name in self.names], [row[1:] for row in rows])
        return [
            (row[0], sorted(name for name, value in zip(self.names, values, strict=True) if value))
            for row, values in zip(rows, opened, strict=True)
        ]


def hand_written(names: tuple[str, ...], bearers: dict[str, Any]) -> str:
    """Return the query an engineer with a day would write: friendship looked up once per row, a CASE per value."""

    def rule(name: str) -> str:
        return (
            f"(p.member_id = %(me)s OR ((p.{name}_audience <= 1 OR (p.{name}_audience = 2 AND f.id IS NOT NULL)"
            f" OR (p.{name}_audience = 3 AND EXISTS (SELECT 1 FROM privacy_fieldcircle c JOIN privacy_circlemember m"
            f" ON m.circle_id = c.circle_id WHERE c.owner_id = p.member_id AND c.field = '{name}'"
            f" AND m.person_id = %(me)s))) AND NOT EXISTS (SELECT 1 FROM privacy_fieldexception x"
            f" WHERE x.person_id = %(me)s AND x.field = '{name}' AND x.owner_id = p.member_id)))"
        )

    columns = {name: "m.email" if name == "email" else f"p.{bearers[name].source}" for name in names}
    values = ", ".join(f"CASE WHEN {rule(name)} THEN {column} END" for name, column in columns.items())
    return (
        f"SELECT m.handle, m.id, {values} FROM accounts_member m JOIN accounts_profile p ON p.member_id = m.id"
        " LEFT JOIN accounts_friendship f ON f.person_id = %(me)s AND f.friend_id = m.id"
        " WHERE m.handle > %(after)s AND m.is_active AND m.email_verified_at IS NOT NULL AND p.listed"
        f" AND p.display_name IS NOT NULL AND {rule('display_name')}"
        " AND NOT EXISTS (SELECT 1 FROM accounts_block b WHERE (b.blocker_id, b.blocked_id) = (%(me)s, m.id))"
        " AND NOT EXISTS (SELECT 1 FROM accounts_block b WHERE (b.blocked_id, b.blocker_id) = (%(me)s, m.id))"
        " ORDER BY m.handle LIMIT 50"
    )


def pages(size: int) -> list[tuple[int, str]]:
    """Return viewers who have friends, each with a page near themself or anywhere."""
    from accounts.models import Member
    from world.crowd import SOCIABLE, Crowd

    crowd, dice = Crowd(size, SEED), random.Random(1)
    chosen = []
    for turn in range(12):
        number = dice.randrange(2, size // SOCIABLE - 2) * SOCIABLE
        before = crowd.handle(number - 3 if turn % 2 else dice.randrange(1, size - 60))
        chosen.append((Member.objects.get(handle=crowd.handle(number)).pk, before))
    return chosen


def answer_rounds(size: int, wanted: list[str]) -> None:
    """Compare what the cases answer, then measure one round of all of them for every line that comes in."""
    chosen, asked = [*wanted, "hedgerow", "sql"], pages(size)
    cases = {name: case for name, case in Cases().all().items() if name in chosen}
    for viewer, after in asked:
        answers = {name: json.dumps(case(viewer, after)) for name, case in cases.items()}
        wrong = [name for name, answer in answers.items() if answer != answers["sql"]]
        if wrong:
            raise SystemExit(f"not the same answer: {wrong}")
    print(READY, flush=True)
    for _line in sys.stdin:
        print(json.dumps({name: milliseconds(case, asked) for name, case in cases.items()}), flush=True)


def milliseconds(case: Callable[[int, str], list[Any]], asked: list[tuple[int, str]]) -> float:
    """Return what a page takes on average."""
    start = time.perf_counter()
    for viewer, after in asked:
        case(viewer, after)
    return (time.perf_counter() - start) / len(asked) * 1e3


def one_size(server: str, size: int, wanted: list[str]) -> None:
    main, keys = f"{MAIN}_{size}", f"{KEYS}_{size}"
    with tempfile.TemporaryDirectory() as folder:
        set_up(server, Path(folder), main, keys)
        try:
            load(size)
            answer_rounds(size, wanted)
        finally:
            from django.db import connections

            connections.close_all()
            remake(server, main, keys, create=False)


def main() -> None:
    """Run one process per size, since Django is set up once per process; print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1")
    parser.add_argument(
        "--peers", default="loop_member,loop_field,guardian,guardian_best", help="beside hedgerow and sql"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        one_size(options.server, options.only, options.peers.split(","))
        return
    results = interleaved(options)
    print(json.dumps(results) if options.json else table(results))


def interleaved(options: argparse.Namespace) -> dict[int, dict[str, float]]:
    """Load every size, then measure a round of each in turn, so that growth is not the machine's mood."""
    running = {int(size): started(options, size) for size in options.sizes.split(",")}
    rounds: dict[int, list[dict[str, float]]] = {size: [] for size in running}
    for _ in range(options.reps):
        for size, process in running.items():
            process.stdin.write("\n")
            process.stdin.flush()
            rounds[size].append(json.loads(process.stdout.readline()))
    for process in running.values():
        process.communicate()
    return {size: {name: median(name, times) for name in times[0]} for size, times in rounds.items()}


def median(name: str, rounds: list[dict[str, float]]) -> float:
    return round(statistics.median(times[name] for times in rounds), 2)


def started(options: argparse.Namespace, size: str) -> Any:
    """Return a process that has loaded a size and waits to be asked for rounds."""
    command = [sys.executable, "-m", "benchmarks.visibility", "--only", size, "--server", options.server]
    command += ["--peers", options.peers]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for line in process.stdout or ():
        if line.strip() == READY:
            return process
    raise SystemExit(f"{size} members could not be loaded")


def table(results: dict[int, dict[str, float]]) -> str:
    lines = [f"{'members':>10} {'case':<14} {'ms/page':>9} {'× ours':>8}"]
    for size, times in results.items():
        lines += [f"{size:>10,} {name:<14} {ms:>9.2f} {ms / times['hedgerow']:>8.2f}" for name, ms in times.items()]
    least = min(results)
    for size in sorted(results)[1:]:
        for name in ("hedgerow", "sql"):
            growth = results[size][name] / results[least][name]
            lines.append(f"{name} at {size:,} members: {growth:.2f} × of {least:,}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
