"""The disk's bad days in one life of a daemon under load: a lock, a reader that stays, and no room at all.

Pages post without a pause. The database with its log and its index lies on one disk, what stdout is redirected to and
the files of two consumers on another. A receiver is told over the network: it shows at each moment what was announced.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, field
from daemons import command, environment, write_config
from pages import StatusPage, post_until
from server import Page, PageServer, open_server, status

from benchmarks.figures import progress
from benchmarks.measure import memory_mib
from statustrio.store.opening import WAL_BYTES
from statustrio.store.soundness import find_faults
from torture.figures import Figure
from torture.options import Options
from torture.small_disk import Disk, Mounted, small_disk

PAGES = ("busy", "loud", "calm")
PAUSE = 0.2
"""Seconds between two updates of a page."""
GROWN_MIB = 20
"""What holding an observation for each provider can cost, with the pages of this load; a queue would cost more."""
PATIENCE_SECONDS = 30
"""After this it does not come any more."""
FILES = ("events.jsonl", "stdout.jsonl")
GOES_ON_SECONDS = 6
"""The longest pause between two tries is 5 s."""
GOES_ON_ON_CI_SECONDS = 12
"""Beside other tests: the same tries, and the event after them has to wait for the processor."""

FILES_GO_ON_SECONDS = 35
"""A consumer's longest pause is 30 s, and after 18.5 s comes the first of them."""


def run(options: Options) -> Iterable[Figure]:
    with small_disk() as disk, small_disk() as files:
        yield from trio.run(_days, disk, files, options)


@define(eq=False)
class Life:
    """The daemon, what was posted to its pages, and what it told."""

    disk: Disk
    files: Disk
    server: PageServer
    pages: dict[str, StatusPage]
    process: trio.Process
    port: int
    most_pause: float
    stderr: bytearray = field(factory=bytearray)

    @property
    def database(self) -> Path:
        return self.disk.place / "statustrio.db"

    def posted(self) -> list[str]:
        return sorted(
            f"{name} {text}" for name, page in self.pages.items() for one in page.troubles for _, _, text in one.updates
        )

    def told(self) -> list[dict[str, Any]]:
        """What the receiver was sent."""
        return [json.loads(asked.body) for asked in list(self.server.requests) if asked.path == "/hook"]

    def lines(self, name: str) -> list[str]:
        return (self.files.place / name).read_text().splitlines()

    def stored(self) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return [line for (line,) in connection.execute("SELECT payload FROM events ORDER BY seq")]

    def is_done(self) -> bool:
        """Whether everything posted was told to everybody."""
        stored = self.stored()
        return (
            len(stored) >= len(self.posted())
            and len(self.told()) >= len(stored)
            and all(self.lines(name) == stored for name in FILES)
        )

    async def listen(self) -> None:
        assert self.process.stderr is not None
        async for chunk in self.process.stderr:
            self.stderr += chunk

    def logged(self, name: str) -> int:
        return self.stderr.count(f'"event": "{name}"'.encode())

    async def until(self, holds: Callable[[], bool]) -> float:
        """Wait until this holds, for as long as patience lasts; how long it took, in seconds."""
        began = trio.current_time()
        with trio.move_on_after(PATIENCE_SECONDS):
            while not holds():
                assert self.process.returncode is None, self.stderr.decode()[-2000:]
                await trio.sleep(0.05)
        return trio.current_time() - began

    async def ask(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")


def texts(events: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(f"{event['provider']} {event['message']}" for event in events)


def twice(values: Iterable[object]) -> int:
    return sum(count - 1 for count in Counter(values).values())


def whole(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


async def _days(disk: Disk, files: Disk, options: Options) -> list[Figure]:
    lock, reader, full = (2, 2, 3) if options.short else (30, 20, 20)
    figures: list[Figure] = []
    done = trio.Event()
    async with open_server(deadline=600) as server, trio.open_nursery() as nursery:
        life = await _begin(disk, files, server, GOES_ON_ON_CI_SECONDS if options.short else GOES_ON_SECONDS)
        try:
            nursery.start_soon(life.listen)
            for page in life.pages.values():
                nursery.start_soon(post_until, page, done, PAUSE)
            await life.until(lambda: len(life.told()) >= 20)
            before = memory_mib(life.process.pid)
            figures += await _locked(life, lock)
            figures += await _read_for_long(life, reader)
            figures += await _files_full(life, reader)
            figures += await _full(life, full)
            grown = memory_mib(life.process.pid) - before
            done.set()
            await life.until(life.is_done)
            life.process.terminate()
            await life.process.wait()
        finally:
            life.process.kill()
            with trio.CancelScope(shield=True):
                await life.process.wait()
    return [*figures, Figure("disk: memory grown by all of it", grown, "MiB", GROWN_MIB), *_verdict(life)]


async def _begin(disk: Disk, files: Disk, server: PageServer, most_pause: float) -> Life:
    pages = {name: StatusPage(length=5000) for name in PAGES}  # no update may leave the window while polling waits
    for name, page in pages.items():
        server.pages[f"/{name}"] = page.page
    server.pages["/hook"] = Page(script=status(200))
    more = "consumers:\n  - {type: stdout}\n"
    more += f'  - {{type: file, path: "{files.place}/events.jsonl"}}\n'
    more += f'  - {{type: atom, path: "{files.place}/status.atom"}}\n'
    more += f'  - {{type: webhook, url: "{server.url("/hook")}"}}\n'
    feeds = {name: server.url(f"/{name}") for name in PAGES}
    config = write_config(disk.place / "providers.yaml", feeds, interval=0.3, more=more)
    # The pages while they are empty: each update from now on is an event.
    await trio.run_process(command(config, "run", "--once"), env=environment(), capture_stderr=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    with (files.place / "stdout.jsonl").open("ab") as stdout:
        process = await trio.lowlevel.open_process(
            command(config, "run", "--web", f"127.0.0.1:{port}"),
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, env=environment(),
        )  # fmt: skip
    return Life(disk, files, server, pages, process, port, most_pause)


async def _locked(life: Life, seconds: float) -> list[Figure]:
    with closing(sqlite3.connect(life.database, isolation_level=None, timeout=60)) as other:
        return await _stopped(
            life,
            f"locked for {seconds} s",
            seconds,
            lambda: other.execute("BEGIN IMMEDIATE"),
            lambda: other.execute("COMMIT"),
        )


async def _full(life: Life, seconds: float) -> list[Figure]:
    """Both disks."""

    def fill() -> None:
        life.files.fill(life.process.pid)
        life.disk.fill(life.process.pid)

    def free() -> None:
        life.files.free(life.process.pid)
        life.disk.free(life.process.pid)

    return await _stopped(life, f"full for {seconds} s", seconds, fill, free)


async def _files_full(life: Life, seconds: float) -> list[Figure]:
    """The disk of the files alone, in the middle of a line: who is told otherwise does not wait."""
    if not isinstance(life.files, Mounted):
        return []
    progress(f"the files' disk is full for {seconds} s")
    told = len(life.told())
    life.files.fill(life.process.pid)
    await trio.sleep(seconds)
    meanwhile = len(life.told()) - told
    stuck = [name for name in FILES if len(life.lines(name)) < len(life.told())]
    life.files.free(life.process.pid)
    stored = life.stored()
    goes_on = await life.until(lambda: all(life.lines(name)[: len(stored)] == stored for name in FILES))
    return [
        Figure("files that are full: seconds without an event to others", 0 if meanwhile else seconds, "s", 0),
        Figure("files that are full: those that were written all the same", len(FILES) - len(stuck), "", 0),
        Figure("files that are full: hold all of it after", goes_on, "s", FILES_GO_ON_SECONDS),
    ]


async def _stopped(
    life: Life, name: str, seconds: float, begin: Callable[[], object], end: Callable[[], object]
) -> list[Figure]:
    """A time in which nothing can be stored, under load."""
    progress(f"the database is {name}")
    failed, recovered = life.logged("storage.failed"), life.logged("storage.recovered")
    before = memory_mib(life.process.pid)
    began = trio.current_time()
    begin()
    try:
        await life.until(lambda: life.logged("storage.failed") > failed)
        ready = await life.ask("/readyz")
        metrics = await life.ask("/metrics")
        await trio.sleep_until(began + seconds)
        grown = memory_mib(life.process.pid) - before
        stored = {(event["seq"], event["id"]) for event in whole(life.stored())}
        unstored = [event for event in life.told() if (event["seq"], event["id"]) not in stored]
    finally:
        end()
    told = len(life.told())
    goes_on = await life.until(lambda: len(life.told()) > told and life.logged("storage.recovered") > recovered)
    said = (
        life.logged("storage.failed") == failed + 1,
        life.logged("storage.recovered") == recovered + 1,
        ready.status_code == httpx.codes.SERVICE_UNAVAILABLE and "takes no writes" in ready.text,
        "statustrio_storage_failures_total 0.0" not in metrics.text,
    )
    return [
        Figure(f"{name}: announced and not stored", len(unstored), "", 0),
        Figure(f"{name}: memory grown meanwhile", grown, "MiB", GROWN_MIB),
        Figure(f"{name}: goes on after", goes_on, "s", life.most_pause),
        Figure(f"{name}: what log, /readyz and /metrics do not say", said.count(False), "", 0),
    ]


async def _read_for_long(life: Life, seconds: float) -> list[Figure]:
    """Somebody's `sqlite3` stays in a transaction: the log of writes cannot be emptied."""
    progress(f"a reader stays for {seconds} s")
    log = life.database.with_name(f"{life.database.name}-wal")
    with closing(sqlite3.connect(life.database, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchone()
        told = len(life.told())
        await trio.sleep(seconds)
        meanwhile = len(life.told()) - told
        largest = log.stat().st_size
    progress(f"{meanwhile} events meanwhile, the log of writes grew to {largest / 2**20:.1f} MiB")
    await life.until(lambda: log.stat().st_size <= WAL_BYTES)
    return [
        Figure("a reader that stays: seconds without an event", 0 if meanwhile else seconds, "s", 0),
        Figure("a reader that stays: log of writes once it has gone", log.stat().st_size / 2**20, "MiB", 8),
    ]


def _verdict(life: Life) -> list[Figure]:
    posted, told, stored = life.posted(), life.told(), life.stored()
    behind = sum(life.lines(name) != stored for name in FILES)
    atom = (life.files.place / "status.atom").read_text()
    behind += sum(page.troubles[0].title not in atom for page in life.pages.values())
    return [
        Figure("disk: updates posted", len(posted)),
        Figure("disk: lost", len(set(posted) - set(texts(told))), "", 0),
        Figure("disk: told twice", twice(texts(told)) + sum(twice(life.lines(name)) for name in FILES), "", 0),
        Figure(
            "disk: told in another order than stored",
            [event["seq"] for event in told] != sorted(event["seq"] for event in told),
            "",
            0,
        ),
        Figure("disk: files that do not hold all of it once", behind, "", 0),
        Figure("disk: faults of the database", sum(1 for _ in find_faults(life.database)), "", 0),
        Figure("disk: ended with another status than 0", life.process.returncode != 0, "", 0),
    ]
