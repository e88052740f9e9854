"""The readable side of the database: views for `sqlite3`, and the questions of the command line."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from past import AT, at, commit, incident, over

from statustrio.line import render
from statustrio.model import Component, Impact, KnownUpdate, Status
from statustrio.store import queries
from statustrio.store.opening import open_database, open_reader
from statustrio.store.protocol import Cursor, Health, Wanted
from statustrio.store.sqlite import SqliteStore

WANTED = tuple(Wanted(one, one.title(), f"https://{one}.example/feed") for one in ("acme", "bolt"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(open_database(tmp_path / "test.db"), render)) as store:
        store.configure(WANTED)
        yield store


@pytest.fixture
def reader(store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:  # noqa: ARG001  it makes the file
    with closing(open_reader(tmp_path / "test.db")) as reader:
        yield reader


def view(reader: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in reader.execute(f"SELECT * FROM {name}")]


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["incident_id"] for row in rows]


def test_the_views_have_the_columns_of_the_contract(reader: sqlite3.Connection) -> None:
    history = (
        "provider, incident_id, kind, title, status, impact, components, started_at, updated_at, resolved_at, "
        "duration_minutes, update_count, last_seen_at, url"
    )
    columns = {
        "incident_history": history,
        "open_incidents": history,
        "incident_updates": "provider, incident_id, update_at, status, message",
        "provider_health": "provider, last_polled_at, last_success_at, consecutive_failures, last_error, next_poll_at",
        "events": "seq, timestamp, event, provider, incident_id, payload, rule",
    }
    for name, expected in columns.items():
        got = [column[0] for column in reader.execute(f"SELECT * FROM {name}").description]
        assert ", ".join(got) == expected, name


def test_history_tells_all_of_an_incident(store: SqliteStore, reader: sqlite3.Connection) -> None:
    updates = (
        KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look"),
        KnownUpdate(1, at(1), "update", Status.INVESTIGATING, "taken back", vanished=True),
        KnownUpdate(2, at(1), "resolved", Status.RESOLVED, "Done"),
    )
    commit(
        store,
        over(
            "i1",
            start=0,
            end=1.26,
            updates=updates,
            impact=Impact.MAJOR,
            components=(Component("API"), Component("Wéb", "down")),
            url="https://acme.example/i1",
            last_seen_at=at(1),
        ),
        last_success_at=at(5),
    )
    assert view(reader, "incident_history") == [
        {
            "provider": "acme",
            "incident_id": "i1",
            "kind": "incident",
            "title": "Trouble i1",
            "status": "resolved",
            "impact": "major",
            "components": "API, Wéb",
            "started_at": "2026-11-24T12:00:00Z",
            "updated_at": "2026-11-24T12:00:00Z",
            "resolved_at": "2026-11-24T13:15:36Z",
            "duration_minutes": 76,
            "update_count": 2,
            "last_seen_at": "2026-11-24T17:00:00Z",
            "url": "https://acme.example/i1",
        }
    ]


def test_what_the_feed_shows_no_longer_was_last_seen_when_it_left(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    commit(store, incident(shown=False, last_seen_at=at(1)), last_success_at=at(5))
    assert view(reader, "incident_history")[0]["last_seen_at"] == "2026-11-24T13:00:00Z"


def test_absent_knowledge_is_null(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(store, incident("i1", started_at=None, resolved_at=AT, open=False), incident("i2", components=()))
    rows = view(reader, "incident_history")
    assert [(row["duration_minutes"], row["impact"], row["components"]) for row in rows] == [(None, None, None)] * 2


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 0), (0.4, 0), (0.6, 1), (1, 1), (59.99, 60), (60 * 24 * 400, 576000)]
)
def test_a_duration_is_a_whole_number_of_minutes(
    store: SqliteStore, reader: sqlite3.Connection, minutes: float, expected: int
) -> None:
    commit(store, over("i1", start=0, end=minutes / 60))
    (row,) = view(reader, "incident_history")
    assert row["duration_minutes"] == expected
    assert isinstance(row["duration_minutes"], int)


def test_the_duration_of_what_is_open_is_null(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(store, incident())
    assert view(reader, "open_incidents")[0]["duration_minutes"] is None


def test_updates_are_read_in_the_order_of_the_page(store: SqliteStore, reader: sqlite3.Connection) -> None:
    updates = (
        KnownUpdate(0, at(1), "identified", Status.IDENTIFIED, "second"),
        KnownUpdate(1, AT, "investigating", Status.INVESTIGATING, "first"),
        KnownUpdate(2, at(1), "update", Status.IDENTIFIED, "gone", vanished=True),
    )
    commit(store, incident(updates=updates))
    assert [(row["message"], row["status"]) for row in view(reader, "incident_updates")] == [
        ("first", "investigating"),
        ("second", "identified"),
    ]


def test_open_are_those_that_count_as_open_at_providers_that_are_configured(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    commit(store, incident("open"), over("past", start=-2, end=-1), incident("expired", open=False))
    commit(store, incident("elsewhere"), provider="bolt")
    assert (
        ids(view(reader, "open_incidents")) == ids(queries.incidents(reader, only_open=True)) == ["open", "elsewhere"]
    )
    store.configure(WANTED[1:])
    assert ids(view(reader, "open_incidents")) == ids(queries.incidents(reader, only_open=True)) == ["elsewhere"]
    assert len(view(reader, "incident_history")) == 4, "its history stays"
    store.configure(WANTED)
    assert len(view(reader, "open_incidents")) == 2


def test_health_is_that_of_the_configured(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(store, last_polled_at=AT, last_success_at=at(-1), consecutive_failures=2, last_error="HTTP 500")
    store.save_health([Health("acme", at(1))], AT)
    assert view(reader, "provider_health")[0] == {
        "provider": "acme",
        "last_polled_at": "2026-11-24T12:00:00Z",
        "last_success_at": "2026-11-24T11:00:00Z",
        "consecutive_failures": 2,
        "last_error": "HTTP 500",
        "next_poll_at": "2026-11-24T13:00:00Z",
    }
    store.configure(WANTED[1:])
    assert [row["provider"] for row in view(reader, "provider_health")] == ["bolt"]


def test_incidents_are_listed_newest_start_first_and_limited(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(store, over("old", start=-9, end=-8), over("new", start=-1, end=0), over("mid", start=-5, end=-4))
    commit(store, incident("other", started_at=at(-3)), provider="bolt")
    assert ids(queries.incidents(reader)) == ["new", "other", "mid", "old"]
    assert ids(queries.incidents(reader, limit=2)) == ["new", "other"]
    assert ids(queries.incidents(reader, provider="acme", limit=2)) == ["new", "mid"]
    assert ids(queries.incidents(reader, provider="nobody")) == []


def test_since_is_what_was_open_or_ended_after_it(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(
        store,
        over("long ago", start=-20, end=-10),
        over("reaching in", start=-20, end=-1),
        over("within", start=-2, end=-1),
        incident("open", started_at=at(-30)),
    )
    assert ids(queries.incidents(reader, since=at(-3))) == ["within", "reaching in", "open"]


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(-3, []), (-2, ["short"]), (-1.5, ["short"]), (-1, []), (0, ["open"]), (5, ["open"])],
    ids=str,
)
def test_at_is_what_was_open_at_that_moment(
    store: SqliteStore, reader: sqlite3.Connection, hour: float, expected: list[str]
) -> None:
    commit(store, over("short", start=-2, end=-1), incident("open"))
    assert ids(queries.incidents(reader, at=at(hour))) == expected


def test_what_was_withdrawn_was_open_until_it_was_seen_no_more(store: SqliteStore, reader: sqlite3.Connection) -> None:
    """Its last update was long before; `expires_at` is left over from a doubt that was settled."""
    withdrawn = incident("i1", status=Status.WITHDRAWN, open=False, shown=False, last_seen_at=at(3), expires_at=at(100))
    commit(store, withdrawn)
    assert ids(queries.incidents(reader, at=at(2))) == ["i1"]
    assert ids(queries.incidents(reader, at=at(3))) == []
    assert ids(queries.incidents(reader, since=at(2))) == ["i1"]
    assert ids(queries.incidents(reader, since=at(4))) == []


def test_what_nobody_ended_was_open_until_its_time_ran_out(store: SqliteStore, reader: sqlite3.Connection) -> None:
    """Though the feed shows it to this day."""
    commit(store, incident("i1", status=Status.UNKNOWN, expires_at=at(24), last_seen_at=at(400)))
    store.save_health([], at(24))
    assert ids(queries.incidents(reader, at=at(23))) == ["i1"]
    assert ids(queries.incidents(reader, at=at(25))) == []


def test_what_was_open_at_a_provider_that_has_gone_was_over_when_it_was_last_seen(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    commit(
        store, incident("shown", shown=True), incident("left", shown=False, last_seen_at=at(2)), last_success_at=at(5)
    )
    store.configure(WANTED[1:])
    assert ids(queries.incidents(reader, at=at(1))) == ["left", "shown"]
    assert ids(queries.incidents(reader, at=at(3))) == ids(queries.incidents(reader, since=at(3))) == ["shown"]
    assert ids(queries.incidents(reader, at=at(5))) == ids(queries.incidents(reader, since=at(6))) == []
    assert len(queries.incidents(reader)) == 2, "its history stays"
    store.configure(WANTED)
    assert len(queries.incidents(reader, at=at(6))) == len(queries.incidents(reader, since=at(6))) == 2


def test_an_incident_without_a_start_was_open_since_it_was_first_seen(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    commit(store, incident("i1", started_at=None, first_seen_at=AT))
    assert ids(queries.incidents(reader, at=at(-1))) == []
    assert ids(queries.incidents(reader, at=at(1))) == ["i1"]


def test_the_last_words_are_those_of_the_newest_update_that_still_stands(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    updates = (
        KnownUpdate(0, at(1), "identified", Status.IDENTIFIED, "newest"),
        KnownUpdate(1, AT, "investigating", Status.INVESTIGATING, "came later, is older"),
        KnownUpdate(2, at(2), "update", Status.IDENTIFIED, "taken back", vanished=True),
    )
    commit(store, incident("i1", updates=updates), over("i2", start=0, end=1), incident("i3", updates=()))
    assert queries.last_messages(reader) == {("acme", "i1"): "newest", ("acme", "i3"): ""}


def test_the_log_is_read_after_a_seq_and_since_a_time(store: SqliteStore, reader: sqlite3.Connection) -> None:
    commit(store, drafts=2)
    commit(store, drafts=1, last_polled_at=at(1))
    lines = list(queries.events(reader))
    assert [seq for seq, _ in lines] == [1, 2, 3]
    assert [json.loads(line)["seq"] for _, line in lines] == [1, 2, 3]
    assert [line for _, line in lines] == [logged.line for logged in store.events_after(0, 10)]
    assert [seq for seq, _ in queries.events(reader, after=1)] == [2, 3]
    assert [seq for seq, _ in queries.events(reader, since=at(0.5))] == [3]
    assert [seq for seq, _ in queries.events(reader, after=3, since=AT)] == []


def test_providers_are_listed_worst_first_with_what_is_open(store: SqliteStore, reader: sqlite3.Connection) -> None:
    store.configure((*WANTED, Wanted("coil", "Coil", "https://coil.example")))
    commit(
        store, incident("a"), incident("b"), over("c", start=-2, end=-1), platform="statuspage", moved_to="https://x"
    )
    commit(store, provider="bolt", consecutive_failures=1)
    commit(store, provider="coil", consecutive_failures=5, unreachable_since=AT)
    rows = queries.providers(reader)
    assert [row["provider"] for row in rows] == ["coil", "bolt", "acme"]
    assert [row["open_incidents"] for row in rows] == [0, 0, 2]
    assert rows[0]["unreachable_since"] == "2026-11-24T12:00:00Z"
    assert (rows[2]["name"], rows[2]["platform"], rows[2]["moved_to"]) == ("Acme", "statuspage", "https://x")


def test_how_long_a_page_was_quiet_is_told_beside_its_own_record(
    store: SqliteStore, reader: sqlite3.Connection
) -> None:
    days = (0, 2, 11, 12, 13)
    commit(store, *(incident(f"a{day}", updated_at=at(24 * day)) for day in days), incident("u", updated_at=None))
    commit(store, *(incident(f"b{day}", updated_at=at(24 * day)) for day in days[:4]), provider="bolt")
    assert queries.quiet(reader, at(24 * 54.5)) == {"acme": (41, 9)}
    assert queries.quiet(reader, AT) == {"acme": (0, 9)}


def test_a_consumers_lag_is_what_it_is_owed_and_since_when(store: SqliteStore, reader: sqlite3.Connection) -> None:
    store.subscribe([("a", True), ("b", True), ("c", True)])
    commit(store, drafts=2)
    commit(store, drafts=2, last_polled_at=at(1))
    store.acknowledge(Cursor("b", 2, (4,)))
    store.acknowledge(Cursor("c", 4))
    assert queries.consumers(reader) == [
        {"consumer": "a", "cursor": 0, "owed": 4, "owed_since": "2026-11-24T12:00:00Z"},
        {"consumer": "b", "cursor": 2, "owed": 1, "owed_since": "2026-11-24T13:00:00Z"},
        {"consumer": "c", "cursor": 4, "owed": 0, "owed_since": None},
    ]


def test_the_time_since_the_monitor_is_offline_is_known(store: SqliteStore, reader: sqlite3.Connection) -> None:
    assert queries.offline_since(reader) is None
    store.commit_monitor("monitor.offline", "nobody answers", AT)
    assert queries.offline_since(reader) == "2026-11-24T12:00:00Z"
    store.commit_monitor("monitor.online", "they answer", at(1))
    assert queries.offline_since(reader) is None


def test_open_lists_do_not_read_the_whole_history(store: SqliteStore) -> None:
    """A monitor of years has a hundred thousand incidents; the open ones have an index."""
    plan = " ".join(
        row["detail"] for row in store._connection.execute("EXPLAIN QUERY PLAN SELECT * FROM open_incidents")
    )
    assert "incidents_open" in plan


def test_an_update_without_a_time_stands_where_it_came(store: SqliteStore, reader: sqlite3.Connection) -> None:
    """A page can show a new text under an old date: its time is not known, but that it is the newest is."""
    updates = (
        KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "first"),
        KnownUpdate(1, None, "identified", Status.IDENTIFIED, "second"),
    )
    commit(store, incident("i1", updates=updates))
    assert queries.last_messages(reader) == {("acme", "i1"): "second"}
    assert [row["message"] for row in view(reader, "incident_updates")] == ["first", "second"]
