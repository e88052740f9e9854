"""What the service manager is told: over a real socket, as systemd opens it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import trio
import trio.testing

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
            await Notifier(address, watchdog=20.0).keep_watchdog()
        heard = 0
        while True:
            try:
                assert receiving.recv(100) == b"WATCHDOG=1"
            except BlockingIOError:
                break
            heard += 1
        assert heard == 6
    await Notifier(address).keep_watchdog()
