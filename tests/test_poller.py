"""The poll loop on virtual time: what is fetched with which validators, what is handed over, what is believed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from attrs import define, evolve, field
from memory_store import MemoryStore

from statustrio.config import ProviderConfig
from statustrio.counts import Counts
from statustrio.errors import FeedError, FetchError
from statustrio.fetch import Fetched, NotModified
from statustrio.line import render
from statustrio.model import (
    Acknowledgement,
    Failed,
    Kind,
    Observation,
    ProviderState,
    Reading,
    Seen,
    Shape,
    Shown,
    Unchanged,
    Update,
    Validators,
    Window,
)
from statustrio.poller import Poll, now, poll_once, run_poller
from statustrio.reading import Document, body_digest
from statustrio.recorder import record
from statustrio.store.protocol import Wanted
from statustrio.timetable import Alarm, Timetable

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONFIG = ProviderConfig("acme", "Acme", "https://status.acme.example/feed", open_poll_interval_seconds=20)
Clock = trio.testing.MockClock


@define
class World:
    """A page, a store and a clock; what the poller did with them. `page` gives the next answer."""

    store: MemoryStore
    answers: list[Any] = field(factory=list)
    last: Any = b"calm"
    fetched: list[tuple[float, str, Validators]] = field(factory=list)
    reads: int = 0
    enriched: list[bool] = field(factory=list)
    submitted: list[Observation] = field(factory=list)
    confirmed: list[tuple[datetime | None, datetime | None]] = field(factory=list)
    submit_error: Exception | None = None
    platform: str = "statuspage"
    status: str = "resolved"
    seconds_per_fetch: float = 0
    moved_to: str | None = None
    counts: Counts = field(factory=Counts)
    _began: float = field(factory=trio.current_time)

    def clock(self) -> datetime:
        return START + timedelta(seconds=trio.current_time() - self._began)

    async def fetch(self, url: str, validators: Validators) -> Fetched | NotModified:
        self.fetched.append((round(trio.current_time() - self._began, 3), url, validators))
        await trio.sleep(self.seconds_per_fetch)
        if self.answers:
            self.last = self.answers.pop(0)
        if isinstance(self.last, Exception):
            raise self.last
        if isinstance(self.last, NotModified):
            return self.last
        return Fetched(
            body=self.last,
            url="https://u:p@" + url.removeprefix("https://"),
            content_type=None,
            validators=Validators(etag=f"etag {self.last!r}"),
            moved_to=self.moved_to,
        )

    async def read(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        assert config.id == state.provider
        self.reads += 1
        if fetched.body == b"garbage":
            raise FeedError("no feed but an HTML page")
        update = Update(START, self.status, fetched.body.decode())
        reading = Reading("i1", Kind.INCIDENT, "Trouble", (update,), started_at=START)
        window = (Shown(fetched.body.decode(), "i1", START),)
        return Document(self.platform, Shape.TIMELINE, window, (reading,))

    async def enrich(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]:
        self.enriched.append(many)
        return tuple(readings)

    async def submit(self, observation: Observation) -> Acknowledgement:
        await trio.lowlevel.checkpoint()
        self.submitted.append(observation)
        if self.submit_error:
            raise self.submit_error
        return record(self.store, observation, all_dark=False)

    def confirm(self, provider: str, polled_at: datetime | None, due: datetime | None) -> None:
        assert provider == "acme"
        self.confirmed.append((polled_at, due))

    @property
    def poll(self) -> Poll:
        return Poll(
            self.fetch, self.read, self.enrich, self.submit, self.confirm, lambda: 0.5, self.clock, counts=self.counts
        )

    @property
    def state(self) -> ProviderState:
        """As a new process would load it."""
        return self.store.load_state("acme")

    @property
    def times(self) -> list[float]:
        return [at for at, _, _ in self.fetched]

    @property
    def pauses(self) -> list[float]:
        return [round(later - earlier, 3) for earlier, later in pairwise(self.times)]

    @property
    def etags(self) -> list[str | None]:
        return [validators.etag for _, _, validators in self.fetched]

    async def run(self, seconds: float, config: ProviderConfig = CONFIG) -> None:
        timetable = Timetable()
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(timetable.run)
                await run_poller(config, self.state, self.poll, Alarm(timetable))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    store = MemoryStore(render)
    store.configure([Wanted("acme", "Acme", CONFIG.feed_url)])
    with structlog.testing.capture_logs():
        yield World(store)


async def test_a_changed_document_is_read_and_handed_over(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    state = await poll_once(CONFIG, world.state, world.poll)
    (observation,) = world.submitted
    assert observation == Observation(
        provider="acme",
        feed_url=CONFIG.feed_url,
        at=START,
        interval=60.0,
        outcome=Seen(
            platform="statuspage",
            shape=Shape.TIMELINE,
            host="status.acme.example",
            validators=Validators(etag="etag b'calm'"),
            body_digest=body_digest(b"calm"),
            window=(Shown("calm", "i1", START),),
            readings=(Reading("i1", Kind.INCIDENT, "Trouble", (Update(START, "resolved", "calm"),), started_at=START),),
        ),
    )
    assert state == world.state
    assert state.validators == Validators(etag="etag b'calm'")


async def test_validators_are_believed_after_the_acknowledgement(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [b"one", b"two", NotModified(Validators())]
    await world.run(60 * 3)
    assert world.etags == [None, "etag b'one'", "etag b'two'"]


async def test_a_poll_that_was_not_acknowledged_is_repeated_with_the_old_validators(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    world.last = b"news"
    world.submit_error = RuntimeError("the recorder is gone")
    with pytest.raises(RuntimeError):
        await poll_once(CONFIG, state, world.poll)
    world.submit_error = None
    state = await poll_once(CONFIG, state, world.poll)
    assert world.etags == [None, "etag b'calm'", "etag b'calm'"]
    assert [type(one.outcome) for one in world.submitted] == [Seen, Seen, Seen]
    assert state.validators.etag == "etag b'news'"


async def test_a_failed_poll_keeps_the_validators(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [b"one", FetchError("HTTP 500", status=500), b"garbage", NotModified(Validators())]
    await world.run(60 * 8)
    assert world.etags[:4] == [None, *["etag b'one'"] * 3]
    assert [type(one.outcome) for one in world.submitted] == [Seen, Failed, Failed, Unchanged]


@pytest.mark.parametrize("again", [NotModified(Validators()), b"calm"], ids=["304", "same body"])
async def test_a_document_that_did_not_change_reaches_neither_reader_nor_store(
    world: World,
    again: Any,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    world.answers = [b"calm", *[again] * 5]
    await world.run(60 * 5 + 40)
    assert len(world.fetched) == 6
    assert (world.reads, len(world.submitted), len(world.enriched)) == (1, 1, 1)


async def test_a_confirmed_document_is_noted_with_its_time_and_the_next(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [b"calm", NotModified(Validators()), FetchError("HTTP 500", status=500)]
    await world.run(200)
    first, second, third = (START + timedelta(seconds=seconds) for seconds in world.times[:3])
    minute = timedelta(minutes=1)
    assert world.confirmed[0] == (None, first)
    assert world.confirmed[1][1] == first + minute == second
    assert world.confirmed[2] == (second, third)
    assert world.confirmed[3] == (None, third + 2 * minute), "a failed poll confirms nothing"


async def test_the_same_bytes_with_other_validators_are_asked_for_with_those(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    state = evolve(state, validators=Validators(etag="older"))
    state = await poll_once(CONFIG, state, world.poll)
    assert state.validators.etag == "etag b'calm'"
    assert len(world.submitted) == 1


async def test_a_document_that_says_nothing_else_is_believed_without_being_stored(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    stored = world.state

    async def read(fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        document = await world.read(evolve(fetched, body=b"calm"), config, state)
        return evolve(document, readings=(), trace="of the new text")

    poll = evolve(world.poll, read=read)
    world.last = b"calm, and its head moved"
    state = await poll_once(CONFIG, state, poll)
    assert (state.validators.etag, state.trace) == (f"etag {world.last!r}", "of the new text")
    assert state.body_digest == body_digest(world.last)
    assert state.consecutive_failures == 0
    assert (len(world.submitted), world.state) == (1, stored)
    state = await poll_once(CONFIG, evolve(state, watching=True), poll)
    assert [type(one.outcome) for one in world.submitted] == [Seen, Unchanged]


@pytest.mark.parametrize(
    "other",
    [{"platform": "generic"}, {"shape": Shape.PER_UPDATE}, {"window": ()}, {"url": "https://other.example/feed"}],
    ids=lambda other: next(iter(other)),
)
async def test_a_document_that_shows_anything_else_is_handed_over(
    world: World,
    other: dict[str, Any],
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    url = other.pop("url", None)

    async def fetch(feed_url: str, validators: Validators) -> Fetched | NotModified:
        got = await world.fetch(feed_url, validators)
        return evolve(got, url=url) if url and isinstance(got, Fetched) else got

    async def read(fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        document = await world.read(evolve(fetched, body=b"calm"), config, state)
        return evolve(document, readings=(), **other)

    world.last = b"calm, and something moved"
    await poll_once(CONFIG, state, evolve(world.poll, fetch=fetch, read=read))
    assert [type(one.outcome) for one in world.submitted] == [Seen, Seen]


async def test_the_same_bytes_from_where_a_page_moved_to_are_handed_over_once(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    world.moved_to = "https://new.example/feed"
    state = await poll_once(CONFIG, state, world.poll)
    assert [one.outcome.moved_to for one in world.submitted] == [None, "https://new.example/feed"]
    await poll_once(CONFIG, state, world.poll)
    assert len(world.submitted) == 2


async def test_the_first_unchanged_poll_after_a_failure_is_handed_over(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [b"calm", FetchError("HTTP 500", status=500), NotModified(Validators()), NotModified(Validators())]
    await world.run(60 * 5)
    assert [type(one.outcome) for one in world.submitted] == [Seen, Failed, Unchanged]
    assert world.state.consecutive_failures == 0


async def test_while_an_absence_is_being_confirmed_unchanged_polls_are_handed_over(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    state = await poll_once(CONFIG, world.state, world.poll)
    world.last = NotModified(Validators())
    await poll_once(CONFIG, evolve(state, watching=True), world.poll)
    assert isinstance(world.submitted[-1].outcome, Unchanged)


async def test_polls_keep_the_interval_whatever_they_take(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.seconds_per_fetch = 13
    await world.run(60 * 5)
    assert world.pauses == [60] * (len(world.times) - 1)
    assert world.times[0] <= 10


async def test_a_poll_longer_than_the_interval_is_followed_by_the_next_at_once(
    world: World,
    autojump_clock: Clock,  # noqa: ARG001
) -> None:
    world.seconds_per_fetch = 90
    await world.run(60 * 10)
    assert set(world.pauses) == {90}


async def test_trouble_that_is_open_is_polled_faster(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.status = "investigating"
    await world.run(100)
    assert set(world.pauses) == {20}


async def test_the_interval_doubles_after_each_failure_up_to_the_longest(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.last = FetchError("HTTP 500", status=500)
    await world.run(2000)
    assert world.pauses[:2] == [120, 240]
    assert all(250 <= pause <= CONFIG.max_backoff_seconds for pause in world.pauses[2:])
    failures = [one.outcome for one in world.submitted]
    assert failures[0] == Failed("HTTP 500", 500)
    assert world.state.consecutive_failures == len(world.fetched)


async def test_a_success_ends_the_backoff(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    failure = FetchError("HTTP 500", status=500)
    world.answers = [failure, failure, b"calm", NotModified(Validators())]
    await world.run(600)
    assert world.pauses[:4] == [120, 240, 60, 60]


async def test_the_pause_a_server_asks_for_is_kept_and_told(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [FetchError("HTTP 429", status=429, retry_after=1800), b"calm"]
    await world.run(2000)
    assert world.pauses[0] == 1800
    at = START + timedelta(seconds=world.times[0])
    assert world.submitted[0].outcome == Failed("HTTP 429", 429, at + timedelta(seconds=1800))


async def test_the_pause_a_server_asked_for_outlives_a_restart(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [FetchError("HTTP 503", status=503, retry_after=1800), b"calm"]
    await world.run(100)
    await world.run(3000)
    assert world.pauses[0] == 1800


async def test_an_unreachable_server_is_told_as_such(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.last = FetchError("cannot connect", unconnected=True)
    await poll_once(CONFIG, world.state, world.poll)
    assert world.submitted[0].outcome == Failed("cannot connect", unconnected=True)


async def test_a_410_ends_polling_until_the_next_start(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [FetchError("HTTP 410", status=410), b"calm"]
    await world.run(86400)
    assert len(world.fetched) == 1
    assert world.confirmed[-1] == (None, None)
    world.store.configure([Wanted("acme", "Acme", CONFIG.feed_url)])
    await world.run(60)
    assert len(world.fetched) == 2
    assert not world.state.gone


async def test_an_alarm_makes_a_provider_due_at_once(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.last = FetchError("HTTP 500", status=500)
    async with running(world) as alarm:
        await trio.sleep(400)
        assert len(world.fetched) == 3
        alarm.ring()
        await trio.sleep(10)
        assert len(world.fetched) == 4
        await trio.sleep(250)
        assert len(world.fetched) == 4, "one ring, one poll"


async def test_an_alarm_during_a_poll_is_heard_after_it(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.seconds_per_fetch = 15
    async with running(world) as alarm:
        await trio.sleep(12)
        alarm.ring()
        await trio.sleep(20)
    assert len(world.fetched) == 2


async def test_an_alarm_does_not_override_what_the_server_asked_for(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [FetchError("HTTP 429", status=429, retry_after=1800)]
    async with running(world) as alarm:
        await trio.sleep(100)
        alarm.ring()
        await trio.sleep(1000)
    assert len(world.fetched) == 1


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Alarm]:
    timetable = Timetable()
    alarm = Alarm(timetable)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timetable.run)
        nursery.start_soon(run_poller, CONFIG, world.state, world.poll, alarm)
        yield alarm
        nursery.cancel_scope.cancel()


async def test_another_feed_url_forgets_what_was_believed_of_the_old_one(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    await poll_once(CONFIG, world.state, world.poll)
    moved = evolve(CONFIG, feed_url="https://other.example/feed")
    seen: list[ProviderState] = []

    async def read(fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        seen.append(state)
        return await world.read(fetched, config, state)

    poll = evolve(world.poll, read=read)
    state = await poll_once(moved, world.state, poll)
    assert world.fetched[-1][1:] == (moved.feed_url, Validators())
    assert (seen[0].window, seen[0].body_digest) == (Window(), None)
    assert isinstance(world.submitted[-1].outcome, Seen), "the same bytes are read again"
    assert state.feed_url == moved.feed_url
    assert state.validators.etag == "etag b'calm'"


async def test_until_another_feed_answers_it_is_asked_without_validators(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    await poll_once(CONFIG, world.state, world.poll)
    moved = evolve(CONFIG, feed_url="https://other.example/feed")
    world.answers = [FetchError("HTTP 500", status=500), b"calm", NotModified(Validators())]
    await world.run(400, moved)
    assert world.etags[1:4] == [None, None, "etag b'calm'"]


async def test_statuspage_is_enriched_with_the_list_at_first_sight_only(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [b"one", b"two", NotModified(Validators())]
    await world.run(200)
    assert world.enriched == [True, False]


@pytest.mark.parametrize("why", ["platform", "configuration"])
async def test_others_are_not_enriched(world: World, why: str, autojump_clock: Clock) -> None:  # noqa: ARG001
    if why == "platform":
        world.platform = "generic"
    await poll_once(evolve(CONFIG, enrich=why == "platform"), world.state, world.poll)
    assert world.enriched == []
    assert len(world.submitted) == 1


async def test_a_bug_in_the_reader_is_no_failed_poll_but_the_supervisors(world: World) -> None:
    async def read(*_: Any, **__: Any) -> Document:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await poll_once(CONFIG, world.state, evolve(world.poll, read=read))
    assert world.submitted == []


async def test_polls_that_change_something_or_fail_have_one_log_line(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.status = "investigating"
    world.answers = [b"one", NotModified(Validators()), FetchError("HTTP 500", status=500), NotModified(Validators())]
    with structlog.testing.capture_logs() as logs:
        await world.run(200)
    assert logs == [
        {"event": "poll.changed", "log_level": "info", "provider": "acme", "events": ("incident.opened",)},
        {"event": "poll.failed", "log_level": "info", "provider": "acme", "reason": "HTTP 500", "failures": 1},
    ]


async def test_the_backfill_goes_along(world: World) -> None:
    await poll_once(CONFIG, world.state, evolve(world.poll, backfill="all"))
    assert world.submitted[0].backfill == "all"


def test_the_clock_is_that_of_the_wall_in_utc() -> None:
    assert now().tzinfo is UTC
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 5


async def test_each_poll_is_counted_once_by_what_came_of_it(world: World, autojump_clock: Clock) -> None:  # noqa: ARG001
    world.answers = [
        b"calm",
        NotModified(Validators()),
        b"calm",
        FetchError("no", unconnected=True),
        FetchError("late", timed_out=True),
        FetchError("no such page", status=404),
        FetchError("busy", status=503),
        FetchError("odd", status=204),
        FetchError("broken off"),
        b"garbage",
        NotModified(Validators()),
        b"other",
    ]
    polls = len(world.answers)
    state = world.state
    for _ in range(polls):
        state = await poll_once(CONFIG, state, world.poll)
    counts = world.counts
    assert counts.failed == {
        "connect": 1, "timeout": 1, "http_4xx": 1, "http_5xx": 1, "http_other": 1, "answer": 1, "feed": 1, "bug": 0,
    }  # fmt: skip
    assert (counts.unchanged, counts.changed) == (3, 2)
    assert counts.succeeded + sum(counts.failed.values()) == polls
