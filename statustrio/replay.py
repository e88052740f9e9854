"""Successive versions of a feed through the poller, the detection and the store of the daemon, their times the clock.

Between two captures the page is taken to have stood still. What would come of polling it meanwhile is brought about:
an absence is confirmed by as many polls and as much time as ever, an incident expires when its time has come. Nothing
is fetched, and nothing is written but to the given store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from attrs import define, field

from statustrio.captures import Capture
from statustrio.config import ProviderConfig
from statustrio.fetch import Fetched, NotModified
from statustrio.model import Acknowledgement, Observation, ProviderState, Reading, Validators
from statustrio.poller import Poll, pace_of, poll_once
from statustrio.reader import read_fetched
from statustrio.reading import Document
from statustrio.recorder import record
from statustrio.schedule import interval_of, next_due
from statustrio.spans import duration
from statustrio.store.protocol import Health, Logged, Store, Wanted

MOST_QUIET_POLLS = 2000
"""Polls of a page that stands still, between two captures: an absence at the shortest interval takes 900."""
BATCH = 100


@define
class Replay:
    """What is told of a series of captures, and what there was in it. The store is one without a history."""

    config: ProviderConfig
    store: Store
    tell: Callable[[Logged], None]
    backfill: str = "open"
    captures: int = 0
    unreadable: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    events: Counter[str] = field(factory=Counter)
    _state: ProviderState = field(init=False)
    _poll: Poll = field(init=False)
    _now: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))
    _capture: Capture | None = field(init=False, default=None)
    """What the page shows now; None: what it showed before."""
    _told: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        with self.store.group(durable=False):
            self.store.configure([Wanted(self.config.id, self.config.name, self.config.feed_url)])
        self._state = self.store.load_state(self.config.id)
        self._poll = Poll(
            fetch=self._fetch,
            read=self._read,
            enrich=self._enrich,
            submit=self._submit,
            confirm=lambda *_: None,
            chance=lambda: 0.5,
            clock=lambda: self._now,
            backfill=self.backfill,
        )

    async def run(self, captures: Iterable[Capture], *, failed: Callable[[Capture, str], None]) -> None:
        """Poll each capture at its time, oldest first; `failed` hears of each that is no feed, and why."""
        for capture in captures:
            if self.captures:
                await self._stand_still(capture.at)
            self.first_at = self.first_at or capture.at
            self.last_at = capture.at
            self.captures += 1
            await self._poll_at(capture.at, capture)
            if self._state.consecutive_failures:
                self.unreadable += 1
                failed(capture, self._state.last_error or "")

    def summary(self) -> str:
        """In words: how many captures over how long, and the events by name."""
        if self.first_at is None or self.last_at is None:
            return "no captures"
        said = f"{_count(self.captures, 'capture')} ({self.first_at:%Y-%m-%d}"
        if self.last_at.date() != self.first_at.date():
            said += f" to {self.last_at:%Y-%m-%d}, {duration(self.last_at, self.first_at)}"
        said += f"): {_count(self.events.total(), 'event')}"
        if self.events:
            said += ": " + ", ".join(f"{number} {name}" for name, number in self.events.most_common())
        return said + (f"; {self.unreadable} could not be read" if self.unreadable else "")

    async def _stand_still(self, until: datetime) -> None:
        if not self._state.consecutive_failures:
            for _ in range(MOST_QUIET_POLLS):
                due = next_due(pace_of(self.config), self._state, self._now, 0.5)
                if due is None or due >= until or not self._state.watching:
                    break
                await self._poll_at(due, None)
        interval = timedelta(seconds=interval_of(pace_of(self.config), self._state, self._now))
        polled = not self._state.consecutive_failures and until - interval > self._now
        healths = [Health(self.config.id, None, until - interval)] if polled else []
        with self.store.group(durable=False):
            self.store.save_health(healths, until)

    async def _poll_at(self, at: datetime, capture: Capture | None) -> None:
        self._now, self._capture = at, capture
        self._state = await poll_once(self.config, self._state, self._poll)
        while batch := self.store.events_after(self._told, BATCH):
            for logged in batch:
                self.events[logged.event.event] += 1
                self.tell(logged)
            self._told = batch[-1].seq

    async def _fetch(self, url: str, validators: Validators) -> Fetched | NotModified:
        if self._capture is None:
            return NotModified(validators)
        return Fetched(self._capture.read(), Validators(), url)

    async def _read(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        return read_fetched(fetched, config, state)

    async def _enrich(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]:  # noqa: ARG002  the protocol
        """A capture holds the feed alone: nothing else is known."""
        return tuple(readings)

    async def _submit(self, observation: Observation) -> Acknowledgement:
        with self.store.group(durable=True):
            return record(self.store, observation, all_dark=False, recorded_at=observation.at)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
