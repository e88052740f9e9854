"""SIGKILL in a migration: the file is as it was or as it is to be, and the next start brings it up and repeats nothing.

An old file is one of today put into the tables of back then, as far as they have its columns.
"""

from __future__ import annotations

import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from statustrio.store.opening import APPLICATION_ID, SCHEMA_VERSION, statements
from statustrio.store.soundness import find_faults
from torture.crash_points import MIGRATING
from torture.figures import Figure
from torture.lives import Life
from torture.options import Options

Start = Callable[..., Life]
"""Starts the daemon on a database, with arguments, to die at a point if there is one."""
KEPT = ("providers", "incidents", "updates", "events", "consumers", "stories")
WRONGS = (
    "migrations that were not reached by a kill",
    "files that a kill in a migration left neither old nor new",
    "migrations that a kill kept from being made later",
    "events, places or histories that a migration lost",
    "copies from before a migration that are not whole",
    "parts of copies from before a migration",
)


async def kill_migrations(options: Options, database: Path, start: Start) -> list[Figure]:
    """Every point from some version; in the long run from each. `database` is one that nobody has open."""
    wrongs: Counter[str] = Counter()
    kills = 0
    chance = random.Random(options.seed)
    for point in MIGRATING:
        versions = range(1, min(step_of(point), SCHEMA_VERSION - 1) + 1)
        for version in versions if not options.short else [chance.choice(versions)]:
            old = database.with_name("old.db")
            put_back(database, old, version)
            before = rows(old)
            reached = await start(old, "run", point=point).end() == -signal.SIGKILL
            kills += reached
            wrongs[WRONGS[0]] += not reached
            wrongs[WRONGS[1]] += version_of(old) not in (version, SCHEMA_VERSION) or rows(old) != before
            made = await start(old, "run", "--once").end() == 0 and version_of(old) == SCHEMA_VERSION
            wrongs[WRONGS[2]] += not made
            wrongs[WRONGS[3]] += rows(old) != before or (made and bool(list(find_faults(old))))
            copy = old.with_name(f"{old.name}.v{version}.bak")
            wrongs[WRONGS[4]] += version_of(copy) != version or rows(copy) != before
            wrongs[WRONGS[5]] += len(list(database.parent.glob(".*.part")))
            for left in old.parent.glob(f"{old.name}*"):
                left.unlink()
    figures = [Figure(f"kills at {len(MIGRATING)} named points of migrations", kills)]
    return [*figures, *(Figure(name, wrongs[name], most=0) for name in WRONGS)]


def step_of(point: str) -> int:
    """The newest version that passes a point: the end of a step is passed by those before it alone."""
    return int("".join(filter(str.isdigit, point)) or SCHEMA_VERSION)


def put_back(database: Path, old: Path, version: int) -> None:
    """A file as that version would have it, of what is in the database."""
    script = (Path(__file__).parents[1] / f"schema_{version}.sql").read_text()
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("ATTACH ? AS today", (str(database),))
        for table in (*KEPT, "sqlite_sequence"):
            there = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            here = {row[1] for row in connection.execute(f"PRAGMA today.table_info({table})")}
            columns = ", ".join(column for column in there if column in here)
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")


def rows(path: Path) -> list[list[tuple[object, ...]]]:
    """What no migration may change."""
    questions = (
        "SELECT seq, payload FROM events ORDER BY seq",
        "SELECT id, cursor FROM consumers ORDER BY id",
        "SELECT provider, id, status, open FROM incidents ORDER BY provider, id",
        "SELECT provider, incident_id, n, text FROM updates ORDER BY provider, incident_id, n",
        "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
    )
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(question).fetchall() for question in questions]


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
