"""Heroku: Atom, one entry per incident with its newest text; the title of what is over begins with "Resolved"."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, web_url
from statustrio.platforms.words import front, kind_of

_PAGE = re.compile(r"https?://status\.heroku\.com(?:/.*)?")
_OVER = re.compile(r"resolved\b", re.IGNORECASE)
"""Whatever follows the word: all that is known of the titles is that what is over begins with it."""
_LINK = re.compile(r"https?://status\.heroku\.com/incidents/[0-9]+")


def recognises(feed: Feed) -> bool:
    """By the page it says it is of, or by the entries' links."""
    return _PAGE.fullmatch(feed.link or "") is not None or mostly(feed, lambda entry: _LINK.fullmatch(entry.link or ""))


def read(entry: Entry) -> Reading:
    named, title = front(entry.title)
    label = named or (str(Status.RESOLVED) if _OVER.match(entry.title) else str(Status.UNKNOWN))
    at = entry.updated or entry.published
    return Reading(
        incident_id=last_segment(entry.link) or hashed_id(entry),
        kind=kind_of(label),
        title=title or entry.title,
        updates=(Update(at, label, html_to_text(entry.content or entry.summary)),),
        url=web_url(entry.link),
        started_at=entry.published if entry.updated else None,
        updated_at=at,
    )


PLATFORM = Platform("heroku", Shape.LATEST, recognises, read, address=_PAGE, paths=("/feed",))
