"""The timetable: nobody is woken too early, nobody later than the moment shared with others. Virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from statustrio.schedule import LATEST_SECONDS, Pace
from statustrio.timetable import Alarm, Timetable

Clock = trio.testing.MockClock
MINUTELY = Pace(60, 60, 3600)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def wall() -> datetime:
    return START + timedelta(seconds=trio.current_time())


def after(seconds: float) -> datetime:
    return wall() + timedelta(seconds=seconds)


@asynccontextmanager
async def open_timetable() -> AsyncIterator[Timetable]:
    timetable = Timetable()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timetable.run)
        yield timetable
        nursery.cancel_scope.cancel()


async def set_at(timetable: Timetable, moment: float) -> float:
    """When an event for this moment was set, in seconds from the beginning."""
    await timetable.at(moment).wait()
    return trio.current_time()


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000)), max_size=20))
def test_each_event_is_set_at_its_moment_whenever_it_was_asked_for(plans: list[tuple[float, float]]) -> None:
    late: list[float] = []

    async def ask(timetable: Timetable, asked: float, moment: float) -> None:
        await trio.sleep_until(asked)
        late.append(await set_at(timetable, moment) - max(asked, moment))

    async def main() -> None:
        async with open_timetable() as timetable, trio.open_nursery() as nursery:
            for asked, moment in plans:
                nursery.start_soon(ask, timetable, asked, moment)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert len(late) == len(plans)
    assert all(-1e-6 <= seconds < 1e-3 for seconds in late)


async def test_those_of_one_moment_are_woken_in_one_pass(autojump_clock: Clock) -> None:
    woken: list[int] = []
    passes = 0

    class Passes(trio.abc.Instrument):
        def before_io_wait(self, timeout: float) -> None:  # noqa: ARG002
            nonlocal passes
            passes += bool(woken) and len(woken) < 100

    async with open_timetable() as timetable, trio.open_nursery() as nursery:

        async def wait(number: int) -> None:
            await timetable.at(5.0).wait()
            woken.append(number)

        for number in range(100):
            nursery.start_soon(wait, number)
        trio.lowlevel.add_instrument(Passes())
    assert len(woken) == 100
    assert passes == 0
    assert autojump_clock.current_time() == pytest.approx(5.0)


async def test_an_event_that_nobody_waits_for_any_more_holds_nobody_up(autojump_clock: Clock) -> None:  # noqa: ARG001
    async with open_timetable() as timetable:
        with trio.move_on_after(1):
            await timetable.at(2.0).wait()
        assert await set_at(timetable, 3.0) == pytest.approx(3.0)


@pytest.mark.parametrize("seconds", [0.001, 0.5, 59.99])
async def test_an_alarm_waits_until_it_is_due_and_hardly_longer(autojump_clock: Clock, seconds: float) -> None:  # noqa: ARG001
    async with open_timetable() as timetable:
        due = after(seconds)
        assert not await Alarm(timetable).wait_until(due, wall, MINUTELY)
        assert timedelta(0) <= wall() - due <= timedelta(seconds=LATEST_SECONDS + 1e-3)


async def test_what_is_due_already_is_due_at_once(autojump_clock: Clock) -> None:
    async with open_timetable() as timetable:
        await trio.sleep(7)
        assert not await Alarm(timetable).wait_until(after(-5), wall, MINUTELY)
    assert autojump_clock.current_time() == pytest.approx(7)


async def test_a_ring_ends_the_wait_and_counts_once(autojump_clock: Clock) -> None:
    async with open_timetable() as timetable:
        alarm = Alarm(timetable)
        alarm.ring()
        alarm.ring()
        assert await alarm.wait_until(after(60), wall, MINUTELY)
        assert autojump_clock.current_time() == 0
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def ring() -> None:
                await trio.sleep(10)
                alarm.ring()

            assert await alarm.wait_until(after(60), wall, MINUTELY)
        assert autojump_clock.current_time() == pytest.approx(10)
        assert not await alarm.wait_until(after(60), wall, MINUTELY)
        assert autojump_clock.current_time() == pytest.approx(70, abs=0.1)
