"""What the service manager is told: over a real socket, as systemd opens it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import trio
import trio.testing
from daemons import command, environment, write_config

from statustrio.sd_notify import Notifier


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiving:
        receiving.bind("\0" + address[1:] if address.startswith("@") else address)
        receiving.setblocking(False)
        yield receiving


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_manager_is_told_over_its_socket(kind: str, tmp_path: Path) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@statustrio/{uuid4()}"
    with manager(address) as receiving:
        Notifier.from_environment({"NOTIFY_SOCKET": address}).tell(READY="1", STATUS="following 2 providers")
        assert receiving.recv(100) == b"READY=1\nSTATUS=following 2 providers"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    Notifier.from_environment(environ).tell(READY="1")


def test_a_manager_that_reads_nothing_holds_nobody_up(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    notifier = Notifier(address)
    with manager(address) as receiving:
        for _ in range(5000):
            notifier.tell(WATCHDOG="1")
        assert receiving.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_kept_where_it_is_ours(environ: dict[str, str], expected: float | None) -> None:
    assert Notifier.from_environment(environ).watchdog == expected


async def test_the_watchdog_hears_of_us_twice_in_its_time(
    tmp_path: Path,
    autojump_clock: trio.testing.MockClock,  # noqa: ARG001
) -> None:
    address = str(tmp_path / "notify")
    with manager(address) as receiving:
        with trio.move_on_after(59):
            await Notifier(address, watchdog=20.0).keep_watchdog(trio.lowlevel.checkpoint)
        heard = 0
        while True:
            try:
                assert receiving.recv(100) == b"WATCHDOG=1"
            except BlockingIOError:
                break
            heard += 1
        assert heard == 6
    await Notifier(address).keep_watchdog(trio.sleep_forever)


async def test_the_watchdog_hears_nothing_while_something_hangs(
    tmp_path: Path,
    autojump_clock: trio.testing.MockClock,  # noqa: ARG001
) -> None:
    address = str(tmp_path / "notify")
    with manager(address) as receiving:
        with trio.move_on_after(59):
            await Notifier(address, watchdog=20.0).keep_watchdog(trio.sleep_forever)
        with pytest.raises(BlockingIOError):
            receiving.recv(100)


RUNNER = """
import os, sys, time
from statustrio.cli.main import main
from statustrio.store.sqlite import SqliteStore

group = SqliteStore.group

def hanging(self, **more):
    while os.path.exists({hang!r}):
        time.sleep(0.01)
    return group(self, **more)

SqliteStore.group = hanging
sys.argv[1:] = {words!r}
main()
"""
"""The program, whose store hangs as long as there is a file."""


@pytest.mark.slow
async def test_a_recorder_that_hangs_is_noticed_and_one_that_waits_for_the_storage_is_well(tmp_path: Path) -> None:
    """The daemon as a process whose store is made to hang from outside, and whose database another writer holds."""
    hang, address = tmp_path / "hang", str(tmp_path / "notify")
    config = write_config(tmp_path / "providers.yaml", {"acme": "http://127.0.0.1:9/feed"})
    script = RUNNER.format(hang=str(hang), words=command(config, "run")[3:])
    with manager(address) as socket_, trio.socket.from_stdlib_socket(socket_.dup()) as receiving:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(60):
                process = await nursery.start(
                    partial(
                        trio.run_process,
                        [sys.executable, "-c", script],
                        env=environment(NOTIFY_SOCKET=address, WATCHDOG_USEC="400000"),
                        cwd=tmp_path,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        check=False,
                    )
                )
                while not (await receiving.recv(200)).startswith(b"WATCHDOG=1"):
                    pass
                with closing(sqlite3.connect(tmp_path / "statustrio.db", isolation_level=None)) as writer:
                    writer.execute("BEGIN IMMEDIATE")
                    held = [await receiving.recv(200) for _ in range(3)]
                    writer.execute("ROLLBACK")
                assert held == [b"WATCHDOG=1"] * 3
                hang.touch()
                with trio.move_on_after(5) as silence:
                    while True:
                        await receiving.recv(200)
                        silence.deadline = trio.current_time() + 1.5
                assert silence.cancelled_caught
                hang.unlink()
                assert (await receiving.recv(200)) == b"WATCHDOG=1"
                process.terminate()
