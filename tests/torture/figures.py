"""One figure of a bad day beside what is promised, and the table of them."""

from __future__ import annotations

from attrs import frozen

from benchmarks.figures import number

HEAD = f"{'':<72} {'figure':>10} {'':<6} {'at most':>8}"


@frozen
class Figure:
    """`value` in `unit`; more than `most` breaks a promise. Without `most` it only says how much was tried."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def verdict(self) -> str:
        if self.most is None:
            return ""
        return "ok" if self.value <= self.most else "broken"

    def row(self) -> str:
        value = f"{self.value:.0f}" if float(self.value).is_integer() else number(self.value)
        most = f"{self.most:g}" if self.most is not None else ""
        return f"{self.name:<72} {value:>10} {self.unit:<6} {most:>8} {self.verdict}"
