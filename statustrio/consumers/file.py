"""Events appended to a file as the stored JSON lines, each on the disk before it counts as delivered.

The file may be moved away (logrotate): the next event goes to a new one of the name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio
from attrs import define, field

from statustrio.consumers.lines import LineWriter
from statustrio.errors import DeliveryError
from statustrio.store.protocol import Logged


@define
class File:
    _path: Path
    _limiter: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(1))
    _writer: LineWriter | None = None
    _written: int | None = None
    """What stands in the file already, though the disk may not have taken it."""

    async def deliver(self, logged: Logged) -> None:
        try:
            writer = self._open()
            if logged.seq != self._written:
                await writer.write(logged.line.encode())
                self._written = logged.seq
            await trio.to_thread.run_sync(_sync, writer.descriptor, limiter=self._limiter)
        except OSError as exc:
            raise DeliveryError(f"{self._path}: {exc.strerror}") from exc

    async def watch(self) -> None:
        await trio.sleep_forever()

    def close(self) -> None:
        if self._writer:
            os.close(self._writer.descriptor)
            self._writer = self._written = None

    def _open(self) -> LineWriter:
        if self._writer and not self._is_ours(self._writer.descriptor):
            self.close()
        if self._writer is None:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(self._path, flags, 0o644)
            try:
                self._writer = LineWriter.resume(descriptor, readable=descriptor, cut=True)
            except OSError:
                os.close(descriptor)
                raise
        return self._writer

    def _is_ours(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)  # not fdatasync, which macOS does not have
    except OSError as exc:
        if exc.errno != errno.EINVAL:  # a pipe or a device: no disk is behind it
            raise


@asynccontextmanager
async def open_file(path: Path) -> AsyncIterator[File]:
    """The file is opened at the first event and tried again while that fails."""
    file = File(path)
    try:
        yield file
    finally:
        file.close()
