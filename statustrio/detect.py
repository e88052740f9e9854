"""What one observation changes: the heart of the monitor, a pure function of what is known and what was seen.

What an update means is `lifecycle`'s business, which update it is `matching`'s, whose it is `grouping`'s, what becomes
of one incident that of `incidents`; here all of it is applied to a feed's window: first sight, entries that slid into
view, incidents that left, were withdrawn or moved, and a provider that went dark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from attrs import evolve, field, frozen

from statustrio.grouping import group
from statustrio.incidents import Absorbed, Told, absorb, supersede, take_down, tell
from statustrio.lifecycle import minute, same_minute
from statustrio.model import (
    Change,
    Draft,
    Failed,
    Known,
    KnownIncident,
    Observation,
    Page,
    ProviderState,
    Reading,
    Seen,
    Shape,
    Shown,
    Status,
    Unchanged,
    Window,
)
from statustrio.rfc3339 import to_text
from statustrio.rules import Rule
from statustrio.spans import duration

FAILURES_UNTIL_BLIND = 3
SILENCE_UNTIL_BLIND = timedelta(minutes=15)
CONFIRMING_POLLS = 3
CONFIRMING_TIME = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=7)
"""An incident that left the window unresolved counts as open for so long."""
PAGES_REMEMBERED = 5
PAGE_TOLD_FOR = timedelta(days=1)
FOREVER = datetime.max.replace(microsecond=0, tzinfo=UTC)
GONE = 410


def detect(known: Known, observation: Observation) -> Change:
    """What this observation changes and which events it makes, in the order in which they are announced."""
    outcome = observation.outcome
    match outcome:
        case Failed():
            return _detect_failure(known, observation, outcome)
        case Unchanged():
            absences = _absences(known, observation, tuple(known.state.window), known.state.shape)
            return _success(known, observation, known.state, absences, {})
        case _:
            change = _detect_seen(known, observation, group(known, outcome, observation.at))
            return evolve(change, body=outcome.body if _is_telling(known, change) else None)


def _detect_failure(known: Known, observation: Observation, failed: Failed) -> Change:
    state = known.state
    failures = state.consecutive_failures + 1
    gone = failed.status == GONE
    silent_since = state.last_success_at
    too_long = silent_since is not None and observation.at - silent_since > max(
        SILENCE_UNTIL_BLIND, timedelta(seconds=2 * observation.interval)
    )
    # One failure after a long sleep is no blindness: the network may need a moment to come back.
    blind = gone or failures >= FAILURES_UNTIL_BLIND or (too_long and failures > 1)
    drafts: tuple[Draft, ...] = ()
    unreachable_since = state.unreachable_since
    if blind and unreachable_since is None and not known.offline:
        unreachable_since = observation.at
        rule = Rule.GONE_410 if gone else Rule.THREE_FAILURES if failures >= FAILURES_UNTIL_BLIND else Rule.LONG_SILENCE
        drafts = (_provider_draft("unreachable", observation, failed.reason, rule),)
    state = evolve(
        state,
        version=state.version + 1,
        last_polled_at=observation.at,
        consecutive_failures=failures,
        last_error=failed.reason,
        last_status=failed.status,
        not_before=failed.not_before,
        unreachable_since=unreachable_since,
        gone=gone,
    )
    return Change(state=state, at=observation.at, drafts=drafts)


def _is_telling(known: Known, change: Change) -> bool:
    """Whether a document showed what was not known: all of it, news to tell, or an incident that is another now."""
    before = {one.incident_id: one for one in known.incidents}
    return (
        known.state.first_success_at is None
        or bool(change.drafts)
        or any(
            (old := before.get(one.incident_id)) is None or evolve(old, last_seen_at=one.last_seen_at) != one
            for one in change.incidents
        )
    )


def _detect_seen(known: Known, observation: Observation, seen: Seen) -> Change:
    state = known.state
    arrival = _arrive(known, observation, seen)
    incidents = dict(arrival.incidents)
    told: list[Told] = []
    shapes = _shapes(seen)
    for incident_id, readings in _by_incident(seen.readings).items():
        before = incidents.get(incident_id)
        absorbed = absorb(
            before,
            readings,
            shapes[incident_id],
            observation.at,
            renamed=incident_id in arrival.renamed.values(),
            oldest=state.window_oldest,
        )
        how = "updates"
        if before is None:
            how = _how_to_tell(state, observation, seen, arrival, absorbed.incident)
            if not arrival.first_sight:
                absorbed = _begun_now(absorbed)
        incidents[incident_id] = absorbed.incident
        told.append(tell(absorbed, how))
    drafts = (*arrival.drafts, *_in_order(told))
    absences = _absences(evolve(known, incidents=tuple(incidents.values())), observation, seen.window, seen.shape)
    # Planned work stands in the feed with the time it is planned for: nothing can be older than the future.
    window_times = [min(shown.at, observation.at) for shown in seen.window if shown.at]
    state = evolve(
        state,
        feed_url=observation.feed_url,
        platform=seen.platform,
        shape=seen.shape,
        host=seen.host,
        validators=seen.validators,
        body_digest=seen.body_digest,
        window=Window.of(seen.window),
        trace=seen.trace,
        window_oldest=min(window_times, default=state.window_oldest),
        pages=_pages(state, seen, observation.at),
        moved_to=seen.moved_to,
    )
    warnings = tuple(warning for one in told for warning in one.warnings)
    named = {reading.incident_id for reading in seen.readings} | set(arrival.renamed.values()) | set(arrival.superseded)
    touched = {incident_id: incidents[incident_id] for incident_id in incidents if incident_id in named}
    change = _success(evolve(known, incidents=tuple(incidents.values())), observation, state, absences, touched)
    recovered, rest = _split(change.drafts, "provider.recovered")
    return evolve(
        change,
        drafts=(*recovered, *drafts, *rest),
        renamed=tuple(arrival.renamed.items()),
        warnings=warnings,
    )


@frozen
class _Arrival:
    """How a document meets what is known: is all of it new to us, did the page move, which ids changed."""

    first_sight: bool
    incidents: Mapping[str, KnownIncident]
    drafts: tuple[Draft, ...] = ()
    renamed: Mapping[str, str] = field(factory=dict)
    superseded: tuple[str, ...] = ()


def _arrive(known: Known, observation: Observation, seen: Seen) -> _Arrival:
    state = known.state
    incidents = {incident.incident_id: incident for incident in known.incidents}
    if state.first_success_at is None:
        return _Arrival(first_sight=True, incidents=incidents)
    # What a page without entries is made by is only guessed.
    recognised = bool(state.window) or state.window_oldest is not None
    new_page = seen.host != state.host or (seen.platform != state.platform and recognised)
    moved = new_page or observation.feed_url != state.feed_url
    named = {reading.incident_id for reading in seen.readings}
    shown = {one.incident_id for one in seen.window}
    # A page that lists what is open now may show that it is another one by showing nothing.
    shows = bool(shown) or (seen.shape is Shape.CURRENT and seen.platform != state.platform)
    strangers = shows and incidents.keys().isdisjoint(named | shown)
    changed: tuple[Draft, ...] = ()
    if not (new_page and _is_told(state, seen, observation.at)):
        changed = (_provider_draft("changed", observation, _move(state, seen, observation), Rule.PAGE_MOVED),)
    if not strangers or not (moved or state.window):
        return _Arrival(first_sight=False, incidents=incidents, drafts=changed if new_page else ())
    renamed = _same_incidents(known.incidents, seen.readings)
    if not (renamed or moved):
        if seen.shape is Shape.CURRENT:
            # What is open now is all there is to show: another incident than last time is no gap.
            return _Arrival(first_sight=False, incidents=incidents)
        missed = "nothing the feed shows is known: updates may have been missed"
        gap = _provider_draft("gap", observation, missed, Rule.NOTHING_KNOWN)
        return _Arrival(first_sight=False, incidents=incidents, drafts=(gap,))
    for old, new in renamed.items():
        incidents[new] = evolve(incidents.pop(old), incident_id=new)
    superseded = tuple(one.incident_id for one in incidents.values() if one.open and one.incident_id not in named)
    for incident_id in superseded:
        incidents[incident_id] = supersede(incidents[incident_id])
    return _Arrival(True, incidents, changed, renamed, superseded)


def _is_told(state: ProviderState, seen: Seen, now: datetime) -> bool:
    """Whether it was told lately that this is the page.

    Two servers behind one name that redirect to different hosts would else be a move at every poll.
    """
    return any(page.name == _page_name(seen) and now - page.told_at < PAGE_TOLD_FOR for page in state.pages)


def _page_name(seen: Seen) -> str:
    return f"{seen.platform} {seen.host}"


def _pages(state: ProviderState, seen: Seen, now: datetime) -> tuple[Page, ...]:
    """The pages it was, with this one as the newest."""
    stays = state.host == seen.host and state.platform == seen.platform and bool(state.pages)
    if stays or _is_told(state, seen, now):
        return state.pages
    others = (page for page in state.pages if page.name != _page_name(seen))
    return (*others, Page(_page_name(seen), now))[-PAGES_REMEMBERED:]


def _same_incidents(known: Iterable[KnownIncident], readings: Iterable[Reading]) -> dict[str, str]:
    """Old id to new id of the incidents that the page shows under another id."""
    candidates: dict[str, list[KnownIncident]] = {}
    for incident in known:
        candidates.setdefault(_face(incident.title), []).append(incident)
    renamed: dict[str, str] = {}
    for incident_id, one in {reading.incident_id: reading for reading in readings}.items():
        alike = candidates.get(_face(one.title), [])
        same = next((incident for incident in alike if _began_or_went_on_together(incident, one)), None)
        if same:
            alike.remove(same)
            renamed[same.incident_id] = incident_id
    return renamed


def _face(title: str) -> str:
    return " ".join(title.split())


def _began_or_went_on_together(incident: KnownIncident, reading: Reading) -> bool:
    """Whether start or update of both are of one minute: what one platform gives as the start, another does not."""
    if same_minute(incident.started_at, reading.started_at):
        return True
    labels = {(minute(update.at), update.label) for update in incident.updates if update.at}
    return any(
        not labels.isdisjoint({(minute(update.at), update.label), (minute(update.at), str(Status.UNKNOWN))})
        for update in reading.updates
        if update.at
    )


def _move(state: ProviderState, seen: Seen, observation: Observation) -> str:
    """What moved, in words."""
    moves = []
    if seen.platform != state.platform:
        moves.append(f"platform {state.platform} to {seen.platform}")
    if seen.host != state.host:
        moves.append(f"host {state.host} to {seen.host}")
    if not moves and observation.feed_url != state.feed_url:
        moves.append("another feed of the page")  # its URL can hold a secret
    return "the page changed: " + (", ".join(moves) or "its incidents have other ids")


def _how_to_tell(
    state: ProviderState, observation: Observation, seen: Seen, arrival: _Arrival, incident: KnownIncident
) -> str:
    """How an incident not known before is told: every update, only how it stands, or not at all."""
    if arrival.first_sight:
        backfill = observation.backfill if state.first_success_at is None else "open"
        return {"all": "updates", "none": "nothing"}.get(backfill, "standing" if incident.open else "nothing")
    times = [shown.at for shown in seen.window if shown.incident_id == incident.incident_id and shown.at]
    slid_into_view = (
        not incident.open and state.window_oldest is not None and bool(times) and max(times) < state.window_oldest
    )
    return "nothing" if slid_into_view else "updates"


def _begun_now(absorbed: Absorbed) -> Absorbed:
    """An open incident that appeared while the page was followed began with its first update, if no entry says when."""
    incident = absorbed.incident
    if incident.started_at or not incident.open:
        return absorbed
    at = min((update.at for update in incident.updates if update.at), default=None)
    return evolve(absorbed, incident=evolve(incident, started_at=at))


def _shapes(seen: Seen) -> dict[str, Shape]:
    """The shape of each incident: with several entries in the window each of them is an update."""
    entries = Counter(shown.incident_id for shown in seen.window)
    several = seen.shape if seen.shape is Shape.TIMELINE else Shape.PER_UPDATE
    return {incident_id: several if count > 1 else seen.shape for incident_id, count in entries.items()}


def _by_incident(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """The readings of each incident: more than one where each update has an entry of its own."""
    grouped: dict[str, list[Reading]] = {}
    for reading in readings:
        grouped.setdefault(reading.incident_id, []).append(reading)
    return grouped


def _in_order(told: Sequence[Told]) -> tuple[Draft, ...]:
    """All drafts, oldest update first; those of one incident keep their order even where its times do not."""
    keyed: list[tuple[datetime, Draft]] = []
    for one in told:
        # One without a time stands with the next that has one: it cannot be later.
        latest = min((draft.update_at for draft in one.drafts if draft.update_at), default=one.at)
        for draft in one.drafts:
            if draft.update_at and draft.update_at > latest:
                latest = draft.update_at
            keyed.append((latest, draft))
    return tuple(draft for _, draft in sorted(keyed, key=lambda pair: pair[0]))


@frozen
class _Absences:
    """What became of the incidents that the document does not show: their new state, and what is told of it."""

    incidents: Mapping[str, KnownIncident]
    drafts: tuple[Draft, ...]


def _absences(known: Known, observation: Observation, window: Sequence[Shown], shape: Shape | None) -> _Absences:
    shown_ids = {shown.incident_id for shown in window}
    oldest = min((shown.at for shown in window if shown.at), default=None)
    last_times: dict[str, datetime] = {}
    for shown in known.state.window:
        if shown.at:
            last_times[shown.incident_id] = max(shown.at, last_times.get(shown.incident_id, shown.at))
    changed: dict[str, KnownIncident] = {}
    drafts: list[Draft] = []
    for incident in known.incidents:
        if incident.incident_id in shown_ids:
            continue
        after = (
            evolve(incident, shown=False, last_seen_at=known.state.last_success_at or incident.last_seen_at)
            if incident.shown
            else incident
        )
        if incident.open and incident.shown:
            at = last_times.get(incident.incident_id) or incident.updated_at
            overtaken = oldest is not None and at is not None and oldest < at
            if shape is Shape.CURRENT or overtaken:
                after = evolve(after, missing_since=observation.at, missing_polls=1)
            else:
                forgotten_at = observation.at + FORGOTTEN_AFTER
                after = evolve(after, expires_at=min(incident.expires_at or forgotten_at, forgotten_at))
        elif incident.missing_since is not None:
            # A clock that was ahead when it went missing may since have been set.
            missing_since = min(incident.missing_since, observation.at)
            after = evolve(after, missing_since=missing_since, missing_polls=incident.missing_polls + 1)
            confirmed = after.missing_polls >= CONFIRMING_POLLS and observation.at - missing_since >= CONFIRMING_TIME
            if confirmed:
                after, draft = take_down(after, observation.at, unlisted=shape is Shape.CURRENT)
                drafts.append(draft)
        if after != incident:
            changed[incident.incident_id] = after
    return _Absences(changed, tuple(drafts))


def _success(
    known: Known,
    observation: Observation,
    state: ProviderState,
    absences: _Absences,
    touched: Mapping[str, KnownIncident],
) -> Change:
    incidents = {**touched, **absences.incidents}
    after = {**{one.incident_id: one for one in known.incidents}, **incidents}
    drafts = absences.drafts
    if state.unreachable_since is not None:
        dark = duration(observation.at, state.unreachable_since)
        again = f"reachable again after {dark}"
        drafts = (_provider_draft("recovered", observation, again, Rule.ANSWERED_AGAIN), *drafts)
    state = evolve(
        state,
        version=state.version + 1,
        first_success_at=state.first_success_at or observation.at,
        last_polled_at=observation.at,
        last_success_at=observation.at,
        consecutive_failures=0,
        last_error=None,
        last_status=None,
        not_before=None,
        unreachable_since=None,
        gone=False,
        active_until=max(
            (one.expires_at or FOREVER for one in after.values() if one.open and one.status is not Status.SCHEDULED),
            default=None,
        ),
        watching=any(one.missing_since is not None for one in after.values()),
    )
    return Change(state=state, at=observation.at, incidents=tuple(incidents.values()), drafts=drafts)


def _split(drafts: Iterable[Draft], name: str) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    drafts = tuple(drafts)
    return tuple(one for one in drafts if one.event == name), tuple(one for one in drafts if one.event != name)


def _provider_draft(what: str, observation: Observation, message: str, rule: Rule) -> Draft:
    return Draft(event=f"provider.{what}", key=to_text(observation.at), message=message, rule=rule)
