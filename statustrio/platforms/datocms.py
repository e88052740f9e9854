"""DatoCMS: all updates in the entry, newest first and without times; the entry's date is that of the newest."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, own_id, web_url
from statustrio.platforms.timeline import newest_dated
from statustrio.platforms.words import ANY_WORD, kind_of

_SLUG = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[\w-]{1,400}")
_BORDER = re.compile(
    rf"<p>\s{{0,9}}<strong>(?P<word>{ANY_WORD})</strong>\s{{0,9}}[\u2014\u2013-]\s{{0,9}}", re.IGNORECASE
)


def recognises(feed: Feed) -> bool:
    return mostly(feed, lambda entry: _SLUG.fullmatch(entry.id or "") and _BORDER.match(entry.content))


def read(entry: Entry) -> Reading:
    at = entry.updated or entry.published
    content = entry.content or entry.summary
    updates = newest_dated(_BORDER.finditer(content), content, at) or (
        Update(at, str(Status.UNKNOWN), html_to_text(content)),
    )
    return Reading(
        incident_id=own_id(entry.id) or last_segment(entry.link) or hashed_id(entry),
        kind=kind_of(updates[-1].label),
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=updates[0].at,
        updated_at=at,
        timed=False,
    )


PLATFORM = Platform("datocms", Shape.TIMELINE, recognises, read, paths=("/history.atom",))
