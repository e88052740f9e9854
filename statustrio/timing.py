"""When a consumer is told of an event that passes its filters: at once, later, or not at all. Pure.

What is told later waits as a place in the log, noted in the incident's story. An incident that waits because of `hold`
or a mute and ends meanwhile is not told at all, neither its start nor its end: so whoever hears of an incident hears
of its end, and of its start before. What a quiet hour, a digest or `max_age` collects is told in one summary.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from attrs import evolve, frozen

from statustrio.config import TimingConfig
from statustrio.events import BEGINNINGS, ENDS, Event
from statustrio.model import OVER, Status
from statustrio.spans import next_clock, shifted
from statustrio.stories import Story, Waiting, Why


class Role(Enum):
    """What an event is in the story of its incident."""

    BEGINNING = auto()
    WITHIN = auto()
    END = auto()
    EPILOGUE = auto()
    """It changes nothing about whether the incident is over: a postmortem, an edit, a word after the end."""
    ALONE = auto()
    """A thing of its own: a provider that moved."""


_EPILOGUES = frozenset({"postmortem", "edited"})
COLLECTED = frozenset({Why.QUIET_HOURS, Why.DIGEST, Why.MAX_AGE})
"""What waits for one of these is told together, in a summary."""
UNHEARD = frozenset({Why.HOLD, Why.MUTE})
"""What waits for one of these is not told at all if the incident ends meanwhile."""


@frozen
class Occasion:
    """What else counts when an event is judged.

    `now` is when the consumer would be told, which may be long after the event. `muted_until`: the incident or its
    provider is muted now, and so long. `begun_before`: when an incident of the same provider and title, this one or
    another, last began to be told to this consumer.
    """

    now: datetime
    muted_until: datetime | None = None
    begun_before: datetime | None = None


@frozen
class Step:
    """What becomes of a story, and the places in the log that are told now, in this order.

    `kept_back` says why nothing is: it waits, or is not told at all.
    """

    story: Story
    seqs: tuple[int, ...] = ()
    kept_back: Why | None = None
    collected: bool = False
    """They are told in a summary."""


def role(event: Event) -> Role:
    if event.event in BEGINNINGS:
        return Role.BEGINNING
    if event.event in ENDS:
        return Role.END
    family, _, noun = event.event.partition(".")
    if family not in ("incident", "maintenance"):
        return Role.ALONE
    return Role.EPILOGUE if noun in _EPILOGUES or event.status in OVER else Role.WITHIN


def take(config: TimingConfig, story: Story, event: Event, occasion: Occasion) -> Step:
    """What becomes of the newest event of a story."""
    part = role(event)
    if story.silent and part is not Role.BEGINNING:
        return Step(story, kept_back=story.silent)
    story = _planned(config, evolve(story, silent=None, newest=event.seq, title=event.title), event)
    waiting = story.waiting
    if part is Role.END and not story.begun and (why := _unheard(config, waiting, occasion)):
        return Step(_never_told(story, why), kept_back=why)
    gate = _gate(config, story, event.timestamp, part, occasion)
    if gate is None and _is_old(config, event.timestamp, occasion.now):
        gate = occasion.now, Why.MAX_AGE
    if gate is None and (waiting is None or part is Role.ALONE):
        return _told(config, story, part, event, occasion)
    waiting = _longer(story, event, part, gate)
    return Step(evolve(story, waiting=waiting), kept_back=waiting.why)


def pass_over(config: TimingConfig, story: Story, event: Event) -> Story:
    """What becomes of a story when its newest event is none that the consumer wants to hear."""
    story = _planned(config, story, event)
    if role(event) is not Role.END:
        return story
    waiting = story.waiting
    if waiting is not None and waiting.why in UNHEARD and not story.begun:
        return _never_told(story, waiting.why)
    waiting = evolve(waiting, over=True) if waiting is not None else None
    return evolve(story, begun=False, waiting=waiting, remind_at=None)


def release(config: TimingConfig, story: Story, at: datetime, occasion: Occasion) -> Step:
    """What becomes of a story whose waiting is over at this time, before any later event of the log."""
    waiting = story.waiting
    assert waiting is not None
    gate = _gate(config, story, at, Role.BEGINNING, occasion)
    if gate is not None:
        until, why = gate
        return Step(evolve(story, waiting=evolve(waiting, until=until, why=why)), kept_back=why)
    collected = waiting.why in COLLECTED or _is_old(config, waiting.since, occasion.now)
    begins = not story.begun and not waiting.over
    if begins and not collected and _is_repeat(config, story, at, occasion):
        return Step(_never_told(story, Why.REPEAT_WINDOW), kept_back=Why.REPEAT_WINDOW)
    begun_at = at if begins else story.begun_at
    story = evolve(story, waiting=None, begun=not waiting.over, begun_at=begun_at)
    return Step(story, waiting.seqs, collected=collected)


def remind(config: TimingConfig, story: Story, at: datetime, occasion: Occasion) -> Step:
    """What becomes of a story whose reminder is due at this time."""
    if not story.begun or story.planned_for is None or at >= story.planned_for:
        return Step(evolve(story, remind_at=None))
    gate = _closed(config, occasion)
    if gate is not None:
        return Step(evolve(story, remind_at=gate[0]), kept_back=gate[1])
    assert story.newest is not None
    return Step(evolve(story, remind_at=None), (story.newest,))


def _unheard(config: TimingConfig, waiting: Waiting | None, occasion: Occasion) -> Why | None:
    """Why the end of an incident that the consumer has not heard of is not told to it; None if it is."""
    if occasion.muted_until is not None:
        return Why.MUTE
    if waiting is not None:
        return waiting.why if waiting.why in UNHEARD else None
    return Why.HOLD if config.hold else None


def _never_told(story: Story, why: Why) -> Story:
    return evolve(story, begun=False, silent=why, waiting=None, planned_for=None, remind_at=None)


def _gate(
    config: TimingConfig, story: Story, at: datetime, part: Role, occasion: Occasion
) -> tuple[datetime, Why] | None:
    """Until when, and why, what waits or comes at this time is not told then; None if nothing keeps it back."""
    waiting = story.waiting
    closed = _closed(config, occasion)
    if closed is not None and closed[1] is Why.MUTE:
        return closed
    if config.hold and not story.begun and part in (Role.BEGINNING, Role.WITHIN):
        until = (waiting.since if waiting else at) + config.hold
        if until > at:
            return until, Why.HOLD
    if closed is not None:
        return closed
    if config.digest is not None:
        if waiting is None or waiting.why is not Why.DIGEST:
            return next_clock(at, config.digest), Why.DIGEST
        if waiting.until > at:
            return waiting.until, Why.DIGEST
    return None


def _closed(config: TimingConfig, occasion: Occasion) -> tuple[datetime, Why] | None:
    """Until when nothing at all is told, whatever it is."""
    if occasion.muted_until is not None:
        return occasion.muted_until, Why.MUTE
    if config.quiet_hours is not None:
        begin, end = config.quiet_hours
        until = next_clock(occasion.now, end)
        if until <= next_clock(occasion.now, begin):
            return until, Why.QUIET_HOURS
    return None


def _is_old(config: TimingConfig, recorded_at: datetime, now: datetime) -> bool:
    return config.max_age is not None and now - recorded_at > config.max_age


def _is_repeat(config: TimingConfig, story: Story, at: datetime, occasion: Occasion) -> bool:
    before = occasion.begun_before
    if config.repeat_window is None or before is None or before == story.begun_at:
        return False
    return at - before < config.repeat_window


def _told(config: TimingConfig, story: Story, part: Role, event: Event, occasion: Occasion) -> Step:
    if part in (Role.ALONE, Role.EPILOGUE):
        return Step(story, (event.seq,))
    if not story.begun:
        if _is_repeat(config, story, event.timestamp, occasion):
            return Step(_never_told(story, Why.REPEAT_WINDOW), kept_back=Why.REPEAT_WINDOW)
        story = evolve(story, begun_at=event.timestamp)
    return Step(evolve(story, begun=part is not Role.END), (event.seq,))


def _longer(story: Story, event: Event, part: Role, gate: tuple[datetime, Why] | None) -> Waiting:
    """What waits, with one event more; of what is muted only the newest state, which no epilogue is part of."""
    before = story.waiting
    if before is None:
        assert gate is not None
        ends = part is Role.END or (part in (Role.EPILOGUE, Role.ALONE) and not story.begun)
        return Waiting((event.seq,), event.timestamp, *gate, over=ends)
    until, why = gate or (before.until, before.why)
    seqs, over = (*before.seqs, event.seq), part is Role.END
    if part in (Role.EPILOGUE, Role.ALONE):
        over = before.over
    if why is Why.MUTE and part is Role.EPILOGUE:
        # A whole story may have waited here for something else: its end must not be told without its start.
        seqs = before.seqs
    elif why is Why.MUTE and part is not Role.ALONE:
        seqs = (event.seq,)
    return Waiting(seqs, before.since, until, why, over=over)


def _planned(config: TimingConfig, story: Story, event: Event) -> Story:
    is_planned = event.event.startswith("maintenance.") and event.status is Status.SCHEDULED
    planned_for = event.started_at if is_planned else None
    if planned_for == story.planned_for:
        return story
    remind_at = None
    if planned_for is not None and config.remind_before is not None:
        remind_at = shifted(planned_for, -config.remind_before)
        # Whoever is told of it only now needs no reminder at once.
        remind_at = remind_at if remind_at > event.timestamp else None
    return evolve(story, planned_for=planned_for, remind_at=remind_at)
