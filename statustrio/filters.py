"""Who is told of an event: a consumer's filters, judged on the whole incident so far. Pure.

A consumer closes what it opened. So the filters look at the incident (its worst impact so far, every component
it ever named, any text that matched), and what has passed once passes to the end. What a page does not say never
silences: an unknown impact or unknown components pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import evolve, frozen

from statustrio.config import FilterConfig
from statustrio.events import ENDS, Event
from statustrio.stories import Story

Search: TypeAlias = Callable[[str, str], bool]
"""Whether a regular expression is found in a text; one that takes for ever may be cut short, and is found."""


@frozen
class Verdict:
    """Whether a consumer is told of an event, and the incident's story after it.

    `stopped_by` is the name of the first filter that did not let it through, None if the consumer is told.
    """

    story: Story
    stopped_by: str | None = None

    @property
    def told(self) -> bool:
        return self.stopped_by is None


def search(expression: str, text: str) -> bool:
    """Search, however long it takes."""
    return re.search(expression, text) is not None


def judge(
    config: FilterConfig,
    tags: Mapping[str, tuple[str, ...]],
    story: Story,
    event: Event,
    search: Search = search,
) -> Verdict:
    """Judge an event by the filters and by the story of its incident so far. `tags` by provider id."""
    unconcerned = _unconcerned(config, tags, event)
    if unconcerned:
        return Verdict(story, unconcerned)
    held_back = None
    if event.incident_id is not None:
        story = _further(config, story, event, search)
        held_back = None if story.told else _held_back(config, story)
        story = evolve(story, told=held_back is None)
    return Verdict(story, held_back or _unwanted(config, story, event.event))


def _unconcerned(config: FilterConfig, tags: Mapping[str, tuple[str, ...]], event: Event) -> str | None:
    if event.provider is None:
        return None
    if config.providers and event.provider not in config.providers:
        return "providers"
    return "tags" if config.tags and set(config.tags).isdisjoint(tags.get(event.provider, ())) else None


def _unwanted(config: FilterConfig, story: Story, name: str) -> str | None:
    family = name.partition(".")[0] + ".*"
    if not config.events or name in config.events or family in config.events:
        return None
    # Whoever asks for ends hears of each, by whatever name: one that was taken down is over too.
    begun = story.begun or (story.waiting is not None and not story.waiting.over)
    return None if begun and name in ENDS and not ENDS.isdisjoint(config.events) else "events"


def _further(config: FilterConfig, story: Story, event: Event, search: Search) -> Story:
    impacts = [impact for impact in (story.impact, event.impact) if impact is not None]
    components = story.components
    if event.components is not None:
        names = dict.fromkeys((*(components or ()), *(component.name for component in event.components)))
        components = tuple(names)
    text = f"{event.title or ''}\n{event.message or ''}"
    matched = story.matched or (config.match is not None and search(config.match, text))
    return evolve(
        story, impact=max(impacts, key=lambda one: one.rank, default=None), components=components, matched=matched
    )


def _held_back(config: FilterConfig, story: Story) -> str | None:
    if config.min_impact and story.impact and story.impact.rank < config.min_impact.rank:
        return "min_impact"
    if config.components and story.components and not set(config.components) & set(story.components):
        return "components"
    return "match" if config.match is not None and not story.matched else None
