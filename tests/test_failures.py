"""What SQLite and the system say, in words that tell what to do."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from statustrio.errors import StoreError, StoreUnavailableError
from statustrio.store import failures
from statustrio.store.failures import in_words, is_bug, is_damage, translated

PATH = Path("/somewhere/statustrio.db")


def sqlite_error(code: int, kind: type[sqlite3.DatabaseError] = sqlite3.OperationalError) -> sqlite3.DatabaseError:
    error = kind("it said so")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_BUSY, StoreUnavailableError, "another program is writing to it"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreUnavailableError, "another program is writing to it"),
        (sqlite3.SQLITE_FULL, StoreUnavailableError, "its disk is full; make room there"),
        (sqlite3.SQLITE_IOERR_WRITE, StoreUnavailableError, "look at its disk"),
        (sqlite3.SQLITE_CANTOPEN, StoreError, "has to be allowed there"),
        (sqlite3.SQLITE_NOTADB, StoreError, "choose another place with --db"),
        (sqlite3.SQLITE_CORRUPT, StoreError, "put a backup in its place"),
        (sqlite3.SQLITE_READONLY, StoreError, "it said so"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_what_to_do(code: int, kind: type[StoreError], words: str) -> None:
    told = in_words(sqlite_error(code), PATH)
    assert type(told) is kind
    assert str(told).startswith(str(PATH))
    assert words in str(told)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CANTOPEN])
def test_on_a_full_disk_that_is_the_reason(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "is_full", lambda _: True)
    assert "disk is full" in str(in_words(sqlite_error(code), PATH))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_system_without_room_is_a_full_disk(number: int) -> None:
    with pytest.raises(StoreUnavailableError, match="make room"), translated(PATH):
        raise OSError(number, "No space left on device")


def test_what_else_the_system_says_comes_with_the_advice_of_the_place() -> None:
    told = pytest.raises(StoreError, match=r"Permission denied; choose another place$")
    with told, translated(PATH, "; choose another place"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_bug_is_told_from_a_file_at_fault() -> None:
    assert is_bug(sqlite_error(sqlite3.SQLITE_ERROR))
    assert is_bug(sqlite_error(sqlite3.SQLITE_CONSTRAINT, sqlite3.IntegrityError))
    assert is_bug(sqlite3.ProgrammingError("no code at all"))
    assert not is_bug(sqlite_error(sqlite3.SQLITE_FULL))
    assert not is_bug(sqlite_error(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError))
    assert is_damage(sqlite_error(sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.DatabaseError))
    assert not is_damage(sqlite_error(sqlite3.SQLITE_FULL))
    assert not is_damage(None)
