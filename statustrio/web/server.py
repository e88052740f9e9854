"""The site's own sockets and server: hypercorn inside the daemon's nursery."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import trio
from hypercorn.config import Config
from hypercorn.trio import serve as serve_app
from starlette.types import ASGIApp

from statustrio.counts import Counts
from statustrio.errors import ConfigError
from statustrio.metrics import Metrics
from statustrio.supervisor import supervise
from statustrio.web.app import make_app
from statustrio.web.site import Bulletin, Readers, Site

BACKLOG = 256
GRACE_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 30.0


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


async def serve(app: ASGIApp, sock: socket.socket, stopped: Callable[[], Awaitable[None]]) -> None:
    """Answer on this socket until `stopped` returns; who still streams by then is cut off after the grace."""
    config = Config()
    # Its own copy: hypercorn closes what it is given.
    config.bind = [f"fd://{sock.dup().detach()}"]
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    config.graceful_timeout = GRACE_SECONDS
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    await serve_app(app, config, shutdown_trigger=stopped, mode="asgi")  # type: ignore[arg-type]  # starlette's and hypercorn's types of ASGI differ in name alone
