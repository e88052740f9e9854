"""Which incident an update belongs to, where the page names none: it says only what is affected, the subject. Pure.

The readers of such platforms give the subject as the incident's id, and a `gap`. An update goes on with the incident
of its subject that is open under the same title, or that had one within the gap; otherwise it begins another, whose
id is the subject with the second of its first update. So an outage in March and one in May are two, however alike.

Where a page shows the state of every subject, good ones too (`Shape.CURRENT`), being well ends an open incident and
is nothing else; and as long as another entry still shows the trouble it ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve

from statustrio.model import OVER, Known, KnownIncident, Reading, Seen, Shape


def group(known: Known, seen: Seen, now: datetime) -> Seen:
    """The document with incidents for subjects; any other as it is. What says nothing of an incident is left out."""
    if seen.gap is None:
        return seen
    gap = timedelta(seconds=seen.gap)
    carried = set(known.state.window)
    still_shown = {shown.incident_id for shown in seen.window if shown in carried}
    in_trouble = {reading.incident_id for reading in seen.readings if not _is_over(reading)}
    episodes: dict[str, list[_Episode]] = {}
    for incident in known.incidents:
        subject, _, _ = incident.incident_id.rpartition("_")
        episodes.setdefault(subject, []).append(_Episode.of(incident))
    ids: dict[str, str] = {}
    for reading in sorted(seen.readings, key=lambda one: (one.updates[-1].at or now, _is_over(one))):
        subject, at = reading.incident_id, reading.updates[-1].at or now
        same = episodes.setdefault(subject, [])
        if seen.shape is Shape.CURRENT and _is_over(reading):
            episode = next((one for one in same if one.open), None)
            if episode is None or episode.incident_id in still_shown or subject in in_trouble:
                continue
        else:
            episode = _continued(same, reading.title, at, gap)
        if episode is None:
            episode = _Episode(f"{subject}_{int(at.timestamp())}", reading.title, at, at, open=True)
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
    title: str
    first: datetime
    last: datetime
    open: bool

    @classmethod
    def of(cls, incident: KnownIncident) -> _Episode:
        times = [update.at for update in incident.updates if update.at] or [incident.first_seen_at]
        return cls(incident.incident_id, incident.title, min(times), max(times), incident.status not in OVER)

    def add(self, reading: Reading, at: datetime) -> None:
        if at >= self.last:
            self.title, self.open = reading.title, not _is_over(reading)
        self.first, self.last = min(self.first, at), max(self.last, at)

    def distance(self, at: datetime) -> timedelta:
        return max(self.first - at, at - self.last, timedelta(0))


def _continued(episodes: Iterable[_Episode], title: str, at: datetime, gap: timedelta) -> _Episode | None:
    """The nearest incident that an update of this title and time goes on with."""
    candidates: Sequence[_Episode] = [
        one
        for one in episodes
        if (one.title == title and (one.open or one.distance(at) <= gap)) or (one.open and one.distance(at) <= gap)
    ]
    return min(candidates, key=lambda one: one.distance(at), default=None)


def _is_over(reading: Reading) -> bool:
    return reading.updates[-1].label in OVER
