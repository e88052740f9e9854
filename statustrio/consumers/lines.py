"""Writing lines to a descriptor: whole, in order, without blocking the loop, and not again what stands there.

A process can be killed between a write and the note of it. Where the descriptor is a regular file its tail tells:
a line that stands there already is not written again, and a torn last line is ended (or cut off) first.
"""

from __future__ import annotations

import errno
import os
import stat

import trio
from attrs import define, field

from statustrio.errors import ConsumerGoneError, DeliveryError

PIPE_BUF = 4096
"""A pipe that is writable takes this much without blocking (POSIX, and Linux for terminals in practice)."""
TAIL = 1 << 20
"""Bytes of the end of a file that are looked at; more only if they do not hold a whole line."""
LONGEST = 1 << 25
"""No line of ours comes near: where so many bytes hold no whole line, the file is not ours."""
OURS = b'{"v":'
"""How each of our lines begins."""

_GONE = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ECONNRESET, errno.ENXIO})


@define
class LineWriter:
    """Writes lines to `descriptor`, one after the other, whoever brings them."""

    descriptor: int
    _tail: frozenset[bytes] = frozenset()
    _rest: bytes = b""
    _pending: bytes | None = field(default=None)
    _always_ready: bool = False
    _turn: trio.Lock = field(factory=trio.Lock)

    @classmethod
    def resume(cls, descriptor: int, *, readable: int | str, cut: bool) -> LineWriter:
        """A writer that knows what stands at the end of the file already.

        `readable` opens the same file for reading. A torn last line is cut off if `cut` and it is ours,
        else ended with a newline. OSError where the file cannot be looked at.
        """
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return cls(descriptor)
        reader = os.open(readable, os.O_RDONLY | os.O_CLOEXEC) if isinstance(readable, str) else os.dup(readable)
        try:
            size = os.fstat(reader).st_size
            lines, torn = _end_of(reader, size)
        finally:
            os.close(reader)
        if torn and cut and (torn.startswith(OURS) or OURS.startswith(torn)):
            os.ftruncate(descriptor, size - len(torn))
            torn = b""
        # A last line that lacks nothing but its newline stands there like the others.
        return cls(descriptor, frozenset((*lines, torn)), b"\n" if torn else b"")

    async def write(self, line: bytes) -> None:
        """Write one line (without its newline); called again with the same line it goes on where it had to stop.

        Raises DeliveryError where there is no room now, ConsumerGoneError where nobody reads any more.
        """
        async with self._turn:
            if line not in self._tail and line != self._pending:
                self._tail = frozenset()
                self._pending = line
                self._rest += line + b"\n"
            while self._rest:
                written = await self._write_some(self._rest[:PIPE_BUF])
                self._rest = self._rest[written:]
            self._pending = None

    async def _write_some(self, data: bytes) -> int:
        try:
            if not self._always_ready:
                await trio.lowlevel.wait_writable(self.descriptor)
            return os.write(self.descriptor, data)
        except PermissionError as exc:
            if self._always_ready:
                raise DeliveryError(exc.strerror or str(exc)) from exc
            # Regular files and /dev/null cannot be waited for: they are always ready.
            self._always_ready = True
            return 0
        except BlockingIOError:
            return 0
        except OSError as exc:
            # A disk that fails (EIO) may work again; a terminal that does so is gone.
            if exc.errno in _GONE and not self._always_ready:
                raise ConsumerGoneError("the reader has gone") from exc
            raise DeliveryError(exc.strerror or str(exc)) from exc


def _end_of(reader: int, size: int) -> tuple[list[bytes], bytes]:
    """The last whole lines of a file, one at least where it has one, and what stands after them."""
    length = TAIL
    while True:
        start = max(0, size - length)
        *lines, torn = os.pread(reader, length, start).split(b"\n")
        if start == 0:
            return lines, torn
        if len(lines) > 1 or length >= LONGEST:
            return lines[1:], torn
        length *= 2
