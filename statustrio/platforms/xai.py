"""xAI: all updates in the entry, newest first, below what it says of the incident as a whole."""

from __future__ import annotations

import re

from statustrio.feed.dates import parse_date
from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import OVER, Component, Impact, Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, web_url
from statustrio.platforms.timeline import MOST_UPDATES, sections
from statustrio.platforms.words import kind_of, label_of

_ID = re.compile(r"INC[0-9a-f]{6,16}")
_STATUS = re.compile(r"<h3>\s{0,9}Status:(?P<word>[^<]{1,60})</h3>", re.IGNORECASE)
_SEVERITY = re.compile(r"<p>\s{0,9}Severity:(?P<word>[^<]{1,60})</p>", re.IGNORECASE)
_RESOLVED = re.compile(r"<p>\s{0,9}Resolved:(?P<date>[^<]{1,60})</p>", re.IGNORECASE)
_BORDER = re.compile(
    r"<p>\s{0,99}<strong>(?P<date>[^<]{1,60})</strong>\s{0,99}</p>\s{0,99}<h3>(?P<label>[^<]{1,60})</h3>", re.IGNORECASE
)
_SCOPE = re.compile(r"\[(?P<name>[^\[\]]{1,200})\]")
_IMPACTS = {
    "minor": Impact.MINOR,
    "major": Impact.MAJOR,
    "critical": Impact.CRITICAL,
    "degraded": Impact.MINOR,
    "partial outage": Impact.MAJOR,
    "major outage": Impact.CRITICAL,
    "maintenance": Impact.MAINTENANCE,
}
"""Severities that say how bad it is. `available` is how the service is by now, no impact."""


def recognises(feed: Feed) -> bool:
    """By its title, which an empty feed has too."""
    return feed.title == "xAI System Status"


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    updates = _updates(markup)
    status, resolved = _STATUS.search(markup), _RESOLVED.search(markup)
    label = label_of(status["word"]) if status else str(Status.UNKNOWN)
    if not updates:
        updates = (Update(entry.updated or entry.published, label, html_to_text(markup)),)
    elif label in OVER and all(update.label not in OVER for update in updates):
        # the head says that it is over, and no update does
        updates = (*updates, Update(parse_date(resolved["date"]) if resolved else None, label, ""))
    severity = _SEVERITY.search(markup)
    word = one_line(severity["word"]).casefold().replace("_", " ") if severity else ""
    scope = _SCOPE.match(entry.title)
    own = one_line(entry.id or "")
    return Reading(
        incident_id=own if _ID.fullmatch(own) else last_segment(entry.link) or hashed_id(entry),
        kind=Kind.MAINTENANCE if word == "maintenance" else kind_of(updates[-1].label),
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=entry.published or updates[0].at,
        updated_at=updates[-1].at or entry.updated,
        impact=_IMPACTS.get(word),
        components=(Component(scope["name"]),) if scope else None,
    )


PLATFORM = Platform(
    "xai", Shape.TIMELINE, recognises, read, address=re.compile(r"https?://status\.x\.ai/"), paths=("/feed.xml",)
)


def _updates(markup: str) -> tuple[Update, ...]:
    printed = sections(_BORDER.finditer(markup), markup)[:MOST_UPDATES]
    return tuple(
        Update(parse_date(border["date"]), label_of(border["label"]), html_to_text(message))
        for border, message in reversed(printed)
    )
