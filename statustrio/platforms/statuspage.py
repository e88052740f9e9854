"""Atlassian Statuspage: one entry per incident holds all its updates, newest first.

The updates' times have no year and are in the page's zone; the year comes from the entry's own date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import html_to_text
from statustrio.model import Kind, Reading, Shape, Status, Update
from statustrio.platforms.platform import Platform, hashed_id, last_segment, mostly, own_id, web_url
from statustrio.platforms.timeline import MOST_UPDATES, Block, begun, blocks, has_blocks, later, parse_stamp
from statustrio.platforms.words import kind_of
from statustrio.spans import shifted

_BANNER = "THIS IS A SCHEDULED EVENT"
_BANNER_LENGTH = 1000
"""Characters of HTML at the front of the content that a banner fits into."""
_WINDOW = re.compile(
    rf"{_BANNER} (?P<from_day>\S+ [0-9]+), (?P<from_clock>[0-9:]+)(?: (?P<from_zone>[^\s-]\S*))?"
    r" - (?:(?P<till_day>\S+ [0-9]+), )?(?P<till_clock>[0-9:]+)(?: (?P<till_zone>\S+))?"
)

_NUMBERED = re.compile(r"tag:[^,]+,2005:Incident/[0-9]+")
_CODED = re.compile(r"https?://[^/]+/incidents/[a-z0-9]{12}")
_HISTORY = re.compile(r"tag:[^,]+,2005:/history")

_SLACK = timedelta(days=7)
"""How much later than the update printed above it an update may be: people date updates back, but not by more."""


def recognises(feed: Feed) -> bool:
    """By the entries' ids or links together with the markup of updates; an empty feed by what Statuspage calls it."""
    if not feed.entries:
        return feed.description == "Statuspage" or _HISTORY.fullmatch(feed.id or "") is not None
    return mostly(feed, _is_ours)


def incident_id(entry: Entry) -> str:
    """The id of the page's own API, which Atom and RSS both have only in the link."""
    return last_segment(entry.link) or own_id((entry.id or "").rpartition(",2005:")[2]) or hashed_id(entry)


def read(entry: Entry) -> Reading:
    content = _content(entry)
    printed = blocks(content)[:MOST_UPDATES]
    banner = _banner(content[: printed[0].start] if printed else content)
    # with the banner, `published` is when the work is planned to begin; RSS has no other date
    posted = entry.updated or (None if banner else entry.published)
    if printed:
        updates = _updates(printed, entry, planned=banner is not None)
    else:
        updates = (Update(posted, Status.UNKNOWN, html_to_text(content)),)
    is_maintenance = banner is not None or kind_of(updates[0].label) is Kind.MAINTENANCE
    starts, ends = _window(banner or "", entry.published)
    if starts and updates[-1].label == Status.COMPLETED:
        # Over before it was planned to begin: it cannot have begun after its end.
        starts = min(starts, updates[-1].at or starts)
    return Reading(
        incident_id=incident_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=(begun(updates) if is_maintenance else None) or starts or updates[0].at,
        updated_at=entry.updated or later(posted, updates[-1].at),
        scheduled_for=starts,
        scheduled_until=ends,
    )


PLATFORM = Platform("statuspage", Shape.TIMELINE, recognises, read, paths=("/history.atom", "/history.rss"))


def _updates(printed: Sequence[Block], entry: Entry, *, planned: bool) -> tuple[Update, ...]:
    """The updates oldest first. Years are found from the newest backwards, as the page prints them."""
    reference = entry.updated or entry.published if planned else entry.published or entry.updated
    above = entry.published if planned and entry.updated is None else None
    updates: list[Update] = []
    for block in printed:
        time = None
        if block.stamp is not None and above is not None:
            time = block.stamp.latest(shifted(above, _SLACK))
        elif block.stamp is not None and reference is not None:
            time = block.stamp.nearest(reference)
        above = time or above
        at = time if block.stamp is not None and block.stamp.offset is not None else None
        updates.append(Update(at, block.label, block.text))
    updates.reverse()
    return tuple(updates) if planned else _in_season(updates, entry.published)


def _in_season(updates: Sequence[Update], published: datetime | None) -> tuple[Update, ...]:
    """The updates, an hour earlier or later where the page writes `PST` all year.

    `published` is the time of the newest update, and has its true zone.
    """
    newest = updates[-1].at
    shift = published.replace(second=0, microsecond=0) - newest if newest and published else timedelta(0)
    if abs(shift) != timedelta(hours=1):
        return tuple(updates)
    return tuple(evolve(update, at=shifted(update.at, shift) if update.at else None) for update in updates)


def _banner(front: str) -> str | None:
    """The text of the banner above the updates that announces planned work."""
    front = front[:_BANNER_LENGTH]
    if "SCHEDULED" not in front:  # nearly all: no reading of their first paragraph for it
        return None
    text = " ".join(html_to_text(front).split())
    return text if text.startswith(_BANNER) else None


def _window(banner: str, published: datetime | None) -> tuple[datetime | None, datetime | None]:
    """When the planned work begins and ends: `Dec 18, 16:00 - 17:00 UTC`, `Jan 8, 23:00 UTC - Jan 9, 01:00 UTC`."""
    match = _WINDOW.match(banner)
    if match is None or published is None:
        return None, None
    zone = match["till_zone"] or match["from_zone"] or ""
    starts = _planned(f"{match['from_day']}, {match['from_clock']} {match['from_zone'] or zone}", published)
    if starts is None:
        return None, None
    ends = _planned(f"{match['till_day'] or match['from_day']}, {match['till_clock']} {zone}", starts)
    return starts, ends if ends is not None and ends >= starts else None


def _planned(text: str, near: datetime) -> datetime | None:
    stamp = parse_stamp(text)
    return stamp.nearest(near) if stamp is not None and stamp.offset is not None else None


def _is_ours(entry: Entry) -> bool:
    if not _NUMBERED.fullmatch(entry.id or "") and not _CODED.fullmatch(entry.link or ""):
        return False
    content = _content(entry)
    return has_blocks(content) or _banner(content) is not None


def _content(entry: Entry) -> str:
    return entry.content or entry.summary
