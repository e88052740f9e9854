"""What the platforms share that print a whole timeline into one entry: small print with a date, a bold word, a text.

    <small>Feb <var data-var='date'>24</var>, <var data-var='time'>20:01</var> UTC</small><br><strong>Resolved</strong>
    <small>June 4, 2026 05:15 PDT</small><br /><b>Investigating</b>

Where the year is missing it is derived from the entry's own dates. Every count in a pattern is bounded, so that no
document takes more than linear time. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from statustrio.feed.dates import MONTHS, in_utc, zone_offset
from statustrio.feed.text import html_to_text
from statustrio.model import Status, Update
from statustrio.platforms.words import label_of

_BORDER = re.compile(
    r"<small>(?P<date>[^<]{0,99}(?:</?var\b[^<>]{0,99}>[^<]{0,99}){0,6})</small>\s{0,99}<br\s{0,9}/?>\s{0,99}"
    r"<(?P<bold>strong|b)>(?P<label>.{0,99}?)</(?P=bold)>\s{0,99}(?:-\s{0,99})?",
    re.DOTALL | re.IGNORECASE,
)
MOST_UPDATES = 1000
"""Of one incident, as they are printed. Real incidents have some dozens."""

_TAG = re.compile(r"<[^<>]*>")
_CLOCK = re.compile(r"[0-9]:[0-9]{2}")
_DATE = re.compile(
    r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>[0-9]{1,2}),(?: (?P<year>[0-9]{4}),?)?"
    r" (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?: (?P<zone>\S+))?"
)
_HALF_A_YEAR = timedelta(days=182)
"""What is nearer than this in one year is farther in every other."""
_FARTHEST = timedelta(days=200)
"""Some year puts any day within half a year of the reference; only the 29th of February can miss it."""


@frozen
class Stamp:
    """A date as a page prints it: perhaps without a year, perhaps in a zone nobody knows (`offset` None)."""

    year: int | None
    month: int
    day: int
    hour: int
    minute: int
    second: int
    offset: timedelta | None

    def nearest(self, to: datetime) -> datetime | None:
        """The time of this stamp in the year that puts it nearest; None if that is no such day."""
        same_year = self._in(self.year or to.year)
        if same_year is not None and (self.year or abs(same_year - to) < _HALF_A_YEAR):
            return same_year
        time = min(self._around(to, to), key=lambda time: abs(time - to), default=None)
        return time if time is not None and abs(time - to) < _FARTHEST else None

    def latest(self, limit: datetime) -> datetime | None:
        """The last time of this stamp up to the limit."""
        years = [self.year] if self.year else range(limit.year + 1, limit.year - 2, -1)
        return next((time for year in years if (time := self._in(year)) and time <= limit), None)

    def within(self, start: datetime, end: datetime) -> datetime | None:
        """The time of this stamp in the year that puts it nearest to a span; the later one of two within it."""

        def distance(time: datetime) -> timedelta:
            return max(start - time, time - end, timedelta(0))

        return min(reversed(list(self._around(start, end))), key=distance, default=None)

    def _around(self, start: datetime, end: datetime) -> Iterator[datetime]:
        near = {time.year + step for time in (start, end) for step in (-1, 0, 1)}
        for year in [self.year] if self.year else sorted(near):
            utc = self._in(year)
            if utc is not None:
                yield utc

    def _in(self, year: int) -> datetime | None:
        """The time of this stamp in a year; None where that has no such day."""
        try:
            local = datetime(year, self.month, self.day, self.hour, self.minute, self.second)  # noqa: DTZ001 - in the page's zone
        except ValueError:
            return None
        return in_utc(local, self.offset or timedelta(0))


@frozen
class Block:
    """One update as it is printed: where it begins, its date (None: nobody can read it), its word and its HTML."""

    start: int
    stamp: Stamp | None
    word: str
    message: str

    @property
    def label(self) -> str:
        return label_of(html_to_text(self.word))

    @property
    def text(self) -> str:
        # Without the paragraph's own tags most messages are plain text, which is read twenty times as fast.
        return html_to_text(self.message.rstrip().removesuffix("<p>").rstrip().removesuffix("</p>"))


def sections(borders: Iterable[re.Match[str]], text: str) -> list[tuple[re.Match[str], str]]:
    """Each border with what stands between it and the next one."""
    borders = list(borders)
    ends = [*(border.start() for border in borders), len(text)][1:]
    return [(border, text[border.end() : end]) for border, end in zip(borders, ends, strict=True)]


def blocks(content: str) -> list[Block]:
    """The updates in the order in which they are printed."""
    dates = {match: date for match in _BORDER.finditer(content) if (date := _date(match))}
    return [
        Block(border.start(), parse_stamp(dates[border]), border["label"], message)
        for border, message in sections(dates, content)
    ]


def dated(block: Block) -> datetime | None:
    """The time of an update whose date has a year and a zone; None for any other."""
    stamp = block.stamp
    if stamp is None or stamp.year is None or stamp.offset is None:
        return None
    middle = datetime(stamp.year, 7, 1, tzinfo=UTC)
    return stamp.nearest(middle)


def all_dated(content: str, posted: datetime | None) -> tuple[Update, ...]:
    """The updates, oldest first, of an entry that prints them newest first with whole dates; without any, its text."""
    printed = reversed(blocks(content)[:MOST_UPDATES])
    updates = tuple(Update(dated(block), block.label, block.text) for block in printed)
    return updates or (Update(posted, str(Status.UNKNOWN), html_to_text(content)),)


def newest_dated(borders: Iterable[re.Match[str]], text: str, at: datetime | None) -> tuple[Update, ...]:
    """The updates, oldest first, of an entry that prints them newest first and dates none but the newest.

    Each border has the group `word`; `at` is the entry's own date.
    """
    printed = sections(borders, text)[:MOST_UPDATES]
    updates = [Update(None, label_of(border["word"]), html_to_text(message)) for border, message in printed]
    return tuple(reversed([evolve(update, at=at) for update in updates[:1]] + updates[1:]))


def begun(updates: Iterable[Update]) -> datetime | None:
    """When planned work began, as its timeline says; None while it has not, or where no word tells."""
    return next((update.at for update in updates if update.label == Status.IN_PROGRESS), None)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two dates that may be missing: RSS has the second of the newest update, its text the minute."""
    return max((date for date in (one, other) if date), default=None)


def has_blocks(content: str) -> bool:
    """Whether there is any update."""
    return any(_date(match) for match in _BORDER.finditer(content))


def has_year(content: str) -> bool:
    """Whether the first update has a whole date."""
    date = next((date for match in _BORDER.finditer(content) if (date := _date(match))), None)
    stamp = parse_stamp(date) if date else None
    return stamp is not None and stamp.year is not None


def parse_stamp(text: str) -> Stamp | None:
    """`Feb 24, 20:01 UTC`, `June 4, 2026 05:15 PDT`, `Jul 7, 13:20:00 GMT+0`; None for anything else."""
    match = _DATE.fullmatch(" ".join(text.split()))
    month = MONTHS.get(match["month"].lower()) if match else None
    if match is None or month is None:
        return None
    return Stamp(
        year=int(match["year"] or 0) or None,  # no calendar has a year 0
        month=month,
        day=int(match["day"]),
        hour=int(match["hour"]),
        minute=int(match["minute"]),
        second=int(match["second"] or 0),
        offset=zone_offset(match["zone"] or ""),
    )


def _date(border: re.Match[str]) -> str | None:
    """The date of an update; None for small print without a clock, which belongs to a message."""
    date = _TAG.sub("", border["date"])
    return date if _CLOCK.search(date) else None
