"""PagerDuty status pages as scripts turn them into a feed (MotherDuck): one item per update of a post."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, listed, mostly, web_url
from statustrio.platforms.words import front, kind_of

_LINK = re.compile(r"https?://[^/]+/posts/details/P[0-9A-Z]{5,15}")
_GUID = re.compile(r"(?P<post>P[0-9A-Z]{5,15})(?:-[0-9]{9,11})?")
_AFFECTED = re.compile(r"\s{0,9}Affected: (?P<names>[^\n]{1,2000})(?:\n|\Z)")


def recognises(feed: Feed) -> bool:
    return mostly(feed, lambda entry: _LINK.fullmatch(entry.link or ""))


def read(entry: Entry) -> Reading:
    guid = _GUID.fullmatch(entry.id or "")
    label, title = front(entry.title)
    label = label or str(Status.UNKNOWN)
    text = entry.content or entry.summary
    affected = _AFFECTED.match(text)
    at = entry.published or entry.updated
    return Reading(
        incident_id=guid["post"] if guid else last_segment(entry.link) or hashed_id(entry),
        kind=kind_of(label),
        title=title or entry.title,
        updates=(Update(at, label, html_to_text(text[affected.end() :] if affected else text)),),
        url=web_url(entry.link),
        updated_at=at,
        components=listed(affected["names"]) if affected else None,
    )


PLATFORM = Platform("pagerduty", Shape.PER_UPDATE, recognises, read)
