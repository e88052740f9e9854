"""Times as people write them on a command line, and as they like to read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from statustrio import spans
from statustrio.config_values import SPANS, BadValueError, check_span


class Moment(click.ParamType[datetime]):
    """A time: `7d` ago, or an ISO date or time (of this zone unless it names one)."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if span := re.fullmatch(r"(\d+)\s*([smhdw])", text):
                return datetime.now(UTC) - timedelta(seconds=int(span[1]) * SPANS[span[2]])
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time: write 30m, 12h, 7d, 2026-11-24 or 2026-11-24T14:00Z", param, ctx)


class Span(click.ParamType[timedelta]):
    """A span of time: `30s`, `3m`, `2h`, `7d`."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return value if isinstance(value, timedelta) else check_span(value)
        except BadValueError as exc:
            self.fail(f"{value!r} {exc}", param, ctx)


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in one unit; `in ...` for the future, nothing for never."""
    if at is None:
        return ""
    seconds = (now - at).total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= 2 * size or (unit == "min" and abs(seconds) >= size):
            count = f"{abs(seconds) / size:.0f} {unit}"
            return f"in {count}" if seconds < 0 else f"{count} ago"
    return f"in {-seconds:.0f} s" if seconds < 0 else f"{seconds:.0f} s ago"


def here(at: datetime | None, now: datetime) -> str:
    """Date and time in this zone; the year only where it is not this one."""
    if at is None:
        return ""
    local = spans.here(at)
    return f"{local:%d %b %H:%M}" if local.year == spans.here(now).year else f"{local:%d %b %Y %H:%M}"
