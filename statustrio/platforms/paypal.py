"""PayPal: all updates in the entry, newest first; the date of each stands below it, without a year."""

from __future__ import annotations

import re
from datetime import datetime

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Reading, Shape, Status, Update
from statustrio.platforms import generic
from statustrio.platforms.platform import Platform, web_url
from statustrio.platforms.timeline import MOST_UPDATES, later, parse_stamp
from statustrio.platforms.words import front, kind_of, label_of

_FOOT = re.compile(r"<small>(?P<date>[^<]{1,60}[0-9]:[0-9]{2}[^<]{0,20})</small>")
_LABEL = re.compile(
    r"\s{0,9}(?:<br\s{0,3}/?>\s{0,9}){0,4}<strong>(?P<word>[^<:]{1,60}):?\s{0,9}</strong>", re.IGNORECASE
)
_OWN_WORDS = {"postponed": str(Status.SCHEDULED)}


def recognises(feed: Feed) -> bool:
    """By the generator or the title; an empty feed has them too."""
    return feed.generator == "PayPal Status Feed Generator" or feed.title == "PayPal Status - Event History"


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    posted = entry.updated or entry.published
    titled, title = _titled(entry.title)
    updates = _updates(markup, posted) or (Update(posted, titled or str(Status.UNKNOWN), html_to_text(markup)),)
    return Reading(
        incident_id=generic.incident_id(entry),
        kind=kind_of(updates[-1].label),
        title=title or entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=updates[0].at,
        updated_at=entry.updated or later(posted, updates[-1].at),
    )


PLATFORM = Platform(
    "paypal",
    Shape.TIMELINE,
    recognises,
    read,
    address=re.compile(r"https?://www\.paypal-status\.com/"),
    paths=("/feed/atom", "/feed/rss"),
)


def _titled(title: str) -> tuple[str | None, str]:
    word, colon, rest = title.partition(": ")
    if colon and word.casefold() in _OWN_WORDS:
        return _OWN_WORDS[word.casefold()], rest
    return front(title)


def _updates(markup: str, posted: datetime | None) -> tuple[Update, ...]:
    """The updates oldest first; what stands after the last date belongs to none."""
    updates: list[Update] = []
    start, above = 0, posted
    for foot in list(_FOOT.finditer(markup))[:MOST_UPDATES]:
        message = markup[start : foot.start()]
        start = foot.end()
        label = _LABEL.match(message)
        if label is None:
            continue
        stamp = parse_stamp(foot["date"])
        at = stamp.nearest(above) if stamp and stamp.offset is not None and above else None
        above = at or above
        updates.append(Update(at, label_of(label["word"], _OWN_WORDS), html_to_text(message[label.end() :])))
    return tuple(reversed(updates))
