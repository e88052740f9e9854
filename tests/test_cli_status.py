"""`status --fail-on`: silence must be earned."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from past import AT, commit, incident

from statustrio.cli.main import statustrio
from statustrio.line import render
from statustrio.model import Impact, Kind, Status
from statustrio.store.opening import open_database
from statustrio.store.protocol import Wanted
from statustrio.store.sqlite import SqliteStore

SEEN = {"last_success_at": AT, "last_polled_at": AT}
WORK = {"kind": Kind.MAINTENANCE, "status": Status.IN_PROGRESS}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "statustrio.db"


def store(db: Path, *providers: str) -> SqliteStore:
    store = SqliteStore(open_database(db), render)
    store.configure([Wanted(one, one.title(), f"https://{one}.example/feed") for one in providers])
    return store


def status(db: Path, *args: str) -> Result:
    return CliRunner().invoke(statustrio, ["--db", str(db), "status", *args])


@pytest.mark.parametrize(
    ("fields", "fails_on"),
    [
        ({"impact": Impact.CRITICAL}, ["minor", "major", "critical"]),
        ({"impact": Impact.MAJOR}, ["minor", "major"]),
        ({"impact": Impact.MINOR}, ["minor"]),
        ({"impact": Impact.NONE}, []),
        ({"impact": None}, ["minor", "major", "critical"]),
        ({**WORK, "impact": Impact.MAINTENANCE}, []),
        ({**WORK, "impact": None}, []),
    ],
    ids=str,
)
def test_it_fails_on_what_is_so_bad_or_may_be(db: Path, fields: dict[str, Any], fails_on: list[str]) -> None:
    with closing(store(db, "acme")) as written:
        commit(written, incident(**fields), **SEEN)
    failed = [one for one in ("minor", "major", "critical") if status(db, "--fail-on", one).exit_code == 3]
    assert failed == fails_on
    assert status(db).exit_code == 0


def test_why_an_unknown_impact_counts_is_said_in_one_line(db: Path) -> None:
    with closing(store(db, "acme")) as written:
        commit(written, incident("i1"), incident("i2"), **SEEN)
    said = status(db, "--fail-on", "critical").stderr.splitlines()
    assert said[0] == "Open with unknown impact: acme. With --fail-on that counts."
    assert status(db).stderr == ""


@pytest.mark.parametrize(
    ("state", "blind"),
    [
        pytest.param({}, True, id="never seen"),
        pytest.param({**SEEN, "unreachable_since": AT}, True, id="unreachable"),
        pytest.param({**SEEN, "consecutive_failures": 1}, False, id="one poll failed"),
        pytest.param(SEEN, False, id="seen"),
    ],
)
def test_it_fails_on_a_provider_that_is_asked_for_and_cannot_be_seen(
    db: Path, state: dict[str, Any], blind: bool
) -> None:
    with closing(store(db, "acme", "bolt")) as written:
        commit(written, **state)
        commit(written, provider="bolt", **SEEN)
    asked = status(db, "acme", "--fail-on", "critical")
    assert asked.exit_code == (3 if blind else 0)
    line = "Not seen, so unknown: acme (see `statustrio providers`). With --fail-on that counts."
    assert (line in asked.stderr.splitlines()) is blind
    assert status(db, "--fail-on", "critical").exit_code == asked.exit_code, "without names all are asked for"
    assert status(db, "bolt", "--fail-on", "critical").exit_code == 0


def test_a_monitor_that_is_offline_sees_nobody(db: Path) -> None:
    with closing(store(db, *(f"p{n:02}" for n in range(10)))) as written:
        for n in range(10):
            commit(written, provider=f"p{n:02}", **SEEN)
        assert status(db, "--fail-on", "major").exit_code == 0
        written.commit_monitor("monitor.offline", "nobody answers", AT)
    asked = status(db, "--fail-on", "major")
    assert asked.exit_code == 3
    assert "unknown: p00, p01, p02, p03, p04, p05, p06, p07 and 2 more (see" in asked.stderr
