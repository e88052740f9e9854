"""Builders for the tests of the core: readings, observations, and a world in memory that applies what was detected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, evolve, field

from statustrio import model
from statustrio.detect import detect
from statustrio.events import Event
from statustrio.model import Failed, Reading, Seen, Shape, Unchanged, Update

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://status.example.com/history.atom"


def t(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def up(label: str, minutes: float | None = 0, text: str | None = None) -> Update:
    return Update(None if minutes is None else t(minutes), label, f"{label} text" if text is None else text)


def reading(
    *updates: Update, id: str = "a", kind: model.Kind = model.Kind.INCIDENT, title: str = "Trouble", **more: Any
) -> Reading:
    return Reading(id, kind, title, updates, **{"started_at": updates[0].at, **more})


def planned(*updates: Update, **more: Any) -> Reading:
    return reading(*updates, kind=model.Kind.MAINTENANCE, **more)


def kinds(drafts: Sequence[model.Draft | Event]) -> list[str]:
    return [one.event for one in drafts]


def told(drafts: Sequence[model.Draft | Event]) -> list[tuple[str, str | None]]:
    """Each event with the message it carries."""
    return [(one.event, one.message) for one in drafts]


@define
class World:
    """One provider as a store would keep it. It polls every minute; like the store it loads only what it must."""

    shape: Shape = Shape.TIMELINE
    platform: str = "statuspage"
    host: str = "status.example.com"
    url: str = URL
    minutes: float = 0
    interval: float = 60
    offline: bool = False
    gap: float | None = None
    state: model.ProviderState = field(factory=lambda: model.ProviderState("p", "P", URL))
    incidents: dict[str, model.KnownIncident] = field(factory=dict)
    events: list[Event] = field(factory=list)
    change: model.Change | None = None
    warnings: list[str] = field(factory=list)

    def see(self, *page: Reading, after: float = 1, backfill: str = "open") -> tuple[model.Draft, ...]:
        """Poll, and find this page."""
        return self.observe(self.seen(page), after=after, backfill=backfill)

    def seen(self, page: Sequence[Reading]) -> Seen:
        old = {} if self.platform != self.state.platform else {shown.digest: shown for shown in self.state.window}
        window = tuple(
            old.get(repr(one)) or model.Shown(repr(one), one.incident_id, one.started_at or one.updates[-1].at)
            for one in page
        )
        fresh = tuple(evolve(one, digest=repr(one)) for one in page if repr(one) not in old)
        return Seen(self.platform, self.shape, self.host, model.Validators(), repr(page), window, fresh, self.gap)

    def unchanged(self, *, after: float = 1) -> tuple[model.Draft, ...]:
        return self.observe(Unchanged(), after=after)

    def fail(self, reason: str = "timeout", *, after: float = 1, **more: Any) -> tuple[model.Draft, ...]:
        return self.observe(Failed(reason, **more), after=after)

    def observe(
        self, outcome: Seen | Unchanged | Failed, *, after: float = 1, backfill: str = "open"
    ) -> tuple[model.Draft, ...]:
        self.minutes += after
        observation = model.Observation("p", self.url, t(self.minutes), self.interval, outcome, backfill)
        self.change = detect(self.load(observation), observation)
        everything = self.load(observation, whole=True)
        assert detect(everything, observation) == self.change, "what is not loaded makes no difference"
        return self.apply(self.change)

    def load(self, observation: model.Observation, *, whole: bool = False) -> model.Known:
        named = {one.incident_id for one in getattr(observation.outcome, "readings", ())}
        shown = set()
        if isinstance(observation.outcome, Seen) and self.gap is None and not whole:
            shown = {one.incident_id for one in observation.outcome.window}
        sign = next((one for one in self.incidents.values() if one.shown and one.incident_id in shown), None)
        loaded = []
        for one in self.incidents.values():
            is_open = one.open and (one.expires_at is None or one.expires_at > observation.at)
            name = one.incident_id.rpartition("_")[0] if self.gap is not None else one.incident_id
            was_shown = one.shown and (one.incident_id not in shown or one is sign)
            if is_open or was_shown or name in named:
                loaded.append(evolve(one, open=is_open))
        return model.Known(self.state, tuple(loaded), self.offline)

    def apply(self, change: model.Change) -> tuple[model.Draft, ...]:
        assert change.state.version == self.state.version + 1
        self.state = change.state
        for old, new in change.renamed:
            assert new not in self.incidents
            self.incidents[new] = evolve(self.incidents.pop(old), incident_id=new)
        for one in change.incidents:
            known = self.incidents.get(one.incident_id)
            updates = {update.n: update for update in (*(known.updates if known else ()), *one.updates)}
            self.incidents[one.incident_id] = evolve(one, updates=tuple(updates[n] for n in sorted(updates)))
        for draft in change.drafts:
            seq = len(self.events) + 1
            self.events.append(Event.from_draft(draft, seq=seq, timestamp=change.at, provider="p", provider_name="P"))
        self.warnings += change.warnings
        return change.drafts
