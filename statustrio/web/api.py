"""The history, the log and the present as JSON, for programs: `/api/v1`. Read only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define
from starlette.requests import Request
from starlette.responses import Response

from statustrio.store import queries
from statustrio.store.queries import Connection
from statustrio.web import views
from statustrio.web.openapi import document
from statustrio.web.site import Site
from statustrio.web.strip import Level

MOST = 1000
"""Of anything in one answer."""
USUAL = 100
JSON = "application/json"


class BadParameterError(Exception):
    """A parameter cannot be understood; the message says which and what it takes."""


@define(eq=False)
class Api:
    _site: Site

    async def events(self, request: Request) -> Response:
        """The log after a seq, oldest first: the lines as they were printed."""
        try:
            after = _number(request, "after", 0, 10**18)
            limit = _number(request, "limit", USUAL, MOST)
        except BadParameterError as exc:
            return await self._json(request, {"error": str(exc)}, 400)

        def look(connection: Connection) -> bytes:
            lines = queries.lines_after(connection, after, limit)
            return f'{{"events":[{",".join(line for _, line in lines)}]}}'.encode()

        return await self._site.packer.answer(request, await self._site.readers.ask(look), JSON)

    async def incidents(self, request: Request) -> Response:
        """Rows of `incident_history`, newest start first."""
        asked = request.query_params
        try:
            wanted: dict[str, Any] = {
                "only_open": _flag(request, "open"),
                "provider": asked.get("provider") or None,
                "component": asked.get("component") or None,
                "words": asked.get("q") or None,
                "since": _time(request, "since"),
                "at": _time(request, "at"),
                "limit": _number(request, "limit", USUAL, MOST),
                "offset": _number(request, "offset", 0, 10**9),
            }
        except BadParameterError as exc:
            return await self._json(request, {"error": str(exc)}, 400)
        if wanted["words"] and not self._site.readers.searchable:
            return await self._json(request, {"error": "q: there is no index of the history to search now"}, 503)
        return await self._asked(request, lambda connection: {"incidents": queries.incidents(connection, **wanted)})

    async def incident(self, request: Request) -> Response:
        """One incident with its updates, in the order of the page."""

        def look(connection: Connection) -> dict[str, Any] | None:
            named = request.path_params["provider"], request.path_params["incident_id"]
            rows = queries.incidents(connection, provider=named[0], incident_id=named[1])
            return {**rows[0], "updates": queries.updates(connection, *named)} if rows else None

        return await self._asked(request, look, missing="no such incident")

    async def providers(self, request: Request) -> Response:
        """Each provider's health, as `statustrio providers --format json`."""
        return await self._asked(request, lambda connection: {"providers": queries.providers(connection)})

    async def status(self, request: Request) -> Response:
        """What is broken now, worst first, and what cannot be seen."""

        def look(connection: Connection) -> dict[str, Any]:
            found = views.overview(connection, self._site.clock(), {})
            return {
                "level": max((one.level for one in found.broken), default=Level.FINE).word,
                "broken": [{**one.row, "message": one.said} for one in found.broken],
                "planned": [{**one.row, "message": one.said} for one in found.planned],
                "not_seen": [one.provider for one in found.tiles if one.state in ("blind", "new")],
                "offline_since": found.offline_since,
                "last_seq": queries.last_seq(connection),
            }

        return await self._asked(request, look)

    async def openapi(self, request: Request) -> Response:
        return await self._json(request, document())

    async def _asked(
        self, request: Request, look: Callable[[Connection], dict[str, Any] | None], *, missing: str = ""
    ) -> Response:
        """What is found, written in the reader's thread: a thousand incidents would keep the loop from the polls."""

        def answer(connection: Connection) -> bytes | None:
            found = look(connection)
            return None if found is None else _encoded(found)

        body = await self._site.readers.ask(answer)
        if body is None:
            return await self._json(request, {"error": missing}, 404)
        return await self._site.packer.answer(request, body, JSON)

    async def _json(self, request: Request, data: dict[str, Any], status: int = 200) -> Response:
        return await self._site.packer.answer(request, _encoded(data), JSON, status=status)


def _encoded(data: dict[str, Any]) -> bytes:
    """As JSON, item by item: nobody else gets the interpreter while one call of the encoder runs."""
    return b"{%s}" % b",".join(_dumped(name) + b":" + _value(value) for name, value in data.items())


def _value(value: Any) -> bytes:
    return b"[%s]" % b",".join(map(_dumped, value)) if isinstance(value, list) else _dumped(value)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise BadParameterError(f"{name}: a number up to {most}")
    return int(text)


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "")
    if text not in ("", "0", "1", "false", "true"):
        raise BadParameterError(f"{name}: true or false")
    return text in ("1", "true")


def _time(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise BadParameterError(f"{name}: a time such as 2026-11-24T14:00Z") from exc
