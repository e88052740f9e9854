from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statustrio.feed.dates import in_utc, parse_date, zone_offset
from statustrio.rfc3339 import from_text, to_text

NOON = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-03-24T12:00:00Z", id="zulu"),
        pytest.param("2026-03-24t12:00:00z", id="small letters"),
        pytest.param("2026-03-24T12:00Z", id="no seconds"),
        pytest.param("2026-03-24T12:00:00.000Z", id="milliseconds"),
        pytest.param("2026-03-24T04:00:00-08:00", id="offset"),
        pytest.param("2026-03-24 12:00:00 UTC", id="blanks and a zone name"),
        pytest.param("2026-03-24 14:00:00 CEST", id="summer time by name"),
        pytest.param("2026-03-24 12:00:00 +0000", id="offset after a blank"),
        pytest.param("  2026-03-24T12:00:00Z\n", id="surrounded by white space"),
        pytest.param("Tue, 24 Mar 2026 12:00:00 GMT", id="rfc 822"),
        pytest.param("Sun, 24 Mar 2026 12:00:00 GMT", id="weekday that does not match"),
        pytest.param("24 Mar 2026 21:00:00 +0900", id="no weekday"),
        pytest.param("Tue, 24 Mar 2026 12:00:00 Z", id="bare Z"),
        pytest.param("Tue, 24 Mar 2026 12:00:00 -0000", id="minus zero means UTC"),
        pytest.param("Tue,  24  Mar  2026  12:00:00  +0000", id="double blanks"),
        pytest.param("Tue, 24 Mar 2026 05:00:00 PDT", id="PDT"),
        pytest.param("Tue, 24 Mar 2026 04:00 PST", id="PST without seconds"),
        pytest.param("Tue, 24 Mar 26 12:00:00 GMT", id="two digits of a year"),
        pytest.param("Tuesday, 24 March 2026 12:00:00 UTC", id="long names"),
        pytest.param("Tue, 24 Mar 2026 12:00:00 +0000 (UTC)", id="comment"),
    ],
)
def test_all_ways_to_write_noon_are_the_same_moment(text: str) -> None:
    assert parse_date(text) == NOON


def test_two_digits_from_69_on_are_the_last_century() -> None:
    assert parse_date("1 Jan 70 00:00:00 GMT") == datetime(1970, 1, 1, tzinfo=UTC)


def test_fractions_of_a_second_are_kept() -> None:
    assert parse_date("2026-03-24T12:00:00.567Z") == NOON + timedelta(milliseconds=567)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("10", id="a number"),
        pytest.param("yesterday", id="a word"),
        pytest.param("2026-03-24", id="a day"),
        pytest.param("2026-03-24T12:00:00", id="naive"),
        pytest.param("Tue, 24 Mar 2026 12:00:00", id="naive rfc 822"),
        pytest.param("2026-03-24 12:00:00 IST", id="ambiguous zone"),
        pytest.param("Tue, 24 Mar 2026 12:00:00 XYZ", id="unknown zone"),
        pytest.param("Tue, 24 Mar 2026 10:04 AM PDT", id="half days"),
        pytest.param("2026-02-29T12:00:00Z", id="no such day"),
        pytest.param("Tue, 31 Nov 2026 12:00:00 GMT", id="no such day in rfc 822"),
        pytest.param("Tue, 24 Foo 2026 12:00:00 GMT", id="no such month"),
        pytest.param("2026-03-24T25:00:00Z", id="no such hour"),
        pytest.param("2026-03-24T12:00:00+25:00", id="no such offset"),
        pytest.param("0001-01-01T00:00:00+01:00", id="before the calendar"),
        pytest.param("9999-12-31T23:59:59-01:00", id="after the calendar"),
        pytest.param("2026-03-24T12:00:00Z" + " " * 200 + "x", id="hostile length"),
        pytest.param("٢٠٢٦-03-24T12:00:00Z", id="other digits"),
    ],
)
def test_what_is_no_certain_moment_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.slow
@given(st.text() | st.from_regex(r"[0-9]{1,4}-[0-9]{2}-[0-9]{2}[T ][0-9:. ]{0,12}[A-Z0-9+:-]{0,6}"))
def test_any_text_gives_an_aware_utc_time_or_none(text: str) -> None:
    parsed = parse_date(text)
    assert parsed is None or parsed.tzinfo is UTC


@pytest.mark.parametrize("year", [1, 1970, 2024, 9999])
@pytest.mark.parametrize("zone", ["Z", "+14:00", "-12:00", "PST", "AEDT"])
def test_the_ends_of_the_calendar_never_raise(year: int, zone: str) -> None:
    for day in ("01-01T00:00", "12-31T23:59"):
        parsed = parse_date(f"{year:04}-{day}{zone}")
        assert parsed is None or abs(parsed.year - year) <= 1


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC", 0),
        ("utc", 0),
        ("GMT+0", 0),
        ("GMT-0", 0),
        ("UTC+2", 2),
        ("GMT+05:30", 5.5),
        ("+0530", 5.5),
        ("-08:00", -8),
        ("+08", 8),
        ("PST", -8),
        ("PDT", -7),
        ("CEST", 2),
        ("BST", 1),
        ("AEDT", 11),
        ("ACST", 9.5),
    ],
)
def test_a_page_zone_has_an_offset(name: str, hours: float) -> None:
    assert zone_offset(name) == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["", "IST", "PM", "+15", "+05:75", "UTC+", "Etc/UTC", "+1:2:3"])
def test_an_uncertain_zone_has_none(name: str) -> None:
    assert zone_offset(name) is None


def test_a_local_time_past_the_calendar_is_none() -> None:
    assert in_utc(datetime(1, 1, 1), timedelta(hours=1)) is None  # noqa: DTZ001 - a naive time is what it takes


def test_a_time_is_read_as_it_can_be_stored() -> None:
    parsed = parse_date("2026-09-03T14:58:23.9999999Z")
    assert parsed is not None
    assert from_text(to_text(parsed)) == parsed
