"""Ends what takes too long to compute: the reading of a hostile page, a user's expression over its text.

On the main thread an alarm of the system interrupts even a regular expression, which in any other thread keeps the
interpreter until it is done. In other threads an exception is raised between two instructions of Python.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from types import FrameType
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T")


class TookTooLongError(BaseException):
    """The time is over. No `Exception`, so that nothing on the way out takes it for a failure of its own."""


def within(seconds: float, compute: Callable[[], T]) -> T:
    """Compute on the main thread for at most so long. Raises TookTooLongError.

    In any other thread there is no alarm, and it takes what it takes.
    """
    if threading.current_thread() is not threading.main_thread():
        return compute()
    _hear_alarms()
    try:
        # Again and again: a library that catches everything may swallow the first.
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        return compute()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@cache
def _hear_alarms() -> None:
    signal.signal(signal.SIGALRM, _ring)


def _ring(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code is within.__code__:
            raise TookTooLongError
        frame = frame.f_back
    # It rang as the computation ended, whose own way to switch it off was cut short.
    signal.setitimer(signal.ITIMER_REAL, 0)


@define(eq=False)
class Interruptible(Generic[T]):
    """A computation for another thread, which can be told to end."""

    _compute: Callable[[], T]
    _thread: int | None = field(init=False, default=None)
    _stopwatch: Callable[[], float] | None = field(init=False, default=None)
    _interrupted: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def __call__(self) -> T:
        """Compute. Raises TookTooLongError once it was interrupted, also if that was before it began."""
        with self._lock:
            if self._interrupted:
                raise TookTooLongError
            self._thread = threading.get_ident()
            self._stopwatch = _stopwatch()
        try:
            return self._compute()
        finally:
            # Under the lock, so that it is never the next work of this thread that is interrupted.
            with self._lock:
                self._thread = None

    def used(self) -> float:
        """The seconds that its thread has had the processor for it, from any other thread; 0 until it begins."""
        return self._stopwatch() if self._stopwatch is not None else 0.0

    def interrupt(self) -> None:
        """End it at its next instruction. Once is all: what swallows that runs on."""
        with self._lock:
            self._interrupted = True
            thread, self._thread = self._thread, None
            if thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TookTooLongError))


def _stopwatch() -> Callable[[], float]:
    """Tells for how long the thread that asks for it now has had the processor; where no system tells, how long ago."""
    read: Callable[[], float] = time.monotonic
    if sys.platform == "linux":
        read = partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))
    began = read()
    return lambda: read() - began
