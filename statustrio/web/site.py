"""What the pages are made from: readers of the database, the log as it grows, and the words of the history."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import structlog
import trio
from attrs import define, field

from statustrio.clock import now
from statustrio.errors import StoreError
from statustrio.store import queries, search
from statustrio.store.failures import translated
from statustrio.store.opening import open_reader
from statustrio.web.answers import Packer

READERS = 2
"""Questions at once; the others wait."""
LONGEST_SECONDS = 10.0
"""What one question may take: it keeps the others waiting, and the daemon from ending."""
STEPS = 20_000
"""Of SQLite's machine, between two looks at the time: a millisecond or so."""
MOST_REMEMBERED = 1000
"""Lines of the log kept for the streams: who is further behind is given them by the database."""
MOST_CHARACTERS = 4_000_000
"""Of these lines: a page can say sixty thousand in each."""
BATCH = 200
BATCH_CHARACTERS = 250_000
"""Of lines sent together: two hundred streams have each what they send in memory."""
COALESCE_SECONDS = 0.05
"""News of so long goes out together, so that a storm wakes two hundred streams twenty times a second at most."""
INDEX_SECONDS = 2.0
INDEX_IDLE_SECONDS = 30.0
INDEX_BATCH = 5
INDEX_STEPS = 1000
"""As `STEPS`, of the many small ones that keeping it takes."""
INDEX_AGAIN_SECONDS = 60.0
"""Until an index that cannot be kept is tried again."""

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger("statustrio.web")


@define(eq=False)
class Readers:
    """Connections that only read, each used by one thread at a time."""

    database: Path
    _limiter: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(READERS))
    _idle: list[tuple[queries.Connection, bool]] = field(init=False, factory=list)
    """Each with whether it was opened to search."""
    searchable: bool = field(init=False, default=False)
    """Whether the index is there to be searched."""

    async def ask(
        self,
        question: Callable[Concatenate[queries.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Ask in a thread, of one moment of the database. StoreError where it cannot be read, or takes too long."""

        def answer() -> T:
            with self._taken() as connection:
                return question(connection, *args, **kwargs)

        try:
            return await trio.to_thread.run_sync(answer, limiter=self._limiter)
        except StoreError as exc:
            failure = exc
        # It may have been ended because nobody waits for it any more.
        await trio.lowlevel.checkpoint_if_cancelled()
        raise failure

    @contextmanager
    def _taken(self) -> Iterator[queries.Connection]:
        connection, searches = self._take()
        until = time.monotonic() + LONGEST_SECONDS

        def is_enough() -> bool:
            trio.from_thread.check_cancelled()  # what it raises ends the statement too
            return time.monotonic() > until

        connection.set_progress_handler(is_enough, STEPS)
        try:
            with translated(self.database):
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
        except StoreError as exc:
            connection.close()
            if time.monotonic() > until:
                raise StoreError("this takes too long: ask for less") from exc
            raise
        except BaseException:
            # What went wrong may be the connection's: the next question gets a new one.
            connection.close()
            raise
        if searches is self.searchable:
            self._idle.append((connection, searches))
        else:
            connection.close()

    def _take(self) -> tuple[queries.Connection, bool]:
        try:
            return self._idle.pop()
        except IndexError:
            connection, searches = open_reader(self.database), self.searchable
        try:
            if searches:
                search.attach(connection, self.database)
        except StoreError:
            # The index was removed: whoever keeps it will see that too.
            searches = self.searchable = False
        return connection, searches

    def allow_search(self, allowed: bool) -> None:
        """Whether the index is there from now on."""
        self.searchable = allowed
        self.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()


@define(eq=False)
class Bulletin:
    """The newest lines of the log, read once for all who stream them."""

    _readers: Readers
    last: int = 0
    ended: bool = False
    _lines: deque[tuple[int, str]] = field(init=False, factory=deque)
    _characters: int = field(init=False, default=0)
    """Of the lines."""
    _grown: trio.Event = field(init=False, factory=trio.Event)

    async def run(
        self, news: trio.MemoryReceiveChannel[None], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Read what is new until there is no more news: then streams end. Started: it knows where the log ends."""
        self.last = await self._readers.ask(queries.last_seq)
        task_status.started()
        try:
            async for _ in news:
                while batch := await self._readers.ask(queries.lines_after, self.last, BATCH):
                    self._remember(batch)
                    self.last = batch[-1][0]
                    self._wake()
                await trio.sleep(COALESCE_SECONDS)
        finally:
            self.ended = True
            self._wake()

    def _remember(self, batch: list[tuple[int, str]]) -> None:
        self._lines.extend(batch)
        self._characters += sum(len(line) for _, line in batch)
        while len(self._lines) > MOST_REMEMBERED or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._lines.popleft()[1])

    def _wake(self) -> None:
        self._grown.set()
        self._grown = trio.Event()

    async def after(self, seq: int) -> list[tuple[int, str]]:
        """The next lines after `seq`, as soon as there are any; nothing where there will be no more."""
        while seq >= self.last and not self.ended:
            await self._grown.wait()
        if seq >= self.last:
            return []
        if self._lines and self._lines[0][0] <= seq + 1:
            return _first([line for line in self._lines if line[0] > seq][:BATCH])
        return _first(await self._readers.ask(queries.lines_after, seq, BATCH))


def _first(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Of these lines the first ones that are not too long together: one at least."""
    ends = accumulate(len(line) for _, line in lines)
    return lines[: max(1, sum(end <= BATCH_CHARACTERS for end in ends))]


@define(eq=False)
class Kept:
    """A document made once for all who ask for it while nothing happens, and `seconds` go by at most."""

    _make: Callable[[], Awaitable[bytes]]
    _bulletin: Bulletin
    _seconds: float
    _made: tuple[float, int, bytes] | None = field(init=False, default=None)
    """When it was made last, where the log ended then, and it."""
    _one_maker: trio.Lock = field(init=False, factory=trio.Lock)

    async def get(self) -> bytes:
        async with self._one_maker:
            seq = self._bulletin.last
            if self._made is None or self._made[1] != seq or trio.current_time() - self._made[0] > self._seconds:
                self._made = trio.current_time(), seq, await self._make()
            return self._made[2]


@define(eq=False)
class Site:
    """All that the requests share. `names` are the hosts that it answers to beside addresses."""

    readers: Readers
    bulletin: Bulletin
    ready: Callable[[], Awaitable[str | None]]
    """Why the daemon is not ready; None if it is."""
    metrics: Callable[[], bytes]
    """A scrape. Called in a thread."""
    names: frozenset[str] = frozenset()
    packer: Packer = field(factory=Packer)
    indexing: bool = True
    """Whether the index of the history is still being made."""
    clock: Callable[[], datetime] = now

    async def keep_index(self) -> None:
        """Keep the index of the words up to date; where it cannot be made, try again from time to time."""
        last_reason = None
        while True:
            try:
                await self._keep_index()
            except StoreError as exc:
                # At the end the index is left in the middle of something.
                await trio.lowlevel.checkpoint_if_cancelled()
                if str(exc) != last_reason:
                    last_reason = str(exc)
                    hint = "the history is listed, but not found by words; tried again each minute"
                    log.warning("search.unavailable", reason=last_reason, hint=hint)
            self.indexing = False
            self.readers.allow_search(False)
            await trio.sleep(INDEX_AGAIN_SECONDS)

    async def _keep_index(self) -> None:
        """The same until it cannot be (StoreError)."""
        database, limiter = self.readers.database, trio.CapacityLimiter(1)
        connection = await trio.to_thread.run_sync(search.open_index, database, limiter=limiter)
        connection.set_progress_handler(trio.from_thread.check_cancelled, INDEX_STEPS)
        try:
            self.readers.allow_search(True)
            while True:
                while await trio.to_thread.run_sync(
                    search.catch_up, connection, database, INDEX_BATCH, limiter=limiter
                ):
                    pass
                self.indexing = False
                seen = self.bulletin.last
                with trio.move_on_after(INDEX_IDLE_SECONDS):
                    await self.bulletin.after(seen)
                # One pass for all that comes together.
                await trio.sleep(INDEX_SECONDS)
        finally:
            connection.close()
