"""Times as text: RFC 3339 in UTC, the one form in which a time leaves the process."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """The time with a final `Z`; milliseconds only where there are any."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The aware time of such a text; ValueError where it is none."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time without zone: {text}")
    return at.astimezone(UTC)
