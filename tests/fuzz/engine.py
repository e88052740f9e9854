"""Changes inputs over and over and looks at each: what does something new is changed further, what is wrong is kept."""

from __future__ import annotations

import hashlib
import re
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from types import FrameType

from attrs import define, field, frozen

from fuzz.target import Look, Target

MOST_KEPT = 400
"""Inputs that are changed further, by target; older ones make room."""
FREE_CPU = 0.1
"""Seconds that any input may take, however small: a first import, a look through all installed packages."""
MOST_PER_MIB = 2.0
"""Seconds of CPU per MiB of input: the promise."""
HANGS_AFTER = 30.0
"""Seconds of CPU after which an input is given up."""
SMALLEST_TIMED = 16 * 1024
"""Bytes; in less the fixed cost of a poll is all there is to see."""


class HangsError(Exception):
    """It took longer than anything may."""


@frozen
class Finding:
    target: str
    what: str
    data: bytes
    where: str

    @property
    def key(self) -> str:
        """The same for the same mistake: where it was raised."""
        what = re.sub("[0-9]+", "#", self.what[:60])
        return f"{self.target} {what} {self.where.splitlines()[-2:] if self.where else ''}"

    def save(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / name_of(self.target, self.data)
        path.write_bytes(self.data)
        path.with_suffix(".txt").write_text(f"{self.what}\n\n{self.where}")
        return path


@define
class Session:
    """What a run has seen of one target."""

    target: Target
    examine: Callable[[bytes], Look]
    chance: Random
    inputs: int = 0
    cpu: float = 0.0
    slowest: float = 0.0
    slowest_data: bytes = b""
    signs: Counter[str] = field(factory=Counter)
    _kept: list[bytes] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._kept = list(self.target.seeds())

    def seeds(self) -> Iterator[Finding]:
        """Look at each input as it is, before any is changed."""
        for data in tuple(self._kept):
            yield from self._look(data)

    def step(self) -> Iterator[Finding]:
        """Look at one input more."""
        data = self.target.change(self.chance.choice(self._kept), self._kept, self.chance)
        yield from self._look(data)

    def _look(self, data: bytes) -> Iterator[Finding]:
        self.inputs += 1
        try:
            look = looked(self.examine, data)
        except Exception as exc:  # noqa: BLE001  whatever it is, it is what is looked for
            yield Finding(self.target.name, f"{type(exc).__name__}: {exc}"[:500], data, _where(exc))
            return
        self.cpu += look.cpu
        self.signs[look.sign] += 1
        if self.signs[look.sign] == 1 and len(data) < 2**17:
            self._kept.append(data)
            if len(self._kept) > MOST_KEPT:
                self._kept.pop(self.chance.randrange(len(self._kept)))
        if look.size >= SMALLEST_TIMED and per_mib(look) > self.slowest:
            # Once more: a busy machine takes its time now and then, what is slow does always.
            pace = min(per_mib(look), per_mib(looked(self.examine, data)))
            if pace > self.slowest:
                self.slowest, self.slowest_data = pace, data
        if too_slow(look):
            again = looked(self.examine, data)
            if too_slow(again):
                yield Finding(self.target.name, f"slow: {again.cpu:.2f} s of CPU for {again.size} bytes", data, "")


def looked(examine: Callable[[bytes], Look], data: bytes) -> Look:
    """What comes of an input. Raises what is wrong with it; HangsError where it takes too long."""
    with _bounded():
        return examine(data)


def too_slow(look: Look) -> bool:
    return look.cpu > FREE_CPU + MOST_PER_MIB * look.size / 2**20


def per_mib(look: Look) -> float:
    return look.cpu / look.size * 2**20


def name_of(target: str, data: bytes) -> str:
    return f"{target}-{hashlib.blake2b(data, digest_size=6).hexdigest()}"


@contextmanager
def open_sessions(targets: Iterable[Target], seed: int) -> Iterator[list[Session]]:
    with ExitStack() as stack:
        yield [
            Session(target, stack.enter_context(target.examine()), Random(f"{seed} {target.name}"))
            for target in targets
        ]


def run(sessions: Sequence[Session], seconds: float) -> list[Finding]:
    """Look for so long, shared evenly, after all seeds; each mistake once."""
    found: dict[str, Finding] = {}
    until = time.monotonic() + seconds
    spent = {session.target.name: 0.0 for session in sessions}
    for session in sessions:
        for finding in session.seeds():
            found.setdefault(finding.key, finding)
    while (begun := time.monotonic()) < until:
        session = min(sessions, key=lambda one: spent[one.target.name] / one.target.share)
        for finding in session.step():
            found.setdefault(finding.key, finding)
        spent[session.target.name] += time.monotonic() - begun
    return list(found.values())


def _where(exc: BaseException) -> str:
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    return "".join(traceback.format_exception(exc, limit=-6))


@contextmanager
def _bounded() -> Iterator[None]:
    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise HangsError(f"more than {HANGS_AFTER:g} s of CPU")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_AFTER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
