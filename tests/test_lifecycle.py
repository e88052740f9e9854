from __future__ import annotations

import itertools

import pytest
from attrs import frozen
from build import t

from statustrio.lifecycle import MOVES, WORDS, Phase, Word, beginning, reopening, same_minute, walk
from statustrio.model import OVER, Kind, Status

INCIDENT, MAINTENANCE = Kind.INCIDENT, Kind.MAINTENANCE

# The label that stands for each class, and the timeline that leads into each phase: the last update is at minute 10.
LABEL = {
    Word.PLAN: "scheduled",
    Word.WORK: "identified",
    Word.END: "resolved",
    Word.SAME: "update",
    Word.POSTMORTEM: "postmortem",
    Word.CANCEL: "withdrawn",
    Word.UNKNOWN: "lunch",
}
BEFORE = {
    (INCIDENT, Phase.NEW): (),
    (INCIDENT, Phase.RUNNING): ("investigating",),
    (INCIDENT, Phase.SETTLED): ("investigating", "resolved"),
    (INCIDENT, Phase.OVER): ("investigating", "resolved"),
    (MAINTENANCE, Phase.NEW): (),
    (MAINTENANCE, Phase.PLANNED): ("scheduled",),
    (MAINTENANCE, Phase.RUNNING): ("scheduled", "in_progress"),
    (MAINTENANCE, Phase.SETTLED): ("in_progress", "completed"),
    (MAINTENANCE, Phase.OVER): ("in_progress", "completed"),
}
# One line for each phase, in the order of LABEL: the event's second word and the status after it.
EXPECTED = {
    (INCIDENT, Phase.NEW): (
        "opened scheduled, opened identified, resolved resolved, opened unknown, postmortem resolved, "
        "withdrawn withdrawn, opened unknown"
    ),
    (INCIDENT, Phase.RUNNING): (
        "updated scheduled, updated identified, resolved resolved, updated investigating, resolved resolved, "
        "withdrawn withdrawn, updated unknown"
    ),
    (INCIDENT, Phase.SETTLED): ", ".join(["postmortem resolved"] * 7),
    (INCIDENT, Phase.OVER): (
        "reopened scheduled, reopened identified, postmortem resolved, postmortem resolved, postmortem resolved, "
        "postmortem resolved, postmortem resolved"
    ),
    (MAINTENANCE, Phase.NEW): (
        "scheduled scheduled, started identified, completed resolved, scheduled scheduled, completed completed, "
        "withdrawn withdrawn, scheduled unknown"
    ),
    (MAINTENANCE, Phase.PLANNED): (
        "updated scheduled, started identified, completed resolved, updated scheduled, completed completed, "
        "withdrawn withdrawn, updated unknown"
    ),
    (MAINTENANCE, Phase.RUNNING): (
        "updated scheduled, updated identified, completed resolved, updated in_progress, completed completed, "
        "withdrawn withdrawn, updated unknown"
    ),
    (MAINTENANCE, Phase.SETTLED): ", ".join(["updated completed"] * 7),
    (MAINTENANCE, Phase.OVER): (
        "scheduled scheduled, started identified, updated completed, updated completed, updated completed, "
        "updated completed, updated completed"
    ),
}


@frozen
class Cell:
    kind: Kind
    phase: Phase
    word: Word
    noun: str
    status: str


CELLS = [
    Cell(kind, phase, word, *text.split())
    for (kind, phase), line in EXPECTED.items()
    for word, text in zip(LABEL, line.split(", "), strict=True)
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda one: f"{one.kind}-{one.phase.name}-{one.word.name}")
def test_each_word_means_in_each_phase_what_the_table_says(cell: Cell) -> None:
    before = BEFORE[cell.kind, cell.phase]
    timeline = [(t(10 - len(before) + place + 1), label) for place, label in enumerate(before)]
    at = t(10) if cell.phase is Phase.SETTLED else t(12)
    step = walk(cell.kind, [*timeline, (at, LABEL[cell.word])])[-1]
    assert (step.noun, step.status) == (cell.noun, cell.status)


def test_the_table_has_no_hole() -> None:
    for kind in Kind:
        for phase in MOVES[kind]:
            assert set(MOVES[kind][phase]) == set(Word)
    assert {(kind, phase) for kind in Kind for phase in MOVES[kind]} == set(EXPECTED)


def test_every_status_a_page_can_print_is_a_word() -> None:
    ours = {Status.UNKNOWN, Status.SUPERSEDED}
    assert set(Status) - ours == {Status(label) for label in WORDS if label not in {"update", "postmortem"}}


@frozen
class Life:
    id: str
    kind: Kind
    timeline: str
    """`minute:label`, oldest first."""
    steps: str
    """`noun:status`, as many."""


LIVES = [
    Life("a single retroactive Resolved", INCIDENT, "0:resolved", "resolved:resolved"),
    Life(
        "an ordinary life",
        INCIDENT,
        "0:investigating 5:identified 9:update 20:monitoring 30:resolved 90:postmortem",
        "opened:investigating updated:identified updated:identified updated:monitoring resolved:resolved "
        "postmortem:resolved",
    ),
    Life(
        "GitHub 20910208: root cause labelled Investigating in the minute of the end",
        INCIDENT,
        "0:investigating 84:resolved 84:investigating",
        "opened:investigating resolved:resolved postmortem:resolved",
    ),
    Life(
        "GitHub 20498552: Resolved, Investigating and Update in one minute",
        INCIDENT,
        "0:investigating 63:resolved 63:investigating 63:update",
        "opened:investigating resolved:resolved postmortem:resolved postmortem:resolved",
    ),
    Life(
        "another minute puts it back to work",
        INCIDENT,
        "0:investigating 10:resolved 11:investigating 20:resolved",
        "opened:investigating resolved:resolved reopened:investigating resolved:resolved",
    ),
    Life(
        "after a second end, the minute of the second end counts",
        INCIDENT,
        "0:resolved 1:identified 2:resolved 2:identified 3:monitoring",
        "resolved:resolved reopened:identified resolved:resolved postmortem:resolved reopened:monitoring",
    ),
    Life(
        "an Update long after the end explains it",
        INCIDENT,
        "0:resolved 99:update",
        "resolved:resolved postmortem:resolved",
    ),
    Life("a postmortem alone", INCIDENT, "0:postmortem", "postmortem:resolved"),
    Life(
        "planned work",
        MAINTENANCE,
        "0:scheduled 5:update 60:in_progress 70:verifying 80:update 90:completed",
        "scheduled:scheduled updated:scheduled started:in_progress updated:verifying updated:verifying "
        "completed:completed",
    ),
    Life(
        "planned work met in an unknown state",
        MAINTENANCE,
        "0:moved 5:in_progress",
        "scheduled:unknown started:in_progress",
    ),
]


@pytest.mark.parametrize("life", LIVES, ids=lambda one: one.id)
def test_a_life_is_told_step_by_step(life: Life) -> None:
    timeline = [(t(int(minute)), label) for minute, label in (one.split(":") for one in life.timeline.split())]
    steps = walk(life.kind, timeline)
    assert " ".join(f"{step.noun}:{step.status}" for step in steps) == life.steps


@pytest.mark.parametrize("kind", Kind)
def test_previous_is_the_status_of_the_update_before_and_nothing_for_the_first(kind: Kind) -> None:
    for labels in itertools.product(LABEL.values(), repeat=3):
        steps = walk(kind, [(t(place), label) for place, label in enumerate(labels)])
        assert [step.previous for step in steps] == [None, *(step.status for step in steps[:-1])]


def test_without_times_no_update_is_of_the_minute_of_the_end() -> None:
    assert walk(INCIDENT, [(None, "resolved"), (None, "investigating")])[-1].noun == "reopened"
    assert not same_minute(None, t(0))
    assert not same_minute(t(0), None)
    assert same_minute(t(0.1), t(0.9))
    assert not same_minute(t(0.9), t(1.1))


@pytest.mark.parametrize(
    ("kind", "status", "first", "again"),
    [
        (INCIDENT, Status.MONITORING, "opened", "reopened"),
        (INCIDENT, Status.UNKNOWN, "opened", "reopened"),
        (MAINTENANCE, Status.SCHEDULED, "scheduled", "scheduled"),
        (MAINTENANCE, Status.UNKNOWN, "scheduled", "scheduled"),
        (MAINTENANCE, Status.VERIFYING, "started", "started"),
    ],
)
def test_what_is_open_is_told_by_a_beginning(kind: Kind, status: Status, first: str, again: str) -> None:
    assert (beginning(kind, status), reopening(kind, status)) == (first, again)


def test_only_ends_are_over() -> None:
    assert {Status.RESOLVED, Status.COMPLETED, Status.WITHDRAWN, Status.SUPERSEDED} == OVER
