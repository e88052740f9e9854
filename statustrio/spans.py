"""Times and spans of time as people here say them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta


def duration(end: datetime, begin: datetime) -> str:
    """A span of time in its two largest units."""
    minutes = round((end - begin).total_seconds() / 60)
    days, minutes_of_day = divmod(minutes, 24 * 60)
    hours, rest = divmod(minutes_of_day, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min" if rest else "under a minute"


def here(at: datetime) -> datetime:
    """The time in this zone; as it is where the calendar ends there (a page may say year 1 or 9999)."""
    try:
        return at.astimezone()
    except OverflowError:
        return at


def shifted(at: datetime, by: timedelta) -> datetime:
    """The time so much later; as it is where the calendar ends (a page may say year 1 or 9999)."""
    try:
        return at + by
    except OverflowError:
        return at


def next_clock(after: datetime, clock: time) -> datetime:
    """The next moment after this one at which the clocks here show that time of day."""
    day = here(after).date()
    moments = (datetime.combine(day + timedelta(days=step), clock).astimezone(UTC) for step in range(3))
    return next(at for at in moments if at > after)
