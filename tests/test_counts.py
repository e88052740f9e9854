"""What is counted, and what is not."""

from __future__ import annotations

from timeit import timeit

import pytest
from build import World, planned, reading, t, up
from hypothesis import given
from hypothesis import strategies as st

from statustrio.counts import DELAY_SECONDS, Counts, Histogram, delays_of
from statustrio.model import Acknowledgement, Change, Failed, ProviderState, Seen, Shape, Unchanged, Validators


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_a_histogram_counts_each_number_once_up_to_the_first_bound_that_holds_it(numbers: list[float]) -> None:
    histogram = Histogram(DELAY_SECONDS)
    for number in numbers:
        histogram.add(number)
    assert histogram.count == len(numbers)
    assert histogram.total == pytest.approx(sum(numbers))
    for place, bound in enumerate(DELAY_SECONDS):
        assert sum(histogram.counts[: place + 1]) == sum(number <= bound for number in numbers)


def test_an_update_that_the_page_newly_shows_has_its_delay_and_an_old_one_none() -> None:
    world = World()

    def late(*page: object, after: float) -> tuple[float, ...]:
        world.see(*page, after=after)  # type: ignore[arg-type]  # readings
        assert world.change is not None
        return delays_of(Change(world.change.state, drafts=world.change.drafts, at=t(world.minutes)))

    assert late(reading(up("investigating"), id="old"), after=30) == ()
    first = reading(up("investigating", 32), id="a")
    assert late(first, after=4) == (120.0,)
    second = reading(up("investigating", 32), up("monitoring", 35), up("resolved", 36.5), id="a")
    assert late(second, after=3) == (120.0, 30.0)
    edited = reading(up("investigating", 32, "rewritten"), up("monitoring", 35), up("resolved", 36.5), id="a")
    assert late(edited, after=3) == ()
    assert late(edited, planned(up("scheduled", 99), id="m"), after=3) == (0.0,)


SEEN = Seen("generic", Shape.LATEST, "host", Validators(), "digest", (), ())


@pytest.mark.parametrize(
    ("outcome", "failures", "expected"),
    [
        (SEEN, 0, (0, 1, 0)),
        (SEEN, 1, (0, 0, 1)),
        (Unchanged(), 0, (1, 0, 0)),
        (Failed("no"), 1, (0, 0, 0)),
    ],
    ids=["another document", "a bug in detection", "the same document", "a failure its poller has counted"],
)
def test_an_acknowledged_poll_counts_as_what_was_recorded(
    outcome: Seen | Unchanged | Failed, failures: int, expected: tuple[int, int, int]
) -> None:
    counts = Counts()
    state = ProviderState("p", "P", "https://p.example/", consecutive_failures=failures)
    counts.take(outcome, Acknowledgement(state, ("incident.opened", "incident.opened"), (7.0,)))
    assert (counts.unchanged, counts.changed, counts.failed["bug"]) == expected
    assert counts.events["incident.opened"] == sum(counts.events.values()) == 2
    assert (counts.delays.count, counts.delays.total) == (1, 7.0)


def test_counting_a_poll_takes_less_than_a_microsecond() -> None:
    counts = Counts()

    def poll() -> None:
        counts.unchanged += 1

    assert min(timeit(poll, number=10_000) for _ in range(10)) / 10_000 < 1e-6
    assert counts.unchanged == 100_000
