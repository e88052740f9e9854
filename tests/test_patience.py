from __future__ import annotations

import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from statustrio.patience import Interruptible, TookTooLongError, within


def spin() -> None:
    while True:
        pass


def swallow_the_first() -> None:
    try:
        spin()
    except TookTooLongError:
        spin()


@pytest.mark.parametrize(
    "compute",
    [
        spin,
        swallow_the_first,
        partial(re.search, r"(a+)+$", "a" * 40 + "b"),
        partial(re.search, r"(\w+\s*)+x", "word " * 50),
        partial(re.search, r"a.*b.*c", "a" * 16_000),
    ],
    ids=["loop", "swallowed", "nested repetition", "words", "polynomial"],
)
def test_what_takes_too_long_on_the_main_thread_is_ended(compute: Callable[[], object]) -> None:
    began = time.perf_counter()
    with pytest.raises(TookTooLongError):
        within(0.02, compute)
    assert time.perf_counter() - began < 1
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_is_done_in_time_is_returned_and_raises_what_it_raises() -> None:
    assert within(5, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_alarm_that_comes_after_the_end_does_no_harm() -> None:
    within(5, int)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    deadline = time.perf_counter() + 1
    while signal.getitimer(signal.ITIMER_REAL) != (0, 0):
        assert time.perf_counter() < deadline


def in_a_thread(run: Callable[[], object]) -> list[object]:
    """What it returned or raised."""
    came: list[object] = []

    def noted() -> None:
        try:
            came.append(run())
        except TookTooLongError:
            came.append("interrupted")

    thread = threading.Thread(target=noted, daemon=True)
    thread.start()
    thread.join(5)
    return came


def test_another_thread_has_no_alarm() -> None:
    assert in_a_thread(lambda: within(0.001, lambda: time.sleep(0.01))) == [None]


def test_a_computation_in_another_thread_can_be_ended() -> None:
    begun = threading.Event()

    def go_on() -> None:
        begun.set()
        spin()

    work = Interruptible(go_on)
    threading.Timer(0, lambda: begun.wait(5) and work.interrupt()).start()
    assert in_a_thread(work) == ["interrupted"]


def test_what_is_interrupted_before_it_begins_does_not_begin_and_after_its_end_nothing_happens() -> None:
    work = Interruptible(lambda: 3)
    assert in_a_thread(work) == [3]
    work.interrupt()
    begun = threading.Event()
    work = Interruptible(begun.set)
    work.interrupt()
    assert in_a_thread(work) == ["interrupted"]
    assert not begun.is_set()


def test_an_interruption_as_the_work_ends_never_reaches_what_the_thread_does_next() -> None:
    for _ in range(300):
        work = Interruptible(int)
        reached: list[object] = []

        def go_on(work: Interruptible[int] = work, reached: list[object] = reached) -> None:
            try:
                work()
            except TookTooLongError:
                reached.append("in time")
            for _ in range(50):
                len("next")

        threading.Timer(0, work.interrupt).start()
        assert in_a_thread(go_on) == [None], "it ended by itself"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_only_the_time_on_the_processor_counts_as_used() -> None:
    """A machine may be slow or busy: that is no fault of the document."""
    go_on = threading.Event()

    def wait_and_spin() -> None:
        go_on.wait(5)
        while work.used() < 0.02:
            pass

    work = Interruptible(wait_and_spin)
    assert work.used() == 0
    thread = threading.Thread(target=work)
    thread.start()
    began = time.perf_counter()
    while time.perf_counter() - began < 0.05:
        assert work.used() < 0.02
    go_on.set()
    thread.join(5)
    assert not thread.is_alive()
