"""The site as an ASGI application: which address is answered by what, and what every answer carries."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from statustrio.errors import StoreError
from statustrio.web import api, feeds, pages, probes
from statustrio.web.hosts import is_ours
from statustrio.web.site import Site
from statustrio.web.stream import Streams

log = structlog.get_logger("statustrio.web")

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def make_app(site: Site) -> ASGIApp:
    """The application; only GET and HEAD are answered, it changes nothing."""
    views = pages.Pages(site)
    data = api.Api(site)
    documents = feeds.Feeds(site)
    told = probes.Probes(site)
    routes = [
        Route("/", views.overview),
        Route("/history", views.history),
        Route("/provider/{provider}", views.provider),
        Route("/incident/{provider}/{incident_id:path}", views.incident),
        Route("/monitor", views.monitor),
        Route("/favicon.ico", views.favicon),
        Route("/api/v1/events/stream", Streams(site.bulletin).answer),
        Route("/api/v1/events", data.events),
        Route("/api/v1/incidents", data.incidents),
        Route("/api/v1/incidents/{provider}/{incident_id:path}", data.incident),
        Route("/api/v1/providers", data.providers),
        Route("/api/v1/status", data.status),
        Route("/api/v1/openapi.json", data.openapi),
        Route("/feed.atom", documents.atom),
        Route("/maintenance.ics", documents.calendar),
        Route("/badge/{provider}.svg", documents.badge),
        Route("/healthz", told.alive),
        Route("/readyz", told.ready),
        Route("/metrics", told.metrics),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={404: views.missing, StoreError: unreadable, Exception: failed},
    )
    app.mount("/static", StaticFiles(packages=[("statustrio.web", "static")]), name="static")
    # It would lead to the host and the place that we seem to have, which behind a proxy are others.
    app.router.redirect_slashes = False
    # Outside of all that starlette does, so that what it says of a bug carries the headers too.
    return Guard(app, site)


async def unreadable(_request: Request, exc: Exception) -> Response:
    return PlainTextResponse(f"{exc}\n", 503, {"Retry-After": "10"})


async def failed(request: Request, exc: Exception) -> Response:
    """A bug: its traceback goes to the log, and the site goes on."""
    log.error("page.failed", path=request.url.path, exc_info=exc)
    return PlainTextResponse("this page failed; the log has the details\n", 500)


class Guard:
    """Refuses requests that were meant for another host, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if is_ours(host, self._site.names):
            await self._app(scope, receive, guarded)
            return
        advice = "this name is not one of this site's; name it under `web: {hosts: [...]}` in providers.yaml\n"
        await PlainTextResponse(advice, 421)(scope, receive, guarded)
