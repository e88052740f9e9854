"""Questions about the past and the present, for the command line: on a connection that only reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from statustrio.rfc3339 import to_text
from statustrio.store.rows import mute
from statustrio.stories import Mute

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
    # By itself SQLite would go through the starts of ten years.
    found_by = "INDEXED BY incidents_open" if only_open else ""
    rows = connection.execute(
        f"SELECT h.* FROM incidents i {found_by} JOIN providers p ON p.id = i.provider "  # noqa: S608  fixed texts
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


def event(connection: sqlite3.Connection, seq: int) -> dict[str, Any] | None:
    """One row of the log, with the rule that made it."""
    row = connection.execute("SELECT * FROM events WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else dict(row)


def last_seq(connection: sqlite3.Connection) -> int:
    """The newest place in the log, 0 if nothing is there."""
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    return int(last)


def incident_events(connection: sqlite3.Connection, provider: str, incident_id: str) -> list[dict[str, Any]]:
    """The rows of the log about one incident, oldest first."""
    rows = connection.execute(
        "SELECT * FROM events WHERE provider = ? AND incident_id = ? ORDER BY seq", (provider, incident_id)
    )
    return [dict(row) for row in rows]


def incidents_named(connection: sqlite3.Connection, name: str) -> list[tuple[str, str]]:
    """Provider and id of the incidents that go by this name: their id, or provider and id with a slash between."""
    rows = connection.execute(
        "SELECT provider, id FROM incidents WHERE id = ?1 OR provider || '/' || id = ?1 "
        "UNION SELECT provider, incident_id FROM events WHERE incident_id = ?1 OR provider || '/' || incident_id = ?1",
        (name,),
    )
    return [(row["provider"], row["id"]) for row in rows]


def bodies(
    connection: sqlite3.Connection, provider: str, *, seq: int | None = None, at: str | None = None
) -> Iterator[dict[str, Any]]:
    """The kept documents of a provider, newest first, from the one that made event `seq`, or was there at a time, on.

    Read one by one: they are large.
    """
    yield from map(
        dict,
        connection.execute(
            "SELECT at, platform, url, content_type, body FROM bodies WHERE provider = :provider AND id <= ("
            "SELECT max(id) FROM bodies WHERE provider = :provider AND "
            # Without its Z a time with milliseconds sorts after the one without.
            "iif(:seq IS NULL, rtrim(at, 'Z') <= rtrim(:at, 'Z'), :seq BETWEEN seq_first AND seq_last)"
            ") ORDER BY id DESC",
            {"provider": provider, "seq": seq, "at": at},
        ),
    )


def provider_ids(connection: sqlite3.Connection) -> list[str]:
    """Every provider there is a history of."""
    return [row["id"] for row in connection.execute("SELECT id FROM providers ORDER BY id")]


def providers(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Rows of `provider_health` with the open incidents, whether the monitor is blind there, and where it moved to."""
    rows = connection.execute(
        "SELECT h.*, (SELECT count(*) FROM incidents i INDEXED BY incidents_open "
        "WHERE i.provider = h.provider AND i.open = 1) AS open_incidents, "
        "p.unreachable_since, p.platform, p.name, p.moved_to "
        "FROM provider_health h JOIN providers p ON p.id = h.provider "
        "ORDER BY p.unreachable_since IS NULL, h.consecutive_failures = 0, h.provider"
    )
    return [dict(row) for row in rows]


def provider_marks(connection: sqlite3.Connection) -> Iterator[tuple[str, str | None, int]]:
    """Id, last success and failures in a row of each provider that is configured: what is asked of ten thousand."""
    rows = connection.execute("SELECT id, last_success_at, consecutive_failures FROM providers WHERE configured = 1")
    return ((row["id"], row["last_success_at"], row["consecutive_failures"]) for row in rows)


def open_counts(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """How many are open by provider and impact: `maintenance` is all planned work, `unknown` what the page leaves out.

    Work that is only scheduled is not open here: nothing is wrong yet.
    """
    rows = connection.execute(
        "SELECT i.provider, iif(i.kind = 'maintenance', i.kind, coalesce(i.impact, 'unknown')) AS impact, "
        "count(*) AS number FROM incidents i INDEXED BY incidents_open JOIN providers p ON p.id = i.provider "
        "WHERE i.open = 1 AND p.configured = 1 AND i.status <> 'scheduled' GROUP BY 1, 2"
    )
    return [(row["provider"], row["impact"], row["number"]) for row in rows]


def dead_letter_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many events each consumer has set aside."""
    rows = connection.execute("SELECT consumer, count(*) AS number FROM dead_letters GROUP BY consumer")
    return {row["consumer"]: row["number"] for row in rows}


def quiet(connection: sqlite3.Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """By provider: whole days since its page touched any incident, and the longest such time before.

    Fewer than 5 incidents make no record, and their provider is left out.
    """
    rows = connection.execute(
        "WITH touched AS (SELECT provider, julianday(updated_at) AS at, julianday(updated_at) - "
        "julianday(lag(updated_at) OVER (PARTITION BY provider ORDER BY updated_at)) AS gap FROM incidents) "
        "SELECT provider, max(julianday(?) - max(at), 0) AS days, max(gap) AS longest FROM touched "
        "GROUP BY provider HAVING count(at) >= 5",
        (to_text(now),),
    )
    return {row["provider"]: (int(row["days"]), int(row["longest"])) for row in rows}


def consumers(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """How far each consumer is: its cursor, the events it has not had, and since when it is owed the oldest."""
    rows = connection.execute(
        "SELECT c.id AS consumer, c.cursor, "
        "(SELECT count(*) FROM events e WHERE e.seq > c.cursor) - json_array_length(c.beyond) AS owed, "
        "(SELECT timestamp FROM events e WHERE e.seq > c.cursor ORDER BY e.seq LIMIT 1) AS owed_since "
        "FROM consumers c ORDER BY c.id"
    )
    return [dict(row) for row in rows]


def consumer_places(connection: sqlite3.Connection) -> dict[str, tuple[int, frozenset[int]]]:
    """By consumer: every event up to here is acknowledged, and these above it."""
    rows = connection.execute("SELECT id, cursor, beyond FROM consumers")
    return {row["id"]: (row["cursor"], frozenset(json.loads(row["beyond"]))) for row in rows}


def mutes(connection: sqlite3.Connection) -> tuple[Mute, ...]:
    """The mutes that were set, the latest end first, also those whose time is over."""
    return tuple(map(mute, connection.execute("SELECT * FROM mutes ORDER BY until DESC")))


def offline_since(connection: sqlite3.Connection) -> str | None:
    """Since when the monitor as a whole reaches nobody."""
    row = connection.execute("SELECT value FROM monitor WHERE key = 'offline_since'").fetchone()
    return None if row is None else str(row["value"])
