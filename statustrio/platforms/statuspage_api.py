"""What Statuspage's public JSON adds to its feeds: impact and components. Pure; who fetches it is not here."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

import attrs
from attrs import frozen

from statustrio.errors import FeedError
from statustrio.feed.text import one_line
from statustrio.model import Component, Impact, Reading

MOST_COMPONENTS = 1000
"""Of one incident; the largest page has some hundred in all. Each update is told with them."""
LONGEST_NAME = 200
"""Characters of a component's name."""


@frozen
class Facts:
    """What the page's API says of an incident. None: it says nothing, or nothing we understand."""

    impact: Impact | None
    components: tuple[Component, ...] | None


def incident_url(feed_url: str, incident_id: str) -> str:
    """Where the page that has this feed publishes one incident."""
    return f"{_api(feed_url)}/incidents/{quote(incident_id, safe='')}.json"


def list_url(feed_url: str) -> str:
    """Where the page that has this feed publishes its newest incidents, 50 as a rule."""
    return f"{_api(feed_url)}/incidents.json"


def parse_facts(body: bytes) -> dict[str, Facts]:
    """The facts by incident id, from an answer about one incident or about many.

    A record with malformed values is left out. Raises `FeedError` when the answer is nothing of the kind.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise FeedError("the incidents are not JSON") from exc
    match document:
        case {"incident": dict() as record}:
            records: list[Any] = [record]
        case {"incidents": list() as records}:
            pass
        case _:
            raise FeedError("JSON that holds no incidents")
    return {record["id"]: facts for record in records if (facts := _facts(record)) is not None}


def apply_facts(reading: Reading, facts: Facts) -> Reading:
    """The reading with the facts; what they leave open stays as it was read."""
    return attrs.evolve(
        reading,
        impact=reading.impact if facts.impact is None else facts.impact,
        components=reading.components if facts.components is None else facts.components,
    )


def _api(feed_url: str) -> str:
    parts = urlsplit(feed_url)
    return f"{parts.scheme}://{parts.netloc}/api/v2"


def _facts(record: object) -> Facts | None:
    match record:
        case {"id": str(), **rest}:
            word, listed = rest.get("impact"), rest.get("components")
        case _:
            return None
    if not isinstance(word, str | None) or not isinstance(listed, list | None):
        return None
    impact = next((impact for impact in Impact if impact == word), None)
    if listed is None or len(listed) > MOST_COMPONENTS:
        return Facts(impact, None)
    components = [_component(item) for item in listed]
    known = tuple(component for component in components if component is not None)
    return Facts(impact, known) if len(known) == len(components) else None


def _component(item: object) -> Component | None:
    match item:
        case {"name": str(name), "status": str() | None as status}:
            return Component(one_line(name)[:LONGEST_NAME], status and one_line(status)[:LONGEST_NAME])
        case _:
            return None
