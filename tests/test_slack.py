from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Kind, Update
from statustrio.platforms.slack import PLATFORM

NAME = "Slack System Status"
ID = "https://slack-status.com/2026-03/6f02aa17"
PROSE = "We look at cold tea.&amp;nbsp;Wait."


def told(title: str, text: str = PROSE, id: str = ID) -> str:
    dates = {"published": "2026-03-03T00:00:00-08:00", "updated": "2026-03-03T00:40:00-08:00"}
    return entry(title, id=id, link=id, summary=text, **dates)


def test_an_open_incident_does_not_say_how_it_stands() -> None:
    one = reading(atom(told("Incident: Cold tea")), "slack")
    assert (one.incident_id, one.kind, one.title, one.url) == ("/2026-03/6f02aa17", Kind.INCIDENT, "Cold tea", ID)
    assert one.updates == (Update(at("2026-03-03T08:40"), "unknown", "We look at cold tea.&nbsp;Wait."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:40"))


def test_an_update_takes_the_place_of_the_one_before() -> None:
    document = atom(
        told("Incident: Cold tea", "<p><small>3:23pm PST</small> warmer</p>"), told("Incident: Cold tea"), title=NAME
    )
    first, second = readings(document, "slack")
    assert first.incident_id == second.incident_id
    assert [one.updates[0].text for one in (first, second)] == ["3:23pm PST warmer", "We look at cold tea.&nbsp;Wait."]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("This issue is now resolved. Sorry.", "resolved"),
        ("<p>This incident has been resolved.</p>", "resolved"),
        ("We hope that this issue is now resolved.", "unknown"),
        ("Resolved: all is well", "unknown"),
    ],
)
def test_only_the_plain_sentence_ends_an_incident(text: str, label: str) -> None:
    assert reading(atom(told("Incident: X", text)), "slack").updates[0].label == label


@pytest.mark.parametrize(
    ("title", "short", "label", "kind"),
    [
        ("Notice: Cold tea", "Cold tea", "unknown", Kind.INCIDENT),
        ("OUTAGE:Cold tea", "Cold tea", "unknown", Kind.INCIDENT),
        ("Maintenance: New kettle", "New kettle", "unknown", Kind.MAINTENANCE),
        ("Notice: Scheduled maintenance", "Scheduled maintenance", "scheduled", Kind.MAINTENANCE),
        ("Incident: Resolved: tea", "Resolved: tea", "unknown", Kind.INCIDENT),
        ("Incident: ", "Incident:", "unknown", Kind.INCIDENT),
        ("Tea: cold", "Tea: cold", "unknown", Kind.INCIDENT),
    ],
)
def test_the_front_of_the_title_tells_the_kind(title: str, short: str, label: str, kind: Kind) -> None:
    one = reading(atom(told(title)), "slack")
    assert (one.title, one.updates[0].label, one.kind) == (short, label, kind)


def test_the_one_date_of_rss_is_no_start() -> None:
    twin = item("Incident: Cold tea", guid=ID, link=ID, date="Tue, 03 Mar 2026 00:40:00 -0800", text=PROSE)
    one, other = reading(rss(twin), "slack"), reading(atom(told("Incident: Cold tea")), "slack")
    assert (one.incident_id, one.updates, one.title) == (other.incident_id, other.updates, other.title)
    assert (one.started_at, one.updated_at) == (None, at("2026-03-03T08:40"))


def test_the_id_stands_in_for_a_link() -> None:
    assert PLATFORM.read(bare(id=ID)).url == ID
    assert PLATFORM.read(bare(id=ID, link="https://h.example/x")).url == "https://h.example/x"
    one = PLATFORM.read(bare())
    assert (len(one.incident_id), one.url, one.updates) == (32, None, (Update(None, "unknown", ""),))


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(title=NAME), "slack", id="empty atom"),
        pytest.param(rss(title=NAME), "slack", id="empty rss"),
        pytest.param(atom(told("X", id="https://status.slack.com/2026-03/6f02")), "slack", id="the old host"),
        pytest.param(atom(told("X", id="https://status.example.org/2026-03/6f02")), "generic", id="another host"),
        pytest.param(atom(told("X", id="https://slack-status.com/2026-03/tea")), "generic", id="another id"),
        pytest.param(atom(title="System Status"), "generic", id="another title"),
    ],
)
def test_title_or_ids_make_it_slack(document: bytes, name: str) -> None:
    assert maker(document) == name
