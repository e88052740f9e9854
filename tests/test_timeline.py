from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from documents import at

from statustrio.model import Update
from statustrio.platforms.timeline import (
    MOST_UPDATES,
    Stamp,
    begun,
    blocks,
    dated,
    has_blocks,
    has_year,
    later,
    newest_dated,
    parse_stamp,
    sections,
)

HOUR = timedelta(hours=1)


def stamp(text: str) -> Stamp:
    found = parse_stamp(text)
    assert found is not None
    return found


def moment(text: str | None) -> datetime | None:
    return at(text) if text else None


def block(date: str, word: str = "Update", text: str = "text") -> str:
    return f"<small>{date}</small><br><strong>{word}</strong> - {text}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Feb 24, 20:01 UTC", Stamp(None, 2, 24, 20, 1, 0, 0 * HOUR), id="no year"),
        pytest.param("June 4, 2026 05:15 PDT", Stamp(2026, 6, 4, 5, 15, 0, -7 * HOUR), id="month in full"),
        pytest.param("May 3, 2026, 05:15 UTC", Stamp(2026, 5, 3, 5, 15, 0, 0 * HOUR), id="comma behind the year"),
        pytest.param("Jul 7, 13:20:59 GMT+0", Stamp(None, 7, 7, 13, 20, 59, 0 * HOUR), id="seconds"),
        pytest.param("Sept. 7, 1:20 GMT-3:30", Stamp(None, 9, 7, 1, 20, 0, -3.5 * HOUR), id="half an hour"),
        pytest.param(" Jan \n  1,\t09:09  PST ", Stamp(None, 1, 1, 9, 9, 0, -8 * HOUR), id="blanks"),
        pytest.param("JAN 1, 09:09", Stamp(None, 1, 1, 9, 9, 0, None), id="no zone"),
        pytest.param("Jan 1, 09:09 IST", Stamp(None, 1, 1, 9, 9, 0, None), id="a zone of two meanings"),
        pytest.param("Jan 1, 0000 09:09 UTC", Stamp(None, 1, 1, 9, 9, 0, 0 * HOUR), id="no calendar has a year 0"),
        pytest.param("Jan 99, 99:99:99 UTC", Stamp(None, 1, 99, 99, 99, 99, 0 * HOUR), id="no such day"),
    ],
)
def test_a_printed_date_is_a_stamp(text: str, expected: Stamp) -> None:
    assert parse_stamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Feb 24",
        "20:01 UTC",
        "Tea 24, 20:01 UTC",
        "24 Feb, 20:01 UTC",
        "Feb 24, 2026",
        "x Feb 24, 20:01",
        "Feb 24, 20:01 UTC or so",
        "Feb ٢, 1:00",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_stamp(text) is None


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        pytest.param("Feb 24, 20:01 UTC", "2026-03-01", "2026-02-24T20:01", id="this year"),
        pytest.param("Dec 31, 20:01 PST", "2026-01-02", "2026-01-01T04:01", id="the year before"),
        pytest.param("Jan 1, 00:30 UTC", "2025-12-31", "2026-01-01T00:30", id="the year after"),
        pytest.param("Feb 29, 12:00 UTC", "2024-03-01", "2024-02-29T12:00", id="leap year"),
        pytest.param("Feb 29, 12:00 UTC", "2026-03-01", None, id="no leap year"),
        pytest.param("Feb 29, 12:00 UTC", "2025-01-01", None, id="leap year too far away"),
        pytest.param("Feb 29, 2024 12:00 UTC", "2026-03-01", "2024-02-29T12:00", id="leap year as written"),
        pytest.param("Feb 29, 2026 12:00 UTC", "2026-03-01", None, id="no leap year as written"),
        pytest.param("Feb 30, 12:00 UTC", "2024-03-01", None, id="no such day"),
        pytest.param("Jan 1, 2020 12:00 UTC", "2026-03-01", "2020-01-01T12:00", id="any year as written"),
        pytest.param("Jan 1, 12:00", "2026-03-01", "2026-01-01T12:00", id="no zone is taken for UTC"),
        pytest.param("Jan 1, 12:00 UTC", "0001-01-01", "0001-01-01T12:00", id="the first year"),
        pytest.param("Dec 31, 12:00 UTC", "0001-01-01", None, id="before the first year"),
        pytest.param("Dec 31, 23:30 PST", "9999-12-31", None, id="past the last year"),
        pytest.param("Dec 31, 9999 23:30 PST", "2026-03-01", None, id="past the last year as written"),
        pytest.param("Jan 1, 0001 00:30 JST", "2026-03-01", None, id="before the first year as written"),
    ],
)
def test_the_nearest_year_is_taken(text: str, to: str, expected: str | None) -> None:
    assert stamp(text).nearest(at(to)) == moment(expected)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Feb 24, 20:01 UTC", "2026-02-24T20:01", "2026-02-24T20:01"),
        ("Feb 24, 20:01 UTC", "2026-02-24T20:00", "2025-02-24T20:01"),
        ("Feb 24, 2026 20:01 UTC", "2026-02-24T20:00", None),
        ("Feb 29, 12:00 UTC", "2026-03-01", None),
        ("Feb 29, 12:00 UTC", "2025-03-01", "2024-02-29T12:00"),
        ("Dec 31, 12:00 UTC", "0001-01-01", None),
        ("Dec 31, 12:00 UTC", "9999-12-31T23:59", "9999-12-31T12:00"),
    ],
)
def test_the_latest_is_not_past_the_limit(text: str, limit: str, expected: str | None) -> None:
    assert stamp(text).latest(at(limit)) == moment(expected)


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        pytest.param("Mar 3, 08:00 UTC", "2026-03-01", "2026-03-05", "2026-03-03T08:00", id="inside"),
        pytest.param("Jan 1, 08:00 UTC", "2025-12-30", "2026-01-05", "2026-01-01T08:00", id="over new year"),
        pytest.param("Dec 31, 08:00 UTC", "2025-12-30", "2026-01-05", "2025-12-31T08:00", id="before new year"),
        pytest.param("Mar 3, 08:00 UTC", "2024-01-01", "2026-12-31", "2026-03-03T08:00", id="the later of three"),
        pytest.param("Dec 31, 23:00 UTC", "2026-01-01", "2026-01-05", "2025-12-31T23:00", id="a little before"),
        pytest.param("Jan 1, 01:00 UTC", "2025-12-01", "2025-12-31", "2026-01-01T01:00", id="a little after"),
        pytest.param("Feb 29, 01:00 UTC", "2021-01-01", "2022-01-01", "2020-02-29T01:00", id="29 February nearby"),
        pytest.param("Feb 29, 01:00 UTC", "2022-01-01", "2022-12-31", None, id="no 29 February nearby"),
        pytest.param("Mar 3, 2020 08:00 UTC", "2026-03-01", "2026-03-05", "2020-03-03T08:00", id="as written"),
        pytest.param("Mar 3, 08:00 UTC", "0001-01-01", "0001-01-01", "0001-03-03T08:00", id="the first year"),
        pytest.param("Mar 3, 08:00 UTC", "9999-12-31", "9999-12-31", "9999-03-03T08:00", id="the last year"),
    ],
)
def test_a_year_within_the_span_is_taken(text: str, start: str, end: str, expected: str | None) -> None:
    assert stamp(text).within(at(start), at(end)) == moment(expected)


def test_blocks_are_found_in_both_forms() -> None:
    content = (
        "<p>front</p><p><small>Mar <var data-var='date'> 3</var>, <var data-var='time'>08:00</var> UTC</small><br>"
        "<strong>Resolved</strong> - a <b>b</b></p><SMALL>June 4, 2026 05:15 PDT</SMALL><BR /> "
        "<B><i>In progress</i></B> - c<br /><br />"
    )
    first, second = blocks(content)
    assert (first.start, first.stamp, first.label) == (content.index("<small>"), stamp("Mar 3, 08:00 UTC"), "resolved")
    assert (second.stamp, second.label) == (stamp("June 4, 2026 05:15 PDT"), "in_progress")
    assert (first.text, second.text) == ("a b", "c")


@pytest.mark.parametrize(
    ("content", "year"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("<small>a note</small><br><strong>b</strong>", None, id="no clock"),
        pytest.param("<small>Mar 3, 08:00 UTC</small> <strong>b</strong>", None, id="no break"),
        pytest.param("<small>Mar 3, 08:00 UTC</small><br>b", None, id="no bold word"),
        pytest.param("<small>Mar 3, 08:00 UTC</small><br><strong>b</b>", None, id="two tags"),
        pytest.param(block("Mar 3, 08:00 UTC"), False, id="no year"),
        pytest.param(block("Tea 3, 2026 08:00 UTC"), False, id="no date"),
        pytest.param(block("a note") + block("Mar 3, 2026 08:00 UTC"), True, id="a year, below a note"),
        pytest.param(block("Mar 3, 08:00 UTC") + block("Mar 3, 2026 08:00 UTC"), False, id="the first tells"),
        pytest.param(block("Mar 3, 0000 08:00 UTC"), False, id="year 0"),
    ],
)
def test_a_block_has_a_clock_a_break_and_a_bold_word(content: str, year: bool | None) -> None:
    assert has_blocks(content) is bool(blocks(content)) is (year is not None)
    assert has_year(content) is (year or False)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mar 3, 2026 08:00 PST", "2026-03-03T16:00"),
        ("Mar 3, 08:00 PST", None),
        ("Mar 3, 2026 08:00", None),
        ("Mar 3, 2026 08:00 IST", None),
        ("Feb 29, 2026 08:00 UTC", None),
        ("Mar 3, 0000 08:00 UTC", None),
        ("Jan 1, 0001 00:30 JST", None),
        ("Dec 31, 9999 23:30 PST", None),
        ("Dec 31, 9999 23:30 UTC", "9999-12-31T23:30"),
        ("at 8:00 or so", None),
    ],
)
def test_only_a_whole_date_tells_the_time(date: str, expected: str | None) -> None:
    (one,) = blocks(block(date))
    assert dated(one) == moment(expected)


def test_sections_reach_from_border_to_border() -> None:
    text = "a|b||c"
    assert [message for _, message in sections(re.finditer(r"\|", text), text)] == ["b", "", "c"]
    assert sections([], text) == []


def test_of_updates_without_times_the_newest_has_that_of_the_entry() -> None:
    text = "New: c\n\nOld: b\n\nOlder: a"
    borders = list(re.finditer(r"(?:\A|\n\n)(?P<word>\w+): ", text))
    now = at("2026-03-03")
    assert newest_dated(borders, text, now) == (
        Update(None, "older", "a"),
        Update(None, "old", "b"),
        Update(now, "new", "c"),
    )
    assert newest_dated([], text, now) == ()
    many = "x: y\n\n" * (MOST_UPDATES + 1)
    kept = newest_dated(re.finditer(r"(?P<word>x): ", many), many, now)
    assert (len(kept), kept[-1].at) == (MOST_UPDATES, now)


def test_planned_work_has_begun_with_its_first_word_for_work() -> None:
    updates = [
        Update(at(f"2026-03-0{day}"), label, "") for day, label in enumerate(["scheduled", "in_progress"] * 2, 1)
    ]
    assert begun(updates) == at("2026-03-02")
    assert begun(updates[:1]) is None


def test_the_later_of_two_dates_that_may_be_missing() -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert later(first, second) == later(second, first) == later(None, second) == later(second, None) == second
    assert later(None, None) is None


@pytest.mark.parametrize(
    "piece",
    [
        "<small>",
        "<small><var>",
        "<small>" + "1:00 " * 19,
        "<small>1:00" + "<var></var>" * 6,
        "<small>1:00</small>" + " " * 99,
        "<small>1:00</small><br><strong>",
        "<small>1:00</small><br><b>" + "</strong>" * 11,
        "<var " + "x" * 99,
    ],
)
def test_hostile_content_takes_linear_time(piece: str) -> None:
    content = piece * (400_000 // len(piece))
    started = time.process_time()
    blocks(content)
    has_year(content)
    assert time.process_time() - started < 1.0


def test_a_span_over_all_of_the_calendar_costs_no_more_than_another() -> None:
    stamp = parse_stamp("Jul 7, 13:20 UTC")
    assert stamp is not None
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    assert stamp.within(first, last) == datetime(9999, 7, 7, 13, 20, tzinfo=UTC)
