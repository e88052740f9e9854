from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Component, Kind, Update
from statustrio.platforms.betterstack import PLATFORM

NAME = "Incidents | Example"
ROOT = "https://status.example.org"
DATE = "Tue, 03 Mar 2026 08:40:00 -0000"


def event(title: str, guid: str = "aaa111", date: str = DATE) -> str:
    return item(title, guid=f"{ROOT}/#{guid}", link=f"{ROOT}/", date=date, text="by a monitor")


def report(title: str, text: str = "We look at it.", number: int = 17, part: int = 1) -> str:
    return item(title, guid=f"{ROOT}/incident/{number}#{part}", link=f"{ROOT}/incident/{number}", date=DATE, text=text)


def test_an_open_incident_of_a_monitor_names_it() -> None:
    one = reading(rss(event("Teapot API went down"), title=NAME), "betterstack")
    assert (one.incident_id, one.kind, one.title) == ("aaa111", Kind.INCIDENT, "Teapot API went down")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "by a monitor"),)
    assert one.components == (Component("Teapot API"),)
    assert (one.url, one.started_at, one.updated_at) == (f"{ROOT}/", None, at("2026-03-03T08:40"))


def test_words_behind_the_state_make_it_no_event_of_a_monitor() -> None:
    one = reading(rss(event("Teapot went down again"), title=NAME), "betterstack")
    assert (one.updates[0].label, one.title, one.components) == ("unknown", "Teapot went down again", None)


def test_a_monitor_that_recovered_ends_what_went_down_under_the_same_guid() -> None:
    later = "Tue, 03 Mar 2026 09:40:00 +0000"
    document = rss(event("Teapot recovered", date=later), event("Teapot went down"), title=NAME)
    assert [(one.incident_id, one.title, one.updates[0].label) for one in readings(document, "betterstack")] == [
        ("aaa111", "Teapot went down", "resolved"),
        ("aaa111", "Teapot went down", "investigating"),
    ]


def test_the_updates_of_a_report_share_the_path_of_its_link() -> None:
    document = rss(report("Cold tea", part=2), report("Cold tea"), report("Cold soup", number=18), title=NAME)
    assert [one.incident_id for one in readings(document, "betterstack")] == [
        "/incident/17",
        "/incident/17",
        "/incident/18",
    ]


@pytest.mark.parametrize(
    ("title", "text", "label", "short"),
    [
        pytest.param("Cold tea", "We look at it.", "unknown", "Cold tea", id="prose"),
        pytest.param("Cold tea", "Tea is available again, but for green tea.", "unknown", "Cold tea", id="in part"),
        pytest.param("Cold tea", "This incident has been resolved.", "resolved", "Cold tea", id="plain sentence"),
        pytest.param("Cold tea resolved", "x", "resolved", "Cold tea", id="state at the end"),
        pytest.param("Cold tea Investigating", "x", "investigating", "Cold tea", id="another state at the end"),
        pytest.param("Cold tea not yet resolved", "x", "unknown", "Cold tea not yet resolved", id="not resolved"),
        pytest.param("Tea partially resolved", "x", "unknown", "Tea partially resolved", id="resolved in part"),
        pytest.param("Notable tea resolved", "x", "resolved", "Notable tea", id="not only in letters"),
        pytest.param("Cold tea resolved today", "x", "unknown", "Cold tea resolved today", id="words behind it"),
        pytest.param("[Resolved] Cold tea", "x", "resolved", "Cold tea", id="brackets"),
        pytest.param("Monitoring: Cold tea", "x", "monitoring", "Cold tea", id="colon"),
        pytest.param("Resolved", "x", "unknown", "Resolved", id="nothing but a word"),
        pytest.param("Teapot recovered", "x", "unknown", "Teapot recovered", id="a person, not a monitor"),
    ],
)
def test_people_end_an_incident_with_a_word_or_the_plain_sentence(
    title: str, text: str, label: str, short: str
) -> None:
    one = reading(rss(report(title, text), title=NAME), "betterstack")
    assert (one.updates[0].label, one.title, one.components) == (label, short, None)


def test_planned_work_is_told_by_its_word() -> None:
    one = reading(rss(report("Scheduled maintenance for teapots"), title=NAME), "betterstack")
    assert (one.kind, one.updates[0].label) == (Kind.MAINTENANCE, "scheduled")
    assert one.title == "Scheduled maintenance for teapots"


def test_atom_and_rss_say_the_same() -> None:
    guid = f"{ROOT}/incident/17#1"
    twin = atom(
        entry("Cold tea", id=guid, link=f"{ROOT}/incident/17", updated="2026-03-03T08:40:00Z", content="We look at it.")
    )
    assert reading(twin, "betterstack") == reading(rss(report("Cold tea"), title=NAME), "betterstack")


@pytest.mark.parametrize("id", [None, "", "plain", "http://[", f"{ROOT}/", f"{ROOT}/#{'y' * 501}"])
def test_what_has_no_name_is_hashed(id: str | None) -> None:
    assert len(PLATFORM.read(bare(id=id, title="Cold tea")).incident_id) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(title=NAME), "betterstack", id="empty"),
        pytest.param(rss(report("X")), "betterstack", id="a report"),
        pytest.param(rss(item("X", guid=f"{ROOT}/de/incident/7#ab")), "betterstack", id="a report in German"),
        pytest.param(rss(event("X went down")), "generic", id="an event alone"),
        pytest.param(rss(item("X", guid=f"{ROOT}/incident/7")), "generic", id="no part"),
        pytest.param(rss(title="Incidents of Example"), "generic", id="another title"),
    ],
)
def test_title_or_guids_make_it_better_stack(document: bytes, name: str) -> None:
    assert maker(document) == name
