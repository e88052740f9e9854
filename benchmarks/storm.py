"""A bad hour of a large host: a thousand pages post an incident within one second."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clients import open_daemon, wait_for_polls, wait_until
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread
from benchmarks.options import Options
from benchmarks.origin import FLUSH_SECONDS, Answer, open_origin
from benchmarks.pages import Feed
from benchmarks.tail import tailing

PROVIDERS = 1000
INTERVAL = 10.0
SECONDS_GOAL = 2.0
MEMORY_GOAL = 50.0


def run(options: Options) -> Iterator[Figure]:
    count = options.providers or PROVIDERS
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place) as origin:
            feeds = [Feed(number) for number in range(count)]
            for feed in feeds:
                origin.write(feed.number, feed.body())
            urls = {feed.number: origin.url(feed.number) for feed in feeds}
            with open_daemon(origin, urls, INTERVAL, place) as client:
                progress(f"storm: first sight of {count} providers")
                wait_for_polls(origin, client, count)
            # A new process, so that what the first sights took is not there to be used again.
            origin.forget()
            titles = {feed.number: feed.post(updates=1, word=f"storm-{feed.number}") for feed in feeds}
            bodies = {feed.number: feed.body() for feed in feeds}
            with open_daemon(origin, urls, INTERVAL, place) as client:
                wait_for_polls(origin, client, count, times=2)
                before = peak = client.memory()
                with tailing(client.printed) as printed:
                    began = time.time()
                    for number, body in bodies.items():
                        origin.write(number, body)
                    took = time.time() - began

                    def told() -> bool:
                        nonlocal peak
                        peak = max(peak, client.memory())
                        return len(printed) >= count

                    wait_until(told, client, f"{count} incidents were printed")
                progress(
                    f"storm: {count} posts in {took:.1f} s, the last one printed {time.time() - began:.1f} s later"
                )
                time.sleep(2 * FLUSH_SECONDS)
                polled = polls_with_news(origin.polls(since=began))
            waits = [printed[title] - polled[f"/pages/{number}.atom"] for number, title in titles.items()]
            yield Figure(
                f"storm, {count} at {INTERVAL:g} s: poll to its last line",
                "s",
                Spread.once(max(waits)),
                goal=SECONDS_GOAL,
            )
            yield Figure("storm: memory above that before", "MiB", Spread.once(peak - before), goal=MEMORY_GOAL)


def polls_with_news(polls: list[Answer]) -> dict[str, float]:
    """When each page was answered in full for the first time."""
    first: dict[str, float] = {}
    for poll in polls:
        if poll.status == 200:
            first.setdefault(poll.path, poll.at)
    return first
