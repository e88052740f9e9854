"""What tells of several events at once, or once more: the summary of what was collected, the reminder of planned work.

Both are events like those of the log, so that every consumer can take them, and in no log. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import evolve

from statustrio.events import REMINDER, SUMMARY, Event, event_id
from statustrio.spans import here
from statustrio.stories import Why

MOST_LINES = 50
"""Of a summary; the rest is counted."""
_REASONS = {
    Why.QUIET_HOURS: "in the quiet hours",
    Why.DIGEST: "since the last digest",
    Why.MAX_AGE: "while nothing could be told",
}


def summary(newest: Sequence[Event], going_on: Collection[int], count: int, why: Why, now: datetime) -> Event:
    """One event that tells of `count` events: of each story its newest, what is still going on first.

    `going_on` are the `seq` of those whose story has not ended: a newest event that is a postmortem, or an old update
    rewritten, does not say.
    """
    ordered = sorted(newest, key=lambda event: (event.seq not in going_on, -_rank(event), event.seq))
    lines = [_line(event) for event in ordered[:MOST_LINES]]
    if len(ordered) > MOST_LINES:
        lines.append(f"... and {len(ordered) - MOST_LINES} more")
    providers = {event.provider for event in newest}
    still = sum(event.seq in going_on for event in newest)
    things = _counted(len(newest), "thing")
    only = newest[0] if len(providers) == 1 else None
    return Event(
        seq=max(event.seq for event in newest),
        id=event_id(None, None, "\x1f".join(sorted(event.id for event in newest)), SUMMARY),
        timestamp=now,
        event=SUMMARY,
        provider=only.provider if only else None,
        provider_name=only.provider_name if only else None,
        title=f"{_counted(count, 'event')} {_REASONS[why]}, {still} of {things} still going on",
        message="\n".join(lines),
    )


def reminder(event: Event, now: datetime) -> Event:
    """The newest event of planned work, told once more before the work begins."""
    return evolve(
        event, id=event_id(event.provider, event.incident_id, event.id, REMINDER), timestamp=now, event=REMINDER
    )


def _line(event: Event) -> str:
    at = here(event.update_at or event.timestamp)
    who = event.provider_name or "statustrio"
    what = event.event.partition(".")[2]
    return f"{at:%d %b %H:%M} {who}: {event.title or what}" + (f" ({what})" if event.title else "")


def _rank(event: Event) -> int:
    return event.impact.rank if event.impact else 0


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
