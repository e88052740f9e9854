from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Kind, Update
from statustrio.platforms.lambstatus import PLATFORM

LINK = "https://status.example.org/incidents/aB3-_tEapot1"
WORK = LINK.replace("incidents", "maintenances")
DATE = "Tue, 03 Mar 2026 10:00:00 GMT"


def block(clock: str, word: str, text: str = "text", date: str = "Mar 3, 2026", zone: str = "UTC") -> str:
    return f"<small>{date}, {clock} {zone}</small><br><strong>{word}</strong> - {text}"


def told(content: str, link: str = LINK) -> str:
    return item("Cold tea", guid=link, link=link, date=DATE, encoded=content)


def test_an_open_incident_has_one_update() -> None:
    one = reading(rss(told(block("08:00", "Investigating", "Tea is <i>cold</i>."))), "lambstatus")
    assert (one.incident_id, one.kind, one.title, one.url) == ("aB3-_tEapot1", Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:00"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:00"))
    assert (one.impact, one.components) == (None, None)


def test_updates_are_printed_newest_first_with_their_year() -> None:
    content = block("09:00", "Resolved") + block("08:30", "Update") + block("23:59", "Identified", date="Dec 31, 2025")
    one = reading(rss(told(content)), "lambstatus")
    assert [(update.label, update.at) for update in one.updates] == [
        ("identified", at("2025-12-31T23:59")),
        ("update", at("2026-03-03T08:30")),
        ("resolved", at("2026-03-03T09:00")),
    ]
    assert (one.started_at, one.updated_at) == (at("2025-12-31T23:59"), at("2026-03-03T09:00"))


def test_planned_work_starts_when_it_is_in_progress() -> None:
    planned = block("08:00", "Scheduled")
    upcoming, over = readings(
        rss(told(planned, WORK), told(block("10:00", "Completed") + block("09:00", "In progress") + planned, WORK)),
        "lambstatus",
    )
    assert (upcoming.kind, upcoming.started_at) == (Kind.MAINTENANCE, None)
    assert (over.kind, over.started_at) == (Kind.MAINTENANCE, at("2026-03-03T09:00"))


@pytest.mark.parametrize(
    ("date", "zone"),
    [
        ("Mar 3", "UTC"),
        ("Mar 3, 2026", "Teatime"),
        ("Feb 29, 2026", "UTC"),
        ("Mar 3, 0000", "UTC"),
        ("Dec 31, 9999", "PST"),
        ("Jan 1, 0001", "JST"),
        ("Tea 3, 2026", "UTC"),
    ],
)
def test_an_uncertain_time_is_none(date: str, zone: str) -> None:
    clock = "20:00" if "31" in date else "01:00"
    content = block("08:00", "Resolved") + block(clock, "Identified", date=date, zone=zone)
    one = reading(rss(told(content)), "lambstatus")
    assert [update.at for update in one.updates] == [None, at("2026-03-03T08:00")]
    newest = reading(rss(told(block("08:00", "Resolved", zone="Teatime"))), "lambstatus")
    assert newest.updated_at == at("2026-03-03T10:00")


def test_atom_and_rss_say_the_same() -> None:
    content = block("08:00", "Investigating")
    twin = atom(entry("Cold tea", id=LINK, link=LINK, updated="2026-03-03T10:00:00Z", content=content))
    assert reading(twin, "lambstatus") == reading(rss(told(content)), "lambstatus")


def test_without_updates_the_text_is_all_there_is() -> None:
    first, second = readings(rss(told(block("08:00", "Resolved")), told("Just <b>text</b>")), "lambstatus")
    assert second.updates == (Update(at("2026-03-03T10:00"), "unknown", "Just text"),)
    assert second.updated_at == at("2026-03-03T10:00")
    assert first.incident_id == second.incident_id
    assert len(PLATFORM.read(bare()).incident_id) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(told(block("08:00", "Resolved"), WORK)), "lambstatus", id="planned work"),
        pytest.param(
            rss(told(block("08:00", "Resolved", date="Mar 3"), "https://h.example/incidents/abc123def456")),
            "statuspage",
            id="no year",
        ),
        pytest.param(rss(told("Tea is cold.")), "generic", id="no update"),
        pytest.param(rss(told(block("08:00", "Resolved"), LINK + "x")), "generic", id="a longer key"),
        pytest.param(rss(told(block("08:00", "Resolved"), LINK.replace("incidents", "posts"))), "generic", id="a post"),
        pytest.param(rss(), "generic", id="empty"),
    ],
)
def test_links_and_whole_dates_make_it_lambstatus(document: bytes, name: str) -> None:
    assert maker(document) == name
