"""The persistence task: the only writer. It takes what is waiting as one group, one transaction, and answers after it.

Invariants: an answer is given only after the commit that holds its work; a request that raises is undone alone
and answered with its exception; when the storage fails, the whole group is kept and tried again until it works.
Meanwhile whoever asked waits, so nothing piles up and nothing that is not stored is believed or announced. Where the
database is gone (StoreLostError) there is nothing to wait for: the recorder ends with that, and the daemon with it.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, Generic, TypeVar, cast

import structlog
import trio
from attrs import define, evolve, field

from statustrio.clock import now
from statustrio.counts import delays_of
from statustrio.detect import detect
from statustrio.errors import StoreLostError
from statustrio.model import Acknowledgement, Failed, Observation, Seen
from statustrio.store.protocol import StaleError, StorageError, Store, UnsyncedError

T = TypeVar("T")

GROUP = 10
"""Observations in one transaction at most: as many as make its cost small."""
GROUP_SECONDS = 0.01
"""How long a transaction goes on taking more, so that consumers never wait long where others keep the processor."""
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
OFFLINE = "no provider can be reached: this machine seems to be offline"
ONLINE = "providers can be reached again"

log = structlog.get_logger("statustrio.recorder")


@define
class Request(Generic[T]):
    """Work on the store, and the place for its answer."""

    work: Callable[[Store], T]
    durable: bool
    urgent: bool = False
    rescue: Callable[[Exception], Callable[[Store], T]] | None = None
    """What to do instead when the work fails by a bug."""
    done: trio.Event = field(factory=trio.Event)
    result: T | None = None
    error: Exception | None = None


@define
class Requests:
    """The sending end of the recorder's channel. Each caller waits for its own answer."""

    _send: trio.MemorySendChannel[Request[Any]]

    async def submit(self, observation: Observation, *, all_dark: bool) -> Acknowledgement:
        """Record an observation and return what its poller may believe; `all_dark` as in `record`.

        A bug in detection costs only its provider: its poll failed, and says so in the history.
        """

        def as_failed(exc: Exception) -> Callable[[Store], Acknowledgement]:
            log.error("detection.failed", provider=observation.provider, exc_info=exc)
            reason = f"internal error: {type(exc).__name__}; please report it, the log has the details"
            return partial(record, observation=evolve(observation, outcome=Failed(reason)), all_dark=all_dark)

        work = partial(record, observation=observation, all_dark=all_dark)
        # What has no new entry is news so rarely that it is recorded without waiting for the disk, and again if it was.
        durable = isinstance(observation.outcome, Seen) and bool(observation.outcome.readings)
        return await self.ask(work, durable=durable, rescue=as_failed)

    async def ask(
        self,
        work: Callable[[Store], T],
        *,
        durable: bool = False,
        urgent: bool = False,
        rescue: Callable[[Exception], Callable[[Store], T]] | None = None,
    ) -> T:
        """Do this in a transaction of the recorder and return its result once it is committed.

        What is `urgent` comes with the next one, the rest in its turn. Raises what `work` raises. Cancelled while
        waiting, the work may still be done.
        """
        request: Request[T] = Request(work, durable, urgent, rescue)
        await self._send.send(request)
        await request.done.wait()
        if request.error is not None:
            raise request.error
        return cast(T, request.result)

    def clone(self) -> Requests:
        return Requests(self._send.clone())

    def close(self) -> None:
        self._send.close()


def record(
    store: Store, observation: Observation, *, all_dark: bool, recorded_at: datetime | None = None
) -> Acknowledgement:
    """Detect what an observation changes and store it: the work of one savepoint.

    `all_dark` says that by now no provider can be reached; the monitor as a whole is offline then. `recorded_at` is
    the time of what it makes; None: now.
    """
    outcome = observation.outcome
    recorded_at = recorded_at or now()
    names = []
    ids, shown, subjects = set(), set(), False
    if isinstance(outcome, Seen):
        ids, subjects = {reading.incident_id for reading in outcome.readings}, outcome.gap is not None
        shown = set() if subjects else {one.incident_id for one in outcome.window}
    known = store.load(observation.provider, ids, subjects=subjects, shown=shown)
    connected = not (isinstance(outcome, Failed) and outcome.unconnected)
    if known.offline and connected:
        store.commit_monitor("monitor.online", ONLINE, recorded_at)
        names.append("monitor.online")
    elif all_dark and not known.offline:
        store.commit_monitor("monitor.offline", OFFLINE, recorded_at)
        names.append("monitor.offline")
    known = evolve(known, offline=(known.offline or all_dark) and not connected)
    change = evolve(detect(known, observation), at=recorded_at)
    names += [event.event for event in store.commit(change)]
    for warning in change.warnings:
        log.warning("incident.odd", provider=observation.provider, reason=warning)
    # At first sight updates are as old as the page: their age says nothing about us.
    late = delays_of(change) if known.state.first_success_at is not None else ()
    return Acknowledgement(change.state, tuple(names), late)


RunSync = Callable[..., Awaitable[Any]]
"""Runs a synchronous call where it holds nobody up: in the database's own thread; inline in tests."""


async def run_recorder(
    receive: trio.MemoryReceiveChannel[Request[Any]], store: Store, run_sync: RunSync, announce: Callable[[], None]
) -> None:
    """Serve requests until every sender has closed. `announce` is called after each commit that may hold events."""
    waiting: list[Request[Any]] = []
    overtook = False
    with receive:
        while True:
            try:
                if not waiting:
                    waiting.append(await receive.receive())
                while True:
                    waiting.append(receive.receive_nowait())
            except trio.WouldBlock:
                pass
            except trio.EndOfChannel:
                if not waiting:
                    return
            group, waiting = _next_group(waiting, overtake=not overtook)
            overtook = all(request.urgent for request in group)
            done, durable = await _serve(group, store, run_sync)
            if durable:
                announce()
            for request in group[:done]:
                request.done.set()
            waiting = group[done:] + waiting


def _next_group(waiting: Sequence[Request[Any]], *, overtake: bool) -> tuple[list[Request[Any]], list[Request[Any]]]:
    """What is done in the next transaction, and what waits for a later one.

    What is urgent overtakes: where more is observed than can be recorded in time, consumers still hear of what was.
    Every second time at the most it has a transaction of its own, so that it neither waits for ten observations nor
    keeps them waiting for ever.
    """
    urgent = [request for request in waiting if request.urgent]
    ordinary = [request for request in waiting if not request.urgent]
    if urgent and overtake:
        return urgent, ordinary
    return [*urgent, *ordinary[:GROUP]], ordinary[GROUP:]


async def _serve(group: Sequence[Request[Any]], store: Store, run_sync: RunSync) -> tuple[int, bool]:
    """Do the work of a group in one transaction, however long the storage takes to let it.

    How many of them it did, and whether it waited for the disk: without that there are no events.
    """
    delays = iter(RETRY_SECONDS)
    failed = False
    durable = any(request.durable for request in group)
    while True:
        try:
            done: int = await run_sync(_work, group, store, durable)
        except StorageError as exc:
            if not failed:
                log.error("storage.failed", reason=str(exc), hint="polling waits; nothing is lost, it is tried again")  # noqa: TRY400  the user's disk is no bug of ours
            failed = True
            await trio.sleep(next(delays, RETRY_SECONDS[-1]))
        else:
            if failed:
                log.warning("storage.recovered")
            return done, durable


def _work(group: Sequence[Request[Any]], store: Store, durable: bool) -> int:
    """Do in one transaction what is urgent and of the rest what time there is for; how many that were."""
    end = math.inf
    with store.group(durable=durable):
        for done, request in enumerate(group):
            if monotonic() > end:
                return done
            if not request.urgent:
                end = min(end, monotonic() + GROUP_SECONDS)
            try:
                _answer(request, store)
            except UnsyncedError:
                request.durable = True
                return done
    return len(group)


def _answer(request: Request[Any], store: Store) -> None:
    """Do the work of one request in a savepoint of its own: a bug in it costs only whoever asked."""
    try:
        with store.attempt():
            request.result, request.error = request.work(store), None
    except (StorageError, StoreLostError):
        raise
    except Exception as exc:  # noqa: BLE001  the one broad except: the others of the group are served all the same
        request.error = exc
        if request.rescue and not isinstance(exc, StaleError):
            instead = Request(request.rescue(exc), request.durable)
            _answer(instead, store)
            request.result, request.error = instead.result, instead.error
