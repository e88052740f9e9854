"""Questions about the past and the present, for the command line: on a connection that only reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from statustrio.rfc3339 import from_text, to_text
from statustrio.store.rows import mute
from statustrio.store.search import FOUND, phrase
from statustrio.stories import Mute

Connection = sqlite3.Connection

BATCH = 500
MIN_QUIET_DAYS = 14
QUIET_FACTOR = 3
HISTORY = (
    "provider", "incident_id", "kind", "title", "status", "impact", "components", "started_at", "updated_at",
    "resolved_at", "duration_minutes", "update_count", "last_seen_at", "url",
)  # fmt: skip
"""The columns of `incident_history`."""

_IS_OPEN = "i.open = 1 AND p.configured = 1"
"""Nobody looks any more whether an incident of a provider that is not configured goes on."""
ENDED_AT = "coalesce(i.resolved_at, iif(i.status IN ('withdrawn', 'superseded'), NULL, i.expires_at), i.last_seen_at)"
"""When an incident that does not count as open ceased to: it ended, its time ran out, or it was seen no more."""
_OVER_AT = f"iif(i.open, iif(i.shown, coalesce(p.last_success_at, i.last_seen_at), i.last_seen_at), {ENDED_AT})"
"""The same of one that is not open any more, whether it ended or its provider is not configured any more."""


def incidents(  # noqa: PLR0913  one keyword for each thing that is asked for
    connection: sqlite3.Connection,
    *,
    only_open: bool = False,
    provider: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    at: datetime | None = None,
    incident_id: str | None = None,
    component: str | None = None,
    words: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Rows of `incident_history`, newest start first.

    `since`: over after it or open; `until`: begun before it; `at`: open at that moment; `component`: in the name of
    one; `words`: all of them, or what they begin, stand in its title and updates, on a connection with the index
    (`search`).

    What was open at a provider that is no longer configured was over, as far as is known, when it was last seen.
    """
    conditions = ["1"]
    if only_open:
        conditions.append(_IS_OPEN)
    if provider:
        conditions.append("i.provider = :provider")
    if since:
        conditions.append(f"({_IS_OPEN} OR {_OVER_AT} >= :since)")
    if until:
        conditions.append("coalesce(i.started_at, i.first_seen_at) < :until")
    if at:
        conditions.append("coalesce(i.started_at, i.first_seen_at) <= :at")
        conditions.append(f"({_IS_OPEN} OR {_OVER_AT} > :at)")
    if incident_id is not None:
        conditions.append("i.id = :incident_id")
    if component:
        conditions.append(
            "EXISTS (SELECT 1 FROM json_each(i.components) c "
            "WHERE instr(lower(json_extract(c.value, '$.name')), lower(:component)))"
        )
    if words and phrase(words):
        conditions.append(FOUND)
    # By itself SQLite would go through the starts of ten years.
    found_by = "INDEXED BY incidents_open" if only_open else ""
    rows = connection.execute(
        f"SELECT h.* FROM incidents i {found_by} JOIN providers p ON p.id = i.provider "  # noqa: S608  fixed texts
        "JOIN incident_history h ON h.provider = i.provider AND h.incident_id = i.id "
        f"WHERE {' AND '.join(conditions)} ORDER BY i.started_at DESC, i.provider, i.id LIMIT :limit OFFSET :offset",
        {
            "provider": provider,
            "since": to_text(since) if since else None,
            "until": to_text(until) if until else None,
            "at": to_text(at) if at else None,
            "incident_id": incident_id,
            "component": component,
            "words": phrase(words or ""),
            "limit": -1 if limit is None else limit,
            "offset": offset,
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


def lines_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[tuple[int, str]]:
    """The next lines of the log after a seq, with theirs."""
    rows = connection.execute("SELECT seq, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [(row["seq"], row["payload"]) for row in rows]


def newest_incidents_lines(connection: sqlite3.Connection, count: int) -> list[tuple[int, str]]:
    """All lines about the incidents that the log told of last, oldest line first.

    Fewer than `count` where its newest lines are all about a few.
    """
    rows = connection.execute(
        "WITH lately AS (SELECT seq, provider, incident_id FROM events WHERE incident_id IS NOT NULL "
        "ORDER BY seq DESC LIMIT ?2), "
        "newest AS (SELECT provider, incident_id FROM lately GROUP BY 1, 2 ORDER BY max(seq) DESC LIMIT ?1) "
        "SELECT e.seq, e.payload FROM newest n CROSS JOIN events e ON e.provider = n.provider "
        "AND e.incident_id = n.incident_id ORDER BY e.seq",
        (count, 20 * count),
    )
    return [(row["seq"], row["payload"]) for row in rows]


def maintenance_lines(connection: sqlite3.Connection, since: datetime) -> list[tuple[int, str]]:
    """All lines about planned work that is open, or was over after `since`, oldest first."""
    rows = connection.execute(
        "SELECT e.seq, e.payload FROM incidents i CROSS JOIN events e ON e.provider = i.provider "  # noqa: S608  a fixed text
        f"AND e.incident_id = i.id WHERE i.kind = 'maintenance' AND (i.open = 1 OR {ENDED_AT} >= ?) ORDER BY e.seq",
        (to_text(since),),
    )
    return [(row["seq"], row["payload"]) for row in rows]


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


def incidents_beginning(connection: sqlite3.Connection, start: str, limit: int) -> list[tuple[str, str, str]]:
    """Provider, id and title of the newest incidents of whose names one begins so."""
    rows = connection.execute(
        "SELECT provider, id, title FROM incidents WHERE substr(id, 1, length(?1)) = ?1 "
        "OR substr(provider || '/' || id, 1, length(?1)) = ?1 ORDER BY started_at DESC LIMIT ?2",
        (start, limit),
    )
    return [(row["provider"], row["id"], row["title"]) for row in rows]


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


def updates(connection: sqlite3.Connection, provider: str, incident_id: str) -> list[dict[str, Any]]:
    """The updates of an incident in the order of the page, those that left it too."""
    rows = connection.execute(
        "SELECT at, label, status, text, revision, vanished FROM updates u WHERE provider = ? AND incident_id = ? "
        "ORDER BY coalesce(at, (SELECT max(o.at) FROM updates o WHERE o.provider = u.provider "
        "AND o.incident_id = u.incident_id AND o.n < u.n)), n",
        (provider, incident_id),
    )
    return [dict(row) for row in rows]


def spans(
    connection: sqlite3.Connection, since: datetime, now: datetime, provider: str | None = None
) -> list[tuple[str, str, str | None, datetime, datetime | None]]:
    """When what was not over at `since` was open: provider, kind, impact, start, and end (None: it is open)."""
    rows = connection.execute(
        "SELECT i.provider, i.kind, i.impact, coalesce(i.started_at, i.first_seen_at) AS start, "  # noqa: S608  a fixed text
        f"iif({_IS_OPEN}, NULL, {_OVER_AT}) AS end FROM incidents i JOIN providers p ON p.id = i.provider "
        "WHERE (:provider IS NULL OR i.provider = :provider) "
        # Work that was called off never was.
        "AND NOT (i.kind = 'maintenance' AND i.status IN ('scheduled', 'withdrawn')) "
        f"AND ({_IS_OPEN} OR {_OVER_AT} >= :since) AND coalesce(i.started_at, i.first_seen_at) <= :now",
        {"provider": provider, "since": to_text(since), "now": to_text(now)},
    )
    return [
        (owner, kind, impact, from_text(start), from_text(end) if end else None)
        for owner, kind, impact, start, end in rows
    ]


def provider_ids(connection: sqlite3.Connection) -> list[str]:
    """Every provider there is a history of."""
    return [row["id"] for row in connection.execute("SELECT id FROM providers ORDER BY id")]


def provider_names(connection: sqlite3.Connection) -> dict[str, str]:
    """The name of every provider there is a history of."""
    return {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM providers")}


def providers(connection: sqlite3.Connection, provider: str | None = None) -> list[dict[str, Any]]:
    """Rows of `provider_health`, or the one of a provider.

    With the open incidents, whether the monitor is blind there, and where it moved to.
    """
    rows = connection.execute(
        "SELECT h.*, (SELECT count(*) FROM incidents i INDEXED BY incidents_open "
        "WHERE i.provider = h.provider AND i.open = 1) AS open_incidents, "
        "p.unreachable_since, p.platform, p.name, p.moved_to "
        "FROM provider_health h JOIN providers p ON p.id = h.provider WHERE p.id = coalesce(:provider, p.id) "
        "ORDER BY p.unreachable_since IS NULL, h.consecutive_failures = 0, h.provider",
        {"provider": provider},
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


def followed_since(connection: sqlite3.Connection) -> dict[str, datetime]:
    """When each provider was first seen; one that never was is missing."""
    rows = connection.execute("SELECT id, first_success_at FROM providers WHERE first_success_at IS NOT NULL")
    return {row["id"]: from_text(row["first_success_at"]) for row in rows}


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


def is_too_quiet(days: int | None, longest: int | None) -> bool:
    """Whether a page has been silent for so much longer than ever that somebody should look at it."""
    if days is None or longest is None:
        return False
    return days >= MIN_QUIET_DAYS and days > QUIET_FACTOR * longest


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
