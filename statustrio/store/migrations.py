"""From one schema version to the next. A step is never changed once it was released: it is what was, word for word."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from types import MappingProxyType

Migration = Callable[[sqlite3.Connection], None]

_BODIES = """\
CREATE TABLE bodies (
  id           INTEGER PRIMARY KEY,
  provider     TEXT NOT NULL REFERENCES providers(id),
  at           TEXT NOT NULL,
  seq_first    INTEGER,
  seq_last     INTEGER,
  platform     TEXT NOT NULL,
  url          TEXT NOT NULL,
  content_type TEXT,
  body         BLOB NOT NULL
)"""


def _keep_rules_and_bodies(connection: sqlite3.Connection) -> None:
    """1 to 2: why there is an event, the documents that changed something, where a page was and moves to."""
    connection.execute("ALTER TABLE events ADD COLUMN rule TEXT")
    connection.execute("ALTER TABLE providers ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'")
    connection.execute("ALTER TABLE providers ADD COLUMN moved_to TEXT")
    connection.execute(_BODIES)
    connection.execute("CREATE INDEX bodies_by_provider ON bodies (provider, id)")


def _keep_traces(connection: sqlite3.Connection) -> None:
    """2 to 3: what makes the reading of the next document short also after a start."""
    connection.execute("ALTER TABLE providers ADD COLUMN trace TEXT")


_MUTES = """\
CREATE TABLE mutes (
  provider    TEXT NOT NULL DEFAULT '',
  incident_id TEXT NOT NULL DEFAULT '',
  until       TEXT NOT NULL,
  reason      TEXT,
  muted_at    TEXT NOT NULL,
  PRIMARY KEY (provider, incident_id)
) WITHOUT ROWID"""
_DEAD_LETTERS = """\
CREATE TABLE dead_letters (
  id       INTEGER PRIMARY KEY,
  consumer TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  event    TEXT NOT NULL,
  line     TEXT NOT NULL,
  reason   TEXT NOT NULL,
  set_aside_at TEXT NOT NULL
)"""
_BEGUN = """\
INSERT INTO stories (consumer, provider, incident_id, story)
SELECT c.id, i.provider, i.id, '{"told": true, "begun": true}'
  FROM consumers c JOIN incidents i ON i.open = 1
 WHERE EXISTS (SELECT 1 FROM events e WHERE e.provider = i.provider AND e.incident_id = i.id AND e.seq <= c.cursor)
ON CONFLICT (consumer, provider, incident_id) DO UPDATE SET story = json_set(story, '$.begun', json('true'))
 WHERE json_extract(story, '$.told')"""


def _keep_what_waits(connection: sqlite3.Connection) -> None:
    """3 to 4: what consumers are told later, mutes, what nobody takes. Who was told of an open incident hears more."""
    for column in ("due TEXT", "title TEXT", "begun_at TEXT"):
        connection.execute(f"ALTER TABLE stories ADD COLUMN {column}")
    connection.execute("CREATE INDEX stories_due ON stories (consumer, due) WHERE due IS NOT NULL")
    connection.execute(_MUTES)
    connection.execute(_DEAD_LETTERS)
    connection.execute(_BEGUN)


MIGRATIONS: Mapping[int, Migration] = MappingProxyType(
    {1: _keep_rules_and_bodies, 2: _keep_traces, 3: _keep_what_waits}
)
"""By the version they start from: each brings a file one version up, inside the one transaction of all."""
