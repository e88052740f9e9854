"""What a process has used, and what a few such figures say together. Linux: it reads /proc."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

TICKS = os.sysconf("SC_CLK_TCK")


@frozen
class Spread:
    """The median of some rounds and how far they lie apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    @classmethod
    def once(cls, value: float) -> Spread:
        """Of a figure that is taken once."""
        return cls(value, value, value)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours to theirs, round by round."""
    return Spread.of([our / their for our, their in zip(ours, theirs, strict=True)])


def cpu_seconds(pid: int) -> float:
    """What a process has computed so far, itself and in the system for it, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid: int) -> float:
    """What a process has in memory now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest of `values` that at least `part` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def cpu_milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """What some runs of `work` compute, each."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000)
    return times


def wall_milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """What some runs of `work` take, each."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times
