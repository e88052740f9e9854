from __future__ import annotations

from datetime import timedelta

import pytest
from documents import at, bare, item, maker, reading, readings, rss, tags

from statustrio.model import Component, Impact, Kind, Shape, Update
from statustrio.platforms.m365 import PLATFORM

NAME = "Microsoft Teapot Center"
PART = "Teapot Center"
LINK = "https://status.cloud.microsoft/"


def told(word: str, title: str = PART) -> str:
    return item(
        title,
        link=LINK,
        date="Tue, 03 Mar 2026 08:40:00 Z",
        text="We speak of service issues and active incidents here.",
        more=tags(status=word),
    )


def test_trouble_is_told_by_the_status_alone() -> None:
    one = reading(rss(told("Service degradation"), title=NAME), "m365")
    assert (one.incident_id, one.kind, one.title, one.url) == (PART, Kind.INCIDENT, PART, LINK)
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Service degradation"),)
    assert one.components == (Component(PART, "service_degradation"),)
    assert (one.impact, one.started_at, one.updated_at) == (Impact.MINOR, None, at("2026-03-03T08:40"))


def test_the_boilerplate_means_nothing() -> None:
    assert reading(rss(told("Available"), title=NAME), "m365").updates[0].label == "resolved"


@pytest.mark.parametrize(
    ("word", "label", "impact", "state"),
    [
        ("Available", "resolved", None, "available"),
        ("Operational", "resolved", None, "operational"),
        ("SERVICE RESTORED", "resolved", None, "service_restored"),
        ("Service interruption", "investigating", Impact.MAJOR, "service_interruption"),
        ("Kettle empty", "investigating", None, "kettle_empty"),
        ("Unknown", "unknown", None, "unknown"),
    ],
)
def test_a_word_tells_whether_all_is_well(word: str, label: str, impact: Impact | None, state: str) -> None:
    one = reading(rss(told(word), title=NAME), "m365")
    assert (one.updates[0].label, one.impact, one.components) == (label, impact, (Component(PART, state),))


def test_each_component_is_a_subject_of_its_own() -> None:
    document = rss(told("Available"), told("Service degradation", "Soup Center"), title=NAME)
    assert [one.incident_id for one in readings(document, "m365")] == [PART, "Soup Center"]
    assert (PLATFORM.shape, PLATFORM.gap) == (Shape.CURRENT, timedelta(0))


@pytest.mark.parametrize("title", ["", "y" * 501])
def test_a_component_without_a_name_has_a_hash(title: str) -> None:
    one = PLATFORM.read(bare(title=title))
    assert (len(one.incident_id), one.updates) == (32, (Update(None, "unknown", ""),))
    assert one.components == (Component(title),)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(told("Available"), title=NAME), "m365", id="by its status"),
        pytest.param(rss(item(PART), title=NAME), "generic", id="no status"),
        pytest.param(rss(told("Available"), title="Example"), "generic", id="another title"),
        pytest.param(rss(title=NAME), "generic", id="empty"),
    ],
)
def test_title_and_status_make_it_m365(document: bytes, name: str) -> None:
    assert maker(document) == name
