from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, maker, reading, readings, tags

from statustrio.model import Kind, Update
from statustrio.platforms.hund import PLATFORM

ID = "tag:status.example.org,2005:State::FeedNotifier::Entry/"
LINK = "https://status.example.org/issues/"


def told(title: str, issue: str = "5f1a", *, id: str = "aa01") -> str:
    dates = {"published": "2026-03-03T10:00:00+02:00", "updated": "2026-03-03T10:40:00+02:00"}
    return entry(title, id=ID + id, link=LINK + issue, content="Tea is <b>cold</b>.", **dates)


def test_an_open_incident_shows_its_newest_text() -> None:
    one = reading(atom(told("[Investigating] Cold tea")), "hund")
    assert (one.incident_id, one.kind, one.title, one.url) == ("5f1a", Kind.INCIDENT, "Cold tea", f"{LINK}5f1a")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:40"))


def test_entries_of_one_issue_share_its_link() -> None:
    document = atom(told("[Resolved] Cold tea", id="aa02"), told("[Monitoring] Cold tea"), told("[Fixed] Soup", "9b"))
    assert [(one.incident_id, one.updates[0].label) for one in readings(document, "hund")] == [
        ("5f1a", "resolved"),
        ("5f1a", "monitoring"),
        ("9b", "resolved"),
    ]


@pytest.mark.parametrize(
    ("title", "label", "short", "kind"),
    [
        ("[Ended] New kettle", "completed", "New kettle", Kind.MAINTENANCE),
        ("[Beendet] Neuer Kessel", "completed", "Neuer Kessel", Kind.MAINTENANCE),
        ("[Gelöst] Kalter Tee", "resolved", "Kalter Tee", Kind.INCIDENT),
        ("[BEHOBEN]Kalter Tee", "resolved", "Kalter Tee", Kind.INCIDENT),
        ("[In Progress] New kettle", "in_progress", "New kettle", Kind.MAINTENANCE),
        ("[Information] A word", "unknown", "A word", Kind.INCIDENT),
        ("[Informational] A word", "unknown", "A word", Kind.INCIDENT),
        ("Cold tea", "unknown", "Cold tea", Kind.INCIDENT),
        ("Cold [Resolved] tea", "unknown", "Cold [Resolved] tea", Kind.INCIDENT),
        ("[Resolved]", "unknown", "[Resolved]", Kind.INCIDENT),
    ],
)
def test_the_word_in_brackets_tells_label_and_kind(title: str, label: str, short: str, kind: Kind) -> None:
    one = reading(atom(told(title)), "hund")
    assert (one.updates[0].label, one.title, one.kind) == (label, short, kind)


@pytest.mark.parametrize(("id", "key"), [(f"{ID}aa01", "aa01"), (None, None), ("aa01", None)])
def test_without_a_link_the_entry_has_a_name_of_its_own(id: str | None, key: str | None) -> None:
    found = PLATFORM.read(bare(id=id)).incident_id
    assert found == key if key else len(found) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(head=tags(id="tag:status.example.org,2005:/state_feed/feed")), "hund", id="empty"),
        pytest.param(atom(told("X")), "hund", id="by its entries"),
        pytest.param(atom(head=tags(id="tag:status.example.org,2005:/history")), "statuspage", id="Statuspage"),
        pytest.param(atom(entry(id="tag:h,2005:State::Entry/1")), "generic", id="another id"),
    ],
)
def test_its_ids_make_it_hund(document: bytes, name: str) -> None:
    assert maker(document) == name
