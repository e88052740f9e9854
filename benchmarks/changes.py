"""Pages that move while they are polled, at the pace that gives a mix."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from attrs import define

from benchmarks.origin import Origin
from benchmarks.pages import Feed

NEWS_EACH = 10
"""One change of ten is a new entry, the others touch the head alone."""
NEW_UPDATES = 3


@define
class Posted:
    """How many new entries were posted so far."""

    news: int = 0


@contextmanager
def changing(origin: Origin, feeds: Sequence[Feed], per_second: float) -> Iterator[Posted]:
    """Change one page after the other for as long as the block runs."""
    stop = threading.Event()
    posted = Posted()

    def change() -> None:
        due = time.monotonic()
        number = 0
        while not stop.wait(max(0.0, due - time.monotonic())):
            due += 1 / per_second
            feed = feeds[number % len(feeds)]
            # A round later, other pages have the news.
            if (number + number // len(feeds)) % NEWS_EACH:
                feed.touch()
            else:
                feed.post(updates=NEW_UPDATES)
                posted.news += 1
            origin.write(feed.number, feed.body())
            number += 1

    changer = threading.Thread(target=change)
    changer.start()
    try:
        yield posted
    finally:
        stop.set()
        changer.join()
