"""Hostile pages beside healthy ones: a process of the daemon on sixty pages that do all that pages can do wrong.

Late is a healthy page's poll by the time between when it was due, which the daemon says, and when its request was read
here, in another process: all that may come between them counts. Memory is the daemon's largest resident set, beside
that of one that follows the healthy pages alone.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from attrs import define, field, frozen
from daemons import Line, Run, running
from pages import StatusPage
from server import Trust, open_server

from benchmarks.figures import progress
from benchmarks.measure import percentile
from torture.faults import FAULTS, Fault
from torture.figures import Figure
from torture.options import Options
from torture.places import Places, open_places

HEALTHY = 20
INTERVAL = 0.5
HOSTILE_INTERVAL = 0.5
"""So that they are polled as often as can be, and are not waited for long once they are well."""
TIMEOUT = 2
ALLOWED = frozenset({"provider.unreachable", "provider.recovered"})
RUNNER = Path(__file__).with_name("hostile_daemon.py")
DEADLINE = 300.0


@frozen
class Lengths:
    """Seconds. A reader's bug is tried again after 1, 5, 30 and 120 s: a storm ends well before one of them."""

    calm: float
    storm: float
    pause: float = 0.3
    """Between incidents on healthy pages."""


SHORT = Lengths(calm=4, storm=5)
LONG = Lengths(calm=20, storm=30)
LATE_SECONDS, LATE_SECONDS_SHORT = 0.25, 1.0
PRINTED_SECONDS, PRINTED_SECONDS_SHORT = 1.0, 3.0
"""The second where other tests run on the same cores and the same disk: what they take comes on top."""


def run(options: Options) -> Iterable[Figure]:
    with TemporaryDirectory() as name:
        yield from trio.run(_run, options, Path(name))


async def _run(options: Options, directory: Path) -> list[Figure]:
    lengths = SHORT if options.short else LONG
    calm, storm = directory / "calm", directory / "storm"
    calm.mkdir()
    storm.mkdir()
    progress("twenty healthy pages alone")
    alone = await _follow(calm, lengths, ())
    progress(f"and {len(FAULTS)} hostile ones beside them")
    beside = await _follow(storm, lengths, FAULTS)
    late_most, printed_most = LATE_SECONDS, PRINTED_SECONDS
    if options.short:
        late_most, printed_most = LATE_SECONDS_SHORT, PRINTED_SECONDS_SHORT
    return [
        Figure("hostile pages, each with a fault of its own", len(FAULTS)),
        Figure("polls of the healthy pages beside them", len(beside.lates)),
        Figure("  late by, at most", max(beside.lates), "s", late_most),
        Figure("  late by, 99 of 100", percentile(beside.lates, 0.99), "s"),
        Figure("  late by without the hostile pages, at most", max(alone.lates), "s"),
        Figure("memory at its largest, beyond that without them", beside.mib - alone.mib, "MiB", 60),
        Figure("new incidents of the healthy pages", len(beside.delays)),
        Figure("  printed after, at most", max(beside.delays), "s", printed_most),
        Figure("events of hostile pages, but that they are unreachable or recovered", len(beside.strange), most=0),
        Figure("faults whose words in last_error are not those of the table", len(beside.unclear), most=0),
        Figure("hostile pages that did not recover at their next good poll", len(beside.lost), most=0),
        Figure("the daemon's end, once asked", beside.end, "s", 5),
    ]


@define
class Outcome:
    """What came of one run. `unclear` and `lost` name providers, with what was found instead."""

    lates: list[float] = field(factory=list)
    delays: list[float] = field(factory=list)
    strange: list[Line] = field(factory=list)
    unclear: list[str] = field(factory=list)
    lost: list[str] = field(factory=list)
    mib: float = 0.0
    end: float = 0.0


async def _follow(directory: Path, lengths: Lengths, faults: Sequence[Fault]) -> Outcome:
    outcome = Outcome()
    trust = Trust()
    trust.write(directory / "authority.pem")
    healthy = [StatusPage() for _ in range(HEALTHY)]
    ids = [f"healthy-{number}" for number in range(HEALTHY)]
    async with open_server(deadline=DEADLINE) as server, open_places(trust, directory, faults) as places:
        server.pages |= {f"/{one}": page.page for one, page in zip(ids, healthy, strict=True)}
        urls = {one: server.url(f"/{one}") for one in ids}
        config = _write_config(directory, urls, places.urls)
        ahead = time.time() - trio.current_time()
        program = (str(RUNNER), str(directory))
        trusted = str(directory / "authority.pem")
        async with running(config, program=program, deadline=DEADLINE, SSL_CERT_FILE=trusted) as daemon:
            with trio.move_on_after(14) as waiting:
                await server.wait_requests(HEALTHY)
            assert not waiting.cancelled_caught, daemon.stderr.decode()
            await _trouble(daemon, dict(zip(ids, healthy, strict=True)), lengths, outcome)
            outcome.mib = _largest_mib(daemon.process.pid)
            if faults:
                outcome.unclear = _unclear(directory, faults, places.ports)
                places.mend()
                await _recover(daemon, directory, faults, places, outcome)
            began = trio.current_time()
            await daemon.end()
            outcome.end = trio.current_time() - began
        outcome.strange = [
            line for line in daemon.lines if line["provider"] not in urls and line["event"] not in ALLOWED
        ]
        arrivals = defaultdict(list)
        for asked in server.requests:
            arrivals[asked.path].append(asked.at + ahead)
    for one, dues in json.loads((directory / "dues").read_text()).items():
        if one in urls:
            outcome.lates += [at - due for at, due in zip(arrivals[f"/{one}"], dues, strict=False)]
    return outcome


async def _trouble(daemon: Run, pages: dict[str, StatusPage], lengths: Lengths, outcome: Outcome) -> None:
    """Open an incident on one healthy page after the other, and note how long each took to be printed."""
    end = trio.current_time() + lengths.storm
    await trio.sleep(INTERVAL * 2)  # all of them were seen

    async def note(title: str) -> None:
        began = trio.current_time()
        await daemon.wait_until(lambda line: line["title"] == title)
        outcome.delays.append(trio.current_time() - began)

    async with trio.open_nursery() as nursery:
        number = 0
        while trio.current_time() < end:
            page = list(pages.values())[number % len(pages)]
            page.open(f"Incident {number}")
            nursery.start_soon(note, f"Incident {number}")
            number += 1
            await trio.sleep(lengths.pause)


def _unclear(directory: Path, faults: Iterable[Fault], ports: dict[str, int]) -> list[str]:
    found = dict(_ask(directory, "select provider, last_error from provider_health"))
    wanted = {fault.id: fault.words and fault.words.format(**ports) for fault in faults}
    unclear = [
        f"{one}: {found.get(one)!r} instead of {words!r}" for one, words in wanted.items() if found.get(one) != words
    ]
    for one in unclear:
        progress(one)
    return unclear


async def _recover(daemon: Run, directory: Path, faults: Iterable[Fault], places: Places, outcome: Outcome) -> None:
    """Wait until each hostile page was polled well, and look whether the first good poll was enough."""
    waiting = {fault.id for fault in faults if not fault.rests}
    with trio.move_on_after(60):
        while waiting:
            await trio.sleep(0.2)
            ill = _ask(directory, "select provider from provider_health where last_error is not null")
            waiting &= {one for (one,) in ill}
    outcome.lost += sorted(waiting)
    resting = {fault.id for fault in faults if fault.rests}

    def dark() -> set[str]:
        return _named(daemon, "unreachable") - resting - _named(daemon, "recovered")

    with trio.move_on_after(5):
        await daemon.wait_until(lambda _: not dark())
    outcome.lost += sorted(dark())
    # A poll that was under way as its page became good may still fail.
    since = places.mended_at + TIMEOUT + 0.5
    for entry in map(json.loads, daemon.stderr.decode().splitlines()):
        late = datetime.fromisoformat(entry["timestamp"]).timestamp() > since
        if late and entry["event"] == "poll.failed" and entry["provider"] not in resting:
            outcome.lost.append(f"{entry['provider']}: {entry['reason']}, of a good page")
    for one in outcome.lost:
        progress(f"not recovered: {one}")


def _named(daemon: Run, what: str) -> set[str]:
    return {line["provider"] for line in daemon.lines if line["event"] == f"provider.{what}"}


def _ask(directory: Path, question: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(directory / "statustrio.db")) as database:
        return database.execute(question).fetchall()


def _largest_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no VmHWM in /proc")


def _write_config(directory: Path, healthy: dict[str, str], hostile: dict[str, str]) -> Path:
    path = directory / "providers.yaml"
    lines = [f"defaults: {{poll_interval_seconds: {INTERVAL}, open_poll_interval_seconds: {INTERVAL}}}", "providers:"]
    lines += [f'  - {{id: {one}, name: {one}, feed_url: "{url}"}}' for one, url in healthy.items()]
    often = f"poll_interval_seconds: {HOSTILE_INTERVAL}, timeout_seconds: {TIMEOUT}"
    lines += [f'  - {{id: {one}, name: {one}, feed_url: "{url}", {often}}}' for one, url in hostile.items()]
    path.write_text("\n".join([*lines, ""]))
    return path
