"""The log as server-sent events: `id` is the seq, so a browser that lost its connection goes on where it was."""

from __future__ import annotations

from collections.abc import AsyncIterator

import trio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from statustrio.web.site import Bulletin

ALIVE_SECONDS = 15.0
"""A comment that often tells both sides, and proxies between, that the other is there."""
RETRY_MILLISECONDS = 1000
MOST_STREAMS = 1000
LONGEST_SEQ = 18
"""Digits: SQLite's integers have 19."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streams:
    """The endpoint; it counts who listens."""

    def __init__(self, bulletin: Bulletin) -> None:
        self._bulletin = bulletin
        self.open = 0

    async def answer(self, request: Request) -> Response:
        """Events after `Last-Event-ID`, else after the parameter `after`, else only those to come."""
        asked = request.headers.get("last-event-id") or request.query_params.get("after") or ""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream", headers=HEADERS)
        if self.open >= MOST_STREAMS:
            return PlainTextResponse("too many streams are open", 503, {"Retry-After": "10"})
        seq = int(asked) if asked.isdecimal() and len(asked) <= LONGEST_SEQ else self._bulletin.last
        return StreamingResponse(self._events(seq), media_type="text/event-stream", headers=HEADERS)

    async def _events(self, seq: int) -> AsyncIterator[str]:
        self.open += 1
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n"
            # One that was made before the database was replaced asks for what will not come for long.
            seq = min(seq, self._bulletin.last)
            while not self._bulletin.ended:
                lines: list[tuple[int, str]] = []
                with trio.move_on_after(ALIVE_SECONDS):
                    lines = await self._bulletin.after(seq)
                if lines:
                    seq = lines[-1][0]
                yield "".join(f"id: {place}\ndata: {line}\n\n" for place, line in lines) or ": still here\n\n"
        finally:
            self.open -= 1
