"""An event: one change that is announced, and the JSON object it is printed and stored as (format version 1)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from attrs import frozen

from statustrio.model import Component, Draft, Impact, Status

WARNINGS = frozenset(
    {"incident.opened", "incident.reopened", "provider.unreachable", "monitor.offline"},
)
"""The events of level `warning`; all others are `info`."""

BEGINNINGS = frozenset(
    {
        "incident.opened",
        "incident.reopened",
        "maintenance.scheduled",
        "maintenance.started",
        "provider.unreachable",
        "monitor.offline",
    }
)
"""The events that begin something, or go on with it once more."""
ENDS = frozenset(
    {
        "incident.resolved",
        "incident.withdrawn",
        "maintenance.completed",
        "maintenance.withdrawn",
        "provider.recovered",
        "monitor.online",
    }
)
"""The events that end it."""

NAMES = (
    *(
        f"incident.{what}"
        for what in ("opened", "updated", "resolved", "reopened", "postmortem", "edited", "withdrawn")
    ),
    *(f"maintenance.{what}" for what in ("scheduled", "started", "updated", "completed", "edited", "withdrawn")),
    *(f"provider.{what}" for what in ("unreachable", "recovered", "gap", "changed")),
    *(f"monitor.{what}" for what in ("offline", "online")),
)
"""Every name an event of the log can have."""
SUMMARY = "monitor.summary"
REMINDER = "maintenance.reminder"
"""What consumers can be told beside: made for one of them by its settings, and in no log."""


@frozen
class Event:
    """An event of the log. `provider` is None where it concerns the monitor as a whole."""

    seq: int
    id: str
    timestamp: datetime
    event: str
    provider: str | None
    provider_name: str | None
    incident_id: str | None = None
    title: str | None = None
    status: Status | None = None
    previous_status: Status | None = None
    impact: Impact | None = None
    components: tuple[Component, ...] | None = None
    message: str | None = None
    update_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    url: str | None = None
    scheduled_until: datetime | None = None
    """When planned work is to end; lines written before this was told are without it."""
    v: int = 1

    @property
    def level(self) -> str:
        return "warning" if self.event in WARNINGS else "info"

    @classmethod
    def from_draft(
        cls, draft: Draft, *, seq: int, timestamp: datetime, provider: str | None, provider_name: str | None
    ) -> Event:
        return cls(
            seq=seq,
            id=event_id(provider, draft.incident_id, draft.key, draft.event),
            timestamp=timestamp,
            event=draft.event,
            provider=provider,
            provider_name=provider_name,
            incident_id=draft.incident_id,
            title=draft.title,
            status=draft.status,
            previous_status=draft.previous_status,
            impact=draft.impact,
            components=draft.components,
            message=draft.message,
            update_at=draft.update_at,
            started_at=draft.started_at,
            updated_at=draft.updated_at,
            url=draft.url,
            scheduled_until=draft.scheduled_until,
        )


def event_id(provider: str | None, incident_id: str | None, key: str, name: str) -> str:
    """The same 32 hexadecimal digits for the same event, whoever computes them."""
    parts = "\x1f".join((provider or "", incident_id or "", key, name))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
