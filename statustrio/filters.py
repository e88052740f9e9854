"""Who is told of an event: a consumer's filters, judged on the whole incident so far. Pure.

A consumer closes what it opened. So the filters look at the incident (its worst impact so far, every component
it ever named, any text that matched), and what has passed once passes to the end. What a page does not say never
silences: an unknown impact or unknown components pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import evolve, frozen

from statustrio.config import FilterConfig
from statustrio.events import Event
from statustrio.model import Impact


@frozen
class Story:
    """What one consumer's filters know of one incident: the worst of it, and whether the consumer was told of it."""

    told: bool = False
    impact: Impact | None = None
    components: tuple[str, ...] | None = None
    matched: bool = False


def judges_incidents(config: FilterConfig) -> bool:
    """Whether these filters need a story at all; without one, whole incidents pass or none does."""
    return bool(config.components or config.min_impact or config.match)


def judge(config: FilterConfig, tags: Mapping[str, tuple[str, ...]], story: Story, event: Event) -> tuple[bool, Story]:
    """Whether the consumer is told of this event, and the incident's story after it. `tags` by provider id."""
    if not _concerns(config, tags, event):
        return False, story
    if event.incident_id is None:
        return _is_wanted(config, event.event), story
    story = _further(config, story, event)
    if not story.told:
        story = evolve(story, told=_passes(config, story))
    return story.told and _is_wanted(config, event.event), story


def _concerns(config: FilterConfig, tags: Mapping[str, tuple[str, ...]], event: Event) -> bool:
    if event.provider is None:
        return True
    if config.providers and event.provider not in config.providers:
        return False
    return not config.tags or not set(config.tags).isdisjoint(tags.get(event.provider, ()))


def _is_wanted(config: FilterConfig, name: str) -> bool:
    family = name.partition(".")[0] + ".*"
    return not config.events or name in config.events or family in config.events


def _further(config: FilterConfig, story: Story, event: Event) -> Story:
    impacts = [impact for impact in (story.impact, event.impact) if impact is not None]
    components = story.components
    if event.components is not None:
        names = dict.fromkeys((*(components or ()), *(component.name for component in event.components)))
        components = tuple(names)
    text = f"{event.title or ''}\n{event.message or ''}"
    matched = story.matched or (config.match is not None and re.search(config.match, text) is not None)
    return evolve(
        story, impact=max(impacts, key=lambda one: one.rank, default=None), components=components, matched=matched
    )


def _passes(config: FilterConfig, story: Story) -> bool:
    if config.min_impact and story.impact and story.impact.rank < config.min_impact.rank:
        return False
    if config.components and story.components and not set(config.components) & set(story.components):
        return False
    return config.match is None or story.matched
