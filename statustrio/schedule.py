"""When a provider is polled next. Pure: times come in, a time goes out, chance is a number between 0 and 1."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from attrs import frozen

from statustrio.model import ProviderState

JITTER = 0.1
"""Half the spread of an interval: its mean stays the interval, no gap differs by more than 20 % from another."""
MAX_DOUBLINGS = 5
PATIENT_BACKOFF_SECONDS = 3600.0
"""The longest pause for a server that says the request itself is unwelcome (429 and other 4xx)."""
FIRST_POLL_WITHIN_SECONDS = 6.5
"""From when each began: with the start of ten thousand and their polls it is ten seconds in all."""
MAX_RETRY_AFTER = timedelta(days=1)
REQUEST_TIMEOUT = 408
LATEST_SECONDS = 0.05
LATEST_SHARE = 0.01
"""How much later than due a poll may be made to be made with others, in seconds and of its interval: the less counts.

Of many providers several are due in 50 ms, and waking up once for all of them costs a third.
"""


@frozen
class Pace:
    """How often a provider is polled, in seconds: normally, while trouble is open there, at most when it fails."""

    interval: float
    open_interval: float
    max_backoff: float


def interval_of(pace: Pace, state: ProviderState, now: datetime) -> float:
    """The interval in force, seconds: shorter while an incident is open."""
    active = state.active_until is not None and now < state.active_until
    return pace.open_interval if active else pace.interval


def first_due(pace: Pace, state: ProviderState, now: datetime, chance: float) -> datetime:
    """The first poll after a start, a wake-up or a return of the network: soon, but not all at once."""
    spread = min(pace.interval, FIRST_POLL_WITHIN_SECONDS)
    return _not_before(state, now, now + timedelta(seconds=spread * chance))


def next_due(pace: Pace, state: ProviderState, now: datetime, chance: float) -> datetime | None:
    """The poll after the one that `state` tells of; None after a 410, which asks never to come again."""
    if state.gone:
        return None
    seconds = interval_of(pace, state, now)
    if state.consecutive_failures:
        doubled = seconds * 2 ** min(state.consecutive_failures, MAX_DOUBLINGS)
        # Below the limit by the jitter, which comes on top.
        seconds = max(seconds, min(doubled, _max_backoff(pace, state) / (1 + JITTER)))
    seconds *= 1 + JITTER * (2 * chance - 1)
    return _not_before(state, now, now + timedelta(seconds=seconds))


def together(due: float, pace: Pace) -> float:
    """When a poll due at `due` is made: by a clock of seconds, at the next moment that polls of this pace share."""
    step = min(LATEST_SECONDS, LATEST_SHARE * min(pace.interval, pace.open_interval))
    return math.ceil(due / step) * step


def _max_backoff(pace: Pace, state: ProviderState) -> float:
    status = state.last_status
    unwelcome = status is not None and 400 <= status < 500 and status != REQUEST_TIMEOUT
    return max(pace.max_backoff, PATIENT_BACKOFF_SECONDS) if unwelcome else pace.max_backoff


def _not_before(state: ProviderState, now: datetime, due: datetime) -> datetime:
    if state.not_before is None:
        return due
    return max(due, min(state.not_before, now + MAX_RETRY_AFTER))
