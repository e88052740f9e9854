"""Reads the lines of a client as they come and notes when each was there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_SECONDS = 0.002
"""How long a line may lie in the file unseen: small beside what is measured."""


@contextmanager
def tailing(printed: Path) -> Iterator[dict[str, float]]:
    """Titles, each with the time its first line was printed (seconds since the epoch); grows while the block runs."""
    stop = threading.Event()
    seen: dict[str, float] = {}

    def read() -> None:
        rest = b""
        with printed.open("rb") as lines:
            lines.seek(0, 2)
            while not stop.wait(LOOK_SECONDS):
                if chunk := lines.read():
                    at = time.time()
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        seen.setdefault(json.loads(line)["title"], at)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        stop.set()
        reader.join()
