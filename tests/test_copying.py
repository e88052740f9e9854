"""Copies of a database in use: whole, of one moment, for their owner alone; and never in place of something else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from daemons import running, write_config
from pages import StatusPage
from past import commit, incident
from server import open_server

from statustrio.cli.main import statustrio
from statustrio.errors import StoreError
from statustrio.line import render
from statustrio.store.copying import back_up
from statustrio.store.opening import SCHEMA_VERSION, open_database, open_reader
from statustrio.store.protocol import Wanted
from statustrio.store.soundness import find_faults
from statustrio.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statustrio.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(open_database(path), render)) as store:
        store.configure([Wanted("acme", "Acme", "https://acme.example/feed")])
        commit(store, incident(), drafts=3)
        yield store


def invoke(path: Path, *args: str) -> Result:
    return CliRunner().invoke(statustrio, ["--db", str(path), *args])


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if not one.name.startswith("statustrio.db")}


def test_a_copy_is_a_database_as_the_first_was_and_for_its_owner_alone(store: SqliteStore, path: Path) -> None:
    copy = path.with_name("copy % ?.db")
    umask = os.umask(0)
    try:
        result = invoke(path, "backup", str(copy))
    finally:
        os.umask(umask)
    assert (result.exit_code, result.stdout) == (0, f"{copy}: {copy.stat().st_size / 2**20:.1f} MiB\n"), result.output
    assert names(path.parent) == {copy.name}, "nothing beside it"
    assert copy.stat().st_mode & 0o777 == 0o600
    commit(store, drafts=1)
    with closing(open_reader(copy)) as reader:
        assert [row["seq"] for row in reader.execute("SELECT seq FROM events")] == [1, 2, 3]
    assert list(find_faults(copy)) == []
    with closing(SqliteStore(open_database(copy), render)) as second:
        assert second.events_after(0, 10) == store.events_after(0, 3)
        commit(second, drafts=1)
        assert second.events_after(3, 10)[0].seq == 4


def test_what_is_there_stays_as_it_is(store: SqliteStore, path: Path) -> None:  # noqa: ARG001  it makes the file
    there = path.with_name("there")
    there.write_text("mine")
    path.with_name("link").symlink_to(path.with_name("nowhere"))
    for name in ("there", "link", path.name, "."):
        result = invoke(path, "backup", str(path.with_name(name) if name != "." else path.parent))
        assert isinstance(result.exception, StoreError)
        assert "is there already; it is left untouched, name another file" in str(result.exception)
    assert there.read_text() == "mine"
    assert names(path.parent) == {"there", "link"}


def test_a_directory_that_is_not_there_and_a_name_too_long_are_said_in_words(store: SqliteStore, path: Path) -> None:  # noqa: ARG001  as above
    for copy, said in (
        (path.parent / "missing" / "copy.db", "is no directory that is there; make it, or name another file"),
        (path.parent / ("x" * 256), "File name too long"),
    ):
        result = invoke(path, "backup", str(copy))
        assert isinstance(result.exception, StoreError)
        assert said in str(result.exception)
    assert names(path.parent) == set()
    assert isinstance(invoke(path.with_name("none.db"), "backup", str(path.with_name("copy"))).exception, StoreError)


def test_a_copy_that_breaks_off_leaves_nothing(store: SqliteStore, path: Path) -> None:
    with store.group(durable=True):
        for _ in range(200):
            commit(store, drafts=20)
    store.close()
    whole = path.read_bytes()
    script = (
        "import resource, signal, sys; from pathlib import Path; from statustrio.store.copying import back_up\n"
        "from statustrio.store.opening import open_reader\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(whole) // 2}, {len(whole) // 2}))\n"
        "back_up(open_reader(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(path.with_name("copy"))], capture_output=True, check=False
    )
    assert b"StoreUnavailableError" in done.stderr.splitlines()[-1]
    assert names(path.parent) == set()
    assert path.read_bytes() == whole


@pytest.mark.slow
def test_what_a_killed_copy_left_is_removed_by_the_next_and_what_one_is_at_work_on_is_not(
    store: SqliteStore,  # noqa: ARG001  as above
    path: Path,
) -> None:
    script = (
        "import os, sys; from pathlib import Path; from statustrio.store import copying\n"
        "from statustrio.store.opening import open_reader\n"
        "copying.os.fsync = lambda _: (print('written', flush=True), sys.stdin.read())\n"
        "copying.back_up(open_reader(Path(sys.argv[1])), Path(sys.argv[2]))"
    )

    def begin(name: str) -> subprocess.Popen[bytes]:
        copy = [sys.executable, "-c", script, str(path), str(path.with_name(name))]
        process = subprocess.Popen(copy, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        return process

    with begin("one") as killed, begin("two") as slow:
        killed.kill()
        killed.wait()
        assert len(names(path.parent)) == 2
        invoke(path, "backup", str(path.with_name("three")))
        (part,) = names(path.parent) - {"three"}
        assert part.startswith(".statustrio-")
        slow.communicate()
    assert names(path.parent) == {"two", "three"}
    assert list(find_faults(path.with_name("two"))) == []


@pytest.mark.slow
def test_a_copy_ends_while_a_writer_never_rests(store: SqliteStore, path: Path) -> None:
    with store.group(durable=True):
        for _ in range(300):
            commit(store, drafts=20)
    ended = threading.Event()

    def write() -> None:
        with closing(SqliteStore(open_database(path), render)) as busy:
            while not ended.is_set():
                with busy.group(durable=True):
                    commit(busy, drafts=5)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            with closing(open_reader(path)) as reader:
                back_up(reader, path.with_name(f"copy{number}"))
    finally:
        ended.set()
        writer.join()
    lengths = []
    for number in range(5):
        copy = path.with_name(f"copy{number}")
        assert list(find_faults(copy)) == []
        with closing(sqlite3.connect(copy)) as connection:
            lengths += connection.execute("SELECT max(seq) - 6003 FROM events").fetchone()
    assert lengths == sorted(lengths)
    assert all(length % 5 == 0 for length in lengths), "whole transactions"


@pytest.mark.slow
async def test_a_copy_put_back_goes_on_and_tells_again_what_it_does_not_know(tmp_path: Path) -> None:
    """The steps of docs/operation.md."""
    config = tmp_path / "providers.yaml"
    path, copy = tmp_path / "statustrio.db", tmp_path / "copy.db"
    async with open_server(deadline=60) as server:
        page = StatusPage()
        server.pages["/history.atom"] = page.page
        trouble = page.open("Errors", "We look.")
        write_config(config, {"acme": server.url("/history.atom")})
        async with running(config) as run:
            await run.wait_lines(1)
            page.post(trouble, "Identified", "The database.")
            await run.wait_lines(2)
            assert invoke(path, "backup", str(copy)).exit_code == 0
            page.post(trouble, "Resolved", "Over.")
            told = (await run.wait_lines(3))[2]
            assert await run.end() == 0
        path.unlink()
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        copy.rename(path)
        async with running(config) as run:
            # The line before can come again, too: the copy may be from before it was acknowledged.
            await run.wait_event("incident.resolved")
            assert await run.end() == 0
            again = [line for line in run.lines if line["event"] == "incident.resolved"]
    assert [(line["id"], line["seq"]) for line in again] == [(told["id"], 3)]
    assert path.with_name("statustrio.db.lock").read_bytes() == b""
    assert list(find_faults(path)) == []


def test_the_version_stands_in_a_copy(store: SqliteStore, path: Path) -> None:  # noqa: ARG001  as above
    with closing(open_reader(path)) as reader:
        back_up(reader, path.with_name("copy"))
    with closing(sqlite3.connect(path.with_name("copy"))) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
