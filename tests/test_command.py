"""The command consumer: real processes, and that none of them is left behind."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from statustrio.config import ConsumerConfig
from statustrio.consumers import command
from statustrio.consumers.command import open_command
from statustrio.errors import DeliveryError, RejectedError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

EVENT = Event(1, "id", datetime(2026, 11, 24, tzinfo=UTC), "incident.opened", "acme", "Acme", title="É" * 100_000)
LOGGED = Logged(1, EVENT, render(EVENT))


async def deliver(*argv: str, timeout: float = 10) -> None:
    with trio.fail_after(20):
        async with open_command(ConsumerConfig("c", "command", argv=argv, timeout_seconds=timeout)) as consumer:
            await consumer.deliver(LOGGED)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


async def test_the_line_comes_on_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "line"
    await deliver("sh", "-c", 'cat > "$1"', "sh", str(path))
    assert path.read_text() == LOGGED.line + "\n"


async def test_no_shell_reads_an_argument(tmp_path: Path) -> None:
    path = tmp_path / "args"
    await deliver(*python(f"import sys; open({str(path)!r}, 'w').write(repr(sys.argv[1:]))"), "$HOME", "; true", "a b")
    assert path.read_text() == repr(["$HOME", "; true", "a b"])


async def test_a_program_need_not_read() -> None:
    await deliver("true")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("sh", "-c", "echo first; echo the last line >&2; exit 3"), "sh ended with status 3: the last line"),
        (("sh", "-c", "kill -TERM $$"), "sh ended with SIGTERM"),
        (("false",), "false ended with status 1"),
    ],
)
async def test_a_failure_says_what_the_program_said(argv: tuple[str, ...], said: str) -> None:
    with pytest.raises(RejectedError) as caught:
        await deliver(*argv)
    assert str(caught.value) == said


async def test_endless_output_is_read_and_forgotten() -> None:
    with pytest.raises(RejectedError) as caught:
        await deliver("sh", "-c", "yes | head -c 10000000; exit 1")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["/no/such/program", "/etc/passwd"])
async def test_a_program_that_is_not_there_may_come(name: str) -> None:
    with pytest.raises(DeliveryError, match=name) as caught:
        await deliver(name)
    assert not isinstance(caught.value, RejectedError)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"


async def test_the_deadline_ends_what_the_program_started_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "GRACE_SECONDS", 0.1)
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sh -c \"trap '' TERM; sleep 60\" & echo $$ $! > {pids}; wait; sleep 60"
    with pytest.raises(DeliveryError, match=r"took longer than 0\.5 s"):
        await deliver("sh", "-c", script, timeout=0.5)
    with trio.fail_after(5):
        while any(map(is_running, map(int, pids.read_text().split()))):
            await trio.sleep(0.01)


async def test_what_it_leaves_running_does_not_hold_up_the_next_event(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with trio.fail_after(5):
        await deliver("sh", "-c", f"sleep 60 & echo $! > {pid}")
    os.kill(int(pid.read_text()), 9)


async def test_what_ended_in_time_is_delivered_though_its_output_stays_open() -> None:
    """Told once more it would have been told twice."""
    await deliver("sh", "-c", "sleep 5 & exit 0", timeout=0.3)


async def test_a_cancellation_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "GRACE_SECONDS", 0.1)
    pid = tmp_path / "pid"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deliver, "sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60")
        with trio.fail_after(5):
            while not pid.exists():
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert not is_running(int(pid.read_text()))
