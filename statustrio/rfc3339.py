"""Times as text: RFC 3339 in UTC, the one form in which a time leaves the process."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """The time with a final `Z`; milliseconds only where there are any."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond >= 1000 else "seconds").removesuffix("+00:00") + "Z"


def from_text(text: str) -> datetime:
    """The aware time of such a text; ValueError where it is none."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time without zone: {text}")
    try:
        return at.astimezone(UTC)
    except OverflowError as exc:  # in the first or last hours of the calendar
        raise ValueError(f"a time out of range: {text}") from exc
