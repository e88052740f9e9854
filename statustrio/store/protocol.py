"""What the tasks ask of a store: a handful of verbs, the same for SQLite and for whatever comes later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from attrs import frozen

from statustrio.events import Event
from statustrio.model import Change, Known, ProviderState
from statustrio.stories import Key, Mute, Story


class StaleError(Exception):
    """Another writer committed for this provider in between: what was decided was decided on old knowledge."""


@frozen
class Logged:
    """An event of the log: its place, the event, and the line it was stored as."""

    seq: int
    event: Event
    line: str


@frozen
class Cursor:
    """How far a consumer is: everything up to `seq` is acknowledged, and `beyond` are those above it that are."""

    consumer: str
    seq: int
    beyond: tuple[int, ...] = ()


@frozen
class Health:
    """Times of a provider that move without news; written twice a minute."""

    provider: str
    next_poll_at: datetime | None
    last_polled_at: datetime | None = None
    """When the last poll that succeeded began, which may be before a time that it wrote itself; None: none did."""


@frozen
class Wanted:
    """A provider that the configuration names."""

    provider: str
    name: str
    feed_url: str
    keeps_bodies: bool = True
    """Whether documents of it are kept; otherwise those that are there go."""


class Store(Protocol):
    """Synchronous; called from one thread at a time. Raises StorageError where it cannot work now."""

    def group(self, *, durable: bool) -> AbstractContextManager[None]:
        """One transaction. `durable`: on the disk when it ends, not only safe from the end of this process.

        Raises UnsyncedError where an event is made in one that is not.
        """

    def attempt(self) -> AbstractContextManager[None]:
        """A part of a group that is undone alone when it raises."""

    def configure(self, wanted: Iterable[Wanted]) -> tuple[str, ...]:
        """Make these the providers that are followed. Returns warnings for people."""

    def load_state(self, provider: str) -> ProviderState:
        """What is known of a configured provider itself."""

    def load(
        self, provider: str, incident_ids: Collection[str], *, subjects: bool = False, shown: Collection[str] = ()
    ) -> Known:
        """What detection needs: the provider, these incidents, every open one, and those that the last document showed.

        `subjects`: the ids are of subjects, and all incidents of each are meant (see `grouping`). `shown` are ids that
        the new document shows as well: one of these incidents is enough, as a sign that the page is known.
        """

    def commit(self, change: Change) -> tuple[Event, ...]:
        """Store a change, its document too, and make its drafts events, but for those of an incident that the log has.

        StaleError if its version is not the next.
        """

    def commit_monitor(self, event: str, message: str, at: datetime) -> Event:
        """Store that the monitor as a whole went offline or online."""

    def events_after(self, seq: int, limit: int) -> tuple[Logged, ...]:
        """The next events of the log after `seq`, in order."""

    def subscribe(self, consumers: Iterable[tuple[str, bool]]) -> tuple[tuple[Cursor, ...], tuple[str, ...]]:
        """The cursors of these consumers (id, whether a new one begins at the start), and the ids of those dropped."""

    def acknowledge(self, cursor: Cursor) -> None:
        """Save how far a consumer is."""

    def events_at(self, seqs: Collection[int]) -> tuple[Logged, ...]:
        """These events of the log, in order; those that were pruned are missing."""

    def load_stories(self, consumer: str, keys: Collection[Key]) -> dict[Key, Story]:
        """What a consumer was told of these incidents; those of which it knows nothing are missing."""

    def load_due(self, consumer: str) -> dict[Key, Story]:
        """The stories of a consumer in which something waits."""

    def load_begun(self, consumer: str, since: datetime) -> dict[tuple[str, str], datetime]:
        """When incidents last began to be told to a consumer since then, by provider and title."""

    def save_stories(self, consumer: str, stories: Mapping[Key, Story]) -> None: ...

    def mutes(self) -> tuple[Mute, ...]:
        """The mutes that were set, also those whose time is over."""

    def set_aside(self, consumer: str, logged: Logged, reason: str, at: datetime) -> None:
        """Keep what a consumer does not take, for people to decide about."""

    def save_health(self, healths: Iterable[Health], now: datetime) -> None:
        """Write times that moved, and let incidents expire whose time has come."""


class StorageError(Exception):
    """The storage cannot work now (full, locked, unreadable); the same call may succeed later."""


class UnsyncedError(StorageError):
    """There is an event, which must be on the disk before it is told: do the group again, as a durable one."""
