"""From the moment a page posts something to the moment its line can be read."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.clients import open_daemon, open_reference, wait_for_polls, wait_until
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread, percentile
from benchmarks.options import Options
from benchmarks.origin import open_origin
from benchmarks.pages import Feed
from benchmarks.tail import tailing

PROVIDERS = 50
INTERVAL = 1.0
POSTS = 300
PER_SECOND = 8.0
MEDIAN_GOAL = INTERVAL / 2 * 1000 + 60
SLOWEST_GOAL = INTERVAL * 1000 + 300


def run(options: Options) -> Iterator[Figure]:
    count = options.providers or PROVIDERS
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place, addresses=count) as origin:
            feeds = [Feed(number) for number in range(count)]
            for feed in feeds:
                origin.write(feed.number, feed.body())
            urls = {feed.number: origin.url(feed.number) for feed in feeds}
            delays = []
            for opening in (open_daemon, partial(open_reference, switches_off=options.switches_off)):
                chance = random.Random(1)  # noqa: S311  the same moments for both
                posted: dict[str, float] = {}
                origin.forget()
                with opening(origin, urls, INTERVAL, place) as client:
                    wait_for_polls(origin, client, count)
                    with tailing(client.printed) as printed:
                        for number in range(POSTS):
                            time.sleep(chance.expovariate(PER_SECOND))
                            feed = chance.choice(feeds)
                            title = feed.post(updates=3, word=f"{client.pid}-{number}")
                            posted[title] = origin.write(feed.number, feed.body())
                        wait_until(lambda: printed.keys() >= posted.keys(), client, "all was printed", 30)  # noqa: B023
                delays.append([(printed[title] - at) * 1000 for title, at in posted.items()])
                progress(f"delay: {len(posted)} posts, {client.printed.stem}, {max(delays[-1]):.0f} ms at most")
    ours, theirs = delays
    title = f"posted to printed, {count} providers at {INTERVAL:g} s"
    for name, part, goal in (("median", 0.5, MEDIAN_GOAL), ("p99", 0.99, SLOWEST_GOAL)):
        our, their = (percentile(values, part) for values in (ours, theirs))
        yield Figure(f"{title}, {name}", "ms", Spread(our, min(ours), max(ours)), Spread.of([their]), goal=goal)
