"""Old history goes beside the daemon, whole stories at a time, and the daemon goes on as if nothing had happened."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
from attrs import evolve
from click.testing import CliRunner, Result
from daemons import running, write_config
from pages import StatusPage
from past import incident
from server import open_server
from test_why import CONFIGURATION, Life

from statustrio.cli.main import statustrio
from statustrio.line import render
from statustrio.model import OVER, Change, Draft, KnownIncident, Status
from statustrio.store import queries, search
from statustrio.store.opening import BUSY_MILLISECONDS, open_beside, open_database, open_reader
from statustrio.store.protocol import Cursor, Wanted
from statustrio.store.pruning import REPEATS_KNOWN_FOR, Forgotten, count_old, prune
from statustrio.store.soundness import find_faults
from statustrio.store.sqlite import SqliteStore
from statustrio.stories import Story, Waiting, Why


def at(hours: float) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)


NOW = at(1000)
BEFORE = at(100)
RECENT = at(500)
THEN = at(1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statustrio.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(open_database(path), render)) as store:
        store.configure([Wanted("acme", "Acme", "https://acme.example/feed")])
        store.subscribe([("out", True), ("log", True)])
        yield store


def over(incident_id: str, *, start: float, end: float, **fields: Any) -> KnownIncident:
    times = {"first_seen_at": at(start), "last_seen_at": at(start), "started_at": at(start), "updated_at": at(end)}
    known = incident(incident_id, status=Status.RESOLVED, **times)
    return evolve(known, **{"open": False, "shown": False, "resolved_at": at(end)} | fields)


def old(incident_id: str = "i1", **fields: Any) -> KnownIncident:
    """Over before `BEFORE`."""
    return over(incident_id, start=0, end=1, **fields)


def tell(store: SqliteStore, *incidents: KnownIncident, recorded: datetime = THEN, window: datetime = RECENT) -> None:
    """Store incidents with an event of each, while the page shows nothing older than `window`."""
    known = store.load_state("acme")
    drafts = tuple(
        Draft(
            "incident.resolved" if one.status in OVER else "incident.opened",
            one.incident_id,
            one.incident_id,
            title=one.title,
            status=one.status,
        )
        for one in incidents
    )
    state = evolve(known, version=known.version + 1, window_oldest=window)
    with store.group(durable=True):
        store.commit(Change(state, recorded, incidents, drafts))


def acknowledge(store: SqliteStore, seq: int, *consumers: str) -> None:
    for consumer in consumers or ("out", "log"):
        store.acknowledge(Cursor(consumer, seq))


def run(path: Path, before: datetime = BEFORE, now: datetime = NOW) -> Forgotten:
    """Prune; what was counted before is what went."""
    with closing(open_beside(path)) as connection:
        counted = count_old(connection, before)
        done = sum(prune(connection, before, now, pause=lambda _: None), Forgotten())
    assert done == counted
    assert list(find_faults(path)) == []
    return done


def left(path: Path) -> tuple[list[str], list[int]]:
    with closing(open_reader(path)) as reader:
        incidents = [row["id"] for row in reader.execute("SELECT id FROM incidents ORDER BY id")]
        return incidents, [seq for seq, _ in queries.events(reader)]


def test_an_incident_goes_with_its_updates_and_events_and_nothing_else(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), old("i2"), over("i3", start=90, end=101))
    acknowledge(store, 3)
    assert run(path) == Forgotten(incidents=2, updates=2, events=2)
    assert left(path) == (["i3"], [3])
    assert run(path) == Forgotten()


@pytest.mark.parametrize(
    "stays",
    [
        old(open=True, status=Status.INVESTIGATING, resolved_at=None),
        old(shown=True),
        old(resolved_at=at(101)),
        old(resolved_at=None, status=Status.WITHDRAWN, last_seen_at=at(101)),
        old(resolved_at=None, status=Status.UNKNOWN, expires_at=at(101)),
        old(updated_at=RECENT),
        old(started_at=None, updated_at=None),
    ],
    ids=["open", "shown", "over later", "seen later", "expired later", "as new as the window", "without a time"],
)
def test_what_is_not_old_or_may_be_told_again_stays_whole(store: SqliteStore, path: Path, stays: KnownIncident) -> None:
    tell(store, old("i0"), stays)
    acknowledge(store, 2)
    assert run(path) == Forgotten(incidents=1, updates=1, events=1)
    assert left(path)[0] == ["i1"]


def test_a_page_that_never_showed_anything_with_a_time_keeps_all(store: SqliteStore, path: Path) -> None:
    tell(store, old(), window=at(0))
    acknowledge(store, 1)
    assert run(path) == Forgotten()


def test_a_story_of_which_one_event_is_young_or_owed_stays_whole(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"))
    tell(store, old("i2"), recorded=at(101))
    tell(store, old("i3"))
    store.acknowledge(Cursor("out", 3))
    store.acknowledge(Cursor("log", 2))
    assert run(path) == Forgotten(incidents=1, updates=1, events=1)
    assert left(path) == (["i2", "i3"], [2, 3])


def test_what_a_consumer_has_had_above_its_place_is_counted_and_stays_till_the_place_has_passed_it(
    store: SqliteStore, path: Path
) -> None:
    tell(store, old("i1"), old("i2"), old("i3"))
    store.acknowledge(Cursor("out", 1, (3,)))
    acknowledge(store, 3, "log")
    assert run(path) == Forgotten(incidents=1, updates=1, events=1)
    with closing(open_reader(path)) as reader:
        assert {row["consumer"]: row["owed"] for row in queries.consumers(reader)} == {"log": 0, "out": 1}
    acknowledge(store, 3)
    assert run(path).incidents == 2


def test_what_waits_to_be_told_stays(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), old("i2"), old("i3"))
    acknowledge(store, 3)
    waits = Story(told=True, waiting=Waiting((1,), at(1), at(2000), Why.DIGEST))
    reminds = Story(told=True, newest=3, planned_for=at(3000), remind_at=at(2000))
    store.save_stories("out", {("acme", "i1"): waits, ("acme", "i3"): reminds, ("acme", "i2"): Story(told=True)})
    assert run(path).incidents == 1
    assert left(path) == (["i1", "i3"], [1, 3])
    assert store.load_stories("out", [("acme", one) for one in ("i1", "i2", "i3")]).keys() == {
        ("acme", "i1"),
        ("acme", "i3"),
    }


def test_what_waits_under_another_id_since_the_page_moved_stays(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), old("i2"), old("i3"))
    acknowledge(store, 3)
    reminds = Story(told=True, newest=1, planned_for=at(3000), remind_at=at(2000))
    waits = Story(told=True, waiting=Waiting((2,), at(1), at(2000), Why.DIGEST))
    store.save_stories("out", {("acme", "i1"): reminds, ("acme", "i2"): waits})
    moved = (("i1", "n1"), ("i2", "n2"), ("i3", "n3"))
    state = evolve(store.load_state("acme"), version=2)
    store.commit(Change(state, at(2), (), (), moved))
    assert run(path) == Forgotten(incidents=1, updates=1, events=1)
    assert left(path) == (["n1", "n2"], [1, 2])
    assert len(store.load_due("out")) == 2


def test_a_story_in_which_something_waits_outlives_its_incident(store: SqliteStore, path: Path) -> None:
    store.save_stories("out", {("acme", "i1"): Story(remind_at=at(2000)), ("acme", "i2"): Story(told=True)})
    run(path)
    assert store.load_stories("out", [("acme", "i1"), ("acme", "i2")]).keys() == {("acme", "i1")}


def test_what_waits_in_the_story_of_a_provider_stays(store: SqliteStore, path: Path) -> None:
    known = store.load_state("acme")
    drafts = (Draft("provider.unreachable", "a"), Draft("provider.recovered", "b"))
    with store.group(durable=True):
        store.commit(Change(evolve(known, version=1), at(1), (), drafts))
    acknowledge(store, 2)
    waits = Story(told=True, waiting=Waiting((2,), at(1), at(2000), Why.QUIET_HOURS))
    store.save_stories("log", {("acme", ""): waits})
    assert run(path) == Forgotten(events=1)
    assert left(path) == ([], [2])
    store.save_stories("log", {("acme", ""): Story(told=True)})
    assert run(path) == Forgotten(events=1)
    assert store.load_stories("log", [("acme", "")])


def test_stories_go_with_their_incidents_once_no_repeat_can_follow(store: SqliteStore, path: Path) -> None:
    began = NOW - REPEATS_KNOWN_FOR
    tell(store, old("i1"), old("i2"), over("i3", start=0, end=200))
    acknowledge(store, 3)
    for name, begun_at in (("i1", began), ("i2", began - timedelta(seconds=1)), ("i3", None), ("i4", None)):
        store.save_stories("out", {("acme", name): Story(told=True, title=name, begun_at=begun_at)})
    run(path)
    kept = store.load_stories("out", [("acme", f"i{n}") for n in range(5)])
    assert kept.keys() == {("acme", "i1"), ("acme", "i3")}
    assert store.load_begun("out", began) == {("acme", "i1"): began}
    run(path, now=NOW + timedelta(days=1))
    assert store.load_stories("out", [("acme", "i1")]) == {}


def test_with_no_consumer_nobody_is_owed_anything(store: SqliteStore, path: Path) -> None:
    tell(store, old())
    store.subscribe([])
    assert run(path).incidents == 1


def test_no_number_is_given_twice_also_when_the_whole_log_went(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), old("i2"))
    acknowledge(store, 2)
    assert run(path).events == 2
    assert left(path) == ([], [])
    tell(store, old("i3"))
    assert left(path) == (["i3"], [3])
    assert [one.seq for one in store.events_after(2, 10)] == [3]


def test_what_became_young_meanwhile_is_looked_at_again_under_the_lock(store: SqliteStore, path: Path) -> None:
    names = [f"i{n:03}" for n in range(60)]
    tell(store, *map(old, names))
    acknowledge(store, 60)

    def reopen_the_last(_: float) -> None:
        tell(store, old(names[-1], shown=True))

    with closing(open_beside(path)) as connection:
        next(parts := prune(connection, BEFORE, NOW, pause=reopen_the_last))
        assert sum(one.incidents for one in parts) == 60 - 25 - 1
    assert left(path)[0] == [names[-1]]


def test_what_is_gone_is_found_by_no_word_though_the_index_is_behind(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), old("i2", started_at=RECENT))
    acknowledge(store, 2)
    with closing(search.open_index(path)) as index, closing(open_reader(path)) as reader:
        search.catch_up(index, path, 10)
        search.attach(reader, path)
        assert [row["incident_id"] for row in queries.incidents(reader, words="trouble")] == ["i2", "i1"]
        run(path)
        assert [row["incident_id"] for row in queries.incidents(reader, words="trouble")] == ["i2"]
        tell(store, old("i1", title="Trouble once more", shown=True))
        search.catch_up(index, path, 10)
        assert [row["incident_id"] for row in queries.incidents(reader, words="once more")] == ["i1"]


# The daemon goes on


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """Polls of a page that shows two incidents, of which ten came and went."""
    (tmp_path / "providers.yaml").write_text(CONFIGURATION)
    with closing(SqliteStore(open_database(tmp_path / "test.db"), render)) as store, structlog.testing.capture_logs():
        store.configure([Wanted("acme", "Acme", "https://acme.example/history.atom")])
        life = Life(tmp_path, store)
        life.poll()
        life.page.length = 2
        for number in range(10):
            trouble = life.page.open(f"Trouble {number}")
            life.poll(minutes=2)
            life.page.post(trouble, "Resolved", "Over.")
            life.poll(minutes=2)
        yield life


def test_an_old_incident_that_slides_back_into_view_is_told_as_nothing(life: Life) -> None:
    before = life.rules
    assert run(life.folder / "test.db", life.now, life.now).incidents >= 7
    life.page.length = 10
    life.page.render()
    life.poll()
    with closing(open_reader(life.folder / "test.db")) as reader:
        assert len(queries.incidents(reader)) == 10
        assert queries.incidents(reader, only_open=True) == []
        assert queries.last_seq(reader) == len(before), "nothing was told again"
    life.page.open("Something new")
    life.poll()
    assert life.rules[-1][0] == "incident.opened"


def test_what_left_the_window_last_is_known_when_it_is_shown_again(life: Life) -> None:
    """It is no older than the window: not known, it would be told as new."""
    path = life.folder / "test.db"
    shown, life.page.troubles = life.page.troubles, []
    life.page.render()
    life.poll()
    run(path, life.now, life.now)
    events = left(path)[1]
    life.page.troubles = shown
    life.page.render()
    life.poll()
    assert left(path)[1] == events


# The command


def invoke(path: Path, *args: str) -> Result:
    return CliRunner().invoke(statustrio, ["--db", str(path), "prune", *args])


def test_the_command_says_what_goes_and_forgets_nothing_in_a_dry_run(store: SqliteStore, path: Path) -> None:
    tell(store, old("i1"), over("i2", start=90, end=101))
    acknowledge(store, 2)
    moment = f"{BEFORE:%Y-%m-%dT%H:%M:%SZ}"
    dry = invoke(path, "--older-than", moment, "--dry-run")
    assert (dry.exit_code, dry.stdout.partition(": ")[2]) == (0, "incidents: 1 (updates: 1), events: 1\n"), dry.output
    assert dry.stdout.startswith("would forget what was over before ")
    assert left(path) == (["i1", "i2"], [1, 2])
    done = invoke(path, "--older-than", moment)
    assert done.stdout == dry.stdout.replace("would forget", "forgot")
    assert left(path) == (["i2"], [2])


@pytest.mark.parametrize("moment", ["yesterday", "2999-01-01", "99999999w", "-1d"])
def test_a_time_that_is_none_or_still_to_come_is_a_usage_error(store: SqliteStore, path: Path, moment: str) -> None:  # noqa: ARG001  it makes the file
    assert invoke(path, "--older-than", moment).exit_code == 2


def test_a_database_that_another_program_holds_is_a_clear_message(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statustrio.store.opening.BESIDE_MILLISECONDS", 10)
    tell(store, old())
    acknowledge(store, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = invoke(path, "--older-than", "1d")
    assert result.exit_code == 1
    assert "database is locked" in result.stderr
    assert result.stdout == ""


# Beside a daemon, and killed


def fill(path: Path, count: int) -> None:
    """So many old incidents of a provider that is not polled, each with two updates and an event."""
    with closing(SqliteStore(open_database(path), render)) as store, store.group(durable=True):
        store.configure([Wanted("past", "Past", "https://past.example/feed")])
        state = evolve(store.load_state("past"), version=1, window_oldest=RECENT)
        update = incident().updates[0]
        incidents = tuple(
            evolve(old(f"i{number:05}"), updates=(update, evolve(update, n=1))) for number in range(count)
        )
        drafts = tuple(Draft("incident.resolved", "k", one.incident_id, title=one.title) for one in incidents)
        store.commit(Change(state, at(0), incidents, drafts))


def pruning(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "statustrio", "--db", str(path), "prune", "--older-than", "365d"]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def count(path: Path, table: str) -> int:
    with closing(open_reader(path)) as reader:
        number: int = reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number


@pytest.mark.slow
def test_killed_at_any_instant_it_leaves_a_sound_database_and_whole_stories(path: Path) -> None:
    chance = random.Random(11)
    fill(path, 1500)
    kills = 0
    while (before := count(path, "incidents")) and kills < 8:
        process = pruning(path)
        while count(path, "incidents") == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.random() / 20)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        incidents = count(path, "incidents")
        assert (count(path, "updates"), count(path, "events")) == (2 * incidents, incidents)
        assert list(find_faults(path)) == []
    assert kills > 2
    process = pruning(path)
    process.communicate()
    assert (process.returncode, count(path, "incidents"), count(path, "events")) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.alone
async def test_beside_a_daemon_its_polls_and_events_come_as_ever(tmp_path: Path) -> None:
    config = tmp_path / "providers.yaml"
    path = tmp_path / "statustrio.db"
    async with open_server(deadline=60) as server:
        page = StatusPage()
        server.pages["/history.atom"] = page.page
        write_config(config, {"acme": server.url("/history.atom")})
        fill(path, 3000)
        async with running(config) as run:
            while not count(path, "consumers") or not count(path, "providers WHERE first_success_at IS NOT NULL") > 0:
                await trio.sleep(0.02)
            process = await trio.lowlevel.open_process(
                [sys.executable, "-m", "statustrio", "--db", str(path), "prune", "--older-than", "365d"],
                stdout=subprocess.DEVNULL,
            )
            delays = []
            while process.returncode is None:
                began = trio.current_time()
                page.open(f"Trouble {len(delays)}")
                await run.wait_lines(len(delays) + 1)
                delays.append(trio.current_time() - began)
                process.poll()
            assert await process.wait() == 0
            assert await run.end() == 0
        assert b"storage.failed" not in run.stderr
    assert len(delays) > 5
    assert max(delays) < BUSY_MILLISECONDS / 1000
    assert count(path, "incidents") == len(delays)
    assert list(find_faults(path)) == []


def test_its_pauses_leave_the_lock_to_the_daemon_for_most_of_the_time(store: SqliteStore, path: Path) -> None:
    tell(store, *(old(f"i{n:03}") for n in range(100)))
    acknowledge(store, 100)
    spans: list[float] = []
    note: Callable[[float], None] = spans.append
    with closing(open_beside(path)) as connection:
        parts = list(prune(connection, BEFORE, NOW, pause=note))
    assert len(parts) == len(spans) == 4
    assert min(spans) >= 0.02
