"""The nouns: what a page shows, what one poll saw, what is known of a provider, what detection decided.

Data only. Everything is frozen; a collection is a tuple; a time is an aware UTC datetime. `Observation` and
`Change` cross the seams between tasks (and later between machines): they hold nothing that JSON cannot carry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from statustrio.rfc3339 import from_text, to_text


class Kind(StrEnum):
    """Trouble nobody planned, or planned work."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"


class Status(StrEnum):
    """Where an incident stands, in Statuspage's words; the last three are ours."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    UNKNOWN = "unknown"
    """The page does not say."""
    WITHDRAWN = "withdrawn"
    """Taken down by the page while it was open."""
    SUPERSEDED = "superseded"
    """Closed by us without an event: the page moved and no longer knows it."""


OVER = frozenset({Status.RESOLVED, Status.COMPLETED, Status.WITHDRAWN, Status.SUPERSEDED})
"""The statuses that end an incident."""


class Impact(StrEnum):
    """How bad it is, as the page states it."""

    NONE = "none"
    MAINTENANCE = "maintenance"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its place from harmless to worst; a number only for comparing."""
        return tuple(Impact).index(self)


class Shape(StrEnum):
    """What the entries of a feed are, which decides how updates are told apart."""

    TIMELINE = "timeline"
    """One entry per incident that holds all its updates."""
    LATEST = "latest"
    """One entry per incident that holds only its newest update."""
    PER_UPDATE = "per_update"
    """One entry per update."""
    CURRENT = "current"
    """Only what is open now: an entry that is gone is over."""


@frozen
class Component:
    """A part of a provider's service. `status` is the page's own word, None where it has none."""

    name: str
    status: str | None = None


@frozen
class Update:
    """One message of an incident's timeline.

    `label` is the word above the message in lower case with `_` for blanks: a `Status` value, `update`
    (the status stays), `postmortem`, or whatever else a page may print. `at` is None where the page gives no time.
    """

    at: datetime | None
    label: str
    text: str


@frozen
class Reading:
    """What a platform's reader made of one entry.

    `updates` are oldest first and never none. `impact` and `components` are None where the page does not say.
    `scheduled_for` and `scheduled_until` bound planned work; `digest` is that of the entry. `timed`: the
    updates have times of their own; otherwise the newest has that of the entry, which an edit moves as well.
    """

    incident_id: str
    kind: Kind
    title: str
    updates: tuple[Update, ...]
    url: str | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    impact: Impact | None = None
    components: tuple[Component, ...] | None = None
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None
    digest: str = ""
    timed: bool = True


@frozen
class Validators:
    """What a server gave for conditional requests, word for word."""

    etag: str | None = None
    last_modified: str | None = None


@frozen
class Shown:
    """An entry of the feed's window: the digest of what it says, whose incident it is, and its time."""

    digest: str
    incident_id: str
    at: datetime | None


@frozen
class Window:
    """What a document showed, as the text it is stored as: all providers have one in memory, and few are looked at."""

    text: str = "[]"

    @classmethod
    def of(cls, shown: Iterable[Shown]) -> Window:
        rows = [[one.digest, one.incident_id, to_text(one.at) if one.at else None] for one in shown]
        return cls(json.dumps(rows, ensure_ascii=False, separators=(",", ":")))

    def __iter__(self) -> Iterator[Shown]:
        for digest, incident_id, at in json.loads(self.text):
            yield Shown(digest, incident_id, from_text(at) if at else None)

    def __bool__(self) -> bool:
        return self != Window()

    def digests(self) -> tuple[str, ...]:
        """Those of all entries: a quarter of the work of reading the whole."""
        return tuple(digest for digest, *_ in json.loads(self.text))


@frozen
class KeptBody:
    """A document word for word, for whoever asks later what made an event. `packed` is compressed with zlib.

    `url` is where it came from in the end, without secrets; `keep` says how many are kept of the provider.
    """

    packed: bytes
    url: str
    content_type: str | None
    keep: int


@frozen
class Seen:
    """A poll that brought another document than the last one.

    `window` is everything the document shows, `readings` only the entries whose digest is new.
    `host` is the one that answered, after redirects. `gap` (seconds) says that the ids are of subjects, see `grouping`.
    `moved_to` is where permanent redirects lead. `body` is None where none is to be kept.
    `trace` are the fingerprints of its text by which the next one is read, see `reading`.
    """

    platform: str
    shape: Shape
    host: str
    validators: Validators
    body_digest: str
    window: tuple[Shown, ...]
    readings: tuple[Reading, ...]
    gap: float | None = None
    moved_to: str | None = None
    body: KeptBody | None = None
    trace: str | None = None


@frozen
class Unchanged:
    """A poll that confirmed the last document: a 304, or the same bytes again."""


@frozen
class Failed:
    """A poll that brought nothing. `reason` is for people; `status` the HTTP status, if there was one.

    `not_before` is the earliest time the server wants to be asked again (`Retry-After`).
    """

    reason: str
    status: int | None = None
    not_before: datetime | None = None
    unconnected: bool = False


@frozen
class Observation:
    """The outcome of one poll on its way to the store. `interval` (seconds) judges how long is too long."""

    provider: str
    feed_url: str
    at: datetime
    interval: float
    outcome: Seen | Unchanged | Failed
    backfill: str = "open"
    v: int = 1


@frozen
class KnownUpdate:
    """An update that is stored: `n` its place in the order of arrival, `revision` how often it was rewritten."""

    n: int
    at: datetime | None
    label: str
    status: Status
    text: str
    revision: int = 0
    vanished: bool = False


@frozen
class KnownIncident:
    """An incident as it is stored.

    `shown` says that the last document held it. `missing_since` and `missing_polls` count the confirmations of
    its absence. `expires_at` is when it stops counting as open though nobody ended it; `edits` counts rewrites
    since the last update, `revision` the changes that no update stands for (a title, a turn without a word).
    """

    incident_id: str
    kind: Kind
    title: str
    status: Status
    updates: tuple[KnownUpdate, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    url: str | None = None
    impact: Impact | None = None
    components: tuple[Component, ...] | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None
    open: bool = False
    shown: bool = True
    missing_since: datetime | None = None
    missing_polls: int = 0
    expires_at: datetime | None = None
    edits: int = 0
    revision: int = 0


@frozen
class Page:
    """What a provider's page was: platform and host, and when it was last told that it is this one."""

    name: str
    told_at: datetime


@frozen
class ProviderState:
    """What is stored of a provider itself. `version` grows with each commit and fences two writers.

    `window_oldest` is the oldest entry time of the last window that was not empty. `unreachable_since` is set
    while the monitor is blind; `gone` after a 410. `active_until` is how long trouble counts as open (planned work
    not yet begun is none), `watching` that detection must hear of unchanged polls too. `pages` are the last few pages
    it was, newest last; `moved_to` is where permanent redirects lead; `trace` belongs to `window`.
    """

    provider: str
    name: str
    feed_url: str
    version: int = 0
    platform: str | None = None
    shape: Shape | None = None
    host: str | None = None
    validators: Validators = Validators()
    body_digest: str | None = None
    window: Window = Window()
    window_oldest: datetime | None = None
    first_success_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    next_poll_at: datetime | None = None
    not_before: datetime | None = None
    consecutive_failures: int = 0
    last_error: str | None = None
    last_status: int | None = None
    unreachable_since: datetime | None = None
    gone: bool = False
    active_until: datetime | None = None
    watching: bool = False
    pages: tuple[Page, ...] = ()
    moved_to: str | None = None
    trace: str | None = None


@frozen
class Known:
    """What detection starts from: the provider, the incidents that the observation names, every open one, and what was
    shown and is no longer. Of what is still shown and says nothing new, one incident is enough.
    """

    state: ProviderState
    incidents: tuple[KnownIncident, ...] = ()
    offline: bool = False
    """Whether the whole monitor is known to be offline."""


@frozen
class Draft:
    """An event that detection decided on; the store gives it its `seq` and thereby makes it an event."""

    event: str
    key: str
    """Tells this event from every other of the same incident: the update's key, whoever computes it."""
    incident_id: str | None = None
    title: str | None = None
    status: Status | None = None
    previous_status: Status | None = None
    impact: Impact | None = None
    components: tuple[Component, ...] | None = None
    message: str | None = None
    update_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    url: str | None = None
    scheduled_until: datetime | None = None
    rule: str | None = None
    """Why there is this event (see `rules`)."""


@frozen
class Change:
    """What detection decided: the provider's new state, incidents to store, events to announce in this order.

    `body` is the document that all of it was read from, if it is to be kept.
    """

    state: ProviderState
    at: datetime
    incidents: tuple[KnownIncident, ...] = ()
    drafts: tuple[Draft, ...] = ()
    renamed: tuple[tuple[str, str], ...] = field(default=())
    """Incidents whose id changed when the page moved: old id, new id. Done before anything else is stored."""
    warnings: tuple[str, ...] = ()
    body: KeptBody | None = None
    v: int = 1


@frozen
class Acknowledgement:
    """The answer to an observation, given after the commit: what the poller may believe from now on."""

    state: ProviderState
    events: tuple[str, ...] = ()
    """The names of the events this observation made, in order."""
    delays: tuple[float, ...] = ()
    """How late updates that are new were recorded, in seconds."""
