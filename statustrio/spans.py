"""Times and spans of time as people here say them."""

from __future__ import annotations

from datetime import datetime, timedelta


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
