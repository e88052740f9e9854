"""What SQLite and the system say of a file, as an error that the command line shows without a traceback."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TypeGuard

from statustrio.errors import StoreError, StoreUnavailableError

DatabaseFailure = sqlite3.DatabaseError
"""For those who only want to know that there was one."""
NO_ROOM_BYTES = 64 * 1024
"""A disk with less than this is full: SQLite needs as much to begin to read."""

_LOCKED = "{path}: {exc}: another program is writing to it, or keeps others from it; end that"
_SAID: Mapping[int, tuple[type[StoreError], str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: (StoreUnavailableError, _LOCKED),
        sqlite3.SQLITE_LOCKED: (StoreUnavailableError, _LOCKED),
        sqlite3.SQLITE_PROTOCOL: (StoreUnavailableError, _LOCKED),
        sqlite3.SQLITE_IOERR: (
            StoreUnavailableError,
            "{path}: {exc}; look at its disk, and at what the system's log says of it",
        ),
        sqlite3.SQLITE_CANTOPEN: (
            StoreError,
            (
                "{path}: {exc}; SQLite writes beside it (-wal, -shm) even to read: that has to be allowed there, "
                "or copy it to where it is"
            ),
        ),
        sqlite3.SQLITE_NOTADB: (
            StoreError,
            (
                "{path} is no database; it is left untouched, choose another place with --db, "
                "or put a backup there if it was one"
            ),
        ),
        sqlite3.SQLITE_CORRUPT: (
            StoreError,
            (
                "{path} is damaged ({exc}); it is left untouched: `statustrio check --database` says more, "
                "then put a backup in its place"
            ),
        ),
    }
)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_PRIMARY = 0xFF
"""Of SQLite's error codes the part that says what kind it is."""


def is_bug(exc: sqlite3.DatabaseError) -> bool:
    """Whether this is about a value or a statement that will never be taken, not about the file."""
    if isinstance(exc, sqlite3.OperationalError):
        return _code(exc) == sqlite3.SQLITE_ERROR
    return type(exc) is not sqlite3.DatabaseError


def is_damage(exc: BaseException | None) -> TypeGuard[sqlite3.DatabaseError]:
    """Whether SQLite has found the file damaged, or none of its own."""
    return isinstance(exc, sqlite3.DatabaseError) and _code(exc) in _DAMAGED


def in_words(exc: sqlite3.Error, path: Path) -> StoreError:
    """What is wrong with this database, and what to do about it."""
    code = _code(exc)
    if code == sqlite3.SQLITE_FULL or (code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and is_full(path)):
        return StoreUnavailableError(f"{path}: its disk is full; make room there")
    kind, said = _SAID.get(code, (StoreError, "{path}: {exc}"))
    return kind(said.format(path=path, exc=exc))


def _code(exc: sqlite3.Error) -> int:
    # What the module itself finds has no code.
    return int(getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & _PRIMARY


def is_full(path: Path) -> bool:
    """Whether the disk of a file has no room left."""
    with suppress(OSError):
        return shutil.disk_usage(path.absolute().parent).free < NO_ROOM_BYTES
    return False


def of_system(exc: OSError, path: Path, advice: str = "") -> StoreError:
    """The same of what the system says; `advice` is what to do where the place is at fault."""
    if exc.errno in _NO_ROOM:
        return StoreUnavailableError(f"{path}: its disk is full; make room there")
    return StoreError(f"{path}: {exc.strerror}{advice}")


@contextmanager
def translated(path: Path, advice: str = "") -> Iterator[None]:
    """StoreError for what SQLite and the system raise about this file."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        raise in_words(exc, path) from exc
    except OSError as exc:
        raise of_system(exc, path, advice) from exc
