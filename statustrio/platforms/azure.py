"""Azure status: only what is open, one item each with its newest text; an item that is gone is over.

The date of an item stays that of its first text. Links name the instance that happened to answer, so none is used.
"""

from __future__ import annotations

import re
from datetime import timedelta

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Component, Kind, Reading, Shape, Update
from statustrio.platforms.platform import Platform, hashed_id, own_id
from statustrio.platforms.words import OPEN

PAGE = "https://azure.status.microsoft/en-us/status"


def recognises(feed: Feed) -> bool:
    """By its title, which an empty feed has too."""
    return feed.title == "Azure Status" and feed.description in {"Azure Status", ""}


def read(entry: Entry) -> Reading:
    at = entry.published or entry.updated
    return Reading(
        incident_id=own_id(entry.id) or hashed_id(entry),
        kind=Kind.INCIDENT,
        title=entry.title,
        updates=(Update(at, OPEN, html_to_text(entry.content or entry.summary)),),
        url=PAGE,
        started_at=at,
        updated_at=at,
        # services and regions, mixed
        components=tuple(Component(name) for name in entry.categories) or None,
    )


PLATFORM = Platform(
    "azure",
    Shape.CURRENT,
    recognises,
    read,
    address=re.compile(r"https?://(?:[\w-]+\.)*(?:azure\.status\.microsoft|azurestatuscdn\.azureedge\.net)/"),
    paths=("/en-us/status/feed/",),
    gap=timedelta(0),
)
"""The name of an incident is made of its title, and comes again with the next one of that title."""
