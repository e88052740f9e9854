"""What one consumer was told of one incident, and what it is still to be told: the memory of its filters. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from statustrio.model import Impact

Key = tuple[str, str]
"""Of a story: provider and incident, empty where an event has none."""


class Why(StrEnum):
    """Why an event waits, or was not told: the setting that said so."""

    HOLD = "hold"
    MUTE = "mute"
    REPEAT_WINDOW = "repeat_window"
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    MAX_AGE = "max_age"


@frozen
class Waiting:
    """Events of an incident that are told later, by their places in the log, the oldest first."""

    seqs: tuple[int, ...]
    since: datetime
    """When the first of them was recorded."""
    until: datetime
    """When it is looked at again."""
    why: Why
    over: bool = False
    """The incident ended among them."""


@frozen
class Story:
    """One incident to one consumer. For what a provider does itself (`provider.*`) there is a story without incident.

    The first four are what the filters know: that it passed them, the worst of its impacts, the components it ever
    had, and whether `match` did. `begun`: the consumer heard of it, and has not heard of its end. `silent`: it is not
    told until it begins again. `title` and `begun_at` are of the last time it began.
    """

    told: bool = False
    impact: Impact | None = None
    components: tuple[str, ...] | None = None
    matched: bool = False
    begun: bool = False
    begun_at: datetime | None = None
    title: str | None = None
    silent: Why | None = None
    waiting: Waiting | None = None
    newest: int | None = None
    """The place in the log of its newest event that passed the filters."""
    planned_for: datetime | None = None
    """When planned work begins that has not begun."""
    remind_at: datetime | None = None

    @property
    def due(self) -> datetime | None:
        """When something is to be told, or looked at, without a further event."""
        moments = [at for at in (self.waiting and self.waiting.until, self.remind_at) if at]
        return min(moments, default=None)


@frozen
class Mute:
    """Consumers are not told of a provider (None: of any), or of one incident of it, until then."""

    muted_at: datetime
    until: datetime
    provider: str | None = None
    incident_id: str | None = None
    reason: str | None = None

    def covers(self, key: Key, at: datetime) -> bool:
        concerns = self.provider in (None, key[0]) and self.incident_id in (None, key[1])
        return concerns and self.muted_at <= at < self.until
