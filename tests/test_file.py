"""The file consumer: every line on the disk, whatever becomes of the file meanwhile."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
import trio.testing
from attrs import evolve

from statustrio.consumers import file
from statustrio.consumers.file import File, open_file
from statustrio.errors import DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

EVENT = Event(1, "id", datetime(2026, 11, 24, tzinfo=UTC), "incident.opened", "acme", "Acme", title="Érrors")


def logged(seq: int, **fields: str) -> Logged:
    event = evolve(EVENT, seq=seq, **fields)
    return Logged(seq, event, render(event))


def lines(*seqs: int) -> str:
    return "".join(logged(seq).line + "\n" for seq in seqs)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[File]:
    with trio.fail_after(10):
        async with open_file(path) as consumer:
            yield consumer


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_events_are_appended_as_the_stored_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("before\n")
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        await consumer.deliver(logged(2))
        assert path.read_text() == "before\n" + lines(1, 2)


async def test_an_event_is_on_the_disk_when_it_counts_as_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    path = tmp_path / "events.jsonl"
    monkeypatch.setattr(file.os, "fsync", lambda _: synced.append(path.read_text()))
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        assert synced == [lines(1)]


async def test_what_was_written_but_not_synced_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "events.jsonl"
    async with opened(path) as consumer:
        with monkeypatch.context() as patched:
            patched.setattr(file.os, "fsync", failing)
            for _ in range(3):
                with pytest.raises(DeliveryError, match=r"events\.jsonl: Input/output error"):
                    await consumer.deliver(logged(1))
        await consumer.deliver(logged(1))
        await consumer.deliver(logged(2))
    assert path.read_text() == lines(1, 2)


async def test_a_restart_repeats_no_line_and_cuts_off_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(lines(1, 2) + logged(3).line[:40])
    async with opened(path) as consumer:
        for seq in (2, 3, 4):
            await consumer.deliver(logged(seq))
    assert path.read_text() == lines(1, 2, 3, 4)


async def test_a_foreign_last_line_without_newline_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{not ours")
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
    assert path.read_text() == "{not ours\n" + lines(1)


async def test_a_file_that_was_rotated_away_is_opened_anew(tmp_path: Path) -> None:
    path, old = tmp_path / "events.jsonl", tmp_path / "events.jsonl.1"
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        path.rename(old)
        await consumer.deliver(logged(2))
        await consumer.deliver(logged(3))
        path.unlink()
        path.write_text("new\n")
        await consumer.deliver(logged(4))
    assert old.read_text() == lines(1)
    assert path.read_text() == "new\n" + lines(4)


async def test_rotating_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        before = open_descriptors()
        for seq in range(2, 6):
            path.unlink()
            await consumer.deliver(logged(seq))
        assert open_descriptors() == before
    assert open_descriptors() == before - 1


async def test_a_file_truncated_in_place_goes_on_at_its_new_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        os.truncate(path, 0)
        await consumer.deliver(logged(2))
    assert path.read_text() == lines(2)


async def test_a_place_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "later" / "events.jsonl"
    async with opened(path) as consumer:
        with pytest.raises(DeliveryError, match=r"events\.jsonl: No such file or directory"):
            await consumer.deliver(logged(1))
        path.parent.mkdir()
        await consumer.deliver(logged(1))
    assert path.read_text() == lines(1)


async def test_a_file_that_cannot_be_looked_at_leaves_no_descriptor_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(file.os, "pread", failing)
    async with opened(tmp_path / "events.jsonl") as consumer:
        for _ in range(2):
            with pytest.raises(DeliveryError):
                await consumer.deliver(logged(1))
            before = open_descriptors()
        assert open_descriptors() == before


async def test_a_directory_is_no_place(tmp_path: Path) -> None:
    async with opened(tmp_path) as consumer:
        with pytest.raises(DeliveryError):
            await consumer.deliver(logged(1))


@pytest.mark.parametrize("make", [lambda path: path.symlink_to(os.devnull), os.mkfifo], ids=["/dev/null", "fifo"])
async def test_what_is_no_regular_file_is_written_once(tmp_path: Path, make: object) -> None:
    path = tmp_path / "events"
    make(path)
    async with opened(path) as consumer:
        await consumer.deliver(logged(1))
        await consumer.deliver(logged(2))
        if path.is_fifo():
            assert os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1 << 16).decode() == lines(1, 2)


async def test_a_full_device_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.symlink_to("/dev/full")
    async with opened(path) as consumer:
        with pytest.raises(DeliveryError, match="No space left"):
            await consumer.deliver(logged(1))
        path.unlink()
        await consumer.deliver(logged(1))
    assert path.read_text() == lines(1)


FULL_DISK = """
import resource, sys, trio
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_file import logged
from statustrio.consumers.file import open_file
from statustrio.errors import DeliveryError

async def main():
    path = Path(sys.argv[1])
    long = logged(2, message="x" * 6000)
    async with open_file(path) as consumer:
        await consumer.deliver(logged(1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
        for _ in range(3):
            try:
                await consumer.deliver(long)
            except DeliveryError as exc:
                print(exc)
        assert path.stat().st_size == 5000
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await consumer.deliver(long)
        await consumer.deliver(logged(3))

trio.run(main)
"""


@pytest.mark.slow
async def test_a_full_disk_is_told_and_the_line_goes_on_without_a_doubled_beginning(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with trio.fail_after(30):
        done = await trio.run_process(
            [sys.executable, "-c", FULL_DISK, str(path), str(Path(__file__).parent)], capture_stdout=True
        )
    assert done.stdout.decode().splitlines() == ["File too large"] * 3
    assert path.read_text() == lines(1) + logged(2, message="x" * 6000).line + "\n" + lines(3)


async def test_nobody_has_to_watch_a_file(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    began = autojump_clock.current_time()
    async with open_file(tmp_path / "events.jsonl") as consumer:
        with trio.move_on_after(100):
            await consumer.watch()
    assert autojump_clock.current_time() - began >= 100
    assert not (tmp_path / "events.jsonl").exists(), "it is opened at the first event"
