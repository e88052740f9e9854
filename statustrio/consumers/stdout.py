"""Events on standard output: for people on a terminal, as the stored JSON lines anywhere else.

Delivered means taken by the kernel. A reader that stops reading holds up nobody but this consumer.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define

from statustrio.clock import now
from statustrio.consumers.lines import LineWriter
from statustrio.errors import ConsumerGoneError
from statustrio.spans import here
from statustrio.store.protocol import Logged

LOOK_SECONDS = 0.3
"""How often it is looked whether the reader is still there: it must be noticed within a second."""


@define
class Stdout:
    _writer: LineWriter
    _shape: Callable[[Logged], str]

    async def deliver(self, logged: Logged) -> None:
        await self._writer.write(self._shape(logged).encode(errors="backslashreplace"))

    async def watch(self) -> None:
        poll = select.poll()
        poll.register(self._writer.descriptor, 0)
        while True:
            if any(flags & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, flags in poll.poll(0)):
                raise ConsumerGoneError("the reader of stdout has gone")
            await trio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def open_stdout(style: str, writers: dict[int, LineWriter]) -> AsyncIterator[Stdout]:
    """`style`: console, json, or auto (console on a terminal, else json).

    The writer is kept in `writers` by its descriptor: a line that a reload cut short is finished first.
    """
    if sys.__stdout__ is None:
        raise ConsumerGoneError("stdout is closed")
    descriptor = sys.__stdout__.fileno()
    if style == "auto":
        style = "console" if os.isatty(descriptor) else "json"
    if style == "console":
        from statustrio.consumers.console import Console

        console = Console(day=here(now()).date())
        yield Stdout(writers.setdefault(descriptor, LineWriter(descriptor)), console.shape)
        return
    if descriptor not in writers:
        writers[descriptor] = _resumed(descriptor)
    yield Stdout(writers[descriptor], lambda logged: logged.line)


def _resumed(descriptor: int) -> LineWriter:
    try:
        return LineWriter.resume(descriptor, readable=f"/dev/fd/{descriptor}", cut=False)
    except OSError:
        # It cannot be read back (a closed stdout, some systems' /dev/fd): then a kill can repeat one line.
        return LineWriter(descriptor)
