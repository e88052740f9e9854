"""Opening a database file: whose it is, which version, by whom it is held; creating and migrating it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from statustrio.errors import StoreError, StoreUnavailableError
from statustrio.store.copying import copy_database
from statustrio.store.failures import in_words, is_full, translated
from statustrio.store.migrations import MIGRATIONS, Migration

APPLICATION_ID = 0x5374_7472
"""`Sttr` in the header of the file: the mark by which `file` and we know it."""
SCHEMA_VERSION = 4
MAGIC = b"SQLite format 3\0"
BUSY_MILLISECONDS = 1000
BESIDE_MILLISECONDS = 10_000
"""A command can wait for the daemon, which has thousands of providers to look after."""
START_SECONDS = 60.0
"""What a start waits for a lock to be given back, or room on the disk: service managers allow it half as much again."""
START_PAUSE_SECONDS = 0.5
WAL_BYTES = 8 * 2**20
ELSEWHERE = "; choose another place with --db"
LOCK_TRIES = 5
LOCK_PAUSE_SECONDS = 0.02

T = TypeVar("T")


def statements(script: str) -> Iterator[str]:
    """The single statements of a script (`executescript` would commit the open transaction)."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


def schema() -> tuple[str, ...]:
    """The statements of the newest schema, views included."""
    return tuple(statements(files("statustrio.store").joinpath("schema.sql").read_text(encoding="utf-8")))


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the database for this process; StoreError names the process that holds it already.

    Beside a file that is not for us, or newer than we are, no lock file is made: StoreError, too.
    """
    with translated(path, ELSEWHERE):
        _version_of(path, SCHEMA_VERSION)
    lock = _lock_file(path)
    if lock.is_symlink():
        raise StoreError(f"{lock}: is a link, and nobody needs one there{ELSEWHERE}")
    with translated(lock, ELSEWHERE):
        # Written to at once: where others can write, a link of theirs must not lead to a file of ours.
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as exc:
            pid = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise StoreError(
                f"{path} is in use by another statustrio (pid {pid}); stop it or use another --db"
            ) from exc
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # on a full disk it holds without its name
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            # Nobody takes the pid for that of a daemon that runs, or was killed.
            os.ftruncate(descriptor, 0)
    finally:
        # The file stays: removing it would let a third process lock another file of the same name.
        os.close(descriptor)


def _lock_file(path: Path) -> Path:
    """Beside the database itself, whatever link led to it."""
    path = path.resolve()
    return path.with_name(path.name + ".lock")


def _lock(descriptor: int) -> None:
    """Take the lock; OSError if a daemon has it. `is_held` has it too, for a moment: hence more than one try."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_SECONDS)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(path: Path) -> bool:
    """Whether a daemon holds the database now."""
    try:
        descriptor = os.open(_lock_file(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def open_database(
    path: Path, *, migrations: Mapping[int, Migration] = MIGRATIONS, version: int = SCHEMA_VERSION
) -> sqlite3.Connection:
    """A connection for the one writer; the file is created or brought to `version` first.

    StoreError where it is foreign, newer, damaged or cannot be written; such a file is left as it was.
    """
    with translated(path, ELSEWHERE):
        found = _version_of(path, version)
        if found is None:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = connect(file_uri(path, "rw"))
        try:
            _prepare(connection, path, found, migrations, version)
        except BaseException:
            connection.close()
            raise
    return connection


def open_in_memory() -> sqlite3.Connection:
    """A connection to a new database that is no file and ends with it."""
    connection = connect("file::memory:")
    for statement in schema():
        connection.execute(statement)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads: beside a running daemon, in its process, or without one."""
    with translated(path, "; name another place with --db"):
        if not path.exists():
            raise StoreError(f"{path}: no such database yet; run statustrio first, or name one with --db")
        found = _inspect(path)
        if found is None:
            raise StoreError(f"{path} is no database; it is left untouched, name another place with --db")
        if found != SCHEMA_VERSION:
            raise StoreError(f"{path} has version {found}, this statustrio reads {SCHEMA_VERSION}; run it once first")
        return connect(file_uri(path, "ro"))


def patiently(open_it: Callable[[], T], waits: Callable[[str], None]) -> T:
    """Open something, and again for as long as START_SECONDS where it is not to be had now, only later.

    `waits` is told why, once. StoreUnavailableError at the end of the time.
    """
    until = time.monotonic() + START_SECONDS
    told = False
    while True:
        try:
            return open_it()
        except StoreUnavailableError as exc:
            if time.monotonic() > until:
                raise
            if not told:
                waits(str(exc))
            told = True
        time.sleep(START_PAUSE_SECONDS)


@contextmanager
def looking(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for several questions about one moment. StoreError where it cannot be opened or read."""
    with closing(open_reader(path)) as connection:
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.DatabaseError as exc:
            raise in_words(exc, path) from exc


def open_beside(path: Path) -> sqlite3.Connection:
    """A connection for a command that changes a row or two, beside a running daemon or without one."""
    open_reader(path).close()
    connection = connect(file_uri(path, "rw"))
    connection.execute(f"PRAGMA busy_timeout = {BESIDE_MILLISECONDS}")
    return connection


def obstacle(path: Path) -> str | None:
    """What keeps a daemon from writing to its database now, as far as it can be seen from outside."""
    if is_full(path):
        return "its disk is full"
    try:
        with closing(connect(file_uri(path, "rw"))) as connection, transaction(connection):
            return None
    except sqlite3.DatabaseError as exc:
        return str(exc)


def connect(uri: str) -> sqlite3.Connection:
    """A connection as all here are: no transaction by itself, rows by name, a short wait where another writes."""
    # The writer's thread changes from call to call, one at a time: the caller sees to that.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One that writes: committed at the end, undone by whatever is raised in it or by the commit."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some errors SQLite has undone it already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def log_of(path: Path) -> Path:
    """SQLite's log of writes: beside the database itself, whatever link led to it."""
    path = path.resolve()
    return path.with_name(f"{path.name}-wal")


def file_uri(path: Path, mode: str) -> str:
    """The file for SQLite: to read (`ro`), to write (`rw`), or to be made if it is not there (`rwc`)."""
    quoted = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?mode={mode}"


def _version_of(path: Path, newest: int) -> int | None:
    """The schema version of a file that the daemon is to use, None if there is none yet; StoreError if it may not."""
    found = _inspect_first(path) if path.exists() and path.stat().st_size else None
    if found is not None and found > newest:
        raise StoreError(f"{path} was written by a newer statustrio (version {found}, this one knows {newest})")
    return found


def _inspect_first(path: Path) -> int | None:
    """The same for the first look in this process, and StoreError for a file of a few bytes.

    SQLite takes such a file for an empty database, and would write over it. Not for a later look: closing a file gives
    up all locks of the process on it, those of its connections too. The next `sqlite3` of a user to end would then take
    itself for the last one and remove the log of the daemon's writes.
    """
    if not begins_as_database(path):
        raise StoreError(f"{path} is no database; it is left untouched, choose another place with --db")
    return _inspect(path)


def begins_as_database(path: Path) -> bool:
    """Whether the first bytes of a file are SQLite's. Not for a file that this process has open already: see above."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _inspect(path: Path) -> int | None:
    """The schema version of a file that is ours, None for an empty database; StoreError for any other file."""
    # Without a log beside it nothing needs to be made there in order to read: not even the files of WAL mode.
    immutable = "" if log_of(path).exists() else "&immutable=1"
    try:
        connection = connect(file_uri(path, "ro") + immutable)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as exc:
        raise in_words(exc, path) from exc
    if application == APPLICATION_ID:
        return int(version)
    if tables == 0 and application == 0:
        return None
    raise StoreError(f"{path} is a database of another program; it is left untouched, choose another place with --db")


def _prepare(
    connection: sqlite3.Connection, path: Path, found: int | None, migrations: Mapping[int, Migration], version: int
) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A log that a forgotten reader made grow shrinks again once that reader has gone.
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    # Off while tables are rebuilt: with it on, dropping an old table would drop its children's rows.
    connection.execute("PRAGMA foreign_keys = OFF")
    if found is not None and found < version:
        _keep_copy(connection, path.with_name(f"{path.name}.v{found}.bak"))
    with transaction(connection):
        if found is None:
            for statement in schema():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        else:
            for step in range(found, version):
                _migrate(connection, path, migrations[step])
            # Of what a migration made alone: the check takes a second for ten years of history.
            if found < version and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise StoreError(f"{path}: its tables contradict each other; the file is left as it was")
            _renew_views(connection)
        connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("PRAGMA foreign_keys = ON")


def _migrate(connection: sqlite3.Connection, path: Path, step: Migration) -> None:
    try:
        step(connection)
    except sqlite3.OperationalError as exc:
        # "table mutes already exists", "there is already an index named ...": a user was first.
        if " already " not in str(exc):
            raise
        raise StoreError(
            f"{path}: {exc}, which this version needs for itself; rename or drop yours with `sqlite3`, "
            "then start again (the file is left as it was)"
        ) from exc


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    """Keep the file as it is, in the place of a copy that an attempt before kept, but of nothing else."""
    try:
        if copy.exists() and copy.stat().st_size:
            _inspect_first(copy)
    except (StoreError, OSError) as exc:
        raise StoreError(
            f"{copy} is in the way: a copy of the database is kept there before its tables are changed, "
            "and what is there is none; move it away"
        ) from exc
    copy_database(connection, copy)


def _renew_views(connection: sqlite3.Connection) -> None:
    """Ours are made anew, so that a changed query needs no migration; a user's own stay.

    One that is as it should be stays too: with it a user's triggers on it would go.
    """
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall())
    for statement in schema():
        _, create, rest = statement.removesuffix(";").partition("CREATE VIEW ")
        name = rest.partition(" ")[0]
        if create and found.get(name) != create + rest:
            connection.execute(f"DROP VIEW IF EXISTS {name}")
            connection.execute(create + rest)
