"""Small Statuspage feeds that grow, for the tests with a real server. Shapes as real pages have them, words our own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from html import escape

import trio
from attrs import define, field
from server import Page

BEGIN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@define
class Trouble:
    """One incident: its updates as (minute after BEGIN, label, text), oldest first."""

    number: int
    title: str
    updates: list[tuple[int, str, str]] = field(factory=list)

    @property
    def code(self) -> str:
        return f"inc{self.number:09}"


@define
class StatusPage:
    """A page of incidents, newest first, that renders itself into the `Page` of a server."""

    page: Page = field(factory=Page)
    troubles: list[Trouble] = field(factory=list)
    minute: int = 0
    touched: int = 0
    opened: int = 0
    length: int = 25
    """Incidents in the feed; what is older has left the window."""

    def open(self, title: str, text: str = "We are investigating.") -> Trouble:
        self.opened += 1
        trouble = Trouble(self.opened, title)
        self.troubles.insert(0, trouble)
        self.post(trouble, "Investigating", text)
        return trouble

    def post(self, trouble: Trouble, label: str, text: str) -> None:
        self.minute += 1
        trouble.updates.append((self.minute, label, text))
        self.render()

    def edit(self, trouble: Trouble, text: str) -> None:
        minute, label, _ = trouble.updates[-1]
        trouble.updates[-1] = (minute, label, text)
        self.render()

    def touch(self) -> None:
        """Move the stamps of feed and entries alone."""
        self.touched += 1
        self.render()

    def render(self) -> None:
        stamp = f"{BEGIN + timedelta(minutes=self.minute, seconds=self.touched):%Y-%m-%dT%H:%M:%SZ}"
        parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom">']
        parts.append(f"<id>tag:page,2005:/history</id><title>Page - Incident History</title><updated>{stamp}</updated>")
        for trouble in self.troubles[: self.length]:
            published = BEGIN + timedelta(minutes=trouble.updates[-1][0])
            blocks = ""
            for minute, label, text in reversed(trouble.updates):
                at = BEGIN + timedelta(minutes=minute)
                blocks += (
                    f"<p><small>{at:%b} <var data-var='date'>{at.day:2}</var>, <var data-var='time'>{at:%H:%M}</var>"
                    f" UTC</small><br><strong>{label}</strong> - {escape(text)}</p>"
                )
            parts.append(
                f"<entry><id>tag:page,2005:Incident/{trouble.number}</id><published>{published:%Y-%m-%dT%H:%M:%SZ}"
                f"</published><updated>{stamp}</updated>"
                f'<link rel="alternate" type="text/html" href="https://page.example/incidents/{trouble.code}"/>'
                f'<title>{escape(trouble.title)}</title><content type="html">{escape(blocks)}</content></entry>'
            )
        self.page.body = "".join([*parts, "</feed>"]).encode()

    def __attrs_post_init__(self) -> None:
        self.render()


async def post_until(page: StatusPage, done: trio.Event, pause: float = 0.06) -> None:
    """Incidents of five updates, one after the other, whatever happens to the daemon; none once it is `done`."""
    for number in itertools.count(1):
        trouble: Trouble | None = None
        for step, label in enumerate(("Investigating", "Identified", "Update", "Monitoring", "Resolved")):
            if done.is_set():
                return
            if trouble is None:
                trouble = page.open(f"Incident {number}", f"text {number}.0")
            else:
                page.post(trouble, label, f"text {number}.{step}")
            await trio.sleep(pause)
