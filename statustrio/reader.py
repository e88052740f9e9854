"""Reads the documents of providers where it holds nobody up, and of each only what is new in it.

Small ones are parsed on the loop, large ones in threads, and neither for ever: some document may send a reader round in
circles. What a document means is `reading`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import trio
from attrs import define, field

from statustrio.config import ProviderConfig
from statustrio.errors import FeedError
from statustrio.fetch import Fetched
from statustrio.model import ProviderState
from statustrio.patience import Interruptible, TookTooLongError, within
from statustrio.reading import Document, Last, read_again, read_document

INLINE_BYTES = 16 * 1024
"""What is parsed on the loop (about 3 ms); more goes to a thread."""
GLANCE_BYTES = 256 * 1024
"""A body up to this size is searched for what is new on the loop (about 1 ms), a larger one in a thread."""
LARGE_BYTES = 512 * 1024
LEFT_BEHIND = 5
"""Threads that may run on though nobody waits for them any more: nothing is known that would make one."""
INLINE_SECONDS = 0.05
"""On the loop; what takes longer is begun again in a thread."""
READ_SECONDS = 0.5
READ_SECONDS_PER_MIB = 4.0
"""Of the processor, in a thread, on top of that: a feed takes some 0.1 s, the slowest that is known 1.5 s per MiB."""

T = TypeVar("T")


@define(eq=False)
class Parsers:
    """The threads that parse, for all providers together: one for ordinary documents and one for large ones.

    More would parse no more in the same time, as one at a time has the interpreter, and keep the loop from it longer.
    """

    _ordinary: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))
    _large: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))
    _threads: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(2 + LEFT_BEHIND))

    async def run(self, size: int, parse: Callable[[], T]) -> T:
        """Parse what is `size` bytes long where it holds nobody up. Raises FeedError where that does not end."""
        if size <= INLINE_BYTES:
            with suppress(TookTooLongError):
                return within(INLINE_SECONDS, parse)
        async with self._limiter(size):
            return await self._run_in_thread(size, parse)

    async def _run_in_thread(self, size: int, parse: Callable[[], T]) -> T:
        seconds = READ_SECONDS + READ_SECONDS_PER_MIB * size / 2**20
        work = Interruptible(parse)
        read: T | FeedError = FeedError(f"the document cannot be read: that takes longer than {seconds:.1f} s")
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_wait_for_use, work, seconds, nursery.cancel_scope)
                read = await trio.to_thread.run_sync(_caught, work, limiter=self._threads, abandon_on_cancel=True)
                nursery.cancel_scope.cancel()
        finally:
            work.interrupt()
        if isinstance(read, FeedError):
            raise FeedError(str(read))
        return read

    def must_wait(self, size: int) -> bool:
        """Whether the thread for a document of this size is at work."""
        return size > INLINE_BYTES and not self._limiter(size).available_tokens

    def _limiter(self, size: int) -> trio.CapacityLimiter:
        """A large document waits for other large ones only."""
        return self._ordinary if size <= LARGE_BYTES else self._large


async def _wait_for_use(work: Interruptible[T], seconds: float, scope: trio.CancelScope) -> None:
    """Wait until a work has had the processor for so many seconds, and cancel."""
    while True:
        left = seconds - work.used()
        if left <= 0:
            scope.cancel()
            return
        await trio.sleep(max(left, 0.01))


def _caught(read: Callable[[], T]) -> T | FeedError:
    """What reading gives, or its refusal without what that holds on to: the document, until the next collection.

    trio raises it in a frame that knows it, and its traceback knows the frame.
    """
    try:
        return read()
    except FeedError as exc:
        return FeedError(str(exc))


@define(eq=False)
class Reader:
    """Reads the documents of providers."""

    _parsers: Parsers

    async def __call__(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        """Read a document. FeedError where it is no whole feed."""
        size = len(fetched.body)
        again = partial(read_fetched_again, fetched, config, state)

        def either() -> Document:
            return again() or read_fetched(fetched, config, state)

        if size <= GLANCE_BYTES:
            with suppress(TookTooLongError):
                if glance := within(INLINE_SECONDS, partial(again, most=INLINE_BYTES)):
                    return glance
        if self._parsers.must_wait(size):
            fetched.pack()
        return await self._parsers.run(size, either)


def read_fetched(fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
    """Read a document as the configuration asks for and the last document lets."""
    return read_document(
        fetched.body,
        url=fetched.url,
        content_type=fetched.content_type,
        platform=config.platform,
        hint=config.hint,
        last_platform=state.platform,
        last_window=state.window,
        keep=config.keep_bodies > 0,
    )


def read_fetched_again(
    fetched: Fetched, config: ProviderConfig, state: ProviderState, most: int | None = None
) -> Document | None:
    """Read a document by what is new in it, if that can be told; else None."""
    if state.trace is None or state.platform is None:
        return None
    return read_again(
        fetched.body,
        url=fetched.url,
        content_type=fetched.content_type,
        platform=config.platform,
        hint=config.hint,
        last=Last(state.platform, tuple(state.window), state.trace),
        keep=config.keep_bodies > 0,
        most=most,
    )
