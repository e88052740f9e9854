"""An answer as it goes out: compressed where that pays and the client takes it, off the loop."""

from __future__ import annotations

import gzip

import trio
from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response

SMALL_BYTES = 1400
"""What fits in one packet is sent as it is."""
LEVEL = 4


@define(eq=False)
class Packer:
    """One thread that compresses: more would keep the polls from the interpreter."""

    _limiter: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))

    async def answer(self, request: Request, body: bytes, media_type: str, *, status: int = 200) -> Response:
        sent = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if len(body) > SMALL_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
            body = await trio.to_thread.run_sync(gzip.compress, body, LEVEL, limiter=self._limiter)
            sent["Content-Encoding"] = "gzip"
        return Response(body, status, sent, media_type)
