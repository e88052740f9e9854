"""Copies of a database that is in use: whole or not there at all, for their owner alone.

A copy is made in one step, of one moment: a writer beside it goes on and never makes it begin again, as it would if
the copy were made page after page. Meanwhile the log of writes cannot be emptied and grows by what is written.

It is made under a hidden name and then given its own. Of a process that was killed meanwhile that part stays; the next
copy into the same directory removes it. Whoever is at work on a part holds a lock on it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from statustrio.errors import StoreError
from statustrio.store.failures import translated

PREFIX, SUFFIX = ".statustrio-", ".part"


def copy_database(connection: sqlite3.Connection, copy: Path) -> None:
    """Copy to a file, which is replaced if it is there. StoreError, and nothing left, where that cannot be."""
    # What keeps it from being read is no fault of the copy's place.
    connection.execute("PRAGMA schema_version").fetchone()
    with translated(copy):
        _remove_orphans(copy.parent)
        with _held_part(copy.parent) as (part, descriptor):
            # Nobody else opens it: it needs no locks of SQLite's, which some systems take for those of `flock`.
            with closing(
                sqlite3.connect(f"{part.absolute().as_uri()}?nolock=1", uri=True, isolation_level=None)
            ) as target:
                # A copy that breaks off is thrown away: nothing has to be undone in it.
                target.execute("PRAGMA journal_mode = OFF")
                target.execute("PRAGMA synchronous = OFF")
                connection.backup(target)
            os.fsync(descriptor)
            part.rename(copy)


@contextmanager
def _held_part(folder: Path) -> Iterator[tuple[Path, int]]:
    """A file for a copy, and its descriptor, which holds the lock on it; removed if the copy is not made."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
        part = Path(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Before it was locked it may have been taken for an orphan.
            if os.fstat(descriptor).st_nlink:
                yield part, descriptor
                return
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _remove_orphans(folder: Path) -> None:
    """Remove the parts that nobody is at work on any more."""
    for part in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def back_up(connection: sqlite3.Connection, copy: Path) -> None:
    """Copy to a file that is not there yet. StoreError where it is, or cannot be written."""
    with translated(copy):
        if copy.exists() or copy.is_symlink():
            raise StoreError(f"{copy} is there already; it is left untouched, name another file")
        if not copy.parent.is_dir():
            raise StoreError(f"{copy.parent} is no directory that is there; make it, or name another file")
        copy_database(connection, copy)
