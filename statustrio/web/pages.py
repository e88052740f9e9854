"""The pages for people: each made in a reader's thread, from one moment of the database. Read only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import trio
from attrs import define, field
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from statustrio import __version__
from statustrio.feed.text import clean
from statustrio.rfc3339 import from_text
from statustrio.spans import duration
from statustrio.store import queries
from statustrio.store.queries import Connection
from statustrio.web import views
from statustrio.web.site import Kept, Site
from statustrio.web.strip import DAY, DAYS, LABELS

STRIPS_SECONDS = 60.0
"""Ninety days hardly change in one minute, and to go through all of them takes a while."""
OVERVIEW_SECONDS = 10.0
"""What changes without an event: a provider that was seen, the time."""
HTML = "text/html"
ASKED = ("q", "provider", "component", "since", "at")
"""What the history is searched by."""
LONGEST_PAGE = 7
"""Digits: what is multiplied by the size of a page must be an integer to SQLite."""
LONGEST_TEXT = 20_000
"""Characters of an update, and of others: who wants all of them finds them in the API."""
EPOCH = datetime.fromtimestamp(0, UTC)
DATE = re.compile(r"\d{4}-\d\d-\d\d")

Make = Callable[[Connection], tuple[str, Mapping[str, Any]] | None]
"""Looks up what a page shows: its template and the template's names; None where there is no such page."""


@define(eq=False)
class Pages:
    _site: Site
    _templates: Environment = field(init=False)
    _drawn: tuple[float, views.Strips] = field(init=False, default=(0.0, {}))
    """When the strips were drawn last, and these."""
    _overview: Kept = field(init=False)
    """With a thousand providers it is half a megabyte."""

    def __attrs_post_init__(self) -> None:
        self._overview = Kept(self._make_overview, self._site.bulletin, OVERVIEW_SECONDS)
        self._templates = Environment(
            loader=PackageLoader("statustrio.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters.update(
            ago=self._ago, legible=legible, link=link, path=lambda part: quote(part, safe=""), when=when, lasted=lasted
        )
        self._templates.globals.update(version=__version__, level_words=LABELS, days=DAYS)
        for name in self._templates.list_templates():
            # Compiled now, so that the first who looks does not wait for it.
            self._templates.get_template(name)

    async def overview(self, request: Request) -> Response:
        return await self._site.packer.answer(request, await self._overview.get(), HTML)

    async def _make_overview(self) -> bytes:
        drawn = await self._strips()

        def make(connection: Connection) -> tuple[str, Mapping[str, Any]]:
            return "overview.html", {"now": views.overview(connection, self._site.clock(), drawn)}

        page, _ = await self._site.readers.ask(self._render, make, base="./")
        return page

    async def _strips(self) -> views.Strips:
        at, drawn = self._drawn
        if not drawn or trio.current_time() - at > STRIPS_SECONDS:
            drawn = await self._site.readers.ask(views.strips, self._site.clock())
            self._drawn = trio.current_time(), drawn
        return drawn

    async def provider(self, request: Request) -> Response:
        provider = request.path_params["provider"]

        def make(connection: Connection) -> tuple[str, Mapping[str, Any]] | None:
            found = views.provider(connection, provider, self._site.clock())
            return None if found is None else ("provider.html", {"found": found})

        return await self._page(request, make)

    async def incident(self, request: Request) -> Response:
        named = request.path_params["provider"], request.path_params["incident_id"]
        page = _page(request)

        def make(connection: Connection) -> tuple[str, Mapping[str, Any]] | None:
            found = views.detail(connection, *named, page)
            return None if found is None else ("incident.html", {"found": found, "page": page})

        return await self._page(request, make)

    async def history(self, request: Request) -> Response:
        asked = {name: request.query_params.get(name, "").strip() for name in ASKED}
        page = _page(request)
        searchable = self._site.readers.searchable
        on = _day(asked["at"])

        def make(connection: Connection) -> tuple[str, Mapping[str, Any]]:
            rows = queries.incidents(
                connection,
                provider=asked["provider"] or None,
                component=asked["component"] or None,
                words=asked["q"] if searchable else None,
                since=max((day for day in (_day(asked["since"]), on) if day), default=None),
                until=on and on + DAY,
                limit=views.PAGE + 1,
                offset=(page - 1) * views.PAGE,
            )
            names = queries.provider_names(connection)
            return "history.html", {
                "asked": asked,
                "listed": [views.listed(row, names) for row in rows[: views.PAGE]],
                "names": sorted(names.items(), key=lambda one: one[1].casefold()),
                "page": page,
                "more": len(rows) > views.PAGE,
                "query": urlencode({name: value for name, value in asked.items() if value}),
                "indexing": self._site.indexing,
                "searchable": searchable,
            }

        return await self._page(request, make)

    async def monitor(self, request: Request) -> Response:
        return await self._page(
            request, lambda connection: ("monitor.html", {"own": views.monitor(connection, self._site.clock())})
        )

    async def favicon(self, _request: Request) -> Response:
        return RedirectResponse("static/favicon.svg", 301)

    async def missing(self, request: Request, _exc: Exception) -> Response:
        return await self._page(request, lambda _: None)

    async def _page(self, request: Request, make: Make) -> Response:
        # Links lead from the page that is looked at, so that a proxy may put the site anywhere.
        # A slash within an id is none of the address.
        base = "../" * (request.scope["raw_path"].count(b"/") - 1) or "./"
        page, found = await self._site.readers.ask(self._render, make, base=base)
        return await self._site.packer.answer(request, page, HTML, status=200 if found else 404)

    def _render(self, connection: Connection, make: Make, *, base: str) -> tuple[bytes, bool]:
        """The page, and whether there is one."""
        made = make(connection)
        name, known = made or ("missing.html", {})
        text = self._templates.get_template(name).render(
            known, base=base, last_seq=queries.last_seq(connection), today=self._site.clock()
        )
        return text.encode(), made is not None

    def _ago(self, text: str | None) -> str:
        """How long ago, or until when, in one unit."""
        if not text:
            return "never"
        seconds = (self._site.clock() - from_text(text)).total_seconds()
        size = abs(seconds)
        for unit, length in (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60)):
            if size >= length * (2 if unit != "min" else 1):
                return f"in {size / length:.0f} {unit}" if seconds < 0 else f"{size / length:.0f} {unit} ago"
        return "now" if size < 10 else f"{size:.0f} s ago" if seconds > 0 else f"in {size:.0f} s"


def _page(request: Request) -> int:
    number = request.query_params.get("page", "")
    return max(int(number), 1) if number.isdecimal() and len(number) < LONGEST_PAGE else 1


def link(url: str | None) -> str | None:
    """The address where it is one of the web; what a page calls an address may be a script."""
    return url if url and urlsplit(url).scheme.lower() in ("http", "https") else None


def legible(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text as it may be shown, or what it begins with."""
    return clean(text if len(text) <= longest else f"{text[:longest]} …")


def when(text: str | None) -> str:
    """The minute in UTC: the browser puts it into its own zone."""
    return f"{from_text(text):%Y-%m-%d %H:%M} UTC" if text else ""


def lasted(minutes: int | None) -> str:
    return "" if minutes is None else duration(EPOCH + timedelta(minutes=minutes), EPOCH)


def _day(text: str) -> datetime | None:
    """Midnight of a day, UTC; nothing where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if DATE.fullmatch(text) else None
    except ValueError:
        return None
