"""Where hostile pages are served: in a thread with a loop of its own, so that they delay no healthy page here."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import trio
from attrs import define, field
from server import Page, PageServer, Trust, open_server, set_reset

from torture.faults import GOOD, Fault

Greet = Callable[[trio.SocketStream], Awaitable[None]]


@define(eq=False)
class Places:
    """The ports by the names that faults use for them, and the pages, until `mend` makes all of them good."""

    faults: Sequence[Fault]
    trust: Trust
    directory: Path
    ports: dict[str, int] = field(factory=dict)
    mended_at: float = 0.0
    """Seconds of the epoch."""
    _mended: trio.Event = field(factory=trio.Event)
    _ended: trio.Event = field(factory=trio.Event)
    _token: trio.lowlevel.TrioToken | None = None
    _ready: threading.Event = field(factory=threading.Event)

    @property
    def urls(self) -> dict[str, str]:
        return {fault.id: f"{fault.place.format(**self.ports)}/{fault.id}" for fault in self.faults}

    def wait_ready(self) -> None:
        self._ready.wait(10)

    def mend(self) -> None:
        (self.directory / "hostile").unlink()
        self.mended_at = time.time()
        self._in_thread(self._mended.set)

    def end(self) -> None:
        self._in_thread(self._mended.set)
        self._in_thread(self._ended.set)

    def serve(self) -> None:
        """Serve until the end; in a thread."""
        trio.run(self._serve)

    def _in_thread(self, call: Callable[[], None]) -> None:
        assert self._token is not None
        self._token.run_sync_soon(call)

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with open_server(deadline=600) as server, trio.open_nursery() as nursery:
            server.pages |= {f"/{fault.id}": Page(fault.body, script=fault.script) for fault in self.faults}
            self.ports["http"] = server.port
            good = self.trust.server()
            for name, greet in self._greetings(server, good).items():
                listen = partial(trio.serve_tcp, partial(self._greet, server, greet, good), 0, host="127.0.0.1")
                listeners = await nursery.start(listen)
                self.ports[name] = listeners[0].socket.getsockname()[1]
            with _dead_ends() as (refused, full, fillers):
                self.ports |= {"refused": refused.getsockname()[1], "full": full.getsockname()[1]}
                self._ready.set()
                await self._mended.wait()
                for page, fault in ((server.pages[f"/{fault.id}"], fault) for fault in self.faults):
                    page.script = None
                    page.body = fault.body if fault.words is None else GOOD
                fillers.close()
                refused.listen()
                listening = [trio.SocketListener(trio.socket.from_stdlib_socket(sock)) for sock in (refused, full)]
                nursery.start_soon(trio.serve_listeners, server.serve, listening)
                await self._ended.wait()
                nursery.cancel_scope.cancel()

    async def _greet(self, server: PageServer, greet: Greet, good: ssl.SSLContext, stream: trio.SocketStream) -> None:
        """Begin a connection over TLS as a hostile server does, and as a good one later."""
        if self._mended.is_set():
            await server.serve(trio.SSLStream(stream, good, server_side=True))
        else:
            async with stream:
                await greet(stream)

    def _greetings(self, server: PageServer, good: ssl.SSLContext) -> dict[str, Greet]:
        async def over(context: ssl.SSLContext, stream: trio.SocketStream) -> None:
            await server.serve(trio.SSLStream(stream, context, server_side=True))

        async def plain(stream: trio.SocketStream) -> None:
            await stream.send_all(b"220 smtp.example ready\r\n" * 4)
            await stream.receive_some()

        async def mute(stream: trio.SocketStream) -> None:
            while await stream.receive_some():
                pass

        async def gone(stream: trio.SocketStream) -> None:
            await stream.receive_some()

        async def resets(stream: trio.SocketStream) -> None:
            set_reset(stream)

        return {
            "tls": partial(over, good),
            "expired": partial(over, self.trust.server(expired=True)),
            "other": partial(over, self.trust.server("other.example")),
            "selfsigned": partial(over, Trust().itself()),
            "plain": plain,
            "mute": mute,
            "gone": gone,
            "resets": resets,
        }


@contextmanager
def _dead_ends() -> Iterator[tuple[socket.socket, socket.socket, ExitStack]]:
    """A port that refuses, one whose queue of connections is full, and what keeps it so."""
    with ExitStack() as opened:
        refused, full = (opened.enter_context(socket.socket()) for _ in range(2))
        for sock in (refused, full):
            sock.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = opened.enter_context(ExitStack())
        for _ in range(8):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        yield refused, full, fillers


@asynccontextmanager
async def open_places(trust: Trust, directory: Path, faults: Sequence[Fault]) -> AsyncIterator[Places]:
    """Serve hostile pages until the block is left."""
    (directory / "hostile").touch()
    places = Places(faults, trust, directory)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, places.serve)
        await trio.to_thread.run_sync(places.wait_ready)
        try:
            yield places
        finally:
            places.end()
