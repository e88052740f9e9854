"""The commands about consumers: mutes, letters set aside, a sample event, the past routed, waiting for an end."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve
from click.testing import CliRunner, Result
from daemons import running, write_config
from pages import StatusPage
from past import commit
from server import open_server

from statustrio.cli.main import statustrio
from statustrio.config import ConsumerConfig
from statustrio.consumers import open_consumer
from statustrio.errors import ConsumerGoneError
from statustrio.line import render
from statustrio.model import Change, Draft, Impact
from statustrio.store.opening import hold, open_database, open_reader
from statustrio.store.protocol import Wanted
from statustrio.store.queries import mutes
from statustrio.store.sqlite import SqliteStore

URL = "https://status.acme.example/feed"
NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = f"""\
providers:
  - {{name: Acme, feed_url: "{URL}"}}
consumers:
  - {{type: file, id: every, path: every.jsonl}}
  - {{type: file, id: major, path: major.jsonl, min_impact: major, hold: 5m}}
  - {{type: command, argv: ["false"]}}
  - {{type: command, id: writes, argv: ["sh", "-c", "cat > told"]}}
"""


@define
class Place:
    """A directory with a configuration and a database."""

    path: Path

    def invoke(self, *args: str) -> Result:
        options = ("--config", str(self.path / "providers.yaml"), "--db", str(self.path / "statustrio.db"))
        return CliRunner().invoke(statustrio, [*options, *args])

    def store(self) -> SqliteStore:
        return SqliteStore(open_database(self.path / "statustrio.db"), render)


def post(store: SqliteStore, minutes_ago: float, noun: str, impact: Impact, incident: str) -> None:
    state = store.load_state("acme")
    at = NOW - timedelta(minutes=minutes_ago)
    draft = Draft(f"incident.{noun}", f"{state.version}", incident, title=f"Trouble {incident}", impact=impact)
    store.commit(Change(evolve(state, version=state.version + 1), at, drafts=(draft,)))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "providers.yaml").write_text(CONFIG)
    place = Place(tmp_path)
    with closing(place.store()) as store, store.group(durable=True):
        store.configure([Wanted("acme", "Acme", URL), Wanted("bolt", "Bolt", URL + "/bolt")])
        for at, noun, impact, incident in (
            (60, "opened", Impact.MAJOR, "short"),
            (57, "resolved", Impact.MAJOR, "short"),
            (50, "opened", Impact.MINOR, "small"),
            (40, "opened", Impact.CRITICAL, "long"),
            (10, "resolved", Impact.CRITICAL, "long"),
        ):
            post(store, at, noun, impact, incident)
    return place


def muted(place: Place) -> list[tuple[str | None, str | None, str | None]]:
    with closing(open_reader(place.path / "statustrio.db")) as connection:
        return [(one.provider, one.incident_id, one.reason) for one in mutes(connection)]


def test_a_mute_is_set_listed_replaced_and_taken_back(place: Place) -> None:
    assert place.invoke("mute", "acme", "2h", "--reason", "known").exit_code == 0
    assert place.invoke("mute", "acme/long", "30m").exit_code == 0
    assert place.invoke("mute", "all", "1d").exit_code == 0
    assert sorted(muted(place), key=str) == [("acme", "long", None), ("acme", None, "known"), (None, None, None)]
    rows = [json.loads(line) for line in place.invoke("mute", "--format", "json").stdout.splitlines()]
    assert [row["provider"] for row in rows] == [None, "acme", "acme"]
    assert place.invoke("mute", "acme", "1h", "--reason", "other").exit_code == 0
    assert ("acme", None, "other") in muted(place)
    for what in ("acme", "long", "all"):
        assert place.invoke("unmute", what).exit_code == 0
    assert muted(place) == []
    assert "nothing is muted" in place.invoke("mute", "--format", "table").output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("mute", "acm", "2h"), "did you mean 'acme'"),
        (("mute", "acme"), "for how long?"),
        (("mute", "acme", "2"), "such as 30s"),
        (("unmute", "acme"), "is not muted"),
        (("dead-letters", "drop", "7"), "no letter 7"),
        (("test", "evry"), "did you mean 'every'"),
        (("wait", "acm"), "did you mean 'acme'"),
        (("explain-routing", "--consumer", "majro"), "did you mean 'major'"),
    ],
)
def test_a_mistake_is_a_usage_error_that_says_what_to_do(place: Place, args: tuple[str, ...], message: str) -> None:
    result = place.invoke(*args)
    assert result.exit_code == 2
    assert message in result.output


def test_a_sample_goes_through_one_consumer_and_says_that_it_is_none(place: Place) -> None:
    result = place.invoke("test", "writes")
    assert (result.exit_code, "took it in" in result.output) == (0, True)
    event = json.loads((place.path / "told").read_text())
    assert (event["event"], event["seq"]) == ("incident.opened", 0)
    assert "TEST" in event["title"]
    refused = place.invoke("test", "command")
    assert (refused.exit_code, "did not take it: false ended with status 1" in refused.output) == (1, True)


def test_the_sample_of_a_calendar_is_planned_work(place: Place) -> None:
    (place.path / "providers.yaml").write_text(f"{CONFIG}  - {{type: ics, path: planned.ics}}\n")
    result = place.invoke("test", "ics")
    assert (result.exit_code, "took it in" in result.output) == (0, True)
    assert "TEST: nothing is broken" in (place.path / "planned.ics").read_text()


def test_letters_are_listed_tried_again_and_dropped(place: Place) -> None:
    with closing(place.store()) as store:
        logged = store.events_after(0, 9)
        for consumer in ("writes", "command", "command"):
            store.set_aside(consumer, logged[0], "HTTP 400", NOW)
    rows = [json.loads(line) for line in place.invoke("dead-letters", "list", "--format", "json").stdout.splitlines()]
    assert [(row["id"], row["consumer"], row["seq"], row["reason"]) for row in rows] == [
        (1, "writes", 1, "HTTP 400"),
        (2, "command", 1, "HTTP 400"),
        (3, "command", 1, "HTTP 400"),
    ]
    result = place.invoke("dead-letters", "retry")
    assert (result.exit_code, "1: taken" in result.output, "2: command did not take it" in result.output) == (
        1,
        True,
        True,
    )
    assert (place.path / "told").read_text() == logged[0].line + "\n"
    assert place.invoke("dead-letters", "drop", "2", "3").exit_code == 0
    assert "nothing was set aside" in place.invoke("dead-letters", "list", "--format", "table").output
    assert place.invoke("dead-letters", "retry").exit_code == 0


def test_letters_of_a_consumer_go_through_one_that_is_opened_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def count(config: ConsumerConfig, **more: Any) -> Any:
        opened.append(config.id)
        return open_consumer(config, **more)

    monkeypatch.setattr("statustrio.consumers.open_consumer", count)
    with closing(place.store()) as store:
        logged = store.events_after(0, 9)
        for one in logged:
            store.set_aside("every", one, "HTTP 400", NOW)
            store.set_aside("major", one, "HTTP 400", NOW)
    assert place.invoke("dead-letters", "retry").exit_code == 0
    assert opened == ["every", "major"]
    for name in opened:
        assert (place.path / f"{name}.jsonl").read_text().splitlines() == [one.line for one in logged]


def test_letters_of_a_consumer_that_cannot_be_had_are_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise ConsumerGoneError("the reader has gone")

    monkeypatch.setattr("statustrio.consumers.open_consumer", gone)
    with closing(place.store()) as store:
        for one in store.events_after(0, 2):
            store.set_aside("every", one, "HTTP 400", NOW)
    result = place.invoke("dead-letters", "retry")
    assert (result.exit_code, result.output.count("did not take it: the reader has gone")) == (1, 2)
    assert len(place.invoke("dead-letters", "list", "--format", "json").stdout.splitlines()) == 2


def test_the_past_is_routed_without_telling_anybody(place: Place) -> None:
    lines = place.invoke("explain-routing", "--since", "2h", "--format", "json").stdout.splitlines()
    told = [(row["consumer"], row["seq"]) for row in map(json.loads, lines)]
    assert [seq for consumer, seq in told if consumer == "every"] == [1, 2, 3, 4, 5]
    assert [seq for consumer, seq in told if consumer == "major"] == [4, 5]
    (held,) = (row for row in map(json.loads, lines) if (row["consumer"], row["seq"]) == ("major", 4))
    assert datetime.fromisoformat(held["at"]) == NOW - timedelta(minutes=35)
    table = place.invoke("explain-routing", "--consumer", "major", "--format", "table").output
    assert "major: told 2 times of 5 events; kept back: hold 2, min_impact 1" in table
    assert not list(place.path.glob("*.jsonl"))


async def test_waiting_ends_with_the_incident_and_fails_at_the_timeout(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        page = StatusPage()
        server.pages["/history.atom"] = page.page
        incident = page.open("Errors", "We look into it.")
        config = write_config(tmp_path / "providers.yaml", {"acme": server.url("/history.atom")})
        async with running(config) as run:
            await run.wait_lines(1)
            async with running(config, "wait", "acme", "--timeout", "1s") as waits:
                assert await waits.process.wait() == 3
            async with running(config, "wait", "acme", "--timeout", "1m") as waits:
                page.post(incident, "Resolved", "Over.")
                assert await waits.process.wait() == 0
        page.open("More errors", "We look into it.")


def test_without_a_daemon_nobody_waits(place: Place) -> None:
    with closing(place.store()) as store:
        commit(store, last_success_at=NOW)
    assert place.invoke("wait", "acme").exit_code == 0


def test_a_provider_that_cannot_be_seen_is_no_end_of_waiting(place: Place) -> None:
    never_seen = place.invoke("wait", "bolt")
    assert never_seen.exit_code == 3
    assert "No daemon" in never_seen.stderr
    with hold(place.path / "statustrio.db"):
        told = place.invoke("wait", "bolt", "--timeout", "1s")
    assert told.exit_code == 3
    assert told.stderr == "waiting for: bolt cannot be seen (see `statustrio providers`)\n"
