"""Any other feed: one entry per incident, its status a word at the front of the title or of the text.

Words in running text mean nothing: boilerplate speaks of "active incidents" on the calmest day.
"""

from __future__ import annotations

import re

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import LONGEST_ID, Platform, hashed_id, path_key, web_url
from statustrio.platforms.words import ANY_WORD, UPDATE, front, kind_of, label_of

_EMPHASIS = re.compile(
    rf"\s{{0,99}}(?:<(?:p|div|span)\b[^<>]{{0,200}}>\s{{0,99}}){{0,4}}<(?:strong|b|h[1-6])\b[^<>]{{0,200}}>"
    rf"\s{{0,99}}(?P<word>{ANY_WORD})\s{{0,99}}[:.]?\s{{0,99}}</",
    re.IGNORECASE,
)
"""A word that the markup sets off at the very front."""
_OVER = re.compile(r"this (?:issue|incident) (?:is now|is|has been|has now been) resolved\b", re.IGNORECASE)
"""The one sentence that ends an incident where no word does; it must be the first."""

_WEAK = frozenset({None, UPDATE, str(Status.SCHEDULED)})
"""Labels of a title that the text may overrule: titles keep "Scheduled maintenance" to the end."""


def recognises(_feed: Feed) -> bool:
    return True


def incident_id(entry: Entry) -> str:
    """The entry's id, then its link with its title, then a hash of title and date; web addresses without host."""
    key = _own_key(entry) or _linked_key(entry)
    return key if key is not None and len(key) <= LONGEST_ID else hashed_id(entry)


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    text = html_to_text(markup)
    titled, _ = front(entry.title)
    told = _emphasised(markup) or front(text)[0] or over(text)
    label = (told or titled if titled in _WEAK else titled) or str(Status.UNKNOWN)
    is_maintenance = Kind.MAINTENANCE in {kind_of(word) for word in (titled, told) if word is not None}
    at = entry.updated or entry.published
    return Reading(
        incident_id=incident_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=entry.title,
        updates=(Update(at, label, text),),
        url=web_url(entry.link),
        started_at=entry.published,
        updated_at=at,
    )


def over(text: str) -> str | None:
    """The label `resolved` where the text begins by saying so in a plain sentence."""
    return str(Status.RESOLVED) if _OVER.match(text) else None


PLATFORM = Platform("generic", Shape.LATEST, recognises, read)


def _own_key(entry: Entry) -> str | None:
    own = one_line(entry.id or "")
    return path_key(own) if web_url(own) else own or None


def _linked_key(entry: Entry) -> str | None:
    path = path_key(entry.link)
    return f"{path} {entry.title}" if path is not None else None


def _emphasised(markup: str) -> str | None:
    match = _EMPHASIS.match(markup)
    return label_of(match["word"]) if match else None
