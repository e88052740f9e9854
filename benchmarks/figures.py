"""One measured figure, its goal, and the table of them."""

from __future__ import annotations

import sys

from attrs import frozen

from benchmarks.measure import Spread

FAR = 2.0
"""A short run on a shared machine says only this much: over so many times its goal, a figure is wrong."""


@frozen
class Figure:
    """`ours` beside `reference`, if there is one; `goal` is for the ratio where there is one, else for ours."""

    name: str
    unit: str
    ours: Spread
    reference: Spread | None = None
    ratio: Spread | None = None
    goal: float | None = None

    @property
    def judged(self) -> float:
        return (self.ratio or self.ours).median

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "ok" if self.judged <= self.goal else "over"

    @property
    def far_over(self) -> bool:
        return self.goal is not None and self.judged > FAR * self.goal

    def row(self) -> str:
        reference = number(self.reference.median) if self.reference else ""
        spread = self.ratio or self.ours
        apart = f"{number(spread.median)} ({number(spread.low)}-{number(spread.high)})"
        goal = f"{self.goal:g}" if self.goal is not None else ""
        return (
            f"{self.name:<52} {number(self.ours.median):>9} {reference:>9} {self.unit:<4} {apart:>24} {goal:>7} "
            f"{self.verdict}"
        )


HEAD = (
    f"{'CPU per poll unless it says otherwise':<52} {'ours':>9} {'reference':>9} {'':<4} "
    f"{'judged: median (min-max)':>24} {'goal':>7}"
)


def number(value: float) -> str:
    """Three digits are as many as mean anything here."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """What is going on, for whoever waits."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()
