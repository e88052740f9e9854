"""What is said of the files of a database that is in use."""

from __future__ import annotations

import os
from pathlib import Path

from structlog.testing import capture_logs

from statustrio.database_files import WAL_WARNING_BYTES, DatabaseFiles


def said(files: DatabaseFiles) -> list[str]:
    with capture_logs() as logs:
        files.look()
    return [entry["event"] for entry in logs]


def test_a_log_that_grows_is_told_once_each_time_it_grew(tmp_path: Path) -> None:
    path = tmp_path / "statustrio.db"
    wal = tmp_path / "statustrio.db-wal"
    path.touch()
    files = DatabaseFiles(path)
    for size, expected in ((1, []), (WAL_WARNING_BYTES + 1, ["database.wal"]), (WAL_WARNING_BYTES + 2, []), (1, [])):
        wal.touch()
        os.truncate(wal, size)
        assert said(files) == expected
    os.truncate(wal, WAL_WARNING_BYTES + 1)
    assert said(files) == ["database.wal"]


def test_a_place_where_everybody_can_write_is_told(tmp_path: Path) -> None:
    files = DatabaseFiles(tmp_path / "statustrio.db")
    with capture_logs() as logs:
        files.look_around()
        tmp_path.chmod(0o1777)
        files.look_around()
    assert [entry["event"] for entry in logs] == ["database.exposed"]
