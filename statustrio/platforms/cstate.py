"""cState: one entry per issue, dated with its start; once it is resolved the title begins with that word in brackets.

In whatever language: the category, the time of the end, tells it as well.
"""

from __future__ import annotations

import re
from datetime import datetime

from statustrio.feed.dates import parse_date
from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms import generic
from statustrio.platforms.platform import Platform, web_url
from statustrio.platforms.words import OPEN, label_of

_TITLE = re.compile(r"\[(?P<word>[^\[\]]{1,60})\]\s{0,9}(?P<title>.+)")
_ISSUE = re.compile(r"https?://[^/]{1,255}/(?:[^/]{1,99}/){0,9}issues/[^/]")


def recognises(feed: Feed) -> bool:
    """By the generator; the oldest sites have that of Hugo, which makes many other things."""
    hugo = feed.generator.startswith("Hugo ") and re.search(r"\bstatus\b", feed.title, re.IGNORECASE)
    return feed.generator == "github.com/cstate" or bool(hugo)


def read(entry: Entry) -> Reading:
    title, resolved_at = _TITLE.fullmatch(entry.title), _resolved_at(entry)
    is_over = resolved_at is not None or (title is not None and label_of(title["word"]) == Status.RESOLVED)
    # the oldest sites, whose entries are posts, have no mark for the end
    standing = OPEN if _ISSUE.match(entry.link or "") else str(Status.UNKNOWN)
    label, at = (str(Status.RESOLVED), resolved_at) if is_over else (standing, entry.published)
    return Reading(
        incident_id=generic.incident_id(entry),
        kind=Kind.INCIDENT,
        title=title["title"] if title and is_over else entry.title,
        updates=(Update(at, label, html_to_text(entry.content or entry.summary)),),
        url=web_url(entry.link),
        started_at=entry.published,
        updated_at=at,
    )


PLATFORM = Platform("cstate", Shape.LATEST, recognises, read, paths=("/index.xml",))


def _resolved_at(entry: Entry) -> datetime | None:
    """The category is the time of the end as Go prints it, or the year 1."""
    times = (parse_date(category.removesuffix(" UTC")) for category in entry.categories)
    return next((time for time in times if time and entry.published and time >= entry.published), None)
