"""The last ninety days of a provider as a strip: the worst of each day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import groupby

from attrs import frozen

DAYS = 90
DAY = timedelta(days=1)


class Level(IntEnum):
    """How bad something is, from harmless to worst; what a page does not say ranks just below minor."""

    UNSEEN = 0
    """Nothing is known: the page was not followed yet, or cannot be seen."""
    FINE = 1
    NONE = 2
    MAINTENANCE = 3
    UNKNOWN = 4
    MINOR = 5
    MAJOR = 6
    CRITICAL = 7

    @property
    def word(self) -> str:
        return self.name.lower()


LABELS: Mapping[Level, str] = {
    Level.UNSEEN: "not seen",
    Level.FINE: "nothing open",
    Level.NONE: "no impact",
    Level.MAINTENANCE: "planned work",
    Level.UNKNOWN: "impact unknown",
    Level.MINOR: "minor",
    Level.MAJOR: "major",
    Level.CRITICAL: "critical",
}
"""Beside an incident or a provider."""
WORDS: Mapping[Level, str] = {
    Level.UNSEEN: "not seen",
    Level.FINE: "nothing open",
    Level.NONE: "a notice without impact",
    Level.MAINTENANCE: "planned work",
    Level.UNKNOWN: "trouble of unknown impact",
    Level.MINOR: "minor trouble",
    Level.MAJOR: "major trouble",
    Level.CRITICAL: "critical trouble",
}
"""In a sentence, and where nothing else says what it is about."""


@frozen
class Span:
    """When an incident was open, and how bad it was. `end` is None while it is."""

    start: datetime
    end: datetime | None
    level: Level


@frozen
class Run:
    """Days in a row of one level; `first` counts from the left."""

    first: int
    length: int
    level: Level


@frozen
class Strip:
    """`says` is the same in words, for who does not see it; `svg` is the picture, drawn once for many pages."""

    runs: tuple[Run, ...]
    says: str
    svg: str


def level_of(kind: str, impact: str | None) -> Level:
    if impact is None:
        return Level.MAINTENANCE if kind == "maintenance" else Level.UNKNOWN
    return Level[impact.upper()]


def strip(spans: Iterable[Span], followed_since: datetime | None, now: datetime) -> Strip:
    """The days of UTC up to today, which is the last one.

    Days before the page was followed are unseen, but for those of which it told trouble later.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = today - (DAYS - 1) * DAY
    unseen = DAYS if followed_since is None else min(max((followed_since - first_day) // DAY, 0), DAYS)
    days = [Level.UNSEEN] * unseen + [Level.FINE] * (DAYS - unseen)
    for span in spans:
        begin = max((span.start - first_day) // DAY, 0)
        end = min(((span.end or now) - first_day) // DAY, DAYS - 1)
        for day in range(begin, end + 1):
            days[day] = max(days[day], span.level)
    return _strip(tuple(_runs(days)))


@lru_cache(maxsize=4096)
def _strip(runs: tuple[Run, ...]) -> Strip:
    """Most providers are calm, and their strips the same."""
    says = _in_words(runs)
    return Strip(runs, says, _drawn(runs, says))


def _drawn(runs: Iterable[Run], says: str) -> str:
    """One path for each level: a thousand strips stand on one page."""
    paths: dict[Level, str] = {}
    for run in runs:
        paths[run.level] = f"{paths.get(run.level, '')}M{run.first} 0h{run.length}v1h-{run.length}z"
    shapes = "".join(f'<path class="{level.word}" d="{path}"/>' for level, path in paths.items())
    return (
        f'<svg class="strip" viewBox="0 0 {DAYS} 1" preserveAspectRatio="none" role="img" aria-label="{says}">'
        f"{shapes}</svg>"
    )


def _runs(days: Sequence[Level]) -> Iterable[Run]:
    first = 0
    for level, same in groupby(days):
        length = len(tuple(same))
        yield Run(first, length, level)
        first += length


def _in_words(runs: Iterable[Run]) -> str:
    bad = [run for run in runs if run.level > Level.FINE]
    seen = sum(run.length for run in runs if run.level is not Level.UNSEEN)
    if not seen:
        return f"Not seen in the last {DAYS} days."
    span = f"the last {seen} days" if seen > 1 else "the one day that is known"
    if not bad:
        return f"Nothing was open in {span}."
    worst = max(run.level for run in bad)
    return f"Something was open on {sum(run.length for run in bad)} of {span}, at worst {WORDS[worst]}."
