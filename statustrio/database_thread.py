"""The thread in which the store is used: one, as it has one connection, and never the loop's, as a disk can be slow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import trio
from attrs import define, field

from statustrio.counts import Counts
from statustrio.recorder import Requests
from statustrio.store.protocol import StorageError


@define(eq=False)
class DatabaseThread:
    """Runs what uses the store, one after the other, and knows when the recorder came back from it."""

    _counts: Counts
    _limiter: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))
    _turned: trio.Event = field(init=False, factory=trio.Event)
    """Set, and replaced, when a commit came to an end, whichever."""

    async def run(self, work: Callable[..., Any], *args: Any) -> Any:
        return await trio.to_thread.run_sync(work, *args, limiter=self._limiter)

    async def commit(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do the work of the recorder: a transaction."""
        began = trio.current_time()
        try:
            done = await self.run(work, *args)
        except StorageError:
            self._counts.storage_failures += 1
            raise
        finally:
            self._turned.set()
            self._turned = trio.Event()
        self._counts.commits.add(trio.current_time() - began)
        return done

    async def turn(self, requests: Requests) -> None:
        """Return once the recorder has come back from the storage, whether or not that took what it was given.

        A full disk is waited for, and another process would fare no better: only a call that never returns is the end.
        """
        turned = self._turned
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(requests.ask, urgent=True), lambda _: None)
            await turned.wait()
            nursery.cancel_scope.cancel()
