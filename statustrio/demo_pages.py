"""The pages of the demo: a small HTTP server on loopback whose incidents follow a script of a few seconds.

The pages have the shape of real ones (Statuspage with its public JSON, incident.io), so that what the demo shows
is what the monitor does. Nothing here is used by the daemon itself.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape

import h11
import trio
from attrs import define, evolve, field, frozen

BEAT_SECONDS = 0.4
ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@frozen
class Note:
    """One update on a page: its label, its text, and how many minutes ago it was posted."""

    label: str
    text: str
    minutes_ago: int


@frozen
class Case:
    """One incident on a page."""

    number: int
    code: str
    title: str
    notes: tuple[Note, ...]
    impact: str = "minor"
    components: tuple[str, ...] = ()
    scheduled_in: int | None = None
    """Minutes until planned work begins; None for anything else, and once it has begun."""

    @property
    def state(self) -> str:
        """That of its components, in Statuspage's words."""
        healthy = self.scheduled_in is not None or self.notes[-1].label == "Resolved"
        return "operational" if healthy else "partial_outage"


@define
class Pages:
    """What the three pages show now. `down` makes the third one fail."""

    acme: list[Case] = field(factory=list)
    chatter: list[Case] = field(factory=list)
    down: bool = False
    began: datetime = field(factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path."""
        if path == "/acme/history.atom":
            return 200, "application/atom+xml", self._statuspage("Acme Cloud", self.acme).encode()
        if path == "/chatter/feed.atom":
            return 200, "application/atom+xml", self._incidentio().encode()
        if path == "/globex/history.atom" and not self.down:
            return 200, "application/atom+xml", self._statuspage("Globex Pay", []).encode()
        if path == "/globex/history.atom":
            return 503, "text/html", b"<h1>Sorry</h1>"
        if path == "/api/v2/incidents.json" or path.startswith("/api/v2/incidents/"):
            return 200, "application/json", self._api(path).encode()
        return 404, "text/plain", b"not found"

    def _time(self, minutes_ago: int) -> datetime:
        return self.began - timedelta(minutes=minutes_ago)

    def _statuspage(self, name: str, cases: Sequence[Case]) -> str:
        entries = "".join(self._statuspage_entry(case) for case in cases)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>tag:demo,2005:/history</id><title>{name} Status - Incident History</title>{entries}</feed>"
        )

    def _statuspage_entry(self, case: Case) -> str:
        blocks = ""
        published = updated = self._time(case.notes[-1].minutes_ago)
        if case.scheduled_in is not None:
            published = self._time(-case.scheduled_in)
            until = published + timedelta(hours=1)
            blocks = (
                f"<p><strong>THIS IS A SCHEDULED EVENT {published:%b} <var data-var='date'>{published.day:2}</var>, "
                f"<var data-var='time'>{published:%H:%M}</var> - <var data-var='time'>{until:%H:%M}</var> UTC"
                "</strong></p>"
            )
        for note in reversed(case.notes):
            at = self._time(note.minutes_ago)
            blocks += (
                f"<p><small>{at:%b} <var data-var='date'>{at.day:2}</var>, <var data-var='time'>{at:%H:%M}</var> UTC"
                f"</small><br><strong>{note.label}</strong> - {escape(note.text)}</p>"
            )
        return (
            f"<entry><id>tag:demo,2005:Incident/{case.number}</id>"
            f"<published>{published:%Y-%m-%dT%H:%M:%SZ}</published><updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated>"
            f'<link rel="alternate" type="text/html" href="https://status.acme.example/incidents/{case.code}"/>'
            f'<title>{escape(case.title)}</title><content type="html">{escape(blocks)}</content></entry>'
        )

    def _incidentio(self) -> str:
        entries = ""
        for case in self.chatter:
            note = case.notes[-1]
            state = "Operational" if note.label == "Resolved" else "Degraded performance"
            parts = "".join(f"<li>{escape(name)} ({state})</li>" for name in case.components)
            content = (
                f"<b>Status: {note.label}</b><br/><br/>{escape(note.text)}<br/><br/>"
                f"<b>Affected components</b><ul>{parts}</ul>"
            )
            url = f"https://status.chatter.example/incidents/{self._ulid(case)}"
            entries += (
                f'<entry><title>{escape(case.title)}</title><id>{url}</id><link href="{url}"/>'
                f"<updated>{self._time(note.minutes_ago):%Y-%m-%dT%H:%M:%S.000Z}</updated>"
                f'<content type="html">{escape(content)}</content></entry>'
            )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>demo</id>'
            f"<title>Chatter AI status</title><generator>incident.io</generator>{entries}</feed>"
        )

    def _ulid(self, case: Case) -> str:
        """incident.io's ids begin with the time of creation: ten digits of base 32, in milliseconds."""
        milliseconds = int(self._time(case.notes[0].minutes_ago).timestamp() * 1000)
        return "".join(ULID_DIGITS[milliseconds >> shift & 31] for shift in range(45, -1, -5)) + case.code

    def _api(self, path: str) -> str:
        records = [
            {
                "id": case.code,
                "impact": case.impact,
                "components": [{"name": name, "status": case.state} for name in case.components],
            }
            for case in self.acme
        ]
        if path == "/api/v2/incidents.json":
            return json.dumps({"incidents": records})
        code = path.rpartition("/")[2].removesuffix(".json")
        return json.dumps({"incident": next((record for record in records if record["id"] == code), None)})


PAST = Case(
    1,
    "k3y7v1w2x4z5",
    "Elevated error rates in eu-west",
    (Note("Investigating", "We are looking into errors.", 3000), Note("Resolved", "A bad deploy was undone.", 2950)),
)
OUTAGE = Case(
    2,
    "q8r5t2m9n1b6",
    "API requests are failing",
    (Note("Investigating", "About 4% of API requests fail with <502>; we are investigating.", 14),),
    "major",
    ("API", "Dashboard"),
)
OUTAGE_FOUND = evolve(
    OUTAGE,
    notes=(*OUTAGE.notes, Note("Identified", "A load balancer drops connections. We are taking it out of service.", 6)),
    impact="critical",
)
OUTAGE_EDITED = evolve(
    OUTAGE_FOUND,
    notes=(
        *OUTAGE.notes,
        Note("Identified", "Two load balancers drop connections. We are taking them out of service.", 6),
    ),
)
OUTAGE_OVER = evolve(
    OUTAGE_EDITED,
    notes=(*OUTAGE_EDITED.notes, Note("Resolved", "All requests succeed again. We are sorry for the trouble.", 0)),
)
WORK = Case(
    3,
    "w4p6s8d1f3g5",
    "Database upgrade",
    (Note("Scheduled", "We will upgrade the primary database. Writes pause for about a minute.", 30),),
    "maintenance",
    ("Database",),
    scheduled_in=45,
)
CHAT = Case(
    4,
    "17T2CF44YYHZDFCR",
    "Slow answers in chat",
    (Note("Investigating", "Answers take longer than usual. We are investigating.", 1),),
    components=("Chat", "Voice"),
)
CHAT_OVER = evolve(CHAT, notes=(*CHAT.notes, Note("Resolved", "Answers come at their usual speed again.", 0)))


def _script(pages: Pages) -> tuple[Callable[[], None], ...]:
    """What happens, beat by beat."""

    def acme(*cases: Case) -> Callable[[], None]:
        return partial(setattr, pages, "acme", list(cases))

    def chatter(*cases: Case) -> Callable[[], None]:
        return partial(setattr, pages, "chatter", list(cases))

    def down(value: bool) -> Callable[[], None]:
        return partial(setattr, pages, "down", value)

    return (
        acme(OUTAGE, PAST),
        down(True),
        acme(OUTAGE_FOUND, PAST),
        chatter(CHAT),
        acme(WORK, OUTAGE_FOUND, PAST),
        acme(WORK, OUTAGE_EDITED, PAST),
        down(False),
        chatter(CHAT_OVER),
        acme(WORK, OUTAGE_OVER, PAST),
    )


@asynccontextmanager
async def open_pages() -> AsyncIterator[tuple[str, Pages]]:
    """Serve the pages; gives their base URL. Nothing happens on them before `play`."""
    pages = Pages(acme=[PAST])
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        await nursery.start(partial(trio.serve_listeners, partial(_serve, pages), [listener]))
        yield f"http://127.0.0.1:{port}", pages
        nursery.cancel_scope.cancel()


async def play(pages: Pages) -> None:
    """Let the script happen, a beat after each step."""
    for step in _script(pages):
        step()
        await trio.sleep(BEAT_SECONDS)


async def _serve(pages: Pages, stream: trio.SocketStream) -> None:
    connection = h11.Connection(h11.SERVER)
    async with stream:
        with suppress(trio.BrokenResourceError, h11.RemoteProtocolError):  # the daemon has gone
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await stream.receive_some())
                elif isinstance(event, h11.Request):
                    await _answer(pages, stream, connection, event.target.decode())
                elif isinstance(event, h11.EndOfMessage):
                    connection.start_next_cycle()
                else:
                    return


async def _answer(pages: Pages, stream: trio.SocketStream, connection: h11.Connection, path: str) -> None:
    status, content_type, body = pages.answer(path)
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    for part in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
        await stream.send_all(connection.send(part) or b"")
