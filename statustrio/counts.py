"""What happened since the daemon began, in plain numbers: counted where it happens, read by whoever wants to know.

It costs a poll less than a microsecond and needs no library; `metrics` makes of it what Prometheus reads. What can be
asked of the database is not counted here.
"""

from __future__ import annotations

from bisect import bisect_left

from attrs import define, field

from statustrio.errors import FeedError, FetchError
from statustrio.events import NAMES
from statustrio.model import Acknowledgement, Change, Failed, Seen, Unchanged
from statustrio.rules import Rule

REASONS = ("connect", "timeout", "http_4xx", "http_5xx", "http_other", "answer", "feed", "bug")
"""Why polls fail: no connection; no answer in time; a refusal; an answer that breaks off, is too large or leads astray;
a document that is no feed; a bug of ours."""

COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
DELAY_SECONDS = (5.0, 15.0, 30.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1800.0, 3600.0, 21_600.0)
"""Pages give the minute of an update, so its delay is up to one minute too long."""

_FROM_A_PAGE = frozenset({Rule.NEW_INCIDENT, Rule.NEW_UPDATE})


@define(eq=False)
class Histogram:
    """How often something took how long. `counts` are those up to each bound and above the one before; the last: more.

    One thread at a time adds to it; any may read.
    """

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    @property
    def count(self) -> int:
        return sum(self.counts)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


@define(eq=False)
class Counts:
    """All counts of one daemon. They only grow."""

    unchanged: int = 0
    """Polls that found nothing new."""
    changed: int = 0
    """Polls that found another document, with events in it or not."""
    failed: dict[str, int] = field(factory=lambda: dict.fromkeys(REASONS, 0))
    events: dict[str, int] = field(factory=lambda: dict.fromkeys(NAMES, 0))
    storage_failures: int = 0
    """Commits that the storage did not take, each try."""
    commits: Histogram = field(factory=lambda: Histogram(COMMIT_SECONDS))
    delays: Histogram = field(factory=lambda: Histogram(DELAY_SECONDS))
    """From the posting of an update to the record of its event."""
    lags: Histogram = field(factory=lambda: Histogram(LAG_SECONDS))
    """How late the loop woke a task that was due."""

    @property
    def succeeded(self) -> int:
        """Polls that brought a document, or that it is still the same."""
        return self.unchanged + self.changed

    def take(self, outcome: Seen | Unchanged | Failed, acknowledged: Acknowledgement) -> None:
        """Count a poll that was recorded; why one failed, its poller counts."""
        if isinstance(outcome, Unchanged):
            self.unchanged += 1
        elif isinstance(outcome, Seen) and not acknowledged.state.consecutive_failures:
            self.changed += 1
        elif isinstance(outcome, Seen):  # recorded as a failure: detection has a bug
            self.failed["bug"] += 1
        for name in acknowledged.events:
            self.events[name] += 1
        for delay in acknowledged.delays:
            self.delays.add(delay)


def failure_kind(error: FetchError | FeedError) -> str:
    """Which of `REASONS` it was."""
    if isinstance(error, FeedError):
        return "feed"
    if error.status is not None:
        kind = f"http_{error.status // 100}xx"
        return kind if kind in REASONS else "http_other"
    if error.unconnected:
        return "connect"
    return "timeout" if error.timed_out else "answer"


def delays_of(change: Change) -> tuple[float, ...]:
    """How late each update that a page newly shows is recorded, in seconds.

    Zero where the vendor's clock is ahead of ours. Of a page seen for the first time the caller asks nothing.
    """
    return tuple(
        max(0.0, (change.at - draft.update_at).total_seconds())
        for draft in change.drafts
        if draft.update_at is not None and draft.rule in _FROM_A_PAGE
    )
