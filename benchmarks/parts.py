"""The pieces a poll is made of: reading a document, a commit, and the start of the process."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import feedparser

from benchmarks.clients import open_daemon, open_reference, wait_for_polls
from benchmarks.figures import Figure
from benchmarks.measure import Spread, cpu_milliseconds, ratio, wall_milliseconds
from benchmarks.options import Options
from benchmarks.origin import open_origin
from benchmarks.pages import Feed
from benchmarks.reference import SWITCHES_OFF
from statustrio.line import render
from statustrio.model import Observation, Seen, Validators
from statustrio.reading import Document, Last, read_again, read_document
from statustrio.recorder import record
from statustrio.store.opening import open_database
from statustrio.store.protocol import Wanted
from statustrio.store.sqlite import SqliteStore

RUNS = 15
GROUP = 50
"""Observations in one transaction, as a busy moment makes them."""
WHOLE_GOAL, CHANGED_GOAL = 0.6, 0.1
"""Of what feedparser takes for the same document with its defaults."""
ALONE_GOAL, GROUPED_GOAL = 20.0, 2.0
"""Milliseconds of a commit that is on the disk, and of an observation's part in a group; disks differ most."""


def run(options: Options) -> Iterator[Figure]:
    yield from reading()
    yield from commits(options)
    if not options.short:
        yield from starts(options)


def reading() -> Iterator[Figure]:
    feed = Feed(0)
    body = feed.body()
    first = read(body)
    feed.post()
    changed = feed.body()
    default = cpu_milliseconds(lambda: feedparser.parse(io.BytesIO(body)), RUNS)
    quick = cpu_milliseconds(lambda: feedparser.parse(io.BytesIO(body), **SWITCHES_OFF), RUNS)
    size = f"{len(body) // 1000} kB"
    for name, times, goal in (
        (f"reading {size} whole / feedparser", cpu_milliseconds(lambda: read(body), RUNS), WHOLE_GOAL),
        (f"reading {size}, one new entry / feedparser", reading_again(changed, first), CHANGED_GOAL),
        ("feedparser without its two switches / with", quick, None),
    ):
        yield Figure(name, "ms", Spread.of(times), Spread.of(default), ratio(times, default), goal)


def read(body: bytes, last: Document | None = None) -> Document:
    return read_document(
        body,
        url="https://page.example/history.atom",
        content_type=None,
        platform=None,
        hint=None,
        last_platform=last.platform if last else None,
        last_window=last.window if last else (),
    )


def reading_again(body: bytes, last: Document) -> list[float]:
    """What the document after `last` takes, when its trace is there."""
    assert last.trace is not None
    again = partial(
        read_again,
        body,
        url="https://page.example/history.atom",
        content_type=None,
        platform=None,
        hint=None,
        last=Last(last.platform, last.window, last.trace),
    )
    document = again()
    assert document is not None
    assert len(document.readings) == 1
    return cpu_milliseconds(again, RUNS)


def commits(options: Options) -> Iterator[Figure]:
    """An observation with one new incident: loaded, detected, stored, synced."""
    runs = 5 if options.short else RUNS
    feed = Feed(0)
    documents = [read(feed.body())]
    for _ in range(2 * runs):
        feed.post(updates=3)
        documents.append(read(feed.body(), documents[-1]))
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        connection = open_database(Path(directory, "statustrio.db"))
        with closing(SqliteStore(connection, render)) as store:
            providers = [f"p{number}" for number in range(GROUP)]
            with store.group(durable=True):
                store.configure(Wanted(name, name, "https://page.example/history.atom") for name in providers)
            commit(store, providers, documents[0])
            alone, grouped = [], []
            for one, other in zip(documents[1::2], documents[2::2], strict=True):
                alone += wall_milliseconds(partial(commit, store, providers[:1], one), 1)
                commit(store, providers[1:], one)
                grouped += wall_milliseconds(partial(commit, store, providers, other), 1)
    yield Figure("a commit alone, wall clock", "ms", Spread.of(alone), goal=ALONE_GOAL)
    each = Spread.of([value / GROUP for value in grouped])
    yield Figure(f"an observation in a commit of {GROUP}, wall clock", "ms", each, goal=GROUPED_GOAL)


def commit(store: SqliteStore, providers: list[str], document: Document) -> None:
    seen = Seen(
        document.platform, document.shape, "page.example", Validators(), "", document.window, document.readings, None
    )
    with store.group(durable=True):
        for provider in providers:
            with store.attempt():
                at = datetime.now(UTC)
                record(
                    store, Observation(provider, "https://page.example/history.atom", at, 60.0, seen), all_dark=False
                )


def starts(options: Options) -> Iterator[Figure]:
    """From the start of a process with one provider to its first poll."""
    found: list[list[float]] = [[], []]
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place) as origin:
            origin.write(0, Feed(0).body())
            for _ in range(options.rounds):
                for opening, times in zip((open_daemon, open_reference), found, strict=True):
                    origin.forget()
                    with opening(origin, {0: origin.url(0)}, 0.05, place) as client:
                        wait_for_polls(origin, client, 1)
                        times.append((origin.polls()[0].at - client.started) * 1000)
    ours, theirs = found
    yield Figure("start to the first poll, wall clock", "ms", Spread.of(ours), Spread.of(theirs), ratio(ours, theirs))
