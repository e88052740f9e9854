"""The fan-out: each consumer's subscription reads the log after its cursor and hands events to its workers.

Start, restart, a slow consumer and a new event are one loop. At most one event per worker is under way, and a
worker takes the next one only when the cursor that holds its last one is saved: a kill can repeat no more than
what was under way. Events of one provider are never under way together, so their order holds with many workers.

Who is told what, and when, is `routing`'s business. What waits stands in the stories, saved together with the cursor
that has passed it, and leaves them when it was delivered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
import trio
from attrs import define, evolve, field, frozen

from statustrio.clock import now
from statustrio.config import ConsumerConfig
from statustrio.consumers.consumer import Consumer
from statustrio.errors import DeliveryError, RejectedError
from statustrio.events import Event
from statustrio.filters import search
from statustrio.line import render
from statustrio.patience import TookTooLongError, within
from statustrio.recorder import Requests, RunSync
from statustrio.rfc3339 import to_text
from statustrio.routing import Routing, Telling, key_of
from statustrio.store.protocol import Cursor, Logged, StorageError, Store
from statustrio.stories import Key, Mute, Story
from statustrio.summary import reminder, summary

BATCH = 100
"""Events read from the log at once: what a consumer far behind holds in memory."""
MOST_BEYOND = 1000
"""Events delivered above one that is stuck, at most: each is noted with the cursor."""
BEHIND = timedelta(days=1)
"""A consumer that is owed something older than this is named in a warning."""
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
TRIES = 5
"""Of an event that a consumer rejects, before it is set aside."""
LAST_SECONDS = 1.0
"""Before the end nothing is delivered any more: cut off on its way it would come again after the next start."""
MATCH_SECONDS = 0.05
MATCH_PAUSE_SECONDS = 5.0
"""A `match` that took too long is not tried for so long: it may keep the loop for a hundredth of the time."""
LOOK_SECONDS = 30.0
"""How often it is looked whether a mute was taken back, and what is due by a clock that may have been set."""

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


@frozen
class Parcel:
    """What a worker delivers, and what is so once that is done. `place`: where it was read in the log just now."""

    logged: Logged
    tellings: tuple[Telling, ...]
    place: int | None = None


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
    hide: Callable[[str], str] = str
    """What a consumer says of a refusal is kept without its secrets."""
    _position: int = field(init=False, default=0)
    _under_way: set[int] = field(init=False, factory=set)
    """Places in the log that were handed out and are not acknowledged."""
    _busy: set[str] = field(init=False, factory=set)
    """Providers of which something is under way."""
    _beyond: set[int] = field(init=False, factory=set)
    _routing: Routing = field(init=False)
    _unsaved: set[Key] = field(init=False, factory=set)
    """Stories that changed since they were last stored."""
    _behind: bool = field(init=False, default=False)
    _match_again: float = field(init=False, default=-math.inf)
    """When `match` is tried again."""
    _freed: trio.Event = field(init=False, factory=trio.Event)
    _nap: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    """In which the loop waits for news."""

    async def run(self, consumer: Consumer, news: trio.MemoryReceiveChannel[None]) -> None:
        """Deliver until `news` ends and the log is delivered. Raises ConsumerGoneError from the consumer.

        What still waits by then is told by the next run. Run again after a failure it begins where the cursor was last
        saved.
        """
        self._position, self._beyond = self.cursor.seq, set(self.cursor.beyond)
        self._under_way, self._busy, self._unsaved = set(), set(), set()
        stories = await self._look_up(self.store.load_due, self.config.id)
        self._routing = Routing(self.config, self.tags, stories, search=self._search)
        if window := self.config.timing.repeat_window:
            self._routing.begun = await self._look_up(self.store.load_begun, self.config.id, now() - window)
        send, receive = trio.open_memory_channel[Parcel](0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(consumer.watch)
            async with trio.open_nursery() as workers:
                with receive:
                    for _ in range(self.workers):
                        workers.start_soon(self._work, consumer, receive.clone())
                with send:
                    await self._feed(send, news)
            nursery.cancel_scope.cancel()

    async def _feed(self, send: trio.MemorySendChannel[Parcel], news: trio.MemoryReceiveChannel[None]) -> None:
        ended = False
        while True:
            batch: tuple[Logged, ...]
            batch, self._routing.mutes, stories = await self._look_up(self._read, self._position)
            self._bring(stories)
            for logged in batch:
                await self._hand_out_due(send, min(logged.event.timestamp, now()))
                await self._hand_out(send, logged)
            if not batch:
                await self._hand_out_due(send, now())
                await self._hand_out_unmuted(send)
            if not self._under_way and (self.cursor.seq != self._position or self._unsaved):
                await self._save()
            if batch:
                continue
            if ended:
                return
            with trio.move_on_after(self._due_in()) as self._nap:
                try:
                    await news.receive()
                except trio.EndOfChannel:
                    # What was stored before the end is still owed: look once more.
                    ended = True

    def _search(self, expression: str, text: str) -> bool:
        """Search a page's text for the consumer's `match`. What cannot be told in time passes: no page may silence."""
        if trio.current_time() < self._match_again:
            return True
        try:
            return within(MATCH_SECONDS, partial(search, expression, text))
        except TookTooLongError:
            self._match_again = trio.current_time() + MATCH_PAUSE_SECONDS
            log.warning(
                "match.slow",
                consumer=self.config.id,
                characters=len(text),
                hint=f"its `match` takes over {MATCH_SECONDS:g} s on this text, so events pass it untried for"
                f" {MATCH_PAUSE_SECONDS:g} s: is there a repetition within a repetition?",
            )
            return True

    def _due_in(self) -> float:
        """Seconds until something is due, as far as is known now."""
        due = self._routing.next_due()
        return math.inf if due is None else min(max((due - now()).total_seconds(), 0.0), LOOK_SECONDS)

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

    def _read(self, position: int) -> tuple[tuple[Logged, ...], tuple[Mute, ...], dict[Key, Story]]:
        """What comes next in the log, the mutes, and the stories of what comes; called in the database's thread."""
        batch = self.store.events_after(position, BATCH)
        stories = dict.fromkeys((key_of(logged.event) for logged in batch), Story())
        return batch, self.store.mutes(), stories | self.store.load_stories(self.config.id, stories)

    def _bring(self, wanted: Mapping[Key, Story]) -> None:
        """Have these stories, and of others no more than those that wait, are under way or are not saved."""
        known = self._routing.stories
        kept = {
            key: story
            for key, story in known.items()
            if key in wanted or story.due is not None or key in self._unsaved or key[0] in self._busy
        }
        self._routing.stories = {**wanted, **kept}

    async def _hand_out(self, send: trio.MemorySendChannel[Parcel], logged: Logged) -> None:
        """Hand out the next event of the log, or note why not."""
        provider = logged.event.provider or ""
        while provider in self._busy or len(self._beyond) >= MOST_BEYOND:
            await self._progress()
        self._position = logged.seq
        if logged.seq in self._beyond:
            return
        # Under way before it is judged: a worker that saves meanwhile must not count it as done.
        self._under_way.add(logged.seq)
        telling = self._routing.take(logged.event, now())
        if telling.seqs:
            await self._send(send, Parcel(logged, (telling,), logged.seq))
            return
        self._settle(telling)
        self._under_way.remove(logged.seq)
        if self._under_way:
            # Acknowledged like a delivered one: judged again after a restart, it could pass by what came later.
            self._beyond.add(logged.seq)

    async def _hand_out_due(self, send: trio.MemorySendChannel[Parcel], at: datetime) -> None:
        """Hand out what is due at this time."""
        collected = []
        for key in self._routing.due(at):
            await self._wait_for(key[0])
            telling = self._routing.look(key, at, now())
            if telling.collected:
                collected.append(telling)
            else:
                await self._hand_out_later(send, telling)
        if collected:
            await self._hand_out_summary(send, collected)

    async def _hand_out_unmuted(self, send: trio.MemorySendChannel[Parcel]) -> None:
        at = now()
        for key in self._routing.unmuted(at):
            await self._wait_for(key[0])
            await self._hand_out_later(send, self._routing.look(key, at, at))

    async def _hand_out_later(self, send: trio.MemorySendChannel[Parcel], telling: Telling) -> None:
        """Hand out what waited, one after the other."""
        waiting = self._routing.stories[telling.key].waiting
        events: tuple[Logged, ...] = await self._look_up(self.store.events_at, telling.seqs) if telling.seqs else ()
        for place, logged in enumerate(events, start=1):
            await self._wait_for(telling.key[0])
            story = telling.story
            if telling.reminder:
                logged = _unlogged(reminder(logged.event, now()))  # noqa: PLW2901  it is the same event, told once more
            elif waiting is not None and place < len(events):
                story = evolve(story, waiting=evolve(waiting, seqs=telling.seqs[place:]))
            await self._send(send, Parcel(logged, (evolve(telling, story=story),)))
        if not events:
            self._settle(telling)

    async def _hand_out_summary(self, send: trio.MemorySendChannel[Parcel], tellings: Sequence[Telling]) -> None:
        while self._busy:
            await self._progress()
        newest: list[Event] = []
        for start in range(0, len(tellings), BATCH):
            seqs = [telling.seqs[-1] for telling in tellings[start : start + BATCH]]
            newest += (logged.event for logged in await self._look_up(self.store.events_at, seqs))
        waiting = self._routing.stories[tellings[0].key].waiting
        if not newest or waiting is None:
            for telling in tellings:
                self._settle(telling)
            return
        count = sum(len(telling.seqs) for telling in tellings)
        going_on = {telling.seqs[-1] for telling in tellings if telling.story.begun}
        await self._send(send, Parcel(_unlogged(summary(newest, going_on, count, waiting.why, now())), tuple(tellings)))

    async def _send(self, send: trio.MemorySendChannel[Parcel], parcel: Parcel) -> None:
        self._busy.update(telling.key[0] for telling in parcel.tellings)
        await send.send(parcel)

    async def _wait_for(self, provider: str) -> None:
        """Wait until nothing of this provider is under way."""
        while provider in self._busy:
            await self._progress()

    async def _progress(self) -> None:
        """Wait until a worker is done with something."""
        self._freed = trio.Event()
        await self._freed.wait()

    def _settle(self, telling: Telling) -> None:
        if telling.story != self._routing.stories.get(telling.key, Story()):
            self._unsaved.add(telling.key)
        self._routing.settle(telling)
        # What was just told can be due again, a reminder of planned work: nobody else would end the nap for it.
        self._nap.deadline = min(self._nap.deadline, trio.current_time() + self._due_in())

    async def _work(self, consumer: Consumer, receive: trio.MemoryReceiveChannel[Parcel]) -> None:
        with receive:
            async for parcel in receive:
                self._warn_if_behind(parcel.logged)
                reason = await self._deliver(consumer, parcel.logged)
                for telling in parcel.tellings:
                    self._settle(telling)
                if parcel.place is not None:
                    self._under_way.remove(parcel.place)
                    self._beyond.add(parcel.place)
                await self._save(aside=(parcel.logged, reason) if reason else None)
                self._busy.difference_update(telling.key[0] for telling in parcel.tellings)
                self._freed.set()

    async def _deliver(self, consumer: Consumer, logged: Logged) -> str | None:
        """Deliver, however long it takes. Returns why it is to be set aside, where the consumer does not take it."""
        delays = iter(RETRY_SECONDS)
        rejected = 0
        failed = False
        while True:
            if trio.current_effective_deadline() - trio.current_time() < LAST_SECONDS:
                await trio.sleep_forever()
            try:
                await consumer.deliver(logged)
            except DeliveryError as exc:
                if not failed:
                    log.warning("delivery.failed", consumer=self.config.id, seq=logged.seq, reason=str(exc))
                failed = True
                rejected += isinstance(exc, RejectedError)
                if rejected >= TRIES:
                    log.error("delivery.set_aside", consumer=self.config.id, seq=logged.seq, reason=str(exc))  # noqa: TRY400  the receiver's refusal is no bug of ours
                    return self.hide(str(exc))
                self._warn_if_behind(logged)
                await trio.sleep(max(next(delays, RETRY_SECONDS[-1]), exc.retry_after or 0.0))
            else:
                return None

    def _warn_if_behind(self, logged: Logged) -> None:
        behind = now() - logged.event.timestamp > BEHIND
        if behind and not self._behind:
            log.warning(
                "consumer.behind", consumer=self.config.id, seq=logged.seq, since=to_text(logged.event.timestamp)
            )
        self._behind = behind

    async def _save(self, aside: tuple[Logged, str] | None = None) -> None:
        """Save the cursor, the stories, and what is set aside, and wait until that is stored."""
        done = min(self._under_way, default=self._position + 1) - 1
        self._beyond = {seq for seq in self._beyond if seq > done}
        cursor = evolve(self.cursor, seq=done, beyond=tuple(sorted(self._beyond)))
        stories = {key: self._routing.stories[key] for key in self._unsaved}

        def save(store: Store) -> None:
            store.acknowledge(cursor)
            store.save_stories(cursor.consumer, stories)
            if aside is not None:
                store.set_aside(cursor.consumer, *aside, now())

        await self.requests.ask(save, urgent=True)
        # Workers saved in one group wake in any order; of two cursors the later one knows more.
        if (cursor.seq, len(cursor.beyond)) >= (self.cursor.seq, len(self.cursor.beyond)):
            self.cursor = cursor
        self._unsaved -= {key for key, story in stories.items() if self._routing.stories.get(key) is story}


def _unlogged(event: Event) -> Logged:
    """An event that stands in no log, as consumers take events."""
    return Logged(event.seq, event, render(event))
