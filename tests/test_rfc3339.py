from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.rfc3339 import from_text, to_text

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 3, 2, 12, 0, tzinfo=UTC), "2026-03-02T12:00:00Z"),
        (datetime(2026, 3, 2, 12, 0, 1, 250_000, tzinfo=UTC), "2026-03-02T12:00:01.250Z"),
        (datetime(2026, 3, 2, 12, 0, tzinfo=INDIA), "2026-03-02T06:30:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_text_in_utc(at: datetime, text: str) -> None:
    assert to_text(at) == text
    assert from_text(text) == at
    assert from_text(text).tzinfo is UTC


def test_microseconds_are_cut_off_and_never_rounded_up() -> None:
    assert to_text(datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == "2026-12-31T23:59:59.999Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-02T12:00:00", "2026-03-02", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_that_utc_cannot_hold_is_refused_like_any_other(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        from_text(text)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, INDIA]),
        min_value=datetime(2, 1, 1),  # noqa: DTZ001
    )
)
def test_a_time_comes_back_to_the_millisecond(at: datetime) -> None:
    back = from_text(to_text(at))
    assert timedelta() <= at - back < timedelta(milliseconds=1)
    assert to_text(back) == to_text(at)
