"""Status.io: all updates in the entry, oldest first, with whole dates in the page's zone; the link tells the kind."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, own_id, web_url
from statustrio.platforms.timeline import MOST_UPDATES, begun, blocks, dated, later
from statustrio.platforms.words import kind_of

_LINK = re.compile(r"https?://[^/]+/pages/(?P<kind>incident|maintenance)/[0-9a-f]{24}/[0-9a-f]{24}")
_OWN_WORDS = {"active": str(Status.IN_PROGRESS)}


def recognises(feed: Feed) -> bool:
    return mostly(feed, lambda entry: _LINK.fullmatch(entry.link or ""))


def read(entry: Entry) -> Reading:
    content = entry.content or entry.summary
    posted = entry.updated or entry.published
    updates = tuple(
        Update(dated(block), _OWN_WORDS.get(block.label, block.label), block.text)
        for block in blocks(content)[-MOST_UPDATES:]
    )
    # other pages may print the newest first
    updates = tuple(reversed(updates)) if _falls(updates) else updates
    updates = updates or (Update(posted, str(Status.UNKNOWN), html_to_text(content)),)
    link = _LINK.fullmatch(entry.link or "")
    is_maintenance = link["kind"] == "maintenance" if link else kind_of(updates[-1].label) is Kind.MAINTENANCE
    return Reading(
        incident_id=last_segment(entry.link) or own_id(entry.id) or hashed_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=begun(updates) if is_maintenance else updates[0].at,
        updated_at=entry.updated or later(posted, updates[-1].at),
    )


PLATFORM = Platform(
    "statusio", Shape.TIMELINE, recognises, read, address=re.compile(r"https?://[^/]+/pages/[0-9a-f]{24}/rss")
)


def _falls(updates: tuple[Update, ...]) -> bool:
    """Whether the last update is older than the first."""
    first, last = (updates[0].at, updates[-1].at) if updates else (None, None)
    return first is not None and last is not None and last < first
