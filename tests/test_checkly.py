from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Component, Kind, Update
from statustrio.platforms.checkly import PLATFORM

GUID = "https://status.example.org/incident/4c85aa17"
DATE = "Tue, 03 Mar 2026 08:40:00 GMT"
LIST = "<br/><br/>Affected services<ul><li>Teapot API</li><li>Soup &amp; more</li></ul>"


def told(word: str, text: str = "Tea is <b>cold</b>.", guid: str = GUID, tail: str = LIST) -> str:
    return item("Tea degraded", guid=guid, link=guid, date=DATE, text=f"Status: {word}<br/>{text}{tail}")


def test_an_open_incident_lists_its_services() -> None:
    one = reading(rss(told("Investigating")), "checkly")
    assert (one.incident_id, one.kind, one.title, one.url) == ("4c85aa17", Kind.INCIDENT, "Tea degraded", GUID)
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert one.components == (Component("Teapot API"), Component("Soup & more"))
    assert (one.started_at, one.updated_at, one.impact) == (None, at("2026-03-03T08:40"), None)


def test_the_updates_of_an_incident_share_the_guid() -> None:
    document = rss(told("Resolved"), told("Monitoring"), told("Identified", guid=GUID + "b"))
    assert [(one.incident_id, one.updates[0].label) for one in readings(document, "checkly")] == [
        ("4c85aa17", "resolved"),
        ("4c85aa17", "monitoring"),
        ("4c85aa17b", "identified"),
    ]


@pytest.mark.parametrize(
    ("word", "label", "kind"),
    [
        ("Resolved", "resolved", Kind.INCIDENT),
        ("  Resolved  ", "resolved", Kind.INCIDENT),
        ("Scheduled", "scheduled", Kind.MAINTENANCE),
        ("In progress", "in_progress", Kind.MAINTENANCE),
        ("Brewing", "brewing", Kind.INCIDENT),
    ],
)
def test_the_word_tells_label_and_kind(word: str, label: str, kind: Kind) -> None:
    one = reading(rss(told(word)), "checkly")
    assert (one.updates[0].label, one.kind) == (label, kind)


@pytest.mark.parametrize(
    ("tail", "text", "names"),
    [
        pytest.param("", "x", None, id="no list"),
        pytest.param("<br/>Affected services<ul></ul>", "x", None, id="an empty list"),
        pytest.param(" Affected services are two", "x Affected services are two", None, id="prose"),
        pytest.param("<ul><li>a step</li></ul>", "x\n- a step", None, id="another list"),
        pytest.param("Affected services <ul><li>a</li></ul>", "x", ["a"], id="no break"),
    ],
)
def test_a_list_below_its_heading_is_no_part_of_the_message(tail: str, text: str, names: list[str] | None) -> None:
    one = reading(rss(told("Resolved", "x", tail=tail)), "checkly")
    assert one.updates[0].text == text
    assert one.components == (names and tuple(Component(name) for name in names))


def test_atom_and_rss_say_the_same() -> None:
    text = f"Status: Resolved<br/>Tea is <b>cold</b>.{LIST}"
    twin = entry("Tea degraded", id=GUID, link=GUID, updated="2026-03-03T08:40:00Z", content=text)
    assert reading(atom(twin), "checkly") == reading(rss(told("Resolved")), "checkly")


def test_without_a_status_the_text_is_all_there_is() -> None:
    one = PLATFORM.read(bare(content="Just text"))
    assert (one.updates[0], len(one.incident_id), one.url) == (Update(None, "unknown", "Just text"), 32, None)
    both = PLATFORM.read(bare(id=GUID, link="https://status.example.org/other"))
    assert (both.incident_id, both.url) == ("4c85aa17", "https://status.example.org/other")
    assert PLATFORM.read(bare(link=GUID)).incident_id == "4c85aa17"
    assert PLATFORM.read(bare(id=GUID)).url == GUID


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(rss(), id="empty"),
        pytest.param(rss(item(guid=GUID, text="Tea is cold.")), id="no status"),
        pytest.param(rss(item(guid=f"{GUID}/2", text="Status: Resolved<br/>x")), id="a longer path"),
        pytest.param(rss(item(guid="4c85aa17", text="Status: Resolved<br/>x")), id="no address"),
        pytest.param(rss(item(guid=GUID, text="Status: Resolved")), id="no message"),
    ],
)
def test_only_both_signs_make_it_checkly(document: bytes) -> None:
    assert maker(document) == "generic"
