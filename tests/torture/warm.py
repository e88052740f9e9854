"""The program, imported once and forked for each of its lives: a kill costs half a second instead of two.

This is honest because the process has only imported by then: there is no thread, no event loop, no database and no
file of the program in it. All that a life does, from its arguments to its end, it does itself.

It is told by JSON over a socket: to start a life (with its stdout and stderr), or to reap one that has ended. It ends
with the socket, and what it started with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

sys.path.append(str(Path(__file__).resolve().parents[1]))

from statustrio import clock

SHIFT = [timedelta()]
"""How far the clock of a life is from ours: between two lives time passes, as it does while a machine is off."""
clock.now = lambda: datetime.now(UTC) + SHIFT[0]  # before anything has taken its name

NEEDED = (
    *(f"cli.{name}" for name in ("main", "run", "backup", "prune")),
    *(f"consumers.{name}" for name in ("stdout", "file", "webhook", "command")),
    *(f"store.{name}" for name in ("opening", "sqlite", "copying", "pruning", "failures")),
    *("daemon", "config", "line", "logs", "platforms"),
)
for module in ("httpcore", *(f"statustrio.{module}" for module in NEEDED)):
    import_module(module)

from torture.crash_points import MIGRATING, POINTS  # noqa: E402  it takes names of the program, too


def serve(control: socket.socket) -> None:
    alive: set[int] = set()
    try:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 2)
            if not message:
                return
            asked = json.loads(message)
            if "reap" in asked:
                _, status = os.waitpid(asked["reap"], 0)
                alive.remove(asked["reap"])
                answer = os.waitstatus_to_exitcode(status)
            else:
                answer = os.fork()
                if answer == 0:
                    control.close()
                    live(asked, descriptors)
                alive.add(answer)
                for descriptor in descriptors:
                    os.close(descriptor)
            control.send(json.dumps(answer).encode())
    finally:
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def live(asked: dict[str, Any], descriptors: list[int]) -> NoReturn:
    status: object = 1
    try:
        for place, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), *descriptors)):
            os.dup2(descriptor, place)
            os.close(descriptor)
        os.environ |= asked["environment"]
        SHIFT[0] = timedelta(seconds=asked["shift"])
        if asked["point"] is not None:
            {**POINTS, **MIGRATING}[asked["point"]].arm(asked["passes"])
        sys.argv = ["statustrio", *asked["argv"]]
        import_module("statustrio.cli.main").main()
    except SystemExit as exc:
        status = exc.code
    except BaseException:  # noqa: BLE001  nothing else would tell of it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
