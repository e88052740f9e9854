"""LambStatus: all updates in the entry, newest first, with whole dates."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.model import Kind, Reading, Shape
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, web_url
from statustrio.platforms.timeline import all_dated, begun, has_year

_LINK = re.compile(r"https?://.+/(?P<kind>incidents|maintenances)/[\w-]{12}")


def recognises(feed: Feed) -> bool:
    """Links of Statuspage look like these, but its dates have no year."""
    return mostly(feed, lambda entry: _LINK.fullmatch(entry.link or "") and has_year(entry.content or entry.summary))


def read(entry: Entry) -> Reading:
    content = entry.content or entry.summary
    posted = entry.updated or entry.published
    updates = all_dated(content, posted)
    link = _LINK.fullmatch(entry.link or "")
    is_maintenance = link is not None and link["kind"] == "maintenances"
    return Reading(
        incident_id=last_segment(entry.link) or hashed_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=begun(updates) if is_maintenance else updates[0].at,
        updated_at=updates[-1].at or posted,
    )


PLATFORM = Platform("lambstatus", Shape.TIMELINE, recognises, read, paths=("/history.rss",))
