"""Checkly: one item per update, all of one incident with the same guid; the title stays, a word in the text tells."""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Component, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, web_url
from statustrio.platforms.words import kind_of, label_of

_STATUS = re.compile(r"\s{0,9}Status:\s{0,9}(?P<word>[^<]{1,40}?)\s{0,9}<br\s{0,3}/?>", re.IGNORECASE)
_LIST = re.compile(r"(?:<br\s{0,3}/?>\s{0,9}){0,3}Affected services\s{0,9}(?=<ul)", re.IGNORECASE)
_GUID = re.compile(r"https?://[^/]+/incident/[\w-]{4,80}")


def recognises(feed: Feed) -> bool:
    return mostly(feed, lambda entry: _GUID.fullmatch(entry.id or "") and _STATUS.match(entry.content or entry.summary))


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    status = _STATUS.match(markup)
    label = label_of(status["word"]) if status else str(Status.UNKNOWN)
    listed = _LIST.search(markup)
    message = markup[status.end() if status else 0 : listed.start() if listed else None]
    at = entry.published or entry.updated
    return Reading(
        incident_id=last_segment(entry.id) or last_segment(entry.link) or hashed_id(entry),
        kind=kind_of(label),
        title=entry.title,
        updates=(Update(at, label, html_to_text(message)),),
        url=web_url(entry.link) or web_url(entry.id),
        updated_at=at,
        components=_components(markup[listed.end() :]) if listed else None,
    )


PLATFORM = Platform("checkly", Shape.PER_UPDATE, recognises, read, paths=("/feed.rss",))


def _components(markup: str) -> tuple[Component, ...] | None:
    lines = html_to_text(markup).split("\n")
    return tuple(Component(one_line(line[2:])) for line in lines if line.startswith("- ")) or None
