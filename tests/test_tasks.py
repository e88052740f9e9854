"""A set of tasks by name, at every moment at which one may be stopped."""

from __future__ import annotations

from functools import partial

import pytest
import trio
import trio.testing
from attrs import define, field

from statustrio.tasks import TaskSet


@define
class Log:
    """What tasks did. They run until they are stopped."""

    begun: list[str] = field(factory=list)
    ended: list[str] = field(factory=list)

    async def run(self, name: str) -> None:
        self.begun.append(name)
        try:
            await trio.sleep_forever()
        finally:
            self.ended.append(name)


async def test_what_is_wanted_as_it_runs_goes_on_and_the_rest_has_ended() -> None:
    tasks, log = TaskSet(), Log()
    async with trio.open_nursery() as nursery:
        for name in "abc":
            tasks.start(nursery, name, f"{name} 1", partial(log.run, name))
        await trio.testing.wait_all_tasks_blocked()
        assert await tasks.stop_others({"a": "a 1", "b": "b 2", "d": "d 1"}) == ["b", "c"]
        assert sorted(log.ended) == ["b", "c"]
        assert ("a" in tasks, "b" in tasks, len(tasks)) == (True, False, 1)
        nursery.cancel_scope.cancel()


async def test_one_that_is_stopped_before_it_began_never_begins() -> None:
    tasks, log = TaskSet(), Log()
    async with trio.open_nursery() as nursery:
        tasks.start(nursery, "a", 1, partial(log.run, "a"))
        assert await tasks.stop_others({}) == ["a"]
        assert log.begun == []
        tasks.start(nursery, "a", 2, partial(log.run, "again"))
        await trio.testing.wait_all_tasks_blocked()
        assert (log.begun, len(tasks)) == (["again"], 1)
        await tasks.stop_others({})
    assert log.ended == ["again"]


async def test_a_stop_that_is_cancelled_has_stopped_all_the_same() -> None:
    tasks, log = TaskSet(), Log()
    async with trio.open_nursery() as nursery:
        for name in "ab":
            tasks.start(nursery, name, 1, partial(log.run, name))
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0):
            await tasks.stop_others({})
    assert sorted(log.ended) == ["a", "b"]


async def test_what_a_task_raises_is_its_nursery_s() -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    tasks = TaskSet()
    with pytest.RaisesGroup(ValueError, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            tasks.start(nursery, "a", 1, fail)
    assert await tasks.stop_others({}) == ["a"]
