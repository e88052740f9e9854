"""An index of the words of incidents, in a file of its own beside the database: `<database>.search`.

Whoever searches keeps it; recording pays nothing for it. It holds nothing that the database does not, and may be
removed at any time: then it is made again. Each incident is one text, its title and all that its updates say, and what
stands there is known by a digest. A provider is gone through again when its version has moved on.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from statustrio.errors import StoreError
from statustrio.store.failures import translated
from statustrio.store.opening import connect, file_uri, statements, transaction

MOST_WORDS = 10
"""Of a search."""
VERSION = 1

_SCHEMA = f"""\
CREATE TABLE indexed (
  id          INTEGER PRIMARY KEY,
  provider    TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  digest      BLOB NOT NULL,
  changeable  INTEGER NOT NULL,                     -- the page showed it, or it was open, when it was gone through last
  UNIQUE (provider, incident_id)
);
CREATE TABLE gone_through (provider TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
PRAGMA user_version = {VERSION};
"""
_BEHIND = (
    "SELECT p.id, p.version FROM log.providers p LEFT JOIN gone_through g ON g.provider = p.id "
    "WHERE g.version IS NOT p.version LIMIT ?"
)
_CHANGEABLE = (
    "SELECT i.id, i.title, i.open OR i.shown AS changeable, x.digest, x.changeable AS was_changeable "
    "FROM log.incidents i LEFT JOIN indexed x ON x.provider = i.provider AND x.incident_id = i.id "
    "WHERE i.provider = ? AND (i.open = 1 OR i.shown = 1 OR x.id IS NULL OR x.changeable = 1)"
)
_DROPPED = (
    "SELECT x.id FROM indexed x WHERE x.provider = ? AND NOT EXISTS "
    "(SELECT 1 FROM log.incidents i WHERE i.provider = x.provider AND i.id = x.incident_id)"
)
FOUND = (
    "(i.provider, i.id) IN (SELECT x.provider, x.incident_id FROM search.words w "
    "JOIN search.indexed x ON x.id = w.rowid WHERE w.text MATCH :words)"
)
"""The condition on an incident `i` that it holds the `:words`, on a connection that `attach` was called for."""


def index_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.search")


def open_index(database: Path) -> sqlite3.Connection:
    """A connection for the one who keeps the index; it is made, or made anew where it is damaged or another version's.

    The database must be there; it is only read. StoreError where the file cannot be made.
    """
    path = index_of(database)
    with translated(path):
        with suppress(sqlite3.DatabaseError), _removed_if_damaged(path):
            return _open(path, database)
        return _open(path, database)


def _open(path: Path, database: Path) -> sqlite3.Connection:
    # SQLite would make it for everybody to read; what it makes beside it has the mode of this one.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = connect(file_uri(path, "rw"))
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError("the index of another version")
        # Lost with the power, it is made again.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        if version == 0:
            with transaction(connection):
                for statement in statements(_SCHEMA):
                    connection.execute(statement)
        connection.execute("ATTACH ? AS log", (file_uri(database, "ro"),))
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(FileNotFoundError):
            path.with_name(name).unlink()


@contextmanager
def _removed_if_damaged(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        _remove(path)
        raise


def catch_up(connection: sqlite3.Connection, database: Path, most: int) -> bool:
    """Go through the incidents of at most so many providers that are behind; whether more are.

    StoreError where the index, or the database, cannot be used now; an index that was removed, or is damaged, is made
    anew when it is opened again.
    """
    path = index_of(database)
    if not path.exists():
        raise StoreError(f"{path} was removed")
    with translated(path), _removed_if_damaged(path):
        behind = connection.execute(_BEHIND, (most + 1,)).fetchall()
        for row in behind[:most]:
            with transaction(connection):
                _go_through(connection, row["id"])
                connection.execute("INSERT OR REPLACE INTO gone_through VALUES (?, ?)", (row["id"], row["version"]))
    return len(behind) > most


def _go_through(connection: sqlite3.Connection, provider: str) -> None:
    for row in connection.execute(_CHANGEABLE, (provider,)).fetchall():
        texts = connection.execute(
            "SELECT text FROM log.updates WHERE provider = ? AND incident_id = ? ORDER BY n", (provider, row["id"])
        )
        text = "\n".join((row["title"], *(update["text"] for update in texts)))
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if (digest, row["changeable"]) == (row["digest"], row["was_changeable"]):
            continue
        (place,) = connection.execute(
            "INSERT INTO indexed (provider, incident_id, digest, changeable) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET digest = excluded.digest, changeable = excluded.changeable RETURNING id",
            (provider, row["id"], digest, row["changeable"]),
        ).fetchone()
        if digest != row["digest"]:
            connection.execute("INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)", (place, text))
    for (place,) in connection.execute(_DROPPED, (provider,)).fetchall():
        connection.execute("DELETE FROM words WHERE rowid = ?", (place,))
        connection.execute("DELETE FROM indexed WHERE id = ?", (place,))


def attach(connection: sqlite3.Connection, database: Path) -> None:
    """Let a connection that reads the database search the index. StoreError where that is not there."""
    path = index_of(database)
    with translated(path):
        connection.execute("ATTACH ? AS search", (file_uri(path, "ro"),))


def phrase(words: str) -> str:
    """The words, or what they begin, as FTS5 takes them: in quotes nothing of what people write is an operator."""
    quoted = (word.replace('"', '""').replace("\0", "") for word in words.split()[:MOST_WORDS])
    return " ".join(f'"{word}"*' for word in quoted)
