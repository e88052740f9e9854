"""What made an event: the entry of its incident before and after, and which filters of whom it passes. Pure.

Documents are read by the code that read them when they came, but whole, and for people: as lines of text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from attrs import frozen

from statustrio.config import ConsumerConfig, FilterConfig
from statustrio.errors import FeedError
from statustrio.events import Event
from statustrio.feed.parse import Entry, parse_feed
from statustrio.feed.text import html_to_text
from statustrio.filters import Story, Verdict, judge
from statustrio.packing import unpack
from statustrio.platforms import BY_NAME
from statustrio.rfc3339 import to_text

_EPOCH = datetime.min.replace(tzinfo=UTC)


@frozen
class Kept:
    """A document that was kept, compressed. `at` is when it was recorded, as text."""

    at: str
    platform: str
    url: str
    content_type: str | None
    packed: bytes


@frozen
class Comparison:
    """The entry of an incident in two documents, as the lines of a unified diff: none if it reads the same.

    Without `before_at` there is nothing to compare with: `lines` is the entry as it stands.
    """

    lines: tuple[str, ...]
    after_at: str
    before_at: str | None = None


def compare(kept: Iterable[Kept], incident_id: str) -> Comparison | None:
    """Compare what the first document says of an incident with the one before it; they come newest first.

    If the first does not show the incident, with the newest that does. None if no document shows it.
    """
    documents = ((one, lines) for one in kept if (lines := _legible(one, incident_id)) is not None)
    after, after_lines = next(documents, (None, ()))
    if after is None:
        return None
    for before, before_lines in documents:
        if after_lines or before_lines:
            diff = difflib.unified_diff(
                before_lines, after_lines, f"before {before.at}", f"after {after.at}", lineterm=""
            )
            return Comparison(tuple(diff), after.at, before.at)
    return Comparison(after_lines, after.at) if after_lines else None


def _legible(kept: Kept, incident_id: str) -> tuple[str, ...] | None:
    """The entry's lines; None where the document was damaged since."""
    try:
        return entry_lines(kept, incident_id)
    except FeedError:
        return None


def entry_lines(kept: Kept, incident_id: str) -> tuple[str, ...]:
    """What a document says of an incident, oldest entry first."""
    # a file that a newer version wrote may name a platform that this one does not know
    platform = BY_NAME.get(kept.platform, BY_NAME["generic"])
    # Where a page names subjects alone, the second that was added is ours (see `grouping`).
    named = incident_id if platform.gap is None else incident_id.rpartition("_")[0]
    feed = parse_feed(unpack(kept.packed), url=kept.url, content_type=kept.content_type)
    entries = [entry for entry in feed.entries if platform.read(entry).incident_id == named]
    entries.sort(key=lambda entry: _time(entry) or _EPOCH)
    return tuple(line for entry in entries for line in _lines(entry))


def _time(entry: Entry) -> datetime | None:
    return entry.published or entry.updated


def _lines(entry: Entry) -> Iterator[str]:
    at = _time(entry)
    yield entry.title
    yield from (part for part in (at and to_text(at), entry.link, entry.status) if part)
    yield from entry.categories
    for source in dict.fromkeys((entry.content, entry.summary)):
        if source:
            yield ""
            yield from html_to_text(source).splitlines()
    yield ""


def judgements(
    consumers: Iterable[ConsumerConfig], tags: Mapping[str, tuple[str, ...]], events: Sequence[Event]
) -> list[tuple[ConsumerConfig, Verdict]]:
    """What each consumer's filters make of the last of these events; they are those of one incident, oldest first."""
    found = []
    for consumer in consumers:
        verdict = Verdict(Story())
        for event in events:
            verdict = judge(consumer.filter, tags, verdict.story, event)
        found.append((consumer, verdict))
    return found


def stop(config: FilterConfig, verdict: Verdict) -> str | None:
    """The filter that stopped an event, with what it asks for and what the incident has shown so far."""
    name = verdict.stopped_by
    if name is None:
        return None
    wanted = getattr(config, name)
    said = f"{name}: {', '.join(wanted) if isinstance(wanted, tuple) else wanted}"
    if name == "min_impact":
        return f"{said} (worst so far: {verdict.story.impact})"
    if name == "components":
        return f"{said} (so far: {', '.join(verdict.story.components or ())})"
    return said
