"""The life of an incident as a table: what each further update means, given all before it. Pure.

An update belongs to a class by its label, an incident is in a phase; the tables below say for each pair what
the update is called and whether the incident takes the status its label names. Two traps of real pages stand
in the phases: text posted in the very minute of the end explains the end (`SETTLED`), and only a later update
that names work puts an incident back to work (`OVER`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, auto

from attrs import frozen

from statustrio.model import OVER, Kind, Status


class Word(Enum):
    """The class of a label."""

    PLAN = auto()
    WORK = auto()
    END = auto()
    SAME = auto()
    POSTMORTEM = auto()
    CANCEL = auto()
    UNKNOWN = auto()


class Phase(Enum):
    """Where the incident stands when an update comes."""

    NEW = auto()
    PLANNED = auto()
    RUNNING = auto()
    SETTLED = auto()
    """Over, and the update is of the minute of the end."""
    OVER = auto()


WORDS: Mapping[str, Word] = {
    Status.SCHEDULED: Word.PLAN,
    Status.INVESTIGATING: Word.WORK,
    Status.IDENTIFIED: Word.WORK,
    Status.MONITORING: Word.WORK,
    Status.IN_PROGRESS: Word.WORK,
    Status.VERIFYING: Word.WORK,
    Status.RESOLVED: Word.END,
    Status.COMPLETED: Word.END,
    "update": Word.SAME,
    "postmortem": Word.POSTMORTEM,
    Status.WITHDRAWN: Word.CANCEL,
}
"""Every label with a meaning; any other is `Word.UNKNOWN`."""


@frozen
class Move:
    """What an update is: the event's second word, and whether the incident takes the status of its label."""

    noun: str
    takes: bool = True


_KEEP = False
_INCIDENT: Mapping[Phase, Mapping[Word, Move]] = {
    Phase.NEW: {
        Word.PLAN: Move("opened"),
        Word.WORK: Move("opened"),
        Word.END: Move("resolved"),
        Word.SAME: Move("opened"),
        Word.POSTMORTEM: Move("postmortem"),
        Word.CANCEL: Move("withdrawn"),
        Word.UNKNOWN: Move("opened"),
    },
    Phase.RUNNING: {
        Word.PLAN: Move("updated"),
        Word.WORK: Move("updated"),
        Word.END: Move("resolved"),
        Word.SAME: Move("updated", _KEEP),
        Word.POSTMORTEM: Move("resolved"),
        Word.CANCEL: Move("withdrawn"),
        Word.UNKNOWN: Move("updated"),
    },
    Phase.SETTLED: dict.fromkeys(Word, Move("postmortem", _KEEP)),
    Phase.OVER: {
        **dict.fromkeys(Word, Move("postmortem", _KEEP)),
        Word.PLAN: Move("reopened"),
        Word.WORK: Move("reopened"),
    },
}
_MAINTENANCE: Mapping[Phase, Mapping[Word, Move]] = {
    Phase.NEW: {
        Word.PLAN: Move("scheduled"),
        Word.WORK: Move("started"),
        Word.END: Move("completed"),
        Word.SAME: Move("scheduled"),
        Word.POSTMORTEM: Move("completed"),
        Word.CANCEL: Move("withdrawn"),
        Word.UNKNOWN: Move("scheduled"),
    },
    Phase.PLANNED: {
        Word.PLAN: Move("updated"),
        Word.WORK: Move("started"),
        Word.END: Move("completed"),
        Word.SAME: Move("updated", _KEEP),
        Word.POSTMORTEM: Move("completed"),
        Word.CANCEL: Move("withdrawn"),
        Word.UNKNOWN: Move("updated"),
    },
    Phase.RUNNING: {
        Word.PLAN: Move("updated"),
        Word.WORK: Move("updated"),
        Word.END: Move("completed"),
        Word.SAME: Move("updated", _KEEP),
        Word.POSTMORTEM: Move("completed"),
        Word.CANCEL: Move("withdrawn"),
        Word.UNKNOWN: Move("updated"),
    },
    Phase.SETTLED: dict.fromkeys(Word, Move("updated", _KEEP)),
    Phase.OVER: {
        **dict.fromkeys(Word, Move("updated", _KEEP)),
        Word.PLAN: Move("scheduled"),
        Word.WORK: Move("started"),
    },
}
MOVES: Mapping[Kind, Mapping[Phase, Mapping[Word, Move]]] = {Kind.INCIDENT: _INCIDENT, Kind.MAINTENANCE: _MAINTENANCE}

END: Mapping[Kind, str] = {Kind.INCIDENT: "resolved", Kind.MAINTENANCE: "completed"}
"""The noun of the event that ends an incident of this kind; also the status it then has."""

_WORDLESS: Mapping[Kind, Status] = {Kind.INCIDENT: Status.UNKNOWN, Kind.MAINTENANCE: Status.SCHEDULED}
"""The status of one whose first update says only "Update"."""

_PLANNED = frozenset({Status.SCHEDULED, Status.UNKNOWN})


@frozen
class Step:
    """What one update of a timeline is: the status before it (None: it is the first), the one after it, the noun."""

    previous: Status | None
    status: Status
    noun: str


def walk(kind: Kind, timeline: Iterable[tuple[datetime | None, str]]) -> tuple[Step, ...]:
    """Each update of a timeline (time and label, oldest first) as a step of the incident's life."""
    steps: list[Step] = []
    status: Status | None = None
    ended_at: datetime | None = None
    for at, label in timeline:
        word = WORDS.get(label, Word.UNKNOWN)
        move = MOVES[kind][_phase(kind, status, ended_at, at)][word]
        after = _status(kind, label, word) if move.takes or status is None else status
        if after in OVER and status not in OVER:
            ended_at = at
        steps.append(Step(status, after, move.noun))
        status = after
    return tuple(steps)


def beginning(kind: Kind, status: Status) -> str:
    """The noun that tells of an open incident met half way, or of one that is open again."""
    if kind is Kind.INCIDENT:
        return "opened"
    return "scheduled" if status in _PLANNED else "started"


def reopening(kind: Kind, status: Status) -> str:
    """The noun that tells of an incident that was over and is open again."""
    return "reopened" if kind is Kind.INCIDENT else beginning(kind, status)


def same_minute(one: datetime | None, other: datetime | None) -> bool:
    """Whether two update times are known and of one minute, the resolution of most pages."""
    return one is not None and other is not None and minute(one) == minute(other)


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _phase(kind: Kind, status: Status | None, ended_at: datetime | None, at: datetime | None) -> Phase:
    if status is None:
        return Phase.NEW
    if status in OVER:
        return Phase.SETTLED if same_minute(ended_at, at) else Phase.OVER
    if kind is Kind.MAINTENANCE and status in _PLANNED:
        return Phase.PLANNED
    return Phase.RUNNING


def _status(kind: Kind, label: str, word: Word) -> Status:
    match word:
        case Word.UNKNOWN:
            return Status.UNKNOWN
        case Word.SAME:
            return _WORDLESS[kind]
        case Word.POSTMORTEM:
            return Status(END[kind])
        case _:
            return Status(label)
