from __future__ import annotations

from datetime import UTC, datetime

import pytest

from statustrio.feed.parse import Entry
from statustrio.model import Component, Kind, Update
from statustrio.platforms.incidentio import incident_id, read

ULID = "01KY54SWGR0000000000000000"
LINK = f"https://status.example.org//incidents/{ULID}"
UPDATED = datetime(2026, 7, 22, 16, 0, tzinfo=UTC)
PUBLISHED = datetime(2026, 7, 22, 15, 0, tzinfo=UTC)
LIST = "<br/><br/><b>Affected components</b>\n<ul>\n<li>Search (Degraded performance)</li>\n</ul>"


def entry(content: str, summary: str = "", link: str | None = LINK, id: str | None = LINK) -> Entry:
    return Entry(id, "Slow search", link, None, UPDATED, content, summary)


def test_an_entry_shows_its_newest_update() -> None:
    reading = read(entry(f"<b>Status: Identified</b><br/><br/>We know <b>why</b>.<br/>Wait.{LIST}"))
    assert reading.incident_id == ULID
    assert reading.updates == (Update(UPDATED, "identified", "We know why.\nWait."),)
    assert reading.components == (Component("Search", "degraded_performance"),)
    assert (reading.kind, reading.title, reading.url) == (Kind.INCIDENT, "Slow search", LINK)
    assert reading.started_at == datetime(2026, 7, 22, 14, 48, 46, 360000, tzinfo=UTC)
    assert (reading.updated_at, reading.impact) == (UPDATED, None)


@pytest.mark.parametrize(
    ("words", "label", "kind"),
    [
        ("Investigating", "investigating", Kind.INCIDENT),
        ("Resolved", "resolved", Kind.INCIDENT),
        ("Resolvido", "resolved", Kind.INCIDENT),
        ("Scheduled", "scheduled", Kind.MAINTENANCE),
        ("In progress", "in_progress", Kind.MAINTENANCE),
        ("Verifying", "verifying", Kind.MAINTENANCE),
        ("Completed", "completed", Kind.MAINTENANCE),
        ("Concluído", "completed", Kind.MAINTENANCE),
        ("Under review", "under_review", Kind.INCIDENT),
        (" ", "unknown", Kind.INCIDENT),
    ],
)
def test_the_status_words_tell_label_and_kind(words: str, label: str, kind: Kind) -> None:
    reading = read(entry(f"<b>Status: {words}</b><br/>text"))
    assert (reading.updates[0].label, reading.updates[0].text, reading.kind) == (label, "text", kind)


@pytest.mark.parametrize(
    ("item", "component"),
    [
        ("API (v2) (Partial outage)", Component("API (v2)", "partial_outage")),
        ("API (v2)", Component("API (v2)")),
        ("API (Full outage)", Component("API", "full_outage")),
        ("API (Major outage)", Component("API", "major_outage")),
        ("API (Under maintenance)", Component("API", "under_maintenance")),
        ("API (Operational)", Component("API", "operational")),
        ("API", Component("API")),
        ("(Operational)", Component("(Operational)")),
    ],
)
def test_the_last_parentheses_are_a_state_if_they_name_one(item: str, component: Component) -> None:
    content = f"<b>Status: Resolved</b><br/>x<b>Affected components</b><ul><li>{item}</li><li>B</li></ul>"
    assert read(entry(content)).components == (component, Component("B"))


def test_translated_headings_are_understood() -> None:
    content = "<b>Status: Resolvido</b><br/>fim<b>Componentes afetados</b><ul><li>API</li></ul>"
    reading = read(entry(content))
    assert (reading.components, reading.updates[0].text) == ((Component("API"),), "fim")


def test_the_list_may_stand_in_the_summary_alone() -> None:
    reading = read(entry("<b>Status: Resolved</b><br/>x", f"<b>Status: Resolved</b><br/>x{LIST}"))
    assert reading.components == (Component("Search", "degraded_performance"),)
    assert read(entry("", f"<b>Status: Resolved</b><br/>x{LIST}")).updates[0] == Update(UPDATED, "resolved", "x")


@pytest.mark.parametrize("tail", ["", "<b>Affected components</b>", "<ul><li>a step</li></ul>"])
def test_without_a_list_components_are_unknown(tail: str) -> None:
    assert read(entry(f"<b>Status: Resolved</b><br/>x{tail}")).components is None


def test_without_a_status_the_text_is_all_there_is() -> None:
    assert read(entry("Just <b>text</b>")).updates == (Update(UPDATED, "unknown", "Just text"),)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("01M1K0", id="too short"),
        pytest.param("81KY54SWGR0000000000000000", id="too big"),
        pytest.param("01KY54SWGU0000000000000000", id="wrong letter"),
        pytest.param("7ZZZZZZZZZ0000000000000000", id="past the calendar"),
    ],
)
def test_what_is_no_ulid_has_no_time_in_it(key: str) -> None:
    odd = Entry(None, "t", f"https://x.example/incidents/{key}", PUBLISHED, None, "", "")
    reading = read(odd)
    assert (reading.incident_id, reading.started_at, reading.updated_at) == (key, PUBLISHED, PUBLISHED)


def test_the_id_comes_from_link_then_id_then_words() -> None:
    assert incident_id(entry("", link=None)) == ULID
    assert read(entry("", link=None)).url == LINK
    assert incident_id(entry("", link=None, id="x y")) == "x y"
    assert len(incident_id(entry("", link=None, id=None))) == 32
