from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Kind, Update
from statustrio.platforms.datocms import PLATFORM

SLUG = "2026-03-03-cold-tea"
LINK = f"https://status.example.org/incidents/{SLUG}"
STAMP = "2026-03-03T08:40:00Z"


def block(word: str, text: str = "text", dash: str = "\u2014") -> str:
    return f"<p><strong>{word}</strong> {dash} <p>{text}</p></p>"


def told(content: str, id: str | None = SLUG) -> bytes:
    return atom(entry("Cold tea", id=id, link=LINK, updated=STAMP, content=content))


def test_an_open_incident_has_one_update() -> None:
    one = reading(told(block("Investigating", "Tea is <em>cold</em>.")), "datocms")
    assert (one.incident_id, one.kind, one.title, one.url) == (SLUG, Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:40"), at("2026-03-03T08:40"))
    assert (one.impact, one.components) == (None, None)


def test_only_the_newest_of_several_updates_has_a_time() -> None:
    content = block("Resolved", "warm", "-") + block("Update", "warmer", "\u2013") + block("Identified", "cold")
    assert reading(told(content), "datocms").updates == (
        Update(None, "identified", "cold"),
        Update(None, "update", "warmer"),
        Update(at("2026-03-03T08:40"), "resolved", "warm"),
    )


def test_planned_work_is_told_by_its_words() -> None:
    one = reading(told(block("Completed") + block("In progress") + block("Scheduled")), "datocms")
    assert [update.label for update in one.updates] == ["scheduled", "in_progress", "completed"]
    assert one.kind is Kind.MAINTENANCE
    assert reading(told(block("Completed") + block("Investigating")), "datocms").kind is Kind.MAINTENANCE


def test_a_bold_word_of_a_message_begins_no_update() -> None:
    content = block("Resolved", "<p><strong>Note</strong> - x</p><p>y <strong>Resolved</strong> - z</p>")
    (update,) = reading(told(content), "datocms").updates
    assert update.text == "Note - x\n\ny Resolved - z"


def test_a_whole_history_has_an_incident_an_entry() -> None:
    document = atom(
        entry("Tea", id=SLUG, updated=STAMP, content=block("Resolved")),
        entry("Soup", id="2025-01-02-soup", updated="2025-01-02T00:00:00Z", content="Just <b>text</b>"),
    )
    tea, soup = readings(document, "datocms")
    assert (tea.incident_id, soup.incident_id) == (SLUG, "2025-01-02-soup")
    assert soup.updates == (Update(at("2025-01-02"), "unknown", "Just text"),)


@pytest.mark.parametrize("id", [None, "", "y" * 501])
def test_an_entry_without_a_name_has_that_of_its_link_or_a_hash(id: str | None) -> None:
    assert PLATFORM.read(bare(id=id, link=LINK)).incident_id == SLUG
    assert len(PLATFORM.read(bare(id=id)).incident_id) == 32


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(atom(), id="empty"),
        pytest.param(told("<p>Tea is cold.</p>"), id="no update"),
        pytest.param(told(block("Brewing")), id="an unknown word"),
        pytest.param(told(block("Resolved"), "cold-tea"), id="no date in the id"),
        pytest.param(told("x" + block("Resolved")), id="words before the updates"),
        pytest.param(rss(item("X", guid=LINK, encoded=block("Resolved"))), id="an address for an id"),
    ],
)
def test_only_both_signs_make_it_datocms(document: bytes) -> None:
    assert maker(document) == "generic"
