from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss, tags

from statustrio.model import Kind, Update
from statustrio.platforms.heroku import PLATFORM

LINK = "https://status.heroku.com/incidents/17"


def told(title: str, link: str = LINK) -> str:
    dates = {"published": "2026-03-03T08:00:00Z", "updated": "2026-03-03T08:40:00Z"}
    return entry(title, id=link, link=link, content="<p>Tea is <b>cold</b>.</p>", **dates)


def test_an_open_incident_shows_its_newest_text() -> None:
    one = reading(atom(told("Cold tea")), "heroku")
    assert (one.incident_id, one.kind, one.title, one.url) == ("17", Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:40"), "unknown", "Tea is cold."),)
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:00"), at("2026-03-03T08:40"))


def test_an_update_takes_the_place_of_the_one_before() -> None:
    first, second = readings(atom(told("Update: Cold tea"), told("Identified: Cold tea")), "heroku")
    assert first.incident_id == second.incident_id
    assert [one.updates[0].label for one in (first, second)] == ["update", "identified"]


@pytest.mark.parametrize(
    ("title", "label", "short", "kind"),
    [
        ("Resolved: Cold tea", "resolved", "Cold tea", Kind.INCIDENT),
        ("Resolved - Cold tea", "resolved", "Cold tea", Kind.INCIDENT),
        ("[Resolved] Cold tea", "resolved", "Cold tea", Kind.INCIDENT),
        ("Resolved", "resolved", "Resolved", Kind.INCIDENT),
        ("Resolved issues with tea", "resolved", "Resolved issues with tea", Kind.INCIDENT),
        ("Resolvedly cold tea", "unknown", "Resolvedly cold tea", Kind.INCIDENT),
        ("Scheduled: New kettle", "scheduled", "New kettle", Kind.MAINTENANCE),
        ("Scheduled maintenance", "scheduled", "Scheduled maintenance", Kind.MAINTENANCE),
    ],
)
def test_the_title_begins_with_the_state(title: str, label: str, short: str, kind: Kind) -> None:
    one = reading(atom(told(title)), "heroku")
    assert (one.updates[0].label, one.title, one.kind) == (label, short, kind)


def test_the_one_date_of_rss_is_no_start() -> None:
    date = "Tue, 03 Mar 2026 08:40:00 GMT"
    one = reading(rss(item("Resolved: X", guid=LINK, link=LINK, date=date, text="Warm.")), "heroku")
    assert (one.started_at, one.updates) == (None, (Update(at("2026-03-03T08:40"), "resolved", "Warm."),))


def test_an_entry_without_anything_has_a_hash() -> None:
    one = PLATFORM.read(bare())
    assert (len(one.incident_id), one.updates[0], one.url) == (32, Update(None, "unknown", ""), None)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(atom(head='<link href="https://status.heroku.com"/>'), "heroku", id="empty atom"),
        pytest.param(rss(head=tags(link="http://status.heroku.com/feed")), "heroku", id="empty rss"),
        pytest.param(atom(head='<link href="https://status.heroku.com.example/"/>'), "generic", id="another host"),
        pytest.param(atom(told("X", "https://status.heroku.com/incidents/seventeen")), "generic", id="no number"),
        pytest.param(atom(), "generic", id="nothing"),
    ],
)
def test_the_page_or_the_links_make_it_heroku(document: bytes, name: str) -> None:
    assert maker(document) == name
