"""Copies of a database that is in use: whole or not there at all, for their owner alone.

A copy is made in one step, of one moment: a writer beside it goes on and never makes it begin again, as it would if
the copy were made page after page. Meanwhile the log of writes cannot be emptied and grows by what is written.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from statustrio.errors import StoreError
from statustrio.store.failures import translated


def copy_database(connection: sqlite3.Connection, copy: Path) -> None:
    """Copy to a file, which is replaced if it is there. StoreError, and nothing left, where that cannot be."""
    # What keeps it from being read is no fault of the copy's place.
    connection.execute("PRAGMA schema_version").fetchone()
    with translated(copy):
        descriptor, name = tempfile.mkstemp(prefix=f".{copy.name}.", suffix=".part", dir=copy.parent)
        part = Path(name)
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as target:
                # A copy that breaks off is thrown away: nothing has to be undone in it.
                target.execute("PRAGMA journal_mode = OFF")
                target.execute("PRAGMA synchronous = OFF")
                connection.backup(target)
            os.fsync(descriptor)
            part.rename(copy)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def back_up(connection: sqlite3.Connection, copy: Path) -> None:
    """Copy to a file that is not there yet. StoreError where it is, or cannot be written."""
    if copy.exists() or copy.is_symlink():
        raise StoreError(f"{copy} is there already; it is left untouched, name another file")
    if not copy.parent.is_dir():
        raise StoreError(f"{copy.parent} is no directory that is there; make it, or name another file")
    copy_database(connection, copy)
