"""A site on loopback over a database of its own, and a client that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, evolve, field

from statustrio.counts import Counts
from statustrio.fanout import News
from statustrio.line import render
from statustrio.model import Change, Draft, Impact, Kind, KnownIncident, KnownUpdate, Status
from statustrio.store.opening import open_database
from statustrio.store.protocol import Wanted
from statustrio.store.sqlite import SqliteStore
from statustrio.web.server import bind, run_site

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
WANTED = (Wanted("acme", "Acme Cloud", "https://acme.example/feed"), Wanted("bolt", "Bolt", "https://bolt.example"))


def incident(incident_id: str = "i1", **fields: Any) -> KnownIncident:
    defaults: dict[str, Any] = {
        "incident_id": incident_id,
        "kind": Kind.INCIDENT,
        "title": f"Trouble {incident_id}",
        "status": Status.INVESTIGATING,
        "updates": (KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into it"),),
        "first_seen_at": AT,
        "last_seen_at": AT,
        "started_at": AT,
        "updated_at": AT,
        "impact": Impact.MAJOR,
        "open": True,
    }
    return KnownIncident(**defaults | fields)


@define
class Past:
    """The writer's side of a database."""

    store: SqliteStore
    at: datetime = AT
    count: int = field(init=False, default=0)

    def tell(self, *incidents: KnownIncident, event: str | None = "incident.opened", provider: str = "acme") -> None:
        """Store these incidents, and an event of each."""
        known = self.store.load_state(provider)
        state = evolve(
            known, version=known.version + 1, first_success_at=known.first_success_at or self.at - timedelta(days=10)
        )
        state = evolve(state, last_polled_at=self.at, last_success_at=self.at, platform="statuspage")
        drafts = tuple(self._draft(one, event) for one in incidents if event)
        with self.store.group(durable=True):
            self.store.commit(Change(state, self.at, incidents, drafts))

    def _draft(self, one: KnownIncident, event: str) -> Draft:
        self.count += 1
        newest = one.updates[-1]
        return Draft(
            event,
            str(self.count),
            one.incident_id,
            title=one.title,
            status=one.status,
            impact=one.impact,
            components=one.components,
            message=newest.text,
            update_at=newest.at,
            started_at=one.started_at,
        )


@contextmanager
def open_past(database: Path, wanted: tuple[Wanted, ...] = WANTED) -> Iterator[Past]:
    with closing(SqliteStore(open_database(database), render)) as store:
        store.configure(wanted)
        yield Past(store)


@define
class Served:
    """A running site."""

    client: httpx.AsyncClient
    port: int
    news: News
    problem: list[str] = field(factory=list)
    """Why it is not ready, if there is anything in it."""
    stop: trio.Event = field(factory=trio.Event)
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    """In which it runs."""
    over: trio.Event = field(factory=trio.Event)

    def end(self) -> None:
        """As the daemon does it."""
        self.stop.set()
        self.news.end_all()

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)


@asynccontextmanager
async def open_site(database: Path, names: tuple[str, ...] = ()) -> AsyncIterator[Served]:
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    async with trio.open_nursery() as nursery, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        served = Served(client, port, News())

        async def ready() -> str | None:
            return served.problem[0] if served.problem else None

        news = served.news.subscribe("site")

        async def run() -> None:
            with served.scope:
                await run_site(listener, names, database, Counts(), news, ready, served.stop.wait)
            served.over.set()

        nursery.start_soon(run)
        with trio.fail_after(10):
            while (await served.get("/healthz")).status_code != httpx.codes.OK:
                await trio.lowlevel.checkpoint()
        yield served
        served.end()
    listener.close()
