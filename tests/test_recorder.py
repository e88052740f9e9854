"""The persistence task: groups, answers, failures of detection and of the storage. Virtual time, no threads."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from attrs import define, evolve, field
from memory_store import MemoryStore

from statustrio.codec import from_json, to_json
from statustrio.connectivity import Connectivity
from statustrio.detect import detect
from statustrio.line import render
from statustrio.model import (
    Acknowledgement,
    Change,
    Failed,
    Kind,
    Known,
    Observation,
    Reading,
    Seen,
    Shape,
    Shown,
    Unchanged,
    Update,
    Validators,
    Window,
)
from statustrio.recorder import GROUP, GROUP_SECONDS, Request, Requests, run_recorder
from statustrio.store.opening import open_database
from statustrio.store.protocol import StaleError, StorageError, Store, Wanted
from statustrio.store.sqlite import SqliteStore
from statustrio.stories import Story

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROVIDERS = ("acme", "bolt", "coil")
UNREACHABLE = Failed("cannot connect", unconnected=True)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def store(database: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(open_database(database), render)) as store:
        with store.group(durable=False):
            store.configure(Wanted(one, one.title(), f"https://{one}.example/feed") for one in PROVIDERS)
        yield store


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def seen(word: str = "investigating", *, etag: str = "1", incident: str = "i1", minute: int = 0) -> Seen:
    """A window with one incident whose newest update says `word`, `minute` minutes after its start."""
    words = ("investigating",) if minute == 0 else ("investigating", word)
    updates = tuple(Update(AT + timedelta(minutes=minute if n else 0), one, f"{one} it") for n, one in enumerate(words))
    return Seen(
        platform="statuspage",
        shape=Shape.TIMELINE,
        host="acme.example",
        validators=Validators(etag=etag),
        body_digest=f"body {etag}",
        window=(Shown(f"entry {etag}", incident, AT),),
        readings=(Reading(incident, Kind.INCIDENT, "Errors", updates, started_at=AT),),
    )


def observed(outcome: Seen | Failed | Unchanged, provider: str = "acme", minute: float = 0) -> Observation:
    at = AT + timedelta(minutes=minute)
    return Observation(provider, f"https://{provider}.example/feed", at, 60.0, outcome)


@pytest.fixture(autouse=True)
def _recorded_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is recorded at one time, so that two runs can be compared."""
    monkeypatch.setattr("statustrio.recorder.now", lambda: AT)


@define
class Stopwatch:
    """By which a group's time is measured: it stands still unless a test moves it."""

    seconds: float = 0.0


@pytest.fixture(autouse=True)
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    stopwatch = Stopwatch()
    monkeypatch.setattr("statustrio.recorder.monotonic", lambda: stopwatch.seconds)
    return stopwatch


async def inline(work: Callable[..., Any], *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return work(*args)


@define
class Recorder:
    """A recorder at work, and what a poller does with it."""

    requests: Requests
    connectivity: Connectivity = field(factory=Connectivity)
    announced: list[float] = field(factory=list)

    async def submit(self, observation: Observation) -> Acknowledgement:
        outcome = observation.outcome
        failed = isinstance(outcome, Failed)
        connected = not (isinstance(outcome, Failed) and outcome.unconnected)
        self.connectivity.note(observation.provider, observation.at, 60, connected=connected, succeeded=not failed)
        all_dark = not connected and self.connectivity.all_dark(observation.at)
        return await self.requests.submit(observation, all_dark=all_dark)


@asynccontextmanager
async def open_recorder(
    store: Store, run_sync: Callable[..., Any] = inline, *, seconds: float = 10
) -> AsyncIterator[Recorder]:
    send, receive = trio.open_memory_channel[Request[Any]](0)
    recorder = Recorder(Requests(send))
    with trio.fail_after(seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                run_recorder, receive, store, run_sync, lambda: recorder.announced.append(trio.current_time())
            )
            yield recorder
            recorder.requests.close()


class Gate:
    """Runs work inline, but only once it is opened."""

    def __init__(self) -> None:
        self.opened = trio.Event()
        self.entered = trio.Event()
        self.runs = 0

    async def __call__(self, work: Callable[..., Any], *args: Any) -> Any:
        self.entered.set()
        await self.opened.wait()
        self.runs += 1
        return work(*args)


def names(store: Store) -> list[str]:
    return [logged.event.event for logged in store.events_after(0, 1000)]


@contextmanager
def captured() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


async def test_an_answer_is_given_only_after_the_commit(store: SqliteStore, database: Path) -> None:
    gate = Gate()
    answers: list[Acknowledgement] = []
    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:

        async def submit() -> None:
            answers.append(await recorder.submit(observed(seen())))
            with closing(sqlite3.connect(database)) as other:
                assert other.execute("SELECT etag FROM providers WHERE id = 'acme'").fetchone() == ("1",)
                assert other.execute("SELECT count(*) FROM events").fetchone() == (1,)

        nursery.start_soon(submit)
        await gate.entered.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert answers == []
        assert recorder.announced == []
        gate.opened.set()
    assert [answer.events for answer in answers] == [("incident.opened",)]
    assert answers[0].state == store.load_state("acme")


async def test_what_waits_is_one_group_in_one_transaction(store: SqliteStore) -> None:
    gate = Gate()
    statements: list[str] = []
    store._connection.set_trace_callback(statements.append)
    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:
        nursery.start_soon(recorder.submit, observed(seen(), "acme"))
        await gate.entered.wait()
        for provider in ("bolt", "coil"):
            nursery.start_soon(recorder.submit, observed(seen(), provider))
        await trio.testing.wait_all_tasks_blocked()
        gate.opened.set()
    store._connection.set_trace_callback(None)
    assert gate.runs == 2, "the first one alone, then the two that waited meanwhile"
    assert sum(statement == "COMMIT" for statement in statements) == 2
    assert len(recorder.announced) == 2
    assert names(store) == ["incident.opened"] * 3


async def test_a_group_is_bounded(store: SqliteStore) -> None:
    gate = Gate()
    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:
        for _ in range(2 * GROUP):
            nursery.start_soon(recorder.requests.ask, lambda store: store.load_state("acme"))
        await trio.testing.wait_all_tasks_blocked()
        gate.opened.set()
    assert 2 <= gate.runs <= 3


async def test_what_is_urgent_overtakes_what_waits_longer(store: SqliteStore) -> None:
    """Consumers are told on while more is observed than can be recorded in time."""
    gate = Gate()
    done: list[str] = []

    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:
        await nursery.start(_ask, recorder.requests, done, "first")
        await gate.entered.wait()
        for number in range(3 * GROUP):
            await nursery.start(_ask, recorder.requests, done, f"{number}")
        await nursery.start(partial(_ask, urgent=True), recorder.requests, done, "urgent")
        await trio.testing.wait_all_tasks_blocked()
        gate.opened.set()
    assert done.index("urgent") == 1
    ordinary = [one for one in done if one.isdigit()]
    assert ordinary == sorted(ordinary, key=int), "what is not urgent keeps its turn"
    assert gate.runs == 5, "it waits for no ten observations in its own transaction"


async def test_a_group_takes_no_more_once_its_time_is_over(store: SqliteStore, stopwatch: Stopwatch) -> None:
    """Where others keep the processor ten observations may take half a second, and consumers wait for each group."""
    gate = Gate()
    done: list[str] = []

    def slowly(_: Store) -> None:
        done.append("slow")
        stopwatch.seconds += GROUP_SECONDS * 0.6

    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:
        await nursery.start(_ask, recorder.requests, done, "first")
        await gate.entered.wait()
        for _ in range(4):
            nursery.start_soon(recorder.requests.ask, slowly)
        for name in ("urgent", "as urgent"):
            await nursery.start(partial(_ask, urgent=True), recorder.requests, done, name)
        await trio.testing.wait_all_tasks_blocked()
        gate.opened.set()
    assert sorted(done[1:3]) == ["as urgent", "urgent"]
    assert done[3:] == ["slow"] * 4
    assert gate.runs == 4, "the first, the urgent ones, and two each for as long as there is time"


async def _ask(
    requests: Requests,
    done: list[str],
    name: str,
    *,
    urgent: bool = False,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    task_status.started()
    await requests.ask(lambda _: done.append(name), urgent=urgent)


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)], ids=["full", "normal"])
async def test_a_group_is_synced_only_where_somebody_asks_for_it(store: SqliteStore, durable: bool, level: int) -> None:
    def synchronous(_store: Store) -> int:
        return int(store._connection.execute("PRAGMA synchronous").fetchone()[0])

    async with open_recorder(store) as recorder:
        assert await recorder.requests.ask(synchronous, durable=durable) == level


async def test_an_event_that_nobody_expected_is_synced_all_the_same_and_made_once(store: SqliteStore) -> None:
    """A failed poll is written without waiting for the disk, and the third in a row is news. The others stay done."""
    statements: list[str] = []
    gate = Gate()
    gate.opened.set()
    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:
        for minute in range(2):
            await recorder.submit(observed(Failed("HTTP 500", 500), minute=minute))
        gate.opened, gate.entered = trio.Event(), trio.Event()
        nursery.start_soon(recorder.submit, observed(Failed("HTTP 500", 500), "coil"))
        await gate.entered.wait()
        for provider in ("bolt", "acme", "coil"):
            minute = 2 if provider == "acme" else 1
            nursery.start_soon(recorder.submit, observed(Failed("HTTP 500", 500), provider, minute))
            await trio.testing.wait_all_tasks_blocked()
        store._connection.set_trace_callback(statements.append)
        gate.opened.set()
    store._connection.set_trace_callback(None)
    assert [(logged.event.event, logged.event.provider) for logged in store.events_after(0, 10)] == [
        ("provider.unreachable", "acme")
    ]
    assert [store.load_state(one).consecutive_failures for one in ("acme", "bolt", "coil")] == [3, 1, 2]
    ends = [line for line in statements if line.startswith(("PRAGMA synchronous", "COMMIT", "ROLLBACK"))]
    assert [line for line in ends if "TO" not in line] == [
        "PRAGMA synchronous = NORMAL", "COMMIT", "PRAGMA synchronous = NORMAL", "COMMIT", "PRAGMA synchronous = FULL",
        "COMMIT",
    ]  # fmt: skip


class _BrokenFor:
    """`detect` that breaks for one provider, unless its poll failed anyway."""

    def __init__(self, provider: str, *, always: bool = False) -> None:
        self.provider, self.always = provider, always

    def __call__(self, known: Known, observation: Observation) -> Change:
        if observation.provider == self.provider and (self.always or not isinstance(observation.outcome, Failed)):
            raise ZeroDivisionError("a bug")
        return detect(known, observation)


async def test_a_bug_in_detection_is_its_providers_failed_poll_and_nobody_elses(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statustrio.recorder.detect", _BrokenFor("bolt"))
    answers: dict[str, Acknowledgement] = {}
    gate = Gate()
    with captured() as logs:
        async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:

            async def submit(provider: str) -> None:
                answers[provider] = await recorder.submit(observed(seen(), provider))

            for provider in PROVIDERS:
                nursery.start_soon(submit, provider)
            await trio.testing.wait_all_tasks_blocked()
            gate.opened.set()
    assert answers["acme"].events == answers["coil"].events == ("incident.opened",)
    broken = answers["bolt"].state
    assert answers["bolt"].events == ()
    assert broken == store.load_state("bolt")
    assert (broken.validators, broken.body_digest, broken.window) == (Validators(), None, Window())
    assert broken.consecutive_failures == 1
    assert broken.last_error is not None
    assert "internal error" in broken.last_error
    assert [(entry["event"], entry["provider"]) for entry in logs] == [("detection.failed", "bolt")]
    assert logs[0]["exc_info"]


async def test_half_stored_work_of_a_bug_is_undone(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = store.commit

    def commit_and_break(change: Change) -> Any:
        events = commit(change)
        if change.drafts:
            raise ZeroDivisionError("after the event was stored")
        return events

    monkeypatch.setattr(store, "commit", commit_and_break)
    async with open_recorder(store) as recorder:
        acknowledged = await recorder.submit(observed(seen()))
        assert acknowledged.state.consecutive_failures == 1
        assert names(store) == []
        assert store.load("acme", {"i1"}).incidents == ()
        monkeypatch.undo()
        acknowledged = await recorder.submit(observed(seen(), minute=1))
    assert acknowledged.events == ("incident.opened",)
    assert [logged.seq for logged in store.events_after(0, 10)] == [1]


async def test_a_bug_even_in_the_failed_poll_is_answered_and_the_recorder_goes_on(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statustrio.recorder.detect", _BrokenFor("bolt", always=True))
    async with open_recorder(store) as recorder:
        with pytest.raises(ZeroDivisionError):
            await recorder.submit(observed(seen(), "bolt"))
        assert (await recorder.submit(observed(seen(), "acme"))).events == ("incident.opened",)
    assert store.load_state("bolt").version == 0


async def test_a_request_that_raises_is_undone_alone(store: SqliteStore) -> None:
    def half(store: Store) -> None:
        store.commit_monitor("monitor.offline", "nobody answers", AT)
        raise LookupError("no such thing")

    gate = Gate()
    async with open_recorder(store, gate) as recorder, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(LookupError):
                await recorder.requests.ask(half)

        nursery.start_soon(ask)
        nursery.start_soon(recorder.submit, observed(seen()))
        await trio.testing.wait_all_tasks_blocked()
        gate.opened.set()
    assert names(store) == ["incident.opened"]
    assert not store.load("acme", ()).offline


async def test_a_stale_observation_is_answered_with_its_error(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def detect_late(known: Known, observation: Observation) -> Change:
        return detect(evolve(known, state=evolve(known.state, version=7)), observation)

    async with open_recorder(store) as recorder:
        monkeypatch.setattr("statustrio.recorder.detect", detect_late)
        with pytest.raises(StaleError):
            await recorder.submit(observed(seen()))
        monkeypatch.undo()
        assert (await recorder.submit(observed(seen()))).state.version == 1


class _Failing:
    """A store whose group fails so many times, at its beginning or at its end."""

    def __init__(self, times: int, *, at_end: bool) -> None:
        self.times, self.at_end, self.tries = times, at_end, 0

    def __call__(self, store: MemoryStore) -> Callable[..., Any]:
        group = store.group

        @contextmanager
        def failing(*, durable: bool) -> Iterator[None]:
            self.tries += 1
            with group(durable=durable):
                if self.tries <= self.times and not self.at_end:
                    raise StorageError("disk full")
                yield
                if self.tries <= self.times:
                    raise StorageError("disk full")

        return failing


@pytest.mark.parametrize("at_end", [False, True], ids=["begin", "commit"])
async def test_when_the_storage_fails_the_group_is_kept_and_tried_until_it_works(
    autojump_clock: trio.testing.MockClock, at_end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = autojump_clock.current_time()
    store = MemoryStore(render)
    store.configure(Wanted(one, one, "https://example") for one in PROVIDERS)
    failing = _Failing(20, at_end=at_end)
    monkeypatch.setattr(store, "group", failing(store))
    answered: list[str] = []
    with captured() as logs:
        async with open_recorder(store, seconds=600) as recorder, trio.open_nursery() as nursery:

            async def submit(provider: str) -> None:
                await recorder.submit(observed(seen(), provider))
                answered.append(provider)

            for provider in PROVIDERS:
                nursery.start_soon(submit, provider)
            await trio.sleep(60)
            assert answered == []
            assert recorder.announced == []
            assert names(store) == []
    assert sorted(answered) == list(PROVIDERS)
    assert names(store) == ["incident.opened"] * 3
    assert [entry["event"] for entry in logs] == ["storage.failed", "storage.recovered"]
    assert failing.tries < 25
    assert 60 < recorder.announced[0] - began < 200


async def test_a_locked_database_delays_and_loses_nothing(
    store: SqliteStore,
    database: Path,
    autojump_clock: trio.testing.MockClock,  # noqa: ARG001  nobody waits for the next try
) -> None:
    store._connection.execute("PRAGMA busy_timeout = 10")
    failed = trio.Event()

    async def run_sync(work: Callable[..., Any], *args: Any) -> Any:
        try:
            return await inline(work, *args)
        except StorageError:
            failed.set()
            raise

    with closing(sqlite3.connect(database, isolation_level=None)) as other, captured() as logs:
        other.execute("BEGIN IMMEDIATE")
        async with open_recorder(store, run_sync) as recorder, trio.open_nursery() as nursery:

            async def submit() -> None:
                assert (await recorder.submit(observed(seen()))).events == ("incident.opened",)

            nursery.start_soon(submit)
            await failed.wait()
            assert recorder.announced == []
            assert names(store) == [], "the log can be read meanwhile"
            other.execute("COMMIT")
    assert names(store) == ["incident.opened"]
    assert [entry["event"] for entry in logs] == ["storage.failed", "storage.recovered"]
    assert "locked" in logs[0]["reason"]


async def test_a_full_disk_delays_and_loses_nothing(
    store: SqliteStore,
    autojump_clock: trio.testing.MockClock,  # noqa: ARG001  nobody waits for the next try
) -> None:
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    long = seen()
    long = evolve(long, readings=(evolve(long.readings[0], title="x" * 100_000),))
    answers: list[Acknowledgement] = []
    with captured() as logs:
        async with open_recorder(store, seconds=600) as recorder, trio.open_nursery() as nursery:

            async def submit() -> None:
                answers.append(await recorder.submit(observed(long)))

            nursery.start_soon(submit)
            await trio.sleep(60)
            assert answers == []
            assert names(store) == []
            store._connection.execute("PRAGMA max_page_count = 100000")
    assert [answer.events for answer in answers] == [("incident.opened",)]
    assert [entry["event"] for entry in logs] == ["storage.failed", "storage.recovered"]
    assert "full" in logs[0]["reason"]


async def test_a_statement_that_can_never_work_is_a_bug_and_no_storage_to_wait_for(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            await recorder.requests.ask(lambda _: store._connection.execute("SELECT nonsense"))
        with pytest.raises(sqlite3.IntegrityError):
            await recorder.requests.ask(lambda store: store.save_stories("nobody", {("acme", "i1"): Story()}))
        assert (await recorder.submit(observed(seen()))).events == ("incident.opened",)


async def test_when_nobody_connects_the_monitor_is_offline_and_nobody_is_unreachable(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        for provider in PROVIDERS:
            recorder.connectivity.expect(provider, AT, 60)
        await recorder.submit(observed(seen()))
        for minute in range(1, 6):
            for provider in PROVIDERS:
                await recorder.submit(observed(UNREACHABLE, provider, minute))
        assert names(store) == ["incident.opened", "monitor.offline"]
        offline = store.events_after(0, 10)[-1].event
        assert (offline.provider, offline.provider_name, offline.level) == (None, None, "warning")
        acknowledged = await recorder.submit(observed(Unchanged(), "acme", 7))
        assert acknowledged.events[0] == "monitor.online"
        # The two that stay dark have now been so for long enough: they are news of their own.
        for provider in PROVIDERS[1:]:
            assert (await recorder.submit(observed(UNREACHABLE, provider, 8))).events == ("provider.unreachable",)
    assert names(store)[2:] == ["monitor.online", "provider.unreachable", "provider.unreachable"]


async def test_other_failures_do_not_make_the_monitor_offline(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        for provider in PROVIDERS:
            recorder.connectivity.expect(provider, AT, 60)
        for provider in PROVIDERS[:2]:
            await recorder.submit(observed(UNREACHABLE, provider))
        await recorder.submit(observed(Failed("HTTP 500", status=500), "coil"))
    assert names(store) == []


async def test_two_providers_cannot_tell_an_offline_machine_from_their_own_trouble(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        for minute in range(3):
            for provider in PROVIDERS[:2]:
                recorder.connectivity.expect(provider, AT, 60)
                await recorder.submit(observed(UNREACHABLE, provider, minute))
    assert names(store) == ["provider.unreachable", "provider.unreachable"]


async def test_a_provider_that_is_forgotten_no_longer_counts(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        for provider in (*PROVIDERS, "gone"):
            recorder.connectivity.expect(provider, AT, 60)
        for minute in range(2):
            for provider in PROVIDERS:
                await recorder.submit(observed(UNREACHABLE, provider, minute))
        assert names(store) == []
        recorder.connectivity.forget("gone")
        await recorder.submit(observed(UNREACHABLE, "acme", 2))
    assert names(store) == ["monitor.offline"]


async def test_a_restart_while_offline_says_neither_online_nor_offline_again(store: SqliteStore) -> None:
    for _start in range(2):
        async with open_recorder(store) as recorder:
            for provider in PROVIDERS:
                recorder.connectivity.expect(provider, AT, 60)
            for minute in range(2):
                for provider in PROVIDERS:
                    await recorder.submit(observed(UNREACHABLE, provider, minute))
    assert names(store) == ["monitor.offline"]


async def test_a_provider_added_while_offline_does_not_end_it(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        for provider in PROVIDERS:
            recorder.connectivity.expect(provider, AT, 60)
            await recorder.submit(observed(UNREACHABLE, provider))
        for provider in PROVIDERS[1:]:
            await recorder.submit(observed(UNREACHABLE, provider, 1))
        recorder.connectivity.expect("new", AT, 60)
        await recorder.submit(observed(UNREACHABLE, "acme", 2))
    assert names(store) == ["monitor.offline"]


async def test_a_monitor_event_is_not_stored_twice_when_its_observation_breaks(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(known: Known, observation: Observation) -> Change:
        if isinstance(observation.outcome, Unchanged):
            raise ZeroDivisionError
        return detect(known, observation)

    async with open_recorder(store) as recorder:
        for provider in PROVIDERS:
            recorder.connectivity.expect(provider, AT, 60)
            await recorder.submit(observed(UNREACHABLE, provider))
        monkeypatch.setattr("statustrio.recorder.detect", broken)
        assert (await recorder.submit(observed(Unchanged(), minute=1))).events == ("monitor.online",)
    assert names(store) == ["monitor.offline", "monitor.online"]


SEQUENCE = (
    observed(seen(etag="1")),
    observed(seen(incident="i9"), "bolt"),
    observed(seen("identified", etag="2", minute=3), minute=3),
    observed(Unchanged(), minute=4),
    observed(UNREACHABLE, minute=5),
    observed(Failed("HTTP 503", 503, AT + timedelta(hours=1)), minute=6),
    observed(Failed("HTTP 503", 503), minute=7),
    observed(seen("resolved", etag="3", minute=8), minute=8),
    evolve(observed(seen(etag="1"), "coil", minute=9), backfill="all"),
    observed(Failed("HTTP 410", 410), "bolt", minute=10),
)


async def test_observations_that_went_through_json_make_the_same_events(tmp_path: Path) -> None:
    logs = []
    for name, carry in (("direct", lambda one: one), ("json", lambda one: from_json(to_json(one), Observation))):
        with closing(SqliteStore(open_database(tmp_path / f"{name}.db"), render)) as store:
            store.configure(Wanted(one, one.title(), f"https://{one}.example/feed") for one in PROVIDERS)
            async with open_recorder(store) as recorder:
                for observation in SEQUENCE:
                    await recorder.submit(carry(observation))
            logs.append(store.events_after(0, 1000))
            logs.append([store.load(provider, ()) for provider in PROVIDERS])
    assert logs[0] == logs[2]
    assert logs[1] == logs[3]
    assert [logged.event.event for logged in logs[0]] == [
        "incident.opened",
        "incident.opened",
        "incident.updated",
        "provider.unreachable",
        "provider.recovered",
        "incident.resolved",
        "incident.opened",
        "provider.unreachable",
    ]


async def test_closing_all_senders_ends_the_recorder_after_the_work_it_has(store: SqliteStore) -> None:
    async with open_recorder(store) as recorder:
        second = recorder.requests.clone()
        recorder.requests.close()
        assert await second.ask(lambda store: store.load_state("acme").provider) == "acme"
        second.close()


async def test_updates_that_are_new_are_acknowledged_with_their_delay_and_those_of_a_first_sight_without(
    store: SqliteStore,
) -> None:
    async with open_recorder(store) as recorder:
        first = await recorder.submit(observed(seen()))
        assert (first.events, first.delays) == (("incident.opened",), ())
        second = await recorder.submit(observed(seen("monitoring", etag="2", minute=-2), minute=1))
        assert (second.events, second.delays) == (("incident.updated",), (120.0,))
        history = evolve(observed(seen(), "bolt"), backfill="all")
        third = await recorder.submit(history)
        assert (third.events, third.delays) == (("incident.opened",), ())
