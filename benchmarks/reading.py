"""What reading feeds costs, beside what feedparser alone costs with its default settings. `make bench`.

Reads the samples of the tests, or the feeds of a directory. Machines are noisy: compare figures of one run, not of two.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import feedparser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from samples import SAMPLES

from statustrio.errors import FeedError
from statustrio.reading import read_document

ROUNDS = 7


def read(bodies: Iterable[bytes]) -> None:
    """All there is to reading: parse, recognise, digests, and every entry into a reading."""
    for body in bodies:
        read_document(
            body, url="", content_type=None, platform=None, hint=None, last_platform=None, last_window=(), keep=False
        )


def parse(bodies: Iterable[bytes]) -> None:
    for body in bodies:
        feedparser.parse(io.BytesIO(body))


def seconds(work: Callable[[Iterable[bytes]], None], bodies: list[bytes]) -> float:
    started = time.process_time()
    work(bodies)
    return time.process_time() - started


def is_feed(body: bytes) -> bool:
    try:
        read([body])
    except FeedError:
        return False
    return True


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("directory", nargs="?", type=Path, help="feeds, at any depth")
    directory = arguments.parse_args().directory
    files = sorted(directory.rglob("*.*")) if directory else []
    bodies = [path.read_bytes() for path in files if path.suffix in {".atom", ".rss", ".xml"}] or list(SAMPLES.values())
    bodies = [body for body in bodies if is_feed(body)]
    pairs = [(seconds(read, bodies), seconds(parse, bodies)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for our, their in pairs)
    each = 1000 / len(bodies)
    size = sum(map(len, bodies)) / len(bodies) / 1000
    sys.stdout.write(
        f"{len(bodies)} feeds of {size:.0f} kB; medians of {ROUNDS} rounds, CPU:\n"
        f"  read in full                 {ours * each:6.2f} ms a feed\n"
        f"  feedparser with its defaults {theirs * each:6.2f} ms a feed\n"
        f"  ratio                        {ratio:6.2f}\n"
    )


if __name__ == "__main__":
    main()
