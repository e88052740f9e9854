"""Slack: one entry per incident with its newest prose; no word says how it stands."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms import generic
from statustrio.platforms.platform import Platform, mostly, web_url
from statustrio.platforms.words import front, kind_of

_ID = re.compile(r"https?://(?:slack-status|status\.slack)\.com/[0-9]{4}-[0-9]{2}/[0-9a-f]{2,40}")
_TITLE = re.compile(r"(?P<kind>incident|outage|notice|maintenance):\s?", re.IGNORECASE)


def recognises(feed: Feed) -> bool:
    """By its title, or by the entries' ids."""
    return feed.title == "Slack System Status" or mostly(feed, lambda entry: _ID.fullmatch(entry.id or ""))


def read(entry: Entry) -> Reading:
    prefix = _TITLE.match(entry.title)
    title = entry.title[prefix.end() :] if prefix else entry.title
    text = html_to_text(entry.content or entry.summary)
    named, rest = front(title)
    label = generic.over(text) or (named if named and not rest else None) or str(Status.UNKNOWN)
    is_maintenance = kind_of(label) is Kind.MAINTENANCE or (prefix and prefix["kind"].lower() == "maintenance")
    at = entry.updated or entry.published
    return Reading(
        incident_id=generic.incident_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=title or entry.title,
        updates=(Update(at, label, text),),
        url=web_url(entry.link) or web_url(entry.id),
        # RSS has one date, that of the last change
        started_at=entry.published if entry.updated else None,
        updated_at=at,
    )


PLATFORM = Platform(
    "slack",
    Shape.LATEST,
    recognises,
    read,
    address=re.compile(r"https?://(?:slack-status|status\.slack)\.com/"),
    paths=("/feed/atom", "/feed/rss"),
)
