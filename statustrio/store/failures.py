"""What SQLite and the system say of a file, as an error that the command line shows without a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statustrio.errors import StoreError


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """StoreError for what SQLite and the system raise about this file."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        raise StoreError(f"{path}: {exc}") from exc
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror}") from exc
