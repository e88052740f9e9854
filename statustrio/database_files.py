"""Looks at the files of a database in use: is its log no larger than it should be, are they out of reach for others."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

import structlog
from attrs import define, field

WAL_WARNING_BYTES = 64 * 2**20

log = structlog.get_logger("statustrio.database")


@define
class DatabaseFiles:
    """What was seen of them; a warning comes once."""

    _path: Path
    _grown: bool = field(init=False, default=False)

    def look_around(self) -> None:
        """Say whether others can put files beside it, which SQLite would take for its own."""
        place = self._path.resolve().parent
        if place.stat().st_mode & stat.S_IWOTH:
            log.warning(
                "database.exposed",
                path=str(place),
                hint="everybody can write there: move the database to a directory of its own",
            )

    def look(self) -> None:
        with suppress(FileNotFoundError):
            size = self._path.with_name(f"{self._path.name}-wal").stat().st_size
            before, self._grown = self._grown, size > WAL_WARNING_BYTES
            if self._grown and not before:
                log.warning(
                    "database.wal",
                    bytes=size,
                    reason="a reader holds the log back: end old sqlite3 sessions on this file",
                )
