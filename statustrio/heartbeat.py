"""A GET to a URL of the user's after each healthy minute: whoever misses it there knows that the monitor is dead.

Healthy: polls succeed, the storage takes what is new, the machine is not offline.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import structlog
import trio
from attrs import define, field

from statustrio.config import Config, HeartbeatConfig
from statustrio.counts import Counts
from statustrio.errors import FetchError
from statustrio.fetch import Web, open_fetcher

COMMIT_SECONDS = 60.0
"""A daemon whose storage works commits twice in this time, whatever its providers do."""
TIMEOUT_SECONDS = 10.0
IDLE_SECONDS = 60.0
"""How often it is looked whether a reload asks for heartbeats."""

log = structlog.get_logger("statustrio.heartbeat")


@define
class Growth:
    """When a count that should grow was last seen to have grown."""

    _count: int = field(init=False, default=0)
    _at: float = field(init=False, default=-math.inf)

    def age(self, count: int, now: float) -> float:
        """Look at the count; the seconds since it grew."""
        if count > self._count:
            self._count, self._at = count, now
        return now - self._at


@define
class Health:
    """Whether the monitor does its work, as its counts say."""

    _polls: Growth = field(init=False, factory=Growth)
    _commits: Growth = field(init=False, factory=Growth)

    def is_well(self, counts: Counts, config: Config, now: float) -> bool:
        """Whether a poll succeeded within two of the shortest intervals, and the storage works."""
        intervals = [one.poll_interval_seconds for one in config.providers if one.enabled]
        polled = self._polls.age(counts.succeeded, now)
        committed = self._commits.age(counts.commits.count, now)
        return bool(intervals) and polled <= 2 * min(intervals) and committed <= COMMIT_SECONDS


@define(eq=False)
class Heartbeat:
    """`config` is asked each time: a reload may have changed it. `offline`: no provider can be reached."""

    _web: Web
    _counts: Counts
    _config: Callable[[], Config]
    _offline: Callable[[], bool]
    _health: Health = field(init=False, factory=Health)
    _failing: bool = field(init=False, default=False)

    async def run(self) -> None:
        """Beat for ever, while all is well and the configuration asks for it."""
        while True:
            config = self._config()
            await trio.sleep(config.heartbeat.every.total_seconds() if config.heartbeat else IDLE_SECONDS)
            config = self._config()
            if self._health.is_well(self._counts, config, trio.current_time()) and not self._offline():
                await self._beat(config.heartbeat)

    async def _beat(self, config: HeartbeatConfig | None) -> None:
        """Ask the URL. That it cannot be had is logged once, and once that it can again; neither names it."""
        if config is None:
            return
        reason = await self._ask(config.url)
        if reason and not self._failing:
            log.warning("heartbeat.failed", reason=reason, hint="polling goes on; it is tried again each time")
        elif self._failing and not reason:
            log.info("heartbeat.recovered")
        self._failing = reason is not None

    async def _ask(self, url: str) -> str | None:
        """Why the URL did not take it; None: it did."""
        try:
            async with open_fetcher(self._web, timeout=TIMEOUT_SECONDS) as fetcher:
                await fetcher.get(url)
        except FetchError as exc:
            # 201, 202 and 204 bring no document, which is what nobody asked for here.
            return None if exc.status is not None and 200 <= exc.status < 300 else str(exc)
        return None
