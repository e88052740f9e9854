"""Looks whether the log of a database in use is no larger than it should be."""

from __future__ import annotations

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
