"""The disk's bad days, with the daemon as the process it is: what it says, how it ends, what it must not announce.

What of this is under load, and for how long, is `torture/disk.py`; here its short form, and each day by itself.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torture.disk
import trio
from daemons import Run, command, environment, running, write_config
from pages import StatusPage
from server import PageServer, open_server
from test_daemon import once, polled, serve, urls
from test_operation import logged
from torture.options import Options
from torture.small_disk import Mounted, small_disk

from statustrio.store.soundness import find_faults

pytestmark = pytest.mark.slow


def test_a_lock_a_reader_and_a_full_disk_under_load_break_no_promise() -> None:
    figures = list(torture.disk.run(Options()))
    assert [figure.row() for figure in figures if figure.verdict == "broken"] == []


@pytest.fixture
def disk() -> Iterator[Mounted]:
    with small_disk() as disk:
        if not isinstance(disk, Mounted):
            pytest.skip("only root can mount a disk, and not in every container")
        yield disk


def lock(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def stored(path: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as connection:
        return [json.loads(line) for (line,) in connection.execute("SELECT payload FROM events ORDER BY seq")]


async def a_daemon(server: PageServer, place: Path) -> tuple[Path, StatusPage]:
    """The configuration of one that has seen its page."""
    page = serve(server, "one")["one"]
    config = write_config(place / "providers.yaml", urls(server, "one"))
    await once(config)
    return config, page


async def ask(config: Path, *args: str) -> subprocess.CompletedProcess[bytes]:
    return await trio.run_process(
        command(config, *args), capture_stdout=True, capture_stderr=True, check=False, env=environment()
    )


async def test_a_start_waits_for_a_lock_and_says_so(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        config, page = await a_daemon(server, tmp_path)
        with closing(lock(tmp_path / "statustrio.db")):
            async with running(config) as run:
                line = await logged(run, "database.waits")
                assert "another program is writing to it" in line["reason"]
                page.open("Opened meanwhile")
                assert run.lines == []
        with closing(lock(tmp_path / "statustrio.db")) as other:
            async with running(config) as run:
                await logged(run, "database.waits")
                other.execute("COMMIT")
                assert (await run.wait_event("incident.opened"))["title"] == "Opened meanwhile"
                assert await run.end() == 0


async def test_health_says_what_is_in_the_way(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        config, _ = await a_daemon(server, tmp_path)
        async with running(config) as run:
            await logged(run, "daemon.started")
            with closing(sqlite3.connect(tmp_path / "statustrio.db", isolation_level=None, timeout=30)) as other:
                other.execute("UPDATE providers SET next_poll_at = '2026-01-01T00:00:00Z'")
                other.execute("BEGIN IMMEDIATE")
                health = await ask(config, "health")
                assert health.returncode == 1
                assert b"nothing is recorded, a poll was due at 2026-01-01T00:00:00Z: database is locked" in (
                    health.stderr
                )
                other.execute("COMMIT")
            assert await run.end() == 0


def _removed(path: Path) -> None:
    path.unlink()


def _replaced_by_a_copy(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


@pytest.mark.parametrize(
    ("ending", "what"), [("", _removed), ("", _replaced_by_a_copy), ("-wal", _removed), ("-shm", _removed)]
)
async def test_a_daemon_whose_database_goes_ends_and_announces_nothing_that_is_not_stored(
    tmp_path: Path, ending: str, what: Callable[[Path], None]
) -> None:
    database = tmp_path / "statustrio.db"
    async with open_server(deadline=60) as server:
        config, page = await a_daemon(server, tmp_path)
        async with running(config) as run:
            page.open("Before")
            await run.wait_event("incident.opened")
            what(tmp_path / f"statustrio.db{ending}")
            page.open("After")
            assert await run.process.wait() == 1
            await until_read(run)
            assert "while the daemon used it: ending" in run.stderr.decode().splitlines()[-1]
            assert b"Traceback" not in run.stderr
            assert [line["title"] for line in run.lines] == ["Before"]
        if what is _removed and not ending:
            assert not database.exists()
            return
        assert list(find_faults(database)) == []
        if ending:
            assert stored(database) == run.lines, "what stood in the log of writes alone is in the file now"
            async with running(config) as run:
                # What was delivered when it went, and not acknowledged, may come once more.
                while not run.lines or run.lines[-1]["title"] != "After":
                    await run.wait_lines(len(run.lines) + 1)
                assert await run.end() == 0
            assert {line["title"] for line in run.lines} <= {"Before", "After"}


async def until_read(run: Run) -> None:
    """Wait until its last words were read."""
    while not run.stderr.rstrip().endswith(b"start again"):
        await trio.sleep(0.01)


async def test_a_database_damaged_where_a_start_does_not_look_ends_the_daemon_with_what_to_do(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        config, _ = await a_daemon(server, tmp_path)
        database = tmp_path / "statustrio.db"
        whole = bytearray(database.read_bytes())
        whole[4096 : 3 * 4096] = b"\xff" * (2 * 4096)
        database.write_bytes(whole)
        done = await ask(config, "run")
        assert done.returncode == 1
        assert "is damaged" in done.stderr.decode().splitlines()[-1]
        assert b"Traceback" not in done.stderr
        assert done.stdout == b""
        for one in ("status", "health", "incidents", "backup", "prune"):
            args = {"backup": (str(tmp_path / "copy"),), "prune": ("--older-than", "1d")}.get(one, ())
            told = await ask(config, one, *args)
            assert told.returncode in {0, 1, 2}, one
            assert b"Traceback" not in told.stderr, one


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda whole: whole[:1000], "is damaged"),
        (lambda whole: whole[: 2 * 4096], "is damaged"),
        (lambda _: b"notes of mine " * 500, "is no database"),
    ],
    ids=["cut off", "cut off later", "text"],
)
async def test_a_file_that_cannot_be_is_refused_and_left_as_it_was(
    tmp_path: Path, made: Callable[[bytes], bytes], words: str
) -> None:
    async with open_server(deadline=60) as server:
        config, _ = await a_daemon(server, tmp_path)
    database = tmp_path / "statustrio.db"
    database.write_bytes(before := made(database.read_bytes()))
    done = await ask(config, "run")
    assert done.returncode == 2
    (said,) = done.stderr.decode().splitlines()
    assert words in said
    assert database.read_bytes() == before


# A disk of its own


async def test_a_start_on_a_full_disk_goes_on_by_itself_once_there_is_room(disk: Mounted) -> None:
    async with open_server(deadline=60) as server:
        page = serve(server, "one")["one"]
        config = write_config(disk.place / "providers.yaml", urls(server, "one"))
        for opened in ("with no database yet", "with one"):
            disk.fill(0)
            async with running(config) as run:
                assert "disk is full; make room" in (await logged(run, "database.waits"))["reason"]
                disk.free(0)
                await polled(server, "one", times=2)
                page.open(opened)
                await run.wait_lines(1)
                assert run.lines[0]["title"] == opened
                assert await run.end() == 0


async def test_on_a_full_disk_each_command_says_so(disk: Mounted) -> None:
    async with open_server(deadline=60) as server:
        config, _ = await a_daemon(server, disk.place)
        disk.fill(0)
        for args in (("status",), ("health",), ("mute", "one", "1h"), ("check", "--database"), ("backup", "copy")):
            done = await ask(config, *args)
            assert (done.returncode, done.stdout) == (1, b""), args
            assert "its disk is full; make room there" in done.stderr.decode(), args
        disk.free(0)
        # One that is full only for the copy: beside a daemon, which has what it needs to be read.
        async with running(config) as run:
            await logged(run, "daemon.started")
            disk.fill(0)
            copy = disk.place / "copy"
            done = await ask(config, "backup", str(copy))
            assert done.returncode == 1
            assert f"{copy}: its disk is full" in done.stderr.decode()
            assert sorted(one.name for one in disk.place.iterdir() if "copy" in one.name) == []
            disk.free(0)
            assert await run.end() == 0


async def test_a_place_that_cannot_be_written_is_refused(disk: Mounted) -> None:
    async with open_server(deadline=60) as server:
        config, _ = await a_daemon(server, disk.place)
        subprocess.run(["mount", "-o", "remount,ro", str(disk.place)], check=True)
        done = await ask(config, "run")
    assert done.returncode == 2
    (said,) = done.stderr.decode().splitlines()
    assert "Read-only file system; choose another place with --db" in said
