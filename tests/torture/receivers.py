"""Receivers' bad days, all at the same time, beside one that is well: each is told everything once it is back.

The daemon follows pages that post without a pause. A webhook is down, one answers with errors, one refuses an event,
one is slow, one hangs; a program ignores SIGTERM, forks, floods and reads nothing; a chat service hangs; nobody reads
stdout, and a browser stops reading its stream. Then all are well again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, field
from daemons import command, environment, write_config
from pages import StatusPage, post_until
from server import Exchange, Page, PageServer, hang, open_server, reset, status

from benchmarks.figures import progress
from benchmarks.measure import memory_mib
from statustrio.fanout import TRIES
from torture.figures import Figure
from torture.options import Options

PAGES = tuple(f"page{number}" for number in range(5))
PAUSE = 0.15
"""Seconds between two updates of a page: thirty events a second, as many as a busy machine can tell ten consumers."""
GROWN_MIB = 20
TIMEOUT_SECONDS = 1
LATE_SECONDS = 1.0
"""From the record of an event to the file of the consumer that is well."""
LATE_ON_CI_SECONDS = 3.0
"""Of one core that others want as well: it waits for the processor then, still for no other consumer."""
PATIENCE_SECONDS = 900
PROGRAM = """\
#!/bin/sh
# The first four times it is a bad one, each in its way.
n=$(cat "$0.count" 2>/dev/null || echo 0); echo $((n + 1)) > "$0.count"
case $n in
  0) trap '' TERM; sh -c "trap '' TERM; sleep 600" & echo $! >> "$0.pids"; while :; do sleep 600; done;;
  1) yes 'it floods' | head -c 5000000 >&2; exit 1;;
  2) exec 0<&-; sleep 600;;
  3) sleep 600 & echo $! >> "$0.pids"; exit 1;;
esac
cat >> "$0.told"
"""


@define(eq=False)
class Bad:
    """A receiver at a path of the server, bad till all are well: it hangs."""

    page: Page = field(factory=Page)
    well: bool = False
    asked: int = 0
    took: list[dict[str, Any]] = field(factory=list)
    unanswered: Counter[str] = field(factory=Counter)
    """Events whose delivery was read, and whose answer was lost: those may come again."""

    def __attrs_post_init__(self) -> None:
        self.page.script = self.answer

    async def answer(self, exchange: Exchange) -> None:
        event = json.loads(exchange.asked.body)
        self.asked += 1
        if not self.well:
            await self.misbehave(exchange, event)
        else:
            await self.take(exchange, event)

    async def take(self, exchange: Exchange, event: dict[str, Any]) -> None:
        self.took.append(event)
        if trio.current_time() - exchange.asked.at > TIMEOUT_SECONDS / 2 and "id" in event:
            # On a machine that is busy with more than this nobody may have waited for the answer.
            self.unanswered[event["id"]] += 1
        await exchange.answer(b"", 200)

    async def misbehave(self, exchange: Exchange, event: dict[str, Any]) -> None:  # noqa: ARG002  some ask which it is
        await hang(exchange)


class Slow(Bad):
    async def misbehave(self, exchange: Exchange, event: dict[str, Any]) -> None:
        await trio.sleep(0.3)
        await self.take(exchange, event)


class Erratic(Bad):
    """Every eighth time something else is wrong."""

    async def misbehave(self, exchange: Exchange, event: dict[str, Any]) -> None:
        ways = (status(500), reset, status(503, retry_after=1), hang, status(429), self._take_and_reset)
        if self.asked % 8:
            await self.take(exchange, event)
        else:
            await ways[self.asked // 8 % len(ways)](exchange)

    async def _take_and_reset(self, exchange: Exchange) -> None:
        event = json.loads(exchange.asked.body)
        self.took.append(event)
        self.unanswered[event["id"]] += 1
        await reset(exchange)


class Refuses(Bad):
    """The first event, as often as it takes to set it aside."""

    first: str | None = None
    refused: int = 0

    async def answer(self, exchange: Exchange) -> None:
        event = json.loads(exchange.asked.body)
        self.first = self.first or event["id"]
        if event["id"] == self.first and self.refused < TRIES:
            self.refused += 1
            await exchange.answer(b"", 410)
        else:
            await self.take(exchange, event)


RECEIVERS: dict[str, type[Bad]] = {
    "down": Bad, "hangs": Bad, "slow": Slow, "erratic": Erratic, "refuses": Refuses, "chat": Bad,
}  # fmt: skip
"""The first one's port is closed while it is bad; the last one stands behind Apprise, which makes its own body."""


@define(eq=False)
class Healthy:
    """The file of the consumer that is well, read as it grows."""

    path: Path
    events: list[dict[str, Any]] = field(factory=list)
    late: float = 0.0
    """Seconds from the record of an event to its line, at most."""

    async def follow(self) -> None:
        torn = b""
        with self.path.open("rb") as file:
            while True:
                *lines, torn = (torn + file.read()).split(b"\n")
                self.events += map(json.loads, lines)
                for event in self.events[len(self.events) - len(lines) :]:
                    self.late = max(self.late, time.time() - _at(event))
                await trio.sleep(0.01)


@define(eq=False)
class Paused:
    """A reader that stops: of a pipe, or of a stream. It goes on when it is `well`."""

    well: trio.Event = field(factory=trio.Event)
    lines: list[str] = field(factory=list)

    async def read_pipe(self, process: trio.Process) -> None:
        assert process.stdout is not None
        await self.well.wait()
        rest = b""
        async for chunk in process.stdout:
            *whole, rest = (rest + chunk).split(b"\n")
            self.lines += [line.decode() for line in whole]

    async def read_stream(self, url: str) -> None:
        """As a browser does: after a cut it asks for what comes after the last one it had."""
        # What the kernel takes for it is little: it really stops.
        small = httpx.AsyncHTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        last = "0"
        async with httpx.AsyncClient(transport=small, timeout=None) as client:
            while True:
                with suppress(httpx.HTTPError):
                    async with client.stream("GET", url, headers={"Last-Event-ID": last}) as response:
                        async for line in response.aiter_lines():
                            if line.startswith("data: "):
                                self.lines.append(line.removeprefix("data: "))
                                last = str(json.loads(self.lines[-1])["seq"])
                                await self.well.wait()
                await trio.sleep(0.1)


@define(eq=False)
class World:
    place: Path
    server: PageServer
    port: int
    """Of the receiver that is down."""
    site: int
    pages: dict[str, StatusPage] = field(init=False)
    bad: dict[str, Bad] = field(init=False)
    healthy: Healthy = field(init=False)
    stdout: Paused = field(factory=Paused)
    browser: Paused = field(factory=Paused)

    def __attrs_post_init__(self) -> None:
        self.pages = {name: StatusPage() for name in PAGES}
        self.bad = {name: kind() for name, kind in RECEIVERS.items()}
        self.server.pages.update({f"/{name}": page.page for name, page in self.pages.items()})
        self.server.pages.update({f"/to/{name}": one.page for name, one in self.bad.items()})
        self.healthy = Healthy(self.place / "events.jsonl")
        self.healthy.path.touch()
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)

    @property
    def program(self) -> Path:
        return self.place / "program"

    def configure(self) -> Path:
        hook = f'  - {{{{type: webhook, id: {{0}}, url: "{{1}}/to/{{0}}", timeout_seconds: {TIMEOUT_SECONDS}{{2}}}}}}\n'
        here, down = self.server.url(""), f"http://127.0.0.1:{self.port}"
        more = f'consumers:\n  - {{type: stdout}}\n  - {{type: file, path: "{self.healthy.path}"}}\n'
        more += hook.format("down", down, "")
        more += hook.format("hangs", here, "")
        more += hook.format("slow", here, "")
        more += hook.format(TWO_WORKERS, here, ", workers: 2")
        more += hook.format("refuses", here, ", providers: [page1]")
        more += (
            f'  - {{type: command, argv: ["{self.program}"], timeout_seconds: {TIMEOUT_SECONDS}, providers: [page0]}}\n'
        )
        chat = f"json://127.0.0.1:{self.server.port}/to/chat"
        more += f'  - {{type: apprise, id: chat, urls: ["{chat}"], timeout_seconds: {TIMEOUT_SECONDS}, {OPENED}}}\n'
        feeds = {name: self.server.url(f"/{name}") for name in PAGES}
        return write_config(self.place / "providers.yaml", feeds, interval=0.3, more=more)

    def stored(self) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.place / "statustrio.db")) as connection:
            return [json.loads(line) for (line,) in connection.execute("SELECT payload FROM events ORDER BY seq")]

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """What each was told and took, as events; of the chat service as far as its words tell."""
        program = self.program.with_name("program.told")
        lines = program.read_text().splitlines() if program.exists() else []
        return {
            **{name: one.took for name, one in self.bad.items()},
            "command": [json.loads(line) for line in lines],
            "stdout": [json.loads(line) for line in self.stdout.lines],
            "browser": [json.loads(line) for line in self.browser.lines],
        }

    def wanted(self) -> dict[str, list[str]]:
        """The ids of events that each is to be told, in order; the chat service's titles."""
        stored = self.stored()
        everything = [event["id"] for event in stored]
        of_page = {name: [event["id"] for event in stored if event["provider"] == name] for name in PAGES[:2]}
        refused = self.bad["refuses"].first
        return {
            **dict.fromkeys((*RECEIVERS, "stdout", "browser"), everything),
            "command": of_page[PAGES[0]],
            "refuses": [ident for ident in of_page[PAGES[1]] if ident != refused],
            "chat": [_title(event) for event in stored if _for_chat(event)],
        }


TWO_WORKERS = "erratic"
OPENED = "providers: [page0], events: [incident.opened]"


def _for_chat(event: dict[str, Any]) -> bool:
    return event["provider"] == PAGES[0] and event["event"] == "incident.opened"


def _title(event: dict[str, Any]) -> str:
    return re.sub(r".*(Incident \d+).*", r"\1", event["title"])


def _at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def names(told: Sequence[dict[str, Any]]) -> list[str]:
    return [event.get("id") or _title(event) for event in told]


def run(options: Options) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="torture-") as place:
        yield from trio.run(_day, Path(place), options)


async def _day(place: Path, options: Options) -> list[Figure]:
    events = 300 if options.short else 10_000
    async with open_server(deadline=1200) as server, trio.open_nursery() as nursery:
        world = World(place, server, _free_port(), _free_port())
        config = world.configure()
        # The pages while they are empty: each update from now on is an event.
        await trio.run_process(command(config, "run", "--once"), env=environment(), capture_stderr=True, check=False)
        with (place / "log").open("wb") as log:
            process = await trio.lowlevel.open_process(
                command(config, "run", "--web", f"127.0.0.1:{world.site}"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment(),
            )  # fmt: skip
        try:
            nursery.start_soon(world.healthy.follow)
            nursery.start_soon(world.stdout.read_pipe, process)
            nursery.start_soon(world.browser.read_stream, f"http://127.0.0.1:{world.site}/api/v1/events/stream")
            figures = await _storm(world, process, events, nursery)
            letters = await _letters(config, world)
            process.terminate()
            await process.wait()
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            nursery.cancel_scope.cancel()
    late = LATE_ON_CI_SECONDS if options.short else LATE_SECONDS
    return [
        *figures,
        Figure("receivers: a file beside them is late by", world.healthy.late, "s", late),
        Figure("receivers: what was refused and is not told when asked for again", letters, "", 0),
        Figure("receivers: processes left of a program", _left(world), "", 0),
        Figure("receivers: ended with another status than 0", process.returncode != 0, "", 0),
    ]


async def _storm(world: World, process: trio.Process, events: int, nursery: trio.Nursery) -> list[Figure]:
    done = trio.Event()
    for page in world.pages.values():
        nursery.start_soon(post_until, page, done, PAUSE)
    while len(world.healthy.events) < 20:
        await trio.sleep(0.05)
    before = memory_mib(process.pid)
    progress(f"all are bad while {events} events arrive")
    with trio.move_on_after(PATIENCE_SECONDS):
        while len(world.healthy.events) < events:
            await trio.sleep(0.05)
    grown = memory_mib(process.pid) - before
    done.set()
    for one in world.bad.values():
        one.well = True
    world.stdout.well.set()
    world.browser.well.set()
    listeners = await trio.open_tcp_listeners(world.port, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, world.server.serve, listeners)
    progress("all are well again")
    began = trio.current_time()
    wanted = await _until_told(world)
    progress(f"everything was told {trio.current_time() - began:.1f} s later")
    told = {name: names(events) for name, events in world.told().items()}
    return [
        Figure("receivers: events while all were bad", len(world.healthy.events)),
        Figure("receivers: memory grown while nobody took them", grown, "MiB", GROWN_MIB),
        Figure("receivers: memory grown till all was told", memory_mib(process.pid) - before, "MiB", GROWN_MIB),
        *(_judged(name, told[name], wanted[name], world) for name in sorted(wanted)),
    ]


async def _until_told(world: World) -> dict[str, list[str]]:
    """Wait until each was told what it is to be told, for as long as patience lasts."""
    wanted = world.wanted()
    with trio.move_on_after(PATIENCE_SECONDS):
        while True:
            told = {name: set(names(events)) for name, events in world.told().items()}
            missing = {name: len(set(wanted[name]) - told[name]) for name in wanted}
            if not any(missing.values()) and len(world.healthy.events) == len(world.stored()):
                return world.wanted()
            wanted = world.wanted()
            await trio.sleep(0.25)
    progress(f"missing: {missing}")
    return wanted


def _judged(name: str, told: Sequence[str], wanted: Sequence[str], world: World) -> Figure:
    """What is missing, what came again though its answer arrived, and what came in another place than its own."""
    known, count = set(wanted), Counter(told)
    excused = world.bad[name].unanswered if name in world.bad else Counter()
    lost = len(known - count.keys())
    twice = sum(max(0, count[one] - 1 - excused[one]) for one in known)
    first = [one for one in dict.fromkeys(told) if one in known]
    expected = [one for one in wanted if one in count]
    if name == TWO_WORKERS:
        # Of one page what comes later is told later; two pages have no order with each other.
        pages = {event["id"]: PAGES.index(event["provider"]) for event in world.stored()}
        first.sort(key=pages.__getitem__)
        expected.sort(key=pages.__getitem__)
    moved = sum(a != b for a, b in zip(first, expected, strict=True))
    return Figure(f"receivers: {name}: lost, told twice, out of order", lost + twice + moved, "", 0)


async def _letters(config: Path, world: World) -> int:
    """What was refused is set aside, and told when somebody asks for it again."""
    refuses = world.bad["refuses"]
    took = len(refuses.took)
    await trio.run_process(
        command(config, "dead-letters", "retry"), env=environment(), capture_stderr=True, check=False
    )
    return 0 if [event["id"] for event in refuses.took[took:]] == [refuses.first] else 1


def _left(world: World) -> int:
    """What of the program's children outlived it: those of an attempt that was ended. Others it may leave running."""
    pids = [int(pid) for pid in world.program.with_name("program.pids").read_text().split()]
    left = 0
    for number, pid in enumerate(pids):
        with suppress(ProcessLookupError):
            os.kill(pid, 0)
            left += number == 0
            os.kill(pid, signal.SIGKILL)
    return left


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
