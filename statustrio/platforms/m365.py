"""Microsoft 365: one item that always stands there; an element of its own says how the service is."""

from __future__ import annotations

import re
from datetime import timedelta

from statustrio.feed.parse import Entry, Feed
from statustrio.model import Component, Impact, Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, mostly, own_id, web_url
from statustrio.platforms.words import OPEN

_WELL = frozenset({"available", "operational", "normal", "healthy", "service restored", "service operational"})
_IMPACTS = {"service degradation": Impact.MINOR, "service interruption": Impact.MAJOR}


def recognises(feed: Feed) -> bool:
    return feed.title.startswith("Microsoft ") and mostly(feed, lambda entry: entry.status)


def read(entry: Entry) -> Reading:
    """The id is the component alone. The description is the same boilerplate on good days and bad ones."""
    word = entry.status.casefold()
    label = str(Status.RESOLVED) if word in _WELL else str(Status.UNKNOWN) if word in {"", "unknown"} else OPEN
    at = entry.published or entry.updated
    return Reading(
        incident_id=own_id(entry.title) or hashed_id(entry),
        kind=Kind.INCIDENT,
        title=entry.title,
        updates=(Update(at, label, entry.status),),
        url=web_url(entry.link),
        updated_at=at,
        impact=_IMPACTS.get(word),
        components=(Component(entry.title, word.replace(" ", "_") or None),),
    )


PLATFORM = Platform(
    "m365",
    Shape.CURRENT,
    recognises,
    read,
    address=re.compile(r"https?://status\.cloud\.microsoft/"),
    paths=("/api/feed/mac", "/api/feed/ppac"),
    gap=timedelta(0),
    complete=True,
)
"""The next trouble of a component that was well again is another incident."""
