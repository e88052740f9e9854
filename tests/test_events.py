"""Events and the lines they are printed as."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from build import NOON, t

from statustrio.codec import from_data
from statustrio.events import NAMES, WARNINGS, Event, event_id
from statustrio.line import OF_PLANNED_WORK, ORDER, render
from statustrio.model import Component, Draft, Impact, Status

KEYS = [
    "v", "timestamp", "level", "event", "seq", "id", "provider", "provider_name", "incident_id", "title", "status",
    "previous_status", "impact", "components", "message", "update_at", "started_at", "updated_at", "url",
]  # fmt: skip
DRAFT = Draft(
    event="incident.resolved",
    key="03-02T12:05|resolved|0|0",
    incident_id="Incident/1",
    title="API – errors",
    status=Status.RESOLVED,
    previous_status=Status.MONITORING,
    impact=Impact.MAJOR,
    components=(Component("API", "operational"), Component("Web")),
    message="two\nlines, “quoted”",
    update_at=t(5),
    started_at=t(0),
    updated_at=t(6),
    url="https://status.example.com/incidents/1",
)


def made(draft: Draft = DRAFT, provider: str | None = "github") -> Event:
    return Event.from_draft(draft, seq=7, timestamp=NOON, provider=provider, provider_name=provider and "GitHub")


def test_a_line_has_all_keys_in_their_order() -> None:
    fields = json.loads(render(made()))
    assert list(fields) == list(ORDER) == KEYS
    assert fields == {
        "v": 1,
        "timestamp": "2026-03-02T12:00:00Z",
        "level": "info",
        "event": "incident.resolved",
        "seq": 7,
        "id": made().id,
        "provider": "github",
        "provider_name": "GitHub",
        "incident_id": "Incident/1",
        "title": "API – errors",
        "status": "resolved",
        "previous_status": "monitoring",
        "impact": "major",
        "components": [{"name": "API", "status": "operational"}, {"name": "Web", "status": None}],
        "message": "two\nlines, “quoted”",
        "update_at": "2026-03-02T12:05:00Z",
        "started_at": "2026-03-02T12:00:00Z",
        "updated_at": "2026-03-02T12:06:00Z",
        "url": "https://status.example.com/incidents/1",
    }


def test_a_line_about_planned_work_has_one_key_more() -> None:
    draft = evolve(DRAFT, event="maintenance.started", scheduled_until=t(60))
    fields = json.loads(render(made(draft)))
    assert list(fields) == list(OF_PLANNED_WORK) == [*KEYS, "scheduled_until"]
    assert fields["scheduled_until"] == "2026-03-02T13:00:00Z"
    assert from_data(fields, Event) == made(draft)
    assert json.loads(render(made(evolve(draft, scheduled_until=None))))["scheduled_until"] is None


def test_a_line_that_was_stored_before_planned_work_had_an_end_is_read() -> None:
    fields = json.loads(render(made(evolve(DRAFT, event="maintenance.started"))))
    del fields["scheduled_until"]
    assert from_data(fields, Event) == made(evolve(DRAFT, event="maintenance.started"))


def test_absent_knowledge_is_null() -> None:
    fields = json.loads(render(made(Draft(event="monitor.offline", key="k"), None)))
    assert list(fields) == KEYS
    known = {"v", "timestamp", "level", "event", "seq", "id"}
    assert {key for key, value in fields.items() if value is not None} == known


def test_a_line_is_one_line_and_readable() -> None:
    line = render(made())
    assert "\n" not in line
    assert "“quoted”" in line
    assert ": " not in line.replace("API – errors", "")


@pytest.mark.parametrize("name", NAMES)
def test_the_level_of_each_event(name: str) -> None:
    level = "warning" if name.endswith((".opened", ".reopened", ".unreachable", ".offline")) else "info"
    assert made(Draft(event=name, key="k")).level == level
    assert json.loads(render(made(Draft(event=name, key="k"))))["level"] == level


def test_every_warning_is_an_event() -> None:
    assert set(NAMES) > WARNINGS
    assert len(set(NAMES)) == len(NAMES)


def test_the_id_is_the_same_whoever_computes_it() -> None:
    # This literal never changes: receivers tell a second delivery by it.
    assert made().id == event_id("github", "Incident/1", DRAFT.key, "incident.resolved")
    assert event_id("github", "1", "k", "incident.opened") == "64d0c1b337d156f07b62819941cdb757"


def test_the_id_tells_provider_incident_key_and_kind_apart() -> None:
    parts = [
        ("a", "b", "c", "d"), ("ab", "", "c", "d"), ("a", "bc", "", "d"), ("a", "b", "cd", ""), ("a", None, "b", "c"),
        (None, "a", "b", "c"),
    ]  # fmt: skip
    assert len({event_id(*one) for one in parts}) == len(parts)


def test_a_printed_line_is_read_back_as_its_event() -> None:
    assert from_data(json.loads(render(made())), Event) == made()
