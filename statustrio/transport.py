"""HTTP/1.1 over sockets of our own: dialling, TLS, and which connections stay open for the next request.

A poll that finds nothing new is nearly all that a day consists of, and httpx's own transport spends several times the
CPU of this one on it. What is sent and read is `http1`'s; deadlines, limits and the second try over a new connection
are `fetch`'s. It knows no proxies, follows no redirect and undoes no gzip.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias

import httpx
import trio
from attrs import define, field

from statustrio.http1 import Answer, Origin, render

__all__ = ["KEPT_SECONDS", "MAX_IDLE", "OwnTransport"]

MAX_IDLE = 2
"""The feed's connection and that of a redirect or of enrichment."""
KEPT_SECONDS = 120.0
"""How long a connection may idle: over a poll's usual minute."""

_CHUNK = 64 * 1024

Trace: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[None]]


async def _untraced(_event: str, _info: Mapping[str, Any]) -> None:
    pass


@define(eq=False)
class _Connection:
    """A socket that does not block, plain or TLS. TLS runs on the socket itself: trio's stream costs 100 kB each."""

    origin: Origin
    _sock: socket.socket
    _peer: Any
    expires: float = 0.0

    @classmethod
    def taken_from(cls, stream: trio.SocketStream, origin: Origin) -> _Connection:
        """Take the socket out of trio's `stream`, whose options it keeps (TCP_NODELAY)."""
        theirs = stream.socket
        sock = socket.socket(theirs.family, theirs.type, theirs.proto, fileno=theirs.detach())
        with ExitStack() as undo:
            undo.callback(sock.close)
            sock.setblocking(False)
            connection = cls(origin, sock, sock.getpeername())
            undo.pop_all()
        return connection

    async def shake_hands(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        self._sock = sock = context.wrap_socket(
            self._sock, server_hostname=self.origin[1], do_handshake_on_connect=False, session=session
        )
        while True:
            try:
                sock.do_handshake()
            except ssl.SSLWantReadError:
                await trio.lowlevel.wait_readable(sock)
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(sock)
            else:
                return

    async def send_all(self, data: bytes | memoryview) -> None:
        while True:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError):
                await trio.lowlevel.wait_writable(self._sock)
            except ssl.SSLWantReadError:
                await trio.lowlevel.wait_readable(self._sock)
            else:
                if sent == len(data):
                    return
                data = memoryview(data)[sent:]

    async def receive(self) -> bytes:
        """Return the next bytes, none at the end. Waits in any case, as nothing is there so soon after sending."""
        if not self._pending():
            await trio.lowlevel.wait_readable(self._sock)
        while True:
            try:
                if isinstance(self._sock, ssl.SSLSocket) and not self._pending():
                    self._peek()  # raises what an `SSLSocket` would take for the end: that the peer reset it
                return self._sock.recv(_CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError):
                await trio.lowlevel.wait_readable(self._sock)
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(self._sock)

    def is_stale(self) -> bool:
        """Whether anything came that nobody asked for: the end, or an answer to no request (408)."""
        if self._pending():
            return True
        try:
            self._peek()  # even a record of TLS's own is unexpected here
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def ticket(self) -> ssl.SSLSession | None:
        """Return what resumes this TLS session on another connection."""
        session = self._sock.session if isinstance(self._sock, ssl.SSLSocket) else None
        return session if session is not None and session.has_ticket else None

    def get_extra_info(self, info: str) -> Any:
        return self._peer if info == "server_addr" else None

    def close(self) -> None:
        # Nobody is told: a connection belongs to one request at a time, and who closes it does not wait for it.
        self._sock.close()

    async def aclose(self) -> None:
        self.close()

    def _peek(self) -> None:
        """Look below TLS for bytes or an end, as an `SSLSocket` cannot. Raises BlockingIOError if there is neither."""
        socket.socket.recv(self._sock, 1, socket.MSG_PEEK)

    def _pending(self) -> bool:
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0


class _Body(httpx.AsyncByteStream):
    """A body as it arrives, at most one read ahead. No generator: it can be left at any point without a trace."""

    def __init__(self, transport: OwnTransport, connection: _Connection, answer: Answer) -> None:
        self._transport = transport
        self._connection: _Connection | None = connection
        self._answer = answer
        self._leave_if_complete(connection)

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        while not self._answer.parts:
            if self._connection is None:
                raise StopAsyncIteration
            await self._read(self._connection)
        return self._answer.taken()

    async def aclose(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._transport.drop(connection)

    async def _read(self, connection: _Connection) -> None:
        whole = False
        try:
            await _receive(connection, self._answer)
            whole = True
        finally:
            if not whole:
                self._connection = None
                self._transport.drop(connection)
        self._leave_if_complete(connection)

    def _leave_if_complete(self, connection: _Connection) -> None:
        if self._answer.complete:
            self._connection = None
            self._transport.take_back(connection, reusable=self._answer.keeps_alive)


@define(eq=False)
class OwnTransport(httpx.AsyncBaseTransport):
    """Connections of one provider, few of them kept open between requests.

    Raises the exceptions of httpx's own transport, and tells `request.extensions["trace"]` the same events, as far as
    `fetch` looks at them, and one more: `answer.began`.
    """

    _context: ssl.SSLContext
    """The same for the life of the process: sessions can be resumed only where they began."""
    _idle: list[_Connection] = field(init=False, factory=list)
    _tickets: dict[Origin, ssl.SSLSession] = field(init=False, factory=dict)
    """Of connections that are gone: while one is open, its session would only cost memory."""
    _closed: bool = field(init=False, default=False)
    _rendered: tuple[httpx.Request | None, Origin, bytes] = field(init=False, default=(None, ("", "", 0), b""))

    def __attrs_post_init__(self) -> None:
        self._context.set_alpn_protocols(["http/1.1"])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`, return once the head of the answer is there, and all of it if it is short."""
        if request is not self._rendered[0]:
            self._rendered = (request, *render(request))
        _, origin, wire = self._rendered
        trace: Trace = request.extensions.get("trace", _untraced)
        idle = self._idle_for(origin)
        connection = idle or await self._dial(origin, trace)
        answer = Answer()
        whole = False
        try:
            await trace("http11.send_request_headers.started", {})
            await _send(connection, wire)
            await _receive(connection, answer, trace)
            while not answer.has_head:
                await _receive(connection, answer)
            whole = True
        finally:
            if not whole:
                self.drop(connection)
                if idle is not None:
                    self._drop_idle(origin)  # they are as old: a second try takes a new one
        body = _Body(self, connection, answer)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions={"network_stream": connection}
        )

    async def aclose(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def take_back(self, connection: _Connection, *, reusable: bool) -> None:
        """Keep `connection` for the next request, if its answer was read to the end and nothing else came."""
        if not reusable or self._closed:
            self.drop(connection)
            return
        connection.expires = trio.current_time() + KEPT_SECONDS
        self._idle.append(connection)
        if len(self._idle) > MAX_IDLE:
            self.drop(self._idle.pop(0))

    def drop(self, connection: _Connection) -> None:
        """Close `connection`, and keep what makes the next handshake short."""
        ticket = connection.ticket()
        if ticket is not None:
            self._tickets.pop(connection.origin, None)
            self._tickets[connection.origin] = ticket
            if len(self._tickets) > MAX_IDLE:
                del self._tickets[next(iter(self._tickets))]
        connection.close()

    def _idle_for(self, origin: Origin) -> _Connection | None:
        now = trio.current_time()
        found = None
        for connection in tuple(self._idle):
            ours = connection.origin == origin
            if connection.expires <= now or (ours and connection.is_stale()):
                self._idle.remove(connection)
                self.drop(connection)
            elif ours:
                found = connection
        if found is not None:
            self._idle.remove(found)
        return found

    def _drop_idle(self, origin: Origin) -> None:
        for connection in tuple(self._idle):
            if connection.origin == origin:
                self._idle.remove(connection)
                self.drop(connection)

    async def _dial(self, origin: Origin, trace: Trace) -> _Connection:
        scheme, host, port = origin
        await trace("connection.connect_tcp.started", {"host": host, "port": port})
        try:
            connection = _Connection.taken_from(await trio.open_tcp_stream(host, port), origin)
        except OSError as exc:
            raise httpx.ConnectError(str(exc)) from exc
        with ExitStack() as undo:
            undo.callback(connection.close)
            await trace("connection.connect_tcp.complete", {"return_value": connection})
            if scheme == "https":
                try:
                    await connection.shake_hands(self._context, self._tickets.pop(origin, None))
                except OSError as exc:
                    raise httpx.ConnectError(str(exc)) from exc
            undo.pop_all()
        return connection


async def _send(connection: _Connection, wire: bytes) -> None:
    try:
        await connection.send_all(wire)
    except OSError as exc:
        raise httpx.WriteError(str(exc)) from exc


async def _receive(connection: _Connection, answer: Answer, trace: Trace | None = None) -> None:
    """Read once. `trace` learns that the first bytes came, before anything is made of them."""
    try:
        data = await connection.receive()
    except OSError as exc:
        raise httpx.ReadError(str(exc)) from exc
    if data:
        if trace is not None:
            await trace("answer.began", {})
        answer.feed(data)
    else:
        answer.end()
