"""The two programs that are compared, as the processes they are, with all they print in a file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import define, frozen

from benchmarks.cores import CLIENT, keep_to
from benchmarks.measure import cpu_seconds, memory_mib
from benchmarks.origin import FLUSH_SECONDS, Origin

HERE = Path(__file__).parent
WARM_SECONDS = 300.0
"""A client that has not polled each page twice by then never will."""


@define
class Client:
    """A running client and the file its lines go to."""

    process: subprocess.Popen[bytes]
    printed: Path
    started: float
    """Seconds since the epoch."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    def memory(self) -> float:
        return memory_mib(self.pid)

    def stop(self) -> float:
        """End it as a service manager would; the seconds that took."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait()
        return time.monotonic() - began


@frozen
class Measured:
    """A window of a client's life."""

    polls: int
    unmodified: int
    cpu: float
    seconds: float

    @property
    def per_poll(self) -> float:
        """Microseconds of CPU."""
        return self.cpu / self.polls * 1e6


def write_config(path: Path, urls: Mapping[int, str], interval: float) -> Path:
    """A providers.yaml as people write it, one interval for all."""
    text = f"defaults: {{poll_interval_seconds: {interval}, open_poll_interval_seconds: {interval}}}\nproviders:\n"
    lines = (f"  - {{id: p{number}, name: Page {number}, feed_url: '{url}'}}\n" for number, url in urls.items())
    path.write_text(text + "".join(lines))
    return path


@contextmanager
def running(command: Sequence[str | Path], printed: Path, origin: Origin) -> Iterator[Client]:
    """Run a client on its core, trusting the origin's certificate; it is ended with the block."""
    with printed.open("ab") as lines, printed.with_suffix(".log").open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=errors,
            env=os.environ | {"SSL_CERT_FILE": str(origin.authority)},
            cwd=printed.parent,
            preexec_fn=keep_to(CLIENT),  # noqa: PLW1509  no threads of ours hold a lock here
        )
    client = Client(process, printed, time.time())
    try:
        yield client
    finally:
        if process.poll() is None:
            client.stop()


def daemon_command(config: Path, database: Path) -> list[str | Path]:
    return [sys.executable, "-m", "statustrio", "-c", config, "--db", database, "--format", "json"]


@contextmanager
def open_daemon(origin: Origin, urls: Mapping[int, str], interval: float, place: Path) -> Iterator[Client]:
    """Run the daemon; its database stays in `place` from one run to the next, so that a second one knows all pages."""
    config = write_config(place / "providers.yaml", urls, interval)
    with running(daemon_command(config, place / "statustrio.db"), place / "ours.jsonl", origin) as client:
        yield client


@contextmanager
def open_reference(
    origin: Origin, urls: Mapping[int, str], interval: float, place: Path, *, switches_off: bool = False
) -> Iterator[Client]:
    """Run the reference, which has to see all pages for the first time whenever it starts."""
    feeds = place / "feeds.txt"
    feeds.write_text("\n".join(urls.values()))
    more = ["--switches-off"] if switches_off else []
    command = [sys.executable, HERE / "reference.py", feeds, "--interval", str(interval), *more]
    with running(command, place / "reference.jsonl", origin) as client:
        yield client


def wait_until(done: Callable[[], bool], client: Client, what: str, seconds: float = WARM_SECONDS) -> None:
    """Look again and again whether it is so; the client's own words when it never is."""
    deadline = time.monotonic() + seconds
    while not done():
        if client.process.poll() is not None or time.monotonic() > deadline:
            said = client.printed.with_suffix(".log").read_text()[-2000:]
            raise SystemExit(f"gave up waiting until {what}:\n{said}")
        time.sleep(FLUSH_SECONDS)


def wait_for_polls(origin: Origin, client: Client, pages: int, times: int = 2) -> None:
    """Wait until each page was polled so often: first sights and connections are behind us."""

    def polled() -> bool:
        counts = origin.counts()
        return len(counts) >= pages and min(counts.values()) >= times

    wait_until(polled, client, f"{pages} pages were polled {times} times")


def measure(origin: Origin, client: Client, seconds: float) -> Measured:
    """What the polls of the next seconds cost."""
    began, cpu = time.time(), client.cpu()
    time.sleep(seconds)
    ended, spent = time.time(), client.cpu() - cpu
    time.sleep(2 * FLUSH_SECONDS)
    polls = origin.polls(began, ended)
    return Measured(len(polls), sum(one.status == 304 for one in polls), spent, ended - began)
