from __future__ import annotations

import pytest
from documents import at, bare, item, maker, reading, readings, rss

from statustrio.model import Component, Kind, Update
from statustrio.platforms.kener import PLATFORM

NAME = "Example \u2014 Incidents & Maintenance"
SITE = "https://status.example.org"
DATE = "Tue, 03 Mar 2026 08:40:00 GMT"


def incident(facts: str = "Status: INVESTIGATING\nAffected: Teapots, Soup", text: str = "Tea is cold.") -> str:
    return item(
        "[Incident] Cold tea", guid="incident-12", link=f"{SITE}/incidents/12", date=DATE, text=f"{facts}\n\n{text}"
    )


def work(word: str = "SCHEDULED", affected: str = "All monitors", until: str = "open-ended") -> str:
    text = f"Status: {word}\nScheduled: {DATE} → {until}\nAffected: {affected}\n\nWe change the kettle."
    return item("[Maintenance] New kettle", guid="maintenance-7", link=f"{SITE}/maintenances/7", date=DATE, text=text)


def test_an_open_incident_shows_its_newest_comment() -> None:
    one = reading(rss(incident(), title=NAME), "kener")
    assert (one.incident_id, one.kind, one.title) == ("incident-12", Kind.INCIDENT, "Cold tea")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert one.components == (Component("Teapots"), Component("Soup"))
    assert (one.url, one.started_at, one.updated_at) == (f"{SITE}/incidents/12", None, at("2026-03-03T08:40"))


def test_an_update_takes_the_place_of_the_one_before() -> None:
    first, second = (reading(rss(incident(f"Status: {word}")), "kener") for word in ("IDENTIFIED", "RESOLVED"))
    assert first.incident_id == second.incident_id
    assert [one.updates[0].label for one in (first, second)] == ["identified", "resolved"]
    assert first.components is None


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("SCHEDULED", "scheduled"),
        ("READY", "scheduled"),
        ("ONGOING", "in_progress"),
        ("COMPLETED", "completed"),
        ("CANCELLED", "withdrawn"),
    ],
)
def test_planned_work_is_dated_with_its_plan(word: str, label: str) -> None:
    one = reading(rss(work(word), title=NAME), "kener")
    assert (one.incident_id, one.kind, one.title) == ("maintenance-7", Kind.MAINTENANCE, "New kettle")
    assert one.updates == (Update(None, label, "We change the kettle."),)
    assert one.scheduled_for == one.started_at == at("2026-03-03T08:40")
    assert (one.updated_at, one.components) == (None, None)


def test_planned_work_may_have_an_end() -> None:
    until = "Tue, 03 Mar 2026 10:00:00 GMT"
    assert reading(rss(work(until=until), title=NAME), "kener").scheduled_until == at("2026-03-03T10:00")
    assert reading(rss(work(), title=NAME), "kener").scheduled_until is None


def test_planned_work_may_name_what_it_affects() -> None:
    assert reading(rss(work(affected="Teapots"), title=NAME), "kener").components == (Component("Teapots"),)


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        pytest.param("Tea is cold.", "unknown", "Tea is cold.", id="no facts"),
        pytest.param("Status: RESOLVED", "resolved", "", id="no message"),
        pytest.param("\n  Status: RESOLVED\n\nStatus: IDENTIFIED", "resolved", "Status: IDENTIFIED", id="a fact below"),
        pytest.param("Status: RESOLVED\nAffected: \n\nx", "resolved", "x", id="nothing affected"),
        pytest.param("Status: RESOLVED\nMood: good", "resolved", "Mood: good", id="no fact we know"),
        pytest.param(f"Affected: {'y' * 4001}", "unknown", f"Affected: {'y' * 4001}", id="too long for a fact"),
    ],
)
def test_facts_are_the_lines_at_the_front(text: str, label: str, message: str) -> None:
    one = reading(rss(item("[Incident] X", guid="incident-1", text=text), title=NAME), "kener")
    assert (one.updates[0].label, one.updates[0].text, one.components) == (label, message, None)


def test_incidents_and_planned_work_of_one_number_are_two() -> None:
    both = rss(incident(), item("X", guid="maintenance-12", text="Status: READY\n\nx"), title=NAME)
    assert [one.incident_id for one in readings(both, "kener")] == ["incident-12", "maintenance-12"]


def test_an_item_without_anything_has_a_hash() -> None:
    one = PLATFORM.read(bare(title="X", content="y"))
    assert (len(one.incident_id), one.title, one.updates) == (32, "X", (Update(None, "unknown", "y"),))


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(title=NAME), "kener", id="empty"),
        pytest.param(rss(incident()), "kener", id="another title"),
        pytest.param(rss(incident("Mood: good")), "generic", id="no status"),
        pytest.param(rss(item("X", guid="incident-x", text="Status: READY")), "generic", id="no number"),
        pytest.param(rss(title=f"{NAME} of others"), "generic", id="a longer title"),
    ],
)
def test_the_title_or_guids_with_facts_make_it_kener(document: bytes, name: str) -> None:
    assert maker(document) == name
