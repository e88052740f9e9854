"""A small web server on trio for the tests: pages that change, and everything a server can do wrong.

`async with open_server() as server:` listens on 127.0.0.1. Put a `Page` at `server.pages["/feed"]`, ask for
`server.url("/feed")`, read what was asked from `server.requests`. A bug in here ends the test.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

import trio
import trustme
from attrs import define, field, frozen


@frozen
class Asked:
    """A request as it came: header names in lower case, `at` in trio's time, `connection` counted from 1.

    `status` is that of the answer, None where a script sent none.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    connection: int
    status: int | None = None


@define(eq=False)
class Exchange:
    """One request and the stream to answer on; what a script gets. The connection closes after it, unless `keep`."""

    asked: Asked
    page: Page
    stream: trio.abc.Stream
    status: int | None = None
    keep: bool = False

    async def head(self, status: int = 200, **headers: str | int) -> None:
        """Send a status line and headers: `content_length=3` becomes `Content-Length: 3`."""
        self.status = status
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
        await self.stream.send_all("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def until_gone(self) -> None:
        """Wait until the client closes."""
        while await self.stream.receive_some():
            pass

    async def answer(self, body: bytes = b"", status: int = 200, **headers: str | int) -> None:
        """Send a whole answer and keep the connection."""
        if status not in {204, 304}:
            headers["content_length"] = len(body)
        await self.head(status, **headers)
        await self.send(body)
        self.keep = True


Script: TypeAlias = Callable[[Exchange], Awaitable[None]]


@define
class Page:
    """A page to change at will. `script` answers in its place; `once` are scripts for the next requests, one each."""

    body: bytes = b""
    content_type: str = "application/atom+xml"
    etag: bool = True
    """Send an ETag, the hash of the body."""
    last_modified: datetime | None = None
    gzip: bool = False
    headers: dict[str, str] = field(factory=dict)
    script: Script | None = None
    once: list[Script] = field(factory=list)

    async def __call__(self, exchange: Exchange) -> None:
        """Answer like an ordinary web server."""
        headers: dict[str, str | int] = {**self.headers}
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'
        if self.etag:
            headers["etag"] = etag
        if self.last_modified:
            headers["last_modified"] = format_datetime(self.last_modified, usegmt=True)
        if self._still_has(exchange.asked.headers, etag):
            await exchange.answer(b"", 304, **headers)
            return
        body = self.body
        if self.gzip and "gzip" in exchange.asked.headers.get("accept-encoding", ""):
            body = gzip.compress(body)
            headers["content_encoding"] = "gzip"
        headers["content_type"] = self.content_type
        await exchange.answer(body, 200, **headers)

    def _still_has(self, asked: dict[str, str], etag: str) -> bool:
        if self.etag and "if-none-match" in asked:
            return asked["if-none-match"].removeprefix("W/") == etag
        if self.last_modified and "if-modified-since" in asked:
            return self.last_modified.replace(microsecond=0) <= parsedate_to_datetime(asked["if-modified-since"])
        return False


@define(eq=False)
class PageServer:
    """A running server. `pages` by path without query; `connections` counts those accepted, `open` those not closed."""

    host: str
    port: int
    scheme: str
    pages: dict[str, Page] = field(factory=dict)
    requests: list[Asked] = field(factory=list)
    connections: int = 0
    open: int = 0
    _news: trio.Condition = field(init=False, factory=trio.Condition)

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    async def wait_requests(self, count: int) -> None:
        """Wait until `count` requests were read (their answers may be under way)."""
        await self.wait(lambda: len(self.requests) >= count)

    async def wait_closed(self) -> None:
        """Wait until no connection is open."""
        await self.wait(lambda: self.open == 0)

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until this holds; it is looked at whenever a request came, was answered, or a connection ended."""
        async with self._news:
            while not condition():
                await self._news.wait()

    async def _changed(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Answer on one connection until either side closes it."""
        self.connections += 1
        self.open += 1
        number = self.connections
        try:
            async with stream:
                await self._converse(stream, number)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client went away, or a script did
        finally:
            self.open -= 1
            with trio.CancelScope(shield=True):
                await self._changed()

    async def _converse(self, stream: trio.abc.Stream, number: int) -> None:
        waiting = bytearray()
        while True:
            asked = await _read_request(stream, waiting, number)
            if asked is None:
                return
            place = len(self.requests)
            self.requests.append(asked)
            await self._changed()
            page = self.pages.get(asked.path.partition("?")[0]) or Page(script=status(404))
            exchange = Exchange(asked, page, stream)
            script = page.once.pop(0) if page.once else page.script or page
            try:
                await script(exchange)
            finally:
                self.requests[place] = _with_status(asked, exchange.status)
            await self._changed()
            if not exchange.keep:
                return


def _with_status(asked: Asked, status: int | None) -> Asked:
    return Asked(asked.method, asked.path, asked.headers, asked.body, asked.at, asked.connection, status)


async def _read_request(stream: trio.abc.Stream, waiting: bytearray, number: int) -> Asked | None:
    async def more() -> bool:
        chunk = await stream.receive_some()
        waiting.extend(chunk)
        return bool(chunk)

    while b"\r\n\r\n" not in waiting:
        if not await more():
            return None
    head, _, _ = waiting.partition(b"\r\n\r\n")
    del waiting[: len(head) + 4]
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(waiting) < length:
        if not await more():
            return None
    body = bytes(waiting[:length])
    del waiting[:length]
    return Asked(method, path, headers, body, trio.current_time(), number)


@asynccontextmanager
async def open_server(
    *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", deadline: float = 10
) -> AsyncIterator[PageServer]:
    """Serve on a free port of `host` until the block is left, which has to be within `deadline` seconds."""
    with trio.fail_after(deadline):
        async with _serving(tls, host) as server:
            yield server


@asynccontextmanager
async def _serving(tls: ssl.SSLContext | None, host: str) -> AsyncIterator[PageServer]:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host=host)
        server = PageServer(host, listener.socket.getsockname()[1], "https" if tls else "http")
        listeners: list[trio.abc.Listener[trio.abc.Stream]] = [trio.SSLListener(listener, tls) if tls else listener]
        await nursery.start(trio.serve_listeners, server.serve, listeners)
        yield server
        nursery.cancel_scope.cancel()


# Scripts: what a server can do other than serving its page.


def status(code: int, body: bytes = b"", **headers: str | int) -> Script:
    """Answer with this status, headers and body."""
    return lambda exchange: exchange.answer(body, code, **headers)


def redirect(location: str, code: int = 302) -> Script:
    return status(code, location=location)


def raw(data: bytes) -> Script:
    """Send exactly this and close."""
    return lambda exchange: exchange.send(data)


async def hang(exchange: Exchange) -> None:
    """Never answer."""
    await exchange.until_gone()


async def hang_in_body(exchange: Exchange) -> None:
    """Stop after the first half of the body."""
    await exchange.head(content_length=len(exchange.page.body))
    await exchange.send(exchange.page.body[: len(exchange.page.body) // 2])
    await exchange.until_gone()


def drip(pause: float) -> Script:
    """Send the body byte by byte, a pause in seconds before each."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(content_length=len(exchange.page.body))
        for byte in exchange.page.body:
            await trio.sleep(pause)
            await exchange.send(bytes([byte]))
        exchange.keep = True

    return script


async def close(_exchange: Exchange) -> None:
    """Close without an answer."""


async def reset(exchange: Exchange) -> None:
    """Reset the connection without an answer."""
    set_reset(exchange.stream)


async def reset_in_body(exchange: Exchange) -> None:
    """Reset the connection after the headers."""
    await exchange.head(content_length=100)
    set_reset(exchange.stream)


async def close_in_body(exchange: Exchange) -> None:
    """Close before the Content-Length is reached."""
    await exchange.head(content_length=len(exchange.page.body) + 1)
    await exchange.send(exchange.page.body)


async def chunked(exchange: Exchange) -> None:
    """Send the body in chunks of seven bytes."""
    await exchange.head(transfer_encoding="chunked")
    body = exchange.page.body
    for start in range(0, len(body), 7):
        part = body[start : start + 7]
        await exchange.send(b"%x\r\n%s\r\n" % (len(part), part))
    await exchange.send(b"0\r\n\r\n")
    exchange.keep = True


async def chunked_garbage(exchange: Exchange) -> None:
    await exchange.head(transfer_encoding="chunked")
    await exchange.send(b"zz\r\nno chunk\r\n")


async def endless(exchange: Exchange) -> None:
    """Send a body that has no end, as fast as it is taken."""
    await exchange.head()
    while True:
        await exchange.send(b"x" * 65536)


def gzip_bomb(size: int, *, nested: int = 1) -> Script:
    """Send `size` zero bytes, gzipped `nested` times."""
    body = bytes(size)
    for _ in range(nested):
        body = gzip.compress(body)
    return status(200, body, content_encoding=", ".join(["gzip"] * nested))


async def truncated_gzip(exchange: Exchange) -> None:
    """Send the body gzipped, without its last ten bytes but with the Content-Length to match."""
    await exchange.answer(gzip.compress(exchange.page.body)[:-10], content_encoding="gzip")


def set_reset(stream: trio.abc.Stream) -> None:
    """Make the close that follows a reset instead of an end."""
    while isinstance(stream, trio.SSLStream):
        stream = stream.transport_stream
    assert isinstance(stream, trio.SocketStream)
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@frozen
class Trust:
    """A certificate authority for one test: `server()` contexts to serve with, `client` trusts it."""

    _authority: trustme.CA = field(factory=trustme.CA)

    def server(self, name: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """Return a context with a certificate for `name`."""
        now = datetime.now(UTC)
        start, end = (now - timedelta(days=9), now - timedelta(days=1)) if expired else (None, None)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(name, not_before=start, not_after=end).configure_cert(context)
        return context

    def write(self, path: Path) -> None:
        """Write its certificate for a program to trust it (`SSL_CERT_FILE`)."""
        self._authority.cert_pem.write_to_path(str(path))

    def itself(self) -> ssl.SSLContext:
        """Return a context with the authority's own certificate: one that nobody else signed."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with self._authority.private_key_pem.tempfile() as key, self._authority.cert_pem.tempfile() as cert:
            context.load_cert_chain(cert, key)
        return context

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context
