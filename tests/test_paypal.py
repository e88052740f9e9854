from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss, tags

from statustrio.model import Kind, Update
from statustrio.platforms.paypal import PLATFORM

NAME = "PayPal Status - Event History"
LINK = "https://www.paypal-status.example/incident/production/17"


def block(word: str, date: str, text: str = "text") -> str:
    return f"<br /><strong>{word}: </strong> <p><span>{text}</span></p><br /><small>{date}</small><br />"


def told(
    content: str, title: str = "Initial Notification: Cold tea", stamp: str | None = "2026-03-03T08:40:30Z"
) -> bytes:
    return atom(entry(title, id=LINK, link=LINK, updated=stamp, summary=content), title=NAME)


def test_an_open_incident_has_its_date_below_the_text() -> None:
    one = reading(told(block("Initial Notification", "Mar 3, 08:40 UTC", "Tea is <b>cold</b>.")), "paypal")
    assert (one.incident_id, one.kind, one.title) == ("/incident/production/17", Kind.INCIDENT, "Cold tea")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert (one.url, one.started_at, one.updated_at) == (LINK, at("2026-03-03T08:40"), at("2026-03-03T08:40:30"))


def test_updates_are_printed_newest_first_without_a_year() -> None:
    content = (
        block("Resolved", "Jan 1, 00:10 PST", "warm")
        + block("Update", "Dec 31, 23:50 PST", "warmer")
        + block("Initial Notification", "Dec 31, 12:00 PST", "cold")
    )
    one = reading(told(content, "Resolved: Cold tea", "2026-01-01T08:10:00Z"), "paypal")
    assert one.updates == (
        Update(at("2025-12-31T20:00"), "investigating", "cold"),
        Update(at("2026-01-01T07:50"), "update", "warmer"),
        Update(at("2026-01-01T08:10"), "resolved", "warm"),
    )
    assert one.title == "Cold tea"


def test_each_date_is_near_the_one_above() -> None:
    dates = ["Jun 1, 08:00 UTC", "Dec 31, 08:00 UTC", "Aug 1, 08:00 Teatime", "Jul 4, 08:00 UTC"]
    one = reading(told("".join(block("Update", date) for date in dates), stamp="2026-06-01T08:00:00Z"), "paypal")
    assert [update.at for update in one.updates] == [
        at("2025-07-04T08:00"),
        None,
        at("2025-12-31T08:00"),
        at("2026-06-01T08:00"),
    ]


def test_a_break_below_the_label_and_small_print_without_a_clock_are_text() -> None:
    content = (
        "<br /><strong>Resolved: </strong> <br /> <p>a <small>note</small></p><br /><small>Mar 3, 08:40 UTC</small>tail"
    )
    assert reading(told(content), "paypal").updates == (Update(at("2026-03-03T08:40"), "resolved", "a note"),)


def test_a_date_below_no_label_is_no_update() -> None:
    content = "<p>x <strong>y</strong></p><small>Mar 3, 08:40 UTC</small>" + block("Update", "Mar 3, 08:00 UTC")
    assert reading(told(content), "paypal").updates == (Update(at("2026-03-03T08:00"), "update", "text"),)


@pytest.mark.parametrize(
    ("date", "stamp"),
    [
        ("Mar 3, 08:40 Teatime", "2026-03-03T08:40:30Z"),
        ("Mar 3, 08:40 UTC", None),
        ("soon, at 8:40 or so", "2026-03-03T08:40:30Z"),
    ],
)
def test_an_uncertain_time_is_none(date: str, stamp: str | None) -> None:
    one = reading(told(block("Resolved", date), stamp=stamp), "paypal")
    assert one.updates == (Update(None, "resolved", "text"),)


@pytest.mark.parametrize("word", ["Postponed", "Rescheduled", "Scheduled"])
def test_planned_work_that_is_put_off_is_scheduled(word: str) -> None:
    one = reading(told(block(word, "Mar 3, 08:40 UTC"), f"{word}: New kettle"), "paypal")
    assert (one.kind, one.updates[0].label, one.title) == (Kind.MAINTENANCE, "scheduled", "New kettle")
    bare_text = reading(told("Just <b>text</b>", f"{word}: New kettle"), "paypal")
    assert bare_text.updates == (Update(at("2026-03-03T08:40:30"), "scheduled", "Just text"),)


def test_planned_work_that_is_done_is_completed() -> None:
    content = block("Completed", "Mar 3, 08:40 UTC") + block("Update", "Mar 3, 08:00 UTC")
    one = reading(told(content, "Completed: New kettle"), "paypal")
    assert (one.kind, one.updates[-1].label) == (Kind.MAINTENANCE, "completed")


@pytest.mark.parametrize(
    ("title", "label", "short"),
    [
        ("Cold tea", "unknown", "Cold tea"),
        ("Tea: cold", "unknown", "Tea: cold"),
        ("Resolved:", "resolved", "Resolved:"),
    ],
)
def test_without_updates_the_title_tells(title: str, label: str, short: str) -> None:
    one = reading(told("Just <b>text</b>", title), "paypal")
    assert (one.updates[0].label, one.updates[0].text, one.title) == (label, "Just text", short)


def test_atom_and_rss_say_the_same() -> None:
    content = block("Resolved", "Mar 3, 08:40 UTC")
    twin = item("Resolved: X", guid=LINK, link=LINK, date="Tue, 03 Mar 2026 08:40:00 GMT", text=content)
    one, other = reading(rss(twin, title=NAME), "paypal"), reading(told(content, "Resolved: X"), "paypal")
    assert (one.incident_id, one.title, one.updates) == (other.incident_id, other.title, other.updates)
    assert one.updated_at == at("2026-03-03T08:40")


def test_an_entry_without_anything_has_a_hash() -> None:
    assert len(PLATFORM.read(bare()).incident_id) == 32


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(title=NAME), "paypal", id="empty atom"),
        pytest.param(rss(head=tags(generator="PayPal Status Feed Generator")), "paypal", id="empty rss"),
        pytest.param(rss(title="Event History"), "generic", id="another title"),
        pytest.param(rss(head=tags(generator="Feed Generator")), "generic", id="another generator"),
    ],
)
def test_title_or_generator_make_it_paypal(document: bytes, name: str) -> None:
    assert maker(document) == name
    assert readings(document, name) == []
