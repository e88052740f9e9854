"""Running tasks by name, reconciled with what is wanted: a reload calls it today, a rebalance may tomorrow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import trio
from attrs import define, field, frozen


@frozen
class _Running:
    config: object
    scope: trio.CancelScope
    ended: trio.Event


@define(eq=False)
class TaskSet:
    """Tasks that can be started and stopped alone, each in a nursery of its own, known by name and configuration."""

    _running: dict[str, _Running] = field(factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def __len__(self) -> int:
        return len(self._running)

    async def start(self, nursery: trio.Nursery, name: str, config: object, run: Callable[[], Awaitable[None]]) -> None:
        """Start a task in `nursery`; its cancel scope stops it alone."""
        ended = trio.Event()
        scope: trio.CancelScope = await nursery.start(partial(_run, run, ended))
        self._running[name] = _Running(config, scope, ended)

    async def stop_others(self, wanted: Mapping[str, object]) -> list[str]:
        """Stop what is not wanted as it runs and wait for its end; the names of what was stopped."""
        stale = [name for name, one in self._running.items() if wanted.get(name) != one.config]
        for name in stale:
            self._running[name].scope.cancel()
        for name in stale:
            await self._running.pop(name).ended.wait()
        return stale


async def _run(
    run: Callable[[], Awaitable[None]],
    ended: trio.Event,
    *,
    task_status: trio.TaskStatus[trio.CancelScope] = trio.TASK_STATUS_IGNORED,
) -> None:
    try:
        async with trio.open_nursery() as nursery:
            task_status.started(nursery.cancel_scope)
            nursery.start_soon(run)
    finally:
        ended.set()
