"""What other programs follow: the merged Atom feed, planned work as a calendar, and badges."""

from __future__ import annotations

import math
from datetime import datetime
from functools import partial

from attrs import define, field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from statustrio.calendar import KEPT_FOR, Work, document, still_shown, told_of, uid
from statustrio.consumers.atom import MOST_ENTRIES, Entries, add, write
from statustrio.store import queries
from statustrio.store.queries import Connection
from statustrio.store.sqlite import logged
from statustrio.web.badge import badge
from statustrio.web.site import Kept, Site
from statustrio.web.views import level_now


@define(eq=False)
class Feeds:
    _site: Site
    _atom: Kept = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._atom = Kept(partial(self._site.readers.ask, _atom), self._site.bulletin, math.inf)

    async def atom(self, request: Request) -> Response:
        """The incidents that were touched last, as a consumer of type `atom` without filters writes them."""
        return await self._site.packer.answer(request, await self._atom.get(), "application/atom+xml")

    async def calendar(self, request: Request) -> Response:
        """Planned work, as a consumer of type `ics` without filters writes it."""
        body = await self._site.readers.ask(_calendar, self._site.clock())
        return await self._site.packer.answer(request, body, "text/calendar")

    async def badge(self, request: Request) -> Response:
        """The state of one provider as a picture."""
        provider = request.path_params["provider"]

        def look(connection: Connection) -> str | None:
            level = level_now(connection, provider)
            return None if level is None else badge(queries.provider_names(connection)[provider], level)

        picture = await self._site.readers.ask(look)
        if picture is None:
            return PlainTextResponse("no such provider\n", 404)
        return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "max-age=60"})


def _atom(connection: Connection) -> bytes:
    entries: Entries = {}
    for seq, line in queries.newest_incidents_lines(connection, MOST_ENTRIES):
        entries = add(entries, logged(seq, line).event)
    return write(entries)


def _calendar(connection: Connection, now: datetime) -> bytes:
    works: dict[str, Work] = {}
    for seq, line in queries.maintenance_lines(connection, now - KEPT_FOR):
        event = logged(seq, line).event
        name = uid(event.provider or "", event.incident_id or "")
        if work := told_of(works.get(name), event):
            works[name] = work
    return document(still_shown(works.values(), now))
