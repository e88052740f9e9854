"""A file that is replaced as a whole: written only where something changed, and owed while it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from build import NOON

from statustrio.consumers.document import Document
from statustrio.errors import DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged


def logged(seq: int) -> Logged:
    event = Event(seq, "id", NOON, "provider.gap", "acme", "Acme")
    return Logged(seq, event, render(event))


def even(path: Path) -> Document[tuple[int, ...]]:
    """The seqs of its events as text, a line each; odd ones are no news."""
    return Document(
        path,
        lambda data: tuple(map(int, data.split())),
        lambda held, event: held if event.seq % 2 else (*held, event.seq),
        lambda held: "\n".join(map(str, held)).encode(),
    )


async def deliver(consumer: Document[tuple[int, ...]], *seqs: int) -> None:
    with trio.fail_after(10):
        for seq in seqs:
            await consumer.deliver(logged(seq))


async def test_it_goes_on_with_what_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "all"
    await deliver(even(path), 2, 3, 4)
    await deliver(even(path), 5, 6)
    assert path.read_bytes() == b"2\n4\n6"
    assert list(tmp_path.iterdir()) == [path]


async def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "all"
    consumer = even(path)
    await deliver(consumer, 1)
    assert not path.exists()
    await deliver(consumer, 2)
    before = path.stat()
    await deliver(consumer, 3)
    assert path.stat() == before


async def test_what_cannot_be_read_or_written_is_owed_and_told_once_it_can(tmp_path: Path) -> None:
    path = tmp_path / "none" / "all"
    consumer = even(path)
    with pytest.raises(DeliveryError, match=r"none/all: No such file"):
        await deliver(consumer, 2)
    path.mkdir(parents=True)
    unread = even(path)
    with pytest.raises(DeliveryError, match=r"none/all: Is a directory"):
        await deliver(unread, 2)
    path.rmdir()
    await deliver(consumer, 2)
    assert path.read_bytes() == b"2"
