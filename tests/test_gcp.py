from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

import pytest
from documents import at, atom, bare, entry, maker, reading, readings, tags

from statustrio.model import Component, Kind, Update
from statustrio.platforms import gcp

PAGE = "https://status.cloud.google.com/"
ID = "tag:status.cloud.google.com,2026:feed:TeaPot17."
LINK = f"{PAGE}incidents/TeaPot17"
BEGAN = (
    "<p> Incident began at <strong>2026-03-03 08:30</strong> "
    "<span>(all times are <strong>US/Pacific</strong>).</span></p>"
)
ENDED = BEGAN.replace("</strong> <span>", "</strong> and ended at <strong>2026-03-03 09:54</strong> <span>")
TAIL = "<hr><p>Affected products: Teapots, Soup &amp; more</p><p>Affected locations: Global</p>"


def told(title: str, update: str = "one", text: str = BEGAN + "<div>Tea is <b>cold</b>.</div>" + TAIL) -> str:
    return entry(title, id=ID + update, link=LINK, updated="2026-03-03T17:00:00+00:00", summary=text)


def test_an_open_incident_says_when_it_began_and_what_is_affected() -> None:
    one = reading(atom(told("UPDATE: Cold tea")), "gcp")
    assert (one.incident_id, one.kind, one.title, one.url) == ("TeaPot17", Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T17:00"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T16:30"), at("2026-03-03T17:00"))
    assert one.components == (Component("Teapots"), Component("Soup & more"))


def test_what_ended_is_over_whatever_the_title_says() -> None:
    one = reading(atom(told("UPDATE: Cold tea", text=ENDED + "<p>Warm.</p>")), "gcp")
    assert one.updates == (Update(at("2026-03-03T17:00"), "resolved", "Warm."),)


def test_the_updates_of_an_incident_share_the_link() -> None:
    document = atom(told("RESOLVED: Cold\ntea", "two", ENDED + "<p>Warm.</p>"), told("UPDATE: Cold tea"))
    first, second = readings(document, "gcp")
    assert (first.incident_id, first.title, first.started_at) == (second.incident_id, second.title, second.started_at)
    assert first.updates == (Update(at("2026-03-03T17:00"), "resolved", "Warm."),)


@pytest.mark.parametrize(
    ("title", "label", "short"),
    [
        ("RESOLVED: X", "resolved", "X"),
        ("resolved:X", "resolved", "X"),
        ("UPDATE: X", "investigating", "X"),
        ("X", "investigating", "X"),
        ("X RESOLVED: Y", "investigating", "X RESOLVED: Y"),
    ],
)
def test_the_first_word_of_the_title_is_the_state(title: str, label: str, short: str) -> None:
    one = reading(atom(told(title)), "gcp")
    assert (one.updates[0].label, one.title) == (label, short)


@pytest.mark.parametrize(
    ("text", "message", "names"),
    [
        pytest.param("Tea.", "Tea.", None, id="plain"),
        pytest.param("Tea.<hr><p>Affected products: </p>", "Tea.", None, id="nothing listed"),
        pytest.param("Tea.<p>Affected products: a</p>", "Tea.", ["a"], id="no line above"),
        pytest.param("Tea.<hr/><p>Affected locations: b</p>", "Tea.", None, id="locations alone"),
    ],
)
def test_what_is_affected_is_no_part_of_the_message(text: str, message: str, names: list[str] | None) -> None:
    one = reading(atom(told("X", text=text)), "gcp")
    assert one.updates[0].text == message
    assert one.components == (names and tuple(Component(name) for name in names))


def test_a_start_further_below_is_part_of_the_message() -> None:
    assert reading(atom(told("X", text=f"<p>Tea.</p>{BEGAN}")), "gcp").started_at is None


@pytest.mark.parametrize(
    ("time", "zone", "began"),
    [
        ("2026-07-03 08:30", "US/Pacific", "2026-07-03T15:30"),
        ("2026-03-03 08:30", "UTC", "2026-03-03T08:30"),
        ("2026-02-29 08:30", "UTC", None),
        ("2026-03-03 08:30", "Tea/Pot", None),
        ("2026-03-03 08:30", "/etc", None),
        ("2026-03-03 08:30", "US", None),
        ("0001-01-01 00:30", "Asia/Tokyo", None),
        ("9999-12-31 23:30", "US/Pacific", None),
        ("0000-01-01 00:30", "UTC", None),
    ],
)
def test_the_start_is_in_the_zone_that_is_named(time: str, zone: str, began: str | None) -> None:
    text = BEGAN.replace("2026-03-03 08:30", time).replace("US/Pacific", zone)
    assert reading(atom(told("X", text=text)), "gcp").started_at == (at(began) if began else None)


@pytest.mark.parametrize("error", [ZoneInfoNotFoundError(), IsADirectoryError()])
def test_a_machine_that_cannot_look_the_zone_up_knows_no_start(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_name: str) -> None:
        raise error

    monkeypatch.setattr(gcp, "ZoneInfo", fails)
    assert reading(atom(told("X")), "gcp").started_at is None


@pytest.mark.parametrize(
    ("id", "link", "key"),
    [(ID + "one", None, "TeaPot17"), (None, LINK, "TeaPot17"), (None, None, None), ("TeaPot17", None, None)],
)
def test_without_a_link_the_id_names_the_incident(id: str | None, link: str | None, key: str | None) -> None:
    found = gcp.PLATFORM.read(bare(id=id, link=link)).incident_id
    assert found == key if key else len(found) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(told("X")), "gcp", id="by ids"),
        pytest.param(atom(head=tags(id=PAGE)), "gcp", id="empty, by its id"),
        pytest.param(atom(head=f'<link href="{PAGE}"/>'), "gcp", id="empty, by its link"),
        pytest.param(atom(head=tags(id="https://www.google.com/appsstatus/dashboard/")), "gcp", id="workspace"),
        pytest.param(atom(head=tags(id="https://status.search.google.com")), "gcp", id="search"),
        pytest.param(atom(head=tags(id="https://status.cloud.google.community/")), "generic", id="another host"),
        pytest.param(atom(entry(id="tag:h.example,2026:feed:TeaPot17")), "generic", id="an id without an update"),
    ],
)
def test_ids_or_the_page_make_it_google(document: bytes, name: str) -> None:
    assert maker(document) == name
