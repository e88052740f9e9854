"""The entry of an incident in one document and in the next, and what the filters of consumers make of its events."""

from __future__ import annotations

from typing import Any

import pytest
from build import NOON
from documents import entry, item
from pages import StatusPage

from statustrio.config import ConsumerConfig, FilterConfig
from statustrio.events import Event
from statustrio.explain import Comparison, Kept, compare, entry_lines, judgements, stop
from statustrio.model import Component, Impact
from statustrio.packing import pack

AWS = "https://status.aws.amazon.com/"


def kept(body: bytes, platform: str, at: str = "1") -> Kept:
    return Kept(at, platform, "https://status.example.com/feed", None, pack(body))


def page(*updates: str, at: str = "1", title: str = "Errors") -> Kept:
    """A Statuspage feed with another incident and one of this title with these updates, or without it."""
    page = StatusPage()
    page.open("Other")
    if updates:
        trouble = page.open(title, updates[0])
        for text in updates[1:]:
            page.post(trouble, "Update", text)
    return kept(page.page.body, "statuspage", at)


def aws(*items: str, at: str = "1") -> Kept:
    head = "<generator>AWS Service Health Dashboard RSS Generator</generator>"
    return kept(f"<rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>".encode(), "aws", at)


def change(comparison: Comparison | None) -> list[str]:
    assert comparison
    return [line for line in comparison.lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]


ERRORS = "inc000000002"


def test_an_entry_is_lines_of_text() -> None:
    assert entry_lines(page("We <look>.", "Found."), ERRORS) == (
        "Errors",
        "2026-03-01T08:03:00Z",
        "https://page.example/incidents/inc000000002",
        "",
        "Mar 1, 08:03 UTC",
        "Update - Found.",
        "",
        "Mar 1, 08:02 UTC",
        "Investigating - We <look>.",
        "",
    )


def test_content_and_summary_are_both_shown_once() -> None:
    link = "https://status.example.com/a"
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'>{{}}{entry('B', id='b')}</feed>"
    both = body.format(entry("A", id="a", link=link, content="<p>Long words.</p>", summary="Short.")).encode()
    twice = body.format(entry("A", id="a", link=link, content="Same.", summary="Same.")).encode()
    assert entry_lines(kept(both, "generic"), "a") == ("A", link, "", "Long words.", "", "Short.", "")
    assert entry_lines(kept(twice, "generic"), "a") == ("A", link, "", "Same.", "")


def test_the_last_document_is_compared_with_the_one_before_it() -> None:
    documents = (page("We look.", "Found it.", at="3"), page("We look.", "Found.", at="2"), page("We look.", at="1"))
    comparison = compare(documents, ERRORS)
    assert comparison
    assert (comparison.before_at, comparison.after_at) == ("2", "3")
    assert change(comparison) == ["-Update - Found.", "+Update - Found it."]


def test_what_the_document_before_did_not_show_is_all_new() -> None:
    comparison = compare((page("We look.", at="2"), page(at="1")), ERRORS)
    assert "+Investigating - We look." in change(comparison)
    assert not [line for line in change(comparison) if line.startswith("-")]


def test_what_the_last_document_does_not_show_is_compared_with_the_newest_that_does() -> None:
    comparison = compare((page(at="3"), page(at="2"), page("We look.", at="1")), ERRORS)
    assert comparison
    assert (comparison.before_at, comparison.after_at) == ("1", "3")
    assert "-Investigating - We look." in change(comparison)


def test_with_nothing_to_compare_with_the_entry_is_shown_as_it_stands() -> None:
    alone = page("We look.", at="1")
    assert compare((alone,), ERRORS) == Comparison(entry_lines(alone, ERRORS), "1")


def test_what_reads_the_same_has_no_lines() -> None:
    assert compare((page("We look.", at="2"), page("We look.", at="1")), ERRORS) == Comparison((), "2", "1")


@pytest.mark.parametrize("documents", [(), (page(),), (page(), page())], ids=["no document", "one", "two"])
def test_what_no_document_shows_cannot_be_compared(documents: tuple[Kept, ...]) -> None:
    assert compare(documents, ERRORS) is None


def test_where_a_page_names_subjects_their_entries_are_those_of_the_incident_oldest_first() -> None:
    def one(title: str, epoch: int, hour: int, subject: str = "ec2-us-east-1") -> str:
        date = f"Mon, 02 Mar 2026 {hour}:00:00 GMT"
        return item(title, guid=f"{AWS}#{subject}_{epoch}", link=AWS, date=date, text=f"{title} it is.")

    first, second = one("Errors", 1772445600, 10), one("[RESOLVED] Errors", 1772449200, 11)
    other = one("Delays", 1772445600, 10, "s3-eu-west-1")
    comparison = compare((aws(second, other, first, at="2"), aws(other, first, at="1")), "ec2-us-east-1_1772445600")
    assert [line.removeprefix("+") for line in change(comparison)][:1] == ["[RESOLVED] Errors"]
    assert entry_lines(aws(second, other, first), "ec2-us-east-1_1772445600")[0] == "Errors"


def event(seq: int, name: str, impact: Impact | None = None, *components: str, **more: Any) -> Event:
    return Event(
        seq, "id", NOON, name, "acme", None, "a", impact=impact, components=tuple(map(Component, components)), **more
    )


FILTERS = {
    "all": FilterConfig(),
    "major": FilterConfig(min_impact=Impact.MAJOR),
    "api": FilterConfig(components=("API", "Web")),
    "words": FilterConfig(match="disk"),
    "ends": FilterConfig(events=("incident.resolved", "provider.*")),
    "others": FilterConfig(providers=("bolt",)),
    "paid": FilterConfig(tags=("payments",)),
}


def test_the_last_event_is_judged_on_the_incident_so_far_and_what_stops_it_is_said() -> None:
    events = (
        event(1, "incident.opened", Impact.MINOR, "DNS"),
        event(2, "incident.updated", Impact.NONE, "Mail", message="more"),
    )
    consumers = [ConsumerConfig(name, "file", filter=one) for name, one in FILTERS.items()]
    found = judgements(consumers, {"acme": ("work",)}, events)
    assert {consumer.id: stop(consumer, telling) for consumer, telling in found} == {
        "all": None,
        "major": "min_impact: major (worst so far: minor)",
        "api": "components: API, Web (so far: DNS, Mail)",
        "words": "match: disk",
        "ends": "events: incident.resolved, provider.*",
        "others": "providers: bolt",
        "paid": "tags: payments",
    }


def test_who_was_told_of_the_beginning_is_told_of_the_rest() -> None:
    events = (event(1, "incident.opened", Impact.MAJOR), event(2, "incident.resolved", Impact.NONE))
    ((_, telling),) = judgements([ConsumerConfig("m", "file", filter=FILTERS["major"])], {}, events)
    assert telling.seqs == (2,)


def test_a_damaged_document_is_passed_over() -> None:
    damaged = Kept("2", "statuspage", "https://status.example.com/feed", None, b"\x00")
    assert compare([damaged], "a") is None


def test_a_document_of_a_platform_nobody_knows_is_read_as_any_other() -> None:
    body = b"<rss><channel><item><guid>a</guid><title>Tea</title></item></channel></rss>"
    found = compare([kept(body, "beacon")], "a")
    assert found is not None
    assert found.lines[0] == "Tea"
