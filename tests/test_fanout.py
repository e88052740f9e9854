"""Subscriptions: order, cursors, retries, restarts. Virtual time, the recorder's work runs inline."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from attrs import asdict, define, evolve, field
from build import NOON
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore
from test_timing import FILTERS, LATER, MUTES, TIMINGS, lives

from statustrio import fanout as fanout_module
from statustrio.clock import now
from statustrio.codec import from_data, to_data
from statustrio.config import ConsumerConfig, FilterConfig, TimingConfig
from statustrio.errors import ConsumerGoneError, DeliveryError, RejectedError
from statustrio.events import REMINDER, SUMMARY, Event
from statustrio.explain import routed
from statustrio.fanout import BATCH, LOOK_SECONDS, MATCH_PAUSE_SECONDS, TRIES, News, Subscription
from statustrio.line import render
from statustrio.model import Change, Draft, Impact, Status
from statustrio.recorder import Request, Requests, run_recorder
from statustrio.store.protocol import Cursor, Logged, StorageError, Store, Wanted
from statustrio.stories import Mute

AT = now()
"""A consumer that is a day behind is warned of, so this log is of today."""
Clock = trio.testing.MockClock
A, B, C = "acme", "bolt", "coil"


def post(
    store: Store,
    provider: str,
    noun: str = "updated",
    incident: str = "i1",
    impact: Impact | None = None,
    at: datetime = AT,
    message: str | None = None,
) -> int:
    """One more event in the log; its seq."""
    state = store.load_state(provider)
    draft = Draft(f"incident.{noun}", f"key {state.version}", incident, title="Errors", impact=impact, message=message)
    (event,) = store.commit(Change(evolve(state, version=state.version + 1), at, drafts=(draft,)))
    return event.seq


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(render)
    store.configure(Wanted(one, one.title(), f"https://{one}.example/feed") for one in (A, B, C))
    store.subscribe([("out", True), ("other", True)])
    return store


@define
class FakeConsumer:
    """Takes what it is given, as long as `behave` lets it."""

    behave: Callable[[Logged], Any] | None = None
    seqs: list[int] = field(factory=list)
    names: list[str] = field(factory=list)
    gone: trio.Event = field(factory=trio.Event)

    async def deliver(self, logged: Logged) -> None:
        if self.behave:
            await self.behave(logged)
        self.seqs.append(logged.seq)
        self.names.append(logged.event.event)

    async def watch(self) -> None:
        await self.gone.wait()
        raise ConsumerGoneError("the reader has gone")


@define
class Gate:
    """Runs the recorder's work inline while it is open."""

    open: bool = True
    _opened: trio.Event = field(factory=trio.Event)

    async def __call__(self, work: Callable[..., Any], *args: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if not self.open:
            await self._opened.wait()
        return work(*args)

    def let_go(self) -> None:
        self.open = True
        self._opened.set()


async def inline(work: Callable[..., Any], *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return work(*args)


@define
class FanOut:
    """A recorder at work and the news of it; every subscription begins where the store says."""

    store: Store
    requests: Requests
    nursery: trio.Nursery
    news: News = field(factory=News)
    gate: Gate = field(factory=Gate)

    def subscription(
        self, consumer: str = "out", *, workers: int = 1, timing: TimingConfig | None = None, **filters: Any
    ) -> Subscription:
        config = ConsumerConfig(consumer, "stdout", workers, FilterConfig(**filters), timing or TimingConfig())
        (cursor, _), _ = self.store.subscribe([(consumer, True), ("other" if consumer == "out" else "out", True)])
        return Subscription(config, cursor, self.store, self.requests, inline, {}, workers)

    @asynccontextmanager
    async def running(
        self, consumer: FakeConsumer, subscription: Subscription | None = None, **kinds: Any
    ) -> AsyncIterator[Subscription]:
        """A subscription that runs inside; cancelled at the end like by a kill."""
        subscription = subscription or self.subscription(**kinds)
        news = self.news.subscribe(subscription.config.id)
        with news:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(subscription.run, consumer, news)
                yield subscription
                nursery.cancel_scope.cancel()

    async def drain(self, consumer: FakeConsumer, **kinds: Any) -> None:
        """Run until all of the log is delivered."""
        subscription = self.subscription(**kinds)
        with self.news.subscribe(subscription.config.id) as news:
            self.news.end(subscription.config.id)
            await subscription.run(consumer, news)

    def cursor(self, consumer: str = "out") -> tuple[int, tuple[int, ...]]:
        cursors, _ = self.store.subscribe([("out", True), ("other", True)])
        (cursor,) = (one for one in cursors if one.consumer == consumer)
        return cursor.seq, cursor.beyond

    async def post(self, *events: Any, **settings: Any) -> None:
        for provider in events:
            await self.requests.ask(lambda store, provider=provider: post(store, provider, **settings))


@asynccontextmanager
async def open_fanout(store: Store, *, seconds: float = 10) -> AsyncIterator[FanOut]:
    send, receive = trio.open_memory_channel[Request[Any]](0)
    with trio.fail_after(seconds):
        async with trio.open_nursery() as nursery:
            fanout = FanOut(store, Requests(send), nursery)
            nursery.start_soon(run_recorder, receive, store, fanout.gate, fanout.news.announce)
            yield fanout
            fanout.requests.close()


@contextmanager
def captured() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


async def settle() -> None:
    await trio.testing.wait_all_tasks_blocked()


class Stuck:
    """Holds up the events of some seqs until they are freed."""

    def __init__(self, *seqs: int) -> None:
        self.free = {seq: trio.Event() for seq in seqs}

    async def __call__(self, logged: Logged) -> None:
        if logged.seq in self.free:
            await self.free[logged.seq].wait()


async def test_events_of_a_provider_keep_their_order_and_are_never_under_way_together(
    store: MemoryStore, autojump_clock: Clock
) -> None:
    for provider in (A, A, B, A, C, C, B, A, B, C, A, A):
        post(store, provider)
    under_way: list[str] = []
    most = 0
    order: dict[str, list[int]] = {A: [], B: [], C: []}

    async def behave(logged: Logged) -> None:
        nonlocal most
        provider = logged.event.provider
        assert provider is not None
        assert provider not in under_way
        under_way.append(provider)
        most = max(most, len(under_way))
        await trio.sleep({A: 1.0, B: 3.0, C: 0.5}[provider])
        under_way.remove(provider)
        order[provider].append(logged.seq)

    began = autojump_clock.current_time()
    async with open_fanout(store, seconds=60) as fanout:
        await fanout.drain(FakeConsumer(behave), workers=4)
    assert order == {A: [1, 2, 4, 8, 11, 12], B: [3, 7, 9], C: [5, 6, 10]}
    assert most == 3
    assert autojump_clock.current_time() - began < 6 + 9 + 1.5, "workers work side by side"


async def test_one_worker_delivers_in_the_order_of_the_log(store: MemoryStore) -> None:
    expected = [post(store, provider) for provider in (A, B, A, C)]
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        await fanout.drain(consumer)
        assert consumer.seqs == expected
        assert fanout.cursor() == (4, ())


async def test_the_cursor_is_the_highest_seq_with_none_unacknowledged_below(store: MemoryStore) -> None:
    for provider in (A, B, C, B):
        post(store, provider)
    stuck = Stuck(1)
    consumer = FakeConsumer(stuck)
    async with open_fanout(store) as fanout, fanout.running(consumer, workers=3):
        await settle()
        assert fanout.cursor() == (0, (2, 3, 4))
        stuck.free[1].set()
        await settle()
        assert fanout.cursor() == (4, ())
    assert sorted(consumer.seqs) == [1, 2, 3, 4]


async def test_a_restart_in_the_middle_repeats_nothing_acknowledged(store: MemoryStore) -> None:
    for provider in (A, B, C, B, A):
        post(store, provider)
    first, second = FakeConsumer(Stuck(1)), FakeConsumer()
    async with open_fanout(store) as fanout:
        async with fanout.running(first, workers=3):
            await settle()
        await fanout.drain(second, workers=3)
        assert fanout.cursor() == (5, ())
    assert sorted(first.seqs) == [2, 3, 4]
    assert second.seqs == [1, 5]


async def test_a_worker_takes_no_event_before_its_cursor_is_saved(store: MemoryStore) -> None:
    for provider in (A, B, C):
        post(store, provider)
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        fanout.gate.open = False
        async with fanout.running(consumer):
            await settle()
            assert consumer.seqs == [1]
            assert fanout.cursor() == (0, ())
            fanout.gate.let_go()
            await settle()
            assert consumer.seqs == [1, 2, 3]


async def test_at_most_one_event_per_worker_is_repeated_after_a_kill(store: MemoryStore) -> None:
    for provider in (A, B, C):
        post(store, provider)
    first, second = FakeConsumer(), FakeConsumer()
    async with open_fanout(store) as fanout:
        fanout.gate.open = False
        async with fanout.running(first, workers=2):
            await settle()
        fanout.nursery.cancel_scope.cancel()
    async with open_fanout(store) as fanout:
        await fanout.drain(second)
    assert sorted(first.seqs) == [1, 2]
    assert second.seqs == [1, 2, 3]


async def test_a_failed_delivery_is_tried_again_with_growing_pauses(store: MemoryStore, autojump_clock: Clock) -> None:
    post(store, A)
    tries: list[float] = []

    async def behave(_logged: Logged) -> None:
        tries.append(autojump_clock.current_time())
        if len(tries) < 9:
            raise DeliveryError("HTTP 503")

    consumer = FakeConsumer(behave)
    with captured() as logs:
        async with open_fanout(store, seconds=3600) as fanout:
            await fanout.drain(consumer)
            assert fanout.cursor() == (1, ())
    pauses = [round(later - earlier, 3) for earlier, later in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert pauses[0] <= 1
    assert pauses[-1] <= 60
    assert len(set(pauses)) > 3
    assert [entry["event"] for entry in logs] == ["delivery.failed"]


async def test_nothing_is_cut_off_on_its_way_at_the_end(store: MemoryStore, autojump_clock: Clock) -> None:
    """After the next start the receiver would have it twice."""
    for _ in range(10):
        post(store, A)
    begun: list[int] = []

    async def behave(logged: Logged) -> None:
        begun.append(logged.seq)
        await trio.sleep(0.7)

    consumer = FakeConsumer(behave)
    async with open_fanout(store) as fanout:
        with trio.move_on_after(3):
            await fanout.drain(consumer)
        assert autojump_clock.current_time() == pytest.approx(3)
        assert begun == consumer.seqs == [1, 2, 3]
        assert fanout.cursor() == (3, ())


async def test_a_failing_delivery_delays_neither_another_consumer_nor_another_worker(
    store: MemoryStore, autojump_clock: Clock
) -> None:
    for provider in (A, B, C):
        post(store, provider)

    async def behave(logged: Logged) -> None:
        if logged.event.provider == A:
            raise DeliveryError("HTTP 503")

    broken, healthy = FakeConsumer(behave), FakeConsumer()
    began = autojump_clock.current_time()
    async with (
        open_fanout(store) as fanout,
        fanout.running(broken, workers=2),
        fanout.running(healthy, fanout.subscription("other")),
    ):
        while len(broken.seqs) < 2 or len(healthy.seqs) < 3:
            await trio.sleep(0.01)
        assert autojump_clock.current_time() - began < 0.5
        assert fanout.cursor() == (0, (2, 3))
        assert fanout.cursor("other") == (3, ())


async def test_who_was_down_for_an_hour_is_told_all_of_it_in_order_within_half_a_minute_and_nobody_else_waited(
    store: MemoryStore, autojump_clock: Clock
) -> None:
    back = autojump_clock.current_time() + 3600

    async def behave(_logged: Logged) -> None:
        if autojump_clock.current_time() < back:
            raise DeliveryError("connection refused")

    down, healthy = FakeConsumer(behave), FakeConsumer()
    async with (
        open_fanout(store, seconds=7200) as fanout,
        fanout.running(down),
        fanout.running(healthy, fanout.subscription("other")),
    ):
        for minute in range(60):
            post(store, (A, B, C)[minute % 3])
            fanout.news.announce()
            await trio.sleep(60)
            assert healthy.seqs == list(range(1, minute + 2))
        await trio.sleep(30)
        assert fanout.cursor() == (60, ())
    assert down.seqs == list(range(1, 61))


@pytest.mark.parametrize("how", ["deliver", "watch"])
async def test_a_consumer_that_is_gone_ends_its_subscription_and_is_still_owed(store: MemoryStore, how: str) -> None:
    for provider in (A, A):
        post(store, provider)

    async def behave(logged: Logged) -> None:
        if logged.seq == 2:
            if how == "deliver":
                raise ConsumerGoneError("closed")
            consumer.gone.set()
            await trio.sleep_forever()

    consumer = FakeConsumer(behave)
    async with open_fanout(store) as fanout:
        with pytest.RaisesGroup(ConsumerGoneError, flatten_subgroups=True):
            async with fanout.running(consumer):
                await trio.sleep_forever()
        assert fanout.cursor() == (1, ())
        fanout.news.announce()


async def test_rejected_events_move_the_cursor(store: MemoryStore) -> None:
    for provider in (A, B, B):
        post(store, provider)
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout, fanout.running(consumer, providers=(C,)):
        await settle()
        assert fanout.cursor() == (3, ())
        await fanout.post(B)
        await settle()
        assert fanout.cursor() == (4, ())
    assert consumer.seqs == []


async def test_rejected_events_after_one_under_way_count_once_it_is_done(store: MemoryStore) -> None:
    for provider in (A, B, B):
        post(store, provider)
    stuck = Stuck(1)
    consumer = FakeConsumer(stuck)
    async with open_fanout(store) as fanout, fanout.running(consumer, providers=(A,)):
        await settle()
        stuck.free[1].set()
        await settle()
        assert fanout.cursor() == (3, ())
    assert consumer.seqs == [1]


async def test_a_consumer_that_was_told_hears_the_end_after_a_restart(store: MemoryStore) -> None:
    post(store, A, "opened", impact=Impact.CRITICAL)
    first, second = FakeConsumer(), FakeConsumer()
    async with open_fanout(store) as fanout:
        await fanout.drain(first, min_impact=Impact.MAJOR)
        await fanout.post(A, noun="resolved", impact=Impact.NONE)
        await fanout.drain(second, min_impact=Impact.MAJOR)
    assert (first.seqs, second.seqs) == ([1], [2])


async def test_one_whose_start_was_held_back_stays_silent_after_a_restart(store: MemoryStore) -> None:
    post(store, A, "opened", impact=Impact.MINOR)
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        await fanout.drain(consumer, min_impact=Impact.MAJOR)
        await fanout.post(A, noun="resolved", impact=Impact.MINOR)
        await fanout.drain(consumer, min_impact=Impact.MAJOR)
        assert fanout.cursor() == (2, ())
    assert consumer.seqs == []


async def test_an_event_held_back_before_an_incident_rose_stays_so_after_a_restart(store: MemoryStore) -> None:
    """The cursor cannot pass the stuck event, but what was rejected behind it is not judged again."""
    post(store, A, "opened", impact=Impact.CRITICAL)
    post(store, B, "opened", impact=Impact.MINOR)
    post(store, B, "updated", impact=Impact.CRITICAL)
    first, second = FakeConsumer(Stuck(1)), FakeConsumer()
    async with open_fanout(store) as fanout:
        async with fanout.running(first, workers=2, min_impact=Impact.MAJOR):
            await settle()
            assert first.seqs == [3]
        await fanout.drain(second, workers=2, min_impact=Impact.MAJOR)
    assert second.seqs == [1]


async def test_news_that_nobody_has_taken_yet_say_it_already(store: MemoryStore) -> None:
    async with open_fanout(store) as fanout:
        with fanout.news.subscribe("out") as news:
            for _ in range(5):
                fanout.news.announce()
            await news.receive()
            with pytest.raises(trio.WouldBlock):
                news.receive_nowait()
            fanout.news.end("out")
            fanout.news.end("out")
        fanout.news.announce()
        fanout.news.subscribe("other").close()
        fanout.news.announce()
        fanout.news.end_all()


async def test_a_new_event_is_delivered_when_it_is_announced(store: MemoryStore) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout, fanout.running(consumer):
        for expected in ([1], [1, 2], [1, 2, 3]):
            await fanout.post(A)
            await settle()
            assert consumer.seqs == expected


async def test_the_end_of_news_drains_the_whole_log(store: MemoryStore) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        fanout.gate.open = False
        async with trio.open_nursery() as nursery:
            subscription = fanout.subscription(workers=2)
            news = fanout.news.subscribe("out")
            nursery.start_soon(subscription.run, consumer, news)
            await settle()
            for number in range(BATCH + 5):
                post(store, (A, B, C)[number % 3])
            fanout.news.end_all()
            fanout.gate.let_go()
        assert sorted(consumer.seqs) == list(range(1, BATCH + 6))
        assert fanout.cursor() == (BATCH + 5, ())
        news.close()


async def test_a_slow_consumer_reads_no_more_than_one_batch_ahead(store: MemoryStore) -> None:
    for _ in range(5 * BATCH):
        post(store, A)
    read: list[int] = []

    class Spy(MemoryStore):
        def events_after(self, seq: int, limit: int) -> tuple[Logged, ...]:
            batch = super().events_after(seq, limit)
            read.extend(logged.seq for logged in batch)
            return batch

    spy = Spy(render)
    spy.tables = store.tables
    stuck = Stuck(3)
    consumer = FakeConsumer(stuck)
    async with open_fanout(spy) as fanout, fanout.running(consumer, workers=4):
        for _ in range(3):
            await fanout.post(B)
            await settle()
        assert consumer.seqs == [1, 2]
        assert len(read) == BATCH
        stuck.free[3].set()
        await settle()
    assert consumer.seqs == list(range(1, 5 * BATCH + 4))


async def test_an_event_between_the_read_and_the_wait_for_news_is_not_missed(store: MemoryStore) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        subscription = fanout.subscription()
        posted = False

        async def run_sync(work: Callable[..., Any], *args: Any) -> Any:
            nonlocal posted
            answer = work(*args)
            if not answer and not posted:
                posted = True
                post(store, A)
                fanout.news.announce()
            return answer

        subscription.run_sync = run_sync
        async with fanout.running(consumer, subscription):
            await settle()
            assert consumer.seqs == [1]


async def test_a_log_that_cannot_be_read_now_is_read_later(store: MemoryStore, autojump_clock: Clock) -> None:
    post(store, A, "opened", impact=Impact.CRITICAL)
    failures = {"_read": 5, "load_due": 5}
    consumer = FakeConsumer()
    began = autojump_clock.current_time()

    async def run_sync(work: Callable[..., Any], *args: Any) -> Any:
        if failures[work.__name__]:
            failures[work.__name__] -= 1
            raise StorageError("disk I/O error")
        return await inline(work, *args)

    with captured() as logs:
        async with open_fanout(store, seconds=3600) as fanout:
            subscription = fanout.subscription(min_impact=Impact.MAJOR)
            subscription.run_sync = run_sync
            async with fanout.running(consumer, subscription):
                await trio.sleep(60)
    assert consumer.seqs == [1]
    assert [entry["event"] for entry in logs] == ["log.unreadable"] * 2
    assert autojump_clock.current_time() - began < 61


async def test_a_subscription_run_again_begins_at_the_cursor_it_saved_last() -> None:
    """Several workers' cursors are saved in one group, and trio wakes them in any order."""
    for _ in range(10):
        store = MemoryStore(render)
        store.configure(Wanted(one, one, "https://example") for one in "abcde")
        store.subscribe([("out", True)])
        for provider in "abcde":
            post(store, provider)
        broken = trio.Event()

        async def behave(logged: Logged) -> None:
            if logged.seq == 1:
                await broken.wait()  # noqa: B023  that of this round
                raise ZeroDivisionError("a bug")

        first, second = FakeConsumer(behave), FakeConsumer()
        async with open_fanout(store) as fanout:
            fanout.gate.open = False
            subscription = fanout.subscription(workers=5)
            with fanout.news.subscribe("out") as news:
                with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(subscription.run, first, news)
                        await settle()
                        fanout.gate.let_go()
                        await settle()
                        broken.set()
                assert subscription.cursor == Cursor("out", 0, (2, 3, 4, 5))
                fanout.news.end("out")
                await subscription.run(second, news)
        assert second.seqs == [1]


async def test_events_of_the_monitor_as_a_whole_reach_everybody(store: MemoryStore) -> None:
    store.commit_monitor("monitor.offline", "nobody answers", AT)
    store.commit_monitor("monitor.online", "they do", AT)
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        await fanout.drain(consumer, workers=2, providers=(A,), min_impact=Impact.CRITICAL)
    assert consumer.seqs == [1, 2]


async def test_a_text_that_a_match_takes_too_long_on_passes_and_keeps_nobody_waiting(
    store: MemoryStore,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    """A page may not silence, and each second of the loop is every page's."""
    hostile = "a" * 40 + "!"
    post(store, A, incident="1", message="quiet")
    post(store, A, incident="2", message=hostile)
    for number in range(3, 50):
        post(store, B, incident=str(number), message=hostile)
    consumer = FakeConsumer()
    async with open_fanout(store) as fanout:
        began = time.perf_counter()
        with captured() as logs:
            async with fanout.running(consumer, match="(a+)+$"):
                await settle()
                assert time.perf_counter() - began < 1, "the other texts were not tried"
                assert consumer.seqs == list(range(2, 50))
                assert [(one["event"], one["consumer"]) for one in logs] == [("match.slow", "out")]
                await trio.sleep(MATCH_PAUSE_SECONDS + 1)
                await fanout.post(C, incident="50", message="quiet")
                await fanout.post(C, incident="51", message="aaa")
                await settle()
    assert consumer.seqs[48:] == [51], "it is tried again"


# What waits: the wall clock goes with trio's, which jumps.

MINUTE = timedelta(minutes=1)
HELD = TimingConfig(hold=MINUTE)


def read(wall: Clock) -> datetime:
    return AT + timedelta(seconds=wall.current_time())


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    wall = trio.testing.MockClock(autojump_threshold=0)
    monkeypatch.setattr(fanout_module, "now", lambda: read(wall))
    return wall


async def test_what_is_held_is_told_when_its_time_has_come(store: MemoryStore, wall: Clock) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer, timing=HELD):
        await fanout.post(A, noun="opened", at=read(wall))
        await trio.sleep(59)
        assert (consumer.seqs, fanout.cursor()) == ([], (1, ()))
        await trio.sleep(2)
        assert consumer.seqs == [1]
        await fanout.post(A, noun="resolved", at=read(wall))
        await settle()
        assert (consumer.seqs, fanout.cursor()) == ([1, 2], (2, ()))


async def test_what_is_over_before_is_not_told(store: MemoryStore, wall: Clock) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer, timing=HELD):
        await fanout.post(A, noun="opened", at=read(wall))
        await trio.sleep(59)
        await fanout.post(A, noun="resolved", at=read(wall))
        await trio.sleep(600)
        assert (consumer.seqs, fanout.cursor()) == ([], (2, ()))


async def test_what_is_held_outlives_a_kill_and_is_told_once(store: MemoryStore, wall: Clock) -> None:
    consumers = [FakeConsumer() for _ in range(3)]
    async with open_fanout(store, seconds=3600) as fanout:
        await fanout.post(A, noun="opened", at=read(wall))
        for consumer in consumers:
            async with fanout.running(consumer, timing=HELD):
                await trio.sleep(40)
    assert [consumer.seqs for consumer in consumers] == [[], [1], []]


async def test_what_was_over_while_nobody_ran_is_not_told(store: MemoryStore, wall: Clock) -> None:
    """The log says when it was over: long before anybody asks, but within the hold."""
    consumer = FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout:
        await fanout.post(A, noun="opened", at=read(wall))
        await fanout.post(B, noun="opened", at=read(wall) + MINUTE / 2)
        await fanout.post(A, noun="resolved", at=read(wall) + MINUTE / 2)
        await fanout.post(B, noun="resolved", at=read(wall) + 2 * MINUTE)
        await trio.sleep(600)
        async with fanout.running(consumer, timing=HELD):
            await settle()
        assert (consumer.seqs, fanout.cursor()) == ([2, 4], (4, ()))


async def test_a_kill_while_what_waited_is_delivered_loses_nothing(store: MemoryStore, wall: Clock) -> None:
    first, second, third = FakeConsumer(Stuck(2)), FakeConsumer(), FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout:
        for noun in ("opened", "updated", "updated"):
            await fanout.post(A, noun=noun, at=read(wall))
        async with fanout.running(first, timing=HELD):
            await trio.sleep(90)
        assert first.seqs == [1]
        for consumer in (second, third):
            async with fanout.running(consumer, timing=HELD):
                await settle()
        assert (second.seqs, third.seqs) == ([2, 3], [])


async def test_what_is_too_old_comes_in_one_summary(store: MemoryStore, wall: Clock) -> None:  # noqa: ARG001  both clocks stand still
    timing = TimingConfig(max_age=timedelta(hours=2))
    for number in range(3 * BATCH):
        post(store, (A, B)[number % 2], "opened" if number < 2 else "updated", at=AT - timedelta(hours=5))
    post(store, C, "opened", at=AT)
    first, second, third = FakeConsumer(Stuck(3 * BATCH)), FakeConsumer(), FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout:
        async with fanout.running(first, timing=timing):
            await settle()
        for consumer in (second, third):
            async with fanout.running(consumer, timing=timing, workers=2):
                await settle()
        assert fanout.cursor() == (3 * BATCH + 1, ())
    assert first.names == []
    assert (second.names, second.seqs) == ([SUMMARY, "incident.opened"], [3 * BATCH, 3 * BATCH + 1])
    assert third.names == []


async def test_a_summary_says_what_goes_on_even_where_the_last_word_does_not(store: MemoryStore, wall: Clock) -> None:
    said: list[str] = []

    async def listen(logged: Logged) -> None:
        said.extend((logged.event.title or "", *(logged.event.message or "").splitlines()))

    for incident, nouns in (("i1", ("opened", "resolved", "postmortem")), ("i2", ("opened", "edited"))):
        for noun in nouns:
            post(store, A, noun, incident, at=read(wall) - 3 * MINUTE)
    consumer, timing = FakeConsumer(listen), TimingConfig(max_age=MINUTE)
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer, timing=timing):
        await settle()
    assert said[0] == "5 events while nothing could be told, 1 of 2 things still going on"
    assert [line.rpartition(" ")[2] for line in said[1:]] == ["(edited)", "(postmortem)"]


def plan(store: Store, at: datetime) -> None:
    """Post work that is planned for three minutes later."""
    state = store.load_state(A)
    draft = Draft("maintenance.scheduled", "key", "m1", status=Status.SCHEDULED, started_at=at + 3 * MINUTE)
    store.commit(Change(evolve(state, version=state.version + 1), at, drafts=(draft,)))


async def test_a_reminder_is_told_at_its_time_once(store: MemoryStore, wall: Clock) -> None:
    timing = TimingConfig(remind_before=MINUTE)
    consumers = [FakeConsumer() for _ in range(3)]
    async with open_fanout(store, seconds=3600) as fanout:
        await fanout.requests.ask(lambda store: plan(store, read(wall)))
        for consumer in consumers:
            async with fanout.running(consumer, timing=timing):
                await trio.sleep(100)
    assert [consumer.names for consumer in consumers] == [["maintenance.scheduled"], [REMINDER], []]


async def test_a_reminder_needs_no_further_event_to_be_told(store: MemoryStore, wall: Clock) -> None:
    consumer = FakeConsumer(lambda _: trio.sleep(1))
    timing = TimingConfig(remind_before=MINUTE)
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer, timing=timing):
        await fanout.requests.ask(lambda store: plan(store, read(wall)))
        await trio.sleep(119)
        assert consumer.names == ["maintenance.scheduled"]
        await trio.sleep(3)
        assert consumer.names == ["maintenance.scheduled", REMINDER]


async def test_a_mute_that_is_taken_back_ends_soon(store: MemoryStore, wall: Clock) -> None:
    consumer = FakeConsumer()
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer):
        store.muted = (Mute(AT, AT + 60 * MINUTE, A),)
        await fanout.post(A, noun="opened", at=read(wall))
        await fanout.post(B, noun="opened", at=read(wall))
        await trio.sleep(600)
        assert consumer.seqs == [2]
        store.muted = ()
        await trio.sleep(LOOK_SECONDS + 1)
        assert consumer.seqs == [2, 1]


async def test_a_repeat_is_known_after_a_restart(store: MemoryStore, wall: Clock) -> None:
    consumers = [FakeConsumer(), FakeConsumer()]
    timing = TimingConfig(repeat_window=60 * MINUTE)
    async with open_fanout(store, seconds=3600) as fanout:
        for number, consumer in enumerate(consumers):
            await fanout.post(A, noun="opened", incident=f"i{number}", at=read(wall))
            async with fanout.running(consumer, timing=timing):
                await settle()
    assert [consumer.seqs for consumer in consumers] == [[1], []]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(lives(), TIMINGS, FILTERS, MUTES, st.lists(st.sampled_from([0, 1, 5, 40, 100, 900]), max_size=4))
def test_it_tells_what_routing_says_of_the_log_whatever_is_killed_in_between(
    events: list[Event], timing: TimingConfig, filters: FilterConfig, mutes: list[Mute], naps: list[int]
) -> None:
    """Killed while nothing is under way, and started again at once; what a mute keeps back stays in the log."""
    wall = Clock(autojump_threshold=0)
    store, consumer = MemoryStore(render), FakeConsumer()
    store.configure([Wanted(A, A.title(), "https://acme.example/feed")])
    store.subscribe([("out", True), ("other", True)])
    store.muted = tuple(mutes)
    told: list[tuple[datetime, int, str]] = []

    def at() -> datetime:
        return NOON + timedelta(seconds=wall.current_time())

    async def note(logged: Logged) -> None:
        told.append((at(), logged.seq, logged.event.event))

    def commit(store: Store, event: Event) -> None:
        state = store.load_state(A)
        draft = from_data(to_data(event) | {"key": event.id}, Draft)
        store.commit(Change(evolve(state, version=state.version + 1), event.timestamp, drafts=(draft,)))

    async def write(fanout: FanOut) -> None:
        for event in events:
            await trio.sleep((event.timestamp - at()).total_seconds())
            await fanout.requests.ask(lambda store, event=event: commit(store, event))

    async def run() -> None:
        consumer.behave = note
        async with open_fanout(store, seconds=math.inf) as fanout, trio.open_nursery() as nursery:
            nursery.start_soon(write, fanout)
            for nap in (*naps, (LATER - NOON) / MINUTE):
                async with fanout.running(consumer, timing=timing, **asdict(filters)):
                    await trio.sleep(nap * 60)
                    await settle()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout_module, "now", at)
        patch.setattr(fanout_module, "LOOK_SECONDS", 3600.0)
        patch.setattr(fanout_module, "BEHIND", timedelta.max)
        trio.run(run, clock=wall)

    must: list[tuple[datetime, int, str]] = []
    config = ConsumerConfig("out", "stdout", filter=filters, timing=timing)
    for one in routed(config, {}, mutes, events, LATER + timedelta(days=5)):
        if one.kept_back is not None:
            continue
        name = {"summary": SUMMARY, "reminder": REMINDER}.get(one.how, one.event.event)
        if must and name == SUMMARY and must[-1][0] == one.at and must[-1][2] == SUMMARY:
            must[-1] = (one.at, max(one.event.seq, must[-1][1]), SUMMARY)
        else:
            must.append((one.at, one.event.seq, name))
    assert sorted(told) == sorted(must)
    assert [logged.event for logged in store.events_after(0, 99)] == [
        evolve(one, id=logged.event.id) for one, logged in zip(events, store.events_after(0, 99), strict=True)
    ]


async def test_what_is_refused_is_set_aside_and_the_rest_goes_on(store: MemoryStore, autojump_clock: Clock) -> None:
    tries = []

    async def refuse(logged: Logged) -> None:
        if logged.seq == 1:
            tries.append(autojump_clock.current_time())
            raise RejectedError("HTTP 400 Bad Request")

    for _ in range(2):
        post(store, A)
    consumer = FakeConsumer(refuse)
    with captured() as logs:
        async with open_fanout(store, seconds=3600) as fanout, fanout.running(consumer):
            await trio.sleep(600)
            assert fanout.cursor() == (2, ())
    assert (len(tries), consumer.seqs) == (TRIES, [2])
    assert [(who, logged.seq, why) for who, logged, why in store.tables.aside] == [("out", 1, "HTTP 400 Bad Request")]
    assert [entry["event"] for entry in logs] == ["delivery.failed", "delivery.set_aside"]


async def test_who_asks_for_a_pause_gets_it(store: MemoryStore, autojump_clock: Clock) -> None:
    tries: list[float] = []

    async def busy(logged: Logged) -> None:  # noqa: ARG001  a consumer's signature
        tries.append(autojump_clock.current_time())
        if len(tries) == 1:
            raise DeliveryError("HTTP 429 Too Many Requests", retry_after=100)

    post(store, A)
    async with open_fanout(store, seconds=3600) as fanout, fanout.running(FakeConsumer(busy)):
        await trio.sleep(600)
    assert tries[1] - tries[0] == 100
