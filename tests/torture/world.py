"""The daemon's surroundings: pages, receivers, files, commands; and what becomes of it in each life."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import trio
from attrs import define, field, frozen
from daemons import command, environment, write_config
from server import Exchange, Page, PageServer, status
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from benchmarks.figures import progress
from statustrio.errors import StoreError
from statustrio.store.soundness import find_faults
from torture.crash_points import POINTS, is_checkpointing
from torture.lives import Life, Warm
from torture.receipts import Lived, Receipt, seq_of
from torture.truth import Book, Latest, PerUpdate, Source, Story, go_on

AWAY = timedelta(minutes=20)
"""Between two lives. Longer than the quarter of an hour after which what is missing from a page was taken down."""
HOLD = timedelta(minutes=10)
SLACK = timedelta(seconds=30)
"""A life is no longer than that: whether something was held for so long is not judged where this could decide it."""
REACH_SECONDS = 5.0
"""For a point to be reached, from the start."""
LONGEST_SECONDS = 0.7
"""Of a life that ends at a random instant."""
DRAIN_SECONDS = 90.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOK_EVERY = 10
"""Lives between two looks whether the database is sound."""
WORKERS = {"stdout": 1, "file": 1, "hook": 1, "many": 4, "command": 1, "held": 1}
"""Of each consumer."""
COMMANDED = ("newest", "single")
"""The providers of which the command is told: a process for each event of all would never come to an end."""
WRONGS = (
    "numbers given to two events",
    "webhook-id that is not the event's",
    "signatures that are wrong",
    "faults of the database",
    "stories of which a part was forgotten",
    "copies that are not whole",
    "parts of copies that nobody removes",
    "commands that failed",
    "ends that nobody asked for",
)
"""What is wrong whatever was told."""


@frozen
class Kill:
    """Where a life is to end; without a point at a random instant."""

    point: str | None = None
    passes: int = 0


@define(eq=False)
class World:
    """The daemon's surroundings: pages, receivers, files; and what became of it in each life."""

    folder: Path
    warm: Warm
    server: PageServer
    chance: random.Random
    lives_to_come: int
    book: Book = field(factory=Book)
    sources: list[Source] = field(factory=list)
    receipts: dict[str, list[Receipt]] = field(factory=lambda: {name: [] for name in WORKERS})
    log: dict[int, bytes] = field(factory=dict)
    lives: dict[int, Lived] = field(factory=dict)
    reached: Counter[str] = field(factory=Counter)
    missed: Counter[str] = field(factory=Counter)
    wrongs: Counter[str] = field(factory=Counter)
    """What is wrong whatever else was told, by what it is."""
    kills: int = 0
    at_random: int = 0
    in_checkpoints: int = 0
    stopped: bool = False
    ended: datetime = field(factory=lambda: datetime.now(UTC))
    _life: int = 0
    starts: dict[int, int] = field(factory=dict)
    """Where in the file of stdout a life begins."""
    _workers: int = 4
    _dies_of_receipt: Life | None = None

    @property
    def database(self) -> Path:
        return self.folder / "statustrio.db"

    @property
    def config(self) -> Path:
        return self.folder / "providers.yaml"

    def shift(self) -> float:
        """The daemon's clock in this life, in seconds from ours: never after ours, which is that of commands."""
        return (self._life - self.lives_to_come) * AWAY.total_seconds()

    # What surrounds it

    def put_up(self) -> None:
        for source in (
            Story("busy", self.book, self.chance),
            Story("faltering", self.book, self.chance),
            Story("blinking", self.book, self.chance),
            Latest("newest", self.book, self.chance),
            PerUpdate("single", self.book, self.chance),
        ):
            source.begin()
            self.sources.append(source)
            self.server.pages[f"/{source.provider}"] = source.served
        for name in ("hook", "many", "held"):
            self.server.pages[f"/to/{name}"] = Page(script=partial(self._receive, name))
        self.write_config()

    def write_config(self, *, workers: int = 4) -> None:
        self._workers = workers
        hook = "type: webhook, headers: {X-Life: '${LIFE}'}"
        consumers = (
            "{type: stdout}",
            "{type: file, path: file.jsonl}",
            f"{{id: hook, {hook}, url: '{self.server.url('/to/hook')}', secret: '{SECRET}'}}",
            f"{{id: many, {hook}, url: '{self.server.url('/to/many')}', workers: {workers}}}",
            f"{{id: held, {hook}, url: '{self.server.url('/to/held')}', hold: {HOLD.seconds // 60}m}}",
            f"{{type: command, providers: {list(COMMANDED)}, argv: [sh, -c, 'exec cat >> \"told/$LIFE.jsonl\"']}}",
        )
        write_config(
            self.config,
            {source.provider: self.server.url(f"/{source.provider}") for source in self.sources},
            interval=0.05 if workers == 4 else 0.06,
            more="".join(["consumers:\n", *(f"  - {one}\n" for one in consumers)]),
        )

    async def _receive(self, name: str, exchange: Exchange) -> None:
        asked = exchange.asked
        self.receipts[name].append(Receipt(int(asked.headers["x-life"]), asked.body))
        line = json.loads(asked.body)
        if asked.headers["webhook-id"] != line["id"]:
            self.wrongs["webhook-id that is not the event's"] += 1
        if name == "hook":
            try:
                Webhook(SECRET).verify(asked.body, asked.headers)
            except WebhookVerificationError:
                self.wrongs["signatures that are wrong"] += 1
            if self._dies_of_receipt is not None:
                self._dies_of_receipt.send(signal.SIGKILL)
                self._dies_of_receipt = None
        if name == "many":
            # In some lives one worker is held up, and overtaken by the others with more than they have under way.
            held_up = self._life % 4 == 0 and not self.stopped and self.chance.random() < 0.15
            await trio.sleep(0.5 if held_up else self.chance.random() * 0.02)
        await exchange.answer()

    async def hear(self) -> None:
        """Read what the file consumer was told as it comes; a page may go on with what was."""
        place = 0
        path = self.folder / "file.jsonl"
        while True:
            if path.exists():
                with path.open("rb") as file:
                    file.seek(place)
                    whole, end, _ = file.read().rpartition(b"\n")
                place += len(whole + end)
                for line in whole.splitlines():
                    if seq_of(line) is not None:
                        self.book.hear(json.loads(line))
            await trio.sleep(0.02)

    async def go_on(self) -> None:
        """Post for as long as the daemon is killed."""
        seen = [source for source in self.sources if source.provider != "blinking"]
        await go_on(seen, [self.server.pages["/faltering"]], self.chance, lambda: self.stopped)

    # Its lives

    @contextmanager
    def _log_file(self) -> Iterator[int]:
        descriptor = os.open(self.folder / "log.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _start(self, *args: str, stdout: int, kill: Kill | None = None) -> Life:
        point = kill.point if kill is not None else None
        with self._log_file() as stderr:
            return self.warm.start(
                ["-c", str(self.config), "--db", str(self.database), *args],
                stdout=stdout,
                stderr=stderr,
                point=point,
                passes=kill.passes if kill is not None else 0,
                shift=self.shift() if args[0] == "run" else 0.0,
                more={"LIFE": str(self._life)},
            )

    async def see_all(self) -> None:
        """See each page once, in peace."""
        self._next_life(redirected=True)
        for page in self.server.pages.values():
            page.once.clear()
        with (self.folder / "stdout.jsonl").open("ab") as stdout:
            life = self._start("run", "--once", stdout=stdout.fileno())
        status = await life.end()
        if status:
            self.wrongs["ends that nobody asked for"] += 1
            progress(f"a life that was to see all ended with {status}")
        self.lives[self._life] = Lived(killed=False)
        await self._forget_requests()

    async def _forget_requests(self) -> None:
        await self.server.wait_closed()
        self.server.requests.clear()

    def _next_life(self, *, redirected: bool) -> None:
        self._life += 1
        if redirected:
            path = self.folder / "stdout.jsonl"
            self.starts[self._life] = path.stat().st_size if path.exists() else 0
        # For some lives nothing is seen of it at all: that is told, too.
        self.server.pages["/blinking"].script = status(503) if self._life % 5 in (2, 3) else None

    async def die(self, kill: Kill) -> None:
        if kill.point is None or POINTS[kill.point].who == "run":
            await self._daemon(kill)
        else:
            await self._command(kill.point)
        if self._life % LOOK_EVERY == 0:
            self._look()

    async def _daemon(self, kill: Kill) -> None:
        """A life of the daemon, to its end."""
        deed = POINTS[kill.point].deed if kill.point else ""
        redirected = deed == "redirect" or self.chance.random() < 0.5
        self._next_life(redirected=redirected)
        async with trio.open_nursery() as nursery:
            if redirected:
                stdout = os.open(self.folder / "stdout.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            else:
                reader, stdout = os.pipe()
                nursery.start_soon(self._read_pipe, reader, self._life)
            life = self._start("run", stdout=stdout, kill=kill)
            os.close(stdout)
            status, reloaded = await self._lead(life, kill, deed)
        # Before it hears signals it ends by SIGTERM as by a kill.
        killed = status in (-signal.SIGKILL, -signal.SIGTERM)
        self.lives[self._life] = Lived(killed, reloaded, redirected)
        self.kills += killed
        if status and not killed:
            progress(f"{kill} ended with {status}")
            self.wrongs["ends that nobody asked for"] += 1
        if kill.point == "in a checkpoint":
            self.in_checkpoints += is_checkpointing(Path(f"{self.database}-shm").read_bytes())
        await self._forget_requests()

    async def _lead(self, life: Life, kill: Kill, deed: str) -> tuple[int, bool]:
        """Do to a life what it is to die of; its exit status, and whether it was told to read its configuration."""
        reloaded = False
        if kill.point is None:
            await trio.sleep(self.chance.random() * LONGEST_SECONDS)
            if self.chance.random() < 0.2:
                life.send(signal.SIGTERM)
                await trio.sleep(self.chance.random() * 0.1)
            self.at_random += 1
            life.send(signal.SIGKILL)
            return await life.end(), False
        status = None
        with trio.move_on_after(REACH_SECONDS):
            if deed in ("reload", "stop"):
                await self.server.wait_requests(1)
            if deed == "reload":
                reloaded = True
                self.write_config(workers=7 - self._workers)
                life.send(signal.SIGHUP)
            elif deed == "stop":
                life.send(signal.SIGTERM)
            elif deed == "receive":
                self._dies_of_receipt = life
            status = await life.end()
        self._dies_of_receipt = None
        if status is None:
            life.send(signal.SIGKILL)
            status = await life.end()
            self.missed[kill.point] += 1
        elif status == -signal.SIGKILL:
            self.reached[kill.point] += 1
        return status, reloaded

    async def _read_pipe(self, descriptor: int, number: int) -> None:
        data = bytearray()
        async with trio.lowlevel.FdStream(descriptor) as stream:
            async for chunk in stream:
                data += chunk
        whole, _, _ = bytes(data).rpartition(b"\n")
        self.receipts["stdout"] += (Receipt(number, line) for line in whole.splitlines())

    async def _command(self, point: str) -> None:
        """A command that dies, beside the daemon or alone."""
        self.remember()
        async with trio.open_nursery() as nursery:
            if self.chance.random() < 0.5:
                nursery.start_soon(self._daemon, Kill())
                await trio.sleep(self.chance.random() * 0.3)
            if await self._end_of(*self._asked(POINTS[point].who), point=point) == -signal.SIGKILL:
                self.reached[point] += 1
                self.kills += 1
            self.wrongs["stories of which a part was forgotten"] += self._half_forgotten()
        if (copy := self.folder / "copy.db").exists():
            self.wrongs["copies that are not whole"] += not _is_whole(copy)
            copy.unlink()

    def _half_forgotten(self) -> int:
        """How many incidents are still there, and events of them are not.

        One that was forgotten and shown again is there anew, without events.
        """
        known: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for payload in self.log.values():
            line = json.loads(payload)
            known[line["provider"], line["incident_id"]].append(line)
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")
            left = {seq for (seq,) in database.execute("SELECT seq FROM events")}
            rows = database.execute("SELECT provider, id, first_seen_at FROM incidents").fetchall()
        return sum(
            any(line["seq"] not in left and line["timestamp"] >= first_seen_at for line in known[provider, incident])
            for provider, incident, first_seen_at in rows
        )

    def _asked(self, who: str) -> tuple[str, ...]:
        if who == "backup":
            return "backup", str(self.folder / "copy.db")
        return (
            "prune",
            "--older-than",
            f"{datetime.now(UTC) + timedelta(seconds=self.shift()) - AWAY:%Y-%m-%dT%H:%M:%SZ}",
        )

    async def _end_of(self, *args: str, point: str | None = None) -> int:
        with (self.folder / "said.txt").open("ab") as said:
            return await self._start(*args, stdout=said.fileno(), kill=Kill(point)).end()

    async def drain(self) -> None:
        """Nothing more is posted. A last life, the real program with the real clock, tells all and ends in peace."""
        self.stopped = True
        await self.see_all()
        self._next_life(redirected=True)
        self.server.pages["/blinking"].script = None
        with (self.folder / "stdout.jsonl").open("ab") as stdout, (self.folder / "log.jsonl").open("ab") as stderr:
            process = await trio.lowlevel.open_process(
                command(self.config),
                stdout=stdout,
                stderr=stderr,
                env=environment(LIFE=str(self._life)),
                cwd=self.folder,
            )
        try:
            with trio.move_on_after(DRAIN_SECONDS):
                await self.server.wait_requests(1)
                while not (self.book.all_told and self._all_had()):
                    await trio.sleep(0.1)
            self.ended = datetime.now(UTC)
            process.terminate()
            if (exit_status := await process.wait()) != 0:
                progress(f"the last life ended with {exit_status}")
                self.wrongs["ends that nobody asked for"] += 1
        finally:
            process.kill()
        self.lives[self._life] = Lived(killed=False)
        self.remember()
        for _ in range(2):  # the second has nothing to do
            self.wrongs["commands that failed"] += await self._end_of(*self._asked("prune")) != 0
        self.wrongs["commands that failed"] += await self._end_of(*self._asked("backup")) != 0
        self.wrongs["copies that are not whole"] += not _is_whole(self.folder / "copy.db")
        self.wrongs["parts of copies that nobody removes"] += len(list(self.folder.glob(".*.part")))
        self._look()

    def _all_had(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            (owed,) = database.execute(
                "SELECT count(*) FROM consumers WHERE cursor < (SELECT max(seq) FROM events)"
            ).fetchone()
            (due,) = database.execute(
                "SELECT count(*) FROM stories WHERE due <= ?", (f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",)
            ).fetchone()
        return not owed and not due

    def start_calmly(self, database: Path, *args: str, point: str | None = None) -> Life:
        """A daemon on another database, with pages on which nothing happens any more."""
        for page in self.server.pages.values():
            page.once.clear()
        self.server.pages["/blinking"].script = None
        with (self.folder / "said.txt").open("ab") as said:
            return self.warm.start(
                ["-c", str(self.config), "--db", str(database), *args],
                stdout=said.fileno(),
                stderr=said.fileno(),
                point=point,
                more={"LIFE": str(self._life)},
            )

    # What became of it

    def remember(self) -> None:
        """Take down the log, of which some may be pruned."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            for seq, payload in database.execute("SELECT seq, payload FROM events"):
                if self.log.setdefault(seq, payload.encode()) != payload.encode():
                    self.wrongs["numbers given to two events"] += 1

    def _look(self) -> None:
        self.wrongs["faults of the database"] += len(list(find_faults(self.database)))


def _is_whole(copy: Path) -> bool:
    try:
        return not list(find_faults(copy))
    except StoreError:
        return False
