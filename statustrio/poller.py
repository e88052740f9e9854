"""Polling one provider: when it is due fetch, read what is new, hand it over, believe what was acknowledged.

It knows callables only. What it believes (validators, digests, the provider's state) comes from acknowledgements,
so an ETag can never hide an entry that was not stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import structlog
import trio
from attrs import evolve, field, frozen

from statustrio.clock import now
from statustrio.config import ProviderConfig
from statustrio.counts import Counts, failure_kind
from statustrio.errors import FeedError, FetchError
from statustrio.fetch import Fetched, NotModified
from statustrio.model import (
    Acknowledgement,
    Failed,
    KeptBody,
    Observation,
    ProviderState,
    Reading,
    Seen,
    Unchanged,
    Validators,
    Window,
)
from statustrio.reading import Document, body_digest
from statustrio.schedule import Pace, first_due, interval_of, next_due
from statustrio.timetable import Alarm

log = structlog.get_logger("statustrio.poller")

LONGEST_REASON = 1000
"""Characters. What a server says of itself can be of any length."""


class Read(Protocol):
    """Reads a fetched document, off the loop where it is large. FeedError where it is no whole feed."""

    async def __call__(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document: ...


class Enrich(Protocol):
    """Adds what the feed does not say to readings."""

    async def __call__(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]: ...


@frozen
class Poll:
    """What polling needs from outside, as callables.

    `confirm` takes note of a poll that confirmed the last document and of the next one's time, without waiting;
    `chance` gives a number between 0 and 1.
    """

    fetch: Callable[[str, Validators], Awaitable[Fetched | NotModified]]
    read: Read
    enrich: Enrich
    submit: Callable[[Observation], Awaitable[Acknowledgement]]
    confirm: Callable[[str, datetime | None, datetime | None], None]
    chance: Callable[[], float]
    clock: Callable[[], datetime] = now
    backfill: str = "open"
    counts: Counts = field(factory=Counts)


async def run_poller(
    config: ProviderConfig,
    state: ProviderState,
    poll: Poll,
    alarm: Alarm,
    *,
    began: datetime | None = None,
    again: bool = False,
) -> None:
    """Poll a provider for ever, beginning soon; `again`, after a bug, only when it is due as after any failure.

    `began` is when the start of all providers did, which this one is part of; None: now.
    """
    pace = pace_of(config)
    due: datetime | None = first_due(pace, state, began or poll.clock(), poll.chance())
    if again:
        due = next_due(pace, state, poll.clock(), poll.chance())
    polled_at: datetime | None = None
    while True:
        poll.confirm(config.id, polled_at, due)
        if due is None:
            await trio.sleep_forever()
        elif await alarm.wait_until(due, poll.clock, pace):
            due, polled_at = first_due(pace, state, poll.clock(), poll.chance()), None
        else:
            began = poll.clock()
            state = await poll_once(config, state, poll)
            polled_at = began if not state.consecutive_failures else None
            # From the beginning of this poll, so that its own length does not add to the interval.
            due = next_due(pace, state, began, poll.chance())


def pace_of(config: ProviderConfig) -> Pace:
    # Trouble never slows the polling down: an open interval from the defaults may be longer than a short one.
    open_interval = min(config.poll_interval_seconds, config.open_poll_interval_seconds)
    return Pace(config.poll_interval_seconds, open_interval, config.max_backoff_seconds)


async def poll_once(config: ProviderConfig, state: ProviderState, poll: Poll) -> ProviderState:
    """One poll, handed over and acknowledged; the state to believe after it."""
    if state.feed_url != config.feed_url:
        # Another feed: nothing of the old one's bytes says anything about it.
        state = evolve(state, validators=Validators(), body_digest=None, window=Window(), trace=None)
    at = poll.clock()
    outcome: Seen | Unchanged | Failed
    try:
        fetched = await poll.fetch(config.feed_url, state.validators)
        if isinstance(fetched, NotModified):
            outcome = Unchanged()
        elif (digest := body_digest(fetched.body)) == state.body_digest and fetched.moved_to == state.moved_to:
            outcome = Unchanged()
            # These bytes are stored, so their newer validators may be believed at once.
            state = evolve(state, validators=fetched.validators)
        else:
            document = await poll.read(fetched, config, state)
            outcome = await _look(document, fetched, digest, config, state, poll)
            if not outcome.readings and state.feed_url == config.feed_url and _shows_the_same(outcome, state):
                # All that this document says is stored: it need not be, and may be believed like the same bytes.
                state = evolve(state, validators=outcome.validators, body_digest=digest, trace=outcome.trace)
                outcome = Unchanged()
    except (FetchError, FeedError) as exc:
        outcome = _failure(exc, at)
        poll.counts.failed[failure_kind(exc)] += 1
    if isinstance(outcome, Unchanged) and not state.consecutive_failures and not state.watching:
        poll.counts.unchanged += 1
        return state
    interval = interval_of(pace_of(config), state, at)
    acknowledged = await poll.submit(
        Observation(config.id, config.feed_url, at, interval, outcome, backfill=poll.backfill)
    )
    poll.counts.take(outcome, acknowledged)
    _report(config, outcome, acknowledged)
    return acknowledged.state


async def _look(
    document: Document, fetched: Fetched, digest: str, config: ProviderConfig, state: ProviderState, poll: Poll
) -> Seen:
    readings = document.readings
    if readings and config.enrich and document.platform == "statuspage":
        readings = await poll.enrich(readings, many=state.first_success_at is None)
    return Seen(
        platform=document.platform,
        shape=document.shape,
        host=urlsplit(fetched.url).netloc.rpartition("@")[2],
        validators=fetched.validators,
        body_digest=digest,
        window=document.window,
        trace=document.trace,
        readings=readings,
        gap=document.gap,
        moved_to=fetched.moved_to,
        body=_kept(document, fetched, config),
    )


def _shows_the_same(seen: Seen, state: ProviderState) -> bool:
    last = (state.platform, state.shape, state.host, state.moved_to)
    # What an entry says decides all that is remembered of it.
    digests = tuple(shown.digest for shown in seen.window)
    return (seen.platform, seen.shape, seen.host, seen.moved_to) == last and digests == state.window.digests()


def _kept(document: Document, fetched: Fetched, config: ProviderConfig) -> KeptBody | None:
    if document.packed is None:
        return None
    return KeptBody(document.packed, fetched.url, fetched.content_type, config.keep_bodies)


def _failure(exc: FetchError | FeedError, at: datetime) -> Failed:
    if isinstance(exc, FeedError):
        return Failed(str(exc)[:LONGEST_REASON])
    not_before = at + timedelta(seconds=exc.retry_after) if exc.retry_after is not None else None
    return Failed(str(exc)[:LONGEST_REASON], exc.status, not_before, exc.unconnected)


def _report(config: ProviderConfig, outcome: Seen | Unchanged | Failed, acknowledged: Acknowledgement) -> None:
    """The one log line of a poll that changed something or failed."""
    if isinstance(outcome, Failed):
        log.info(
            "poll.failed",
            provider=config.id,
            reason=outcome.reason,
            failures=acknowledged.state.consecutive_failures,
        )
    elif acknowledged.events:
        log.info("poll.changed", provider=config.id, events=acknowledged.events)
