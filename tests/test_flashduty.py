from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Kind, Update
from statustrio.platforms.flashduty import PLATFORM

ID = "urn:flashduty:change:1234567890"
LINK = "https://status.example.org/incidents/abc12345"


def text(word: str, message: str = "茶凉了 Tea is <b>cold</b>.") -> str:
    return f"<p><strong>Status:</strong> {word}</p><p>{message}</p>"


def told(word: str, *, id: str = ID, link: str | None = LINK) -> str:
    dates = {"published": "2026-03-03T08:00:00Z", "updated": "2026-03-03T08:40:00Z"}
    return entry("Cold tea", id=id, link=link, summary=text(word), **dates)


def test_an_open_incident_shows_its_newest_text() -> None:
    one = reading(atom(told("investigating")), "flashduty")
    assert (one.incident_id, one.kind, one.title, one.url) == ("abc12345", Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "茶凉了 Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:40"))


def test_an_update_takes_the_place_of_the_one_before() -> None:
    first, second = (reading(atom(told(word)), "flashduty") for word in ("identified", "monitoring"))
    assert first.incident_id == second.incident_id
    assert [len(one.updates) for one in (first, second)] == [1, 1]
    assert [one.updates[0].label for one in (first, second)] == ["identified", "monitoring"]


@pytest.mark.parametrize(
    ("word", "label", "kind"),
    [
        ("resolved", "resolved", Kind.INCIDENT),
        ("RESOLVED ", "resolved", Kind.INCIDENT),
        ("in_progress", "in_progress", Kind.MAINTENANCE),
        ("completed", "completed", Kind.MAINTENANCE),
        ("planned_maintenance", "scheduled", Kind.MAINTENANCE),
        ("brewing tea", "brewing_tea", Kind.INCIDENT),
    ],
)
def test_the_word_tells_label_and_kind(word: str, label: str, kind: Kind) -> None:
    one = reading(atom(told(word)), "flashduty")
    assert (one.updates[0].label, one.kind) == (label, kind)


def test_incidents_are_told_apart_by_their_links() -> None:
    document = atom(told("resolved"), told("resolved", id=ID + "1", link=LINK + "6"))
    assert [one.incident_id for one in readings(document, "flashduty")] == ["abc12345", "abc123456"]


def test_in_rss_the_one_date_is_that_of_the_text() -> None:
    document = rss(
        item("Cold tea", guid=ID, link=LINK, date="Tue, 03 Mar 2026 08:40:00 GMT", text=text("investigating"))
    )
    one = reading(document, "flashduty")
    assert one.updates == reading(atom(told("investigating")), "flashduty").updates
    assert one.incident_id == "abc12345"


@pytest.mark.parametrize(
    ("id", "key"),
    [(ID, ID), ("tag:h,2005:Incident/24680", "24680"), ("x/", None), (None, None), ("y" * 501, None)],
)
def test_without_a_link_the_id_is_the_name(id: str | None, key: str | None) -> None:
    found = PLATFORM.read(bare(id=id)).incident_id
    assert found == key if key else len(found) == 32


def test_without_a_status_the_text_is_all_there_is() -> None:
    assert PLATFORM.read(bare(content="Just text")).updates == (Update(None, "unknown", "Just text"),)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(told("resolved", id="tag:h,2005:Incident/24680")), "flashduty", id="an id like Statuspage's"),
        pytest.param(atom(told("resolved", id="tag:h,2005:Incident/abc")), "generic", id="no number"),
        pytest.param(atom(entry(id=ID, summary="Tea is cold.")), "generic", id="no status"),
        pytest.param(atom(entry(id=ID, summary=text("resolved"), content="x")), "generic", id="content"),
        pytest.param(atom(), "generic", id="empty"),
    ],
)
def test_ids_and_texts_make_it_flashduty(document: bytes, name: str) -> None:
    assert maker(document) == name
