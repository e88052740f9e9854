from __future__ import annotations

import pytest
from documents import at, bare, item, maker, reading, readings, rss, tags

from statustrio.model import Component, Kind, Shape, Update
from statustrio.platforms.azure import PAGE, PLATFORM

NAME = "Azure Status"
HEAD = tags(link="https://one.example.org/en-us/status/", description=NAME)
DATE = "Tue, 03 Mar 2026 08:40:00 Z"


def trouble(slug: str = "teapots-in-west", text: str = "<p>Tea&nbsp;is <b>cold</b>.</p>", host: str = "one") -> str:
    parts = tags(category="Teapots") + tags(category="West")
    link = f"https://{host}.example.org/en-us/status/"
    return item("Teapots in West ", guid=f"\n{slug}\n", link=link, date=DATE, text=text, more=parts)


def test_an_open_incident_is_an_item() -> None:
    one = reading(rss(trouble(), title=NAME, head=HEAD), "azure")
    assert (one.incident_id, one.kind, one.title) == ("teapots-in-west", Kind.INCIDENT, "Teapots in West")
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert one.components == (Component("Teapots"), Component("West"))
    assert (one.started_at, one.updated_at) == (at("2026-03-03T08:40"), at("2026-03-03T08:40"))
    assert (one.url, one.impact) == (PAGE, None)


def test_the_instance_that_answered_changes_nothing_of_a_reading() -> None:
    first, second = (reading(rss(trouble(host=host), title=NAME, head=HEAD), "azure") for host in ("one", "two"))
    assert first == second


def test_another_text_at_the_same_date_is_another_update_of_the_incident() -> None:
    document = rss(trouble(), trouble(text="Tea is warmer."), title=NAME, head=HEAD)
    first, second = readings(document, "azure")
    assert first.incident_id == second.incident_id
    assert [one.updates[0].text for one in (first, second)] == ["Tea is cold.", "Tea is warmer."]


def test_what_is_over_is_gone() -> None:
    assert readings(rss(title=NAME, head=HEAD), "azure") == []
    assert PLATFORM.shape is Shape.CURRENT


def test_an_item_without_anything_has_a_hash() -> None:
    one = reading(rss(item(), title=NAME, head=HEAD), "azure")
    assert (len(one.incident_id), one.components, one.started_at) == (32, None, None)
    assert len(PLATFORM.read(bare(id="y" * 501)).incident_id) == 32


@pytest.mark.parametrize(
    ("title", "description", "name"),
    [
        (NAME, NAME, "azure"),
        (NAME, None, "azure"),
        (NAME, "News of azure tiles", "generic"),
        ("Azure Status of Tiles", NAME, "generic"),
    ],
)
def test_title_and_description_make_it_azure(title: str, description: str | None, name: str) -> None:
    assert maker(rss(title=title, head=tags(description=description))) == name
