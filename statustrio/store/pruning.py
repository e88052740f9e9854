"""Forgets old history beside a running daemon, in many short transactions. Documents (`bodies`) go by themselves.

An incident goes with its updates and all its events, or stays with all of them: nobody finds half a story. It stays

- while it is open, or the last document of its page showed it;
- while one of its events is younger, is owed to a consumer, or waits to be told;
- if it is not older than all that its page showed last: shown again, it would be taken for a new one. What is older
  has only slid into view, and is not told (`detect`).

Events about no incident that is known go when they are older and nobody is owed them. A seq is never given again.
"""

# ruff: noqa: S608  all queries are fixed texts

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from statustrio.rfc3339 import to_text
from statustrio.store.opening import transaction
from statustrio.store.queries import ENDED_AT

INCIDENTS = 25
"""In one transaction, with their updates and events: a few milliseconds."""
ROWS = 250
"""Events about no incident, and stories, in one transaction."""
SHARE = 5
"""Of the time, at most one part in so many is ours: the daemon asks for the lock anew after up to 0.1 s."""
SHORTEST_PAUSE_SECONDS = 0.02
REPEATS_KNOWN_FOR = timedelta(days=366)
"""The longest `repeat_window`: so long it is known under which title an incident began."""

# What is acknowledged above a cursor stays until the cursor has passed it: what a consumer is owed is counted by both.
_EVENT_GOES = """\
e.timestamp < :before
AND e.seq <= (SELECT coalesce(min(cursor), 9223372036854775807) FROM consumers)
AND e.seq NOT IN (
  SELECT w.value FROM stories s, json_each(s.story, '$.waiting.seqs') w WHERE s.due IS NOT NULL
  UNION ALL
  SELECT s.story ->> '$.newest' FROM stories s WHERE s.due IS NOT NULL AND s.story ->> '$.newest' IS NOT NULL
)"""
_ALONE = "NOT EXISTS (SELECT 1 FROM incidents i WHERE i.provider = e.provider AND i.id = e.incident_id)"
_INCIDENT_GOES = f"""\
i.open = 0 AND i.shown = 0 AND {ENDED_AT} < :before
AND coalesce(i.started_at, i.updated_at) IS NOT NULL
AND max(coalesce(i.started_at, ''), coalesce(i.updated_at, ''), coalesce(i.resolved_at, ''),
        coalesce(i.scheduled_for, ''), coalesce(i.scheduled_until, '')) < p.window_oldest
AND NOT EXISTS (
  SELECT 1 FROM events e WHERE e.provider = i.provider AND e.incident_id = i.id AND NOT ({_EVENT_GOES})
)
AND NOT EXISTS (
  SELECT 1 FROM consumers c CROSS JOIN stories s
  ON s.consumer = c.id AND s.provider = i.provider AND s.incident_id = i.id AND s.due IS NOT NULL
)"""
_GOING = f"SELECT i.provider, i.id FROM incidents i JOIN providers p ON p.id = i.provider WHERE {_INCIDENT_GOES}"
_STILL_GOING = f"""\
SELECT i.provider, i.id
FROM json_each(:chosen) j CROSS JOIN incidents i ON i.provider = j.value ->> 0 AND i.id = j.value ->> 1
JOIN providers p ON p.id = i.provider
WHERE {_INCIDENT_GOES}"""
_CHOSEN = "(SELECT j.value ->> 0, j.value ->> 1 FROM json_each(:chosen) j)"
_LONE_EVENTS = f"SELECT e.seq FROM events e WHERE {_EVENT_GOES} AND {_ALONE}"
_STORY_GOES = """\
s.incident_id <> '' AND s.due IS NULL AND coalesce(s.begun_at, '') < :repeats
AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.provider = s.provider AND i.id = s.incident_id)
AND NOT EXISTS (SELECT 1 FROM events e WHERE e.provider = s.provider AND e.incident_id = s.incident_id)"""
_STORIES = f"SELECT s.consumer, s.provider, s.incident_id FROM stories s WHERE {_STORY_GOES}"
_COUNTS = f"""\
WITH going AS MATERIALIZED ({_GOING})
SELECT (SELECT count(*) FROM going),
  (SELECT count(*) FROM going g CROSS JOIN updates u ON u.provider = g.provider AND u.incident_id = g.id),
  (SELECT count(*) FROM going g CROSS JOIN events e ON e.provider = g.provider AND e.incident_id = g.id)
  + (SELECT count(*) FROM ({_LONE_EVENTS}))"""

Parameters = Mapping[str, str]


@frozen
class Forgotten:
    """How much went, or would go."""

    incidents: int = 0
    updates: int = 0
    events: int = 0

    def __add__(self, other: Forgotten) -> Forgotten:
        return Forgotten(self.incidents + other.incidents, self.updates + other.updates, self.events + other.events)


def count_old(connection: sqlite3.Connection, before: datetime) -> Forgotten:
    """What `prune` would forget now."""
    return Forgotten(*connection.execute(_COUNTS, {"before": to_text(before)}).fetchone())


def prune(
    connection: sqlite3.Connection,
    before: datetime,
    now: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Forgotten]:
    """Forget what was over before then; each item is what one transaction forgot.

    What goes is looked for without a lock, and looked at again under it. `pause` waits for so many seconds between.
    """
    # Lost with the power, the next prune finds it again: no daemon waits here for the disk.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    times = {"before": to_text(before), "repeats": to_text(now - REPEATS_KNOWN_FOR)}
    for query, size, forget in (
        (_GOING, INCIDENTS, _forget_incidents),
        (_LONE_EVENTS, ROWS, _forget_events),
        (_STORIES, ROWS, _forget_stories),
    ):
        found = [list(row) for row in connection.execute(query, times)]
        for start in range(0, len(found), size):
            began = time.monotonic()
            with transaction(connection):
                forgotten = forget(connection, times, found[start : start + size])
            yield forgotten
            pause(max((SHARE - 1) * (time.monotonic() - began), SHORTEST_PAUSE_SECONDS))


def _forget_incidents(connection: sqlite3.Connection, times: Parameters, keys: Sequence[object]) -> Forgotten:
    rows = connection.execute(_STILL_GOING, {**times, "chosen": json.dumps(keys)}).fetchall()
    chosen = {"chosen": json.dumps([list(row) for row in rows])}
    events = connection.execute(f"DELETE FROM events WHERE (provider, incident_id) IN {_CHOSEN}", chosen)
    updates = connection.execute(f"DELETE FROM updates WHERE (provider, incident_id) IN {_CHOSEN}", chosen)
    connection.execute(f"DELETE FROM incidents WHERE (provider, id) IN {_CHOSEN}", chosen)
    return Forgotten(len(rows), updates.rowcount, events.rowcount)


def _forget_events(connection: sqlite3.Connection, times: Parameters, seqs: Sequence[object]) -> Forgotten:
    chosen = {**times, "chosen": json.dumps(seqs)}
    events = connection.execute(
        f"DELETE FROM events AS e WHERE e.seq IN (SELECT value ->> 0 FROM json_each(:chosen)) "
        f"AND {_EVENT_GOES} AND {_ALONE}",
        chosen,
    )
    return Forgotten(events=events.rowcount)


def _forget_stories(connection: sqlite3.Connection, times: Parameters, keys: Sequence[object]) -> Forgotten:
    connection.execute(
        "DELETE FROM stories AS s WHERE (s.consumer, s.provider, s.incident_id) IN "
        f"(SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_each(:chosen) j) AND {_STORY_GOES}",
        {**times, "chosen": json.dumps(keys)},
    )
    return Forgotten()
