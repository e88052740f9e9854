"""Opening the database: whose a file is, its version, its copy, its lock; never a byte of another's file."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from statustrio.errors import StoreError, StoreUnavailableError
from statustrio.store.opening import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    hold,
    is_held,
    looking,
    obstacle,
    open_database,
    open_in_memory,
    open_reader,
    patiently,
    schema,
    statements,
)

Table = set[tuple[str, str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statustrio.db"


def create(path: Path) -> None:
    open_database(path).close()


def execute(path: Path, *scripts: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for script in scripts:
            connection.execute(script)


def master(path: Path) -> Table:
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def pragma(path: Path, name: str) -> int | str:
    with closing(sqlite3.connect(path)) as connection:
        value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but SQLite's shared memory, which holds no data."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if not one.name.endswith("-shm")}


def test_a_new_file_says_what_it_is(path: Path) -> None:
    with closing(open_database(path)) as connection:
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert pragma(path, "application_id") == APPLICATION_ID == int.from_bytes(b"Sttr")
    assert pragma(path, "user_version") == SCHEMA_VERSION
    assert pragma(path, "journal_mode") == "wal"
    assert path.read_bytes()[68:72] == b"Sttr", "where file(1) looks"


def test_a_new_file_is_for_its_owner_alone(path: Path) -> None:
    umask = os.umask(0)
    try:
        with closing(open_database(path)) as connection:
            connection.execute("INSERT INTO monitor VALUES ('a', 'b')")
            assert {one.name: oct(one.stat().st_mode & 0o777) for one in path.parent.iterdir()} == {
                path.name + end: "0o600" for end in ("", "-wal", "-shm")
            }
    finally:
        os.umask(umask)


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    create(path)
    assert pragma(path, "application_id") == APPLICATION_ID


def test_what_stands_only_in_the_log_is_found_through_a_link_too(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with closing(open_database(path)):
        for opening in (open_database, open_reader):
            opening(link).close()


def test_a_database_of_sqlite_without_anything_in_it_becomes_ours(path: Path) -> None:
    execute(path, "CREATE TABLE t (x)", "DROP TABLE t")
    create(path)
    assert pragma(path, "user_version") == SCHEMA_VERSION


def test_opened_again_it_is_as_it_was(path: Path) -> None:
    create(path)
    before = master(path)
    execute(path, "INSERT INTO monitor VALUES ('a', 'b')")
    with closing(open_database(path)) as connection:
        assert connection.execute("SELECT value FROM monitor").fetchone()[0] == "b"
    assert master(path) == before
    assert {one.name for one in path.parent.iterdir()} == {path.name}


@pytest.mark.parametrize("name", ["with space.db", "per%20cent.db", "quest?ion.db", "sh#arp.db", "ünï.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    create(tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    with closing(open_reader(tmp_path / name)) as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone()[0] == 0


def _foreign(path: Path) -> None:
    execute(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")


def _foreign_in_wal(path: Path) -> None:
    _foreign(path)
    execute(path, "PRAGMA journal_mode = WAL", "INSERT INTO theirs VALUES (2)")


def _foreign_marked(path: Path) -> None:
    execute(path, "PRAGMA application_id = 42", "PRAGMA user_version = 1")


def _garbage(path: Path) -> None:
    path.write_bytes(b"providers:\n  - openai\n" * 200)


def _short_garbage(path: Path) -> None:
    path.write_bytes(b"x")


def _settings(path: Path) -> None:
    path.write_text("providers: []\n")


def _damaged(path: Path) -> None:
    create(path)
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8092)


def _newer(path: Path) -> None:
    create(path)
    execute(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def _newer_that_was_killed(path: Path) -> None:
    made = path.with_name("made")
    with closing(open_database(made)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.execute("INSERT INTO monitor VALUES ('a', 'b')")
        for end in ("", "-wal"):
            shutil.copy(str(made) + end, str(path) + end)
    for one in made.parent.glob("made*"):
        one.unlink()
    assert Path(f"{path}-wal").stat().st_size > 0


REFUSED = (
    _foreign,
    _foreign_in_wal,
    _foreign_marked,
    _garbage,
    _short_garbage,
    _settings,
    _newer,
    _newer_that_was_killed,
)


@pytest.mark.parametrize("opening", [open_database, open_reader])
@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__.strip("_"))
def test_a_file_that_is_not_for_us_is_refused_and_left_byte_for_byte(
    path: Path, make: Callable[[Path], None], opening: Callable[[Path], sqlite3.Connection]
) -> None:
    make(path)
    before = contents(path.parent)
    with pytest.raises(StoreError) as refused:
        opening(path)
    assert contents(path.parent) == before
    message = str(refused.value)
    assert str(path) in message
    assert "version" in message or "left untouched" in message
    assert "\n" not in message


def test_a_user_may_add_views_indexes_tables_and_triggers(path: Path) -> None:
    create(path)
    execute(
        path,
        "CREATE VIEW mine AS SELECT * FROM open_incidents WHERE impact = 'critical'",
        "CREATE INDEX my_index ON events (provider)",
        "CREATE TABLE my_table (seq INTEGER)",
        "CREATE TRIGGER my_trigger AFTER INSERT ON monitor BEGIN INSERT INTO my_table VALUES (1); END",
        "CREATE TRIGGER on_view INSTEAD OF DELETE ON open_incidents BEGIN INSERT INTO my_table VALUES (2); END",
    )
    before = master(path)
    create(path)
    assert master(path) == before
    execute(path, "INSERT INTO monitor VALUES ('a', 'b')")
    with closing(open_reader(path)) as reader:
        assert reader.execute("SELECT seq FROM my_table").fetchone()[0] == 1
        assert reader.execute("SELECT * FROM mine").fetchall() == []


def test_views_are_made_anew_at_every_open(path: Path) -> None:
    create(path)
    before = master(path)
    execute(
        path, "DROP VIEW provider_health", "DROP VIEW open_incidents", "CREATE VIEW open_incidents AS SELECT 1 AS x"
    )
    create(path)
    assert master(path) == before


def old_version(path: Path) -> None:
    """A made-up version 0: no `monitor`, one index less, another view, and data."""
    create(path)
    execute(
        path,
        "DROP TABLE monitor",
        "DROP INDEX events_by_time",
        "DROP VIEW provider_health",
        "CREATE VIEW provider_health AS SELECT id FROM providers",
        "INSERT INTO providers (id, name, feed_url) VALUES ('acme', 'Acme', 'https://acme.example')",
        "PRAGMA user_version = 0",
    )


def migrate(connection: sqlite3.Connection) -> None:
    for statement in schema():
        if " monitor " in statement.splitlines()[0] or "events_by_time" in statement:
            connection.execute(statement)


def test_an_older_file_is_migrated_and_a_copy_is_kept(path: Path) -> None:
    old_version(path)
    before = master(path)
    umask = os.umask(0)
    try:
        with closing(open_database(path, migrations={0: migrate}, version=1)) as connection:
            assert connection.execute("SELECT id FROM providers").fetchone()[0] == "acme"
            assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    finally:
        os.umask(umask)
    assert pragma(path, "user_version") == 1
    copy = path.with_name(path.name + ".v0.bak")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert master(copy) == before
    assert pragma(copy, "user_version") == 0


def test_a_copy_of_an_attempt_before_is_replaced_and_anything_else_is_left_and_named(path: Path) -> None:
    old_version(path)
    copy = path.with_name(path.name + ".v0.bak")
    for junk in (b"x", b"notes of mine\n" * 100):
        copy.write_bytes(junk)
        with pytest.raises(StoreError, match=r"v0\.bak is in the way: a copy of the database .* move it away$"):
            open_database(path, migrations={0: migrate}, version=1)
        assert copy.read_bytes() == junk
        assert pragma(path, "user_version") == 0
    copy.unlink()
    copy.mkdir()
    with pytest.raises(StoreError, match="is in the way"):
        open_database(path, migrations={0: migrate}, version=1)
    copy.rmdir()
    create(copy)
    open_database(path, migrations={0: migrate}, version=1).close()
    assert pragma(copy, "user_version") == 0
    assert {one.name for one in path.parent.iterdir()} == {path.name, copy.name}


def test_a_migrated_schema_is_that_of_a_new_file(path: Path) -> None:
    old_version(path)
    open_database(path, migrations={0: migrate}, version=1).close()
    new = path.with_name("new.db")
    create(new)
    assert master(path) == master(new)


def test_the_steps_of_a_migration_are_taken_in_order(path: Path) -> None:
    create(path)
    steps: list[int] = []
    first = SCHEMA_VERSION
    migrations = {step: lambda _, step=step: steps.append(step) for step in (first + 2, first, first + 1, first - 1)}
    open_database(path, migrations=migrations, version=first + 3).close()
    assert steps == [first, first + 1, first + 2]
    assert pragma(path, "user_version") == first + 3


def released(path: Path, version: int) -> None:
    """A file as that version made it, with a user's own things and data in it."""
    script = (Path(__file__).parent / f"schema_{version}.sql").read_text()
    insert = "INSERT INTO events (seq, timestamp, event, provider, incident_id, payload) VALUES"
    execute(
        path,
        "PRAGMA journal_mode = WAL",
        *statements(script),
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {version}",
        "INSERT INTO providers (id, name, feed_url) VALUES ('acme', 'Acme', 'https://acme.example')",
        f"{insert} (7, '2026-11-24T12:00:00Z', 'incident.opened', 'acme', 'i1', '{{\"v\":1}}')",
        "DELETE FROM events WHERE seq = 7",
        f"{insert} (5, '2026-11-24T12:00:00Z', 'incident.opened', 'acme', 'i1', '{{\"v\":1}}')",
        "CREATE VIEW mine AS SELECT * FROM events WHERE event = 'incident.opened'",
        "CREATE INDEX my_index ON events (event)",
    )


def shapes(path: Path) -> Table:
    """What is in a schema, whatever the blanks and comments in its statements."""

    def tight(sql: str) -> str:
        return re.sub(r" ?([(),]) ?", r"\1", " ".join(re.sub("--[^\n]*", "", sql).split()))

    mine = {"mine", "my_index"}
    return {(kind, name, tight(sql or "")) for kind, name, sql in master(path) if name not in mine}


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_file_of_an_older_release_becomes_one_like_a_new_one_and_a_copy_is_kept(path: Path, version: int) -> None:
    released(path, version)
    before = master(path)
    new = path.with_name("new.db")
    create(path)
    create(new)
    assert shapes(path) == shapes(new)
    assert pragma(path, "user_version") == SCHEMA_VERSION
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT seq, payload FROM mine").fetchall() == [(5, '{"v":1}')]
        assert connection.execute("SELECT seq FROM sqlite_sequence").fetchall() == [(7,)], "no seq is given twice"
    assert ("index", "my_index", "CREATE INDEX my_index ON events (event)") in master(path)
    copy = path.with_name(f"{path.name}.v{version}.bak")
    assert (master(copy), pragma(copy, "user_version")) == (before, version)


def _broken(connection: sqlite3.Connection) -> None:
    migrate(connection)
    connection.execute("SELECT nonsense")


def _contradicting(connection: sqlite3.Connection) -> None:
    migrate(connection)
    connection.execute(
        "INSERT INTO updates (provider, incident_id, n, label, status, text) VALUES ('acme', 'none', 0, '', '', '')"
    )


@pytest.mark.parametrize("step", [_broken, _contradicting])
def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, step: Callable[[sqlite3.Connection], None]
) -> None:
    old_version(path)
    before = master(path), pragma(path, "user_version")
    with pytest.raises(StoreError, match=r"statustrio\.db"):
        open_database(path, migrations={0: step}, version=1)
    assert (master(path), pragma(path, "user_version")) == before
    open_database(path, migrations={0: migrate}, version=1).close()
    assert pragma(path, "user_version") == 1


@pytest.mark.parametrize(
    "theirs", ["TABLE mutes (x)", "INDEX stories_due ON events (event)", "VIEW dead_letters AS SELECT 1"]
)
def test_a_name_that_a_migration_needs_and_a_user_has_taken_is_named(path: Path, theirs: str) -> None:
    released(path, 3)
    kind, name = theirs.split()[:2]
    execute(path, f"CREATE {theirs}")
    before = master(path)
    with pytest.raises(StoreError, match=rf"{name}.* rename or drop yours"):
        open_database(path)
    assert (master(path), pragma(path, "user_version")) == (before, 3)
    execute(path, f"DROP {kind} {name}")
    create(path)


def test_a_bug_in_a_migration_keeps_its_type_and_leaves_the_file(path: Path) -> None:
    def buggy(connection: sqlite3.Connection) -> None:
        migrate(connection)
        raise ZeroDivisionError

    old_version(path)
    before = master(path)
    with pytest.raises(ZeroDivisionError):
        open_database(path, migrations={0: buggy}, version=1)
    assert master(path) == before


def test_a_place_that_does_not_exist_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "statustrio.db"
    with pytest.raises(StoreError, match="No such file or directory; choose another place with --db"):
        open_database(path)
    with pytest.raises(StoreError, match="No such file or directory; choose another place with --db"), hold(path):
        pass
    assert not path.parent.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        open_database(tmp_path / "statustrio.db")


def test_a_place_below_a_file_and_a_directory_are_no_databases(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "statustrio.db", tmp_path, tmp_path / ("x" * 300)):
        for opening in (open_database, open_reader):
            with pytest.raises(StoreError):
                opening(place)


def test_a_database_somebody_else_writes_to_is_said_to_be_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statustrio.store.opening.BUSY_MILLISECONDS", 10)
    create(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            open_database(path)
        with closing(open_reader(path)) as reader:
            assert reader.execute("SELECT count(*) FROM events").fetchone()[0] == 0


def test_a_start_waits_for_what_passes_says_so_once_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statustrio.store.opening.START_PAUSE_SECONDS", 0)
    said: list[str] = []
    tries = iter([StoreUnavailableError("locked"), StoreUnavailableError("locked"), None])

    def open_it() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "open"

    assert patiently(open_it, said.append) == "open"
    assert said == ["locked"]
    monkeypatch.setattr("statustrio.store.opening.START_SECONDS", -1)
    tries = iter([StoreUnavailableError("locked"), None])
    with pytest.raises(StoreUnavailableError):
        patiently(open_it, said.append)
    tries = iter([StoreError("foreign"), None])
    with pytest.raises(StoreError, match="foreign"):
        patiently(open_it, said.append)
    assert said == ["locked"]


def test_what_is_in_a_daemons_way_is_seen_from_outside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statustrio.store.opening.BUSY_MILLISECONDS", 10)
    create(path)
    assert obstacle(path) is None
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert obstacle(path) == "database is locked"
    monkeypatch.setattr("statustrio.store.opening.is_full", lambda _: True)
    assert obstacle(path) == "its disk is full"


def test_a_reader_cannot_write(path: Path) -> None:
    create(path)
    with closing(open_reader(path)) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM events")


@pytest.mark.slow
def test_a_reader_in_the_daemons_own_process_leaves_the_daemon_its_locks(path: Path) -> None:
    """Else a user's `sqlite3` that ends takes itself for the last one, and removes the log that is written to."""
    with closing(open_database(path)) as writer:
        writer.execute("INSERT INTO monitor VALUES ('a', '1')")
        with looking(path) as reader:
            assert reader.execute("SELECT value FROM monitor").fetchone()["value"] == "1"
        look = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT * FROM monitor').fetchall()"
        subprocess.run([sys.executable, "-c", look], check=True)
        assert path.with_name(f"{path.name}-wal").exists()
        writer.execute("INSERT INTO monitor VALUES ('b', '2')")
        with looking(path) as reader:
            assert reader.execute("SELECT count(*) FROM monitor").fetchone()[0] == 2


def test_several_questions_are_about_one_moment(path: Path) -> None:
    with closing(open_database(path)) as writer, looking(path) as reader:
        assert reader.execute("SELECT count(*) FROM monitor").fetchone()[0] == 0
        writer.execute("INSERT INTO monitor VALUES ('a', '1')")
        assert reader.execute("SELECT count(*) FROM monitor").fetchone()[0] == 0


def test_a_question_that_fails_is_an_error_of_the_database(path: Path) -> None:
    create(path)
    with pytest.raises(StoreError, match="no such table"), looking(path) as reader:
        reader.execute("SELECT * FROM nowhere")


def test_a_reader_says_that_there_is_nothing_yet(path: Path) -> None:
    with pytest.raises(StoreError, match="run statustrio first"):
        open_reader(path)
    assert not path.exists()
    path.touch()
    with pytest.raises(StoreError):
        open_reader(path)
    assert path.read_bytes() == b""


def test_a_reader_does_not_migrate(path: Path) -> None:
    old_version(path)
    with pytest.raises(StoreError, match="version 0"):
        open_reader(path)
    assert pragma(path, "user_version") == 0


def test_a_database_in_memory_has_the_newest_schema(path: Path) -> None:
    create(path)
    with closing(open_in_memory()) as connection:
        found = {tuple(row) for row in connection.execute("SELECT type, name, sql FROM sqlite_master")}
        assert found == master(path)
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_second_holder_is_refused_and_told_the_first_ones_pid(path: Path) -> None:
    assert not is_held(path)
    with hold(path):
        assert is_held(path)
        with pytest.raises(StoreError, match=rf"in use by another statustrio \(pid {os.getpid()}\)"), hold(path):
            pass
        assert is_held(path), "the one refused has not taken it away"
    assert not is_held(path)
    with hold(path):
        pass


def test_the_lock_of_a_longer_pid_leaves_nothing_of_it(path: Path) -> None:
    lock = path.with_name(path.name + ".lock")
    lock.write_text("123456789012\n")
    with hold(path):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_what_is_held_is_free_after_an_error(path: Path) -> None:
    with pytest.raises(LookupError), hold(path):
        raise LookupError
    assert not is_held(path)


HOLDER = """
import sys
from pathlib import Path
from statustrio.store.opening import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_holder_that_is_killed_holds_no_longer(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            assert is_held(path)
            with pytest.raises(StoreError, match=rf"\(pid {holder.pid}\)"), hold(path):
                pass
        finally:
            holder.kill()
            holder.wait(10)
    assert not is_held(path)
    with hold(path):
        pass


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__.strip("_"))
def test_beside_a_file_that_is_not_for_us_no_lock_file_is_made(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    before = contents(path.parent)
    with pytest.raises(StoreError), hold(path):
        pass
    assert contents(path.parent) == before


def test_the_pid_leaves_the_lock_file_with_its_holder(path: Path) -> None:
    lock = path.with_name(path.name + ".lock")
    with hold(path):
        assert lock.read_text() == f"{os.getpid()}\n"
    assert lock.read_bytes() == b""
    with pytest.raises(LookupError), hold(path):
        raise LookupError
    assert lock.read_bytes() == b""


def test_a_lock_file_without_a_pid_is_of_an_unknown_holder(path: Path) -> None:
    with hold(path):
        path.with_name(path.name + ".lock").write_bytes(b"")
        with pytest.raises(StoreError, match=r"\(pid unknown\)"), hold(path):
            pass


def test_statements_end_where_sqlite_says_so() -> None:
    script = "-- a; comment\nCREATE TABLE t (\n  x TEXT DEFAULT ';'\n);\nSELECT 1;\n-- the end\n"
    assert list(statements(script)) == ["-- a; comment\nCREATE TABLE t (\n  x TEXT DEFAULT ';'\n);", "SELECT 1;"]


def test_the_schema_at_the_top_of_the_project_is_the_one_in_force() -> None:
    top = Path(__file__).parent.parent / "schema.sql"
    assert tuple(statements(top.read_text())) == schema()
