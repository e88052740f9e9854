"""What a command changes beside a running daemon: mutes, and letters that nobody took. One short transaction each.

The daemon looks at them anew before it tells anybody anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from statustrio.rfc3339 import to_text
from statustrio.stories import Mute


def add_mute(connection: sqlite3.Connection, mute: Mute) -> None:
    """Mute; a mute of the same thing is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO mutes (provider, incident_id, until, reason, muted_at) VALUES (?, ?, ?, ?, ?)",
        (mute.provider or "", mute.incident_id or "", to_text(mute.until), mute.reason, to_text(mute.muted_at)),
    )


def drop_mute(connection: sqlite3.Connection, provider: str | None, incident_id: str | None) -> bool:
    """Take a mute back; whether there was one."""
    done = connection.execute(
        "DELETE FROM mutes WHERE provider = ? AND incident_id = ?", (provider or "", incident_id or "")
    )
    return done.rowcount > 0


def drop_letters(connection: sqlite3.Connection, ids: Collection[int]) -> None:
    """Forget letters that were delivered after all, or that nobody wants any more."""
    connection.executemany("DELETE FROM dead_letters WHERE id = ?", [(one,) for one in ids])


def letters(connection: sqlite3.Connection, consumer: str | None = None) -> list[dict[str, Any]]:
    """The letters that were set aside, oldest first."""
    rows = connection.execute("SELECT * FROM dead_letters WHERE ?1 IS NULL OR consumer = ?1 ORDER BY id", (consumer,))
    return [dict(row) for row in rows]
