"""Ninety days of a provider in one strip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statustrio.web.strip import DAYS, Level, Run, Span, level_of, strip

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
LONG_AGO = NOW - timedelta(days=1000)


def days_ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def test_a_calm_provider_is_one_run() -> None:
    drawn = strip((), LONG_AGO, NOW)
    assert drawn.runs == (Run(0, DAYS, Level.FINE),)
    assert drawn.says == "Nothing was open in the last 90 days."


def test_a_day_shows_the_worst_of_it_and_an_incident_all_of_its_days() -> None:
    spans = (
        Span(days_ago(3) + timedelta(hours=23), days_ago(1) + timedelta(hours=1), Level.MINOR),
        Span(days_ago(2), days_ago(2) + timedelta(minutes=5), Level.CRITICAL),
    )
    drawn = strip(spans, LONG_AGO, NOW)
    assert drawn.runs == (
        Run(0, 86, Level.FINE),
        Run(86, 1, Level.MINOR),
        Run(87, 1, Level.CRITICAL),
        Run(88, 1, Level.MINOR),
        Run(89, 1, Level.FINE),
    )
    assert drawn.says == "Something was open on 3 of the last 90 days, at worst critical trouble."


def test_what_is_open_reaches_today_and_what_is_older_begins_at_the_left() -> None:
    drawn = strip((Span(LONG_AGO, None, Level.MAJOR),), LONG_AGO, NOW)
    assert drawn.runs == (Run(0, DAYS, Level.MAJOR),)
    assert strip((Span(LONG_AGO, days_ago(200), Level.MAJOR),), LONG_AGO, NOW).runs == (Run(0, DAYS, Level.FINE),)


@pytest.mark.parametrize(
    ("since", "unseen"), [(None, DAYS), (LONG_AGO, 0), (days_ago(89), 0), (days_ago(2) + timedelta(hours=5), 87)]
)
def test_days_before_the_page_was_followed_are_unseen(since: datetime | None, unseen: int) -> None:
    lengths = {run.level: run.length for run in strip((), since, NOW).runs}
    assert lengths.get(Level.UNSEEN, 0) == unseen


def test_what_the_page_told_of_the_time_before_is_shown() -> None:
    drawn = strip((Span(days_ago(50), days_ago(50), Level.MAJOR),), NOW, NOW)
    assert Run(39, 1, Level.MAJOR) in drawn.runs
    assert strip((), None, NOW).says == "Not seen in the last 90 days."


@pytest.mark.parametrize(
    ("kind", "impact", "level"),
    [
        ("incident", None, Level.UNKNOWN),
        ("maintenance", None, Level.MAINTENANCE),
        ("incident", "none", Level.NONE),
        ("maintenance", "maintenance", Level.MAINTENANCE),
        ("incident", "critical", Level.CRITICAL),
    ],
)
def test_a_level_is_what_the_page_says_of_the_impact(kind: str, impact: str | None, level: Level) -> None:
    assert level_of(kind, impact) is level


moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  made aware


@given(st.lists(st.builds(Span, moments, st.none() | moments, st.sampled_from(Level))), st.none() | moments)
def test_the_runs_are_all_days_whatever_the_page_claims(spans: list[Span], since: datetime | None) -> None:
    runs = strip(spans, since, NOW).runs
    assert [run.first for run in runs] == [sum(one.length for one in runs[:place]) for place in range(len(runs))]
    assert sum(run.length for run in runs) == DAYS
    assert all(one.level is not other.level for one, other in pairwise(runs))


def test_the_picture_is_one_path_for_each_level_and_says_the_same_in_words() -> None:
    drawn = strip((Span(days_ago(2), days_ago(2), Level.MINOR),), LONG_AGO, NOW)
    picture = ET.fromstring(drawn.svg)
    assert picture.get("aria-label") == drawn.says
    assert {path.get("class"): path.get("d") for path in picture} == {
        "fine": "M0 0h87v1h-87zM88 0h2v1h-2z",
        "minor": "M87 0h1v1h-1z",
    }
