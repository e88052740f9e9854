from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss, tags

from statustrio.model import Kind, Update
from statustrio.platforms.openstatus import PLATFORM

HEAD = tags(generator="OpenStatus - Status Page Updates")
SITE = "https://status.example.org"
REPORT = f"{SITE}/events/report/12"
STAMP = "2026-03-03T08:40:00.123Z"
AT = at("2026-03-03T08:40:00.123")


def told(title: str, text: str, link: str | None = REPORT) -> str:
    return entry(title, id=link, link=link, updated=STAMP, summary=text)


def test_an_open_incident_has_one_update() -> None:
    one = reading(atom(told("Investigating - Cold tea", "Investigating: Tea is cold."), head=HEAD), "openstatus")
    assert (one.incident_id, one.kind, one.title) == ("/events/report/12", Kind.INCIDENT, "Cold tea")
    assert one.updates == (Update(AT, "investigating", "Tea is cold."),)
    assert (one.url, one.started_at, one.updated_at, one.components) == (REPORT, AT, AT, None)


def test_only_the_newest_of_several_updates_has_a_time() -> None:
    text = "Resolved: Warm..\n\nMonitoring: Warmer.\n\nNot yet Resolved: a list\n\n- x.\n\nInvestigating: Cold."
    one = reading(atom(told("Resolved - Cold tea", text), head=HEAD), "openstatus")
    assert one.updates == (
        Update(None, "investigating", "Cold."),
        Update(None, "monitoring", "Warmer. Not yet Resolved: a list - x."),
        Update(AT, "resolved", "Warm.."),
    )


@pytest.mark.parametrize("word", ["Planned Maintenance", "Maintenance"])
def test_nothing_tells_when_planned_work_is_over(word: str) -> None:
    link = f"{SITE}/events/maintenance/7"
    one = reading(atom(told(f"{word} - New kettle", "Resolved: is no word here.", link), head=HEAD), "openstatus")
    assert (one.incident_id, one.kind, one.title) == ("/events/maintenance/7", Kind.MAINTENANCE, "New kettle")
    assert one.updates == (Update(AT, "unknown", "Resolved: is no word here."),)
    assert one.scheduled_for is None


def test_planned_work_of_old_sites_shares_one_link_and_is_told_apart_by_its_title() -> None:
    shared = f"{SITE}/events?filter=maintenances"
    document = atom(*(told(f"Maintenance - {name}", "x", shared) for name in ("Kettle", "Pot", "Kettle")), head=HEAD)
    kettle, pot, same = (one.incident_id for one in readings(document, "openstatus"))
    assert kettle == same != pot
    moved = rss(
        item("Maintenance - Kettle", guid=shared, link=shared, date="Wed, 04 Mar 2026 00:00:00 GMT", text="y"),
        head=HEAD,
    )
    assert reading(moved, "openstatus").incident_id == kettle


def test_atom_and_rss_say_the_same() -> None:
    text = "Resolved: Warm.\n\nIdentified: Cold."
    twin = item("Resolved - X", guid=REPORT, link=REPORT, date="Tue, 03 Mar 2026 08:40:00 GMT", text=text)
    one = reading(rss(twin, head=HEAD), "openstatus")
    other = reading(atom(told("Resolved - X", text), head=HEAD), "openstatus")
    assert (one.incident_id, one.title, len(one.updates)) == (other.incident_id, other.title, len(other.updates))
    assert one.updates[1] == Update(at("2026-03-03T08:40"), "resolved", "Warm.")


@pytest.mark.parametrize(
    ("title", "label"),
    [("Resolved - X", "resolved"), ("MONITORING - X", "monitoring"), ("X", "unknown"), ("Resolved X", "unknown")],
)
def test_without_updates_the_title_tells(title: str, label: str) -> None:
    one = reading(atom(told(title, "Just **text**"), head=HEAD), "openstatus")
    assert one.updates == (Update(AT, label, "Just **text**"),)


@pytest.mark.parametrize(
    ("id", "link", "key"),
    [
        (None, None, None),
        (REPORT, None, "/events/report/12"),
        (None, SITE, None),
        (None, f"{SITE}/{'y' * 501}", None),
        ("plain", None, None),
    ],
)
def test_what_has_no_address_is_hashed(id: str | None, link: str | None, key: str | None) -> None:
    found = PLATFORM.read(bare(id=id, link=link)).incident_id
    assert found == key if key else len(found) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(head=HEAD), "openstatus", id="empty"),
        pytest.param(atom(head=HEAD.lower()), "openstatus", id="small letters"),
        pytest.param(atom(told("X", "y")), "openstatus", id="a report"),
        pytest.param(atom(told("X", "y", f"{SITE}/de/events/report/12")), "openstatus", id="a report in German"),
        pytest.param(atom(told("X", "y", f"{SITE}/events/maintenance/12")), "generic", id="planned work alone"),
        pytest.param(atom(told("X", "y", f"{REPORT}x")), "generic", id="no number"),
        pytest.param(atom(head=tags(generator="An OpenStatus reader")), "generic", id="another generator"),
    ],
)
def test_generator_or_reports_make_it_openstatus(document: bytes, name: str) -> None:
    assert maker(document) == name


def test_a_title_that_says_it_is_over_outdoes_the_updates() -> None:
    one = reading(atom(told("Resolved - Cold tea", "Investigating: Tea is cold."), head=HEAD), "openstatus")
    assert one.updates == (Update(None, "investigating", "Tea is cold."), Update(AT, "resolved", ""))
