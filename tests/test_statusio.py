from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Kind, Update
from statustrio.platforms.statusio import PLATFORM

KEY = "5f1aa00000000000000000b7"
LINK = f"https://status.io/pages/incident/{'0' * 24}/{KEY}"
WORK = LINK.replace("incident", "maintenance")
DATE = "Tue, 03 Mar 2026 17:00:30 GMT"


def block(clock: str, word: str, text: str = "text", date: str = "March 3, 2026", zone: str = "PST") -> str:
    return f"<small>{date} {clock} {zone}</small><br /><b>{word}</b> - {text}<br /><br />"


def told(content: str, link: str | None = LINK, guid: str | None = KEY) -> str:
    return item("Cold tea", guid=guid, link=link, date=DATE, text=content)


def test_an_open_incident_has_one_update() -> None:
    one = reading(rss(told(block("08:00", "Investigating", "Tea is <i>cold</i>."))), "statusio")
    assert (one.incident_id, one.kind, one.title, one.url) == (KEY, Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T16:00"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T16:00"), at("2026-03-03T17:00:30"))
    assert (one.impact, one.components) == (None, None)


def test_updates_are_printed_oldest_first_and_a_word_may_come_twice() -> None:
    content = (
        block("23:00", "Investigating", date="December 31, 2025")
        + block("08:00", "Investigating", zone="PDT")
        + block("08:30", "Resolved")
    )
    one = reading(rss(told(content)), "statusio")
    assert [(update.label, update.at) for update in one.updates] == [
        ("investigating", at("2026-01-01T07:00")),
        ("investigating", at("2026-03-03T15:00")),
        ("resolved", at("2026-03-03T16:30")),
    ]


def test_updates_that_are_printed_newest_first_are_turned_round() -> None:
    one = reading(rss(told(block("08:30", "Resolved") + block("08:00", "Investigating"))), "statusio")
    assert [update.label for update in one.updates] == ["investigating", "resolved"]
    assert one.started_at == at("2026-03-03T16:00")


@pytest.mark.parametrize(
    ("words", "label", "started"),
    [
        (["Scheduled"], "scheduled", None),
        (["Planned"], "scheduled", None),
        (["Scheduled", "Active"], "in_progress", "2026-03-03T17:00"),
        (["Scheduled", "Active", "Completed"], "completed", "2026-03-03T17:00"),
    ],
)
def test_planned_work_starts_when_it_is_active(words: list[str], label: str, started: str | None) -> None:
    content = "".join(block(f"{hour:02}:00", word) for hour, word in enumerate(words, start=8))
    one = reading(rss(told(content, WORK)), "statusio")
    assert (one.kind, one.updates[-1].label) == (Kind.MAINTENANCE, label)
    assert one.started_at == (at(started) if started else None)


def test_the_link_outdoes_the_words() -> None:
    incident, work = readings(
        rss(told(block("08:00", "Completed")), told(block("08:00", "Monitoring"), WORK)), "statusio"
    )
    assert (incident.kind, work.kind) == (Kind.INCIDENT, Kind.MAINTENANCE)


@pytest.mark.parametrize(
    ("date", "zone"),
    [("March 3, 0000", "PST"), ("March 3,", "PST"), ("March 3, 2026", "Teatime"), ("February 29, 2026", "PST")],
)
def test_an_uncertain_time_is_none(date: str, zone: str) -> None:
    one = reading(rss(told(block("08:00", "Resolved", date=date, zone=zone))), "statusio")
    assert one.updates == (Update(None, "resolved", "text"),)
    assert (one.started_at, one.updated_at) == (None, at("2026-03-03T17:00:30"))


def test_atom_and_rss_say_the_same() -> None:
    content = block("08:00", "Investigating") + block("08:30", "Resolved")
    twin = atom(entry("Cold tea", id=KEY, link=LINK, updated="2026-03-03T17:00:30Z", content=content))
    assert reading(twin, "statusio") == reading(rss(told(content)), "statusio")


@pytest.mark.parametrize(("id", "key"), [(KEY, KEY), (None, None), ("", None), ("y" * 501, None)])
def test_without_a_link_the_guid_names_the_incident(id: str | None, key: str | None) -> None:
    one = PLATFORM.read(bare(id=id, content=block("08:00", "Active")))
    assert one.incident_id == key if key else len(one.incident_id) == 32
    assert (one.kind, one.updated_at) == (Kind.MAINTENANCE, at("2026-03-03T16:00"))
    twice = PLATFORM.read(bare(id=id, link=LINK, content=block("08:00", "Identified") + block("09:00", "Active")))
    assert (twice.incident_id, twice.updated_at) == (KEY, at("2026-03-03T17:00"))
    assert PLATFORM.read(bare(content=block("08:00", "Update") + block("09:00", "Active"))).kind is Kind.MAINTENANCE


def test_without_updates_the_text_is_all_there_is() -> None:
    one = reading(rss(told("Just <b>text</b>")), "statusio")
    assert one.updates == (Update(at("2026-03-03T17:00:30"), "unknown", "Just text"),)


def test_only_the_newest_thousand_updates_are_read() -> None:
    one = reading(rss(told(block("08:00", "Update") * 1001 + block("08:30", "Resolved"))), "statusio")
    assert (len(one.updates), one.updates[-1].label) == (1000, "resolved")


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(told("x", WORK)), "statusio", id="planned work"),
        pytest.param(rss(told("x", LINK.replace("status.io", "status.example.org"))), "statusio", id="its own host"),
        pytest.param(rss(told("x", LINK + "0")), "generic", id="a longer key"),
        pytest.param(rss(told("x", LINK.replace("incident", "post"))), "generic", id="a post"),
        pytest.param(rss(told("x", link=None)), "generic", id="no link"),
        pytest.param(rss(), "generic", id="empty"),
    ],
)
def test_its_links_make_it_status_io(document: bytes, name: str) -> None:
    assert maker(document) == name
