"""Google Cloud, Workspace and Search: one entry per update; the title's first word says whether it is over."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, listed, mostly, web_url
from statustrio.platforms.words import OPEN

_ID = re.compile(r"tag:[^,]{1,99},[0-9]{4}:feed:(?P<incident>[\w-]{1,99})\.[\w-]{1,99}")
_PAGES = re.compile(
    r"https?://(?:status\.cloud\.google\.com|status\.search\.google\.com|www\.google\.com/appsstatus)\b.*"
)
_TITLE = re.compile(r"(?P<state>RESOLVED|UPDATE):\s?", re.IGNORECASE)
_BEGAN = re.compile(
    r"\s{0,9}<p>\s{0,9}Incident began at <strong>(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2})</strong>"
    r"(?P<ended> and ended at <strong>[^<]{1,40}</strong>)?"
    r".{0,300}?<strong>(?P<zone>[\w/+-]{1,40})</strong>.{0,20}?</p>",
    re.DOTALL,
)
_PRODUCTS = re.compile(r"<p>\s{0,9}Affected products:(?P<names>[^<]{0,4000})</p>")
_TAIL = re.compile(r"(?:<hr\s{0,3}/?>\s{0,9})?<p>\s{0,9}Affected (?:products|locations):[^<]{0,4000}</p>")


def recognises(feed: Feed) -> bool:
    """By the entries' ids, or by the page it says it is of."""
    if mostly(feed, lambda entry: _ID.fullmatch(entry.id or "")):
        return True
    return any(_PAGES.fullmatch(address or "") for address in (feed.id, feed.link))


def read(entry: Entry) -> Reading:
    markup = entry.content or entry.summary
    began = _BEGAN.match(markup)
    products = _PRODUCTS.search(markup)
    message = _TAIL.sub("", markup[began.end() :] if began else markup)
    state = _TITLE.match(entry.title)
    is_over = (state is not None and state["state"].upper() == "RESOLVED") or bool(began and began["ended"])
    own = _ID.fullmatch(entry.id or "")
    at = entry.updated or entry.published
    return Reading(
        incident_id=last_segment(entry.link) or (own["incident"] if own else hashed_id(entry)),
        kind=Kind.INCIDENT,
        title=entry.title[state.end() :] if state else entry.title,
        updates=(Update(at, str(Status.RESOLVED) if is_over else OPEN, html_to_text(message)),),
        url=web_url(entry.link),
        started_at=_local(began["time"], began["zone"]) if began else None,
        updated_at=at,
        components=listed(html_to_text(products["names"])) if products else None,
    )


PLATFORM = Platform("gcp", Shape.PER_UPDATE, recognises, read, address=_PAGES, paths=("/en/feed.atom", "/feed.atom"))


def _local(text: str, zone: str) -> datetime | None:
    """A time of the named zone; None where there is no such day, or the machine does not know the zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError, OverflowError, OSError):  # `US` is a directory
        return None
