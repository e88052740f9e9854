from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from build import NOON, World, kinds, reading, t, told, up
from hypothesis import given
from hypothesis import strategies as st

from statustrio.grouping import group
from statustrio.model import Kind, Known, ProviderState, Reading, Seen, Shape, Shown, Validators

DAY = 24 * 60.0


def said(label: str, minutes: float | None, *, subject: str = "s3", title: str = "Errors", text: str = "") -> Reading:
    """An entry of a subject: its own update alone."""
    return reading(up(label, minutes, text or f"{label} {minutes}"), id=subject, title=title, started_at=None)


def opened(minutes: float, **more: Any) -> Reading:
    return said("investigating", minutes, **more)


def over(minutes: float, **more: Any) -> Reading:
    return said("resolved", minutes, **more)


def stream() -> World:
    """A feed of updates whose incidents have no name, like that of AWS."""
    return World(shape=Shape.PER_UPDATE, platform="aws", gap=DAY * 60)


def states() -> World:
    """A feed that shows how each component is, like that of StatusIQ."""
    return World(shape=Shape.CURRENT, platform="statusiq", gap=0)


def name(minutes: float, subject: str = "s3") -> str:
    return f"{subject}_{int(t(minutes).timestamp())}"


def test_a_document_whose_incidents_have_names_stays_as_it_is() -> None:
    seen = Seen("aws", Shape.PER_UPDATE, "h", Validators(), "d", (Shown("1", "s3", NOON),), (opened(0),))
    assert group(Known(ProviderState("p", "P", "u")), seen, NOON) is seen


def test_updates_of_a_subject_close_together_are_one_incident() -> None:
    world = stream()
    old = said("resolved", -DAY * 9, subject="ec2")
    world.see(old)
    drafts = world.see(old, opened(0), opened(30), over(90))
    assert told(drafts) == [
        ("incident.opened", "investigating 0"),
        ("incident.updated", "investigating 30"),
        ("incident.resolved", "resolved 90"),
    ]
    assert {draft.incident_id for draft in drafts} == {name(0)}
    assert world.incidents[name(0)].started_at == t(0)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param(over(0), opened(23 * 60), True, id="reopened within a day"),
        pytest.param(over(0), opened(25 * 60), False, id="more than a day after the end"),
        pytest.param(over(0), opened(60, title="Latency"), False, id="over, and something else soon after"),
        pytest.param(opened(0), over(30 * DAY), True, id="open for a month"),
        pytest.param(opened(0), opened(60, title="Errors and latency"), True, id="open, and called otherwise"),
        pytest.param(opened(0), opened(2 * DAY, title="Latency"), False, id="open, and something else days later"),
        pytest.param(opened(0), opened(0, subject="ec2"), False, id="another subject"),
        pytest.param(over(0), over(4 * 60), True, id="words on the cause"),
    ],
)
def test_an_update_goes_on_with_what_it_belongs_to(first: Reading, second: Reading, same: bool) -> None:
    world = stream()
    world.see(said("resolved", -9 * DAY, subject="x"), backfill="all")
    world.see(said("resolved", -9 * DAY, subject="x"), first)
    world.see(said("resolved", -9 * DAY, subject="x"), first, second)
    assert len(world.incidents) - 1 == (1 if same else 2)


def test_what_an_incident_is_called_is_kept_over_polls_and_by_entries_that_stay() -> None:
    world = stream()
    world.see(opened(0))
    world.see(opened(0), opened(30))
    drafts = world.see(opened(0), opened(30), over(60))
    assert [(draft.event, draft.incident_id) for draft in drafts] == [("incident.resolved", name(0))]
    assert {shown.incident_id for shown in world.state.window} == {name(0)}


def test_the_history_of_a_first_sight_is_cut_into_incidents() -> None:
    world = stream()
    drafts = world.see(over(-3 * DAY), opened(-3 * DAY - 60), opened(-30), over(-60 * DAY))
    assert [draft.incident_id for draft in drafts] == [name(-30)]
    assert sorted(world.incidents) == sorted([name(-60 * DAY), name(-3 * DAY - 60), name(-30)])


def test_an_update_without_a_time_is_of_now() -> None:
    world = stream()
    (draft,) = world.see(said("investigating", None), after=5)
    assert draft.incident_id == name(5)


def test_being_well_is_no_incident() -> None:
    world = states()
    assert world.see(over(0, subject="API")) == ()
    assert world.see(over(10, subject="API")) == ()
    assert world.incidents == {}


def test_being_well_again_ends_an_incident_and_the_next_trouble_is_another() -> None:
    world = states()
    world.see(over(0, subject="API"), over(0, subject="Web"))
    assert kinds(world.see(opened(10, subject="API"), over(0, subject="Web"))) == ["incident.opened"]
    assert kinds(world.see(over(20, subject="API"), over(0, subject="Web"))) == ["incident.resolved"]
    assert world.see(over(30, subject="API"), over(0, subject="Web")) == ()
    (draft,) = world.see(opened(40, subject="API"), over(0, subject="Web"))
    assert (draft.event, draft.incident_id) == ("incident.opened", name(40, "API"))
    assert sorted(world.incidents) == [name(10, "API"), name(40, "API")]


def test_a_component_of_the_same_name_that_is_well_ends_nothing() -> None:
    world = states()
    bad = opened(10, subject="Channel")
    assert kinds(world.see(bad, over(5, subject="Channel"))) == ["incident.opened"]
    assert world.see(bad, over(5, subject="Channel"), over(15, subject="Channel")) == ()
    assert world.incidents[name(10, "Channel")].open
    drafts = world.see(over(30, subject="Channel"), over(5, subject="Channel"), over(15, subject="Channel"))
    assert kinds(drafts) == ["incident.resolved"]


def test_a_component_that_is_no_longer_listed_is_over_once_that_is_confirmed() -> None:
    world = states()
    world.see(opened(0, subject="API"), over(0, subject="Web"))
    assert world.see(over(0, subject="Web")) == ()
    assert world.unchanged(after=10) == ()
    assert kinds(world.unchanged(after=10)) == ["incident.resolved"]


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(-5000, 5000), st.booleans()), max_size=12), st.data()
)
def test_the_order_of_the_entries_does_not_matter(items: list[tuple[str, int, bool]], data: st.DataObject) -> None:
    entries = [
        evolve(said("resolved" if ended else "investigating", at, subject=subject), digest=f"{subject}{at}{ended}")
        for subject, at, ended in dict.fromkeys(items)
    ]
    shuffled = data.draw(st.permutations(entries))
    known = Known(ProviderState("p", "P", "u"))

    def ids(readings: list[Reading]) -> dict[str, str]:
        window = tuple(Shown(one.digest, one.incident_id, one.updates[-1].at) for one in readings)
        seen = Seen("aws", Shape.PER_UPDATE, "h", Validators(), "d", window, tuple(readings), DAY * 60)
        return {shown.digest: shown.incident_id for shown in group(known, seen, NOON).window}

    assert ids(entries) == ids(shuffled)


def test_an_older_entry_that_comes_late_ends_nothing() -> None:
    world = stream()
    world.see(opened(0))
    world.see(opened(0), over(-10), opened(3 * DAY))
    assert set(world.incidents) == {name(0)}


def test_each_update_carries_the_incident_a_day_further() -> None:
    world = stream()
    world.see(opened(0), opened(1200, title="Latency"), opened(2400, title="Timeouts"))
    assert set(world.incidents) == {name(0)}


def test_of_two_updates_of_one_second_the_end_comes_last() -> None:
    world = stream()
    world.see(over(0), opened(0), opened(60, title="Latency"))
    assert set(world.incidents) == {name(0), name(60)}


def test_a_component_that_gets_worse_is_not_ended_by_one_of_its_name_that_is_well_again() -> None:
    world = states()
    world.see(opened(10, subject="Channel"))
    drafts = world.see(opened(20, subject="Channel"), over(21, subject="Channel"))
    assert kinds(drafts) == ["incident.updated"]


def test_what_was_seen_before_is_known_again_when_the_feed_was_empty_in_between() -> None:
    world = stream()
    page = (over(-3 * DAY), opened(-3 * DAY - 60), over(-30), opened(-90))
    world.see(*page)
    world.see()
    assert world.see(*page) == ()
    assert len(world.incidents) == 2


def test_items_of_months_ago_do_not_join_what_is_open_under_the_same_title_now() -> None:
    world = stream()
    world.see(opened(0), over(-60 * DAY), opened(-60 * DAY - 60))
    world.see(opened(0))
    world.see(opened(0), over(-60 * DAY), opened(-60 * DAY - 60))
    assert world.see(opened(0), over(-90 * DAY)) == ()
    assert world.incidents[name(0)].started_at == t(0)


def test_an_outage_in_the_middle_of_planned_work_is_an_incident_of_its_own() -> None:
    world = states()
    work = evolve(said("in_progress", 0, subject="API"), kind=Kind.MAINTENANCE)
    assert kinds(world.see(work)) == ["maintenance.started"]
    (draft,) = world.see(opened(10, subject="API"))
    assert (draft.event, draft.incident_id) == ("incident.opened", name(10, "API"))
    assert kinds(world.see(over(20, subject="API"))) == ["incident.resolved"]
    world.unchanged(after=10)
    assert kinds(world.unchanged(after=10)) == ["maintenance.completed"]


def test_trouble_that_comes_back_under_the_same_date_is_told() -> None:
    """Where a page never moves its date."""
    world = states()
    bad, well = opened(0, text="bad"), over(0, text="well")
    told_so_far = [kinds(world.see(page)) for page in (bad, well, bad, well)]
    assert told_so_far == [["incident.opened"], ["incident.resolved"], ["incident.reopened"], ["incident.resolved"]]


def test_the_state_of_a_component_began_with_its_first_entry() -> None:
    world = states()
    world.see(opened(0))
    world.see(opened(10))
    world.see(over(30))
    (incident,) = world.incidents.values()
    assert (incident.started_at, incident.resolved_at) == (t(0), t(30))
