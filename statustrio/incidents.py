"""One incident: what a reading of it adds to what is stored, and how that is told. Pure.

`absorb` says what is new, `tell` turns it into drafts of events, `take_down` and `supersede` end an incident that
its page no longer shows. The events of one incident always tell its state: after an end it is over, after any
other it is open (`_consistent`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from statustrio.events import BEGINNINGS, ENDS
from statustrio.lifecycle import END, WORDS, Step, beginning, reopening, walk
from statustrio.matching import Matching, key, match_updates, same_text
from statustrio.model import OVER, Draft, KnownIncident, KnownUpdate, Reading, Shape, Status, Update
from statustrio.rules import Rule
from statustrio.spans import shifted

SILENT_AFTER_EDITS = 24
"""A page that rewrites an incident more often than this in a row is not worth hearing."""
UNKNOWN_OPEN_FOR = timedelta(hours=24)
"""How long after its last update an incident without any status word counts as open."""
UNLISTED = "no longer listed by the provider"
ENDED = OVER - {Status.SUPERSEDED}
"""The statuses that come with an event: whoever listens knows that it is over."""


@frozen
class Told:
    """The drafts about one incident, in the order of its life; `at` places those without a time of their own."""

    at: datetime
    drafts: tuple[Draft, ...] = ()
    warnings: tuple[str, ...] = ()


@frozen
class News:
    """One update as a step of its timeline, and whether it is known but says something else now."""

    update: KnownUpdate
    step: Step
    edited: bool = False
    said: Reading | None = None
    """The entry that holds this update alone, where each has one: impact and components are those it names."""


@frozen
class Absorbed:
    """An incident before (None: not known) and after its newest reading, and what of its timeline is news."""

    before: KnownIncident | None
    incident: KnownIncident
    news: tuple[News, ...]
    newest: News
    rewritten: bool
    """Its title changed, or the components where a feed shows only the latest update."""
    at: datetime


def absorb(
    before: KnownIncident | None,
    readings: Sequence[Reading],
    shape: Shape,
    now: datetime,
    *,
    renamed: bool = False,
    oldest: datetime | None = None,
) -> Absorbed:
    """What the readings of one incident add to it; `shape` is that of its own entries.

    `renamed` says that the page moved and shows the incident under another id: what is written differently
    there, or is older than the newest update stored, is no news. `oldest` is the time of the oldest entry that the
    last document showed: where each update has an entry of its own, an older one has only slid into view.
    """
    reading, shown = _merge(readings, shape)
    # The kind is read off the words of the moment on some pages, and one life has one kind. An end that the page
    # did not write ends nothing once it shows the incident again.
    reading = evolve(reading, kind=before.kind) if before else reading
    known = tuple(
        evolve(one, vanished=one.vanished or one.text == UNLISTED) for one in (before.updates if before else ())
    )
    matching = match_updates(shape, known, shown, timed=reading.timed)
    timeline, fresh = _timeline(known, matching, shape, timed=reading.timed)
    if before and shape is Shape.PER_UPDATE and reading.updates[-1].at != timeline[-1].at:
        # An older entry, read again or late, speaks for its own update alone.
        reading = evolve(reading, title=before.title, updated_at=before.updated_at)
        reading = evolve(reading, url=None, impact=None, components=None)
    if shape in (Shape.PER_UPDATE, Shape.CURRENT):
        # No entry is sure to tell when it all began: at the latest with the oldest one there is.
        begun = (*(one.at for one in timeline), *(one.started_at for one in readings), before and before.started_at)
        reading = evolve(reading, started_at=min((at for at in begun if at), default=None))
    steps = walk(reading.kind, ((update.at, update.label) for update in timeline))
    life = [News(_with_status(update, step.status), step) for update, step in zip(timeline, steps, strict=True)]
    said = {}
    if shape is Shape.PER_UPDATE:
        said = {(update.at, update.label, update.text): one for one in readings for update in one.updates}
    news = tuple(
        News(update, one.step, fresh[update.n], said.get((update.at, update.label, update.text)))
        for one in life
        if (update := one.update).n in fresh
    )
    by_n = {update.n: update for update in known}
    by_n |= {update.n: evolve(update, vanished=True) for update in matching.vanished}
    by_n |= {one.update.n: one.update for one in life}
    incident = _stored(before, reading, life, tuple(by_n[n] for n in sorted(by_n)), now)
    if before is None:
        return Absorbed(None, incident, news, life[-1], rewritten=False, at=now)
    if renamed:
        horizon = max((update.at for update in known if update.at), default=None)
        news = tuple(one for one in news if not one.edited and _is_later(one.update.at, horizon))
    if shape is Shape.PER_UPDATE and oldest:
        news = tuple(one for one in news if one.edited or one.update.at is None or one.update.at >= oldest)
    rewritten = not renamed and _is_rewritten(before, reading, shape)
    told_over = before.status in (Status.RESOLVED, Status.COMPLETED)
    if told_over and shape is Shape.TIMELINE and incident.status not in OVER and not news:
        # Its end alone vanished. A stale copy of the page looks like this, so it is no turn before an update says so.
        incident = evolve(incident, status=before.status, resolved_at=before.resolved_at, open=False, expires_at=None)
    flipped = (incident.status in OVER) != (before.status in ENDED)
    edited = rewritten or any(one.edited for one in news)
    incident = evolve(
        incident,
        edits=0 if any(not one.edited for one in news) else incident.edits + edited,
        revision=incident.revision + (rewritten or flipped),
    )
    return Absorbed(before, incident, news, life[-1], rewritten, now)


def _with_status(update: KnownUpdate, status: Status) -> KnownUpdate:
    """As `evolve`, which takes eight times as long for it: a page seen for the first time has a hundred updates."""
    return KnownUpdate(update.n, update.at, update.label, status, update.text, update.revision, update.vanished)


def _is_later(at: datetime | None, horizon: datetime | None) -> bool:
    return horizon is None or (at is not None and at > horizon)


def _merge(readings: Sequence[Reading], shape: Shape) -> tuple[Reading, tuple[Update, ...]]:
    """The reading of the newest entry, which speaks for the incident, and the updates there are, oldest first."""
    ordered = sorted(readings, key=lambda one: (one.updates[-1].at or _EPOCH, one.updates[-1].label in OVER))
    if shape is Shape.PER_UPDATE:
        # what the newest entry leaves out stands as an older one said it
        impact = next((one.impact for one in reversed(ordered) if one.impact is not None), None)
        components = next((one.components for one in reversed(ordered) if one.components is not None), None)
        newest = evolve(ordered[-1], impact=impact, components=components)
        return newest, tuple(update for one in ordered for update in one.updates)
    return ordered[-1], ordered[-1].updates


def _timeline(
    known: Sequence[KnownUpdate], matching: Matching, shape: Shape, *, timed: bool
) -> tuple[list[KnownUpdate], dict[int, bool]]:
    """The timeline as it stands now, oldest first, and which of it is news by its `n` (True: rewritten)."""
    next_n = max((update.n for update in known), default=-1) + 1
    shown: list[KnownUpdate] = []
    fresh: dict[int, bool] = {}
    for match in matching.matches:
        update = match.shown
        if match.known is None:
            # Where only the newest text is shown, a date that did not move with it is not the time of that text.
            stale = shape in (Shape.LATEST, Shape.CURRENT) and any(one.at == update.at for one in known)
            at = None if stale else update.at
            shown.append(KnownUpdate(next_n, at, update.label, Status.UNKNOWN, update.text))
            fresh[next_n] = False
            next_n += 1
        elif match.edited:
            revision = match.known.revision + 1
            at = update.at if timed else match.known.at
            rewritten = KnownUpdate(match.known.n, at, update.label, Status.UNKNOWN, update.text, revision)
            shown.append(rewritten)
            fresh[match.known.n] = True
        else:
            # Shown again after it had vanished is no news.
            shown.append(evolve(match.known, vanished=False))
    if shape is Shape.TIMELINE:
        return shown, fresh
    by_n = {update.n: update for update in (*known, *shown)}
    timeline = [by_n[n] for n in sorted(by_n) if not by_n[n].vanished]
    if shape is Shape.PER_UPDATE:
        timeline.sort(key=lambda update: update.at or _EPOCH)
    return timeline, fresh


def _stored(
    before: KnownIncident | None,
    reading: Reading,
    life: Sequence[News],
    updates: tuple[KnownUpdate, ...],
    now: datetime,
) -> KnownIncident:
    """The incident with these updates; what the page does not say stays as it was known."""
    fallback = before or KnownIncident(
        incident_id=reading.incident_id,
        kind=reading.kind,
        title=reading.title,
        status=Status.UNKNOWN,
        updates=(),
        first_seen_at=now,
        last_seen_at=now,
    )
    status = life[-1].step.status
    newest_at = max((one.update.at for one in life if one.update.at), default=None)
    expires_at = None
    if status is Status.UNKNOWN:
        expires_at = shifted(newest_at or fallback.first_seen_at, UNKNOWN_OPEN_FOR)
    ends = [one.update.at for one in life if one.step.status in OVER and one.step.previous not in OVER]
    return evolve(
        fallback,
        kind=reading.kind,
        title=reading.title,
        status=status,
        updates=updates,
        last_seen_at=now,
        url=reading.url or fallback.url,
        impact=reading.impact or fallback.impact,
        components=reading.components if reading.components is not None else fallback.components,
        started_at=reading.started_at or fallback.started_at,
        updated_at=reading.updated_at or newest_at,
        resolved_at=ends[-1] if status in OVER and status is not Status.WITHDRAWN else None,
        scheduled_for=reading.scheduled_for or fallback.scheduled_for,
        scheduled_until=reading.scheduled_until or fallback.scheduled_until,
        open=status not in OVER and (expires_at is None or expires_at > now),
        shown=True,
        missing_since=None,
        missing_polls=0,
        expires_at=expires_at,
    )


def _is_rewritten(before: KnownIncident, reading: Reading, shape: Shape) -> bool:
    if not same_text(before.title, reading.title):
        return True
    if shape not in (Shape.LATEST, Shape.CURRENT):
        return False
    return None not in (before.components, reading.components) and before.components != reading.components


def tell(absorbed: Absorbed, how: str) -> Told:
    """The drafts that tell the news of an incident. `how`: each of its `updates`, only its `standing`, `nothing`."""
    incident = absorbed.incident
    if how == "nothing":
        return Told(absorbed.at)
    if how == "standing":
        noun = beginning(incident.kind, incident.status)
        (update_key,) = _keys(incident.updates, [absorbed.newest])
        return Told(absorbed.at, (_draft(incident, absorbed.newest, noun, Rule.FIRST_SIGHT, update_key),))
    drafts = [
        _draft(incident, one, _noun(absorbed, one), _rule(absorbed, one), update_key)
        for one, update_key in zip(absorbed.news, _keys(incident.updates, absorbed.news), strict=True)
    ]
    if absorbed.before and absorbed.rewritten and not drafts:
        same_title = same_text(absorbed.before.title, incident.title)
        rule = Rule.COMPONENTS_CHANGED if same_title else Rule.TITLE_CHANGED
        drafts = [evolve(_draft(incident, absorbed.newest, "edited", rule), key=f"title|{incident.revision}")]
    warnings = tuple(
        f"{incident.incident_id}: unknown status word {one.update.label!r}"
        for one in absorbed.news
        if one.update.label not in WORDS and one.update.label != Status.UNKNOWN
    )
    if incident.edits > SILENT_AFTER_EDITS:
        if drafts and incident.edits == SILENT_AFTER_EDITS + 1:
            warnings += (f"{incident.incident_id}: edited over and over, its edits are no longer announced",)
        drafts = []
    return Told(absorbed.at, _consistent(absorbed, drafts), warnings)


def _noun(absorbed: Absorbed, news: News) -> str:
    """What this update is called."""
    if news.edited:
        return "edited"
    is_dated_back = absorbed.before is not None and news.step.previous is None
    # An incident begins once, whatever the page puts before its first update later on.
    begins = f"{absorbed.incident.kind}.{news.step.noun}" in BEGINNINGS
    return "updated" if is_dated_back and begins else news.step.noun


def _rule(absorbed: Absorbed, news: News) -> Rule:
    """Why this update is news."""
    if absorbed.before is None or not news.edited:
        first = absorbed.before is None and news == absorbed.news[0]
        return Rule.NEW_INCIDENT if first else Rule.NEW_UPDATE
    old = next(update for update in absorbed.before.updates if update.n == news.update.n)
    if not same_text(old.text, news.update.text):
        return Rule.REWRITTEN_UPDATE
    return Rule.REDATED_UPDATE if old.label == news.update.label else Rule.RELABELLED_UPDATE


def take_down(incident: KnownIncident, now: datetime, *, unlisted: bool) -> tuple[KnownIncident, Draft]:
    """End an incident that its page has ceased to show.

    `unlisted`: the page lists only what is open, so it is over. Otherwise the page took it down: withdrawn.
    """
    status, noun, text, rule = Status.WITHDRAWN, "withdrawn", "taken down by the provider", Rule.TAKEN_DOWN
    updates = incident.updates
    if unlisted:
        noun, text, rule = END[incident.kind], UNLISTED, Rule.NO_LONGER_LISTED
        status = Status(noun)
        updates = (*updates, KnownUpdate(len(updates), now, noun, status, text))
    after = evolve(
        incident,
        status=status,
        updates=updates,
        open=False,
        resolved_at=now if unlisted else None,
        missing_since=None,
        missing_polls=0,
        revision=incident.revision + 1,
    )
    newest = News(KnownUpdate(len(updates), now, noun, status, text), Step(incident.status, status, noun))
    return after, evolve(_draft(after, newest, noun, rule), key=f"{noun}|{after.revision}")


def supersede(incident: KnownIncident) -> KnownIncident:
    """Close an incident that a page which moved no longer knows. Nobody is told: nothing is known of its end."""
    return evolve(incident, status=Status.SUPERSEDED, open=False, shown=False, missing_since=None, missing_polls=0)


def _consistent(absorbed: Absorbed, drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The drafts, mended where they would leave a listener with another belief than the page.

    A rewritten label, a deleted or a backdated update can end an incident, or reopen it, without a step that
    says so. The listener must hear of each end and of each new beginning.
    """
    incident, before = absorbed.incident, absorbed.before
    told_over = before is not None and before.status in ENDED
    end = f"{incident.kind}.{'withdrawn' if incident.status is Status.WITHDRAWN else END[incident.kind]}"
    restart = f"{incident.kind}.{reopening(incident.kind, incident.status)}"
    over = incident.status in OVER
    believed = told_over
    for draft in drafts:
        if draft.event in ENDS:
            believed = True
        elif draft.event in BEGINNINGS:
            believed = False
    if believed == over or (before is None and over):
        return tuple(drafts)
    event, rule = (end, Rule.END_WITHOUT_UPDATE) if over else (restart, Rule.START_WITHOUT_UPDATE)
    if not over and not told_over:
        # It ended and went on within updates that arrived together: the end was none.
        going_on = f"{incident.kind}.updated"
        return tuple(evolve(one, event=going_on, rule=Rule.PASSING_END) if one.event in ENDS else one for one in drafts)
    if drafts and (drafts[-1].status in OVER) == over:
        return (*drafts[:-1], evolve(drafts[-1], event=event, rule=rule))
    # Nothing new tells of the turn, or what does says the contrary: an old update was rewritten while it came.
    turn = _draft(incident, absorbed.newest, "", rule)
    return (*drafts, evolve(turn, event=event, key=f"turn|{incident.revision}"))


_EPOCH = datetime.min.replace(tzinfo=UTC)


def _keys(updates: Sequence[KnownUpdate], news: Sequence[News]) -> list[str]:
    """What tells each of these updates from every other of its incident.

    It is the update's own key and its place: a rewritten update may have had this key once, so counting those as well
    keeps the places of one key apart for ever.
    """
    wanted = {one.update.n for one in news}
    found: dict[int, str] = {}
    alike: Counter[str] = Counter()
    rewritten: Counter[str] = Counter()
    all_rewritten = 0
    for count, update in enumerate(sorted(updates, key=lambda one: one.n)):
        own = key(update.at, update.label)
        if update.n in wanted:
            place = alike[own] + all_rewritten - rewritten[own]
            found[update.n] = f"{own}|{count if update.revision else place}|{update.revision}"
        alike[own] += 1
        rewritten[own] += update.revision > 0
        all_rewritten += update.revision > 0
    return [found[one.update.n] for one in news]


def _draft(incident: KnownIncident, news: News, noun: str, rule: Rule, update_key: str = "") -> Draft:
    update, said = news.update, news.said
    return Draft(
        event=f"{incident.kind}.{noun}",
        key=update_key,
        incident_id=incident.incident_id,
        title=incident.title,
        status=news.step.status,
        previous_status=news.step.previous,
        impact=said.impact if said and said.impact is not None else incident.impact,
        components=said.components if said and said.components is not None else incident.components,
        message=update.text,
        update_at=update.at,
        started_at=incident.started_at,
        updated_at=incident.updated_at,
        url=incident.url,
        scheduled_until=incident.scheduled_until,
        rule=rule,
    )
