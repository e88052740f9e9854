"""How late the loop is."""

from __future__ import annotations

import trio
import trio.testing

from statustrio.counts import LAG_SECONDS, Histogram
from statustrio.lag import LOOK_SECONDS, measure_lag


async def test_a_loop_that_turns_freely_is_on_time(autojump_clock: trio.testing.MockClock) -> None:  # noqa: ARG001
    lags = Histogram(LAG_SECONDS)
    with trio.move_on_after(10.5 * LOOK_SECONDS):
        await measure_lag(lags)
    assert (lags.count, lags.total) == (10, 0.0)


async def test_what_keeps_the_loop_busy_is_its_lag(mock_clock: trio.testing.MockClock) -> None:
    lags = Histogram(LAG_SECONDS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(measure_lag, lags)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(LOOK_SECONDS + 0.3)
        await trio.testing.wait_all_tasks_blocked()
        assert (lags.count, round(lags.total, 6)) == (1, 0.3)
        nursery.cancel_scope.cancel()
