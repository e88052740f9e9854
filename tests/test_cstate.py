from __future__ import annotations

import pytest
from documents import at, bare, item, maker, reading, readings, rss, tags

from statustrio.model import Kind, Update
from statustrio.platforms.cstate import PLATFORM

HEAD = "<generator>github.com/cstate</generator>"
LINK = "https://status.example.org/issues/2026-03-03-tea/"
DATE = "Tue, 03 Mar 2026 08:40:00 +0000"


def issue(title: str, text: str = "<p>Tea is cold.</p>", category: str = "", link: str = LINK) -> str:
    return item(title, guid=link, link=link, date=DATE, text=text, more=tags(category=category))


def test_an_open_incident_has_no_brackets() -> None:
    one = reading(rss(issue("Cold tea"), head=HEAD), "cstate")
    assert (one.incident_id, one.kind, one.title) == ("/issues/2026-03-03-tea/", Kind.INCIDENT, "Cold tea")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert (one.started_at, one.updated_at, one.url) == (at("2026-03-03T08:40"), at("2026-03-03T08:40"), LINK)
    assert (one.impact, one.components) == (None, None)


def test_several_updates_are_one_text() -> None:
    text = "<p><em>Monitoring</em> - warmer <span>(09:00)</span></p><p><em>Investigating</em> - cold</p>"
    one = reading(rss(issue("Cold tea", text), head=HEAD), "cstate")
    assert one.updates[0].text == "Monitoring - warmer (09:00)\n\nInvestigating - cold"
    assert (len(one.updates), one.updates[0].label) == (1, "investigating")


@pytest.mark.parametrize(
    ("category", "ended"),
    [
        ("2026-03-03 10:00:00 +0000 UTC", "2026-03-03T10:00"),
        ("2026-03-03 08:40:00 +0000 UTC", "2026-03-03T08:40"),
        ("2026-03-03 10:00:00 +0200 CEST", None),
        ("2026-03-03 07:00:00 +0000 UTC", None),
        ("0001-01-01 00:00:00 +0000 UTC", None),
        ("Teapots", None),
        ("", None),
    ],
)
def test_a_resolved_issue_ended_at_the_time_of_its_category(category: str, ended: str | None) -> None:
    one = reading(rss(issue("[Resolved] Cold tea", category=category), head=HEAD), "cstate")
    assert (one.title, one.updates[0].label) == ("Cold tea", "resolved")
    assert one.updates[0].at == one.updated_at == (at(ended) if ended else None)
    assert one.started_at == at("2026-03-03T08:40")


@pytest.mark.parametrize(
    ("word", "category"),
    [("Gelöst", ""), ("Résolu", ""), ("解決済み", ""), ("Išspręsta problema", "2026-03-03 10:05:00 +0000 UTC")],
)
def test_the_word_for_resolved_is_known_or_a_time_of_the_end_stands_beside_it(word: str, category: str) -> None:
    one = reading(rss(issue(f"[{word}] Tee", category=category), head=HEAD), "cstate")
    assert (one.title, one.updates[0].label) == ("Tee", "resolved")


@pytest.mark.parametrize(
    "title", ["[EU] Cold tea", "Cold tea [Resolved]", "[] Cold tea", "[Resolved]", f"[{'x' * 61}] Cold tea"]
)
def test_other_brackets_are_part_of_the_title(title: str) -> None:
    one = reading(rss(issue(title), head=HEAD), "cstate")
    assert (one.title, one.updates[0].label) == (title, "investigating")


@pytest.mark.parametrize(
    ("link", "label"),
    [
        (LINK, "investigating"),
        ("https://example.org/status/issues/tea", "investigating"),
        ("https://status.example.org/issues/", "unknown"),
        ("https://status.example.org/post/tea/", "unknown"),
        ("/issues/tea/", "unknown"),
    ],
)
def test_posts_of_the_oldest_sites_have_no_mark_for_the_end(link: str, label: str) -> None:
    assert reading(rss(issue("Cold tea", link=link), head=HEAD), "cstate").updates[0].label == label


def test_planned_work_begins_in_the_future_and_looks_like_any_issue() -> None:
    document = rss(issue("New kettle", "We change it."), issue("[Resolved] New kettle"), head=HEAD)
    assert [(one.kind, one.updates[0].label) for one in readings(document, "cstate")] == [
        (Kind.INCIDENT, "investigating"),
        (Kind.INCIDENT, "resolved"),
    ]


def test_an_item_without_anything_has_a_hash() -> None:
    one = reading(rss(item(), head=HEAD), "cstate")
    assert (len(one.incident_id), one.updates[0]) == (32, Update(None, "unknown", ""))
    assert PLATFORM.read(bare(title="[Resolved] X")).updates[0].at is None


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(head=HEAD), "cstate", id="empty"),
        pytest.param(rss(title="Example Status", head="<generator>Hugo 0.1</generator>"), "cstate", id="an old site"),
        pytest.param(rss(title="My diary", head="<generator>Hugo 0.1</generator>"), "generic", id="a diary"),
        pytest.param(rss(title="Statuses", head="<generator>Hugo 0.1</generator>"), "generic", id="another word"),
        pytest.param(rss(issue("[Resolved] X")), "generic", id="no generator"),
    ],
)
def test_the_generator_makes_it_cstate(document: bytes, name: str) -> None:
    assert maker(document) == name
