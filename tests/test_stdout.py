"""The stdout consumer on pipes, files and terminals: what it writes, and how it hears that its reader has gone."""

from __future__ import annotations

import os
import pty
import sys
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
import trio.testing
from attrs import evolve

from statustrio.config import ConsumerConfig
from statustrio.consumers import SERIAL, open_consumer
from statustrio.consumers.file import File
from statustrio.consumers.stdout import Stdout, open_stdout
from statustrio.errors import ConsumerGoneError, DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

EVENT = Event(1, "id", datetime(2026, 11, 24, tzinfo=UTC), "incident.opened", "acme", "Acme", title="Érrors")


def logged(seq: int) -> Logged:
    event = evolve(EVENT, seq=seq)
    return Logged(seq, event, render(event))


def lines(*seqs: int) -> bytes:
    return "".join(logged(seq).line + "\n" for seq in seqs).encode()


class Stream:
    """What `sys.__stdout__` is to the consumer."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = pty.openpty()
    tty.setraw(ends[1])
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


@asynccontextmanager
async def stdout_is(descriptor: int, style: str = "auto") -> AsyncIterator[Stdout]:
    with pytest.MonkeyPatch.context() as patched, trio.fail_after(5):
        patched.setattr(sys, "__stdout__", Stream(descriptor))
        async with open_stdout(style, {}) as consumer:
            yield consumer


@asynccontextmanager
async def stdout_to(path: Path, flags: int = os.O_WRONLY | os.O_APPEND | os.O_CREAT) -> AsyncIterator[Stdout]:
    descriptor = os.open(path, flags, 0o600)
    try:
        async with stdout_is(descriptor) as consumer:
            yield consumer
    finally:
        os.close(descriptor)


async def test_a_pipe_gets_the_stored_lines(pipe: tuple[int, int]) -> None:
    async with stdout_is(pipe[1]) as consumer:
        await consumer.deliver(logged(1))
        await consumer.deliver(logged(2))
    assert os.read(pipe[0], 1 << 16) == lines(1, 2)


async def test_the_descriptor_of_the_user_stays_open_and_as_it_was(pipe: tuple[int, int]) -> None:
    async with stdout_is(pipe[1]) as consumer:
        await consumer.deliver(logged(1))
    assert os.get_blocking(pipe[1])
    os.write(pipe[1], b"still open")


async def test_a_terminal_gets_text_for_people(terminal: tuple[int, int]) -> None:
    async with stdout_is(terminal[1]) as consumer:
        await consumer.deliver(logged(1))
    text = os.read(terminal[0], 1 << 16).decode()
    assert "OPENED" in text
    assert '"seq"' not in text
    assert text.endswith("\n\n"), "a free line after each event"


@pytest.mark.parametrize("style", ["json", "console"])
async def test_the_style_can_be_chosen(style: str, pipe: tuple[int, int], terminal: tuple[int, int]) -> None:
    for reading, writing in (pipe, terminal):
        async with stdout_is(writing, style) as consumer:
            await consumer.deliver(logged(1))
        text = os.read(reading, 1 << 16)
        assert (text == lines(1)) == (style == "json")
        assert (b"OPENED" in text) == (style == "console")


async def test_a_restart_repeats_no_line_that_stands_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before\n" + lines(1, 2))
    async with stdout_to(path) as consumer:
        for seq in (1, 2, 3):
            await consumer.deliver(logged(seq))
    assert path.read_bytes() == b"before\n" + lines(1, 2, 3)


async def test_a_torn_last_line_is_ended_and_the_event_comes_whole_on_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(lines(1) + lines(2)[:20])
    async with stdout_to(path) as consumer:
        await consumer.deliver(logged(2))
    assert path.read_bytes() == lines(1) + lines(2)[:20] + b"\n" + lines(2)


async def test_a_file_that_cannot_be_read_back_is_only_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refusing(path: object, flags: int, mode: int = 0o777) -> int:
        if str(path).startswith("/dev/fd"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", refusing)
    path = tmp_path / "out"
    async with stdout_to(path) as consumer:
        await consumer.deliver(logged(1))
    assert path.read_bytes() == lines(1)


async def test_dev_null_takes_everything_and_its_reader_never_goes(autojump_clock: trio.testing.MockClock) -> None:
    began = autojump_clock.current_time()
    with trio.move_on_after(3):
        async with stdout_to(Path(os.devnull), os.O_WRONLY) as consumer:
            await consumer.deliver(logged(1))
            await consumer.deliver(logged(2))
            await consumer.watch()
    assert autojump_clock.current_time() - began >= 3


@pytest.mark.parametrize("kind", ["pipe", "terminal", "file"])
async def test_watching_goes_on_as_long_as_somebody_reads(
    kind: str, pipe: tuple[int, int], terminal: tuple[int, int], tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    began = autojump_clock.current_time()
    descriptor = {"pipe": pipe[1], "terminal": terminal[1]}.get(kind)
    consumer = stdout_to(tmp_path / "out") if descriptor is None else stdout_is(descriptor)
    with trio.move_on_after(3):
        async with consumer as stdout:
            await stdout.watch()
    assert autojump_clock.current_time() - began >= 3


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
async def test_a_reader_that_goes_is_noticed_within_a_second_without_a_write(
    kind: str, pipe: tuple[int, int], terminal: tuple[int, int], autojump_clock: trio.testing.MockClock
) -> None:
    reading, writing = {"pipe": pipe, "terminal": terminal}[kind]

    async def leave() -> None:
        await trio.sleep(2)
        os.close(reading)

    began = autojump_clock.current_time()
    async with stdout_is(writing) as consumer, trio.open_nursery() as nursery:
        nursery.start_soon(leave)
        with pytest.raises(ConsumerGoneError):
            await consumer.watch()
    assert 2 <= autojump_clock.current_time() - began < 3


async def test_a_reader_that_is_gone_is_noticed_by_the_write(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    async with stdout_is(pipe[1]) as consumer:
        with pytest.raises(ConsumerGoneError):
            await consumer.deliver(logged(1))


async def test_a_closed_stdout_is_a_reader_that_has_gone() -> None:
    closed, other = os.pipe()
    os.close(other)
    os.close(closed)
    async with stdout_is(closed) as consumer:
        with pytest.raises(ConsumerGoneError):
            await consumer.watch()
        with pytest.raises(ConsumerGoneError):
            await consumer.deliver(logged(1))


@pytest.mark.alone
async def test_a_reader_that_stops_reading_can_be_left_at_once(pipe: tuple[int, int]) -> None:
    async with stdout_is(pipe[1]) as consumer:

        async def deliver() -> None:
            for seq in range(10**6):
                await consumer.deliver(logged(seq))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(consumer.watch)
            nursery.start_soon(deliver)
            with trio.move_on_after(0.05):
                await trio.sleep_forever()
            began = trio.current_time()
            nursery.cancel_scope.cancel()
        assert trio.current_time() - began < 0.2


async def test_a_full_device_is_tried_again() -> None:
    async with stdout_to(Path("/dev/full"), os.O_WRONLY) as consumer:
        for _ in range(2):
            with pytest.raises(DeliveryError):
                await consumer.deliver(logged(1))


async def test_text_that_is_no_unicode_does_not_stop_it(pipe: tuple[int, int]) -> None:
    async with stdout_is(pipe[1]) as consumer:
        await consumer.deliver(evolve(logged(1), line='{"v":1,"title":"\ud800"}'))
    assert os.read(pipe[0], 1 << 16) == b'{"v":1,"title":"\\ud800"}\n'


async def test_the_configuration_names_the_consumer(tmp_path: Path, pipe: tuple[int, int]) -> None:
    assert {"stdout", "file"} <= SERIAL
    config = ConsumerConfig("log", "file", path=str(tmp_path / "out"))
    async with open_consumer(config, style="json", writers={}) as consumer:
        assert isinstance(consumer, File)
        await consumer.deliver(logged(1))
    assert (tmp_path / "out").read_bytes() == lines(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "__stdout__", Stream(pipe[1]))
        async with open_consumer(ConsumerConfig("out", "stdout"), style="json", writers={}) as consumer:
            assert isinstance(consumer, Stdout)
