"""Four hundred days of fifty pages, in virtual time: at the end everything told and stored is what the pages said.

Meanwhile the machine sleeps, its clock is set forward and back, pages go down for hours, and the daemon is stopped and
started again; the year turns, there is a leap day, clocks change, and pages write times without a year in their zones.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time as real
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import httpx
import trio
import trio.testing
from attrs import define, field, frozen

from benchmarks.figures import progress
from statustrio.config import load_config
from statustrio.daemon import Daemon
from statustrio.events import Event
from statustrio.line import render
from statustrio.redaction import Redactor
from statustrio.store.opening import open_database
from statustrio.store.protocol import Logged
from statustrio.store.soundness import find_faults
from statustrio.store.sqlite import SqliteStore
from torture.almanac import DAY, MINUTE, Page, Span, write_almanac
from torture.figures import Figure
from torture.options import Options
from torture.virtual import HOUSEKEEPING, Time, virtual

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
"""Four hundred days from here have both changes of the clocks, the turn of a year and a leap day."""
SHORT_BEGIN, SHORT_END = datetime(2027, 12, 20, tzinfo=UTC), datetime(2028, 3, 26, tzinfo=UTC)
"""The turn of the year, the leap day, and one change of the clocks."""
INTERVAL = timedelta(minutes=30)
LATEST = 1.1 * INTERVAL + timedelta(seconds=2)
"""From one poll to the next at most: the jitter, and a breath."""
AWAKE = timedelta(seconds=HOUSEKEEPING["CLOCK_SECONDS"]) + timedelta(seconds=10)
"""After a sleep pages are due within some seconds of the next look at the clock."""
SURE = 3
"""Polls that an incident has to be missing from before it counts as taken down."""
EXPLAINED = 10
WRONG = (timedelta(hours=2), -timedelta(hours=3), DAY, -timedelta(days=40))
"""How wrong the clock is at times; the last as after a battery that died."""

ZONE = ZoneInfo("Europe/Berlin")
Told = tuple[datetime, Logged]

CONSUMERS = """
consumers:
  - {type: file, id: teller, path: never-written.jsonl}
  - {type: file, id: rested, path: never-written-either.jsonl, quiet_hours: "22:00-07:00"}
"""


@frozen
class Accident:
    """What befalls the machine: it sleeps until `end`, its clock is wrong by `error`, or the daemon is off."""

    start: datetime
    end: datetime
    kind: str
    error: timedelta = timedelta()


@define
class Year:
    """One run: what is to happen, what was asked, and what was told."""

    pages: dict[str, Page]
    accidents: Sequence[Accident]
    end: datetime
    time: Time
    dark: Sequence[Span]
    """When nobody looked."""
    polls: int = 0
    longest: timedelta = timedelta()
    """From a poll of a page to its next."""
    slowest: timedelta = timedelta()
    """From the end of a sleep to a poll of a page."""
    told: dict[str, list[Told]] = field(factory=lambda: defaultdict(list))
    _bodies: dict[str, tuple[int, bytes]] = field(factory=dict)
    _polled: dict[str, datetime] = field(factory=dict)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """A page as it is now."""
        now = self.time.truth()
        page = self.pages[request.url.path.strip("/")]
        self._count(page.id, now)
        if page.is_down(now):
            return httpx.Response(503, text="down for now")
        version = page.version(now)
        etag = f'"{version}"'
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        known, body = self._bodies.get(page.id, (-1, b""))
        if known != version:
            body = page.document(now)
            self._bodies[page.id] = version, body
        return httpx.Response(200, content=body, headers={"ETag": etag})

    def take(self, consumer: str, logged: Logged) -> None:
        self.told[consumer].append((self.time.wall() if consumer == "rested" else self.time.truth(), logged))

    def _count(self, page: str, now: datetime) -> None:
        self.polls += 1
        gap = self._polled.get(page, now), now
        self._polled[page] = now
        if woken := [one.end for one in self.accidents if one.kind == "asleep" and gap[0] < one.end <= now]:
            self.slowest = max(self.slowest, now - woken[-1])
        if gap[1] - gap[0] > self.longest and not any(_common(gap, span) for span in self.dark):
            self.longest = gap[1] - gap[0]

    def is_down(self, event: Event, at: datetime) -> bool:
        return self.pages[event.provider or ""].is_down(at)

    async def run(self, config: Path, database: Path) -> None:
        """Live through it, from one accident to the next."""
        self.time.started = trio.current_time()
        async with trio.open_nursery() as nursery:
            daemon = await self._start(nursery, config, database)
            for accident in self.accidents:
                await self._until(accident.start)
                if accident.kind == "asleep":
                    self.time.slept += accident.end - accident.start
                elif accident.kind == "wrong":
                    self.time.error = accident.error
                    await self._until(accident.end)
                    self.time.error = timedelta()
                else:
                    await daemon.end()
                    await self._until(accident.end)
                    daemon = await self._start(nursery, config, database)
            await self._until(self.end)
            await daemon.end()

    async def _until(self, moment: datetime) -> None:
        await trio.sleep(max(0.0, (moment - self.time.truth()).total_seconds()))

    async def _start(self, nursery: trio.Nursery, config: Path, database: Path) -> _Life:
        life = _Life(config, database)
        await nursery.start(life.run)
        return life


@define
class _Life:
    """The daemon from a start to its end."""

    config: Path
    database: Path
    _daemon: Daemon = field(init=False)
    _over: trio.Event = field(init=False, factory=trio.Event)

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        with closing(SqliteStore(open_database(self.database), render)) as store:
            config = load_config(self.config, {})
            self._daemon = Daemon(config, store, self.database, Redactor(), lambda: config)
            await self._daemon.run(task_status=task_status)
        self._over.set()

    async def end(self) -> None:
        self._daemon.stop()
        await self._over.wait()


def run(options: Options) -> Iterator[Figure]:
    pages, begin, end = (4, SHORT_BEGIN, SHORT_END) if options.short else (50, BEGIN, BEGIN + 400 * DAY)
    began = real.monotonic()
    chance = random.Random(options.seed)
    accidents = _accidents(chance, begin, end)
    dark = [(one.start, one.end) for one in accidents if one.kind != "wrong"]
    almanac = write_almanac(chance, (begin, end), pages=pages, rest=2 * INTERVAL, dark=dark)
    year = Year({page.id: page for page in almanac}, accidents, end, Time(begin), dark)
    with TemporaryDirectory() as folder:
        config, database = Path(folder, "providers.yaml"), Path(folder, "statustrio.db")
        config.write_text(_configuration(year.pages))
        with _here(ZONE), virtual(year.time, year.answer, year.take):
            trio.run(year.run, config, database, clock=trio.testing.MockClock(autojump_threshold=0))
        yield Figure("year: days in virtual time", (end - begin).days, "d")
        yield Figure("year: polls", year.polls)
        yield Figure("year: it took", real.monotonic() - began, "s")
        yield Figure("year: from a poll to the next at most", year.longest / MINUTE, "min", LATEST / MINUTE)
        yield Figure("year: from a sleep to a poll of each page at most", year.slowest / MINUTE, "min", AWAKE / MINUTE)
        yield from _events(year, year.told["teller"])
        yield from _rest(year, database)


def _configuration(pages: Iterable[str]) -> str:
    seconds = f"{INTERVAL.total_seconds():g}"
    text = f"defaults: {{poll_interval_seconds: {seconds}, open_poll_interval_seconds: {seconds}, enrich: false}}\n"
    text += "providers:\n"
    for page in pages:
        text += f"  - {{id: {page}, name: {page}, feed_url: 'https://page.example/{page}/'}}\n"
    return text + CONSUMERS


@contextmanager
def _here(zone: ZoneInfo) -> Iterator[None]:
    """Live in this zone until the block is left."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone.key
    real.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        real.tzset()


def _accidents(chance: random.Random, begin: datetime, end: datetime) -> list[Accident]:
    """One every few days, never two at once."""
    accidents = []
    at = begin + 5 * DAY
    number = 0
    while at < end - 5 * DAY:
        at += timedelta(minutes=chance.randint(0, 3000))
        kind = ("asleep", "off", "wrong")[number % 3]
        error = WRONG[number // 3 % len(WRONG)] if kind == "wrong" else timedelta()
        length = timedelta(minutes=chance.randint(5, 900))
        accidents.append(Accident(at, at + length, kind, error))
        at += length + timedelta(days=chance.uniform(1, 8))
        number += 1
    return accidents


def _events(year: Year, told: Sequence[Told]) -> Iterator[Figure]:
    """What was told beside what was to be told, and how long after it was posted."""
    owed = {
        (page.id, story.code, name, message): at
        for page in year.pages.values()
        for story in page.stories
        for at, name, message in story.expected()
    }
    left, doubled, other, disordered = dict(owed), [], [], []
    newest: dict[tuple[str, str], datetime] = {}
    latest = dict.fromkeys((False, True), timedelta())
    for at, logged in told:
        event = logged.event
        if event.event == "provider.recovered" or (event.event == "provider.unreachable" and year.is_down(event, at)):
            continue
        withdrawn = event.event.endswith(".withdrawn")
        key = (event.provider or "", event.incident_id or "", event.event, None if withdrawn else event.message)
        posted = left.pop(key, None)
        if posted is None:
            (doubled if key in owed else other).append((at, *key))
            continue
        if posted < newest.get(key[:2], posted):
            disordered.append((at, *key))
        newest[key[:2]] = posted
        unseen = sum((_common((posted, at), span) for span in (*year.dark, *year.pages[key[0]].down)), timedelta())
        latest[withdrawn] = max(latest[withdrawn], at - posted - unseen)
    lost = [(at, *key) for key, at in left.items() if at < year.end - 4 * INTERVAL]
    yield Figure("year: events told", len(told))
    for name, found in (
        ("lost", lost),
        ("told twice", doubled),
        ("told though nobody posted it", other),
        ("told in another order than posted", disordered),
    ):
        _explain(name, found)
        yield Figure(f"year: {name}", len(found), most=0)
    yield Figure("year: from a post to its event at most", latest[False] / MINUTE, "min", LATEST / MINUTE)
    yield Figure("year: from a withdrawal to its event at most", latest[True] / MINUTE, "min", SURE * LATEST / MINUTE)


def _rest(year: Year, database: Path) -> Iterator[Figure]:
    """What the consumer with quiet hours was told, and what is stored."""
    awake = [at for at, _ in year.told["rested"] if not 7 <= at.astimezone(ZONE).hour < 22]
    yield Figure("year: told in quiet hours", len(awake), most=0)
    with closing(sqlite3.connect(database)) as connection:
        stored = [line for (line,) in connection.execute("SELECT payload FROM events ORDER BY seq")]
        otherwise = _otherwise(year, connection)
    told = [logged.line for _, logged in year.told["teller"]]
    yield Figure("year: lines that differ from the log", sum(a != b for a, b in zip_longest(stored, told)), most=0)
    _explain("stored otherwise than posted", otherwise)
    yield Figure("year: incidents stored otherwise than posted", len(otherwise), most=0)
    yield Figure("year: faults in the database", len(list(find_faults(database))), most=0)


def _otherwise(year: Year, connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """The incidents whose row or updates are not what was posted."""
    columns = "provider, id, kind, title, status, open"
    stored = {(provider, one): rest for provider, one, *rest in connection.execute(f"SELECT {columns} FROM incidents")}
    updates = defaultdict(list)
    for provider, one, at, text in connection.execute(
        "SELECT provider, incident_id, at, text FROM updates ORDER BY provider, incident_id, at"
    ):
        updates[provider, one].append((at and datetime.fromisoformat(at), text))
    found: list[tuple[object, ...]] = []
    for page in year.pages.values():
        for story in page.stories:
            key = page.id, story.code
            posted = [(post.at, post.said(year.end)) for post in story.posts]
            row = [story.kind, story.title, story.status, 0]
            if max(story.moments()) < year.end - 4 * INTERVAL and (stored.get(key), updates[key]) != (row, posted):
                found.append((*key, stored.get(key), row, updates[key], posted))
    return found


def _explain(name: str, found: Sequence[object]) -> None:
    for one in found[:EXPLAINED]:
        progress(f"{name}: {one}")


def _common(one: Span, other: Span) -> timedelta:
    """How long both last at once."""
    return max(timedelta(), min(one[1], other[1]) - max(one[0], other[0]))
