"""Incidents and what was seen of their providers, as a store has them, for the tests of what is read from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from statustrio.model import Change, Draft, Kind, KnownIncident, KnownUpdate, Status
from statustrio.store.sqlite import SqliteStore

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return AT + timedelta(hours=hours)


def incident(incident_id: str = "i1", **fields: Any) -> KnownIncident:
    defaults: dict[str, Any] = {
        "incident_id": incident_id,
        "kind": Kind.INCIDENT,
        "title": f"Trouble {incident_id}",
        "status": Status.INVESTIGATING,
        "updates": (KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look"),),
        "first_seen_at": AT,
        "last_seen_at": AT,
        "started_at": AT,
        "updated_at": AT,
        "open": True,
    }
    return KnownIncident(**defaults | fields)


def over(incident_id: str, *, start: float, end: float, **fields: Any) -> KnownIncident:
    return incident(
        incident_id, status=Status.RESOLVED, started_at=at(start), resolved_at=at(end), open=False, **fields
    )


def commit(
    store: SqliteStore, *incidents: KnownIncident, provider: str = "acme", drafts: int = 0, **state: Any
) -> None:
    known = store.load_state(provider)
    store.commit(
        Change(
            evolve(known, version=known.version + 1, **state),
            state.get("last_polled_at", AT),
            incidents,
            tuple(Draft("incident.updated", f"{known.version} {n}", "i1") for n in range(drafts)),
        )
    )
