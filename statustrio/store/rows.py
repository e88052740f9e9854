"""Nouns to rows and rows to nouns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from statustrio.model import (
    Change,
    Component,
    Impact,
    KeptBody,
    Kind,
    KnownIncident,
    KnownUpdate,
    Page,
    ProviderState,
    Shape,
    Status,
    Validators,
    Window,
)
from statustrio.rfc3339 import from_text, to_text
from statustrio.stories import Mute


def provider_row(state: ProviderState) -> dict[str, object]:
    return {
        "id": state.provider,
        "feed_url": state.feed_url,
        "version": state.version,
        "platform": state.platform,
        "shape": state.shape,
        "host": state.host,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "body_digest": state.body_digest,
        "shown": state.window.text,
        "window_oldest": text(state.window_oldest),
        "first_success_at": text(state.first_success_at),
        "last_polled_at": text(state.last_polled_at),
        "last_success_at": text(state.last_success_at),
        "not_before": text(state.not_before),
        "consecutive_failures": state.consecutive_failures,
        "last_error": state.last_error,
        "last_status": state.last_status,
        "unreachable_since": text(state.unreachable_since),
        "gone": state.gone,
        "active_until": text(state.active_until),
        "watching": state.watching,
        "pages": json.dumps([[page.name, to_text(page.told_at)] for page in state.pages], ensure_ascii=False),
        "moved_to": state.moved_to,
        "trace": state.trace,
    }


def provider_state(row: sqlite3.Row) -> ProviderState:
    return ProviderState(
        provider=row["id"],
        name=row["name"],
        feed_url=row["feed_url"],
        version=row["version"],
        platform=row["platform"],
        shape=Shape(row["shape"]) if row["shape"] else None,
        host=row["host"],
        validators=Validators(row["etag"], row["last_modified"]),
        body_digest=row["body_digest"],
        window=Window(row["shown"]),
        window_oldest=time(row["window_oldest"]),
        first_success_at=time(row["first_success_at"]),
        last_polled_at=time(row["last_polled_at"]),
        last_success_at=time(row["last_success_at"]),
        next_poll_at=time(row["next_poll_at"]),
        not_before=time(row["not_before"]),
        consecutive_failures=row["consecutive_failures"],
        last_error=row["last_error"],
        last_status=row["last_status"],
        unreachable_since=time(row["unreachable_since"]),
        gone=bool(row["gone"]),
        active_until=time(row["active_until"]),
        watching=bool(row["watching"]),
        pages=tuple(Page(name, from_text(at)) for name, at in json.loads(row["pages"])),
        moved_to=row["moved_to"],
        trace=row["trace"],
    )


def incident_row(provider: str, incident: KnownIncident) -> dict[str, object]:
    components = None
    if incident.components is not None:
        components = json.dumps(
            [{"name": one.name, "status": one.status} for one in incident.components], ensure_ascii=False
        )
    return {
        "provider": provider,
        "id": incident.incident_id,
        "kind": incident.kind,
        "title": incident.title,
        "status": incident.status,
        "impact": incident.impact,
        "components": components,
        "url": incident.url,
        "started_at": text(incident.started_at),
        "updated_at": text(incident.updated_at),
        "resolved_at": text(incident.resolved_at),
        "scheduled_for": text(incident.scheduled_for),
        "scheduled_until": text(incident.scheduled_until),
        "first_seen_at": text(incident.first_seen_at),
        "last_seen_at": text(incident.last_seen_at),
        "open": incident.open,
        "shown": incident.shown,
        "missing_since": text(incident.missing_since),
        "missing_polls": incident.missing_polls,
        "expires_at": text(incident.expires_at),
        "edits": incident.edits,
        "revision": incident.revision,
    }


def known_incident(row: sqlite3.Row, updates: Iterable[KnownUpdate]) -> KnownIncident:
    components = None
    if row["components"] is not None:
        components = tuple(Component(one["name"], one["status"]) for one in json.loads(row["components"]))
    return KnownIncident(
        incident_id=row["id"],
        kind=Kind(row["kind"]),
        title=row["title"],
        status=Status(row["status"]),
        updates=tuple(updates),
        first_seen_at=from_text(row["first_seen_at"]),
        last_seen_at=from_text(row["last_seen_at"]),
        url=row["url"],
        impact=Impact(row["impact"]) if row["impact"] else None,
        components=components,
        started_at=time(row["started_at"]),
        updated_at=time(row["updated_at"]),
        resolved_at=time(row["resolved_at"]),
        scheduled_for=time(row["scheduled_for"]),
        scheduled_until=time(row["scheduled_until"]),
        open=bool(row["open"]),
        shown=bool(row["shown"]),
        missing_since=time(row["missing_since"]),
        missing_polls=row["missing_polls"],
        expires_at=time(row["expires_at"]),
        edits=row["edits"],
        revision=row["revision"],
    )


def update_row(provider: str, incident_id: str, update: KnownUpdate) -> dict[str, object]:
    return {
        "provider": provider,
        "incident_id": incident_id,
        "n": update.n,
        "at": text(update.at),
        "label": update.label,
        "status": update.status,
        "text": update.text,
        "revision": update.revision,
        "vanished": update.vanished,
    }


def known_update(row: sqlite3.Row) -> KnownUpdate:
    return KnownUpdate(
        n=row["n"],
        at=time(row["at"]),
        label=row["label"],
        status=Status(row["status"]),
        text=row["text"],
        revision=row["revision"],
        vanished=bool(row["vanished"]),
    )


def body_row(body: KeptBody, change: Change, seq_first: int | None, seq_last: int | None) -> dict[str, object]:
    return {
        "provider": change.state.provider,
        "at": text(change.at),
        "seq_first": seq_first,
        "seq_last": seq_last,
        "platform": change.state.platform,
        "url": body.url,
        "content_type": body.content_type,
        "body": body.packed,
    }


def mute(row: sqlite3.Row) -> Mute:
    return Mute(
        muted_at=from_text(row["muted_at"]),
        until=from_text(row["until"]),
        provider=row["provider"] or None,
        incident_id=row["incident_id"] or None,
        reason=row["reason"],
    )


def text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)


def time(value: str | None) -> datetime | None:
    return None if value is None else from_text(value)
