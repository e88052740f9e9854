"""Ten years of history: whether anything a user notices grows slower with a million updates in the database."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from benchmarks.changes import changing
from benchmarks.clients import measure, open_daemon, wait_for_polls
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread, ratio, wall_milliseconds
from benchmarks.options import Options
from benchmarks.origin import Origin, open_origin
from benchmarks.pages import Feed

PROVIDERS = 100
INTERVAL = 1.0
INCIDENTS = 2500
"""Of each provider, four updates and events each: a million of both."""
CHANGES = 0.1
START_GOAL = 1000.0
RATIO_GOAL = 1.5

FILL = """
CREATE TEMP TABLE n AS WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {incidents})
  SELECT k, 'old' || k AS id, strftime('%Y-%m-%dT%H:%M:%SZ', '2016-02-01', '+' || (k * 34) || ' hours') AS at FROM n;
CREATE TEMP TABLE u (n, label, status, event);
INSERT INTO u VALUES (0, 'Investigating', 'investigating', 'incident.opened'),
  (1, 'Identified', 'identified', 'incident.updated'), (2, 'Monitoring', 'monitoring', 'incident.updated'),
  (3, 'Resolved', 'resolved', 'incident.resolved');
BEGIN;
INSERT INTO incidents (provider, id, kind, title, status, impact, started_at, updated_at, resolved_at, first_seen_at,
                       last_seen_at, open, shown)
  SELECT p.id, n.id, 'incident', 'Elevated error rates ' || n.k, 'resolved', 'minor', n.at, n.at, n.at, n.at, n.at, 0, 0
    FROM providers p, n;
INSERT INTO updates (provider, incident_id, n, at, label, status, text)
  SELECT p.id, n.id, u.n, n.at, u.label, u.status, hex(zeroblob(100)) FROM providers p, n, u;
INSERT INTO events (timestamp, event, provider, incident_id, payload)
  SELECT n.at, u.event, p.id, n.id,
         json_object('v', 1, 'timestamp', n.at, 'level', 'info', 'event', u.event, 'provider', p.id,
                     'incident_id', n.id, 'title', 'Elevated error rates ' || n.k, 'status', u.status,
                     'message', hex(zeroblob(100)))
    FROM n, providers p, u ORDER BY n.k;
UPDATE consumers SET cursor = (SELECT max(seq) FROM events);
COMMIT;
"""


def run(options: Options) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place) as origin:
            feeds = [Feed(number) for number in range(options.providers or PROVIDERS)]
            for feed in feeds:
                origin.write(feed.number, feed.body())
            urls = {feed.number: origin.url(feed.number) for feed in feeds}
            places = {"full": place / "full", "empty": place / "empty"}
            prepare(origin, urls, places)
            yield from follow(origin, urls, feeds, places, options)
            yield from ask(places, options)


def prepare(origin: Origin, urls: Mapping[int, str], places: Mapping[str, Path]) -> None:
    """Two databases that know the pages; one of them has the years before."""
    places["empty"].mkdir()
    with open_daemon(origin, urls, INTERVAL, places["empty"]) as client:
        wait_for_polls(origin, client, len(urls))
    shutil.copytree(places["empty"], places["full"])
    began = time.monotonic()
    with closing(sqlite3.connect(places["full"] / "statustrio.db")) as connection:
        connection.executescript(FILL.format(incidents=INCIDENTS * PROVIDERS // len(urls)))
        (count,) = connection.execute("SELECT count(*) FROM updates").fetchone()
    size = (places["full"] / "statustrio.db").stat().st_size / 2**20
    progress(f"history: {count} updates, {size:.0f} MiB, written in {time.monotonic() - began:.0f} s")


def follow(
    origin: Origin, urls: Mapping[int, str], feeds: list[Feed], places: Mapping[str, Path], options: Options
) -> Iterator[Figure]:
    starts: dict[str, list[float]] = {name: [] for name in places}
    polls: dict[str, list[float]] = {name: [] for name in places}
    changes: dict[str, list[float]] = {name: [] for name in places}
    for number in range(options.rounds):
        for name, place in places.items():
            origin.forget()
            with open_daemon(origin, urls, INTERVAL, place) as client:
                wait_for_polls(origin, client, len(urls))
                starts[name].append((origin.polls()[0].at - client.started) * 1000)
                polls[name].append(measure(origin, client, options.seconds / 2).per_poll)
                with changing(origin, feeds, len(urls) / INTERVAL * CHANGES):
                    time.sleep(INTERVAL)
                    changes[name].append(measure(origin, client, options.seconds / 2).per_poll)
            progress(f"history, round {number + 1}, {name}: start {starts[name][-1]:.0f} ms")
    yield Figure("a million updates: start to the first poll", "ms", Spread.of(starts["full"]), goal=START_GOAL)
    for title, found in (("a poll (304)", polls), ("a poll, one of ten with a change", changes)):
        yield beside_empty(title, "us", found["full"], found["empty"])


def ask(places: Mapping[str, Path], options: Options) -> Iterator[Figure]:
    """The commands and the view that people use, in turn on both databases."""

    def command(place: Path, *words: str) -> Callable[[], object]:
        argv = [sys.executable, "-m", "statustrio", "-c", place / "providers.yaml", "--db", place / "statustrio.db"]
        return lambda: subprocess.run([*argv, *words], check=True, stdout=subprocess.DEVNULL, cwd=place)

    def view(place: Path) -> Callable[[], object]:
        def query() -> None:
            with closing(sqlite3.connect(place / "statustrio.db")) as connection:
                connection.execute("SELECT * FROM open_incidents").fetchall()

        return query

    questions: dict[str, Callable[[Path], Callable[[], object]]] = {
        "`incidents --limit 20`": lambda place: command(place, "incidents", "--limit", "20"),
        "`status`": lambda place: command(place, "status"),
        "the view open_incidents": view,
    }
    for title, make in questions.items():
        found: dict[str, list[float]] = {name: [] for name in places}
        for name in places:
            make(places[name])()
        for _ in range(options.rounds):
            for name, place in places.items():
                found[name] += wall_milliseconds(make(place), 1)
        yield beside_empty(title, "ms", found["full"], found["empty"])


def beside_empty(title: str, unit: str, full: list[float], empty: list[float]) -> Figure:
    name = f"a million updates / none: {title}"
    return Figure(name, unit, Spread.of(full), Spread.of(empty), ratio(full, empty), RATIO_GOAL)
