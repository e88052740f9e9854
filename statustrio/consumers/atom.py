"""What passes the filters as one Atom feed (RFC 4287) in a file: an entry for each incident, with all its updates.

A web server can hand it out, and statustrio itself can follow it.
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from statustrio import __version__
from statustrio.consumers.document import Document
from statustrio.errors import FeedError
from statustrio.events import Event
from statustrio.feed.parse import Entry, parse_feed
from statustrio.model import Kind, Status
from statustrio.platforms.statustrio import COMPONENT, GENERATOR, ID, IMPACT, KIND
from statustrio.rfc3339 import to_text

MOST_ENTRIES = 200
"""The incidents that were touched last."""
_EPOCH = datetime.fromtimestamp(0, UTC)
_NOT_XML = str.maketrans("", "", "\ufffe\uffff")


Entries = dict[str, Entry]
"""By id, the one touched last at the end."""


def add(entries: Entries, event: Event) -> Entries:
    """The entries with one event more, and none too many."""
    if event.incident_id is None:
        return entries  # what befalls a provider itself is no incident
    ident = f"{ID}{event.provider}/{event.incident_id}"
    after = dict(entries)
    after[ident] = told_of(after.pop(ident, None), ident, event)
    return dict(list(after.items())[-MOST_ENTRIES:])


def told_of(before: Entry | None, ident: str, event: Event) -> Entry:
    """The entry of an incident with one event more, the newest at the top; an edited update stays in its place."""
    at = event.update_at or event.timestamp
    said = _block(at, event)
    blocks = before.content.split("\n") if before and before.content else []
    places = [place for place, one in enumerate(blocks) if _stamp(one) == _stamp(said)]
    if event.event.endswith(".edited") and places:
        blocks[places[0]] = said
    elif said not in blocks:  # as it would be where it is told again after a kill
        blocks.insert(0, said)
    kind = Kind.MAINTENANCE if event.event.startswith("maintenance.") else Kind.INCIDENT
    categories = [KIND + kind, event.provider or ""]
    categories += [IMPACT + event.impact] if event.impact else []
    categories += [COMPONENT + component.name for component in event.components or ()]
    published = before.published if before else None
    return Entry(
        id=ident,
        title=f"{event.provider_name}: {event.title}",
        link=event.url,
        published=published or event.started_at or at,
        updated=event.timestamp,
        content="\n".join(blocks),
        summary="",
        categories=tuple(categories),
    )


def _block(at: datetime, event: Event) -> str:
    """An update as HTML on one line, as Statuspage would print it but for the year and the seconds."""
    label = "postmortem" if event.event.endswith(".postmortem") else event.status or Status.UNKNOWN
    word = label.replace("_", " ").capitalize()
    text = html.escape(event.message or "", quote=False).replace("\n", "<br/>")
    day = f"{at:%b} {at.day}, {at.year:04}"
    return f"<p><small>{day}, {at:%H:%M:%S} UTC</small><br><strong>{word}</strong> - {text}</p>"


def _stamp(block: str) -> str:
    return block.partition("</small>")[0]


def read(data: bytes) -> Entries | None:
    """The entries of the feed; None of one that is not ours."""
    if not data:
        return {}
    with suppress(FeedError):
        feed = parse_feed(data, url="", content_type=None)
        if feed.generator.partition(" ")[0] == GENERATOR:
            return {entry.id: entry for entry in reversed(feed.entries) if entry.id}
    return None


def write(entries: Entries) -> bytes:
    """The feed as the bytes of a file."""
    return "".join(_document([*entries.values()][::-1])).translate(_NOT_XML).encode()


def _document(entries: Sequence[Entry]) -> Iterator[str]:
    updated = max((entry.updated for entry in entries if entry.updated), default=None)
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield f"  <title>Status pages</title>\n  <id>{ID}feed</id>\n"
    yield f'  <generator version="{__version__}">{GENERATOR}</generator>\n'
    yield f"  <updated>{to_text(updated or _EPOCH)}</updated>\n  <author><name>statustrio</name></author>\n"
    for entry in entries:
        yield "  <entry>\n"
        yield from (f"    <{name}>{escape(value)}</{name}>\n" for name, value in _texts(entry))
        if entry.link:
            yield f'    <link rel="alternate" href={quoteattr(entry.link)}/>\n'
        yield from (f"    <category term={quoteattr(one)}/>\n" for one in entry.categories)
        yield f'    <content type="html">{escape(entry.content)}</content>\n  </entry>\n'
    yield "</feed>\n"


def _texts(entry: Entry) -> Iterable[tuple[str, str]]:
    yield "id", entry.id or ""
    yield "title", entry.title
    for name, at in (("published", entry.published), ("updated", entry.updated)):
        if at:
            yield name, to_text(at)


@asynccontextmanager
async def open_atom(path: Path) -> AsyncIterator[Document[Entries]]:
    """The file is read at the first event, and tried again while it cannot be written."""
    yield Document(path, read, add, write)
