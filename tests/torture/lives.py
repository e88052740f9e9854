"""Lives of the program: started at once by a warm process, signalled by a descriptor that never means another one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define
from daemons import environment


@define(eq=False)
class Life:
    """A process of the program. Reaped only when asked for: its id is its own until then."""

    pid: int
    _handle: int
    _warm: Warm

    def send(self, number: int) -> None:
        signal.pidfd_send_signal(self._handle, number)

    async def end(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        await trio.lowlevel.wait_readable(self._handle)
        os.close(self._handle)
        return self._warm.reap(self.pid)


@define(eq=False)
class Warm:
    """The process that has the program imported."""

    _control: socket.socket

    def start(
        self,
        argv: Sequence[str],
        *,
        stdout: int,
        stderr: int,
        point: str | None = None,
        passes: int = 0,
        shift: float = 0.0,
        more: Mapping[str, str] | None = None,
    ) -> Life:
        """`point`: where it kills itself, after so many `passes`; `shift`: its clock, in seconds from ours."""
        asked = {"argv": argv, "point": point, "passes": passes, "shift": shift, "environment": dict(more or {})}
        socket.send_fds(self._control, [json.dumps(asked).encode()], [stdout, stderr])
        pid = int(self._answer())
        return Life(pid, os.pidfd_open(pid), self)

    def reap(self, pid: int) -> int:
        self._control.send(json.dumps({"reap": pid}).encode())
        return int(self._answer())

    def _answer(self) -> Any:
        answer = self._control.recv(1 << 16)
        if not answer:
            raise RuntimeError("the warm process has ended")
        return json.loads(answer)


@contextmanager
def open_warm(folder: Path) -> Iterator[Warm]:
    """In `folder`, where lives find what they are given by a relative path."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # What is killed measures no coverage.
    plain = {key: value for key, value in environment().items() if not key.startswith("COVERAGE")}
    with ours:
        with theirs:
            program = [sys.executable, str(Path(__file__).with_name("warm.py")), str(theirs.fileno())]
            process = subprocess.Popen(program, pass_fds=[theirs.fileno()], env=plain, cwd=folder)
        try:
            yield Warm(ours)
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            process.wait(10)
