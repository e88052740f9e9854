"""Runs the real program as a process for the tests that need one: signals, kills, pipes, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

Line = dict[str, Any]


def write_config(path: Path, providers: Mapping[str, str], *, interval: float = 0.05, more: str = "") -> Path:
    """A providers.yaml for feeds on loopback: id to URL."""
    text = f"defaults: {{poll_interval_seconds: {interval}, open_poll_interval_seconds: {interval}}}\nproviders:\n"
    for provider, url in providers.items():
        text += f'  - {{id: {provider}, name: "{provider.title()}", feed_url: "{url}"}}\n'
    path.write_text(text + more)
    return path


PROGRAM = ("-m", "statustrio")


def command(config: Path, *args: str, options: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> list[str]:
    """The command line of a run on this configuration, with its database beside it.

    `program` is what Python runs: the program itself, or something that changes its surroundings before it does.
    """
    database = config.with_name("statustrio.db")
    return [sys.executable, *program, "-c", str(config), "--db", str(database), *options, *args]


def environment(**more: str) -> dict[str, str]:
    """A plain environment: nothing of the user's, and coverage where this run is covered."""
    keep = ("PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {key: os.environ[key] for key in keep if key in os.environ} | more


@define(eq=False)
class Run:
    """A running program whose stdout is read as JSON lines."""

    process: trio.Process
    lines: list[Line] = field(factory=list)
    stderr: bytearray = field(factory=bytearray)
    _news: trio.Condition = field(factory=trio.Condition)
    _tail: bytes = b""

    async def wait_lines(self, count: int) -> list[Line]:
        """Wait until so many events were printed."""
        async with self._news:
            while len(self.lines) < count:
                await self._news.wait()
        return self.lines

    async def wait_event(self, name: str) -> Line:
        """Wait for the first event of this name."""
        async with self._news:
            while not (found := [line for line in self.lines if line["event"] == name]):
                await self._news.wait()
        return found[0]

    async def wait_until(self, wanted: Callable[[Line], bool]) -> None:
        """Wait for an event of which this holds."""
        async with self._news:
            while not any(wanted(line) for line in self.lines):
                await self._news.wait()

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return await self.process.wait()

    async def read_stdout(self) -> None:
        assert self.process.stdout is not None
        async for chunk in self.process.stdout:
            *whole, self._tail = (self._tail + chunk).split(b"\n")
            async with self._news:
                self.lines += [json.loads(line) for line in whole]
                self._news.notify_all()

    async def read_stderr(self) -> None:
        assert self.process.stderr is not None
        async for chunk in self.process.stderr:
            self.stderr += chunk


@asynccontextmanager
async def running(
    config: Path,
    *args: str,
    options: Sequence[str] = (),
    program: Sequence[str] = PROGRAM,
    deadline: float = 60,
    **more: str,
) -> AsyncIterator[Run]:
    """Start the program and read what it prints; it is killed if it outlives the block."""
    with trio.fail_after(deadline):
        async with trio.open_nursery() as nursery:
            process = await trio.lowlevel.open_process(
                command(config, *args, options=options, program=program),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(**more),
                cwd=config.parent,
            )
            run = Run(process)
            nursery.start_soon(run.read_stdout)
            nursery.start_soon(run.read_stderr)
            try:
                yield run
            finally:
                if process.returncode is None:
                    process.kill()
                with trio.CancelScope(shield=True):
                    await process.wait()
