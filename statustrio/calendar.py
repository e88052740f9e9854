"""Planned work as a calendar (RFC 5545): an entry for each, as programs that subscribe to it show them. Pure.

`told_of` makes an entry of events, one after the other; others may make entries of what they know. `document` writes
them, and `parse` reads its own writing back. Nothing of the standard is written by hand: that is `icalendar`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
from attrs import frozen

from statustrio import __version__
from statustrio.events import REMINDER, Event
from statustrio.feed.text import clean, one_line
from statustrio.model import Status
from statustrio.spans import shifted

NAME = "Planned work"
PRODUCT = "-//statustrio//"
LENGTH = timedelta(hours=1)
"""Of work whose page names no end."""
KEPT_FOR = timedelta(days=90)
MOST_UPDATES = 20
LONGEST_TEXT = 2000
"""Characters of one update: nobody reads more in a calendar."""
REFRESH = timedelta(hours=1)
"""How often whoever subscribes may look again."""
_HEAD = re.compile(r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) UTC, (?P<status>[^\n]*)(?:\n(?P<text>.*))?", re.DOTALL)


@frozen
class Said:
    """One update of planned work: when it was posted (to the minute), its status, its text."""

    at: datetime
    status: str
    text: str = ""

    @classmethod
    def of(cls, at: datetime, status: str, text: str) -> Said:
        """An update as a calendar shows it: no blank lines, which part the updates, and not without end."""
        text = re.sub(r"\n\s*\n", "\n", clean(text).strip())
        text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
        return cls(at.astimezone(UTC).replace(second=0, microsecond=0), one_line(status).replace("_", " "), text)


@frozen
class Work:
    """Planned work as an entry of a calendar. `end` is None where the page names none; `updates`, the newest first.

    `modified` is when it was last told, `sequence` grows each time it is: a calendar takes the entry with the higher.
    """

    uid: str
    title: str
    start: datetime
    end: datetime | None
    modified: datetime
    sequence: int
    cancelled: bool = False
    updates: tuple[Said, ...] = ()
    url: str | None = None


def uid(provider: str, incident_id: str) -> str:
    """What tells an entry from all others, for ever."""
    return f"urn:statustrio:{provider}/{one_line(incident_id)}"


def told_of(before: Work | None, event: Event) -> Work | None:
    """The entry with one event more; None where the event is none of planned work's, as `before` if it is no news."""
    if not event.event.startswith("maintenance.") or event.event == REMINDER or not event.incident_id:
        return before
    if before is not None and event.seq == before.sequence:
        return before  # told again, after a kill
    edited = event.event == "maintenance.edited"
    start = event.started_at or (before.start if before else event.update_at or event.timestamp)
    end = event.scheduled_until
    if end is None and event.event == "maintenance.completed":
        end = event.update_at
    if end is None and before is not None:
        end = before.end
    return Work(
        uid=uid(event.provider or "", event.incident_id),
        title=one_line(f"{event.provider_name}: {event.title}"),
        start=start,
        end=end if end is not None and end > start else None,
        modified=event.timestamp,
        # A new database counts from one again.
        sequence=max(event.seq, before.sequence + 1 if before else 0),
        cancelled=before is not None and before.cancelled if edited else event.event == "maintenance.withdrawn",
        updates=_with(before.updates if before else (), event, edited=edited),
        url=event.url and one_line(event.url),
    )


def _with(updates: tuple[Said, ...], event: Event, *, edited: bool) -> tuple[Said, ...]:
    said = Said.of(event.update_at or event.timestamp, event.status or Status.UNKNOWN, event.message or "")
    if edited:
        # The edited update is told with its own time and status; a page can rewrite the status, too.
        of_minute = [place for place, one in enumerate(updates) if one.at == said.at]
        places = [place for place in of_minute if updates[place].status == said.status] or of_minute
        if places:
            return (*updates[: places[0]], said, *updates[places[0] + 1 :])
    return (said, *updates)[:MOST_UPDATES]


def still_shown(works: Iterable[Work], now: datetime) -> tuple[Work, ...]:
    """The entries that stay: those whose end, or last word, is at most 90 days ago."""
    oldest = shifted(now, -KEPT_FOR)
    return tuple(one for one in works if max((_end(one), *(said.at for said in one.updates[:1]))) >= oldest)


def _end(work: Work) -> datetime:
    return work.end or shifted(work.start, LENGTH)


def document(works: Iterable[Work]) -> bytes:
    """The calendar as the bytes of a file: the same for the same works, whoever makes it and whenever."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"{PRODUCT}statustrio {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("name", NAME)
    calendar.add("x-wr-calname", NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for work in sorted(works, key=lambda one: (one.start, one.uid)):
        calendar.add_component(_entry(work))
    return bytes(calendar.to_ical())


def _entry(work: Work) -> icalendar.Event:
    entry = icalendar.Event()
    entry.add("uid", work.uid)
    entry.add("dtstamp", work.modified)
    entry.add("last-modified", work.modified)
    entry.add("sequence", work.sequence)
    entry.add("dtstart", work.start)
    if work.end is not None:
        entry.add("dtend", work.end)
    else:
        entry.add("duration", LENGTH)
    entry.add("summary", work.title)
    entry.add("description", "\n\n".join(map(_block, work.updates)))
    entry.add("status", "CANCELLED" if work.cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")  # nobody is busy because of it
    if work.url:
        entry.add("url", work.url)
    return entry


def _block(said: Said) -> str:
    at = said.at.replace(tzinfo=None).isoformat(" ", "minutes")
    return f"{at} UTC, {said.status}" + (f"\n{said.text}" if said.text else "")


def parse(data: bytes) -> tuple[Work, ...]:
    """The entries of a calendar that `document` wrote; none of one that it did not write, or that is damaged."""
    try:
        calendar = icalendar.Calendar.from_ical(data)
    except ValueError:
        return ()
    if not str(calendar.get("prodid", "")).startswith(PRODUCT):
        return ()
    works = (_work(entry) for entry in calendar.walk("VEVENT"))
    return tuple(work for work in works if work is not None)


def _work(entry: Any) -> Work | None:
    start, modified = _time(entry, "dtstart"), _time(entry, "last-modified")
    sequence = entry.get("sequence")
    if start is None or modified is None or not isinstance(sequence, int):
        return None
    blocks = map(_said, str(entry.get("description", "")).split("\n\n"))
    return Work(
        uid=str(entry.get("uid", "")),
        title=str(entry.get("summary", "")),
        start=start,
        end=_time(entry, "dtend"),
        modified=modified,
        sequence=int(sequence),
        cancelled=entry.get("status") == "CANCELLED",
        updates=tuple(said for said in blocks if said is not None),
        url=str(entry["url"]) if "url" in entry else None,
    )


def _said(block: str) -> Said | None:
    head = _HEAD.fullmatch(block)
    try:
        return Said(datetime.fromisoformat(f"{head['at']}Z"), head["status"], head["text"] or "") if head else None
    except ValueError:  # no such day
        return None


def _time(entry: Any, name: str) -> datetime | None:
    """A time of an entry; None where there is none, or nothing that can be read as one."""
    value = entry.get(name)
    at = value.dt if isinstance(value, icalendar.vDDDTypes) else None
    return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else None
