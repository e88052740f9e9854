"""What the pages show, from rows of the database: who is broken, how the providers stand, the monitor's own health.

Called in a reader's thread with a connection; what they decide is pure.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from statustrio.rfc3339 import from_text
from statustrio.store import queries
from statustrio.store.queries import Connection
from statustrio.stories import Mute
from statustrio.web.differences import Edit, Entry, timeline, titles
from statustrio.web.strip import DAY, DAYS, Level, Span, Strip, level_of, strip

PLANNED_WITHIN = timedelta(days=14)
"""Planned work that begins later is no news yet."""
PAGE = 50
"""Incidents on one page of the history, updates on one page of an incident."""


@frozen
class Broken:
    """An open incident as the overview shows it."""

    row: Mapping[str, Any]
    provider_name: str
    level: Level
    said: str


@frozen
class Tile:
    """One provider. `state` is `fine`, `open`, `blind` or `new`."""

    provider: str
    name: str
    level: Level
    state: str
    open: int
    strip: Strip


@frozen
class Overview:
    """`broken` worst first; `planned` next first; `tiles` the bad ones first, then by name."""

    broken: tuple[Broken, ...]
    planned: tuple[Broken, ...]
    tiles: tuple[Tile, ...]
    blind: int
    offline_since: str | None


@frozen
class Detail:
    """One incident with a page of its timeline, newest update first."""

    row: Mapping[str, Any]
    provider_name: str
    level: Level
    entries: tuple[Entry, ...]
    more: bool
    """Whether there are older updates."""
    titles: tuple[Edit, ...]


Strips = Mapping[str, Strip]


def strips(connection: Connection, now: datetime, provider: str | None = None) -> Strips:
    """The strip of each provider that is or was followed."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for owner, kind, impact, start, end in queries.spans(connection, now - DAYS * DAY, now, provider):
        spans[owner].append(Span(start, end, level_of(kind, impact)))
    since = queries.followed_since(connection)
    wanted = queries.provider_ids(connection) if provider is None else (provider,)
    return {one: strip(spans[one], since.get(one), now) for one in wanted}


def overview(connection: Connection, now: datetime, drawn: Strips) -> Overview:
    providers = queries.providers(connection)
    names = {row["provider"]: row["name"] for row in providers}
    messages = queries.last_messages(connection)
    rows = queries.incidents(connection, only_open=True)
    broken = [_broken(row, names, messages) for row in rows if row["status"] != "scheduled"]
    planned = [_broken(row, names, messages) for row in rows if row["status"] == "scheduled" and _is_near(row, now)]
    worst: dict[str, Level] = {}
    for one in broken:
        provider = one.row["provider"]
        worst[provider] = max(one.level, worst.get(provider, Level.UNSEEN))
    unseen = strip((), None, now)
    tiles = [_tile(row, worst, drawn.get(row["provider"], unseen)) for row in providers]
    return Overview(
        tuple(sorted(broken, key=lambda one: -one.level)),
        tuple(sorted(planned, key=lambda one: one.row["started_at"] or "")),
        tuple(sorted(tiles, key=lambda one: (_RANKS[one.state], -one.level, one.name.casefold()))),
        sum(one.state == "blind" for one in tiles),
        queries.offline_since(connection),
    )


_RANKS = {"open": 0, "blind": 1, "new": 2, "fine": 3}


def _tile(row: Mapping[str, Any], worst: Mapping[str, Level], drawn: Strip) -> Tile:
    level = worst.get(row["provider"], Level.FINE)
    state = "open" if level > Level.FINE else "fine"
    if row["unreachable_since"]:
        state = "blind"
    elif not row["last_success_at"]:
        state = "new"
    if state in ("blind", "new") and level is Level.FINE:
        level = Level.UNSEEN
    return Tile(row["provider"], row["name"], level, state, row["open_incidents"], drawn)


def _broken(row: Mapping[str, Any], names: Mapping[str, str], messages: Mapping[tuple[str, str], str]) -> Broken:
    provider = row["provider"]
    said = messages.get((provider, row["incident_id"]), "")
    return Broken(row, names.get(provider, provider), level_of(row["kind"], row["impact"]), said)


def _is_near(row: Mapping[str, Any], now: datetime) -> bool:
    return row["started_at"] is None or from_text(row["started_at"]) <= now + PLANNED_WITHIN


def level_now(connection: Connection, provider: str) -> Level | None:
    """The worst that is open at a configured provider; unseen where it cannot be seen."""
    row = next(iter(queries.providers(connection, provider)), None)
    return None if row is None else _level(connection, row)


def _level(connection: Connection, row: Mapping[str, Any]) -> Level:
    rows = queries.incidents(connection, only_open=True, provider=row["provider"])
    levels = [level_of(one["kind"], one["impact"]) for one in rows if one["status"] != "scheduled"]
    seen = row["last_success_at"] and not row["unreachable_since"]
    return max(levels, default=Level.FINE if seen else Level.UNSEEN)


def detail(connection: Connection, provider: str, incident_id: str, page: int = 1) -> Detail | None:
    rows = queries.incidents(connection, provider=provider, incident_id=incident_id)
    if not rows:
        return None
    (row,) = rows
    events = [json.loads(one["payload"]) for one in queries.incident_events(connection, provider, incident_id)]
    updates = queries.updates(connection, provider, incident_id)
    end = max(len(updates) - (page - 1) * PAGE, 0)
    begin = max(end - PAGE, 0)
    entries = tuple(timeline(updates, events, begin, end))
    name = queries.provider_names(connection).get(provider, provider)
    return Detail(
        row, name, level_of(row["kind"], row["impact"]), entries[::-1], begin > 0, tuple(titles(events))[-PAGE:]
    )


@frozen
class Listed:
    """An incident in a list."""

    row: Mapping[str, Any]
    provider_name: str
    level: Level


def listed(row: Mapping[str, Any], names: Mapping[str, str]) -> Listed:
    provider = row["provider"]
    return Listed(row, names.get(provider, provider), level_of(row["kind"], row["impact"]))


@frozen
class Provider:
    """One provider: how it stands (`row` is None where it is no longer configured), and its newest incidents."""

    provider: str
    name: str
    row: Mapping[str, Any] | None
    level: Level
    strip: Strip
    listed: tuple[Listed, ...]


def provider(connection: Connection, ident: str, now: datetime) -> Provider | None:
    names = queries.provider_names(connection)
    if ident not in names:
        return None
    row = next(iter(queries.providers(connection, ident)), None)
    rows = queries.incidents(connection, provider=ident, limit=PAGE)
    drawn = strips(connection, now, ident)[ident]
    return Provider(
        ident,
        names[ident],
        row,
        Level.UNSEEN if row is None else _level(connection, row),
        drawn,
        tuple(listed(one, names) for one in rows),
    )


@frozen
class Monitor:
    """The monitor's own health: who cannot be seen, whose polls fail, who is quiet, and how far its consumers are."""

    offline_since: str | None
    blind: tuple[Mapping[str, Any], ...]
    failing: tuple[Mapping[str, Any], ...]
    quiet: tuple[tuple[Mapping[str, Any], int, int], ...]
    moved: tuple[Mapping[str, Any], ...]
    consumers: tuple[Mapping[str, Any], ...]
    mutes: tuple[Mute, ...]
    providers: int


def monitor(connection: Connection, now: datetime) -> Monitor:
    rows = queries.providers(connection)
    days = queries.quiet(connection, now)
    return Monitor(
        queries.offline_since(connection),
        tuple(row for row in rows if row["unreachable_since"]),
        tuple(row for row in rows if row["consecutive_failures"] and not row["unreachable_since"]),
        tuple(
            (row, *days[row["provider"]])
            for row in rows
            if queries.is_too_quiet(*days.get(row["provider"], (None, None)))
        ),
        tuple(row for row in rows if row["moved_to"]),
        tuple(queries.consumers(connection)),
        tuple(mute for mute in queries.mutes(connection) if mute.until > now),
        len(rows),
    )
