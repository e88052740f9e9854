"""A disk that can be filled at a moment: a small one of its own where mounting is allowed, else a limit on the process.

The limit (RLIMIT_FSIZE of zero) is the harder one: not even what is in a file can be written over.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from attrs import frozen

from benchmarks.figures import progress

SIZE_MIB = 64


class Disk(Protocol):
    place: Path

    def fill(self, pid: int) -> None:
        """From now on it is full for this process."""

    def free(self, pid: int) -> None: ...


@frozen
class Mounted:
    """A file system in memory. What fills it is a file."""

    place: Path

    def fill(self, pid: int) -> None:  # noqa: ARG002  it is full for everybody
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (2**20, 4096, 1):
                with suppress(OSError):
                    while ballast.write(b"x" * size) == size:
                        pass

    def free(self, pid: int) -> None:  # noqa: ARG002  as above
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return self.place / "ballast"


@frozen
class Limited:
    """A directory, in whose files, as in all others, the process may write no more."""

    place: Path

    def fill(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk() -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        place = Path(name)
        if not _mount(place):
            progress("no disk can be mounted here: a limit of the process takes its place")
            yield Limited(place)
            return
        try:
            yield Mounted(place)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def _mount(place: Path) -> bool:
    if os.geteuid():
        return False
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs"]
    return subprocess.run(["mount", *options, str(place)], capture_output=True, check=False).returncode == 0
