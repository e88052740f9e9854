"""Each task cancelled while it waits for each channel: ends are closed, the database holds whole transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from attrs import evolve

from statustrio.config import ConsumerConfig, ProviderConfig
from statustrio.errors import DeliveryError
from statustrio.fanout import News, Subscription
from statustrio.fetch import Fetched
from statustrio.line import render
from statustrio.model import (
    Acknowledgement,
    Kind,
    Observation,
    ProviderState,
    Reading,
    Seen,
    Shape,
    Shown,
    Update,
    Validators,
)
from statustrio.poller import Poll, run_poller
from statustrio.reading import Document
from statustrio.recorder import Request, Requests, record, run_recorder
from statustrio.store.opening import open_database
from statustrio.store.protocol import Logged, StorageError, Store, Wanted
from statustrio.store.sqlite import SqliteStore
from statustrio.timetable import Alarm, Timetable

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROVIDERS = ("acme", "bolt", "coil")
Run = Callable[..., Any]


class Channels:
    """`trio.open_memory_channel`, which remembers what it opened."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.opened: list[tuple[Any, Any]] = []

    def __getitem__(self, _: object) -> Channels:
        return self

    def __call__(self, size: float) -> tuple[Any, Any]:
        ends = self.real(size)
        self.opened.append(ends)
        return ends

    def are_closed(self) -> bool:
        statistics = [send.statistics() for send, _ in self.opened]
        return bool(statistics) and all(
            (one.open_send_channels, one.open_receive_channels) == (0, 0) for one in statistics
        )


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> Channels:
    channels = Channels(trio.open_memory_channel)
    monkeypatch.setattr(trio, "open_memory_channel", channels)
    return channels


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def store(database: Path) -> Iterator[SqliteStore]:
    with closing(new_store(database)) as store, structlog.testing.capture_logs():
        yield store


def new_store(database: Path) -> SqliteStore:
    store = SqliteStore(open_database(database), render)
    with store.group(durable=True):
        store.configure(Wanted(one, one.title(), f"https://{one}.example/feed") for one in PROVIDERS)
        store.subscribe([("out", True)])
    return store


def check(database: Path) -> None:
    """Whole transactions, as another process sees them: a document is stored with the events it made or not at all."""
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert other.execute("PRAGMA foreign_key_check").fetchall() == []
        for provider, version, etag in other.execute("SELECT id, version, etag FROM providers").fetchall():
            (made,) = other.execute("SELECT count(*) FROM events WHERE provider = ?", (provider,)).fetchone()
            (updates,) = other.execute("SELECT count(*) FROM updates WHERE provider = ?", (provider,)).fetchone()
            assert (version, version) == (made, updates)
            assert etag == (str(version) if version else None)


def observed(provider: str, number: int) -> Observation:
    """The document with so many updates; each makes one event."""
    updates = tuple(Update(AT + timedelta(minutes=n), "investigating", f"{n}") for n in range(number))
    seen = Seen(
        platform="statuspage",
        shape=Shape.TIMELINE,
        host="example",
        validators=Validators(etag=str(number)),
        body_digest=str(number),
        window=(Shown(str(number), "i1", AT),),
        readings=(Reading("i1", Kind.INCIDENT, "Trouble", updates, started_at=AT),),
    )
    return Observation(provider, "https://example", AT + timedelta(minutes=number), 60.0, seen)


async def inline(work: Run, *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return work(*args)


async def forever(*_: Any, **__: Any) -> Any:
    await trio.sleep_forever()


async def cancelled_while_blocked(run: Run, *args: Any, when: Callable[[], None] | None = None) -> None:
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, *args)
            await trio.testing.wait_all_tasks_blocked()
            if when:
                when()
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def recorder(store: Store, run_sync: Run, news: News | None = None) -> AsyncIterator[Requests]:
    """A recorder beside the test; cancelled at its end."""
    send, receive = trio.open_memory_channel[Request[Any]](0)
    requests = Requests(send)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_recorder, receive, store, run_sync, (news or News()).announce)
        try:
            yield requests
        finally:
            requests.close()
            nursery.cancel_scope.cancel()


def submit(requests: Requests, provider: str, number: int = 1) -> Any:
    work = partial(record, observation=observed(provider, number), all_dark=False)
    return requests.ask(work, durable=True)


# The recorder


async def test_a_recorder_cancelled_while_it_waits_for_work_closes_its_end(
    store: SqliteStore, channels: Channels
) -> None:
    send, receive = trio.open_memory_channel[Request[Any]](0)
    await cancelled_while_blocked(run_recorder, receive, store, inline, News().announce)
    with pytest.raises(trio.BrokenResourceError):
        await Requests(send).ask(lambda store: store.load_state("acme"))
    send.close()
    assert channels.are_closed()


@pytest.mark.parametrize("blocked", ["work", "retry"])
async def test_a_recorder_cancelled_over_a_group_stores_none_of_it(
    store: SqliteStore, channels: Channels, database: Path, blocked: str
) -> None:
    async def failing(*_: Any) -> None:
        raise StorageError("disk full")

    send, receive = trio.open_memory_channel[Request[Any]](0)
    requests = Requests(send)

    async def all_of_it() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_recorder, receive, store, forever if blocked == "work" else failing, News().announce)
            for provider in PROVIDERS:
                nursery.start_soon(submit, requests, provider)

    await cancelled_while_blocked(all_of_it)
    requests.close()
    assert channels.are_closed()
    assert store.events_after(0, 10) == ()
    check(database)


@pytest.mark.slow
async def test_a_recorder_cancelled_while_the_database_works_lets_it_finish_and_answers(
    store: SqliteStore, channels: Channels, database: Path
) -> None:
    """A thread cannot be cancelled: what it commits is a whole group, and those who asked hear of it."""
    limiter = trio.CapacityLimiter(1)
    entered = trio.Event()
    answers: list[Acknowledgement] = []

    async def in_thread(work: Run, *args: Any) -> Any:
        def slow() -> Any:
            trio.from_thread.run_sync(entered.set)
            return work(*args)

        return await trio.to_thread.run_sync(slow, limiter=limiter)

    send, receive = trio.open_memory_channel[Request[Any]](0)
    requests = Requests(send)

    async def ask() -> None:
        with trio.CancelScope(shield=True):
            answers.append(await submit(requests, "acme"))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_recorder, receive, store, in_thread, News().announce)
            nursery.start_soon(ask)
            await entered.wait()
            nursery.cancel_scope.cancel()
    requests.close()
    assert answers[0].events == ("incident.opened",)
    assert channels.are_closed()
    check(database)


# Those who ask


async def test_who_is_cancelled_before_the_recorder_took_the_request_has_asked_nothing(
    store: SqliteStore, channels: Channels, database: Path
) -> None:
    send, receive = trio.open_memory_channel[Request[Any]](0)
    requests = Requests(send)
    await cancelled_while_blocked(submit, requests, "acme")
    with pytest.raises(trio.WouldBlock):
        receive.receive_nowait()
    requests.close()
    receive.close()
    assert channels.are_closed()
    check(database)
    assert store.load_state("acme").version == 0


async def test_who_is_cancelled_while_the_recorder_works_leaves_whole_work_and_a_recorder_at_work(
    store: SqliteStore, channels: Channels, database: Path
) -> None:
    opened = trio.Event()

    async def gated(work: Run, *args: Any) -> Any:
        await opened.wait()
        return work(*args)

    with trio.fail_after(5):
        async with recorder(store, gated) as requests:
            clone = requests.clone()
            await cancelled_while_blocked(submit, clone, "acme")
            clone.close()
            opened.set()
            assert (await submit(requests, "bolt")).events == ("incident.opened",)
    assert channels.are_closed()
    check(database)


# The poller

CONFIG = ProviderConfig("acme", "Acme", "https://acme.example/feed")


def poll(**blocked: Any) -> Poll:
    async def fetch(*_: Any) -> Fetched:
        return Fetched(b"feed", Validators(etag="1"), "https://acme.example/feed")

    async def read(*_: Any, **__: Any) -> Document:
        outcome = observed("acme", 1).outcome
        assert isinstance(outcome, Seen)
        return Document("statuspage", Shape.TIMELINE, outcome.window, outcome.readings)

    async def enrich(readings: Any, **_: Any) -> Any:
        return readings

    callables: dict[str, Any] = {"fetch": fetch, "read": read, "enrich": enrich, "submit": forever, **blocked}
    return Poll(**callables, confirm=lambda *_: None, chance=lambda: 0.0)


async def follow(state: ProviderState, poll: Poll) -> None:
    """A poller with somebody who wakes it."""
    timetable = Timetable()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timetable.run)
        await run_poller(CONFIG, state, poll, Alarm(timetable))


@pytest.mark.parametrize("where", ["wait", "fetch", "read", "enrich", "submit"])
async def test_a_poller_cancelled_wherever_it_waits_ends_at_once(where: str) -> None:
    state = ProviderState("acme", "Acme", CONFIG.feed_url)
    waiting = evolve(poll(), chance=lambda: 1.0) if where == "wait" else poll(**{where: forever})
    await cancelled_while_blocked(follow, state, waiting)


@pytest.mark.parametrize("where", ["send", "answer"])
async def test_a_poller_cancelled_while_it_hands_over_believes_nothing_and_leaves_whole_work(
    store: SqliteStore, channels: Channels, database: Path, where: str
) -> None:
    """The next start polls with what was stored, be it the old or the new."""
    opened = trio.Event()

    async def gated(work: Run, *args: Any) -> Any:
        await opened.wait()
        return work(*args)

    with trio.fail_after(5):
        async with recorder(store, gated) as requests:
            if where == "send":
                # The recorder is busy with somebody else's group.
                await cancelled_while_blocked(submit, requests, "bolt")

            async def hand_over(observation: Observation) -> Acknowledgement:
                work = partial(record, observation=observation, all_dark=False)
                return await requests.ask(work, durable=True)

            await cancelled_while_blocked(follow, store.load_state("acme"), poll(submit=hand_over))
            opened.set()
            await trio.testing.wait_all_tasks_blocked()
    assert channels.are_closed()
    check(database)
    assert store.load_state("acme").validators.etag == (None if where == "send" else "1")


# The fan-out


class Consumer:
    def __init__(self, deliver: Run) -> None:
        self._deliver = deliver
        self.seqs: list[int] = []

    async def deliver(self, logged: Logged) -> None:
        await self._deliver(logged)
        self.seqs.append(logged.seq)

    async def watch(self) -> None:
        await trio.sleep_forever()


async def at_once(_: Logged) -> None:
    await trio.lowlevel.checkpoint()


async def unwilling(_: Logged) -> None:
    raise DeliveryError("HTTP 503")


async def stuck_at_first(logged: Logged) -> None:
    if logged.seq == 1:
        await trio.sleep_forever()


def fill(store: SqliteStore) -> None:
    with store.group(durable=True):
        for number in (1, 2):
            for provider in PROVIDERS:
                record(store, observed(provider, number), all_dark=False)


def subscription(store: SqliteStore, requests: Requests, workers: int = 1, run_sync: Run = inline) -> Subscription:
    ((cursor,), _) = store.subscribe([("out", True)])
    return Subscription(ConsumerConfig("out", "stdout"), cursor, store, requests, run_sync, {}, workers)


async def unreadable(*_: Any) -> Any:
    raise StorageError("disk I/O error")


BLOCKED = {
    "the feed loop waits for news": {"deliver": at_once},
    "the feed loop hands out": {"deliver": forever},
    "the feed loop reads": {"deliver": at_once, "reading": forever},
    "the feed loop reads again later": {"deliver": at_once, "reading": unreadable},
    "the feed loop waits for a provider": {"deliver": stuck_at_first, "workers": 5},
    "a worker delivers": {"deliver": forever, "workers": 2},
    "a worker tries again later": {"deliver": unwilling, "workers": 2},
    "a worker saves": {"deliver": at_once, "workers": 2, "saving": forever},
    "a worker waits for an event": {"deliver": at_once, "workers": 5},
}


@pytest.mark.parametrize("how", BLOCKED.values(), ids=BLOCKED.keys())
async def test_a_subscription_cancelled_wherever_it_waits_closes_its_ends_and_goes_on_later(
    store: SqliteStore, channels: Channels, database: Path, how: dict[str, Any]
) -> None:
    fill(store)
    workers = how.get("workers", 1)
    first, second = Consumer(how["deliver"]), Consumer(at_once)
    with trio.fail_after(5):
        async with recorder(store, how.get("saving", inline)) as requests:
            with (news := News()).subscribe("out") as receive:
                running = subscription(store, requests, workers, how.get("reading", inline))
                await cancelled_while_blocked(running.run, first, receive)
                news.end_all()
            await trio.testing.wait_all_tasks_blocked()
        ((cursor,), _) = store.subscribe([("out", True)])
        acknowledged = {*range(1, cursor.seq + 1), *cursor.beyond}
        async with recorder(store, inline) as requests:
            with (news := News()).subscribe("out") as receive:
                news.end_all()
                await subscription(store, requests, workers).run(second, receive)
    assert channels.are_closed()
    assert set(second.seqs) == {1, 2, 3, 4, 5, 6} - acknowledged
    assert set(first.seqs) >= acknowledged
    assert len(set(first.seqs) - acknowledged) <= workers
    check(database)


# All of it, at any step


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
async def test_cancelled_at_any_step_nothing_is_torn_nothing_lost_and_nothing_acknowledged_comes_again(
    tmp_path: Path, channels: Channels, workers: int
) -> None:
    finished = 0
    for step in range(0, 120, 2):
        database = tmp_path / f"{step}.db"
        with closing(new_store(database)) as store:
            store._connection.execute("PRAGMA synchronous = OFF")
            first, second = Consumer(at_once), Consumer(at_once)
            with trio.fail_after(10):
                finished += await _run_until(step, store, first, workers)
                check(database)
                ((cursor,), _) = store.subscribe([("out", True)])
                acknowledged = {*range(1, cursor.seq + 1), *cursor.beyond}
                async with recorder(store, inline) as requests:
                    with (news := News()).subscribe("out") as receive:
                        news.end_all()
                        await subscription(store, requests, workers).run(second, receive)
            logged = {one.seq for one in store.events_after(0, 100)}
            assert set(second.seqs) == logged - acknowledged
            assert acknowledged <= set(first.seqs)
            assert len(set(first.seqs) & set(second.seqs)) <= workers
    assert channels.are_closed()
    assert finished > 0, "the last steps lie behind the end"


async def _run_until(step: int, store: SqliteStore, consumer: Consumer, workers: int) -> bool:
    """Two documents of each provider and their delivery, cancelled after so many steps; whether all was delivered."""
    news = News()
    with news.subscribe("out") as receive:
        async with trio.open_nursery() as nursery:

            async def everything() -> None:
                async with recorder(store, inline, news) as requests, trio.open_nursery() as inner:
                    inner.start_soon(subscription(store, requests, workers).run, consumer, receive)
                    async with trio.open_nursery() as pollers:

                        async def follow(provider: str) -> None:
                            for number in (1, 2):
                                await submit(requests, provider, number)

                        for provider in PROVIDERS:
                            pollers.start_soon(follow, provider)
                    news.end_all()

            nursery.start_soon(everything)
            for _ in range(step):
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        news.end_all()
    return len(consumer.seqs) == 6
