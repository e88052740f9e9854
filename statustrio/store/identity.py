"""Whether the files of an open database are still those of its name. It decides nothing of what is in them.

A file that was removed or replaced goes on living for whoever has it open, and ends with that: what is written to it
then is stored for nobody. With `-shm` and the lock file go the locks that keep two programs from writing at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from attrs import frozen

from statustrio.errors import StoreLostError
from statustrio.store.protocol import StorageError

ENDINGS = ("", "-wal", "-shm", ".lock")


@frozen
class Identity:
    """Which files they were, by path: device and number."""

    _files: Mapping[Path, tuple[int, int]]

    @classmethod
    def of(cls, database: Path) -> Self:
        """Those that are there now: all but the lock file have to be once something was read."""
        paths = [database.with_name(database.name + ending) for ending in ENDINGS]
        return cls({path: _look(path) for path in paths if path.exists()})

    def check(self) -> None:
        """StoreLostError where one is another or none now, StorageError where that cannot be seen."""
        for path, was in self._files.items():
            try:
                found = _look(path)
            except (FileNotFoundError, NotADirectoryError):
                raise StoreLostError(_lost(path, "removed")) from None
            except OSError as exc:
                raise StorageError(f"{path}: {exc.strerror}") from exc
            if found != was:
                raise StoreLostError(_lost(path, "replaced"))


def _look(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _lost(path: Path, what: str) -> str:
    return (
        f"{path} was {what} while the daemon used it: ending, for nothing that is stored now would be found again; "
        "put it back, or a backup in its place, and start again"
    )
