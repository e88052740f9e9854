"""Runs statustrio as it is and writes down how late each of its polls began: `late.py FILE ARGUMENTS...`.

Nobody but the daemon knows when a poll was due: its times have jitter, and a server's log shows only when requests
came. So this wraps, from outside, the place where a poller waits until it is due (`timetable.Alarm.wait_until`), and
takes the time right after it. What comes between that and the first byte sent is not in it; the delay from a post to
its line, which is measured from outside, has all of it.

Each line of FILE: when the poll began, how late it was (seconds), and 1 if the provider was known at the start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from statustrio import daemon, timetable


def watch(notes: TextIO) -> None:
    """Put the wrapping in place."""
    known: set[int] = set()
    wait_until, run_poller = timetable.Alarm.wait_until, daemon.run_poller

    async def wait(self: timetable.Alarm, due: datetime, clock: Callable[[], datetime], *more: Any) -> bool:
        rung = await wait_until(self, due, clock, *more)
        if not rung:
            at = clock()
            notes.write(f"{at.timestamp():.4f} {(at - due).total_seconds():.4f} {int(id(self) in known)}\n")
        return rung

    async def run(config: Any, state: Any, poll: Any, alarm: timetable.Alarm, **more: Any) -> None:
        if state.first_success_at is not None:
            known.add(id(alarm))
        await run_poller(config, state, poll, alarm, **more)

    timetable.Alarm.wait_until = wait
    daemon.run_poller = run


def main() -> None:
    from statustrio.cli.main import main as statustrio

    path = Path(sys.argv.pop(1))
    with path.open("w") as notes:
        watch(notes)
        statustrio()


if __name__ == "__main__":
    main()
