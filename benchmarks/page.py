"""The site beside the polls: two hundred streams, some of which nobody reads, and the overview of a thousand providers.

A hundred polls a second, of which some find news. Streams are plain sockets; what comes on those that are read is
timed by the titles in it.
"""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import define, field

from benchmarks.changes import changing
from benchmarks.clients import Client, wait_for_polls
from benchmarks.figures import Figure, progress
from benchmarks.measure import Spread, percentile
from benchmarks.options import Options
from benchmarks.origin import open_origin
from benchmarks.pages import Feed
from benchmarks.scale import Scale
from benchmarks.tail import tailing

PROVIDERS = 1000
INTERVAL = 10.0
STREAMS = 200
UNREAD = 20
CHANGES_PER_SECOND = 20.0
SECONDS = 30.0
LOADS = 5

LATE_GOAL = 0.25
MEMORY_GOAL = 50.0
PAGE_GOAL = 200.0
STREAM_GOAL = 1.0


@define
class Listeners:
    """Clients of the stream. `seen`: when the first and the last of those that read had a title."""

    port: int
    sockets: list[socket.socket] = field(factory=list)
    seen: dict[str, tuple[float, float]] = field(factory=dict)

    def join(self, count: int) -> None:
        for number in range(count):
            one = socket.create_connection(("127.0.0.1", self.port))
            if number < UNREAD:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.sockets.append(one)

    def listen(self, stop: threading.Event) -> None:
        """Read all but the first ones, until told to stop."""
        rests = dict.fromkeys(self.sockets[UNREAD:], b"")
        with selectors.DefaultSelector() as ready:
            for one in rests:
                ready.register(one, selectors.EVENT_READ)
            while not stop.is_set():
                for key, _ in ready.select(0.1):
                    one = key.fileobj
                    assert isinstance(one, socket.socket)
                    chunk = one.recv(1 << 16)
                    at = time.time()
                    *whole, rests[one] = (rests[one] + chunk).split(b"\n")
                    for line in whole:
                        if line.startswith(b"data: "):
                            title = json.loads(line[6:])["title"]
                            self.seen[title] = self.seen.get(title, (at, at))[0], at
                    if not chunk:
                        ready.unregister(one)


@contextmanager
def listening(port: int, count: int) -> Iterator[Listeners]:
    listeners, stop = Listeners(port), threading.Event()
    listeners.join(count)
    reader = threading.Thread(target=listeners.listen, args=(stop,))
    reader.start()
    try:
        yield listeners
    finally:
        stop.set()
        reader.join()
        for one in listeners.sockets:
            one.close()


def run(options: Options) -> Iterator[Figure]:
    count = options.providers or PROVIDERS
    with tempfile.TemporaryDirectory(prefix="statustrio-bench-") as directory:
        place = Path(directory)
        with open_origin(place) as origin:
            feeds = [Feed(number) for number in range(count)]
            for feed in feeds:
                origin.write(feed.number, feed.body())
            scale = Scale(origin, place, count)
            port = free_port()
            progress(f"page: first sight of {count} providers")
            with scale.watched(scale.urls(count), INTERVAL) as (client, _):
                scale.wait_for_first_sights(client, count)
            double_the_history(place / "statustrio.db")
            with scale.watched(scale.urls(count), INTERVAL, "run", "--web", f"127.0.0.1:{port}") as (client, late):
                wait_for_polls(origin, client, count)
                yield from overview(port, client)
                before, began = client.memory(), time.time()
                with (
                    listening(port, STREAMS) as listeners,
                    tailing(client.printed) as printed,
                    changing(origin, feeds, CHANGES_PER_SECOND),
                ):
                    time.sleep(SECONDS)
                memory = client.memory() - before
                lags = [last - printed[title] for title, (_, last) in listeners.seen.items() if title in printed]
            late.read(began)
    title = f"{STREAMS} streams, {UNREAD} unread, {count / INTERVAL:g} polls/s"
    slow = Spread(percentile(late.all, 0.99), percentile(late.all, 0.5), max(late.all))
    yield Figure(f"{title}: lateness, p99", "s", slow, goal=LATE_GOAL)
    yield Figure(f"{title}: memory more", "MiB", Spread.once(memory), goal=MEMORY_GOAL)
    behind = Spread(percentile(lags, 0.99), percentile(lags, 0.5), max(lags))
    yield Figure("printed to the last of the streams, p99", "s", behind, goal=STREAM_GOAL)


def double_the_history(database: Path) -> None:
    """As many incidents again, which their pages no longer show: fifty of each provider."""
    with closing(sqlite3.connect(database)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(incidents)")]
        changed = {"id": "id || '-before'", "shown": "0", "open": "0"}
        values = ", ".join(changed.get(column, column) for column in columns)
        connection.execute(f"INSERT INTO incidents SELECT {values} FROM incidents")  # noqa: S608  fixed texts
        (count,) = connection.execute("SELECT count(*) FROM incidents").fetchone()
        progress(f"page: {count} incidents")


def overview(port: int, client: Client) -> Iterator[Figure]:
    """The time of the overview: the first after a start, and while something happens."""
    times = [load(port) for _ in range(LOADS)]
    yield Figure("overview, the first after a start", "ms", Spread.once(times[0]), goal=PAGE_GOAL)
    yield Figure("overview, again", "ms", Spread.of(times[1:]), goal=PAGE_GOAL)
    progress(f"page: {client.memory():.0f} MiB with the site")


def load(port: int) -> float:
    """Milliseconds until the whole page is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    took = time.monotonic() - began
    connection.close()
    assert answer.status == http.client.OK, body[:200]
    return took * 1000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
