"""Kener: one item per incident or planned work with its newest comment, below plain lines of facts."""

from __future__ import annotations

import re

from statustrio.feed.dates import parse_date
from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, listed, mostly, web_url
from statustrio.platforms.words import label_of

_GUID = re.compile(r"(?P<kind>incident|maintenance)-[0-9]{1,30}")
_TITLE = re.compile(r"\[(?:Incident|Maintenance)\]\s{0,9}(?P<title>.+)")
_FACT = re.compile(r"(?P<name>Status|Affected|Scheduled):\s?(?P<value>.{0,4000})")
_OWN_WORDS = {"ready": str(Status.SCHEDULED), "ongoing": str(Status.IN_PROGRESS)}


def recognises(feed: Feed) -> bool:
    """By the guids together with the facts, or by the title, which an empty feed has too."""
    if feed.title.endswith(" \u2014 Incidents & Maintenance"):
        return True
    return mostly(feed, lambda entry: _GUID.fullmatch(entry.id or "") and entry.summary.lstrip().startswith("Status: "))


def read(entry: Entry) -> Reading:
    guid, title = _GUID.fullmatch(entry.id or ""), _TITLE.fullmatch(entry.title)
    facts, message = _split(entry.summary or entry.content)
    affected = facts.get("Affected", "")
    is_maintenance = guid is not None and guid["kind"] == "maintenance"
    label = label_of(facts.get("Status", ""), _OWN_WORDS)
    # planned work is dated with the time it is planned for
    at = None if is_maintenance else entry.published
    return Reading(
        incident_id=guid[0] if guid else hashed_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=title["title"] if title else entry.title,
        updates=(Update(at, label, html_to_text(message)),),
        url=web_url(entry.link),
        started_at=entry.published if is_maintenance else None,
        updated_at=at,
        components=None if affected in {"", "All monitors"} else listed(affected),
        scheduled_for=entry.published if is_maintenance else None,
        scheduled_until=parse_date(facts.get("Scheduled", "").rpartition("\u2192")[2]) if is_maintenance else None,
    )


PLATFORM = Platform("kener", Shape.LATEST, recognises, read, paths=("/rss.xml",))


def _split(text: str) -> tuple[dict[str, str], str]:
    """The facts at the front, one a line, and what follows them."""
    facts: dict[str, str] = {}
    lines = text.strip().split("\n")
    for place, line in enumerate(lines):
        match = _FACT.fullmatch(line.strip())
        if match is None:
            return facts, "\n".join(lines[place:])
        facts[match["name"]] = match["value"]
    return facts, ""
