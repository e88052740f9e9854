"""The daemon: puts the tasks together and decides how they start, change and end. Decides nothing else.

The recorder outlives the consumers, the consumers outlive the pollers: so at the end everything that was seen is
stored, and what is stored is delivered, within the grace.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import trio
from attrs import define, evolve, field

from statustrio import __version__
from statustrio.changed import changes
from statustrio.clock import now
from statustrio.config import Config, ConsumerConfig, ProviderConfig
from statustrio.connectivity import Connectivity
from statustrio.consumers import SERIAL, open_consumer
from statustrio.consumers.lines import LineWriter
from statustrio.counts import Counts
from statustrio.database_files import DatabaseFiles
from statustrio.database_thread import DatabaseThread
from statustrio.dialing import install_resolver
from statustrio.enrich import Enricher
from statustrio.errors import ConfigError, ConsumerGoneError
from statustrio.fanout import News, Subscription
from statustrio.fetch import Fetched, Fetcher, Limits, NotModified, Web, open_fetcher
from statustrio.heartbeat import Heartbeat
from statustrio.lag import measure_lag
from statustrio.model import Acknowledgement, Failed, Observation, ProviderState, Validators
from statustrio.poller import Poll, poll_once, run_poller
from statustrio.process import give_back_memory
from statustrio.reader import Parsers, Reader
from statustrio.recorder import Request, Requests, run_recorder
from statustrio.redaction import Redactor
from statustrio.rfc3339 import to_text
from statustrio.sd_notify import Notifier
from statustrio.store.protocol import Cursor, Health, Store, Wanted
from statustrio.supervisor import attempt, supervise
from statustrio.tasks import TaskSet
from statustrio.timetable import Alarm, Timetable

GRACE_SECONDS = 3.0
"""What consumers have to take what is owed when the daemon is told to stop; it ends within 5 s in all."""
LAST_WRITE_SECONDS = 1.0
WRITE_SECONDS = 2.0
"""A database that takes nothing for so long is not ready."""
ONCE_SECONDS = 30.0
ONCE_POLL_SECONDS = 27.0
"""Of these, what polling may take: the rest is for telling."""
HEALTH_SECONDS = 30.0
"""Times that moved are written this often, so that what `sqlite3` shows is never a minute old."""
CLOCK_SECONDS = 5.0
JUMP_SECONDS = 10.0
"""The wall clock went this much further than ours: the machine slept, or somebody set it."""
STARTED_TOGETHER = 200
"""Pollers that begin in one turn of the loop: some 20 ms."""
FACTS_BYTES = 2 * 2**20
"""The largest JSON about incidents that is taken: the list of a busy page has half a megabyte."""

SITE = "the site"
"""Subscribes to news beside the consumers, whose ids have no blanks."""
ServeSite = Callable[
    [Path, Counts, trio.MemoryReceiveChannel[None], Callable[[], Awaitable[str | None]], Callable[[], Awaitable[None]]],
    Awaitable[None],
]
"""Serves the site: of this database and these counts, with news of the log, the reason why the daemon is not ready if
there is one, until it is stopped."""

log = structlog.get_logger("statustrio.daemon")


@define(eq=False)
class Daemon:
    """One run of the monitor on an open store. `reread` reads the configuration again (ConfigError: keep the old)."""

    config: Config
    store: Store
    database: Path
    redactor: Redactor
    reread: Callable[[], Config]
    style: str = "auto"
    backfill: str = "open"
    notifier: Notifier = field(factory=Notifier)
    serve_site: ServeSite | None = None
    counts: Counts = field(factory=Counts)
    _web: Web = field(init=False)
    _requests: Requests = field(init=False)
    _news: News = field(init=False, factory=News)
    _connectivity: Connectivity = field(init=False, factory=Connectivity)
    _health: dict[str, Health] = field(init=False, factory=dict)
    _timetable: Timetable = field(init=False, factory=Timetable)
    _alarms: dict[str, Alarm] = field(init=False, factory=dict)
    _providers: TaskSet = field(init=False, factory=TaskSet)
    _consumers: TaskSet = field(init=False, factory=TaskSet)
    _tags: dict[str, tuple[str, ...]] = field(init=False, factory=dict)
    _intervals: dict[str, float] = field(init=False, factory=dict)
    _stop: trio.Event = field(init=False, factory=trio.Event)
    _reload: trio.Event = field(init=False, factory=trio.Event)
    _owing: set[str] = field(init=False, factory=set)
    _lost: set[str] = field(init=False, factory=set)
    _gone: set[str] = field(init=False, factory=set)
    _writers: dict[int, LineWriter] = field(init=False, factory=dict)
    _database_thread: DatabaseThread = field(init=False)
    _parsers: Parsers = field(init=False, factory=Parsers)
    _reader: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))

    async def run(self, *, once: bool = False, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> bool:
        """Run until told to stop (SIGINT, SIGTERM, `stop`) or, `once`, until every provider was polled.

        Returns whether every consumer has had all events. Started means: signals are heard, consumers are on their way.
        """
        install_resolver()
        self._web = Web(limits=Limits.from_config(self.config.limits))
        self._database_thread = DatabaseThread(self.counts)
        send, receive = trio.open_memory_channel[Request[Any]](0)
        self._requests = Requests(send)
        # Closed at the end: who asks a recorder that has failed waits for that, and is no bug.
        with receive:
            async with trio.open_nursery() as services:
                await services.start(self._hear_signals)
                services.start_soon(self._timetable.run)
                services.start_soon(self._web.slots.keep_moving)
                if self.serve_site is not None:
                    services.start_soon(supervise, "web", partial(self._serve_site, self.serve_site))
                async with trio.open_nursery() as recorder:
                    commit = self._database_thread.commit
                    recorder.start_soon(run_recorder, receive.clone(), self.store, commit, self._news.announce)
                    async with trio.open_nursery() as consumers:
                        await self._configure(self.config, consumers)
                        self._say_started()
                        task_status.started()
                        if once:
                            consumers.cancel_scope.deadline = trio.current_time() + ONCE_SECONDS
                            await self._poll_all_once()
                        else:
                            await self._poll_until_stopped(consumers)
                        with trio.move_on_after(LAST_WRITE_SECONDS):
                            # Stored after what the pollers handed over last: the log is complete when this returns.
                            await self._save_health()
                        self._news.end_all()
                        if self._stop.is_set():
                            consumers.cancel_scope.deadline = trio.current_time() + GRACE_SECONDS
                    recorder.cancel_scope.deadline = trio.current_time() + LAST_WRITE_SECONDS
                    self._requests.close()
                services.cancel_scope.cancel()
        return not self._owing

    def stop(self) -> None:
        """Begin to end: pollers at once, the rest within the grace."""
        self._stop.set()

    async def _poll_until_stopped(self, consumers: trio.Nursery) -> None:
        async with trio.open_nursery() as pollers:
            await self._reconcile_providers(self.config, pollers)
            async with trio.open_nursery() as beside:
                beside.start_soon(self._keep_health)
                beside.start_soon(self._watch_clock)
                beside.start_soon(measure_lag, self.counts.lags)
                turn = partial(self._database_thread.turn, self._requests)
                beside.start_soon(self.notifier.keep_watchdog, turn)
                beside.start_soon(supervise, "heartbeat", self._heartbeat().run)
                beside.start_soon(self._hear_reloads, consumers, pollers)
                await self._stop.wait()
                self.notifier.tell(STOPPING="1", STATUS="stopping")
                beside.cancel_scope.cancel()
            # Each by its own scope: trio takes a second to sort the cancellations of ten thousand tasks out of a group.
            await self._providers.stop_others({})
            pollers.cancel_scope.cancel()

    async def _poll_all_once(self) -> None:
        async def end_early() -> None:
            await self._stop.wait()
            polls.cancel_scope.cancel()

        with trio.move_on_after(ONCE_POLL_SECONDS):
            async with trio.open_nursery() as polls:
                polls.start_soon(end_early)
                async with trio.open_nursery() as each:
                    for config in self.config.providers:
                        if config.enabled:
                            self._connectivity.expect(config.id, now(), config.poll_interval_seconds)
                            each.start_soon(self._poll_provider_once, config)
                polls.cancel_scope.cancel()

    async def _poll_provider_once(self, config: ProviderConfig) -> None:
        async def poll() -> None:
            state = await self._requests.ask(lambda store: store.load_state(config.id))
            if state.not_before and state.not_before > now():
                log.info("poll.skipped", provider=config.id, until=to_text(state.not_before), reason="Retry-After")
                return
            async with open_fetcher(self._web, timeout=config.timeout_seconds, headers=dict(config.headers)) as fetcher:
                at = now()
                state = await poll_once(config, state, self._poll(config, fetcher, self._requests))
            self._confirm(config.id, None if state.consecutive_failures else at, None)

        if reason := await attempt(config.id, poll):
            await self._submit(self._requests, self._failed_by_bug(config, reason))

    # What is configured, and what of it runs

    def _say_started(self) -> None:
        enabled = sum(one.enabled for one in self.config.providers)
        log.info(
            "daemon.started",
            version=__version__,
            providers=enabled,
            consumers=len(self.config.consumers),
            database=str(self.database),
        )
        self.notifier.tell(READY="1", STATUS=_status(self.config))

    async def _configure(self, config: Config, consumers: trio.Nursery) -> None:
        """Put a configuration in force, all but its pollers."""
        self.redactor.learn(config.secrets)
        self._web.change_limits(Limits.from_config(config.limits))
        enabled = [one for one in config.providers if one.enabled]
        wanted = [Wanted(one.id, one.name, one.feed_url, keeps_bodies=one.keep_bodies > 0) for one in enabled]
        for warning in await self._requests.ask(lambda store: store.configure(wanted)):
            log.warning("provider.renamed", reason=warning)
        self._tags.clear()
        self._tags.update({one.id: one.tags for one in config.providers})
        self._intervals = {one.id: one.poll_interval_seconds for one in config.providers}
        await self._reconcile_consumers(config, consumers)
        self.config = config

    async def _reconcile_providers(self, config: Config, nursery: trio.Nursery) -> None:
        wanted = {one.id: one for one in config.providers if one.enabled}
        # Who asked not to be polled again is asked again after a reload: its poller begins anew.
        kept = {provider: one for provider, one in wanted.items() if provider not in self._gone}
        self._gone.clear()
        for stopped in await self._providers.stop_others(kept):
            self._connectivity.forget(stopped)
            self._health.pop(stopped, None)
            self._alarms.pop(stopped, None)
        new = {provider: one for provider, one in wanted.items() if provider not in self._providers}
        # One question for all: of ten thousand each would cost the start a second.
        states = await self._requests.ask(lambda store: {provider: store.load_state(provider) for provider in new})
        for number, (provider, one) in enumerate(new.items()):
            if number % STARTED_TOGETHER == 0:
                # Those that were started begin now: all at once would keep the first to be due from their polls.
                await trio.lowlevel.checkpoint()
                began = now()
            self._connectivity.expect(provider, began, one.poll_interval_seconds)
            self._providers.start(nursery, provider, one, partial(self._run_provider, one, states, began))

    async def _reconcile_consumers(self, config: Config, nursery: trio.Nursery) -> None:
        wanted = {one.id: one for one in config.consumers}
        for stopped in await self._consumers.stop_others(wanted):
            self._news.end(stopped)
        places = [(one.id, one.from_start) for one in config.consumers]
        cursors, gone = await self._requests.ask(lambda store: store.subscribe(places))
        for consumer in gone:
            log.warning(
                "consumer.dropped", consumer=consumer, reason="no longer configured: its place in the log is lost"
            )
        for cursor in cursors:
            one = wanted[cursor.consumer]
            if one.id not in self._consumers:
                self._consumers.start(nursery, one.id, one, partial(self._run_consumer, one, cursor))

    async def _run_provider(self, config: ProviderConfig, states: dict[str, ProviderState], began: datetime) -> None:
        """Follow one provider for ever: its client, its poller, and another try when they fail by a bug of ours.

        It takes its own state out of `states`, which all share: nothing may hold on to it afterwards.
        """
        alarm = self._alarms[config.id] = Alarm(self._timetable)

        failures = 0

        async def last_state() -> ProviderState:
            state = states.pop(config.id, None)
            if state is None:
                state = await requests.ask(lambda store: store.load_state(config.id))
            return state

        async def follow() -> None:
            async with open_fetcher(self._web, timeout=config.timeout_seconds, headers=dict(config.headers)) as fetcher:
                poll = self._poll(config, fetcher, requests)
                await run_poller(config, await last_state(), poll, alarm, began=began, again=failures > 0)

        async def failed(reason: str) -> None:
            nonlocal failures
            failures += 1
            await self._submit(requests, self._failed_by_bug(config, reason))

        with closing(self._requests.clone()) as requests:
            await supervise(config.id, follow, failed=failed)

    async def _run_consumer(self, config: ConsumerConfig, cursor: Cursor) -> None:
        self._lost.discard(config.id)
        news = self._news.subscribe(config.id)
        workers = 1 if config.type in SERIAL else config.workers
        subscription = Subscription(
            config,
            cursor,
            self.store,
            self._requests,
            self._database_thread.run,
            self._tags,
            workers,
            self.redactor.hide,
        )

        async def deliver() -> None:
            async with open_consumer(config, style=self.style, writers=self._writers) as consumer:
                await subscription.run(consumer, news)

        self._owing.add(config.id)
        with news:
            try:
                await supervise(config.id, deliver, let_through=(ConsumerGoneError,))
                self._owing.discard(config.id)
            except* ConsumerGoneError:
                self._lose(config.id)

    def _lose(self, consumer: str) -> None:
        self._news.end(consumer)
        self._lost.add(consumer)
        if self._lost >= {one.id for one in self.config.consumers}:
            log.info("consumer.gone", consumer=consumer, hint="nobody is left to tell: ending, the rest is still owed")
            self.stop()
        else:
            log.warning("consumer.gone", consumer=consumer, hint="the others go on; it is owed what it missed")

    # What the tasks are given to work with

    def _poll(self, config: ProviderConfig, fetcher: Fetcher, requests: Requests) -> Poll:
        async def fetch(url: str, validators: Validators, limit: int | None = None) -> Fetched | NotModified:
            got = await fetcher.get(url, validators=validators, limit=limit)
            if isinstance(got, NotModified):
                return got
            # What is remembered of where a document came from is told when it changes.
            got.url = self.redactor.hide(got.url)
            got.moved_to = self.redactor.hide(got.moved_to) if got.moved_to else None
            return got

        return Poll(
            fetch=fetch,
            read=Reader(self._parsers),
            enrich=Enricher(partial(fetch, limit=FACTS_BYTES), self._parsers.run, config.feed_url).enrich,
            submit=partial(self._submit, requests),
            confirm=self._confirm,
            chance=random.random,
            backfill=self.backfill,
            counts=self.counts,
        )

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(self._web, self.counts, lambda: self.config, lambda: self._connectivity.all_dark(now()))

    def _failed_by_bug(self, config: ProviderConfig, reason: str) -> Observation:
        self.counts.failed["bug"] += 1
        return Observation(config.id, config.feed_url, now(), config.poll_interval_seconds, Failed(reason))

    async def _serve_site(self, serve: ServeSite) -> None:
        with self._news.subscribe(SITE) as news:
            await serve(self.database, self.counts, news, self._problem, self._stop.wait)

    async def _problem(self) -> str | None:
        """Why nothing can be recorded, or learned, now."""
        if self._stop.is_set():
            return "the daemon is ending"
        if self._connectivity.all_dark(now()):
            return "offline: no provider can be reached"
        with trio.move_on_after(WRITE_SECONDS):
            await self._requests.ask(lambda _: None, urgent=True)
            return None
        return "the database takes no writes"

    async def _submit(self, requests: Requests, observation: Observation) -> Acknowledgement:
        provider, outcome = observation.provider, observation.outcome
        all_dark = False
        if isinstance(outcome, Failed):
            # A reason can quote what a page answered, and that what it was asked with.
            outcome = evolve(outcome, reason=self.redactor.hide(outcome.reason))
            observation = evolve(observation, outcome=outcome)
            self._note(provider, observation.at, connected=not outcome.unconnected, succeeded=False)
            all_dark = outcome.unconnected and self._connectivity.all_dark(observation.at)
        acknowledged = await requests.submit(observation, all_dark=all_dark)
        if acknowledged.state.gone:
            self._gone.add(provider)
            self._connectivity.forget(provider)
        return acknowledged

    def _note(self, provider: str, at: datetime, *, connected: bool, succeeded: bool) -> None:
        interval = self._intervals.get(provider, 0)
        if self._connectivity.note(provider, at, interval, connected=connected, succeeded=succeeded):
            log.info("network.back", provider=provider)
            self._wake_all()

    def _confirm(self, provider: str, polled_at: datetime | None, due: datetime | None) -> None:
        if polled_at:
            self._note(provider, polled_at, connected=True, succeeded=True)
        unsaved = self._health.get(provider)
        polled_at = polled_at or (unsaved.last_polled_at if unsaved else None)
        self._health[provider] = Health(provider, due, polled_at)

    # Beside the pollers

    async def _keep_health(self) -> None:
        files = DatabaseFiles(self.database.resolve())
        files.look_around()
        while True:
            await trio.sleep(HEALTH_SECONDS)
            await self._save_health()
            files.look()
            give_back_memory()

    async def _save_health(self) -> None:
        healths, self._health = tuple(self._health.values()), {}
        await self._requests.ask(lambda store: store.save_health(healths, now()))

    async def _watch_clock(self) -> None:
        ahead = now().timestamp() - trio.current_time()
        while True:
            await trio.sleep(CLOCK_SECONDS)
            before, ahead = ahead, now().timestamp() - trio.current_time()
            if abs(ahead - before) > JUMP_SECONDS:
                log.info("clock.jumped", seconds=round(ahead - before))
                self._wake_all()

    def _wake_all(self) -> None:
        for alarm in self._alarms.values():
            alarm.ring()

    async def _hear_signals(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGHUP:
                    self._reload.set()
                elif self._stop.is_set():
                    # Asked twice: end as the signal would have ended us.
                    signal.signal(number, signal.SIG_DFL)
                    os.kill(os.getpid(), number)
                    os._exit(128 + number)  # the first process of a container is spared by the signal
                else:
                    log.info("daemon.stopping", signal=signal.Signals(number).name)
                    self.stop()

    async def _hear_reloads(self, consumers: trio.Nursery, pollers: trio.Nursery) -> None:
        while True:
            await self._reload.wait()
            self._reload = trio.Event()
            try:
                config = await trio.to_thread.run_sync(self.reread, limiter=self._reader, abandon_on_cancel=True)
            except ConfigError as exc:
                log.warning("config.rejected", problems=str(exc), hint="the old configuration stays in force")
                continue
            if config.web != self.config.web:
                log.warning("config.waits", key="web", hint="what it says takes effect at the next start")
            changed = changes(self.config, config, self._gone)
            await self._configure(config, consumers)
            await self._reconcile_providers(config, pollers)
            log.info("config.reloaded", providers=len(self._providers), consumers=len(self._consumers), **changed)
            self.notifier.tell(STATUS=_status(config))


def _status(config: Config) -> str:
    """What `systemctl status` shows."""
    return f"following {sum(one.enabled for one in config.providers)} providers"
