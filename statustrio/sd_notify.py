"""Tells the service manager (systemd) how the daemon is: ready, alive, stopping. Without one it does nothing.

The protocol: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Self

import trio
from attrs import frozen


@frozen
class Notifier:
    """`address` is the manager's socket; `watchdog` the seconds of silence after which it ends the daemon."""

    address: str | None = None
    watchdog: float | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
        # Both come down to every child of the service; the watchdog is for the process it names.
        ours = usec.isdecimal() and int(usec) > 0 and pid in {"", str(os.getpid())}
        return cls(environ.get("NOTIFY_SOCKET") or None, int(usec) / 1e6 if ours else None)

    def tell(self, **assignments: str) -> None:
        """Send assignments such as READY="1". What nobody takes is lost: a manager must not hold the daemon up."""
        if self.address is None:
            return
        text = "\n".join(f"{name}={value}" for name, value in assignments.items())
        # With an @ the name is in the abstract namespace, where it begins with a NUL.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
            sending.setblocking(False)
            sending.sendto(text.encode(), address)

    async def keep_watchdog(self, well: Callable[[], Awaitable[None]]) -> None:
        """Say at half the time allowed that all is well, for ever: each time `well` has returned."""
        while self.watchdog is not None:
            await well()
            self.tell(WATCHDOG="1")
            await trio.sleep(self.watchdog / 2)
