"""Answers for machines that watch the monitor: is it alive, is it ready, and its metrics."""

from __future__ import annotations

import trio
from attrs import define, field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from statustrio.metrics import CONTENT_TYPE
from statustrio.web.site import Site


@define(eq=False)
class Probes:
    _site: Site
    _one_scrape: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))

    async def alive(self, _request: Request) -> Response:
        """That this answers says that the loop runs."""
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        problem = await self._site.ready()
        return PlainTextResponse("ok\n") if problem is None else PlainTextResponse(f"{problem}\n", 503)

    async def metrics(self, _request: Request) -> Response:
        text = await trio.to_thread.run_sync(self._site.metrics, limiter=self._one_scrape)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})
