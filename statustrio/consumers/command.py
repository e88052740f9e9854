"""Events handed to a program: the JSON line on its standard input, one process for each. No shell has a part in it.

Exit status 0 means delivered. The process leads a group of its own, so that its deadline ends what it started as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import trio
from attrs import define

from statustrio.config import ConsumerConfig
from statustrio.errors import DeliveryError, RejectedError
from statustrio.store.protocol import Logged

MOST_OUTPUT = 2000
"""Bytes of what a program says that are kept to explain its failure."""
GRACE_SECONDS = 2.0
"""What a program has after SIGTERM."""
LISTEN_SECONDS = 0.5
"""How long its last words are waited for once it has ended: what it leaves running may hold its output open."""


@define(eq=False)
class Command:
    _argv: tuple[str, ...]
    _timeout: float

    async def deliver(self, logged: Logged) -> None:
        try:
            process = await trio.lowlevel.open_process(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise DeliveryError(f"{self._argv[0]}: {exc.strerror or exc}") from exc
        said = bytearray()
        try:
            with trio.move_on_after(self._timeout):
                await _converse(process, logged.line.encode() + b"\n", said)
            in_time = process.returncode is not None
        finally:
            await _end(process)  # noqa: ASYNC102  it shields itself, and waits no longer than the grace
        if not in_time:
            raise DeliveryError(f"{self._argv[0]} took longer than {self._timeout:g} s")
        if process.returncode:
            raise RejectedError(f"{self._argv[0]} ended with {_status(process.returncode)}{_quoted(said)}")

    async def watch(self) -> None:
        await trio.sleep_forever()


async def _converse(process: trio.Process, line: bytes, said: bytearray) -> None:
    """Hand over the line and listen until the process has ended and all it said was heard."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    async def tell() -> None:
        with suppress(trio.BrokenResourceError):  # it need not read
            await stdin.send_all(line)
        await stdin.aclose()

    async def listen() -> None:
        async for chunk in stdout:
            said.extend(chunk[: MOST_OUTPUT - len(said)])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell)
        nursery.start_soon(listen)
        await process.wait()
        nursery.cancel_scope.deadline = trio.current_time() + LISTEN_SECONDS


async def _end(process: trio.Process) -> None:
    """End the process with all of its group if it has not ended by itself."""
    with trio.CancelScope(shield=True):
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with trio.move_on_after(GRACE_SECONDS):
                await process.wait()
            _signal(process, signal.SIGKILL)
            await process.wait()
        for end in (process.stdin, process.stdout):
            if end is not None:
                await end.aclose()


def _signal(process: trio.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _status(returncode: int) -> str:
    return f"status {returncode}" if returncode > 0 else signal.Signals(-returncode).name


def _quoted(said: bytearray) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""


@asynccontextmanager
async def open_command(config: ConsumerConfig) -> AsyncIterator[Command]:
    """The program is looked for at the first event, and again while it is not there."""
    yield Command(config.argv, config.timeout_seconds)
