"""The site's own sockets and server: hypercorn's connections inside the daemon's nursery.

Hypercorn's own server sends without a limit of time, also at the end, takes as many connections as come, and a fault in
one ends all. So they are accepted here, counted, kept apart, and cut off when it is time to go.
"""

from __future__ import annotations

import logging
import resource
import socket
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from pathlib import Path

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from hypercorn.utils import wrap_app
from starlette.types import ASGIApp

from statustrio.counts import Counts
from statustrio.errors import ConfigError
from statustrio.metrics import Metrics
from statustrio.supervisor import attempt, supervise
from statustrio.web.app import make_app
from statustrio.web.site import Bulletin, Readers, Site

BACKLOG = 256
GRACE_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 30.0
"""Also what a client has for the head of its request."""
STALLED_MILLISECONDS = 60_000
"""Who takes nothing of what it is sent for so long is cut off by the kernel, where it can (Linux)."""
MOST_CONNECTIONS = 2000
SHARE = 4
"""At most one in so many of the open files that are allowed: the polls need theirs."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there. ConfigError where that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise ConfigError((f"web: {host}:{port}: {exc.strerror or exc}",)) from exc
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # The sockets that it accepts have it from it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MILLISECONDS)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as exc:
        sock.close()
        raise ConfigError((f"web: {host}:{port}: {exc.strerror}; choose another place with --web",)) from exc
    return sock


async def run_site(
    sock: socket.socket,
    names: Collection[str],
    database: Path,
    counts: Counts,
    news: trio.MemoryReceiveChannel[None],
    ready: Callable[[], Awaitable[str | None]],
    stopped: Callable[[], Awaitable[None]],
) -> None:
    """Answer on this socket, also to these names, and stream the news of the log, until `stopped` returns.

    `ready` says why the daemon is not ready, if it is not.
    """
    readers = Readers(database)
    bulletin = Bulletin(readers)
    metrics = Metrics(counts, database)
    site = Site(readers, bulletin, ready, metrics.render, frozenset(names))
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(bulletin.run, news)
            nursery.start_soon(supervise, "search", site.keep_index)
            await serve(make_app(site), sock, stopped)
            nursery.cancel_scope.cancel()
    finally:
        readers.close()


class Connection(TCPServer):
    """One of hypercorn's, with its ends mended."""

    async def protocol_send(self, event: Event) -> None:
        try:
            await super().protocol_send(event)
        except trio.BusyResourceError:
            # It is being closed meanwhile, as the client asked for no more.
            await self.protocol.handle(Closed())

    async def _read_data(self) -> None:
        await super()._read_data()
        # Who has gone asks for nothing more: hypercorn would wait for it until the keep-alive is over.
        await self.idle_task.stop()


class Connections:
    """The connections that are open: bounded, each kept apart from the others, and cut off at the end."""

    def __init__(self, serve: Callable[[trio.SocketStream], Awaitable[None]]) -> None:
        self._serve = serve
        self._most = min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // SHARE)
        self._open: set[trio.SocketStream] = set()
        self._none = trio.Event()

    async def serve(self, stream: trio.SocketStream) -> None:
        """Serve one, or close it at once where there are too many. A bug in it ends it alone."""
        if len(self._open) >= self._most:
            stream.socket.close()
            return

        async def run() -> None:
            await self._serve(stream)

        self._open.add(stream)
        try:
            # Odd requests bring hypercorn into states that it does not know: the client's doing, and no news.
            await attempt("web: a connection", run, level=logging.DEBUG)
        finally:
            stream.socket.close()
            self._open.discard(stream)
            if not self._open:
                self._none.set()

    async def wait_for_none(self) -> None:
        while self._open:
            self._none = trio.Event()
            await self._none.wait()

    def cut_off(self) -> None:
        """Close them: what is being sent fails then. Cancelling would not do: hypercorn shields it."""
        for stream in self._open:
            stream.socket.close()


async def serve(app: ASGIApp, sock: socket.socket, stopped: Callable[[], Awaitable[None]]) -> None:
    """Answer on this socket until `stopped` returns; who is not done by the end of the grace is cut off."""
    config = Config()
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    context = WorkerContext(None)
    answer = Connections(partial(Connection, wrap_app(app, 0, "asgi"), config, context, ConnectionState({})))  # type: ignore[arg-type]  # starlette's and hypercorn's types of ASGI differ in name alone
    # Its own copy: trio closes what it is given.
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock.dup()))
    async with trio.open_nursery() as connections:
        try:
            async with trio.open_nursery() as accepting:
                accepting.start_soon(
                    partial(trio.serve_listeners, answer.serve, [listener], handler_nursery=connections)
                )
                await stopped()
                accepting.cancel_scope.cancel()
            # Those that wait for another request end now.
            await context.terminated.set()
            with trio.move_on_after(GRACE_SECONDS):
                await answer.wait_for_none()
        finally:
            answer.cut_off()
            connections.cancel_scope.cancel()
