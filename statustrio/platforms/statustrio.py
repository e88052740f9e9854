"""The merged feed that statustrio itself writes (`consumers/atom.py`): a whole timeline in each entry, whole dates.

An entry's categories name its kind, provider, impact and components.
"""

from __future__ import annotations

from collections.abc import Iterator

from statustrio.feed.parse import Entry, Feed
from statustrio.model import Component, Impact, Kind, Reading, Shape
from statustrio.platforms.platform import Platform, hashed_id, own_id, web_url
from statustrio.platforms.timeline import all_dated, begun

GENERATOR = "statustrio"
KIND, IMPACT, COMPONENT = "kind: ", "impact: ", "component: "
"""How the categories begin that say such a thing."""
ID = "urn:statustrio:"


def recognises(feed: Feed) -> bool:
    return feed.generator.partition(" ")[0] == GENERATOR


def read(entry: Entry) -> Reading:
    content = entry.content or entry.summary
    posted = entry.updated or entry.published
    updates = all_dated(content, posted)
    is_maintenance = Kind.MAINTENANCE in _said(entry, KIND)
    components = tuple(Component(name) for name in _said(entry, COMPONENT))
    return Reading(
        incident_id=own_id((entry.id or "").removeprefix(ID)) or hashed_id(entry),
        kind=Kind.MAINTENANCE if is_maintenance else Kind.INCIDENT,
        title=entry.title,
        updates=updates,
        url=web_url(entry.link),
        started_at=(begun(updates) if is_maintenance else None) or entry.published,
        updated_at=posted,
        impact=next((Impact(one) for one in _said(entry, IMPACT) if one in tuple(Impact)), None),
        components=components or None,
    )


def _said(entry: Entry, prefix: str) -> Iterator[str]:
    return (one.removeprefix(prefix) for one in entry.categories if one.startswith(prefix))


PLATFORM = Platform("statustrio", Shape.TIMELINE, recognises, read)
