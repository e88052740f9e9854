"""Dates as feeds and pages write them, to aware UTC datetimes. Pure.

Strict on purpose: a date without a zone, or with one that is not known for sure, is no date. The libraries'
way out, to read it as UTC or as local time, puts an update hours from where it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

ZONES: Mapping[str, timedelta] = MappingProxyType(
    {
        name: timedelta(minutes=round(hours * 60))
        for names, hours in (
            ("Z UT UTC GMT WET", 0),
            ("BST WEST CET", 1),  # BST: British Summer Time; Bangladesh is not seen in feeds
            ("CEST EET SAST", 2),
            ("EEST MSK", 3),
            ("SGT HKT AWST", 8),
            ("JST KST", 9),
            ("ACST", 9.5),
            ("AEST", 10),
            ("ACDT", 10.5),
            ("AEDT", 11),
            ("NZST", 12),
            ("NZDT", 13),
            ("ADT", -3),
            ("AST EDT", -4),
            ("EST CDT", -5),
            ("CST MDT", -6),  # RFC 822 fixes CST for the United States; in the feeds seen China never uses it
            ("MST PDT", -7),
            ("PST AKDT", -8),
            ("AKST", -9),
            ("HST", -10),
        )
        for name in names.split()
    }
)
"""Zone abbreviations that mean one thing. IST does not (India, Israel, Ireland) and is missing for that reason."""

MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                ("jan", "january"),
                ("feb", "february"),
                ("mar", "march"),
                ("apr", "april"),
                ("may",),
                ("jun", "june"),
                ("jul", "july"),
                ("aug", "august"),
                ("sep", "sept", "september"),
                ("oct", "october"),
                ("nov", "november"),
                ("dec", "december"),
            ),
            start=1,
        )
        for name in names
    }
)
"""English month names in lower case, short and long; strptime would depend on the locale."""

_LONGEST = 100
"""Characters. No date is longer; what is, is hostile."""

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_WIDEST_OFFSET = timedelta(hours=14)
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt]|\s+)([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)\s*(\S+)")
_RFC = re.compile(
    r"(?:[A-Za-z]+\.?,?\s+)?"  # the weekday, which need not match the date
    r"([0-9]{1,2})[\s-]+([A-Za-z]+)\.?[\s-]+([0-9]{4}|[0-9]{2}),?\s+"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*"
    r"([^\s0-9:][^\s]*)(?:\s+\([^()]*\))?"
)


def zone_offset(name: str) -> timedelta | None:
    """How far the zone is ahead of UTC: `PST`, `Z`, `+02:00`, `GMT+0`, `UTC+5:30`. None: not known for sure."""
    upper = name.strip().upper()
    if upper in ZONES:
        return ZONES[upper]
    match = _OFFSET.fullmatch(upper)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _WIDEST_OFFSET or int(match[3] or 0) > 59:
        return None
    return -offset if match[1] == "-" else offset


def in_utc(local: datetime, offset: timedelta) -> datetime | None:
    """The naive local time of a zone as aware UTC; None past either end of the calendar."""
    try:
        return (local - offset).replace(tzinfo=UTC)
    except OverflowError:
        return None


def parse_date(text: str) -> datetime | None:
    """An ISO 8601 or RFC 822 date with a known zone, in UTC. Anything else is None.

    Milliseconds are kept and no more: a time that is stored must be the one that was read.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    try:
        if match := _ISO.fullmatch(text):
            local, zone = datetime.fromisoformat(f"{match[1]}T{match[2]}"), match[3]
        elif match := _RFC.fullmatch(text):
            local, zone = _rfc_local(match), match[7]
        else:
            return None
    except ValueError:  # the 31st of November
        return None
    offset = zone_offset(zone)
    return None if offset is None else in_utc(local.replace(microsecond=local.microsecond // 1000 * 1000), offset)


def _rfc_local(match: re.Match[str]) -> datetime:
    month = MONTHS.get(match[2].lower())
    if month is None:
        raise ValueError(f"no month: {match[2]}")
    year = int(match[3])
    if len(match[3]) == 2:
        year += 2000 if year < 69 else 1900  # as POSIX and email.utils read two digits
    return datetime(year, month, int(match[1]), int(match[4]), int(match[5]), int(match[6] or 0))  # noqa: DTZ001 - naive until its zone is applied
