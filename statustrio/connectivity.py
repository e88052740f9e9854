"""Whether the machine itself is cut off: what the newest polls of all providers say together.

No I/O and no clock: it is told of each poll, and of the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, field

MINIMUM = 3
"""Fewer dark providers than this cannot tell an offline machine from their own trouble."""
FRESH_AT_MOST = timedelta(minutes=5)
"""Who answered longer ago than this, being asked rarely or backed off, is no witness of the present."""


@define
class Connectivity:
    """What is known of each provider that is polled. One that was not polled yet counts as answering meanwhile."""

    _lit: dict[str, tuple[datetime, timedelta]] = field(factory=dict)
    """When a provider last answered at all, and how long that counts; the newest last."""
    _dark: set[str] = field(factory=set)
    _succeeding: set[str] = field(factory=set)
    _failing: set[str] = field(factory=set)

    def expect(self, provider: str, at: datetime, interval: float) -> None:
        """A provider will be polled from now on, each `interval` seconds."""
        self._lit[provider] = (at, _fresh(interval))

    def forget(self, provider: str) -> None:
        """A provider is polled no more."""
        self._lit.pop(provider, None)
        for group in (self._dark, self._succeeding, self._failing):
            group.discard(provider)

    def note(self, provider: str, at: datetime, interval: float, *, connected: bool, succeeded: bool) -> bool:
        """Take note of a poll; whether it is the first success after all polls failed."""
        self.forget(provider)
        if connected:
            self._lit[provider] = (at, _fresh(interval))
        else:
            self._dark.add(provider)
        if not succeeded:
            self._failing.add(provider)
            return False
        first_light = bool(self._failing) and not self._succeeding
        self._succeeding.add(provider)
        return first_light

    def all_dark(self, now: datetime) -> bool:
        """Whether no connection comes about anywhere: nobody who could know better answered lately."""
        if len(self._dark) < MINIMUM:
            return False
        for at, fresh in reversed(self._lit.values()):
            if now - at > FRESH_AT_MOST:
                break
            if now - at <= fresh:
                return False
        return True


def _fresh(interval: float) -> timedelta:
    return min(timedelta(seconds=2 * interval), FRESH_AT_MOST)
