"""Measures how late the loop is: what keeps it busy keeps every poll waiting."""

from __future__ import annotations

import trio

from statustrio.counts import Histogram

LOOK_SECONDS = 1.0


async def measure_lag(lags: Histogram) -> None:
    """Note for ever how much later than asked this task is woken."""
    while True:
        due = trio.current_time() + LOOK_SECONDS
        await trio.sleep_until(due)
        lags.add(max(0.0, trio.current_time() - due))
