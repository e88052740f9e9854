"""What polling costs: CPU of the whole daemon per poll, and of its parts. `make bench`.

The pages are served by a second process on loopback. Machines are noisy: compare figures of one run, not of two.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import feedparser
import trio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from pages import StatusPage
from server import open_server

from statustrio.reading import read_document

TICKS = os.sysconf("SC_CLK_TCK")


def full_page(number: int) -> StatusPage:
    """A page as long as a real one: 25 incidents of four updates, about 60 kB."""
    page = StatusPage()
    for incident in range(25):
        trouble = page.open(f"Incident {number}-{incident}", "We are investigating reports of errors. " * 6)
        page.post(trouble, "Identified", "The cause is known and a fix is on its way to all regions. " * 6)
        page.post(trouble, "Monitoring", "The fix is in place, we are watching. " * 6)
        page.post(trouble, "Resolved", "This incident has been resolved. " * 6)
    return page


async def serve(count: int, *, changing: bool) -> None:
    """Serve pages until stdin closes; the first line printed is the base URL."""
    pages = [full_page(number) for number in range(count)]
    async with open_server(deadline=3600) as server, trio.open_nursery() as nursery:
        server.pages = {f"/{number}.atom": page.page for number, page in enumerate(pages)}
        if changing:
            nursery.start_soon(change, pages)
        print(server.url(), flush=True)  # noqa: T201  the answer to the parent
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()


async def change(pages: list[StatusPage]) -> None:
    """One page after the other has an incident, about one of a hundred polls sees it."""
    number = 0
    while True:
        await trio.sleep(0.25)
        page = pages[number % len(pages)]
        page.open(f"News {number}")
        number += 1


def measure(count: int, seconds: float, *, changing: bool) -> tuple[float, float]:
    """CPU microseconds per poll of the whole daemon, and its memory in MiB."""
    with tempfile.TemporaryDirectory() as place:
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(count), *(["--changing"] if changing else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        base = server.stdout.readline().strip()
        interval = max(0.05, count / 200)
        config = Path(place, "providers.yaml")
        text = f"defaults: {{poll_interval_seconds: {interval}, open_poll_interval_seconds: {interval}}}\nproviders:\n"
        config.write_text(text + "".join(f"  - {{name: p{n}, feed_url: '{base}{n}.atom'}}\n" for n in range(count)))
        daemon = subprocess.Popen(
            [sys.executable, "-m", "statustrio", "-c", config, "--db", Path(place, "statustrio.db")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(4 + count / 20)  # the first sight of each page is another matter
            before = cpu_seconds(daemon.pid)
            time.sleep(seconds)
            cpu = cpu_seconds(daemon.pid) - before
            status = Path(f"/proc/{daemon.pid}/status").read_text()
            memory = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
        finally:
            daemon.terminate()
            daemon.wait()
            with suppress(BrokenPipeError):
                server.communicate()
        return cpu / (count * seconds / interval) * 1e6, memory


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def milliseconds(work: Callable[[], object], runs: int = 15) -> float:
    """The median of some runs."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--changing", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each mix is measured")
    args = parser.parse_args()
    if args.serve:
        trio.run(partial(serve, args.serve, changing=args.changing))
        return
    body = full_page(0).page.body
    read = partial(read_document, body, url="", content_type=None, platform=None, last_platform=None, last_window=())
    again = read()
    known = partial(
        read_document, body, url="", content_type=None, platform=None, last_platform="statuspage",
        last_window=again.window,
    )  # fmt: skip

    def quick() -> object:
        return feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)

    rows = [
        (f"feedparser as it comes, {len(body) // 1000} kB", milliseconds(lambda: feedparser.parse(io.BytesIO(body)))),
        ("feedparser, its two switches off", milliseconds(quick)),
        ("a document read whole, 25 entries", milliseconds(read)),
        ("a document read again, nothing new", milliseconds(known)),
    ]
    for name, value in rows:
        print(f"{name:<44}{value:8.2f} ms")  # noqa: T201  the result
    for count in (50, 200):
        for changing in (False, True):
            cpu, memory = measure(count, args.seconds, changing=changing)
            name = f"{count} providers, " + ("one poll in 50 with news" if changing else "all 304")
            print(f"{name:<44}{cpu:8.0f} us of CPU a poll {memory:6.0f} MiB")  # noqa: T201  the result


if __name__ == "__main__":
    main()
