from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from build import NOON, URL, t
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.model import ProviderState
from statustrio.schedule import JITTER, Pace, first_due, interval_of, next_due, together

FAR = datetime(9999, 1, 1, tzinfo=UTC)
PACE = Pace(interval=60, open_interval=20, max_backoff=300)
HOUR = 3600.0
DAY = 86400.0


def state(**more: Any) -> ProviderState:
    return ProviderState("p", "P", URL, **more)


def wait(pace: Pace = PACE, chance: float = 0.5, **more: Any) -> float:
    """The seconds until the next poll."""
    due = next_due(pace, state(**more), NOON, chance)
    assert due is not None
    return (due - NOON).total_seconds()


def test_the_mean_of_the_jitter_is_the_interval_and_it_stays_within_bounds() -> None:
    waits = [wait(chance=n / 100) for n in range(101)]
    assert sum(waits) / len(waits) == pytest.approx(60)
    assert min(waits) == pytest.approx(60 * (1 - JITTER))
    assert max(waits) == pytest.approx(60 * (1 + JITTER))
    assert max(waits) - min(waits) <= 0.2 * 60 + 1e-6


def test_the_first_failure_waits_twice_the_interval_and_each_further_one_doubles() -> None:
    pace = Pace(10, 10, 1e9)
    assert [wait(pace, consecutive_failures=n) for n in range(8)] == [10, 20, 40, 80, 160, 320, 320, 320]


@pytest.mark.parametrize(
    ("status", "longest"),
    [(None, 300), (500, 300), (503, 300), (408, 300), (400, HOUR), (404, HOUR), (429, HOUR), (499, HOUR), (302, 300)],
)
def test_no_pause_passes_the_longest_for_its_failure(status: int | None, longest: float) -> None:
    pace = Pace(200, 200, 300)
    assert wait(pace, 1, consecutive_failures=9, last_status=status) == pytest.approx(longest)
    assert wait(pace, 0, consecutive_failures=9, last_status=status) >= 0.8 * longest


def test_an_unwelcome_request_waits_as_long_as_the_user_wants_if_that_is_longer() -> None:
    assert wait(Pace(900, 900, 2 * HOUR), 1, consecutive_failures=9, last_status=404) == pytest.approx(2 * HOUR)


def test_a_failing_provider_is_never_polled_faster_than_a_healthy_one() -> None:
    pace = Pace(interval=900, open_interval=900, max_backoff=300)
    assert wait(pace, consecutive_failures=3) == 900


def test_while_trouble_is_open_the_open_interval_is_in_force() -> None:
    assert interval_of(PACE, state(active_until=FAR), NOON) == 20
    assert interval_of(PACE, state(active_until=NOON), NOON) == 60, "it has expired by itself"
    assert wait(active_until=FAR) == 20
    assert wait(active_until=FAR, consecutive_failures=1) == 40
    assert interval_of(PACE, state(), NOON) == 60


def test_retry_after_is_honoured() -> None:
    assert wait(not_before=NOON + timedelta(seconds=777), consecutive_failures=1, last_status=429) == 777
    assert wait(not_before=NOON + timedelta(seconds=5)) == 60


def test_retry_after_is_capped_at_a_day() -> None:
    assert wait(not_before=NOON + timedelta(days=30)) == DAY


def test_gone_is_never_polled_again() -> None:
    assert next_due(PACE, state(gone=True, consecutive_failures=1, last_status=410), NOON, 0.5) is None


@pytest.mark.parametrize(("interval", "within"), [(0.05, 0.05), (5, 5), (60, 6.5), (3600, 6.5)])
def test_the_first_poll_comes_within_the_interval_or_some_seconds(interval: float, within: float) -> None:
    pace = Pace(interval, interval, 300)
    dues = [first_due(pace, state(consecutive_failures=9, active_until=FAR), NOON, chance) for chance in (0, 0.5, 1)]
    assert [(due - NOON).total_seconds() for due in dues] == pytest.approx([0, within / 2, within])


def test_retry_after_outlives_a_restart() -> None:
    assert first_due(PACE, state(not_before=t(9)), NOON, 0) == t(9)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    st.floats(0.05, 5000),
    st.floats(0.05, 1),
    st.floats(1, 5000),
    st.floats(0, 1),
    st.integers(0, 10**6),
    st.sampled_from([None, 404, 408, 429, 500]),
)
def test_every_wait_lies_between_the_interval_and_the_longest(
    interval: float, share: float, longest: float, chance: float, failures: int, status: int | None
) -> None:
    pace = Pace(interval, interval * share, longest)
    seconds = wait(pace, chance, consecutive_failures=failures, last_status=status)
    limit = max(longest, HOUR) if status in {404, 429} else longest
    assert interval * (1 - JITTER) <= seconds + 1e-5
    assert seconds <= max(limit, interval * (1 + JITTER)) + 1e-5
    assert seconds <= 32 * interval * (1 + JITTER) + 1e-5


@given(due=st.floats(0, 1e7), interval=st.floats(0.05, 1e6), shorter=st.floats(0.01, 1))
def test_a_poll_waits_for_others_at_most_50_ms_and_a_hundredth_of_its_interval(
    due: float, interval: float, shorter: float
) -> None:
    late = together(due, Pace(interval, interval * shorter, 300)) - due
    assert -1e-6 <= late <= min(0.05, 0.01 * interval * shorter) + 1e-6


def test_polls_that_are_due_at_nearly_the_same_time_are_made_at_the_same() -> None:
    dues = [100 + n / 1000 for n in range(1, 50)]
    assert len({together(due, PACE) for due in dues}) == 1
    assert len({together(due, Pace(600, 600, 300)) for due in dues}) == 1
