"""Bytes that a client sends to the site: it answers or hangs up, is well afterwards, and calls nothing a bug."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import quote

import trio
from structlog.testing import capture_logs
from websites import incident, open_past, open_site

from fuzz.mutate import mutated, words
from fuzz.target import Look, Target, check
from statustrio.web.app import SECURITY
from statustrio.web.openapi import document

WORDS = words("requests")
PATIENCE = 2.0
"""Seconds after which a connection that waits for more is left alone."""


def _seeds() -> list[bytes]:
    paths = [
        "/", "/history?q=mail&page=2", "/provider/acme", "/incident/acme/i1", "/monitor", "/feed.atom",
        "/maintenance.ics", "/badge/acme.svg", "/healthz", "/readyz", "/metrics", "/static/style.css", "/favicon.ico",
        "/nowhere", "/api/v1/openapi.json", "/api/v1/incidents/acme/i1", "/api/v1/events/stream?after=0",
    ]  # fmt: skip
    for path, methods in document()["paths"].items():
        names = [one["name"] for one in methods["get"]["parameters"] if one["in"] == "query"]
        paths.append(f"{path}?{'&'.join(f'{name}=1' for name in names)}")
    return [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode() for path in paths]


def _change(data: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    if chance.random() < 0.5:
        return mutated(data, others, chance, WORDS)
    # Only the target, so that it gets past the parser.
    line, _, rest = data.partition(b" HTTP/")
    method, _, target = line.partition(b" ")
    changed = mutated(target, [], chance, WORDS)
    return b"%s %s HTTP/%s" % (method, quote(changed, safe="/?&=%.").encode(), rest)


@contextmanager
def _running() -> Iterator[Callable[[bytes], Look]]:
    """A site in a thread of its own, asked from this one."""
    ports: SimpleQueue[int] = SimpleQueue()
    stopped: SimpleQueue[Callable[[], None]] = SimpleQueue()

    async def serve(database: Path) -> None:
        async with open_site(database) as site:
            token, stop = trio.lowlevel.current_trio_token(), trio.Event()
            stopped.put(lambda: token.run_sync_soon(stop.set))
            ports.put(site.port)
            await stop.wait()

    with TemporaryDirectory() as directory:
        database = Path(directory) / "test.db"
        with open_past(database) as past:
            past.tell(incident(title="<script>alert(1)</script>"), incident("i2"))
        thread = Thread(target=trio.run, args=(serve, database))
        thread.start()
        try:
            yield partial(_examine, ports.get(timeout=PATIENCE * 10))
        finally:
            stopped.get(timeout=PATIENCE)()
            thread.join()


def _examine(port: int, data: bytes) -> Look:
    with capture_logs() as logs:
        begun = time.process_time()
        answer = _answer(port, data, PATIENCE if b"close" in data and b"stream" not in data else 0.02)
        cpu = time.process_time() - begun
        well = _answer(port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 10 * PATIENCE)
    bugs = [entry for entry in logs if entry["log_level"] in ("error", "critical")]
    check(not bugs, f"the site calls it a bug: {bugs[:1]}")
    check(well.startswith(b"HTTP/1.1 200"), "the site is not well afterwards")
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.partition(b"\r\n")[0]
    check(not status.startswith(b"HTTP/1.1 500"), "an answer of 500")
    check(b"root:" not in body, "a file of the system came through")
    if b"text/html" in head:
        check(b"<script>alert" not in body, "markup of a page came through")
        check(all(name.lower().encode() in head.lower() for name in SECURITY), "a page without its headers")
    if b"application/json" in head and b"chunked" not in head and b"gzip" not in head and data.startswith(b"GET"):
        json.loads(body.split(b"HTTP/1.1 ")[0])
    return Look(f"{status!r} {head.count(b':')} {min(len(body), 5000) // 500}", cpu, len(data))


def _answer(port: int, data: bytes, patience: float) -> bytes:
    """What comes back before the site closes the connection, or says no more for so many seconds."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        except (TimeoutError, ConnectionError):
            pass
    return received


REQUESTS = Target("requests", _seeds, _change, _running)
