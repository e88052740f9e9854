"""A store without a database: the second witness of the contract (`test_store_contract`), and fast for other tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from attrs import define, evolve, field

from statustrio.events import Event, event_id
from statustrio.model import Change, Draft, Known, KnownIncident, ProviderState
from statustrio.store.protocol import Cursor, Health, Logged, StaleError, UnsyncedError, Wanted
from statustrio.stories import Key, Mute, Story


@define
class Tables:
    """All there is. Everything in it is frozen, so a shallow copy is a snapshot."""

    states: dict[str, ProviderState] = field(factory=dict)
    configured: frozenset[str] = frozenset()
    incidents: dict[tuple[str, str], KnownIncident] = field(factory=dict)
    log: tuple[Logged, ...] = ()
    cursors: dict[str, Cursor] = field(factory=dict)
    stories: dict[tuple[str, str, str], Story] = field(factory=dict)
    aside: tuple[tuple[str, Logged, str], ...] = ()
    offline: bool = False

    def copy(self) -> Tables:
        return evolve(
            self,
            states=dict(self.states),
            incidents=dict(self.incidents),
            cursors=dict(self.cursors),
            stories=dict(self.stories),
        )


class MemoryStore:
    """See `protocol.Store`."""

    def __init__(self, render: Callable[[Event], str]) -> None:
        self._render = render
        self._durable = True
        self.tables = Tables()
        self.muted: tuple[Mute, ...] = ()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        before = self.tables.copy()
        try:
            yield
        except BaseException:
            self.tables = before
            raise

    @contextmanager
    def group(self, *, durable: bool) -> Iterator[None]:
        self._durable = durable
        try:
            with self.attempt():
                yield
        finally:
            self._durable = True

    def configure(self, wanted: Iterable[Wanted]) -> tuple[str, ...]:
        wanted = tuple(wanted)
        states, ids = self.tables.states, frozenset(one.provider for one in wanted)
        gone = {state.feed_url: provider for provider, state in states.items() if provider not in ids}
        warnings = []
        for one in wanted:
            if one.provider not in states and one.feed_url in gone:
                warnings.append(f"{one.provider}: add `id: {gone[one.feed_url]}` to keep its history")
            state = states.get(one.provider) or ProviderState(one.provider, one.name, one.feed_url)
            states[one.provider] = evolve(state, name=one.name, gone=False)
        for provider in states.keys() - ids:
            states[provider] = evolve(states[provider], next_poll_at=None)
        self.tables.configured = ids
        return tuple(warnings)

    def load_state(self, provider: str) -> ProviderState:
        return self.tables.states[provider]

    def load(
        self, provider: str, incident_ids: Collection[str], *, subjects: bool = False, shown: Collection[str] = ()
    ) -> Known:
        incidents = []
        signs = [one for (owner, _), one in self.tables.incidents.items() if owner == provider and one.shown]
        sign = next((one for one in signs if one.incident_id in shown), None)
        for (owner, incident_id), one in self.tables.incidents.items():
            name = incident_id.rpartition("_")[0] if subjects else incident_id
            was_shown = one.shown and (incident_id not in shown or one is sign)
            if owner == provider and (one.open or was_shown or name in incident_ids):
                incidents.append(one)
        return Known(self.load_state(provider), tuple(incidents), self.tables.offline)

    def commit(self, change: Change) -> tuple[Event, ...]:
        state, stored = change.state, self.tables.states.get(change.state.provider)
        if stored is None or state.version != stored.version + 1:
            raise StaleError(state.provider)
        self.tables.states[state.provider] = evolve(state, name=stored.name, next_poll_at=stored.next_poll_at)
        for old, new in change.renamed:
            one = self.tables.incidents.pop((state.provider, old))
            self.tables.incidents[state.provider, new] = evolve(one, incident_id=new)
            for key in [key for key in self.tables.stories if key[1:] == (state.provider, old)]:
                self.tables.stories[key[0], state.provider, new] = self.tables.stories.pop(key)
        for one in change.incidents:
            before = self.tables.incidents.get((state.provider, one.incident_id))
            updates = {update.n: update for update in (*(before.updates if before else ()), *one.updates)}
            merged = evolve(one, updates=tuple(updates[n] for n in sorted(updates)))
            self.tables.incidents[state.provider, one.incident_id] = merged
        told = {logged.event.id for logged in self.tables.log}
        drafts = {
            event_id(state.provider, draft.incident_id, draft.key, draft.event) if draft.incident_id else str(n): draft
            for n, draft in enumerate(change.drafts)
        }
        return tuple(self._log(draft, change.at, stored) for ident, draft in drafts.items() if ident not in told)

    def _log(self, draft: Draft, at: datetime, state: ProviderState | None) -> Event:
        if not self._durable:
            raise UnsyncedError(draft.event)
        provider, name = (state.provider, state.name) if state else (None, None)
        seq = len(self.tables.log) + 1
        event = Event.from_draft(draft, seq=seq, timestamp=at, provider=provider, provider_name=name)
        self.tables.log += (Logged(seq, event, self._render(event)),)
        return event

    def commit_monitor(self, event: str, message: str, at: datetime) -> Event:
        self.tables.offline = event == "monitor.offline"
        return self._log(Draft(event=event, key=at.isoformat(), message=message), at, None)

    def events_after(self, seq: int, limit: int) -> tuple[Logged, ...]:
        return self.tables.log[seq : seq + limit]

    def subscribe(self, consumers: Iterable[tuple[str, bool]]) -> tuple[tuple[Cursor, ...], tuple[str, ...]]:
        consumers, known = dict(consumers), self.tables.cursors
        gone = tuple(consumer for consumer in known if consumer not in consumers)
        for consumer in gone:
            del known[consumer]
            self.tables.stories = {key: story for key, story in self.tables.stories.items() if key[0] != consumer}
        for consumer, from_start in consumers.items():
            known.setdefault(consumer, Cursor(consumer, 0 if from_start else len(self.tables.log)))
        return tuple(known[consumer] for consumer in consumers), gone

    def acknowledge(self, cursor: Cursor) -> None:
        if cursor.consumer in self.tables.cursors:
            self.tables.cursors[cursor.consumer] = cursor

    def events_at(self, seqs: Collection[int]) -> tuple[Logged, ...]:
        return tuple(logged for logged in self.tables.log if logged.seq in seqs)

    def _stories(self, consumer: str) -> dict[Key, Story]:
        return {(key[1], key[2]): story for key, story in self.tables.stories.items() if key[0] == consumer}

    def load_stories(self, consumer: str, keys: Collection[Key]) -> dict[Key, Story]:
        return {key: story for key, story in self._stories(consumer).items() if key in keys}

    def load_due(self, consumer: str) -> dict[Key, Story]:
        return {key: story for key, story in self._stories(consumer).items() if story.due is not None}

    def load_begun(self, consumer: str, since: datetime) -> dict[tuple[str, str], datetime]:
        found: dict[tuple[str, str], datetime] = {}
        for (provider, _), story in self._stories(consumer).items():
            if story.title is not None and story.begun_at is not None and story.begun_at >= since:
                found[provider, story.title] = max(story.begun_at, found.get((provider, story.title), since))
        return found

    def save_stories(self, consumer: str, stories: Mapping[Key, Story]) -> None:
        for (provider, incident_id), story in stories.items():
            self.tables.stories[consumer, provider, incident_id] = story

    def mutes(self) -> tuple[Mute, ...]:
        return self.muted

    def set_aside(self, consumer: str, logged: Logged, reason: str, at: datetime) -> None:  # noqa: ARG002  kept elsewhere
        self.tables.aside += ((consumer, logged, reason),)

    def save_health(self, healths: Iterable[Health], now: datetime) -> None:
        for one in healths:
            state = self.tables.states[one.provider]
            polled, success = (
                max((at for at in (stored, one.last_polled_at) if at), default=None)
                for stored in (state.last_polled_at, state.last_success_at)
            )
            self.tables.states[one.provider] = evolve(
                state, next_poll_at=one.next_poll_at, last_polled_at=polled, last_success_at=success
            )
        for key, one in self.tables.incidents.items():
            if one.open and one.expires_at and one.expires_at <= now:
                self.tables.incidents[key] = evolve(one, open=False)
