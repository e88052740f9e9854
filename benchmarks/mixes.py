"""What a poll costs the whole daemon and the reference, by what the pages answer.

Rounds alternate, so that a machine that grows slower does so for both. Rates are such that the reference keeps up:
it parses a whole document in some 30 ms. Both have the same rate, but for one figure that says otherwise.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from attrs import evolve, frozen

from benchmarks.changes import changing
from benchmarks.clients import Client, Measured, measure, open_daemon, open_reference, wait_for_polls
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread, ratio
from benchmarks.options import Options
from benchmarks.origin import ADDRESSES, CONDITIONAL, PLAIN, STAMPED, Origin, open_origin
from benchmarks.pages import STAMP, Feed


@frozen
class Mix:
    """Pages, their way of answering, and what a poll of them may cost."""

    name: str
    providers: int
    interval: float
    goal: float | None
    way: str = CONDITIONAL
    changes: float = 0.0
    """The part of all polls that finds a page changed."""
    busy_goal: float | None = None
    """What a poll of ours may cost at ten times the rate, beside the reference at its own."""


MIXES = (
    Mix("304", 1000, 5.0, 0.70),
    # Wake-ups are a hundredth of the interval apart at most: here hardly two polls share one.
    Mix("304 each second", 200, 1.0, None),
    Mix("mixed", 400, 4.0, 0.12, changes=0.1),
    Mix("stamp", 40, 2.0, 0.15, way=STAMPED),
    Mix("plain body", 40, 2.0, 0.06, way=PLAIN, busy_goal=0.04),
)
SHORT = {"304": (400, 2.0), "mixed": (100, 1.0), "stamp": (20, 1.0), "plain body": (20, 1.0)}
"""Fewer providers, and only these mixes."""

Open = Callable[[Origin, Mapping[int, str], float, Path], AbstractContextManager[Client]]


@frozen
class Bench:
    """The origin with its pages, for one mix over one transport."""

    origin: Origin
    feeds: tuple[Feed, ...]
    urls: Mapping[int, str]
    mix: Mix
    place: Path

    @property
    def rate(self) -> float:
        return len(self.feeds) / self.mix.interval

    def measure(self, opening: Open, seconds: float, *, faster: float = 1.0) -> tuple[Measured, int]:
        """One round of one client, and how many lines it printed per new entry that was posted."""
        self.origin.forget()
        interval = self.mix.interval / faster
        with ExitStack() as stack:
            client = stack.enter_context(opening(self.origin, self.urls, interval, self.place))
            wait_for_polls(self.origin, client, len(self.feeds))
            if self.mix.changes:
                stack.enter_context(changing(self.origin, self.feeds, self.rate * faster * self.mix.changes))
                time.sleep(interval)
            printed = client.printed.stat().st_size
            measured = measure(self.origin, client, seconds)
            return measured, client.printed.stat().st_size - printed


@contextmanager
def open_bench(mix: Mix, *, tls: bool) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place, addresses=min(mix.providers, ADDRESSES)) as origin:
            feeds = tuple(Feed(number) for number in range(mix.providers))
            for feed in feeds:
                origin.write(feed.number, feed.body(stamp=STAMP if mix.way == STAMPED else ""))
            urls = {feed.number: origin.url(feed.number, mix.way, tls=tls) for feed in feeds}
            yield Bench(origin, feeds, urls, mix, place)


def run(options: Options) -> Iterator[Figure]:
    for mix in MIXES:
        if options.mixes and mix.name not in options.mixes:
            continue
        chosen = mix
        if options.short:
            if mix.name not in SHORT:
                continue
            providers, interval = SHORT[mix.name]
            chosen = evolve(mix, providers=providers, interval=interval, busy_goal=None)
        if options.providers:
            # The rate stays what it is.
            interval = chosen.interval * options.providers / chosen.providers
            chosen = evolve(chosen, providers=options.providers, interval=interval)
        for tls in options.transports:
            yield from compare(chosen, options, tls=tls)


def compare(mix: Mix, options: Options, *, tls: bool) -> Iterator[Figure]:
    def reference(
        origin: Origin, urls: Mapping[int, str], interval: float, place: Path
    ) -> AbstractContextManager[Client]:
        return open_reference(origin, urls, interval, place, switches_off=options.switches_off)

    name = f"{mix.name}{' over TLS' if tls else ''}"
    ours, theirs, busy = [], [], []
    with open_bench(mix, tls=tls) as bench:
        for number in range(options.rounds):
            for opening, results in ((open_daemon, ours), (reference, theirs)):
                measured, printed = bench.measure(opening, options.seconds)
                check(bench, measured, printed)
                results.append(measured.per_poll)
                who = "ours" if opening is open_daemon else "reference"
                progress(
                    f"{name}, round {number + 1}, {who}: {measured.polls} polls, "
                    f"{100 * measured.unmodified / measured.polls:.0f} % of them 304, {measured.per_poll:.0f} us each"
                )
            if mix.busy_goal is not None:
                measured, _ = bench.measure(open_daemon, options.seconds, faster=10)
                busy.append(measured.per_poll)
                progress(f"{name}, round {number + 1}, ours: {measured.polls} polls, {measured.per_poll:.0f} us each")
        title = f"{name}, {mix.providers} providers at {mix.interval:g} s"
        yield Figure(title, "us", Spread.of(ours), Spread.of(theirs), ratio(ours, theirs), mix.goal)
        if busy:
            title = f"{name}, ours at {mix.interval / 10:g} s"
            yield Figure(title, "us", Spread.of(busy), Spread.of(theirs), ratio(busy, theirs), mix.busy_goal)


def check(bench: Bench, measured: Measured, printed: int) -> None:
    """A client that does not poll at the rate, or tells no news where there are some, has no figure."""
    expected = bench.rate * measured.seconds
    if not 0.8 * expected < measured.polls < 1.2 * expected:
        progress(f"only {measured.polls} polls of {expected:.0f}: this client does not keep up, or polls too often")
    if bool(printed) != bool(bench.mix.changes):
        raise SystemExit(f"{bench.mix.name}: {printed} bytes of news were printed")
