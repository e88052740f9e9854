"""What the pages are made from: readers of the database, the log as it grows, and the words of the history."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import structlog
import trio
from attrs import define, field

from statustrio.clock import now
from statustrio.errors import StoreError
from statustrio.store import queries, search
from statustrio.store.opening import open_reader
from statustrio.web.answers import Packer

READERS = 2
"""Questions at once; the others wait."""
MOST_REMEMBERED = 1000
"""Lines of the log kept for the streams: who is further behind is given them by the database."""
BATCH = 200
COALESCE_SECONDS = 0.05
"""News of so long goes out together, so that a storm wakes two hundred streams twenty times a second at most."""
INDEX_SECONDS = 2.0
INDEX_IDLE_SECONDS = 30.0
INDEX_BATCH = 5

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
        """Ask in a thread, of one moment of the database."""

        def answer() -> T:
            with self._taken() as connection:
                return question(connection, *args, **kwargs)

        return await trio.to_thread.run_sync(answer, limiter=self._limiter)

    @contextmanager
    def _taken(self) -> Iterator[queries.Connection]:
        connection, searches = self._idle.pop() if self._idle else self._open()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # What went wrong may be the connection's: the next question gets a new one.
            connection.close()
            raise
        if searches is self.searchable:
            self._idle.append((connection, searches))
        else:
            connection.close()

    def _open(self) -> tuple[queries.Connection, bool]:
        connection, searches = open_reader(self.database), self.searchable
        if searches:
            search.attach(connection, self.database)
        return connection, searches

    def allow_search(self) -> None:
        """From now on the index is there."""
        self.searchable = True
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
    _lines: deque[tuple[int, str]] = field(init=False, factory=lambda: deque(maxlen=MOST_REMEMBERED))
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
                    self._lines.extend(batch)
                    self.last = batch[-1][0]
                    self._wake()
                await trio.sleep(COALESCE_SECONDS)
        finally:
            self.ended = True
            self._wake()

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
            return [line for line in self._lines if line[0] > seq][:BATCH]
        return await self._readers.ask(queries.lines_after, seq, BATCH)


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
        """Keep the index of the words up to date, where it can be made."""
        database, limiter = self.readers.database, trio.CapacityLimiter(1)
        try:
            connection = await trio.to_thread.run_sync(search.open_index, database, limiter=limiter)
        except StoreError as exc:
            log.warning("search.unavailable", reason=str(exc), hint="the history is listed, but not found by words")
            self.indexing = False
            return
        try:
            self.readers.allow_search()
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
