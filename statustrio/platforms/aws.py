"""AWS Service Health Dashboard: one item per update, named by what is affected and a second; incidents have no name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Component, Impact, Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, mostly, web_url
from statustrio.platforms.words import OPEN

_GUID = re.compile(r"https?://status\.aws\.amazon\.com/?#(?P<subject>[\w.-]{1,200})_(?P<epoch>[0-9]{9,11})")
_REGION = re.compile(r"(?P<service>.+?)-(?P<region>[a-z]{2}(?:-(?:gov|iso[a-z]?))?-[a-z]{4,9}-[0-9])")
_GENERATOR = "AWS Service Health Dashboard"
_TITLE = re.compile(
    r"(?:(?P<prefix>service is operating normally|informational message|performance issues|service degradation"
    r"|service impact|service disruption):\s?)?(?P<over>\[(?:resolved|解決済み?)\]\s?)?(?P<title>.*)",
    re.IGNORECASE,
)
"""`Service disruption: [RESOLVED] Increased Error Rates`; the brackets, in Tokyo Japanese, outdo the prefix."""
_NORMAL = "service is operating normally"
_IMPACTS = {
    "informational message": Impact.NONE,
    "performance issues": Impact.MINOR,
    "service degradation": Impact.MINOR,
    "service disruption": Impact.MAJOR,
}


def recognises(feed: Feed) -> bool:
    """By the generator, or by the guids where it is missing."""
    return feed.generator.startswith(_GENERATOR) or mostly(feed, lambda entry: _GUID.fullmatch(entry.id or ""))


def read(entry: Entry) -> Reading:
    """The incident's id is the subject alone: the service with its region."""
    guid = _GUID.fullmatch(entry.id or "")
    at = entry.published or (datetime.fromtimestamp(int(guid["epoch"]), UTC) if guid else None)
    title = _TITLE.match(entry.title)
    assert title is not None  # every part of the pattern may be empty
    prefix = (title["prefix"] or "").lower()
    is_over = bool(title["over"]) or prefix == _NORMAL
    label = str(Status.RESOLVED) if is_over else OPEN
    return Reading(
        incident_id=guid["subject"] if guid else hashed_id(entry),
        kind=Kind.INCIDENT,
        title=title["title"] or entry.title,
        updates=(Update(at, label, html_to_text(entry.content or entry.summary)),),
        url=web_url(entry.link),
        updated_at=at,
        impact=_IMPACTS.get(prefix),
        components=_components(guid["subject"]) if guid else None,
    )


PLATFORM = Platform(
    "aws",
    Shape.PER_UPDATE,
    recognises,
    read,
    address=re.compile(r"https?://status\.aws\.amazon\.com/"),
    paths=("/rss/all.rss",),
    gap=timedelta(hours=24),
)
"""Updates of an open incident come hours apart, and the words on its cause within a day of its end."""


def _components(subject: str) -> tuple[Component, ...]:
    """Service and region, each a component of its own: people ask for either."""
    match = _REGION.fullmatch(subject)
    return (Component(match["service"]), Component(match["region"])) if match else (Component(subject),)
