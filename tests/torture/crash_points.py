"""The named points at which a life of the program kills itself, put around its functions from outside.

Each is armed in the process that is to die there, before the program begins. Nothing of it is in the program.
"""

from __future__ import annotations

import os
import pathlib
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from types import MappingProxyType
from typing import Any

from attrs import define, frozen

from statustrio import daemon, fanout
from statustrio.consumers import command, file, lines, webhook
from statustrio.store import copying, migrations, opening, pruning
from statustrio.store.sqlite import SqliteStore

SOON = 0.00002
"""Seconds between two looks at what lasts some hundred microseconds."""
INDEX_BYTES = 136
"""Of the index of SQLite's log, what is not about single pages."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@define
class Fuse:
    """Dies when it was passed so many times."""

    passes: int

    def __call__(self) -> None:
        self.passes -= 1
        if self.passes < 0:
            die()


@frozen
class Point:
    """`who` dies here: the daemon, or a command beside it. `deed` is what has to be done to it to come here, once."""

    _put: Callable[[Fuse], None]
    who: str = "run"
    deed: str = ""
    again: bool = False
    """The start passes here too, and then once what was done to it; other points are passed any number of times."""

    needs_a_past: bool = False
    """There has to be something to forget, or that was held back, before."""

    def arm(self, passes: int) -> None:
        once = self.again or self.deed in ("reload", "stop", "start")
        self._put(Fuse(int(self.again) if once else passes))


def _wrap(
    owner: Any,
    name: str,
    fuse: Callable[[], None],
    *,
    after: bool = False,
    when: Callable[..., bool] = lambda *_, **__: True,
) -> None:
    """Die before or after this function, where `when` of its arguments says so."""
    original = getattr(owner, name)

    def called(*args: Any, **kwargs: Any) -> Any:
        if not after and when(*args, **kwargs):
            fuse()
        result = original(*args, **kwargs)
        if after and when(*args, **kwargs):
            fuse()
        return result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if not after and when(*args, **kwargs):
            fuse()
        result = await original(*args, **kwargs)
        if after and when(*args, **kwargs):
            fuse()
        return result

    setattr(owner, name, awaited if iscoroutinefunction(original) else called)


def at(owner: Any, name: str, *, after: bool = False, when: Callable[..., bool] = lambda *_, **__: True) -> Any:
    return lambda fuse: _wrap(owner, name, fuse, after=after, when=when)


def _note_events() -> list[bool]:
    """Of the transaction under way, or the last one: something is in it as soon as it made an event."""
    made: list[bool] = []
    original = SqliteStore.group

    @contextmanager
    def group(self: SqliteStore, *, durable: bool) -> Iterator[None]:
        made.clear()
        with original(self, durable=durable):
            yield

    SqliteStore.group = group
    _wrap(SqliteStore, "_log", lambda: made.append(True))
    return made


def before_commit(fuse: Fuse) -> None:
    """The events are written, and nobody has said that they count."""
    made, original = _note_events(), SqliteStore.group

    @contextmanager
    def group(self: SqliteStore, *, durable: bool) -> Iterator[None]:
        with original(self, durable=durable):
            yield
            if made:
                fuse()

    SqliteStore.group = group


def after_commit(fuse: Fuse) -> None:
    """They count, and no consumer was told that there is something."""
    made, original = _note_events(), SqliteStore.group

    @contextmanager
    def group(self: SqliteStore, *, durable: bool) -> Iterator[None]:
        with original(self, durable=durable):
            yield
        if made:
            fuse()

    SqliteStore.group = group


def after_announcement(fuse: Fuse) -> None:
    made = _note_events()
    _wrap(fanout.News, "announce", fuse, after=True, when=lambda *_: bool(made))


def of(consumer: str) -> Callable[..., bool]:
    return lambda subscription, *_, **__: subscription.config.id == consumer


def half_a_line(*, stdout: bool) -> Callable[[Fuse], None]:
    """Of a line some bytes are written: one, four, half of them, or all but the newline."""

    def put(fuse: Fuse) -> None:
        original = lines.LineWriter._write_some

        async def write(self: lines.LineWriter, data: bytes) -> int:
            if self._always_ready and (self.descriptor == 1) is stdout:
                os.write(self.descriptor, data[: (1, 4, len(data) // 2, len(data) - 1)[fuse.passes % 4]])
                die()
            return await original(self, data)

        lines.LineWriter._write_some = write

    return put


def _when(happens: Callable[[], bool], pause: float) -> None:
    """Kill this process a moment after something happens that no function of ours does."""

    def watch() -> None:
        while not happens():
            time.sleep(SOON)
        time.sleep(pause)
        die()

    threading.Thread(target=watch, daemon=True).start()


def in_checkpoint(fuse: Fuse) -> None:
    """While the log is written back into the database, which happens more often here than it does.

    SQLite notes in its index of the log how much of it is to be written back, and how much was.
    """
    original = opening.open_database

    def opened(path: pathlib.Path, **kwargs: Any) -> Any:
        connection = original(path, **kwargs)
        connection.execute("PRAGMA wal_autocheckpoint = 20")
        # Never closed: that would give up the locks of the process on the file.
        index = os.open(f"{path}-shm", os.O_RDONLY)
        _when(lambda: is_checkpointing(os.pread(index, INDEX_BYTES, 0)), SOON * fuse.passes)
        return connection

    opening.open_database = opened


def is_checkpointing(index: bytes) -> bool:
    """Whether a checkpoint was begun and not finished (the format is that of `walindex.html` at sqlite.org)."""
    (done,), (attempted,) = struct.unpack_from("<I", index, 96), struct.unpack_from("<I", index, 128)
    return bool(attempted > done)


def in_copying(fuse: Fuse) -> None:
    """While the copy is written, in one step, by SQLite."""
    original, connect = copying.copy_database, copying.sqlite3.connect

    def watched(target: Any, *args: Any, **kwargs: Any) -> Any:
        path = pathlib.Path(str(target).partition("?")[0].removeprefix("file://"))
        _when(lambda: path.exists() and path.stat().st_size > 0, 0.0)
        return connect(target, *args, **kwargs)

    def copy_database(*args: Any) -> None:
        copying.sqlite3.connect = watched
        original(*args)
        fuse()  # it was faster than the look

    copying.copy_database = opening.copy_database = copy_database


def after_step(version: int) -> Callable[[Fuse], None]:
    def put(fuse: Fuse) -> None:
        def step(connection: Any) -> None:
            migrations.MIGRATIONS[version](connection)
            fuse()

        changed = MappingProxyType({**migrations.MIGRATIONS, version: step})
        original = opening.open_database
        opening.open_database = lambda path: original(path, migrations=changed)

    return put


def between_prunings(fuse: Fuse) -> None:
    original = pruning.transaction

    @contextmanager
    def transaction(connection: Any) -> Iterator[None]:
        with original(connection):
            yield
        fuse()

    pruning.transaction = transaction


def within_a_story(fuse: Fuse) -> None:
    """Its events are gone, its updates are not."""

    original = pruning._forget_incidents

    def forget(connection: Any, *args: Any) -> Any:
        connection.set_trace_callback(lambda sql: fuse() if sql.startswith("DELETE FROM updates") else None)
        return original(connection, *args)

    pruning._forget_incidents = forget


CONSUMERS = ("stdout", "file", "hook", "many", "command", "held")
POINTS = {
    "before the commit of events": Point(before_commit),
    "after the commit, before it is announced": Point(after_commit),
    "after it is announced": Point(after_announcement),
    **{
        f"before a delivery to {one}": Point(
            at(fanout.Subscription, "_deliver", when=of(one)), needs_a_past=one == "held"
        )
        for one in CONSUMERS
    },
    **{
        f"between a delivery to {one} and its cursor": Point(
            at(fanout.Subscription, "_deliver", after=True, when=of(one)), needs_a_past=one == "held"
        )
        for one in CONSUMERS
    },
    "a part of a line in a file": Point(half_a_line(stdout=False)),
    "a part of a line in stdout": Point(half_a_line(stdout=True), deed="redirect"),
    "between a line and the disk": Point(at(file, "_sync")),
    "a webhook has answered, nobody has read it": Point(at(webhook, "_judge")),
    "a webhook was taken, nobody has answered": Point(lambda _: None, deed="receive"),
    "a command has begun": Point(at(command, "_converse")),
    "a command has ended": Point(at(command, "_end")),
    "a cursor is written, not committed": Point(at(SqliteStore, "acknowledge", after=True)),
    "before what waits is saved": Point(at(SqliteStore, "save_stories", when=lambda _, __, stories: bool(stories))),
    "what waits is saved, not committed": Point(
        at(SqliteStore, "save_stories", after=True, when=lambda _, __, stories: bool(stories))
    ),
    "a cursor is committed": Point(at(fanout.Subscription, "_save", after=True)),
    "in a checkpoint": Point(in_checkpoint),
    "before the database is opened": Point(at(opening, "open_database"), deed="start"),
    "the database is opened": Point(at(opening, "open_database", after=True), deed="start"),
    "a reload, before its consumers": Point(at(daemon.Daemon, "_reconcile_consumers"), deed="reload", again=True),
    "a reload, after its consumers": Point(
        at(daemon.Daemon, "_reconcile_consumers", after=True), deed="reload", again=True
    ),
    "a reload, its consumers stopped": Point(at(SqliteStore, "subscribe", after=True), deed="reload", again=True),
    "a reload, after its pollers": Point(
        at(daemon.Daemon, "_reconcile_providers", after=True), deed="reload", again=True
    ),
    "an end, the pollers stopped": Point(at(fanout.News, "end_all"), deed="stop"),
    "an end, before the database is closed": Point(at(SqliteStore, "close"), deed="stop"),
    "an end, the database closed": Point(at(SqliteStore, "close", after=True), deed="stop"),
    "prune, a story half gone": Point(within_a_story, "prune", needs_a_past=True),
    "prune, incidents gone, not committed": Point(
        at(pruning, "_forget_incidents", after=True), "prune", needs_a_past=True
    ),
    "prune, events gone, not committed": Point(at(pruning, "_forget_events", after=True), "prune", needs_a_past=True),
    "prune, stories gone, not committed": Point(at(pruning, "_forget_stories", after=True), "prune", needs_a_past=True),
    "prune, between two transactions": Point(between_prunings, "prune", needs_a_past=True),
    "a copy is begun": Point(
        at(copying.sqlite3, "connect", when=lambda target, **_: "statustrio.db" not in target), "backup"
    ),
    "a copy is being written": Point(in_copying, "backup"),
    "a copy is written, not named": Point(at(pathlib.Path, "rename"), "backup"),
}
MIGRATING = {
    "a migration, its copy being written": Point(in_copying),
    "a migration, its copy written, not named": Point(at(pathlib.Path, "rename")),
    "a migration, its copy kept": Point(at(opening, "_keep_copy", after=True)),
    **{f"a migration, after step {step}, not committed": Point(after_step(step)) for step in migrations.MIGRATIONS},
    "a migration, before its commit": Point(at(opening, "_renew_views", after=True)),
    "a migration, committed": Point(at(opening, "open_database", after=True)),
}
