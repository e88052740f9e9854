from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss, tags

from statustrio.model import Component, Impact, Kind, Update
from statustrio.platforms.xai import PLATFORM

NAME = "xAI System Status"
LINK = "https://status.example.org/incidents/"
STARTED = "Tue, 03 Mar 2026 08:00:00 GMT"


def block(word: str, clock: str, text: str = "<p>text</p>") -> str:
    return f"<div><p><strong>Tue, 03 Mar 2026 {clock}:02 GMT</strong></p><h3>{word}</h3>{text}</div>"


def head(word: str, severity: str = "degraded", resolved: str = "") -> str:
    ended = f"<p>Resolved: {resolved}</p>" if resolved else ""
    return f"<h3>Status: {word}</h3><p>Severity: {severity}</p>{ended}<hr /><h4>Updates:</h4>"


def told(content: str, *, title: str = "[API (us-west-2)] Cold tea", id: str = "INC54aa17") -> str:
    categories = tags(category="degraded") + tags(category="investigating")
    return item(title, guid=id, link=LINK + id, date=STARTED, text=content, more=categories)


def test_an_open_incident_states_scope_and_severity() -> None:
    content = head("INVESTIGATING") + block("Investigating", "08:01", "<p>Tea is <b>cold</b>.</p>")
    one = reading(rss(told(content), title=NAME), "xai")
    assert (one.incident_id, one.kind, one.title) == ("INC54aa17", Kind.INCIDENT, "[API (us-west-2)] Cold tea")
    assert one.updates == (Update(at("2026-03-03T08:01:02"), "investigating", "Tea is cold."),)
    assert (one.impact, one.components) == (Impact.MINOR, (Component("API (us-west-2)"),))
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:01:02"))
    assert one.url == f"{LINK}INC54aa17"


def test_updates_are_printed_newest_first() -> None:
    content = block("Resolved", "09:00") + block("Monitoring", "08:30") + block("Investigating", "08:01")
    one = reading(rss(told(head("RESOLVED", "available", "x") + content), title=NAME), "xai")
    assert [update.label for update in one.updates] == ["investigating", "monitoring", "resolved"]
    assert (one.impact, one.updated_at) == (None, at("2026-03-03T09:00:02"))


@pytest.mark.parametrize(
    ("resolved", "ended"),
    [("Tue, 03 Mar 2026 09:30:00 GMT", "2026-03-03T09:30"), ("", None), ("at tea time", None)],
)
def test_an_end_that_only_the_head_states_is_an_update(resolved: str, ended: str | None) -> None:
    content = head("RESOLVED", resolved=resolved) + block("Monitoring", "08:30")
    one = reading(rss(told(content), title=NAME), "xai")
    assert one.updates[1:] == (Update(at(ended) if ended else None, "resolved", ""),)
    assert one.updated_at == (at(ended) if ended else None)


def test_a_head_that_is_not_over_adds_nothing() -> None:
    one = reading(rss(told(head("MONITORING") + block("Identified", "08:30")), title=NAME), "xai")
    assert [update.label for update in one.updates] == ["identified"]
    text_after_the_end = head("RESOLVED") + block("Update", "09:30") + block("Resolved", "09:00")
    one = reading(rss(told(text_after_the_end), title=NAME), "xai")
    assert [update.label for update in one.updates] == ["resolved", "update"]


@pytest.mark.parametrize(
    ("severity", "impact", "kind"),
    [
        ("minor", Impact.MINOR, Kind.INCIDENT),
        ("MAJOR", Impact.MAJOR, Kind.INCIDENT),
        ("critical", Impact.CRITICAL, Kind.INCIDENT),
        ("partial outage", Impact.MAJOR, Kind.INCIDENT),
        ("partial_outage", Impact.MAJOR, Kind.INCIDENT),
        ("major outage", Impact.CRITICAL, Kind.INCIDENT),
        ("maintenance", Impact.MAINTENANCE, Kind.MAINTENANCE),
        ("available", None, Kind.INCIDENT),
        ("lukewarm", None, Kind.INCIDENT),
    ],
)
def test_the_severity_tells_impact_and_kind(severity: str, impact: Impact | None, kind: Kind) -> None:
    one = reading(rss(told(head("MONITORING", severity) + block("Monitoring", "08:30")), title=NAME), "xai")
    assert (one.impact, one.kind) == (impact, kind)


def test_planned_work_is_told_by_its_words_too() -> None:
    one = reading(rss(told(block("Scheduled", "08:30")), title=NAME), "xai")
    assert (one.kind, one.impact) == (Kind.MAINTENANCE, None)
    one = reading(rss(told(block("Completed", "09:00") + block("Update", "08:30")), title=NAME), "xai")
    assert one.kind is Kind.MAINTENANCE


def test_brackets_further_behind_are_no_scope() -> None:
    assert reading(rss(told("x", title="Cold [green] tea"), title=NAME), "xai").components is None


@pytest.mark.parametrize(
    ("content", "label"), [(head("RESOLVED"), "resolved"), ("Just <b>text</b>", "unknown"), ("", "unknown")]
)
def test_without_updates_the_head_tells(content: str, label: str) -> None:
    (update,) = reading(rss(told(content), title=NAME), "xai").updates
    assert (update.at, update.label) == (at("2026-03-03T08:00"), label)


def test_a_date_in_no_zone_is_none() -> None:
    content = block("Resolved", "08:30").replace("GMT", "Teatime")
    one = reading(rss(told(content), title=NAME), "xai")
    assert (one.updates[0].at, one.updated_at) == (None, None)


def test_atom_and_rss_say_the_same() -> None:
    content = head("MONITORING") + block("Monitoring", "08:30")
    stamp = "2026-03-03T08:00:00Z"
    twin = entry(
        "[API (us-west-2)] Cold tea", id="INC54aa17", link=f"{LINK}INC54aa17", published=stamp, content=content
    )
    assert reading(atom(twin, title=NAME), "xai") == reading(rss(told(content), title=NAME), "xai")


def test_what_has_no_number_has_the_name_of_its_link_or_a_hash() -> None:
    first, second = readings(rss(told("x", id="teapot"), item(), title=NAME), "xai")
    assert (first.incident_id, len(second.incident_id), second.components) == ("teapot", 32, None)
    assert PLATFORM.read(bare(content=block("Resolved", "08:30"))).started_at == at("2026-03-03T08:30:02")


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(title=NAME), "xai", id="empty"),
        pytest.param(rss(told(head("RESOLVED"))), "generic", id="another title"),
        pytest.param(rss(title=f"{NAME} of others"), "generic", id="a longer title"),
    ],
)
def test_its_title_makes_it_xai(document: bytes, name: str) -> None:
    assert maker(document) == name
