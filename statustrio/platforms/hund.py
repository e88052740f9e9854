"""Hund: one entry per issue with its newest text; the title begins with the state, in the page's language."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, web_url
from statustrio.platforms.words import kind_of, label_of

_ID = re.compile(r"tag:[^,]{1,99},2005:State::FeedNotifier::Entry/(?P<id>\S{1,99})")
_TITLE = re.compile(r"\[(?P<word>[^\[\]]{1,60})\]\s{0,9}(?P<title>.+)")
_OWN_WORDS = {
    # planned work only: issues are resolved
    "ended": str(Status.COMPLETED),
    "beendet": str(Status.COMPLETED),
    "informational": str(Status.UNKNOWN),
    "information": str(Status.UNKNOWN),
}


def recognises(feed: Feed) -> bool:
    """By the entries' ids, or by the feed's own."""
    if (feed.id or "").endswith(",2005:/state_feed/feed"):
        return True
    return mostly(feed, lambda entry: _ID.fullmatch(entry.id or ""))


def read(entry: Entry) -> Reading:
    own = _ID.fullmatch(entry.id or "")
    title = _TITLE.fullmatch(entry.title)
    label = label_of(title["word"] if title else "", _OWN_WORDS)
    at = entry.updated or entry.published
    return Reading(
        incident_id=last_segment(entry.link) or (one_line(own["id"]) if own else hashed_id(entry)),
        kind=kind_of(label),
        title=title["title"] if title else entry.title,
        updates=(Update(at, label, html_to_text(entry.content or entry.summary)),),
        url=web_url(entry.link),
        started_at=entry.published,
        updated_at=at,
    )


PLATFORM = Platform(
    "hund",
    Shape.LATEST,
    recognises,
    read,
    address=re.compile(r"https?://[^/]+/state_feed/feed"),
    paths=("/state_feed/feed",),
)
