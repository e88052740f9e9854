"""The fan-out: each consumer's subscription reads the log after its cursor and hands events to its workers.

Start, restart, a slow consumer and a new event are one loop. At most one event per worker is under way, and a
worker takes the next one only when the cursor that holds its last one is saved: a kill can repeat no more than
what was under way. Events of one provider are never under way together, so their order holds with many workers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
import trio
from attrs import define, evolve, field

from statustrio.clock import now
from statustrio.config import ConsumerConfig
from statustrio.consumers.consumer import Consumer
from statustrio.errors import DeliveryError
from statustrio.filters import Story, judge, judges_incidents
from statustrio.recorder import Requests, RunSync
from statustrio.rfc3339 import to_text
from statustrio.store.protocol import Cursor, Logged, StorageError, Store

BATCH = 100
"""Events read from the log at once: what a consumer far behind holds in memory."""
MOST_BEYOND = 1000
"""Events delivered above one that is stuck, at most: each is noted with the cursor."""
BEHIND = timedelta(days=1)
"""A consumer that is owed something older than this is named in a warning."""
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

log = structlog.get_logger("statustrio.fanout")


@define
class News:
    """Tells subscriptions that the log has grown: a full channel says it already."""

    _sends: dict[str, trio.MemorySendChannel[None]] = field(factory=dict)

    def subscribe(self, consumer: str) -> trio.MemoryReceiveChannel[None]:
        send, receive = trio.open_memory_channel[None](1)
        self._sends[consumer] = send
        return receive

    def announce(self) -> None:
        for send in self._sends.values():
            with suppress(trio.WouldBlock, trio.BrokenResourceError):  # it knows already, or it has ended
                send.send_nowait(None)

    def end(self, consumer: str) -> None:
        """No more news for this one: it ends when it has had the whole log."""
        if send := self._sends.pop(consumer, None):
            send.close()

    def end_all(self) -> None:
        for consumer in tuple(self._sends):
            self.end(consumer)


@define
class Subscription:
    """One consumer's place in the log."""

    config: ConsumerConfig
    cursor: Cursor
    store: Store
    requests: Requests
    run_sync: RunSync
    tags: Mapping[str, tuple[str, ...]]
    workers: int = 1
    _position: int = field(init=False, default=0)
    _under_way: dict[int, str | None] = field(init=False, factory=dict)
    _beyond: set[int] = field(init=False, factory=set)
    _stories: dict[tuple[str, str], Story] = field(init=False, factory=dict)
    """Stories that changed since they were last stored."""
    _behind: bool = field(init=False, default=False)
    _freed: trio.Event = field(init=False, factory=trio.Event)

    async def run(self, consumer: Consumer, news: trio.MemoryReceiveChannel[None]) -> None:
        """Deliver until `news` ends and the log is delivered. Raises ConsumerGoneError from the consumer.

        Run again after a failure it begins where the cursor was last saved.
        """
        self._position, self._beyond = self.cursor.seq, set(self.cursor.beyond)
        self._under_way, self._stories = {}, {}
        send, receive = trio.open_memory_channel[Logged](0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(consumer.watch)
            async with trio.open_nursery() as workers:
                with receive:
                    for _ in range(self.workers):
                        workers.start_soon(self._work, consumer, receive.clone())
                with send:
                    await self._feed(send, news)
            nursery.cancel_scope.cancel()

    async def _feed(self, send: trio.MemorySendChannel[Logged], news: trio.MemoryReceiveChannel[None]) -> None:
        ended = False
        while True:
            batch: tuple[Logged, ...] = await self._look_up(self.store.events_after, self._position, BATCH)
            for logged in batch:
                await self._hand_out(send, logged)
            if batch:
                continue
            if not self._under_way and self.cursor.seq != self._position:
                await self._save()
            if ended:
                return
            try:
                await news.receive()
            except trio.EndOfChannel:
                # What was stored before the end is still owed: look once more.
                ended = True

    async def _look_up(self, question: Callable[..., Any], *args: Any) -> Any:
        """Ask the store, however long the storage takes to answer."""
        delays = iter(RETRY_SECONDS)
        failed = False
        while True:
            try:
                return await self.run_sync(question, *args)
            except StorageError as exc:
                if not failed:
                    log.warning("log.unreadable", consumer=self.config.id, reason=str(exc))
                failed = True
                await trio.sleep(next(delays, RETRY_SECONDS[-1]))

    async def _hand_out(self, send: trio.MemorySendChannel[Logged], logged: Logged) -> None:
        while logged.event.provider in self._under_way.values() or len(self._beyond) >= MOST_BEYOND:
            self._freed = trio.Event()
            await self._freed.wait()
        self._position = logged.seq
        if logged.seq in self._beyond:
            return
        # Under way before it is judged: a worker that saves meanwhile must not count it as done.
        self._under_way[logged.seq] = logged.event.provider
        if await self._judge(logged):
            await send.send(logged)
        else:
            del self._under_way[logged.seq]
            if self._under_way:
                # Acknowledged like a delivered one: judged again after a restart, it could pass by what came later.
                self._beyond.add(logged.seq)

    async def _judge(self, logged: Logged) -> bool:
        event = logged.event
        story = Story()
        keeps_story = event.provider and event.incident_id and judges_incidents(self.config.filter)
        if keeps_story:
            key = (event.provider or "", event.incident_id or "")
            story = self._stories.get(key) or await self._look_up(self.store.load_story, self.config.id, *key)
        verdict = judge(self.config.filter, self.tags, story, event)
        if keeps_story and verdict.story != story:
            self._stories[key] = verdict.story
        return verdict.told

    async def _work(self, consumer: Consumer, receive: trio.MemoryReceiveChannel[Logged]) -> None:
        with receive:
            async for logged in receive:
                self._warn_if_behind(logged)
                await self._deliver(consumer, logged)
                del self._under_way[logged.seq]
                self._beyond.add(logged.seq)
                await self._save()
                self._freed.set()

    async def _deliver(self, consumer: Consumer, logged: Logged) -> None:
        delays = iter(RETRY_SECONDS)
        failed = False
        while True:
            try:
                await consumer.deliver(logged)
            except DeliveryError as exc:
                if not failed:
                    log.warning("delivery.failed", consumer=self.config.id, seq=logged.seq, reason=str(exc))
                failed = True
                self._warn_if_behind(logged)
                await trio.sleep(next(delays, RETRY_SECONDS[-1]))
            else:
                return

    def _warn_if_behind(self, logged: Logged) -> None:
        behind = now() - logged.event.timestamp > BEHIND
        if behind and not self._behind:
            log.warning(
                "consumer.behind", consumer=self.config.id, seq=logged.seq, since=to_text(logged.event.timestamp)
            )
        self._behind = behind

    async def _save(self) -> None:
        """Save the cursor and what the filters learned on the way, and wait until that is stored."""
        done = min(self._under_way, default=self._position + 1) - 1
        self._beyond = {seq for seq in self._beyond if seq > done}
        cursor = evolve(self.cursor, seq=done, beyond=tuple(sorted(self._beyond)))
        stories = dict(self._stories)

        def save(store: Store) -> None:
            store.acknowledge(cursor)
            for (provider, incident_id), story in stories.items():
                store.save_story(cursor.consumer, provider, incident_id, story)

        await self.requests.ask(save)
        # Workers saved in one group wake in any order; of two cursors the later one knows more.
        if (cursor.seq, len(cursor.beyond)) >= (self.cursor.seq, len(self.cursor.beyond)):
            self.cursor = cursor
        for key, story in stories.items():
            if self._stories.get(key) is story:
                del self._stories[key]
