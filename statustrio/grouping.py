"""Which incident an update belongs to, where the page names none: it says only what is affected, the subject. Pure.

The readers of such platforms give the subject as the incident's id, and a `gap`. An update goes on with the incident
of its subject that is open under the same title, or that had one within the gap; otherwise it begins another, whose
id is the subject with the second of its first update. So an outage in March and one in May are two, however alike.

Where a page shows how things are now (`Shape.CURRENT`), an incident goes on as long as it is shown, whatever its title.
Being well ends an open one and is nothing else; and as long as another entry still shows the trouble it ends nothing.

Nothing was posted later than it is seen: what is dated ahead would come after every end that the page posts until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import define, evolve

from statustrio.model import OVER, Kind, Known, KnownIncident, Reading, Seen, Shape

AHEAD = timedelta(minutes=10)
"""How far the clock of a page may be ahead of ours."""
MOST_EPISODES = 200
"""Incidents of one subject, the newest, that an update may belong to."""


def group(known: Known, seen: Seen, now: datetime) -> Seen:
    """The document with incidents for subjects; any other as it is. What says nothing of an incident is left out."""
    if seen.gap is None:
        return seen
    gap = timedelta(seconds=seen.gap)
    is_state = seen.shape is Shape.CURRENT
    if not is_state:
        seen = evolve(seen, readings=tuple(_not_ahead(one, now) for one in seen.readings))
    carried = set(known.state.window)
    still_shown = {shown.incident_id for shown in seen.window if shown in carried}
    in_trouble = {reading.incident_id for reading in seen.readings if not _is_over(reading)}
    episodes: dict[str, list[_Episode]] = {}
    for incident in known.incidents:
        subject, _, second = incident.incident_id.rpartition("_")
        if second.lstrip("-").isdecimal():
            episodes.setdefault(subject, []).append(_Episode.of(incident))
    for same in episodes.values():
        same.sort(key=lambda one: one.last)
    ids: dict[str, str] = {}
    for reading in sorted(seen.readings, key=lambda one: (one.updates[-1].at or now, _is_over(one))):
        subject, at = reading.incident_id, reading.updates[-1].at or now
        same = episodes.setdefault(subject, [])
        lately = same[-MOST_EPISODES:]
        if is_state:
            episode = _standing(lately, reading, at)
            says_nothing = episode is None or episode.incident_id in still_shown or subject in in_trouble
            if _is_over(reading) and says_nothing:
                continue
        else:
            episode = _continued(lately, reading.title, at, gap)
        if episode is None:
            episode = _Episode(_name(subject, at), reading.kind, reading.title, at, at, open=True)
            same.append(episode)
        episode.add(reading, at)
        ids[reading.digest] = episode.incident_id
    return evolve(
        seen,
        window=tuple(evolve(one, incident_id=ids.get(one.digest, one.incident_id)) for one in seen.window),
        readings=tuple(evolve(one, incident_id=ids[one.digest]) for one in seen.readings if one.digest in ids),
    )


@define
class _Episode:
    """An incident of a subject, as far as its borders go."""

    incident_id: str
    kind: Kind
    title: str
    first: datetime
    last: datetime
    open: bool

    @classmethod
    def of(cls, incident: KnownIncident) -> _Episode:
        times = [update.at for update in incident.updates if update.at] or [incident.first_seen_at]
        is_open = incident.status not in OVER
        return cls(incident.incident_id, incident.kind, incident.title, min(times), max(times), is_open)

    def add(self, reading: Reading, at: datetime) -> None:
        if at >= self.last:
            self.title, self.open = reading.title, not _is_over(reading)
        self.first, self.last = min(self.first, at), max(self.last, at)

    def distance(self, at: datetime) -> timedelta:
        return max(self.first - at, at - self.last, timedelta(0))


def _continued(episodes: Iterable[_Episode], title: str, at: datetime, gap: timedelta) -> _Episode | None:
    """The nearest incident that an update of this title and time goes on with."""
    candidates = (
        one
        for one in episodes
        if (one.distance(at) <= gap and (one.open or one.title == title))
        or (one.open and one.title == title and at > one.first)
    )
    return min(candidates, key=lambda one: one.distance(at), default=None)


def _standing(episodes: Iterable[_Episode], reading: Reading, at: datetime) -> _Episode | None:
    """The incident that the state of a subject is about: trouble in the middle of planned work is no part of it."""
    own = _name(reading.incident_id, at)
    candidates = [
        one
        for one in episodes
        if (one.open and (one.kind is reading.kind or _is_over(reading)))
        or (one.incident_id == own and not _is_over(reading))
    ]
    return max(candidates, key=lambda one: (one.open, one.last), default=None)


def _name(subject: str, at: datetime) -> str:
    return f"{subject}_{int(at.timestamp())}"


def _not_ahead(reading: Reading, now: datetime) -> Reading:
    if not any(update.at and update.at > now + AHEAD for update in reading.updates):
        return reading
    updates = tuple(evolve(one, at=min(one.at, now) if one.at else None) for one in reading.updates)
    return evolve(reading, updates=updates, updated_at=min(reading.updated_at or now, now))


def _is_over(reading: Reading) -> bool:
    return reading.updates[-1].label in OVER
