"""Instatus: all updates in the entry, in no fixed order; `published` is the start and `updated` the end.

It imitates Statuspage, and differs in its ids and in the facts above the updates.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text, one_line
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, listed, mostly, own_id, web_url
from statustrio.platforms.timeline import MOST_UPDATES, Block, blocks, later
from statustrio.platforms.words import kind_of

_CUID = r"c[a-z0-9]{20,30}"
_ID = re.compile(rf"tag:[^,]{{1,99}},2005:(?:Incident|Maintenance)/{_CUID}")
_LINK = re.compile(rf"https?://[^/]+/(?:[a-z]{{2}}/)?(?:incident|maintenance)/{_CUID}")
_FACT = re.compile(
    r"<p>\s{0,9}<strong>(?P<name>Type|Affected Components):</strong>(?P<value>[^<]{0,4000})</p>", re.IGNORECASE
)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def recognises(feed: Feed) -> bool:
    return mostly(feed, lambda entry: _ID.fullmatch(entry.id or "") or _LINK.fullmatch(entry.link or ""))


def read(entry: Entry) -> Reading:
    content = entry.content or entry.summary
    printed = blocks(content)
    front = content[: printed[0].start] if printed else content
    facts = {match["name"].lower(): one_line(html_to_text(match["value"])) for match in _FACT.finditer(front)}
    posted = entry.updated or entry.published
    is_planned = facts.get("type", "").casefold() == "maintenance" or "/maintenance/" in (entry.link or "")
    updates = _in_order(printed, entry, is_planned=is_planned)
    updates = updates or (Update(posted, str(Status.UNKNOWN), html_to_text(content)),)
    return Reading(
        incident_id=last_segment(entry.link) or own_id((entry.id or "").rpartition("/")[2]) or hashed_id(entry),
        kind=Kind.MAINTENANCE if is_planned else kind_of(updates[-1].label),
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=entry.published or updates[0].at,
        # of planned work the dates of the entry are those of the plan
        updated_at=updates[-1].at if is_planned else entry.updated or later(posted, updates[-1].at),
        components=listed(facts.get("affected components", "")),
    )


PLATFORM = Platform("instatus", Shape.TIMELINE, recognises, read, paths=("/history.atom", "/history.rss"))


def _in_order(printed: list[Block], entry: Entry, *, is_planned: bool) -> tuple[Update, ...]:
    """The updates oldest first. Incidents are printed newest first, maintenance the other way round."""
    starts, ends = entry.published or entry.updated, entry.updated or entry.published
    updates = []
    for block in printed[:MOST_UPDATES]:
        stamp = block.stamp
        at = (
            stamp.within(min(starts, ends), max(starts, ends))
            if stamp and stamp.offset is not None and starts and ends
            else None
        )
        updates.append(Update(at, block.label, block.text))
    if updates:
        first, last = (updates[place].at or _LONG_AGO for place in (0, -1))
        # times in a zone that nobody knows tell nothing; the kind does
        if first > last or (first == last and not is_planned):
            updates.reverse()
    return tuple(sorted(updates, key=lambda update: update.at or _LONG_AGO))
