"""The wall clock, for what has to say when it happened. What decides is told the time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
