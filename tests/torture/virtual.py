"""The whole daemon in virtual time: a year in minutes.

Only the edges are played: the pages (a transport for the real fetcher), the clocks, and threads, whose work is done at
once, since in virtual time nothing may take any. The database is a real file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any
from unittest.mock import patch

import httpx
import trio
import trio.testing
from attrs import define, field

from statustrio import clock, daemon, fanout, fetch, heartbeat, lag
from statustrio.consumers.consumer import Consumer
from statustrio.store.protocol import Logged

HOUSEKEEPING = {"CLOCK_SECONDS": 300.0, "HEALTH_SECONDS": 3600.0}
"""What looks after the daemon every few seconds does so more rarely: most of a year would be that."""


@define
class Time:
    """What time it is, and what the machine believes. trio's clock stands while the machine sleeps."""

    begin: datetime
    slept: timedelta = timedelta()
    error: timedelta = timedelta()

    def truth(self) -> datetime:
        return self.begin + timedelta(seconds=trio.current_time() - self.started) + self.slept

    def wall(self) -> datetime:
        return self.truth() + self.error

    started: float = field(init=False, default=0.0)


@contextmanager
def virtual(
    time: Time, handle: Callable[[httpx.Request], httpx.Response], told: Callable[[str, Logged], None]
) -> Iterator[None]:
    """Until the block is left the daemon lives in this time, with these pages, and tells this callable."""

    class Clock(datetime):
        @classmethod
        def now(cls, _zone: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a datetime is all it gives
            return time.wall()

    def open_consumer(config: Any, **_: Any) -> Any:
        return _telling(partial(told, config.id))

    opener = partial(fetch.open_fetcher, transport=httpx.MockTransport(handle))
    with (
        patch.object(clock, "datetime", Clock),
        patch.object(daemon, "open_fetcher", opener),
        patch.object(daemon, "open_consumer", open_consumer),
        patch.object(lag, "LOOK_SECONDS", 3600.0),
        patch.object(fanout, "LOOK_SECONDS", 600.0),
        patch.object(heartbeat, "IDLE_SECONDS", 3600.0),
        patch.multiple(daemon, **HOUSEKEEPING),
        patch.object(trio.to_thread, "run_sync", _at_once),
    ):
        yield


async def _at_once(work: Callable[..., Any], *args: Any, **_: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return work(*args)


@asynccontextmanager
async def _telling(told: Callable[[Logged], None]) -> AsyncIterator[Consumer]:
    yield _Teller(told)


@define
class _Teller:
    _told: Callable[[Logged], None]

    async def deliver(self, logged: Logged) -> None:
        await trio.lowlevel.checkpoint()
        self._told(logged)

    async def watch(self) -> None:
        await trio.sleep_forever()
