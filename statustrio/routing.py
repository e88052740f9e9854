"""Who would be told what, and when: one consumer's filters and timing over the log, event by event. Pure.

The fan-out asks it and does what it says; `explain-routing` asks it of the past and only prints. What waits is looked
at in the order of time: before an event that was recorded later, and by the clock where the log ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from heapq import heappop, heappush

from attrs import define, field, frozen

from statustrio.config import ConsumerConfig
from statustrio.events import Event
from statustrio.filters import Search, judge, search
from statustrio.stories import Key, Mute, Story, Why
from statustrio.timing import Occasion, Step, pass_over, release, remind, take


def key_of(event: Event) -> Key:
    return event.provider or "", event.incident_id or ""


@frozen
class Telling:
    """What is told now of one story, as places in the log, and the story once that has been done.

    `kept_back`: the filter or setting because of which nothing is told, or not yet.
    """

    key: Key
    story: Story
    seqs: tuple[int, ...] = ()
    kept_back: str | None = None
    collected: bool = False
    reminder: bool = False


@define(eq=False)
class Routing:
    """Decides for one consumer. `stories` are those it needs now: who asks brings them.

    `begun` says when an incident of a provider last began to be told under a title. What `settle` was not told of has
    not happened: deciding changes nothing.
    """

    config: ConsumerConfig
    tags: Mapping[str, tuple[str, ...]]
    stories: dict[Key, Story] = field(factory=dict)
    mutes: tuple[Mute, ...] = ()
    begun: dict[tuple[str, str], datetime] = field(factory=dict)
    search: Search = search
    _agenda: list[tuple[datetime, Key]] = field(init=False, factory=list)
    """A heap of when stories are due; those that have changed since are passed over."""

    def __attrs_post_init__(self) -> None:
        for key, story in self.stories.items():
            self._note(key, story)

    def take(self, event: Event, now: datetime) -> Telling:
        """Decide about the next event of the log."""
        key = key_of(event)
        before = self.stories.get(key, Story())
        verdict = judge(self.config.filter, self.tags, before, event, self.search)
        if verdict.stopped_by is not None:
            story = pass_over(self.config.timing, verdict.story, event) if verdict.story.told else verdict.story
            return Telling(key, story, kept_back=verdict.stopped_by)
        return self._telling(key, take(self.config.timing, verdict.story, event, self._occasion(key, event.title, now)))

    def next_due(self) -> datetime | None:
        """When something is due next."""
        while self._agenda:
            due, key = self._agenda[0]
            if (story := self.stories.get(key)) and story.due == due:
                return due
            heappop(self._agenda)
        return None

    def due(self, at: datetime) -> Iterator[Key]:
        """The stories in which something is due at this time, the longest due first; each is to be looked at."""
        while (due := self.next_due()) is not None and due <= at:
            entry = heappop(self._agenda)
            while self._agenda and self._agenda[0] == entry:
                heappop(self._agenda)
            yield entry[1]

    def unmuted(self, now: datetime) -> Iterator[Key]:
        """The stories that wait for the end of a mute that was taken back."""
        for key, story in tuple(self.stories.items()):
            if story.waiting and story.waiting.why is Why.MUTE and self._muted_until(key, now) is None:
                yield key

    def look(self, key: Key, at: datetime, now: datetime) -> Telling:
        """Decide about a story in which something is due at this time, or that is no longer muted."""
        story = self.stories[key]
        occasion = self._occasion(key, story.title, now)
        waiting = story.waiting
        unmuted = waiting is not None and waiting.why is Why.MUTE and occasion.muted_until is None
        if waiting is not None and (waiting.until <= at or unmuted):
            return self._telling(key, release(self.config.timing, story, at, occasion))
        if story.remind_at is None or story.remind_at > at:
            return Telling(key, story)
        step = remind(self.config.timing, story, at, occasion)
        return Telling(key, step.story, step.seqs, step.kept_back, reminder=bool(step.seqs))

    def settle(self, telling: Telling) -> None:
        """Note that it was done."""
        before = self.stories.get(telling.key, Story())
        self.stories[telling.key] = story = telling.story
        if story.begun_at is not None and story.begun_at != before.begun_at and story.title is not None:
            self.begun[telling.key[0], story.title] = story.begun_at
        self._note(telling.key, story)

    def _note(self, key: Key, story: Story) -> None:
        if story.due is not None:
            heappush(self._agenda, (story.due, key))

    def _occasion(self, key: Key, title: str | None, now: datetime) -> Occasion:
        begun_before = self.begun.get((key[0], title)) if title is not None else None
        return Occasion(now, self._muted_until(key, now), begun_before)

    def _muted_until(self, key: Key, now: datetime) -> datetime | None:
        return max((mute.until for mute in self.mutes if mute.covers(key, now)), default=None)

    def _telling(self, key: Key, step: Step) -> Telling:
        return Telling(key, step.story, step.seqs, step.kept_back, step.collected)
