"""Ten thousand providers: what the daemon takes, how late its polls get, and what grows with their number.

One database all the way: the first sights fill it, what comes after starts again on it. Pages are a hundred documents
under ten thousand names.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import define, field

from benchmarks.clients import (
    HERE,
    Client,
    daemon_command,
    measure,
    open_daemon,
    running,
    wait_for_polls,
    wait_until,
    write_config,
)
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread, percentile
from benchmarks.options import Options
from benchmarks.origin import ADDRESSES, Origin, open_origin
from benchmarks.pages import Feed
from statustrio.daemon import HEALTH_SECONDS

PROVIDERS = 10_000
DOCUMENTS = 100
INTERVAL = 60.0
KNOWN, NEW = 0.05, 0.3
"""Parts of all: the first to be known, and those that come to them at once."""
SIZES = ((0.01, 0.2), (0.1, 2.0), (0.5, 10.0))
"""Parts of all, and the intervals that give them one rate."""
SETTLED_SECONDS = 15.0
"""After a start: every provider was polled within ten."""

CPU_GOAL = 12.0
MEMORY_GOAL = 350.0
TLS_MEMORY_GOAL = 300.0
LATE_GOAL = 0.3
RESTART_GOAL = 10.0
STOP_GOAL = 2.0
FIRST_SIGHT_GOAL = 45.0
GROWTH_GOAL = 1.3


@define
class Late:
    """What `late.py` wrote down."""

    path: Path
    all: list[float] = field(factory=list)
    known: list[float] = field(factory=list)

    def read(self, since: float = 0.0) -> Late:
        for line in self.path.read_text().splitlines():
            at, late, known = line.split()
            if float(at) >= since:
                self.all.append(float(late))
                if known == "1":
                    self.known.append(float(late))
        return self


@define
class Scale:
    """The origin, the one database, and the daemon on it with so many providers."""

    origin: Origin
    place: Path
    count: int

    def urls(self, count: int, *, tls: bool = False) -> dict[int, str]:
        return {number: self.origin.url(number, tls=tls) for number in range(count)}

    @contextmanager
    def watched(self, urls: Mapping[int, str], interval: float, *more: str) -> Iterator[tuple[Client, Late]]:
        """The daemon, with the lateness of its polls written down; `more` is for its command line."""
        self.origin.forget()
        config = write_config(self.place / "providers.yaml", urls, interval)
        late = Late(self.place / "late.txt")
        command = daemon_command(config, self.place / "statustrio.db")[3:]
        with running(
            [sys.executable, HERE / "late.py", late.path, *command, *more], self.place / "ours.jsonl", self.origin
        ) as client:
            yield client, late

    def wait_for_first_sights(self, client: Client, count: int) -> None:
        """Wait until each provider's first document is stored."""

        def stored() -> bool:
            with closing(sqlite3.connect(self.place / "statustrio.db")) as connection:
                query = "SELECT count(*) FROM provider_health WHERE last_success_at IS NOT NULL"
                return bool(connection.execute(query).fetchone()[0] >= count)

        wait_for_polls(self.origin, client, 1, times=1)
        wait_until(stored, client, f"{count} providers were seen", 900)


def run(options: Options) -> Iterator[Figure]:
    count = options.providers or PROVIDERS
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place, addresses=ADDRESSES) as origin:
            for number in range(count):
                if number < DOCUMENTS:
                    origin.write(number, Feed(number).body())
                else:
                    origin.link(number, number % DOCUMENTS)
            scale = Scale(origin, place, count)
            yield from first_sights(scale)
            if False in options.transports:
                yield from at_rest(scale)
                yield from growth(scale, options)
            if True in options.transports:
                yield from over_tls(scale)


def first_sights(scale: Scale) -> Iterator[Figure]:
    known, new = round(KNOWN * scale.count), round(NEW * scale.count)
    progress(f"scale: first sight of {known} providers")
    with scale.watched(scale.urls(known), 5.0) as (client, _):
        scale.wait_for_first_sights(client, known)
    progress(f"scale: first sight of {new} more")
    with scale.watched(scale.urls(known + new), INTERVAL) as (client, late):
        scale.wait_for_first_sights(client, known + new)
        cpu = client.cpu()
    goal = FIRST_SIGHT_GOAL * new / (NEW * PROVIDERS)
    yield Figure(f"first sight of {new} providers, CPU in all", "s", Spread.once(cpu), goal=goal)
    latest = Spread(max(late.read().known), min(late.known), max(late.known))
    yield Figure(f"the latest poll of {known} known ones meanwhile", "s", latest, goal=LATE_GOAL)
    progress("scale: first sight of the rest")
    with scale.watched(scale.urls(scale.count), INTERVAL) as (client, _):
        scale.wait_for_first_sights(client, scale.count)


def at_rest(scale: Scale) -> Iterator[Figure]:
    """All of them, a minute long, on a database that knows them."""
    progress(f"scale: {scale.count} providers at {INTERVAL:g} s")
    with scale.watched(scale.urls(scale.count), INTERVAL) as (client, late):
        wait_for_polls(scale.origin, client, scale.count, times=1)
        restart = max(first_polls(scale.origin).values()) - client.started
        time.sleep(max(0.0, client.started + SETTLED_SECONDS - time.time()))
        since = time.time()
        measured = measure(scale.origin, client, INTERVAL)
        memory = client.memory()
        stop = client.stop()
    late.read(since)
    title = f"{scale.count} providers at {INTERVAL:g} s"
    core = Spread.once(100 * measured.cpu / measured.seconds)
    yield Figure(f"{title}: of one core", "%", core, goal=CPU_GOAL)
    yield Figure(f"{title}: CPU per poll", "us", Spread.once(measured.per_poll))
    yield Figure(f"{title}: memory", "MiB", Spread.once(memory), goal=MEMORY_GOAL)
    slow = Spread(percentile(late.all, 0.99), percentile(late.all, 0.5), max(late.all))
    yield Figure(f"{title}: lateness, p99 (median-latest)", "s", slow, goal=LATE_GOAL)
    yield Figure(f"{title}: start to the last one's first poll", "s", Spread.once(restart), goal=RESTART_GOAL)
    yield Figure(f"{title}: SIGTERM to the end", "s", Spread.once(stop), goal=STOP_GOAL)


def growth(scale: Scale, options: Options) -> Iterator[Figure]:
    """CPU per poll at one rate, whoever shares it."""
    sizes = [(round(part * scale.count), interval) for part, interval in SIZES]
    costs: dict[int, list[float]] = {size: [] for size, _ in sizes}
    memory: dict[int, list[float]] = {size: [] for size, _ in sizes}
    for number in range(options.rounds):
        for size, interval in sizes:
            scale.origin.forget()
            with open_daemon(scale.origin, scale.urls(size), interval, scale.place) as client:
                wait_for_polls(scale.origin, client, size, times=1)
                # Providers that are given up are taken note of at the start, which is no poll's cost.
                time.sleep(1)
                measured = measure(scale.origin, client, options.seconds)
                costs[size].append(measured.per_poll)
                memory[size].append(client.memory())
            progress(f"growth, round {number + 1}, {size}: {measured.polls} polls, {costs[size][-1]:.0f} us each")
    few, *_, most = costs
    for size, values in costs.items():
        grown = Spread.of([value / first for value, first in zip(values, costs[few], strict=True)])
        goal = None if size == few else GROWTH_GOAL
        title = f"CPU per poll at one rate: {size} / {few} providers"
        yield Figure(title, "us", Spread.of(values), Spread.of(costs[few]), grown, goal)
    each = [(more - less) * 1024 / (most - few) for more, less in zip(memory[most], memory[few], strict=True)]
    yield Figure("memory of a provider", "KiB", Spread.of(each))


def over_tls(scale: Scale) -> Iterator[Figure]:
    """Half of them with TLS. The database is told the new URLs: first sights are not what is asked here."""
    count = scale.count // 2
    with closing(sqlite3.connect(scale.place / "statustrio.db")) as connection, connection:
        urls = scale.urls(count, tls=True)
        connection.executemany("UPDATE providers SET feed_url = ? WHERE id = ?", [(urls[n], f"p{n}") for n in urls])
    progress(f"scale: {count} providers over TLS")
    with scale.watched(scale.urls(count, tls=True), INTERVAL) as (client, _):
        wait_for_polls(scale.origin, client, count, times=2)
        # Buffers of the handshakes are free by now, and at rest with the next saved health.
        time.sleep(HEALTH_SECONDS + 2)
        yield Figure(f"{count} providers over TLS: memory", "MiB", Spread.once(client.memory()), goal=TLS_MEMORY_GOAL)


def first_polls(origin: Origin) -> dict[str, float]:
    """When each page was polled for the first time."""
    first: dict[str, float] = {}
    for poll in origin.polls():
        first.setdefault(poll.path, poll.at)
    return first
