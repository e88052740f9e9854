"""Planned work as a calendar in a file (extra `ics`), for calendars to subscribe to; other events are none of its."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from statustrio.calendar import PRODUCT, Work, document, parse, still_shown, told_of, uid
from statustrio.consumers.document import Document
from statustrio.events import Event

OURS = f"PRODID:{PRODUCT}".encode()
Works = dict[str, Work]
"""By uid."""


def read(data: bytes) -> Works | None:
    """The planned work of the calendar; None of one that is not ours."""
    return {work.uid: work for work in parse(data)} if not data or OURS in data else None


def _add(works: Works, event: Event) -> Works:
    before = works.get(uid(event.provider or "", event.incident_id or ""))
    after = told_of(before, event)
    if after is None or after is before:
        return works
    return {work.uid: work for work in still_shown({**works, after.uid: after}.values(), event.timestamp)}


def _write(works: Works) -> bytes:
    return document(works.values())


@asynccontextmanager
async def open_ics(path: Path) -> AsyncIterator[Document[Works]]:
    """The file is read at the first event, and tried again while it cannot be written."""
    yield Document(path, read, _add, _write)
