"""Running tasks by name, reconciled with what is wanted: a reload calls it today, a rebalance may tomorrow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import trio
from attrs import define, field


@define(eq=False)
class _Running:
    config: object
    ended: trio.Event = field(factory=trio.Event)
    scope: trio.CancelScope | None = None
    """None: it has not begun."""
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True
        if self.scope is not None:
            self.scope.cancel()


@define(eq=False)
class TaskSet:
    """Tasks that can be started and stopped alone, each in a nursery of its own, known by name and configuration."""

    _running: dict[str, _Running] = field(factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def __len__(self) -> int:
        return len(self._running)

    def start(self, nursery: trio.Nursery, name: str, config: object, run: Callable[[], Awaitable[None]]) -> None:
        """Start a task in `nursery`; its cancel scope stops it alone."""
        self._running[name] = running = _Running(config)
        # Not `nursery.start`: waiting for each of ten thousand to begin would cost their start a second.
        nursery.start_soon(_run, run, running)

    async def stop_others(self, wanted: Mapping[str, object]) -> list[str]:
        """Stop what is not wanted as it runs and wait for its end; the names of what was stopped."""
        stale = [name for name, one in self._running.items() if wanted.get(name) != one.config]
        for name in stale:
            self._running[name].stop()
        for name in stale:
            await self._running.pop(name).ended.wait()
        return stale


async def _run(run: Callable[[], Awaitable[None]], running: _Running) -> None:
    try:
        if running.stopped:
            return
        async with trio.open_nursery() as nursery:
            running.scope = nursery.cancel_scope
            await run()
    finally:
        running.ended.set()
