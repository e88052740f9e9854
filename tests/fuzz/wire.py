"""Answers as bytes on the wire: an OwnTransport whose peer is a list of them, and how a document is put into one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from fuzz.mutate import words
from statustrio.transport import OwnTransport

HEADS: Sequence[bytes] = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/atom+xml\r\n",
    b'HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset="iso-8859-1"\r\nETag: W/"ab"\r\n',
    b"HTTP/1.0 203 \r\nLast-Modified: Mon, 02 Mar 2026 13:00:00 GMT\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
)
OTHERS: Sequence[bytes] = (
    b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
    b"HTTP/1.1 429 Slow\r\nRetry-After: Mon, 02 Mar 2026 13:00:00 GMT\r\nDate: x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Gone\r\nRetry-After: 99999999999999999999\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 301 Moved\r\nLocation: https://other.example/feed\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: ../feed?x=%0d%0a#y\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 308 Found\r\nLocation: //[::ffff:127.0.0.1%25lo]:80/\r\n\r\n",
    b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
)
WORDS = words("http")
FRAMINGS = ("length", "chunked", "gzip", "gzip chunked", "members", "close", "raw")
"""How a document becomes an answer; `raw`: it is all of one, head included."""


@frozen
class Answer:
    """One answer of a page: the lines of its head, its document, and how that is framed."""

    head: bytes
    body: bytes
    framing: str = "length"

    def wire(self) -> bytes:
        body, more = self.body, b""
        if self.framing == "raw":
            return body
        if self.framing.startswith("gzip"):
            body, more = gzip.compress(body, 1, mtime=0), b"Content-Encoding: gzip\r\n"
        elif self.framing == "members":
            middle = len(body) // 2
            body = gzip.compress(body[:middle], 1, mtime=0) + gzip.compress(body[middle:], 1, mtime=0)
            more = b"Content-Encoding: x-gzip\r\n"
        if self.framing.endswith("chunked"):
            step = max(1, len(body) // 7)
            parts = [body[at : at + step] for at in range(0, len(body), step)]
            body = b"".join(b"%x;x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
            more += b"Transfer-Encoding: chunked\r\n"
        elif self.framing != "close":
            more += b"Content-Length: %d\r\n" % len(body)
        return self.head + more + b"\r\n" + body


def to_bytes(answers: Sequence[Answer]) -> bytes:
    """The answers as a file that can be read and changed by hand."""
    rows = [[one.framing, one.head.decode("latin-1"), one.body.decode("latin-1")] for one in answers]
    return json.dumps(rows, indent=0).encode()


def from_bytes(data: bytes) -> list[Answer]:
    rows = json.loads(data)
    return [Answer(head.encode("latin-1"), body.encode("latin-1"), framing) for framing, head, body in rows]


@define(eq=False)
class _Peer:
    """Stands for a connection: sends the pieces and closes."""

    origin: Any
    _pieces: list[bytes]
    expires: float = 0.0

    async def send_all(self, data: bytes) -> None:
        pass

    async def receive(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def is_stale(self) -> bool:
        return True  # each request is dialled for

    def ticket(self) -> None:
        return None

    def get_extra_info(self, info: str) -> Any:
        return ("203.0.113.1", 443) if info == "server_addr" else None

    def close(self) -> None:
        self._pieces.clear()


@define(eq=False)
class Played(OwnTransport):
    """Our transport, whose every peer sends `wire`, in pieces as short as its length says."""

    wire: bytes = field(init=False, default=b"")

    async def _dial(self, origin: Any, trace: Any) -> Any:
        _, host, port = origin
        await trace("connection.connect_tcp.started", {"host": host, "port": port})
        step = max((1, 7, 1000, 64 * 1024)[len(self.wire) % 4], len(self.wire) // 500)
        peer = _Peer(origin, [self.wire[at : at + step] for at in range(0, len(self.wire), step)])
        await trace("connection.connect_tcp.complete", {"return_value": peer})
        return peer
