"""The restart loop: growing pauses, what it lets through, and groups that hold more than a bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import structlog
import trio
import trio.testing

from statustrio.errors import ConsumerGoneError
from statustrio.supervisor import BACKOFF_SECONDS, HEALTHY_SECONDS, supervise

Clock = trio.testing.MockClock


@contextmanager
def captured() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


class Task:
    """Fails so many times after so many seconds, then returns."""

    def __init__(self, times: int, seconds: float = 0, error: Callable[[], BaseException] = ZeroDivisionError) -> None:
        self.times, self.seconds, self.error = times, seconds, error
        self.began: list[float] = []
        self.ended: list[float] = []

    async def __call__(self) -> None:
        self.began.append(trio.current_time())
        await trio.sleep(self.seconds)
        self.ended.append(trio.current_time())
        if len(self.began) <= self.times:
            raise self.error()

    @property
    def pauses(self) -> list[float]:
        return [round(begin - end, 3) for begin, end in zip(self.began[1:], self.ended, strict=False)]


async def test_a_task_that_returns_is_not_run_again() -> None:
    task = Task(0)
    with trio.fail_after(1), captured() as logs:
        await supervise("acme", task)
    assert len(task.began) == 1
    assert logs == []


async def test_a_task_that_raises_is_run_again_with_growing_pauses(autojump_clock: Clock) -> None:
    task = Task(8)
    began = autojump_clock.current_time()
    with captured() as logs:
        await supervise("acme", task)
    assert task.pauses == [*BACKOFF_SECONDS, *[BACKOFF_SECONDS[-1]] * 3]
    assert all(before < after for before, after in pairwise(BACKOFF_SECONDS))
    assert autojump_clock.current_time() - began == pytest.approx(sum(task.pauses))
    assert [(entry["event"], entry["task"]) for entry in logs] == [("task.failed", "acme")] * 8
    assert "ZeroDivisionError" in logs[0]["reason"]
    assert logs[0]["exc_info"]


async def test_a_healthy_run_begins_again_with_the_shortest_pause(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(3, HEALTHY_SECONDS + 1)
    with captured():
        await supervise("acme", task)
    assert task.pauses == [BACKOFF_SECONDS[0]] * 3


async def test_a_run_not_quite_as_long_is_not_healthy(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(3, HEALTHY_SECONDS - 1)
    with captured():
        await supervise("acme", task)
    assert task.pauses == list(BACKOFF_SECONDS[:3])


async def test_each_failure_is_told_before_the_pause(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(2)
    told: list[tuple[str, float]] = []

    async def failed(reason: str) -> None:
        told.append((reason, trio.current_time()))

    with captured():
        await supervise("acme", task, failed=failed)
    assert [at for _, at in told] == task.ended[:2]
    assert told[0][0].startswith("internal error: ZeroDivisionError")


async def test_that_telling_fails_as_well_changes_nothing(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(2)

    async def failed(_reason: str) -> None:
        raise LookupError("the same bug")

    with captured() as logs:
        await supervise("acme", task, failed=failed)
    assert task.pauses == list(BACKOFF_SECONDS[:2])
    assert [entry["event"] for entry in logs] == ["task.failed"] * 4


def gone() -> BaseException:
    return ConsumerGoneError("gone")


@pytest.mark.parametrize(
    "error",
    [gone, lambda: ExceptionGroup("nursery", [ExceptionGroup("workers", [gone()])])],
    ids=["bare", "group"],
)
async def test_what_is_to_be_let_through_is_the_callers(error: Callable[[], BaseException]) -> None:
    task = Task(1, error=error)
    with trio.fail_after(1), captured() as logs, pytest.RaisesGroup(ConsumerGoneError, flatten_subgroups=True):
        await supervise("out", task, let_through=(ConsumerGoneError,))
    assert len(task.began) == 1
    assert logs == []


async def test_a_bug_beside_what_is_let_through_is_logged(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(1, error=lambda: ExceptionGroup("both", [gone(), ZeroDivisionError()]))
    with captured() as logs, pytest.RaisesGroup(ConsumerGoneError, flatten_subgroups=True):
        await supervise("out", task, let_through=(ConsumerGoneError,))
    assert [entry["event"] for entry in logs] == ["task.failed"]


async def test_a_bug_in_a_group_is_named(autojump_clock: Clock) -> None:  # noqa: ARG001
    task = Task(1, error=lambda: ExceptionGroup("outer", [ExceptionGroup("inner", [LookupError()])]))
    with captured() as logs:
        await supervise("acme", task)
    assert "LookupError" in logs[0]["reason"]


async def test_a_group_that_also_holds_a_cancellation_ends_it_and_the_bug_is_logged(autojump_clock: Clock) -> None:  # noqa: ARG001
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            try:
                await trio.sleep_forever()
            finally:
                raise ZeroDivisionError

    with captured() as logs, trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervise, "acme", run)
            await trio.sleep(1)
            scope.cancel()
    assert scope.cancelled_caught
    assert runs == 1
    assert [entry["event"] for entry in logs] == ["task.failed"]


async def test_cancelled_in_the_pause_it_ends_at_once(autojump_clock: Clock) -> None:
    task = Task(100)
    began = autojump_clock.current_time()
    with captured(), trio.move_on_after(BACKOFF_SECONDS[0] + 0.5) as scope:
        await supervise("acme", task)
    assert scope.cancelled_caught
    assert autojump_clock.current_time() - began == pytest.approx(BACKOFF_SECONDS[0] + 0.5)


async def test_what_is_no_error_is_not_held_up() -> None:
    with trio.fail_after(1), pytest.RaisesGroup(KeyboardInterrupt, allow_unwrapped=True):
        await supervise("acme", Task(1, error=KeyboardInterrupt))
