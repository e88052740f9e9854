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


MIGRATIONS: Mapping[int, Migration] = MappingProxyType({1: _keep_rules_and_bodies, 2: _keep_traces})
"""By the version they start from: each brings a file one version up, inside the one transaction of all."""
