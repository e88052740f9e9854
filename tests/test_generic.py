from __future__ import annotations

from datetime import UTC, datetime

import pytest

from statustrio.feed.parse import Entry
from statustrio.model import Kind, Update
from statustrio.platforms.generic import incident_id, read

PUBLISHED = datetime(2026, 7, 22, 15, 0, tzinfo=UTC)
UPDATED = datetime(2026, 7, 22, 16, 0, tzinfo=UTC)


def entry(title: str, content: str = "text", *, id: str | None = "1", link: str | None = None) -> Entry:
    return Entry(id, title, link, PUBLISHED, UPDATED, content, "")


def test_an_entry_is_one_update() -> None:
    reading = read(entry("[Resolved] API down", "<p>It was <b>us</b></p>", link="https://x.example/1"))
    assert reading.updates == (Update(UPDATED, "resolved", "It was us"),)
    assert (reading.incident_id, reading.title, reading.url) == ("1", "[Resolved] API down", "https://x.example/1")
    assert (reading.started_at, reading.updated_at) == (PUBLISHED, UPDATED)
    assert (reading.impact, reading.components) == (None, None)


def test_a_description_is_read_where_there_is_no_content() -> None:
    told = Entry("1", "t", "mailto:x@y", PUBLISHED, None, "", "Resolved - fine")
    assert read(told).updates == (Update(PUBLISHED, "resolved", "Resolved - fine"),)
    assert read(told).url is None


@pytest.mark.parametrize(
    ("title", "content", "label", "kind"),
    [
        pytest.param("[Resolved] X", "", "resolved", Kind.INCIDENT, id="brackets"),
        pytest.param("Resolved: X", "", "resolved", Kind.INCIDENT, id="colon"),
        pytest.param("Resolved - X", "", "resolved", Kind.INCIDENT, id="dash"),
        pytest.param("RESOLVED", "", "resolved", Kind.INCIDENT, id="alone"),
        pytest.param("X", "Status: Resolved", "resolved", Kind.INCIDENT, id="status"),
        pytest.param("X", "<p><b>Status:</b> resolved</p><p>y</p>", "resolved", Kind.INCIDENT, id="status in markup"),
        pytest.param("X", "<strong>Resolved</strong> it is over", "resolved", Kind.INCIDENT, id="strong"),
        pytest.param("X", "<p><h3>Monitoring</h3>y", "monitoring", Kind.INCIDENT, id="heading"),
        pytest.param("X", "Identified<br>y", "identified", Kind.INCIDENT, id="first line"),
        pytest.param("X", "This incident has been resolved. Bye", "resolved", Kind.INCIDENT, id="has been resolved"),
        pytest.param("X", "This issue is now resolved.", "resolved", Kind.INCIDENT, id="is now resolved"),
        pytest.param("Closed: X", "", "resolved", Kind.INCIDENT, id="closed"),
        pytest.param("Update: X", "", "update", Kind.INCIDENT, id="update"),
        pytest.param("Update: X", "Investigating - y", "investigating", Kind.INCIDENT, id="update, and a status"),
        pytest.param("[Investigating] X", "Resolved: y", "investigating", Kind.INCIDENT, id="the title first"),
        pytest.param("[Completed] X", "", "completed", Kind.MAINTENANCE, id="completed"),
        pytest.param("In progress: X", "", "in_progress", Kind.MAINTENANCE, id="in progress"),
        pytest.param("Scheduled: X", "", "scheduled", Kind.MAINTENANCE, id="scheduled"),
        pytest.param("Maintenance: X", "", "scheduled", Kind.MAINTENANCE, id="maintenance"),
        pytest.param("Scheduled maintenance for X", "", "scheduled", Kind.MAINTENANCE, id="scheduled maintenance"),
        pytest.param("Scheduled maintenance", "Status: Completed", "completed", Kind.MAINTENANCE, id="then completed"),
        pytest.param("Scheduled maintenance", "Resolved - y", "resolved", Kind.MAINTENANCE, id="then resolved"),
        pytest.param("Resolved problems with X", "We resolved it", "unknown", Kind.INCIDENT, id="running text"),
        pytest.param("Monitoring is down", "Update of the API", "unknown", Kind.INCIDENT, id="words as names"),
        pytest.param("X", "We said [Resolved] too early", "unknown", Kind.INCIDENT, id="not at the front"),
        pytest.param(
            "Admin Center",
            "This site is updated when service issues occur and shows active incidents and scheduled maintenance.",
            "unknown",
            Kind.INCIDENT,
            id="boilerplate",
        ),
    ],
)
def test_a_word_at_the_front_is_the_status(title: str, content: str, label: str, kind: Kind) -> None:
    reading = read(entry(title, content))
    assert (reading.updates[0].label, reading.kind) == (label, kind)


@pytest.mark.parametrize(
    ("id", "link", "key"),
    [
        pytest.param("INC1", None, "INC1", id="a name"),
        pytest.param("tag:x,2005:1", None, "tag:x,2005:1", id="a tag"),
        pytest.param("https://x.example/a//b?c=1#d", None, "/a/b?c=1#d", id="an address"),
        pytest.param("https://x.example/#aaa", None, "/#aaa", id="a fragment"),
        pytest.param("https://x.example#aaa", None, "/#aaa", id="a fragment of nothing"),
        pytest.param("https://x.example/", "https://x.example/y", "/y Title", id="a bare root"),
        pytest.param(None, "https://x.example/y", "/y Title", id="a link"),
    ],
)
def test_addresses_are_keys_without_host(id: str | None, link: str | None, key: str) -> None:
    assert incident_id(entry("Title", id=id, link=link)) == key


@pytest.mark.parametrize("id", [None, "https://x.example/", "y" * 501])
def test_what_has_no_name_is_hashed(id: str | None) -> None:
    hashed = incident_id(entry("Title", id=id, link="https://x.example"))
    assert len(hashed) == 32
    assert hashed == incident_id(entry("Title", id=id))
    assert hashed != incident_id(entry("Other", id=id))
    undated = Entry(id, "Title", None, None, None, "", "")
    assert incident_id(undated) != hashed
