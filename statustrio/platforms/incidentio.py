"""incident.io: one entry per incident shows its newest update and the components that one touched."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Component, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, own_id, web_url
from statustrio.platforms.words import kind_of, label_of

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_ULID = re.compile(rf"[0-7][{_ALPHABET}]{{25}}", re.IGNORECASE)
_LINK = re.compile(rf"https?://[^/]+/+incidents/{_ULID.pattern}", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STATUS = re.compile(r"\s{0,99}<(?:b|strong)>[^<:]{1,40}:\s{0,9}(?P<words>[^<]{1,80})</(?:b|strong)>", re.IGNORECASE)
"""`Status: Resolved` at the front; pages translate both words."""
_COMPONENTS = re.compile(r"<(?:b|strong)>[^<]{0,40}\b[ck]ompo[^<]{0,40}</(?:b|strong)>", re.IGNORECASE)
"""`Affected components`, also in the languages that call them nearly so."""
_STATED = re.compile(r"(?P<name>.+) \((?P<state>[^()]*)\)")
_STATES = frozenset(
    {
        "operational",
        "degraded performance",
        "partial outage",
        "full outage",
        "major outage",
        "under maintenance",
    }
)


def recognises(feed: Feed) -> bool:
    """By the generator, or by ULIDs where it is missing."""
    if feed.generator.casefold() == "incident.io":
        return True
    return mostly(feed, lambda entry: _LINK.fullmatch(entry.id or "") or _LINK.fullmatch(entry.link or ""))


def incident_id(entry: Entry) -> str:
    return last_segment(entry.link) or last_segment(entry.id) or own_id(entry.id) or hashed_id(entry)


def read(entry: Entry) -> Reading:
    message, listed = _split(entry.content or entry.summary)
    if listed is None:  # one page was seen with the list in the summary alone
        listed = _split(entry.summary)[1]
    status = _STATUS.match(message)
    label = label_of(status["words"]) if status else str(Status.UNKNOWN)
    at = entry.updated or entry.published
    key = incident_id(entry)
    return Reading(
        incident_id=key,
        kind=kind_of(label),
        title=entry.title,
        updates=(Update(at, label, html_to_text(message[status.end() :] if status else message)),),
        url=web_url(entry.link) or web_url(entry.id),
        started_at=_earlier(_created(key), at) or entry.published,
        updated_at=at,
        components=listed,
    )


PLATFORM = Platform("incidentio", Shape.LATEST, recognises, read, paths=("/feed.atom", "/feed.rss"))


def _earlier(created: datetime | None, at: datetime | None) -> datetime | None:
    """An incident is written down with its first update, sometimes a moment after it."""
    return min(created, at) if created and at else created


def _split(content: str) -> tuple[str, tuple[Component, ...] | None]:
    """The message, and the components listed at its end; None if there is no list."""
    heading = max(_COMPONENTS.finditer(content), key=lambda match: match.start(), default=None)
    if heading is None:
        return content, None
    lines = html_to_text(content[heading.end() :]).split("\n")
    listed = tuple(_component(line.removeprefix("- ")) for line in lines if line.startswith("- "))
    return content[: heading.start()], listed or None


def _component(line: str) -> Component:
    """`Search (Degraded performance)`. Other words in parentheses belong to the name."""
    match = _STATED.fullmatch(one_line(line))
    if match is None or match["state"].lower() not in _STATES:
        return Component(one_line(line))
    return Component(match["name"], match["state"].lower().replace(" ", "_"))


def _created(key: str) -> datetime | None:
    """The time a ULID was made at: its first ten characters are milliseconds."""
    if _ULID.fullmatch(key) is None:
        return None
    milliseconds = 0
    for character in key[:10].upper():
        milliseconds = milliseconds * 32 + _ALPHABET.index(character)
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
