"""What the newest polls of all providers say together: offline, and the first light after the dark."""

from __future__ import annotations

from build import t

from statustrio.connectivity import Connectivity


def dark(state: Connectivity, minute: float, *providers: str) -> bool:
    """These cannot connect; whether all is dark then."""
    for provider in providers:
        assert not state.note(provider, t(minute), 60, connected=False, succeeded=False)
    return state.all_dark(t(minute))


def answers(state: Connectivity, minute: float, provider: str, *, interval: float = 60, succeeded: bool = True) -> bool:
    return state.note(provider, t(minute), interval, connected=True, succeeded=succeeded)


def expecting(*providers: str, interval: float = 60) -> Connectivity:
    state = Connectivity()
    for provider in providers:
        state.expect(provider, t(0), interval)
    return state


def test_three_dark_ones_and_nobody_else_is_all_dark() -> None:
    state = expecting("a", "b", "c")
    assert not dark(state, 1, "a", "b")
    assert dark(state, 1, "c")


def test_two_cannot_tell_an_offline_machine_from_their_own_trouble() -> None:
    assert not dark(expecting("a", "b"), 1, "a", "b")


def test_one_that_answered_lately_is_a_witness_whatever_it_answered() -> None:
    state = expecting("a", "b", "c", "d")
    answers(state, 1, "d", succeeded=False)
    assert not dark(state, 2, "a", "b", "c")
    assert dark(state, 3.1, "a"), "two intervals without an answer of d"


def test_one_that_was_not_polled_yet_is_waited_for() -> None:
    state = expecting("a", "b", "c", "d")
    assert not dark(state, 0.1, "a", "b", "c")
    assert dark(state, 0.2, "d")


def test_one_that_is_asked_rarely_is_no_witness_for_long() -> None:
    state = expecting("a", "b", "c")
    answers(state, 0, "slow", interval=3600)
    assert not dark(state, 4.9, "a", "b", "c")
    assert dark(state, 5.1, "a")


def test_one_that_is_polled_no_more_is_no_witness() -> None:
    state = expecting("a", "b", "c", "gone")
    assert not dark(state, 1, "a", "b", "c")
    state.forget("gone")
    assert state.all_dark(t(1))
    state.forget("never known")


def test_the_newest_answers_decide_however_many_old_ones_there_are() -> None:
    state = expecting("a", "b", "c")
    answers(state, 0, "old", interval=1)
    answers(state, 4, "new", interval=300)
    assert not dark(state, 5, "a", "b", "c")


def test_the_first_success_after_all_failed_is_first_light() -> None:
    state = expecting("a", "b")
    assert not answers(state, 0, "a"), "at the start nobody has failed"
    assert not answers(state, 0, "b")
    answers(state, 1, "a", succeeded=False)
    assert not answers(state, 2, "a"), "b was well all the time"
    answers(state, 3, "a", succeeded=False)
    answers(state, 3, "b", succeeded=False)
    assert answers(state, 4, "a")
    assert not answers(state, 4, "b")


def test_one_alone_has_nobody_to_wake() -> None:
    state = expecting("a")
    answers(state, 1, "a", succeeded=False)
    assert not answers(state, 2, "a")
