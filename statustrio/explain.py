"""What made an event: the entry of its incident before and after, and which filters of whom it passes. Pure.

Documents are read by the code that read them when they came, but whole, and for people: as lines of text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from attrs import frozen

from statustrio.config import ConsumerConfig
from statustrio.errors import FeedError
from statustrio.events import Event
from statustrio.feed.parse import Entry, parse_feed
from statustrio.feed.text import html_to_text
from statustrio.packing import unpack
from statustrio.platforms import BY_NAME
from statustrio.rfc3339 import to_text
from statustrio.routing import Routing, Telling
from statustrio.stories import Mute, Story, Why

_UNTOLD = {
    Why.HOLD: "it was over before that time",
    Why.MUTE: "it was over before the mute ended",
    Why.REPEAT_WINDOW: "another one of this title was told shortly before",
}
"""Why an incident is not told at all."""

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
    consumers: Iterable[ConsumerConfig],
    tags: Mapping[str, tuple[str, ...]],
    events: Sequence[Event],
    mutes: tuple[Mute, ...] = (),
) -> list[tuple[ConsumerConfig, Telling]]:
    """What each consumer makes of the last of these events; they are those of one incident, oldest first."""
    return [(consumer, _judged(Routing(consumer, tags, mutes=mutes), events)) for consumer in consumers]


def _judged(routing: Routing, events: Sequence[Event]) -> Telling:
    for event in events:
        for key in routing.due(event.timestamp):
            routing.settle(routing.look(key, event.timestamp, event.timestamp))
        telling = routing.take(event, event.timestamp)
        routing.settle(telling)
    return telling


@frozen
class Told:
    """What a consumer would have been told, or not: `how` is event, summary or reminder."""

    at: datetime
    event: Event
    how: str
    kept_back: str | None = None


def routed(
    consumer: ConsumerConfig,
    tags: Mapping[str, tuple[str, ...]],
    mutes: tuple[Mute, ...],
    events: Sequence[Event],
    now: datetime,
) -> Iterator[Told]:
    """What a consumer would have been told of these events, each as soon as it was recorded, until now."""
    routing = Routing(consumer, tags, mutes=mutes)
    by_seq = {event.seq: event for event in events}

    def due(at: datetime) -> Iterator[Told]:
        # What is due is told when it is due, not when the next event comes.
        while (moment := routing.next_due()) is not None and moment <= at:
            for key in routing.due(moment):
                telling = routing.look(key, moment, moment)
                routing.settle(telling)
                how = "summary" if telling.collected else "reminder" if telling.reminder else "event"
                yield from (Told(moment, by_seq[seq], how) for seq in telling.seqs)

    for event in events:
        yield from due(event.timestamp)
        telling = routing.take(event, event.timestamp)
        before = routing.stories.get(telling.key, Story()).waiting
        routing.settle(telling)
        if telling.seqs or telling.story.waiting is None:
            for seq in before.seqs if before and telling.kept_back else ():
                yield Told(event.timestamp, by_seq[seq], "event", telling.kept_back)
            yield Told(event.timestamp, event, "event", telling.kept_back)
    yield from due(now)


def stop(config: ConsumerConfig, telling: Telling) -> str | None:
    """What kept an event back: the setting, what it asks for, and what the incident has shown so far."""
    name, story = telling.kept_back, telling.story
    if name is None:
        return None
    if name in _UNTOLD or hasattr(config.timing, name):
        return f"{name}: until {to_text(story.waiting.until)}" if story.waiting else f"{name}: {_UNTOLD[Why(name)]}"
    wanted = getattr(config.filter, name)
    said = f"{name}: {', '.join(wanted) if isinstance(wanted, tuple) else wanted}"
    if name == "min_impact":
        return f"{said} (worst so far: {story.impact})"
    if name == "components":
        return f"{said} (so far: {', '.join(story.components or ())})"
    return said
