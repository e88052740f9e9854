from __future__ import annotations

from datetime import datetime

import pytest
from attrs import evolve
from documents import at, atom, bare, entry, item, maker, reading, rss

from statustrio.feed.parse import Entry
from statustrio.model import Component, Kind, Update
from statustrio.platforms.instatus import PLATFORM

CUID = "cmteapot00001abcdefghijkl"
ID = f"tag:instat.us,2005:Incident/{CUID}"
LINK = f"https://status.example.org/incident/{CUID}"


def facts(kind: str = "Incident", parts: str = "Teapots, Soup") -> str:
    named = f"<p><strong>Affected Components:</strong> {parts}</p>" if parts else ""
    return f"<p><strong>Type:</strong> {kind}</p><p><strong>Duration:</strong> 30 minutes</p>{named}"


def block(clock: str, word: str, text: str = "text", *, day: str = "3", zone: str = "GMT+0") -> str:
    return (
        f"<p><small>Mar <var data-var='date'> {day}</var>, <var data-var='time'>{clock}</var> {zone}</small><br />"
        f"<strong>{word}</strong> -\n  {text}.</p>"
    )


def told(content: str, *, start: str | None = "2026-03-03T08:00:00Z", end: str = "2026-03-03T09:00:00Z") -> bytes:
    return atom(entry("Cold tea", id=ID, link=LINK, published=start, updated=end, content=content))


def test_an_open_incident_names_its_components() -> None:
    one = reading(told(facts() + block("08:00:05", "Investigating", "Tea is <b>cold</b>")), "instatus")
    assert (one.incident_id, one.kind, one.title, one.url) == (CUID, Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:00:05"), "investigating", "Tea is cold."),)
    assert one.components == (Component("Teapots"), Component("Soup"))
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T09:00"))
    assert one.impact is None


def test_an_incident_is_printed_newest_first_and_planned_work_oldest_first() -> None:
    newest_first = block("09:00:00", "Resolved") + block("08:30:00", "Monitoring") + block("08:00:00", "Investigating")
    one = reading(told(facts() + newest_first), "instatus")
    assert [update.label for update in one.updates] == ["investigating", "monitoring", "resolved"]
    oldest_first = block("08:00:00", "Identified") + block("08:30:00", "In progress") + block("09:00:00", "Completed")
    planned = reading(told(facts("Maintenance") + oldest_first), "instatus")
    assert [update.label for update in planned.updates] == ["identified", "in_progress", "completed"]
    assert (one.kind, planned.kind) == (Kind.INCIDENT, Kind.MAINTENANCE)


@pytest.mark.parametrize(
    ("kind", "labels"),
    [("Incident", ["second", "first"]), ("Maintenance", ["first", "second"])],
)
@pytest.mark.parametrize(
    ("clock", "zone"),
    [pytest.param("08:00:00", "Teatime", id="an unknown zone"), pytest.param("08:00:00", "GMT+0", id="one second")],
)
def test_where_the_times_do_not_tell_the_order_is_that_of_the_kind(
    kind: str, labels: list[str], clock: str, zone: str
) -> None:
    content = facts(kind) + block(clock, "First", zone=zone) + block(clock, "Second", zone=zone)
    assert [update.label for update in reading(told(content), "instatus").updates] == labels


def test_updates_of_one_second_keep_the_order_of_print() -> None:
    content = block("09:00:00", "Resolved") + block("08:00:00", "Update") + block("08:00:00", "Investigating")
    one = reading(told(facts() + content), "instatus")
    assert [update.label for update in one.updates] == ["investigating", "update", "resolved"]


@pytest.mark.parametrize(
    ("content", "link", "kind"),
    [
        pytest.param(block("08:00:00", "Completed"), LINK, Kind.MAINTENANCE, id="by the word"),
        pytest.param(
            block("08:00:00", "Identified"), LINK.replace("incident", "maintenance"), Kind.MAINTENANCE, id="by the link"
        ),
        pytest.param(facts("MAINTENANCE") + block("08:00:00", "Resolved"), LINK, Kind.MAINTENANCE, id="by the type"),
        pytest.param(block("08:00:00", "Resolved"), LINK, Kind.INCIDENT, id="by none"),
    ],
)
def test_type_link_and_words_tell_planned_work(content: str, link: str, kind: Kind) -> None:
    assert reading(atom(entry(link=link, content=content)), "instatus").kind is kind


def test_the_year_is_the_one_between_start_and_end() -> None:
    content = block("08:00:00", "Resolved") + block("23:00:00", "Update", day="1").replace("Mar", "Jan")
    (first, last) = reading(told(facts() + content, start="2025-12-30T00:00:00Z"), "instatus").updates
    assert (first.at, last.at) == (at("2026-01-01T23:00"), at("2026-03-03T08:00"))


def test_facts_of_a_message_are_no_facts_of_the_incident() -> None:
    one = reading(told(facts(parts="") + block("08:00:00", "Resolved") + facts("Maintenance")), "instatus")
    assert (one.kind, one.components) == (Kind.INCIDENT, None)


def test_atom_and_rss_say_the_same_but_for_the_end() -> None:
    content = facts() + block("08:00:05", "Investigating", "cold")
    date = "Tue, 03 Mar 2026 08:00:00 GMT"
    twin = reading(rss(item("Cold tea", guid=LINK, link=LINK, date=date, text=content)), "instatus")
    one = reading(told(content), "instatus")
    assert (twin.incident_id, twin.updates, twin.started_at) == (one.incident_id, one.updates, one.started_at)
    assert twin.updated_at == at("2026-03-03T08:00:05")


def test_without_updates_the_text_is_all_there_is() -> None:
    one = reading(told("Just <b>text</b>"), "instatus")
    assert one.updates == (Update(at("2026-03-03T09:00"), "unknown", "Just text"),)
    undated = Entry(None, "X", None, None, None, block("08:00:00", "Resolved"), "")
    assert PLATFORM.read(undated).updates[0].at is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(block("08:00:00", "Resolved"), at("2026-03-03T08:00"), id="a date"),
        pytest.param(block("08:00:00", "Resolved", zone="Teatime"), None, id="an unknown zone"),
        pytest.param(block("08:00:00", "Resolved").replace("Mar", "Tea"), None, id="an unknown month"),
    ],
)
def test_one_date_of_the_entry_is_enough_for_the_year(line: str, expected: datetime | None) -> None:
    dated = Entry(None, "X", None, at("2026-03-03T08:10"), None, line, "")
    for told in (dated, evolve(dated, published=None, updated=dated.published)):
        assert PLATFORM.read(told).updates[0].at == expected


@pytest.mark.parametrize(("id", "key"), [(ID, CUID), ("x/", None), (None, None), ("y" * 501, None)])
def test_without_a_link_the_id_is_the_name(id: str | None, key: str | None) -> None:
    found = PLATFORM.read(bare(id=id)).incident_id
    assert found == key if key else len(found) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(entry(id=ID)), "instatus", id="by its id"),
        pytest.param(atom(entry(link=LINK.replace("/incident", "/de/incident"))), "instatus", id="by its link"),
        pytest.param(
            atom(entry(id="tag:h,2005:Incident/17", content=block("08:00", "Resolved", zone="UTC"))),
            "statuspage",
            id="a number is Statuspage's",
        ),
        pytest.param(
            atom(
                entry(
                    link="https://h.example/incidents/cmteapot0000",
                    content=block("08:00", "Resolved", zone="UTC"),
                )
            ),
            "statuspage",
            id="twelve characters are Statuspage's",
        ),
        pytest.param(atom(entry(id="tag:h,2005:Incident/cold-tea")), "generic", id="no cuid"),
        pytest.param(atom(), "generic", id="empty"),
    ],
)
def test_a_cuid_makes_it_instatus(document: bytes, name: str) -> None:
    assert maker(document) == name
