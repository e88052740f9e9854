"""When pollers wake up: one task sleeps for all of them and wakes those that are due at one moment together.

A deadline for each would cost every poll a cancellation, a tenth of all its CPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

import trio
from attrs import define, field

from statustrio.schedule import Pace, together


@define(eq=False)
class Timetable:
    """Events, and the moments at which `run` sets them: seconds of trio's clock."""

    _events: dict[float, list[trio.Event]] = field(init=False, factory=dict)
    _moments: list[float] = field(init=False, factory=list)
    """The keys of `_events` as a heap."""
    _nap: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    """Ends with the next moment."""

    def at(self, moment: float) -> trio.Event:
        """Return an event that is set at `moment`, or at once if that is over. Anybody may set it before."""
        event = trio.Event()
        if moment not in self._events:
            self._events[moment] = []
            heappush(self._moments, moment)
            self._nap.deadline = min(self._nap.deadline, moment)
        self._events[moment].append(event)
        return event

    async def run(self) -> None:
        """Set events for ever."""
        while True:
            with trio.CancelScope(deadline=self._moments[0] if self._moments else math.inf) as self._nap:
                await trio.sleep_forever()
            while self._moments and self._moments[0] <= trio.current_time():
                for event in self._events.pop(heappop(self._moments)):
                    event.set()


@define(eq=False)
class Alarm:
    """Wakes one poller: when it is due, or at once, from outside its task."""

    _timetable: Timetable
    _rung: bool = field(init=False, default=False)
    _awaited: trio.Event = field(init=False, factory=trio.Event)

    def ring(self) -> None:
        """Make it due at once; if it is polling, right after that."""
        self._rung = True
        self._awaited.set()

    async def wait_until(self, due: datetime, clock: Callable[[], datetime], pace: Pace) -> bool:
        """Wait for a time or the alarm; whether it was the alarm."""
        now = trio.current_time()
        left = (due - clock()).total_seconds()
        if not self._rung:
            self._awaited = self._timetable.at(together(now + left, pace) if left > 0 else now)
        await self._awaited.wait()
        rung, self._rung = self._rung, False
        return rung
