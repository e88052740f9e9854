"""A file that holds all its consumer was told: read at the first event, and replaced, whole, where one changes it.

A web server can hand it out at any moment. What stands in it is a type's own business: `read`, `add`, `write`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import trio
from attrs import define, field

from statustrio.config_file import replace_file
from statustrio.errors import DeliveryError
from statustrio.events import Event
from statustrio.store.protocol import Logged

T = TypeVar("T")

LARGEST = 20 * 2**20
"""Bytes of the file that are read; none that these types write comes near."""


@define(eq=False)
class Document(Generic[T]):
    """`read` makes of the file's bytes what it holds (empty ones where there is none), None of what is not its own.

    `add` gives that with one event more, the same object if nothing changes; `write` gives the bytes again.
    """

    _path: Path
    _read: Callable[[bytes], T | None]
    _add: Callable[[T, Event], T]
    _write: Callable[[T], bytes]
    _limiter: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(1))
    _held: T | None = None
    """None: the file was not read yet."""

    async def deliver(self, logged: Logged) -> None:
        try:
            await trio.to_thread.run_sync(self._take, logged.event, limiter=self._limiter)
        except OSError as exc:
            raise DeliveryError(f"{self._path}: {exc.strerror}") from exc

    async def watch(self) -> None:
        await trio.sleep_forever()

    def _take(self, event: Event) -> None:
        before = read_own(self._path, self._read) if self._held is None else self._held
        after = self._add(before, event)
        if after is not before:
            replace_file(self._path, self._write(after))
        self._held = after


def read_own(path: Path, read: Callable[[bytes], T | None]) -> T:
    """What the file holds. Raises OSError, and DeliveryError for one that somebody else wrote: it would be lost."""
    data = b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        data = file.read(LARGEST)
    held = read(data)
    if held is None:
        raise DeliveryError(f"{path}: was not written by statustrio; name another file, or move this one away")
    return held
