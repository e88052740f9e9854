"""Questions about the past and the present, for the command line: on a connection that only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from statustrio.rfc3339 import to_text

Connection = sqlite3.Connection

BATCH = 500
HISTORY = (
    "provider", "incident_id", "kind", "title", "status", "impact", "components", "started_at", "updated_at",
    "resolved_at", "duration_minutes", "update_count", "last_seen_at", "url",
)  # fmt: skip
"""The columns of `incident_history`."""

_OVER_AT = "coalesce(i.resolved_at, iif(i.status IN ('withdrawn', 'superseded'), NULL, i.expires_at), i.last_seen_at)"
"""When an incident that is no longer open ceased to be: it ended, its time ran out, or it was seen no more."""


def incidents(
    connection: sqlite3.Connection,
    *,
    only_open: bool = False,
    provider: str | None = None,
    since: datetime | None = None,
    at: datetime | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of `incident_history`, newest start first. `since`: over after it or open; `at`: open at that moment."""
    conditions = ["1"]
    if only_open:
        conditions.append("i.open = 1 AND p.configured = 1")
    if provider:
        conditions.append("i.provider = :provider")
    if since:
        conditions.append(f"(i.open = 1 OR {_OVER_AT} >= :since)")
    if at:
        conditions.append("coalesce(i.started_at, i.first_seen_at) <= :at")
        conditions.append(f"(i.open = 1 OR {_OVER_AT} > :at)")
    rows = connection.execute(
        "SELECT h.* FROM incidents i JOIN providers p ON p.id = i.provider "  # noqa: S608  fixed texts
        "JOIN incident_history h ON h.provider = i.provider AND h.incident_id = i.id "
        f"WHERE {' AND '.join(conditions)} ORDER BY i.started_at DESC, i.provider, i.id LIMIT :limit",
        {
            "provider": provider,
            "since": to_text(since) if since else None,
            "at": to_text(at) if at else None,
            "limit": -1 if limit is None else limit,
        },
    )
    return [dict(row) for row in rows]


def last_messages(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """What the vendor last said of each open incident."""
    rows = connection.execute(
        "SELECT i.provider, i.id, (SELECT u.text FROM updates u WHERE u.provider = i.provider AND "
        "u.incident_id = i.id AND NOT u.vanished ORDER BY coalesce(u.at, (SELECT max(o.at) FROM updates o WHERE "
        "o.provider = u.provider AND o.incident_id = u.incident_id AND o.n < u.n)) DESC, u.n DESC LIMIT 1) AS text "
        "FROM incidents i WHERE i.open = 1"
    )
    return {(row["provider"], row["id"]): row["text"] or "" for row in rows}


def events(
    connection: sqlite3.Connection, *, after: int = 0, since: datetime | None = None
) -> Iterator[tuple[int, str]]:
    """The log after a seq, and since a time: seq and line. Read in batches: who reads slowly holds nothing up."""
    query = "SELECT seq, payload FROM events WHERE seq > ?1 AND (?2 IS NULL OR timestamp >= ?2) ORDER BY seq LIMIT ?3"
    while rows := connection.execute(query, (after, to_text(since) if since else None, BATCH)).fetchall():
        for row in rows:
            after = row["seq"]
            yield after, row["payload"]


def provider_ids(connection: sqlite3.Connection) -> list[str]:
    """Every provider there is a history of."""
    return [row["id"] for row in connection.execute("SELECT id FROM providers ORDER BY id")]


def providers(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Rows of `provider_health` with the open incidents, and whether the monitor is blind there."""
    rows = connection.execute(
        "SELECT h.*, (SELECT count(*) FROM incidents i WHERE i.provider = h.provider AND i.open = 1) "
        "AS open_incidents, p.unreachable_since, p.platform, p.name "
        "FROM provider_health h JOIN providers p ON p.id = h.provider "
        "ORDER BY p.unreachable_since IS NULL, h.consecutive_failures = 0, h.provider"
    )
    return [dict(row) for row in rows]


def consumers(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """How far each consumer is: its cursor, the events it has not had, and since when it is owed the oldest."""
    rows = connection.execute(
        "SELECT c.id AS consumer, c.cursor, "
        "(SELECT count(*) FROM events e WHERE e.seq > c.cursor) - json_array_length(c.beyond) AS owed, "
        "(SELECT timestamp FROM events e WHERE e.seq > c.cursor ORDER BY e.seq LIMIT 1) AS owed_since "
        "FROM consumers c ORDER BY c.id"
    )
    return [dict(row) for row in rows]


def offline_since(connection: sqlite3.Connection) -> str | None:
    """Since when the monitor as a whole reaches nobody."""
    row = connection.execute("SELECT value FROM monitor WHERE key = 'offline_since'").fetchone()
    return None if row is None else str(row["value"])
