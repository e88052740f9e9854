"""Keeps a task running: a bug ends in a traceback in the log and another try, not in the end of the daemon."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
import trio

BACKOFF_SECONDS = (1.0, 5.0, 30.0, 120.0, 300.0)
HEALTHY_SECONDS = 600.0
"""Who ran so long without a failure begins again with the shortest pause."""

log = structlog.get_logger("statustrio.supervisor")


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    *,
    failed: Callable[[str], Awaitable[None]] | None = None,
    let_through: tuple[type[Exception], ...] = (),
) -> None:
    """Run a task until it returns, again and again with growing pauses while it raises.

    `failed` is told of each failure in words, before the pause; that it fails too (the same bug) is only logged.
    What is in `let_through` is the caller's.
    """
    failures = 0
    while True:
        began = trio.current_time()
        reason = await attempt(name, run, let_through=let_through)
        if reason is None:
            return
        failures = 1 if trio.current_time() - began > HEALTHY_SECONDS else failures + 1
        if failed:
            await attempt(f"{name}: telling of its failure", partial(failed, reason))
        await trio.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])


async def attempt(
    name: str,
    run: Callable[[], Awaitable[None]],
    *,
    let_through: tuple[type[Exception], ...] = (),
    level: int = logging.ERROR,
) -> str | None:
    """Run a task once. A bug in it goes to the log with its traceback and is returned in words, else None.

    `level` is that of its line in the log: for what others can bring about as often as they like.
    """
    try:
        await run()
    except* let_through:
        raise
    except* Exception as group:
        reason = _reason(group)
        log.log(level, "task.failed", task=name, reason=reason, exc_info=True)
    else:
        return None
    return reason


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of a group, and of the groups in it."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def _reason(group: BaseExceptionGroup[BaseException]) -> str:
    return f"internal error: {type(first_of(group)).__name__}; please report it, the log has the details"
