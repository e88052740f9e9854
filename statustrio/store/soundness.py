"""Whether a database is sound: the file itself, and what its tables have to agree on. It only reads.

Each question is about a moment of its own: none holds back the log of a daemon beside it for longer than it takes.
"""

# ruff: noqa: S608  all queries are fixed texts

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from attrs import frozen

from statustrio.errors import StoreError
from statustrio.events import BEGINNINGS, ENDS
from statustrio.model import OVER, Status
from statustrio.store.failures import in_words, is_damage
from statustrio.store.opening import begins_as_database, open_reader

MOST_SHOWN = 5
"""Of one kind of fault; it is said how many there are beside."""

_DAMAGED = "move the file away and put a backup in its place, or save what can be read with `sqlite3 FILE .recover`"
_REPORT = "please report it, with what happened before; a backup from before then has it right"
_NO_HARM = f"the daemon goes on; {_REPORT}"

_TIMES = {
    "providers": (
        "window_oldest", "first_success_at", "last_polled_at", "last_success_at", "next_poll_at", "not_before",
        "unreachable_since", "active_until",
    ),
    "incidents": (
        "started_at", "updated_at", "resolved_at", "scheduled_for", "scheduled_until", "first_seen_at", "last_seen_at",
        "missing_since", "expires_at",
    ),
    "updates": ("at",),
    "events": ("timestamp",),
    "bodies": ("at",),
    "stories": ("due", "begun_at"),
    "mutes": ("until", "muted_at"),
    "dead_letters": ("set_aside_at",),
}  # fmt: skip
_SECOND = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
_GIVEN = "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events')"
"""The last seq that was given to an event."""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


@frozen
class Fault:
    """What is wrong, in words, and what to do about it."""

    what: str
    advice: str


@frozen
class _Question:
    """A query that finds nothing in a sound database; `what` and `advice` have places for its columns."""

    what: str
    query: str
    advice: str = _REPORT


_QUESTIONS = (
    _Question(
        "event {} is above the last number that was given, {}: the next event would get a number that was used",
        f"SELECT seq, {_GIVEN} FROM events WHERE seq > {_GIVEN}",
        "stop the daemon and set it: `sqlite3 FILE \"DELETE FROM sqlite_sequence WHERE name = 'events'; "
        "INSERT INTO sqlite_sequence SELECT 'events', max(seq) FROM events\"`",
    ),
    _Question(
        "the line of event {} is no JSON object",
        "SELECT seq FROM events WHERE iif(json_valid(payload), json_type(payload), '') <> 'object'",
        'consumers wait before it: put a backup in its place, or `sqlite3 FILE "DELETE FROM events WHERE seq = {0}"`',
    ),
    _Question(
        "the line of event {} is about another event: its {} is not the one in the table",
        "SELECT seq, CASE WHEN payload ->> '$.seq' IS NOT seq THEN 'seq' WHEN payload ->> '$.event' IS NOT event "
        "THEN 'event' WHEN payload ->> '$.provider' IS NOT provider THEN 'provider' "
        "WHEN payload ->> '$.timestamp' IS NOT timestamp THEN 'timestamp' ELSE 'incident_id' END "
        "FROM events WHERE iif(json_valid(payload), json_type(payload), '') = 'object' AND "
        "(payload ->> '$.seq', payload ->> '$.event', payload ->> '$.provider', payload ->> '$.incident_id', "
        "payload ->> '$.timestamp') IS NOT (seq, event, provider, incident_id, timestamp)",
        _NO_HARM,
    ),
    _Question(
        "the updates of {}/{} are not complete: there are {}, numbered from {} to {}",
        "SELECT provider, incident_id, count(*), min(n), max(n) FROM updates GROUP BY provider, incident_id "
        "HAVING min(n) <> 0 OR max(n) <> count(*) - 1",
        _NO_HARM,
    ),
    _Question(
        "{}/{} has no update",
        "SELECT provider, id FROM incidents i WHERE NOT EXISTS "
        "(SELECT 1 FROM updates u WHERE u.provider = i.provider AND u.incident_id = i.id)",
        _NO_HARM,
    ),
    _Question(
        "{}/{} counts as open, and its status is {}",
        f"SELECT provider, id, status FROM incidents WHERE open = 1 AND status IN ({_listed(tuple(OVER))})",
        _NO_HARM,
    ),
    _Question(
        "{}/{} does not count as open, though its status is {} and its time has not run out",
        "SELECT provider, id, status FROM incidents "
        f"WHERE open = 0 AND expires_at IS NULL AND status NOT IN ({_listed(tuple(OVER))})",
        _NO_HARM,
    ),
    _Question(
        "{}/{} is {}, but the last that was told of it is {} (event {})",
        "WITH told AS (SELECT provider, incident_id, max(seq) AS seq, event FROM events "
        f"WHERE incident_id IS NOT NULL AND event IN ({_listed((*BEGINNINGS, *ENDS))}) GROUP BY provider, incident_id) "
        "SELECT i.provider, i.id, i.status, t.event, t.seq FROM told t CROSS JOIN incidents i "
        f"ON i.provider = t.provider AND i.id = t.incident_id WHERE i.status <> '{Status.SUPERSEDED}' AND "
        f"(t.event IN ({_listed(tuple(ENDS))})) <> (i.status IN ({_listed(tuple(OVER))}))",
        _NO_HARM,
    ),
    _Question(
        "the place of consumer {} in the log is {}, and the log ends with {}: it would not be told what comes next",
        f"SELECT id, cursor, {_GIVEN} FROM consumers WHERE cursor NOT BETWEEN 0 AND {_GIVEN}",
        'stop the daemon and set it: `sqlite3 FILE "UPDATE consumers SET cursor = '
        "(SELECT coalesce(max(seq), 0) FROM events) WHERE id = '{0}'\"`",
    ),
    _Question(
        "what consumer {} has had above its place in the log is not a list of events above it: {}",
        "SELECT id, beyond FROM consumers c WHERE CASE WHEN NOT json_valid(beyond) THEN 1 "
        "WHEN json_type(beyond) <> 'array' THEN 1 ELSE EXISTS (SELECT 1 FROM json_each(c.beyond) b "
        f"WHERE b.type <> 'integer' OR b.value <= c.cursor OR b.value > {_GIVEN}) END",
        "stop the daemon and forget it, some events come again: "
        "`sqlite3 FILE \"UPDATE consumers SET beyond = '[]' WHERE id = '{0}'\"`",
    ),
    _Question(
        "what consumer {} was told of {}/{} is no JSON object",
        "SELECT consumer, provider, incident_id FROM stories "
        "WHERE iif(json_valid(story), json_type(story), '') <> 'object'",
        "stop the daemon and delete that row of `stories`",
    ),
    _Question(
        "event {}, which consumer {} is to be told of later, is not in the log",
        "SELECT w.value, s.consumer FROM stories s, "
        "json_each(iif(json_valid(s.story), s.story, '{}'), '$.waiting.seqs') w "
        "WHERE s.due IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = w.value)",
        _NO_HARM,
    ),
    *(
        _Question(
            f"a time in `{table}` is none: {column} is {{!r}}",
            f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL AND (julianday({column}) IS NULL OR NOT "
            f"({column} GLOB '{_SECOND}Z' OR {column} GLOB '{_SECOND}.[0-9][0-9][0-9]Z'))",
            f"the daemon stumbles over it: set it with `sqlite3` to one like 2026-11-24T14:00:00Z; {_REPORT}",
        )
        for table, columns in _TIMES.items()
        for column in columns
    ),
)


def find_faults(path: Path) -> Iterator[Fault]:
    """What is wrong with a database, the file itself first. StoreError where there is none that could be looked at."""
    try:
        connection = open_reader(path)
    except StoreError as exc:
        if is_damage(exc.__cause__) and begins_as_database(path):
            yield Fault(f"the file is damaged: {exc.__cause__}", _DAMAGED)
            return
        raise
    with closing(connection):
        try:
            yield from _found(connection)
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise in_words(exc, path) from exc
            yield Fault(f"the file is damaged: {exc}", _DAMAGED)


def _found(connection: sqlite3.Connection) -> Iterator[Fault]:
    damage = [row[0] for row in connection.execute(f"PRAGMA integrity_check({MOST_SHOWN})")]
    if damage != ["ok"]:
        yield from (Fault(f"the file is damaged: {line}", _DAMAGED) for line in damage)
        return
    lost = connection.execute('SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2')
    yield from (
        Fault(f"{count} rows of `{table}` belong to no row of `{parent}`", _REPORT) for table, parent, count in lost
    )
    for question in _QUESTIONS:
        rows = connection.execute(question.query)
        for row in islice(rows, MOST_SHOWN):
            yield Fault(question.what.format(*row), question.advice.format(*row))
        if more := sum(1 for _ in rows):
            yield Fault(f"and {more} more like the last one", "do the same about them")
