"""The log as server-sent events: `id` is the seq, so a browser that lost its connection goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable

import trio
from attrs import define
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from statustrio.web.site import Bulletin

ALIVE_SECONDS = 15.0
"""A comment that often tells both sides, and proxies between, that the other is there."""
RETRY_MILLISECONDS = 1000
MOST_STREAMS = 1000
LONGEST_SEQ = 18
"""Digits: SQLite's integers have 19."""
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@define(eq=False)
class Streams:
    """The endpoint; it counts who listens."""

    _bulletin: Bulletin
    open: int = 0

    async def answer(self, request: Request) -> ASGIApp:
        """Events after `Last-Event-ID`, else after the parameter `after`, else only those to come."""
        if request.method == "HEAD":
            return Response(headers=HEADERS)
        if self.open >= MOST_STREAMS:
            return PlainTextResponse("too many streams are open\n", 503, {"Retry-After": "10"})
        asked = request.headers.get("last-event-id") or request.query_params.get("after") or ""
        seq = int(asked) if asked.isdecimal() and len(asked) <= LONGEST_SEQ else self._bulletin.last

        async def stream(_scope: Scope, receive: Receive, send: Send) -> None:
            self.open += 1
            try:
                await self._stream(seq, receive, send)
            finally:
                self.open -= 1

        return stream

    async def _stream(self, seq: int, receive: Receive, send: Send) -> None:
        """Send until the daemon ends, or the client goes."""
        headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(_part(f"retry: {RETRY_MILLISECONDS}\n\n"))

        async def wait_until_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait_until_gone)
            # Who was told by a database that was replaced since asks for what will not come for long.
            seq = min(seq, self._bulletin.last)
            while not self._bulletin.ended:
                lines: list[tuple[int, str]] = []
                with trio.move_on_after(ALIVE_SECONDS):
                    lines = await self._bulletin.after(seq)
                if lines:
                    seq = lines[-1][0]
                await send(_part(_messages(lines) or ": still here\n\n"))
            nursery.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _messages(lines: Iterable[tuple[int, str]]) -> str:
    return "".join(f"id: {seq}\ndata: {line}\n\n" for seq, line in lines)


def _part(text: str) -> dict[str, object]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
