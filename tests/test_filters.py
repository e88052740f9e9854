# ruff: noqa: E501  a table has one case a line
from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen
from build import NOON
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.config import FilterConfig
from statustrio.events import NAMES, Event
from statustrio.filters import judge
from statustrio.model import Component, Impact
from statustrio.stories import Story

TAGS = {"github": ("dev", "core"), "stripe": ("payments",)}
MAJOR = FilterConfig(min_impact=Impact.MAJOR)


def event(name: str, impact: str | None = None, *components: str, **more: Any) -> Event:
    incident = None if name.startswith(("provider.", "monitor.")) else "a"
    fields = {
        "provider": None if name.startswith("monitor.") else "github",
        "incident_id": incident,
        "impact": Impact(impact) if impact else None,
        "components": tuple(map(Component, components)) or None,
        "title": "Trouble",
        "message": "we look into it",
    }
    return Event(1, "id", NOON, name, provider_name=None, **{**fields, **more})


def told(config: FilterConfig, *events: Event) -> list[bool]:
    """For each event of one incident whether the consumer is told of it."""
    story, passed = Story(), []
    for one in events:
        verdict = judge(config, TAGS, story, one)
        story = verdict.story
        passed.append(verdict.told)
    return passed


OPENED, UPDATED, RESOLVED = "incident.opened", "incident.updated", "incident.resolved"


@frozen
class Case:
    id: str
    config: FilterConfig
    events: tuple[Event, ...]
    passed: str
    """`+` for each event that is told, `-` for each that is not."""


CASES = [
    Case("no filter", FilterConfig(), (event(OPENED), event("provider.gap"), event("monitor.offline")), "+++"),
    Case("closes what it opened, whatever became of the impact", MAJOR, (event(OPENED, "major"), event(UPDATED, "minor"), event(RESOLVED, "none")), "+++"),
    Case("a start that was held back stays silent to the end", MAJOR, (event(OPENED, "minor"), event(UPDATED, "minor"), event(RESOLVED, "minor")), "---"),
    Case("one that rises begins with the event that made it so", MAJOR, (event(OPENED, "minor"), event(UPDATED, "critical"), event(RESOLVED, "minor")), "-++"),
    Case("the worst impact so far counts", MAJOR, (event(OPENED, "minor"), event(UPDATED), event(RESOLVED, "none")), "---"),
    Case("unknown impact passes", MAJOR, (event(OPENED), event(RESOLVED, "minor")), "++"),
    Case("maintenance is less than minor", FilterConfig(min_impact=Impact.MINOR), (event("maintenance.started", "maintenance"),), "-"),
    Case("impact `none` is known", FilterConfig(min_impact=Impact.MINOR), (event(OPENED, "none"),), "-"),
    Case("a component of the list", FilterConfig(components=("API", "Web")), (event(OPENED, None, "DNS", "Web"),), "+"),
    Case("other components", FilterConfig(components=("API",)), (event(OPENED, None, "DNS"), event(RESOLVED, None, "DNS")), "--"),
    Case("unknown components pass", FilterConfig(components=("API",)), (event(OPENED), event(RESOLVED, None, "DNS")), "++"),
    Case("a page that names no component at all does not say", FilterConfig(components=("API",)), (event(OPENED, components=()), event(RESOLVED, components=())), "++"),
    Case("the union of components counts", FilterConfig(components=("API",)), (event(OPENED, None, "DNS"), event(UPDATED, None, "API"), event(RESOLVED, None, "DNS")), "-++"),
    Case("match looks at the title", FilterConfig(match="(?i)TROUBLE"), (event(OPENED, message=None),), "+"),
    Case("match looks at the message", FilterConfig(match="look"), (event(OPENED, title=None),), "+"),
    Case("match that comes later", FilterConfig(match="EU"), (event(OPENED), event(UPDATED, message="in the EU"), event(RESOLVED)), "-++"),
    Case("match never", FilterConfig(match="EU"), (event(OPENED), event(RESOLVED)), "--"),
    Case("all filters have to hold", FilterConfig(min_impact=Impact.MAJOR, match="EU"), (event(OPENED, "major"), event(UPDATED, "minor", message="EU")), "-+"),
    Case("events by name", FilterConfig(events=(OPENED, RESOLVED)), (event(OPENED), event(UPDATED), event(RESOLVED)), "+-+"),
    Case("events by family", FilterConfig(events=("incident.*",)), (event(OPENED), event("maintenance.started"), event("provider.gap"), event("monitor.online")), "+---"),
    Case("families beside names", FilterConfig(events=("provider.*", RESOLVED)), (event("provider.gap"), event(OPENED), event(RESOLVED)), "+-+"),
    Case("an event that is not wanted tells of the incident all the same", FilterConfig(events=(RESOLVED,), min_impact=Impact.MAJOR), (event(OPENED, "major"), event(RESOLVED, "minor")), "-+"),
    Case("this provider", FilterConfig(providers=("github",)), (event(OPENED), event("provider.gap"), event(OPENED, provider="stripe")), "++-"),
    Case("this tag", FilterConfig(tags=("core", "x")), (event(OPENED), event("provider.gap"), event(OPENED, provider="stripe"), event(OPENED, provider="gone")), "++--"),
    Case("provider and tag", FilterConfig(providers=("stripe",), tags=("core",)), (event(OPENED), event(OPENED, provider="stripe")), "--"),
    Case("what concerns the monitor passes filters of providers", FilterConfig(providers=("stripe",), tags=("x",)), (event("monitor.offline"),), "+"),
    Case("what concerns no incident passes filters of incidents", FilterConfig(min_impact=Impact.CRITICAL, components=("API",), match="EU"), (event("provider.unreachable"), event("monitor.offline")), "++"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.id)
def test_who_is_told(case: Case) -> None:
    assert "".join("+" if one else "-" for one in told(case.config, *case.events)) == case.passed


def test_events_that_do_not_concern_the_consumer_are_no_part_of_the_story() -> None:
    verdict = judge(FilterConfig(providers=("stripe",)), TAGS, Story(), event(OPENED, "critical"))
    assert verdict.story == Story()


@pytest.mark.parametrize(
    ("stopped_by", "config", "one"),
    [
        ("providers", FilterConfig(providers=("stripe",), tags=("x",)), event(OPENED)),
        ("tags", FilterConfig(tags=("x",), events=(RESOLVED,)), event(OPENED)),
        ("events", FilterConfig(events=(RESOLVED,)), event(OPENED)),
        ("events", FilterConfig(events=(RESOLVED,)), event("provider.gap")),
        ("min_impact", FilterConfig(min_impact=Impact.MAJOR, match="x"), event(OPENED, "minor")),
        ("components", FilterConfig(components=("API",), match="x"), event(OPENED, None, "DNS")),
        ("match", FilterConfig(match="x", events=(RESOLVED,)), event(OPENED)),
        (None, FilterConfig(min_impact=Impact.MAJOR), event(OPENED, "major")),
    ],
)
def test_the_first_filter_that_stops_an_event_is_named(
    stopped_by: str | None, config: FilterConfig, one: Event
) -> None:
    verdict = judge(config, TAGS, Story(), one)
    assert (verdict.stopped_by, verdict.told) == (stopped_by, stopped_by is None)


ENDS = {"incident.resolved", "incident.withdrawn", "maintenance.completed", "maintenance.withdrawn"}
LIFE = [name for name in NAMES if name.startswith(("incident.", "maintenance."))]
EVENTS = st.builds(
    event,
    st.sampled_from(LIFE),
    st.sampled_from([None, *(one.value for one in Impact)]),
    *([st.sampled_from(["API", "Web", "DNS"])] * 2),
    message=st.sampled_from(["EU", "US", None]),
)
CONFIGS = st.builds(
    FilterConfig,
    providers=st.sampled_from([(), ("github",)]),
    tags=st.sampled_from([(), ("core",)]),
    events=st.sampled_from([(), ("incident.*", "maintenance.*"), ("incident.opened", *sorted(ENDS))]),
    components=st.sampled_from([(), ("API",), ("Web", "DNS")]),
    min_impact=st.sampled_from([None, *Impact]),
    match=st.sampled_from([None, "EU"]),
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(CONFIGS, st.lists(EVENTS, max_size=8))
def test_who_was_told_of_an_incident_is_told_of_its_end(config: FilterConfig, events: list[Event]) -> None:
    passed = told(config, *events)
    first = passed.index(True) if True in passed else len(passed)
    assert all(passes for passes, one in zip(passed[first:], events[first:], strict=True) if one.event in ENDS)
