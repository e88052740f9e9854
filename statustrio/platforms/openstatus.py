"""OpenStatus: all updates in the entry, newest first and without times; of planned work not even when it is over.

The one date of an entry is that of its last change, an edit perhaps.
"""

from __future__ import annotations

import re

from attrs import evolve

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import OVER, Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import LONGEST_ID, Platform, hashed_id, mostly, path_key, web_url
from statustrio.platforms.timeline import newest_dated
from statustrio.platforms.words import label_of

_TITLE = re.compile(
    r"(?P<word>investigating|identified|monitoring|resolved|(?:planned )?maintenance) - (?P<title>.+)", re.IGNORECASE
)
_REPORT = re.compile(r"https?://[^/]+/(?:[\w-]{1,99}/)?events/report/[0-9]+")
_BORDER = re.compile(r"(?:\A|\n\n)(?P<word>Investigating|Identified|Monitoring|Resolved): ")
"""Messages are Markdown and may hold blank lines of their own."""


def recognises(feed: Feed) -> bool:
    """By the generator, or by the links of reports."""
    if feed.generator.casefold().startswith("openstatus"):
        return True
    return mostly(feed, lambda entry: _REPORT.fullmatch(entry.link or ""))


def read(entry: Entry) -> Reading:
    title = _TITLE.fullmatch(entry.title)
    is_maintenance = title is not None and title["word"].lower().endswith("maintenance")
    at = entry.updated or entry.published
    text = entry.content or entry.summary
    label = label_of(title["word"]) if title and not is_maintenance else str(Status.UNKNOWN)
    borders = () if is_maintenance else _BORDER.finditer(text)
    updates = newest_dated(borders, text, at) or (Update(at, label, html_to_text(text)),)
    if label in OVER and updates[-1].label not in OVER:
        # the title says that it is over, and no update does
        updates = (*(evolve(update, at=None) for update in updates), Update(at, label, ""))
    return Reading(
        incident_id=_incident_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=title["title"] if title else entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=at if len(updates) == 1 else None,
        updated_at=at,
        timed=False,
    )


PLATFORM = Platform("openstatus", Shape.TIMELINE, recognises, read, paths=("/feed/atom", "/feed/rss"))


def _incident_id(entry: Entry) -> str:
    """The path of the link; the old link of all planned work leads to one list, so that the title must tell."""
    key = path_key(entry.link) or path_key(entry.id)
    # the date of an entry moves with each edit
    return key if key and "?" not in key and len(key) <= LONGEST_ID else hashed_id(evolve(entry, published=None))
