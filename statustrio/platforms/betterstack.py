"""Better Stack: one item per update. Monitors report "went down" and "recovered", people report in prose.

Prose that says "available again" may speak of a part only, so no prose ends an incident but the plain sentence.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Component, Reading, Shape, Status, Update
from statustrio.platforms import generic
from statustrio.platforms.platform import LONGEST_ID, Platform, hashed_id, mostly, path_key, web_url
from statustrio.platforms.words import OPEN, front, kind_of, label_of

_TITLE = "Incidents | "
_NUMBERED = re.compile(r"https?://[^/]+/(?:[a-z]{2}/)?incident/[0-9]+#\S+")
_MONITOR = re.compile(r"(?P<name>.+) (?P<state>went down|recovered)")
_BACK = re.compile(
    r"(?P<title>(?:(?!\b(?:not|yet|never|partially|partly|being)\b).)+) (?P<word>resolved|investigating|identified)",
    re.IGNORECASE,
)
"""Older pages end the title with the state: `File uploads resolved`."""


def recognises(feed: Feed) -> bool:
    """By its title, or by the guids of reports."""
    return feed.title.startswith(_TITLE) or mostly(feed, lambda entry: _NUMBERED.fullmatch(entry.id or ""))


def incident_id(entry: Entry) -> str:
    """The path of the link; monitors link to the bare page, and their guid is the incident's."""
    key = path_key(entry.link) or _fragment(entry.id) or hashed_id(entry)
    return key if len(key) <= LONGEST_ID else hashed_id(entry)


def read(entry: Entry) -> Reading:
    text = html_to_text(entry.content or entry.summary)
    monitor = _MONITOR.fullmatch(entry.title) if path_key(entry.link) is None else None
    if monitor:
        label = OPEN if monitor["state"] == "went down" else str(Status.RESOLVED)
        title = f"{monitor['name']} went down"
    else:
        label, title = _report(entry.title, text)
    at = entry.published or entry.updated
    return Reading(
        incident_id=incident_id(entry),
        kind=kind_of(label),
        title=title,
        updates=(Update(at, label, text),),
        url=web_url(entry.link),
        updated_at=at,
        components=(Component(monitor["name"]),) if monitor else None,
    )


PLATFORM = Platform("betterstack", Shape.PER_UPDATE, recognises, read, paths=("/feed.rss", "/feed", "/feed.atom"))


def _report(title: str, text: str) -> tuple[str, str]:
    """The label and the title of what a person wrote."""
    label, rest = front(title)
    if label and rest:
        return label, rest
    back = _BACK.fullmatch(title)
    if back:
        return label_of(back["word"]), back["title"]
    return generic.over(text) or str(Status.UNKNOWN), title


def _fragment(guid: str | None) -> str | None:
    try:
        return one_line(urlsplit(guid or "").fragment) or None
    except ValueError:  # `http://[`
        return None
