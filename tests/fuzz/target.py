"""What can be fuzzed: how its inputs are made, and what has to hold for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from random import Random

from attrs import frozen


class BrokenError(Exception):
    """What must hold for every input does not for this one."""


@frozen
class Look:
    """What came of one input. `sign` tells inputs apart that do different things; new ones are worth changing further.

    `cpu` is in seconds, `size` the bytes that it was spent on.
    """

    sign: str
    cpu: float = 0.0
    size: int = 0


@frozen
class Target:
    """`examine` gives, for as long as it is open, what looks at an input.

    That raises for a finding: a BrokenError, or whatever else it lets through.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    change: Callable[[bytes, Sequence[bytes], Random], bytes]
    examine: Callable[[], AbstractContextManager[Callable[[bytes], Look]]]
    share: float = 1.0
    """Of the time, beside the other targets."""


def check(holds: object, otherwise: str) -> None:
    """Raise a BrokenError unless it holds."""
    if not holds:
        raise BrokenError(otherwise)


def alone(examine: Callable[[bytes], Look]) -> Callable[[], AbstractContextManager[Callable[[bytes], Look]]]:
    """For a target whose inputs need nothing around them."""
    return lambda: nullcontext(examine)
