"""Flashduty (DeepSeek): one entry per incident with its newest text, headed by the state in small letters."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, own_id, web_url
from statustrio.platforms.words import kind_of, label_of

_STATUS = re.compile(r"\s{0,9}<p>\s{0,9}<strong>\s{0,9}Status:\s{0,9}</strong>(?P<word>[^<]{1,60})</p>", re.IGNORECASE)
_ID = re.compile(r"urn:flashduty:\S{1,99}|tag:[^,]{1,99},2005:Incident/[0-9]{1,30}")


def recognises(feed: Feed) -> bool:
    return mostly(
        feed, lambda entry: _ID.fullmatch(entry.id or "") and _STATUS.match(entry.summary) and not entry.content
    )


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    status = _STATUS.match(markup)
    label = label_of(status["word"].replace("_", " ")) if status else str(Status.UNKNOWN)
    at = entry.updated or entry.published
    return Reading(
        incident_id=last_segment(entry.link) or own_id((entry.id or "").rpartition("/")[2]) or hashed_id(entry),
        kind=kind_of(label),
        title=entry.title,
        updates=(Update(at, label, html_to_text(markup[status.end() :] if status else markup)),),
        url=web_url(entry.link),
        started_at=entry.published,
        updated_at=at,
    )


PLATFORM = Platform("flashduty", Shape.LATEST, recognises, read, paths=("/feed.atom",))
