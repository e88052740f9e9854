"""`why`: the entry before and after, the rule, and who was told; from the last documents that changed anything."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
from attrs import define, evolve, field
from click.testing import CliRunner, Result
from daemons import running, write_config
from pages import BEGIN, StatusPage
from server import open_server

from statustrio.cli.main import statustrio
from statustrio.config import ProviderConfig
from statustrio.errors import FetchError, StoreError
from statustrio.fetch import Fetched, NotModified
from statustrio.line import render
from statustrio.model import Acknowledgement, Observation, ProviderState, Reading, Validators
from statustrio.packing import unpack
from statustrio.poller import Poll, poll_once
from statustrio.reader import read_fetched
from statustrio.reading import Document
from statustrio.recorder import record
from statustrio.rules import Rule
from statustrio.store import queries
from statustrio.store.opening import open_database, open_reader
from statustrio.store.protocol import Cursor, Wanted
from statustrio.store.sqlite import SqliteStore

CONFIGURATION = """\
providers:
  - {name: "Acme", feed_url: "https://acme.example/${ACME_KEY}/history.atom", tags: [work]}
consumers:
  - {type: stdout}
  - {type: file, id: late, path: late.jsonl}
  - {type: file, id: new, path: new.jsonl}
  - {type: file, id: major, path: major.jsonl, min_impact: major}
  - {type: file, id: ends, path: ends.jsonl, events: [incident.resolved]}
  - {type: file, id: words, path: words.jsonl, match: "database"}
"""
ACME = ProviderConfig("acme", "Acme", "https://acme.example/history.atom")


@define
class Life:
    """A database as polls of a page leave it, one a minute, and the command on it."""

    folder: Path
    store: SqliteStore
    config: ProviderConfig = field(factory=lambda: ACME)
    page: StatusPage = field(factory=StatusPage)
    minute: float = 0
    answer: bytes | FetchError | None = None

    def poll(self, *, minutes: float = 1, answer: bytes | FetchError | None = None, **settings: Any) -> None:
        """Poll the page as it is now, or get this answer."""
        self.minute += minutes
        self.answer = answer or self.page.page.body
        poll = Poll(
            self._fetch,
            self._read,
            self._enrich,
            self._submit,
            lambda *_: None,
            lambda: 0.5,
            lambda: self.now,
            **settings,
        )
        trio.run(poll_once, self.config, self.store.load_state(self.config.id), poll)

    @property
    def now(self) -> datetime:
        return BEGIN + timedelta(minutes=self.minute)

    async def _fetch(self, url: str, _validators: Validators) -> Fetched | NotModified:
        if isinstance(self.answer, FetchError):
            raise self.answer
        assert self.answer is not None
        return Fetched(self.answer, Validators(), url, content_type="application/atom+xml")

    async def _read(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        return read_fetched(fetched, config, state)

    async def _enrich(self, readings: Any, *, many: bool) -> tuple[Reading, ...]:  # noqa: ARG002  the protocol
        return tuple(readings)

    async def _submit(self, observation: Observation) -> Acknowledgement:
        with self.store.group(durable=True):
            return record(self.store, observation, all_dark=False, recorded_at=self.now)

    def why(self, *args: str, options: tuple[str, ...] = ()) -> Result:
        paths = ("--db", str(self.folder / "test.db"), "--config", str(self.folder / "providers.yaml"))
        return CliRunner().invoke(statustrio, [*paths, *options, "why", *args], env={"ACME_KEY": "hidden-key"})

    def explained(self, what: str) -> dict[str, Any]:
        result = self.why(what, "--format", "json")
        assert result.exit_code == 0, result.output
        data: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return data

    def rows(self, columns: str = "seq_first, seq_last") -> list[tuple[Any, ...]]:
        with closing(open_reader(self.folder / "test.db")) as reader:
            return [tuple(row) for row in reader.execute(f"SELECT {columns} FROM bodies ORDER BY id")]

    @property
    def rules(self) -> list[tuple[str, str]]:
        with closing(open_reader(self.folder / "test.db")) as reader:
            return [tuple(row) for row in reader.execute("SELECT event, rule FROM events ORDER BY seq")]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    (tmp_path / "providers.yaml").write_text(CONFIGURATION)
    with closing(SqliteStore(open_database(tmp_path / "test.db"), render)) as store, structlog.testing.capture_logs():
        store.configure([Wanted("acme", "Acme", "https://acme.example/history.atom")])
        yield Life(tmp_path, store)


def changed(diff: list[str]) -> list[str]:
    return [line for line in diff if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def test_an_event_has_its_rule_and_the_entry_before_and_after(life: Life) -> None:
    trouble = life.page.open("Errors", "We look.")
    life.poll()
    life.page.post(trouble, "Identified", "The database it is.")
    life.poll()
    life.page.edit(trouble, "The database was it.")
    life.poll()
    assert life.rules == [
        ("incident.opened", Rule.FIRST_SIGHT),
        ("incident.updated", Rule.NEW_UPDATE),
        ("incident.edited", Rule.REWRITTEN_UPDATE),
    ]
    update = life.explained("2")
    assert changed(update["diff"])[-2:] == ["+Mar 1, 08:02 UTC", "+Identified - The database it is."]
    assert (update["before_at"], update["after_at"]) == ("2026-03-01T08:01:00Z", "2026-03-01T08:02:00Z")
    assert update["because"] == "the page shows an update of this incident that was not known"
    assert changed(life.explained("3")["diff"]) == [
        "-Identified - The database it is.",
        "+Identified - The database was it.",
    ]
    text = life.why("3").stdout
    assert text.startswith("incident.edited, seq 3, acme/inc000000001\n  Errors\n")
    assert "rule rewritten_update: an update that was known has another text now" in text
    assert "\n-Identified - The database it is.\n+Identified - The database was it.\n" in text


def test_at_first_sight_the_entry_is_shown_as_it_stood(life: Life) -> None:
    life.page.open("Errors", "We look.")
    life.poll()
    first = life.explained("1")
    assert (first["before_at"], first["after_at"]) == (None, "2026-03-01T08:01:00Z")
    assert "Investigating - We look." in first["diff"]
    assert "as it stood at 2026-03-01T08:01:00Z:\n  Errors" in life.why("1").stdout


def test_what_was_taken_down_is_shown_as_it_stood_before(life: Life) -> None:
    page = life.page
    page.post(page.open("Past"), "Resolved", "Over.")
    page.open("Present", "We look.")
    life.poll()
    del page.troubles[0]
    page.render()
    life.poll(minutes=1)
    life.poll(minutes=8)
    life.poll(minutes=8)
    assert life.rules[-1] == ("incident.withdrawn", Rule.TAKEN_DOWN)
    assert life.rows() == [(1, 1), (None, None)], "the polls that confirmed it brought no document"
    withdrawn = life.explained("2")
    assert all(line.startswith("-") for line in changed(withdrawn["diff"]))
    assert "-Investigating - We look." in withdrawn["diff"]


def test_an_event_of_the_provider_has_no_entry(life: Life) -> None:
    life.poll()
    for _ in range(3):
        life.poll(answer=FetchError("timeout"))
    life.poll()
    assert life.rules == [
        ("provider.unreachable", Rule.THREE_FAILURES),
        ("provider.recovered", Rule.ANSWERED_AGAIN),
    ]
    assert life.explained("1")["diff"] is None
    text = life.why("1").stdout
    assert text.startswith("provider.unreachable, seq 1, acme\n")
    assert "keep_bodies" not in text


def test_the_monitor_as_a_whole_has_rules_too(life: Life) -> None:
    life.store.commit_monitor("monitor.offline", "nobody answers", life.now)
    life.store.commit_monitor("monitor.online", "they answer", life.now)
    assert [rule for _, rule in life.rules] == [Rule.ALL_UNCONNECTED, Rule.CONNECTED_AGAIN]
    assert life.why("1").stdout.startswith("monitor.offline, seq 1, all providers\n")


def test_documents_are_kept_where_they_told_something_and_the_newest_alone(life: Life) -> None:
    life.config = evolve(ACME, keep_bodies=3)
    trouble = life.page.open("Errors", "We look.")
    life.poll()
    life.page.touch()
    life.poll()
    life.poll()
    assert life.rows("body, content_type, platform, url, at") == [
        (life.rows("body")[0][0], "application/atom+xml", "statuspage", life.config.feed_url, "2026-03-01T08:01:00Z")
    ]
    for number in range(4):
        life.page.post(trouble, "Update", f"News {number}.")
        life.poll()
    assert life.rows() == [(3, 3), (4, 4), (5, 5)]
    assert unpack(life.rows("body")[-1][0]) == life.page.page.body
    assert life.explained("2")["diff"] is None
    assert "the body is no longer kept (keep_bodies)" in life.why("2").stdout
    assert "none before it is kept" in life.why("3").stdout
    assert changed(life.explained("4")["diff"])


def test_who_keeps_none_has_none_and_those_that_were_there_go(life: Life) -> None:
    trouble = life.page.open("Errors")
    life.poll()
    wanted = Wanted("acme", "Acme", life.config.feed_url, keeps_bodies=False)
    assert len(life.rows()) == 1
    life.store.configure([wanted])
    assert life.rows() == []
    life.config = evolve(ACME, keep_bodies=0)
    life.page.post(trouble, "Resolved", "Over.")
    life.poll()
    assert life.rows() == []
    assert life.explained("2")["rule"] == Rule.NEW_UPDATE


def test_of_each_consumer_it_says_which_filter_stopped_the_event(life: Life) -> None:
    life.store.subscribe([("stdout", True), ("late", True), ("major", True), ("ends", True), ("words", True)])
    trouble = life.page.open("Errors", "We look.")
    life.poll()
    life.page.post(trouble, "Identified", "The database it is.")
    life.poll()
    life.page.post(trouble, "Monitoring", "Better.")
    life.poll()
    life.store.acknowledge(Cursor("stdout", 3))
    life.store.acknowledge(Cursor("late", 1, (3,)))
    expected = {
        "stdout": (True, None, True),
        "late": (True, None, False),
        "new": (True, None, None),
        "major": (True, None, False),
        "ends": (False, "events: incident.resolved", False),
        "words": (True, None, False),
    }
    told = {one.pop("consumer"): tuple(one.values()) for one in life.explained("2")["consumers"]}
    assert told == expected
    assert life.explained("3")["consumers"][1]["acknowledged"] is True
    assert [one["stopped_by"] for one in life.explained("1")["consumers"]][-1] == "match: database"
    assert life.why("2").stdout.split("consumers:\n")[1].splitlines() == [
        "  stdout: passes its filters; its place in the log is past it",
        "  late: passes its filters; still owed to it",
        "  new: passes its filters; it has no place in the log yet",
        "  major: passes its filters; still owed to it",
        "  ends: stopped by events: incident.resolved",
        "  words: passes its filters; still owed to it",
    ]


def test_without_a_configuration_the_rest_is_told_all_the_same(life: Life) -> None:
    life.page.open("Errors")
    life.poll()
    (life.folder / "providers.yaml").write_text("providers: [")
    result = life.why("1")
    assert result.exit_code == 0
    assert "rule first_sight" in result.stdout
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("consumers: unknown"))
    assert "providers.yaml" in line
    assert life.explained("1")["consumers"] is None


def test_what_comes_from_the_environment_is_not_shown(life: Life) -> None:
    life.page.open("Errors", "Look at https://acme.example/hidden-key/history.atom")
    life.poll()
    for style in ("text", "json"):
        result = life.why("1", "--format", style)
        assert "hidden-key" not in result.output
        assert "***" in result.output


def test_an_incident_is_all_of_its_events_with_the_newest_explained(life: Life) -> None:
    trouble = life.page.open("Errors", "We look.")
    life.page.open("Other")
    life.poll()
    life.page.post(trouble, "Resolved", "Over. " * 30)
    life.poll()
    for name in ("inc000000001", "acme/inc000000001"):
        first, second, blank, head, *_ = life.why(name).stdout.splitlines()
        assert first.split()[::3][:2] == ["1", "first_sight"]
        assert second.split()[:4] == ["3", "2026-03-01T08:02:00Z", "incident.resolved", "new_update"]
        assert second.endswith("…")
        assert (blank, head) == ("", "incident.resolved, seq 3, acme/inc000000001")
    lines = life.why("inc000000001", options=("--format", "json")).stdout.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 3]


def test_an_incident_without_an_event_says_why_there_is_none(life: Life) -> None:
    life.page.post(life.page.open("Past"), "Resolved", "Over.")
    life.poll()
    result = life.why("inc000000001")
    assert result.exit_code == 0
    assert "acme/inc000000001 is known, but no event tells of it" in result.stdout
    assert life.why("inc000000001", "--format", "json").stdout == ""


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("2", "no event and no incident '2'; the log ends with 1"),
        ("9" * 30, "the log ends with 1"),
        ("inc9", "no event and no incident 'inc9'; `statustrio incidents --format tsv` lists their ids"),
        ("twin", "more than one provider has an incident 'twin'; say which: acme/twin, bolt/twin"),
    ],
)
def test_what_is_not_known_is_a_usage_error(life: Life, what: str, message: str) -> None:
    life.page.open("Errors")
    life.poll()
    with closing(sqlite3.connect(life.folder / "test.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO events (timestamp, event, provider, incident_id, payload) VALUES ('', '', ?, 'twin', '{}')",
            [("acme",), ("bolt",)],
        )
        connection.execute("UPDATE events SET seq = -seq WHERE seq > 1")
    result = life.why(what)
    assert result.exit_code == 2
    assert message in result.output


def test_an_empty_log_is_said_to_be_empty(life: Life) -> None:
    assert "the log is empty" in life.why("1").output


def test_an_event_from_before_there_were_rules_says_so(life: Life) -> None:
    life.page.open("Errors")
    life.poll()
    with closing(sqlite3.connect(life.folder / "test.db")) as connection, connection:
        connection.execute("UPDATE events SET rule = NULL")
    assert "rule (none noted): made before rules were noted" in life.why("1").stdout


@pytest.mark.parametrize("line", ["{", "[]", "null", '{"v": 1}', '{"level": "info", "seq": []}'])
@pytest.mark.parametrize("asked", ["2", "1", "acme/inc000000001"])
def test_a_damaged_line_of_the_incident_is_one_clear_message(life: Life, line: str, asked: str) -> None:
    trouble = life.page.open("Errors")
    life.poll()
    life.page.post(trouble, "Resolved", "Over.")
    life.poll()
    with closing(sqlite3.connect(life.folder / "test.db")) as connection, connection:
        connection.execute("UPDATE events SET payload = ? WHERE seq = 1", (line,))
    result = life.why(asked)
    assert isinstance(result.exception, StoreError)
    assert str(result.exception).startswith("the line of event 1 is damaged; `statustrio check --database` says")


def test_the_documents_of_a_provider_are_its_own(life: Life) -> None:
    life.store.configure([Wanted(one, one, "https://x.example") for one in ("acme", "bolt")])
    life.page.open("Errors")
    life.poll()
    with closing(open_reader(life.folder / "test.db")) as reader:
        assert len(list(queries.bodies(reader, "acme", seq=1))) == 1
        assert list(queries.bodies(reader, "bolt", seq=1)) == []
        assert list(queries.bodies(reader, "acme", seq=2)) == []
        assert len(list(queries.bodies(reader, "acme", at="2026-03-01T08:01:00.500Z"))) == 1
        assert list(queries.bodies(reader, "acme", at="2026-03-01T08:00:59Z")) == []


@pytest.mark.slow
async def test_it_works_beside_a_running_daemon_that_keeps_what_it_saw(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        page = StatusPage()
        server.pages["/history.atom"] = page.page
        trouble = page.open("Errors", "We look.")
        config = write_config(tmp_path / "providers.yaml", {"acme": server.url("/history.atom")})
        async with running(config) as run:
            await run.wait_event("incident.opened")
            page.post(trouble, "Resolved", "Over.")
            await run.wait_event("incident.resolved")
            options = ["--db", str(tmp_path / "statustrio.db"), "--config", str(config)]
            result = CliRunner().invoke(statustrio, [*options, "why", "2"])
            assert await run.end() == 0
    assert "+Resolved - Over." in result.stdout.splitlines()
    assert "  stdout: passes its filters; its place in the log is past it" in result.stdout
