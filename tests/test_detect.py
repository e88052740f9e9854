"""What one observation changes. Feeds as a whole; the story of a single incident is in test_incidents.py."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, frozen
from build import World, kinds, planned, reading, t, told, up
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.codec import from_json, to_json
from statustrio.detect import detect
from statustrio.events import BEGINNINGS, ENDS
from statustrio.model import (
    OVER,
    Change,
    Component,
    Failed,
    Impact,
    KeptBody,
    Kind,
    Observation,
    Reading,
    Seen,
    Shape,
    Status,
    Unchanged,
    Update,
)

INV, IDE, RES = up("investigating", 0), up("identified", 5), up("resolved", 24)


def ended(id: str, minutes: float, **more: Any) -> Reading:
    return reading(up("investigating", minutes - 5), up("resolved", minutes), id=id, **more)


# First sight


@pytest.mark.parametrize(
    ("backfill", "events"),
    [
        ("open", ["maintenance.scheduled", "incident.opened"]),
        (
            "all",
            ["maintenance.scheduled", "incident.opened", "incident.resolved", "incident.opened", "incident.updated"],
        ),
        ("none", []),
    ],
)
def test_at_first_sight_what_is_announced_is_asked_for(backfill: str, events: list[str]) -> None:
    world = World(minutes=30)
    page = (
        planned(up("scheduled", -60), id="plan", scheduled_for=t(600)),
        reading(INV, IDE, id="open"),
        ended("over", -1),
    )
    drafts = world.see(*page, backfill=backfill)
    assert kinds(drafts) == events
    assert [one.update_at for one in drafts] == sorted(one.update_at for one in drafts if one.update_at)
    assert set(world.incidents) == {"plan", "open", "over"}
    assert world.state.first_success_at == t(31)


def test_an_open_incident_at_first_sight_is_one_event_with_its_newest_update() -> None:
    (draft,) = World().see(reading(INV, IDE, up("update", 8)))
    assert (draft.event, draft.update_at, draft.status) == ("incident.opened", t(8), "identified")


def test_work_under_way_at_first_sight_has_started() -> None:
    assert kinds(World().see(planned(up("scheduled"), up("in_progress", 5)))) == ["maintenance.started"]


def test_an_unknown_status_of_last_week_is_not_open_at_first_sight() -> None:
    world = World(minutes=7 * 24 * 60)
    assert world.see(reading(up("lunch", 0))) == ()
    assert not world.incidents["a"].open


def test_the_first_incident_of_an_empty_page_is_told_whole() -> None:
    world = World()
    assert world.see() == ()
    assert kinds(world.see(reading(INV, RES))) == ["incident.opened", "incident.resolved"]


# What comes later


def test_drafts_of_several_incidents_go_oldest_update_first() -> None:
    world = World()
    world.see()
    drafts = world.see(reading(up("investigating", 2), up("resolved", 9), id="b"), reading(INV, IDE, id="a"))
    assert [(one.incident_id, one.update_at) for one in drafts] == [("a", t(0)), ("b", t(2)), ("a", t(5)), ("b", t(9))]


def test_the_order_of_one_incident_is_the_pages_even_where_its_times_are_not() -> None:
    world = World()
    world.see()
    page = reading(up("investigating", 10), up("identified", 3), up("resolved", None), id="b")
    drafts = world.see(page, reading(up("investigating", 5), id="a"))
    assert [(one.incident_id, one.status) for one in drafts] == [
        ("a", "investigating"), ("b", "investigating"), ("b", "identified"), ("b", "resolved"),
    ]  # fmt: skip


def test_updates_without_times_are_told_after_what_is_timed() -> None:
    world = World()
    world.see()
    drafts = world.see(
        reading(up("investigating", None), id="b", started_at=t(0)), reading(up("investigating", -50), id="a")
    )
    assert [one.incident_id for one in drafts] == ["a", "b"]


def test_what_slid_into_view_is_stored_silently() -> None:
    world = World()
    world.see(ended("b", 0), ended("c", 50))
    assert world.see(ended("a", -60), ended("c", 50)) == ()
    assert world.incidents["a"].status == "resolved"
    assert not world.incidents["a"].open


def test_one_as_old_as_the_oldest_has_not_slid_into_view() -> None:
    world = World()
    world.see(ended("b", 0), ended("c", 50))
    page = (ended("a", 0, title="Other"), ended("b", 0), ended("c", 50))
    assert kinds(world.see(*page)) == ["incident.opened", "incident.resolved"]


def test_an_old_one_that_is_open_has_not_slid_into_view() -> None:
    world = World()
    world.see(ended("b", 0), ended("c", 50))
    drafts = world.see(reading(up("investigating", -60)), ended("b", 0), ended("c", 50))
    assert kinds(drafts) == ["incident.opened"]


def test_a_new_one_that_is_over_is_announced() -> None:
    world = World()
    world.see(ended("b", 0))
    assert kinds(world.see(ended("b", 0), reading(up("resolved", 3), id="c"))) == ["incident.resolved"]


def test_the_oldest_time_is_that_of_the_last_window_that_was_not_empty() -> None:
    world = World()
    world.see(ended("b", 0))
    world.see()
    assert world.state.window_oldest == t(-5)
    assert world.see(ended("a", -60), ended("b", 0)) == ()


def test_an_entry_without_time_has_not_slid_into_view() -> None:
    world = World()
    world.see(ended("b", 0))
    assert kinds(world.see(reading(up("resolved", None), id="c"), ended("b", 0))) == ["incident.resolved"]


def test_entries_of_one_incident_in_one_feed_are_its_updates() -> None:
    world = World(Shape.PER_UPDATE)
    world.see()
    drafts = world.see(reading(RES, started_at=t(24)), reading(IDE, started_at=t(5)), reading(INV))
    assert kinds(drafts) == ["incident.opened", "incident.updated", "incident.resolved"]
    assert world.see(reading(RES, started_at=t(24)), reading(IDE, started_at=t(5)), reading(INV, title="x")) == ()


# Absence: rolled out, withdrawn, no longer listed


BODY = KeptBody(b"packed", "https://status.example.com/history.atom", None, 20)
RUNNING = reading(up("investigating", -5))


@pytest.mark.parametrize(
    ("before", "page", "kept"),
    [
        (None, (), True),
        (None, (RUNNING,), True),
        ((RUNNING,), (reading(up("investigating", -5), up("resolved", 0)),), True),
        ((RUNNING,), (RUNNING, reading(up("resolved", -900), id="old")), True),
        ((RUNNING, reading(up("resolved", -900), id="old")), (RUNNING,), True),
        ((RUNNING,), (evolve(RUNNING, digest="other"),), False),
        ((), (), False),
    ],
    ids=[
        "a first sight of nothing", "a first sight", "an event", "one told to nobody", "one that left",
        "the same in other bytes", "nothing",
    ],
)  # fmt: skip
def test_a_document_is_kept_where_it_showed_what_was_not_known(
    before: tuple[Reading, ...] | None, page: tuple[Reading, ...], kept: bool
) -> None:
    world = World()
    if before is not None:
        world.see(*before)
    world.observe(evolve(world.seen(page), body=BODY))
    assert world.change
    assert world.change.body == (BODY if kept else None)


def test_rolled_out_of_the_window_keeps_its_status_and_is_forgotten_after_a_week() -> None:
    world = World()
    world.see(reading(INV), ended("b", 9))
    assert {one.incident_id for one in world.see(ended("b", 9), ended("c", 20))} == {"c"}
    known = world.incidents["a"]
    assert (known.status, known.open, known.shown, known.missing_since) == (Status.INVESTIGATING, True, False, None)
    assert known.expires_at == t(world.minutes) + timedelta(days=7)
    for _ in range(5):
        assert world.unchanged(after=60) == ()
    assert world.state.active_until is not None


def test_an_unknown_status_that_rolled_out_does_not_live_longer_for_it() -> None:
    world = World()
    world.see(reading(up("lunch", 0)), ended("b", 9))
    world.see(ended("b", 9))
    assert world.incidents["a"].expires_at == t(24 * 60)


def test_taken_down_while_older_entries_are_shown_is_withdrawn_once_it_is_confirmed() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    assert world.see(ended("b", -30)) == ()
    assert world.state.watching
    assert world.unchanged(after=10) == ()
    assert world.unchanged(after=4) == ()
    (draft,) = world.unchanged(after=1)
    assert (draft.event, draft.previous_status) == ("incident.withdrawn", "investigating")
    assert world.incidents["a"].status is Status.WITHDRAWN
    assert not world.state.watching
    assert world.state.active_until is None
    assert world.unchanged(after=60) == ()


def test_fifteen_minutes_are_not_enough_without_three_polls() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    world.see(ended("b", -30))
    assert world.unchanged(after=60) == ()
    assert kinds(world.unchanged(after=1)) == ["incident.withdrawn"]


def test_failed_polls_confirm_no_absence() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    world.see(ended("b", -30))
    for _ in range(2):
        world.fail(after=7)
    assert world.unchanged(after=1) == ()
    assert kinds(world.unchanged()) == ["incident.withdrawn"]


def test_an_absence_is_confirmed_by_other_documents_too() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    world.see(ended("b", -30))
    world.see(ended("b", -30), ended("c", 9), after=10)
    drafts = world.see(ended("b", -30), ended("c", 9), ended("d", 10), after=10)
    assert kinds(drafts)[-1] == "incident.withdrawn"


def test_reappearing_cancels_the_count() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    world.see(ended("b", -30))
    world.unchanged(after=14)
    assert world.see(reading(INV), ended("b", -30)) == ()
    assert (world.incidents["a"].missing_since, world.incidents["a"].missing_polls) == (None, 0)
    assert not world.state.watching
    assert world.see(ended("b", -30)) == ()
    assert world.unchanged(after=20) == ()


def test_a_clock_that_is_set_back_does_not_hold_up_what_is_being_confirmed() -> None:
    world = World()
    old = reading(up("resolved", -500), id="old")
    world.see(old, reading(up("investigating", 0), id="gone"))
    world.see(old, after=24 * 60)
    assert kinds(world.see(old, after=-24 * 60 + 5)) == []
    assert kinds(world.see(old, after=16)) == ["incident.withdrawn"]


def test_what_returns_after_it_was_withdrawn_is_reopened() -> None:
    world = World()
    world.see(reading(INV), ended("b", -30))
    world.see(ended("b", -30))
    world.unchanged(after=20)
    world.unchanged()
    assert kinds(world.see(reading(INV), ended("b", -30))) == ["incident.reopened"]


def test_an_incident_that_is_over_vanishes_without_a_word() -> None:
    world = World()
    world.see(ended("a", 0), ended("b", -30))
    for _ in range(4):
        assert world.see(ended("b", -30), after=10) == ()
    assert not world.incidents["a"].shown


def test_the_newest_entry_of_an_incident_tells_whether_it_was_overtaken() -> None:
    for entries in ([INV, IDE], [IDE, INV]):
        world = World(Shape.PER_UPDATE)
        b = reading(up("resolved", 2), id="b")
        world.see(*(reading(one, started_at=one.at) for one in entries), b)
        world.see(b)
        assert world.incidents["a"].missing_polls == 1


def test_cancelled_maintenance_is_withdrawn() -> None:
    world = World()
    world.see(planned(up("scheduled")), ended("b", -30))
    world.see(ended("b", -30))
    world.unchanged(after=20)
    assert kinds(world.unchanged()) == ["maintenance.withdrawn"]


def current(*page: Reading) -> World:
    world = World(Shape.CURRENT, "azure")
    world.see(*page)
    return world


def test_where_only_what_is_open_is_listed_absence_is_the_end() -> None:
    world = current(reading(INV))
    assert world.see() == ()
    assert world.unchanged(after=10) == ()
    assert told(world.unchanged(after=5)) == [("incident.resolved", "no longer listed by the provider")]
    assert world.incidents["a"].status == "resolved"
    assert world.unchanged(after=60) == ()


def test_where_only_what_is_open_is_listed_three_polls_are_not_enough_in_a_quarter_of_an_hour() -> None:
    world = current(reading(INV), reading(INV, id="b"))
    world.see(reading(INV, id="b"))
    for _ in range(14):
        assert world.unchanged() == ()
    assert [one.incident_id for one in world.unchanged()] == ["a"]


def test_listed_again_before_it_is_confirmed_nothing_happened() -> None:
    world = current(reading(INV))
    world.see()
    world.unchanged(after=14)
    assert world.see(reading(INV)) == ()
    assert world.see() == ()
    assert world.unchanged(after=20) == ()


def test_listed_again_after_it_was_over_it_is_reopened() -> None:
    world = current(reading(INV))
    for _ in range(2):
        world.see()
        world.unchanged(after=10)
        assert kinds(world.unchanged(after=5)) == ["incident.resolved"]
        assert kinds(world.see(reading(INV))) == ["incident.reopened"]
        assert world.incidents["a"].open
    assert kinds(world.see(reading(IDE))) == ["incident.updated"]
    assert len({one.id for one in world.events}) == len(world.events)


@pytest.mark.parametrize("label", ["update", "lunch", "identified"])
def test_listed_again_with_other_words_it_is_reopened(label: str) -> None:
    world = current(reading(INV))
    world.see()
    world.unchanged(after=10)
    world.unchanged(after=5)
    assert told(world.see(reading(up(label, 40)))) == [("incident.reopened", f"{label} text")]


# Failures


def test_three_failures_in_a_row_are_blindness_and_a_success_ends_it() -> None:
    world = World()
    world.see()
    assert world.fail() == ()
    assert world.fail() == ()
    assert told(world.fail("HTTP 500", status=500)) == [("provider.unreachable", "HTTP 500")]
    assert world.fail() == ()
    assert (world.state.consecutive_failures, world.state.last_error) == (4, "timeout")
    (draft,) = world.unchanged()
    assert (draft.event, draft.incident_id, draft.title) == ("provider.recovered", None, None)
    assert draft.message == "reachable again after 2 min"
    assert (world.state.consecutive_failures, world.state.last_error, world.state.unreachable_since) == (0, None, None)
    assert world.unchanged() == ()


def test_a_success_between_failures_begins_the_count_anew() -> None:
    world = World()
    for outcome in (world.fail, world.fail, world.unchanged, world.fail, world.fail, world.unchanged):
        assert outcome() == ()


def test_a_provider_that_never_answered_is_blind_after_three_failures() -> None:
    world = World()
    assert [kinds(world.fail(after=60)) for _ in range(3)] == [[], [], ["provider.unreachable"]]


@pytest.mark.parametrize(
    ("interval", "minutes", "blind"),
    [(60, 15, False), (60, 15.1, True), (1200, 16, False), (1200, 40, False), (1200, 40.1, True)],
)
def test_blind_after_15_minutes_and_two_intervals_without_success(interval: float, minutes: float, blind: bool) -> None:
    world = World(interval=interval)
    world.see()
    assert not world.fail(after=minutes - 1)  # one failure, after a sleep of the machine say, is no blindness
    assert bool(world.fail(after=1)) is blind


def test_gone_is_blindness_at_once() -> None:
    world = World()
    world.see()
    assert kinds(world.fail("HTTP 410", status=410)) == ["provider.unreachable"]
    assert world.state.gone
    assert world.fail("HTTP 410", status=410) == ()
    assert kinds(world.see(reading(INV))) == ["provider.recovered", "incident.opened"]
    assert not world.state.gone


def test_what_a_failure_says_is_kept() -> None:
    world = World()
    world.fail("HTTP 429", status=429, not_before=t(90))
    assert (world.state.last_status, world.state.not_before, world.state.last_polled_at) == (429, t(90), t(1))
    world.unchanged()
    assert (world.state.last_status, world.state.not_before) == (None, None)


def test_while_the_monitor_is_offline_no_provider_is_called_unreachable() -> None:
    world = World(offline=True)
    for _ in range(4):
        assert world.fail(unconnected=True) == ()
    assert world.state.unreachable_since is None
    world.offline = False
    assert kinds(world.fail()) == ["provider.unreachable"]


def test_a_failure_touches_no_incident() -> None:
    world = World()
    world.see(reading(INV))
    before = dict(world.incidents)
    world.fail()
    assert world.change is not None
    assert world.change.incidents == ()
    assert world.incidents == before


# Gaps and moves


def test_nothing_shown_is_known_is_a_gap() -> None:
    world = World()
    world.see(ended("a", -90))
    drafts = world.see(ended("b", 0), reading(INV, id="c"))
    assert kinds(drafts) == ["provider.gap", "incident.opened", "incident.resolved", "incident.opened"]
    assert drafts[0].incident_id is None


@pytest.mark.parametrize("page", [(), (ended("a", 0), ended("b", 9))], ids=["empty", "one is known"])
def test_no_gap_where_something_is_known_or_nothing_shown(page: tuple[Reading, ...]) -> None:
    world = World()
    world.see(ended("a", 0))
    assert "provider.gap" not in kinds(world.see(*page))


def test_no_gap_after_an_empty_window() -> None:
    world = World()
    world.see(ended("a", 0))
    world.see()
    assert kinds(world.see(ended("b", 9))) == ["incident.opened", "incident.resolved"]


def test_a_page_that_moved_is_matched_by_title_and_start() -> None:
    world = World()
    world.see(reading(INV, id="1"), reading(INV, id="2", title="Lost"), ended("3", 0, title="Old"))
    world.platform, world.shape = "incidentio", Shape.LATEST
    page = (
        reading(IDE, id="x1", started_at=t(0)),
        reading(up("resolved", -99), id="x2", title="Over"),
        reading(up("monitoring", 2), id="x3", title="New"),
        reading(up("resolved", 0), id="x4", title="Old", started_at=t(-5)),
    )
    drafts = world.see(*page)
    assert [(one.event, one.incident_id) for one in drafts] == [
        ("provider.changed", None), ("incident.opened", "x3"), ("incident.updated", "x1"),
    ]  # fmt: skip
    assert "platform statuspage to incidentio" in str(drafts[0].message)
    assert {one: known.status for one, known in world.incidents.items()} == {
        "x1": "identified", "2": "superseded", "x4": "resolved", "x2": "resolved", "x3": "monitoring",
    }  # fmt: skip
    assert not world.incidents["2"].open
    assert world.see(*page) == ()


def test_a_page_that_moved_tells_nothing_twice() -> None:
    world = World()
    pages = [(reading(INV, IDE, id=f"{n}1"), ended(f"{n}2", 30, title="Other")) for n in "ab"]
    world.see(*pages[0])
    world.host = "status.other.example"
    assert kinds(world.see(*pages[1])) == ["provider.changed"]
    assert set(world.incidents) == {"b1", "b2"}
    assert kinds(world.see(reading(INV, IDE, RES, id="b1"), pages[1][1])) == ["incident.resolved"]


def test_what_ended_while_the_page_moved_is_told() -> None:
    world = World()
    world.see(reading(INV, id="1"))
    world.platform = "incidentio"
    assert kinds(world.see(reading(INV, RES, id="x1"))) == ["provider.changed", "incident.resolved"]


def test_an_end_that_came_no_later_than_what_is_known_is_told_all_the_same() -> None:
    world = World()
    world.see(reading(INV, id="1"))
    world.platform = "incidentio"
    page = reading(up("resolved", 0), id="x1")
    assert kinds(world.see(page)) == ["provider.changed", "incident.resolved"]


def test_two_new_ids_for_one_incident_and_two_old_ones_under_one_new_id_do_no_harm() -> None:
    world = World()
    world.see(reading(INV, id="1"), reading(INV, id="2"))
    world.platform = "incidentio"
    world.shape = Shape.PER_UPDATE
    page = (reading(INV, id="x"), reading(IDE, id="x", started_at=t(0)))
    assert kinds(world.see(*page)) == ["provider.changed", "incident.updated"]
    assert sorted(one.status for one in world.incidents.values()) == ["identified", "superseded"]
    world = World()
    world.see(reading(INV, id="1"))
    world.platform = "incidentio"
    assert kinds(world.see(reading(INV, id="x"), reading(INV, id="y"))) == ["provider.changed", "incident.opened"]


@frozen
class Move:
    id: str
    changes: dict[str, str]
    message: str


@pytest.mark.parametrize(
    "move",
    [
        Move("platform", {"platform": "incidentio"}, "platform statuspage to incidentio"),
        Move("host", {"host": "new.example"}, "host status.example.com to new.example"),
        Move("feed", {"url": "https://status.example.com/secret.rss"}, "another feed of the page"),
    ],
    ids=lambda one: one.id,
)
@pytest.mark.parametrize("before", ["one", "none"])
def test_what_a_moved_page_shows_is_a_first_sight(move: Move, before: str) -> None:
    world = World()
    world.see(ended("a", 0))
    if before == "none":
        world.see()
    for name, value in move.changes.items():
        setattr(world, name, value)
    drafts = world.see(ended("b", 30), reading(INV, IDE, id="c"))
    assert kinds(drafts) == ["provider.changed", "incident.opened"]
    assert move.message in str(drafts[0].message)
    assert "secret" not in str(drafts[0].message)


def test_other_ids_alone_are_a_move_when_titles_and_starts_are_known() -> None:
    world = World()
    world.see(reading(INV, id="1"))
    (draft,) = world.see(reading(INV, id="x1"))
    assert (draft.event, draft.message) == ("provider.changed", "the page changed: its incidents have other ids")


def test_another_host_with_the_same_ids_is_told_and_nothing_else() -> None:
    world = World()
    world.see(reading(INV), ended("b", 0))
    world.host = "new.example"
    assert kinds(world.see(reading(INV, IDE), ended("b", 0))) == ["provider.changed", "incident.updated"]
    assert world.unchanged() == ()


def test_another_url_with_the_same_ids_is_nothing() -> None:
    world = World()
    world.see(reading(INV))
    world.url = "https://status.example.com/history.rss"
    assert world.see(reading(INV, updated_at=t(3))) == ()
    assert world.state.feed_url == world.url


def test_a_page_that_was_always_empty_did_not_move_when_it_is_recognised() -> None:
    world = World(platform="generic")
    world.see()
    world.platform = "statuspage"
    assert kinds(world.see(reading(RES))) == ["incident.resolved"]


def test_an_empty_page_under_another_url_is_a_first_sight_of_what_follows() -> None:
    world = World()
    world.see()
    world.url = "https://other.example/feed"
    assert kinds(world.see(ended("a", 0), reading(INV, id="b"))) == ["provider.changed", "incident.opened"]


def test_superseded_incidents_of_a_page_that_moves_back_are_taken_up_without_a_word() -> None:
    world = World()
    world.see(reading(INV, id="1"), reading(INV, id="2"))
    world.host = "elsewhere.example"
    world.see(reading(up("investigating", 2), id="x", title="Other"))
    assert world.incidents["1"].status == "superseded"
    world.host = "status.example.com"
    drafts = world.see(reading(INV, id="1"), reading(INV, RES, id="2"), after=2 * 24 * 60)
    assert [(one.event, one.incident_id) for one in drafts] == [("provider.changed", None), ("incident.resolved", "2")]
    assert world.incidents["1"].open


# The provider's state


def test_a_poll_that_saw_a_document_keeps_what_the_next_one_needs() -> None:
    world = World(minutes=9)
    world.see(reading(INV), ended("b", -30))
    state = world.state
    assert (state.version, state.platform, state.shape, state.host) == (1, "statuspage", "timeline", world.host)
    assert [shown.incident_id for shown in state.window] == ["a", "b"]
    assert state.window_oldest == t(-35)
    assert state.first_success_at == state.last_success_at == state.last_polled_at == t(10)
    world.unchanged()
    assert (world.state.first_success_at, world.state.last_success_at) == (t(10), t(11))


@pytest.mark.parametrize(
    ("page", "active"),
    [
        (reading(INV), True),
        (reading(INV, RES), False),
        (planned(up("scheduled")), False),
        (planned(up("in_progress")), True),
    ],
)
def test_trouble_is_active_and_planned_work_not_yet_begun_is_none(page: Reading, active: bool) -> None:
    world = World()
    world.see(page)
    assert (world.state.active_until is not None) is active


# Properties: virtual pages


LABELS = ("investigating", "identified", "monitoring", "update", "resolved", "postmortem", "lunch")
PLANS = ("scheduled", "in_progress", "verifying", "update", "completed", "lunch")


@frozen
class Incident:
    """An incident on a virtual page; it keeps all its updates, whatever the feed shows of it."""

    id: str
    kind: Kind
    start: float
    title: str
    updates: tuple[Update, ...]

    def readings(self, shape: Shape) -> tuple[Reading, ...]:
        common: dict[str, Any] = {"id": self.id, "kind": self.kind, "title": self.title}
        match shape:
            case Shape.TIMELINE:
                return (reading(*self.updates, started_at=t(self.start), **common),)
            case Shape.PER_UPDATE:
                return tuple(reading(one, started_at=one.at, **common) for one in self.updates)
            case _:
                return (reading(self.updates[-1], started_at=t(self.start), **common),)


@st.composite
def turns(draw: st.DrawFn, *, append_only: bool = False) -> tuple[list[list[Incident]], Shape]:
    """What a page holds at each poll: incidents begin, grow, are edited and deleted, entries change places.

    No two incidents share a title: with the same start too they would be one under another id.
    """
    shape = draw(st.sampled_from([Shape.TIMELINE, Shape.PER_UPDATE] if append_only else list(Shape)))
    page: list[Incident] = []
    polls: list[list[Incident]] = []
    clock, serial = 0.0, 0
    for _ in range(draw(st.integers(1, 7))):
        for _ in range(draw(st.integers(0, 3))):
            clock += draw(st.sampled_from([0.0, 1.0, 7.0, 40.0]))
            serial += 1
            does = draw(
                st.sampled_from(
                    ["begin", "grow", "grow", *([] if append_only else ["edit", "title", "redate", "cut", "delete"])]
                )
            )
            if does == "begin" or not page:
                kind = draw(st.sampled_from(Kind))
                first = up(draw(st.sampled_from(LABELS if kind is Kind.INCIDENT else PLANS)), clock, f"text {serial}")
                page.append(Incident(f"i{serial}", kind, clock, f"Title of i{serial}", (first,)))
                continue
            at = draw(st.integers(0, len(page) - 1))
            one = page[at]
            which = draw(st.integers(0, len(one.updates) - 1))
            changed = one.updates[which]
            clock += shape is Shape.PER_UPDATE  # an entry's time is its identity there
            match does:
                case "grow":
                    label = draw(st.sampled_from(LABELS if one.kind is Kind.INCIDENT else PLANS))
                    page[at] = evolve(one, updates=(*one.updates, up(label, clock, f"text {serial}")))
                case "edit":
                    changed = evolve(changed, text=f"text {draw(st.integers(0, 3))}")
                case "redate":
                    changed = evolve(changed, at=t(clock))
                case "title":
                    page[at] = evolve(one, title=f"Title {draw(st.integers(0, 3))} of {one.id}")
                case "cut":
                    page[at] = evolve(one, updates=one.updates[:which] + one.updates[which + 1 :] or one.updates)
                case _:
                    page.pop(at)
            if does in {"edit", "redate"}:
                page[at] = evolve(one, updates=(*one.updates[:which], changed, *one.updates[which + 1 :]))
        polls.append(list(draw(st.permutations(page))))
    return polls, shape


def run(world: World, polls: list[list[Incident]], after: float = 6) -> list[Change]:
    changes = []
    for page in polls:
        world.see(*(one for incident in page for one in incident.readings(world.shape)), after=after)
        assert world.change
        changes.append(world.change)
    return changes


def observed(polls: list[list[Incident]], shape: Shape) -> tuple[World, Observation]:
    """A world that saw all polls but the last, and the observation of that one."""
    world = World(shape)
    run(world, polls[:-1])
    page = tuple(one for incident in polls[-1] for one in incident.readings(shape))
    return world, Observation("p", world.url, t(world.minutes + 6), 60, world.seen(page))


SOME = settings(max_examples=60, deadline=None)


@pytest.mark.slow
@SOME
@given(turns())
def test_the_same_observation_twice_gives_no_event_the_second_time(drawn: tuple[list[list[Incident]], Shape]) -> None:
    world, observation = observed(*drawn)
    world.observe(observation.outcome, after=6)
    assert world.observe(observation.outcome, after=1) == ()
    # Nor does a document whose entries all carry another stamp.
    assert isinstance(observation.outcome, Seen)
    stamped = evolve(
        observation.outcome,
        readings=tuple(
            evolve(one, updated_at=t(999))
            for one in (one for incident in drawn[0][-1] for one in incident.readings(world.shape))
        ),
    )
    assert world.observe(stamped, after=1) == ()


@pytest.mark.slow
@SOME
@given(turns(), st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(drawn: tuple[list[list[Incident]], Shape], random: Any) -> None:
    world, observation = observed(*drawn)
    known = world.load(observation)
    assert isinstance(observation.outcome, Seen)
    readings, window = list(observation.outcome.readings), list(observation.outcome.window)
    random.shuffle(readings)
    random.shuffle(window)
    shuffled = evolve(observation.outcome, readings=tuple(readings), window=tuple(window))
    one, other = detect(known, observation), detect(known, evolve(observation, outcome=shuffled))
    assert sorted(map(repr, one.drafts)) == sorted(map(repr, other.drafts))
    assert sorted(map(repr, one.incidents)) == sorted(map(repr, other.incidents))


@pytest.mark.slow
@SOME
@given(turns())
def test_replaying_the_events_rebuilds_what_is_known(drawn: tuple[list[list[Incident]], Shape]) -> None:
    polls, shape = drawn
    world = World(shape)
    world.see()
    for page in polls:
        run(world, [page])
        over: dict[str, bool] = {}
        for event in world.events:
            noun = event.event.partition(".")[2]
            if event.event in BEGINNINGS | ENDS:
                assert (event.status in OVER) == (event.event in ENDS), "an event that says one thing and means another"
            if event.incident_id and noun in {"opened", "reopened", "scheduled", "started"}:
                over[event.incident_id] = False
            elif event.incident_id and noun in {"resolved", "completed", "withdrawn"}:
                over[event.incident_id] = True
            elif event.incident_id and noun == "postmortem":
                over.setdefault(event.incident_id, True)
        assert over == {
            one.incident_id: one.status in OVER for one in world.incidents.values() if one.incident_id in over
        }


@pytest.mark.slow
@SOME
@given(turns(append_only=True))
def test_where_pages_only_grow_the_events_count_the_updates(drawn: tuple[list[list[Incident]], Shape]) -> None:
    polls, shape = drawn
    world = World(shape)
    world.see()
    run(world, polls)
    counted: dict[str, int] = {}
    last: dict[str, Any] = {}
    for event in world.events:
        assert event.incident_id
        assert not event.event.endswith((".edited", ".withdrawn"))
        counted[event.incident_id] = counted.get(event.incident_id, 0) + 1
        last[event.incident_id] = event
    posted = {one.id: len(one.updates) for one in polls[-1]}
    assert counted == posted
    for incident_id, event in last.items():
        assert event.status == world.incidents[incident_id].status
        assert event.previous_status == (
            None if posted[incident_id] == 1 else world.incidents[incident_id].updates[-2].status
        )


@pytest.mark.slow
@SOME
@given(turns(), st.sampled_from(["open", "all", "none"]))
def test_event_ids_are_unique_over_a_whole_run(drawn: tuple[list[list[Incident]], Shape], backfill: str) -> None:
    polls, shape = drawn
    world = World(shape)
    world.see(*(one for incident in polls[0] for one in incident.readings(shape)), backfill=backfill)
    run(world, polls)
    for _ in range(4):
        world.unchanged(after=6)
    run(world, polls)
    assert len({one.id for one in world.events}) == len(world.events)


@pytest.mark.slow
@SOME
@given(
    turns(),
    st.lists(
        st.tuples(
            st.sampled_from(["see", "fail", "unchanged", "host", "ids", "shape"]), st.integers(0, 6), st.floats(1, 900)
        ),
        max_size=10,
    ),
)
def test_detection_never_raises_and_a_round_trip_through_json_changes_nothing(
    drawn: tuple[list[list[Incident]], Shape], deeds: list[tuple[str, int, float]]
) -> None:
    polls, shape = drawn
    world = World(shape)
    prefix = ""
    for deed, which, after in deeds:
        outcome: Seen | Failed | Unchanged
        match deed:
            case "fail":
                outcome = Failed("x", 410 if which == 6 else None)
            case "unchanged":
                outcome = Unchanged()
            case _:
                world.host = "other.example" if deed == "host" else world.host
                world.shape = list(Shape)[which % 4] if deed == "shape" else world.shape
                prefix = str(which) if deed == "ids" else prefix
                page = [
                    evolve(one, incident_id=prefix + one.incident_id)
                    for incident in polls[which % len(polls)]
                    for one in incident.readings(world.shape)
                ]
                outcome = world.seen(page)
        observation = Observation("p", world.url, t(world.minutes + int(after)), 60, outcome)
        known = world.load(observation)
        change = detect(known, observation)
        assert detect(known, from_json(to_json(observation), Observation)) == change
        assert from_json(to_json(change), Change) == change
        world.minutes += int(after)
        world.apply(change)


def test_an_older_entry_of_a_shared_id_that_is_rewritten_reopens_nothing() -> None:
    """Two items of one guid in a feed that is else one entry per incident: each of them is an update."""
    world = World(Shape.LATEST)
    world.see()
    down, back = reading(up("investigating", 1, "went down")), reading(up("resolved", 5, "recovered"))
    assert kinds(world.see(down)) == ["incident.opened"]
    assert kinds(world.see(back, down)) == ["incident.resolved"]
    rewritten = reading(up("investigating", 1, "went down, a switch failed"))
    assert told(world.see(back, rewritten)) == [("incident.edited", "went down, a switch failed")]
    assert world.incidents["a"].status == "resolved"
    again = reading(up("investigating", 9, "went down"))
    assert kinds(world.see(again, back, rewritten)) == ["incident.reopened"], "the same text at another time"


def test_trouble_between_two_polls_is_told_though_the_page_showed_only_planned_work() -> None:
    """Planned work stands in a feed with the time it is planned for, which says nothing of how old the window is."""
    world = World()
    upcoming = planned(up("scheduled", 0), id="work", started_at=t(60 * 24 * 7))
    world.see(upcoming)
    assert kinds(world.see(upcoming, reading(up("investigating", 1.5), up("resolved", 1.6)), after=5)) == [
        "incident.opened",
        "incident.resolved",
    ]


def test_an_incident_without_a_start_is_nobody_elses_twin() -> None:
    world = World(Shape.LATEST)
    world.see(reading(up("investigating", None), started_at=None))
    world.host = "moved.example.com"
    assert kinds(world.see(reading(up("investigating", None), id="new", started_at=None))) == [
        "provider.changed",
        "incident.opened",
    ]


def test_what_is_open_now_is_all_there_is_so_another_incident_is_no_gap() -> None:
    world = World(Shape.CURRENT, "azure")
    world.see(reading(INV))
    assert kinds(world.see(reading(up("investigating", 30), id="b", title="Other"))) == ["incident.opened"]


def test_an_incident_of_separate_entries_began_with_the_oldest_of_them() -> None:
    world = World(Shape.PER_UPDATE, "checkly")
    first, second = (reading(up(label, at), started_at=None) for label, at in (("investigating", 3), ("update", 9)))
    (draft,) = world.see(second)
    assert draft.started_at == t(9)
    world.see(second, first)
    assert world.incidents["a"].started_at == t(3)


def test_an_update_that_both_show_tells_a_moved_incident_where_their_starts_differ() -> None:
    world = World(Shape.LATEST, "generic")
    world.see(reading(up("identified", 5), id="old"))
    world.platform, world.shape = "statuspage", Shape.TIMELINE
    drafts = world.see(reading(INV, up("identified", 5), up("monitoring", 9), id="new"))
    assert kinds(drafts) == ["provider.changed", "incident.updated"]
    assert world.change is not None
    assert world.change.renamed == (("old", "new"),)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(reading(up("identified", 5), up("monitoring", 9), id="new", title="Another"), id="title"),
        pytest.param(reading(up("monitoring", 5), id="new", started_at=t(-9)), id="label"),
        pytest.param(reading(up("identified", 6), id="new"), id="minute"),
    ],
)
def test_nothing_in_common_makes_no_incident_the_same(other: Reading) -> None:
    world = World(Shape.LATEST, "generic")
    world.see(reading(up("identified", 5), id="old"))
    world.platform, world.shape = "statuspage", Shape.TIMELINE
    assert kinds(world.see(other)) == ["provider.changed", "incident.opened"]
    assert world.incidents["old"].status is Status.SUPERSEDED


def test_only_the_newest_update_has_a_time_and_keeps_it() -> None:
    world = World()
    world.see(reading(INV))
    (draft,) = world.see(reading(evolve(INV, at=None), RES, timed=False))
    assert draft.event == "incident.resolved"
    assert [update.at for update in world.incidents["a"].updates] == [INV.at, RES.at]
    assert world.see(reading(evolve(INV, at=None), evolve(RES, at=t(99)), timed=False)) == ()
    (draft,) = world.see(reading(evolve(INV, at=None, text="why"), evolve(RES, at=t(120)), timed=False))
    assert (draft.event, draft.update_at) == ("incident.edited", INV.at)
    assert world.incidents["a"].resolved_at == RES.at


@pytest.mark.parametrize("shape", [Shape.TIMELINE, Shape.PER_UPDATE])
def test_an_update_dated_before_the_first_one_is_no_second_beginning(shape: Shape) -> None:
    world = World(shape, "checkly")
    known, earlier = up("investigating", 10), up("investigating", 3, "it began sooner")
    if shape is Shape.TIMELINE:
        pages = [reading(known)], [reading(earlier, known)]
    else:
        pages = [reading(known)], [reading(known), reading(earlier)]
    assert kinds(world.see(*pages[0])) == ["incident.opened"]
    assert told(world.see(*pages[1])) == [("incident.updated", "it began sooner")]


def test_a_page_that_goes_to_and_fro_is_told_of_once_a_day() -> None:
    world = World()
    moves = []
    for minutes in range(0, 3 * 24 * 60, 60):
        world.host = ("status.example.com", "other.example")[minutes // 60 % 2]
        moves += world.see(reading(INV), after=60)
    assert kinds(moves) == ["incident.opened", *["provider.changed"] * 5]
    assert [page.name for page in world.state.pages] == ["statuspage status.example.com", "statuspage other.example"]


def test_of_the_pages_it_was_only_the_last_few_are_remembered() -> None:
    world = World()
    for number in range(9):
        world.host = f"{number}.example"
        world.see(reading(INV))
    assert [page.name for page in world.state.pages] == [f"statuspage {number}.example" for number in range(4, 9)]


def test_where_permanent_redirects_lead_is_known_as_long_as_they_do() -> None:
    world = World()
    world.observe(evolve(world.seen([reading(INV)]), moved_to="https://new.example/feed"))
    assert world.state.moved_to == "https://new.example/feed"
    world.see(reading(INV))
    assert world.state.moved_to is None


@pytest.mark.parametrize("shape", [Shape.TIMELINE, Shape.LATEST])
def test_planned_work_that_is_cancelled_is_withdrawn_and_never_completed(shape: Shape) -> None:
    world = World(shape, "kener")
    plan, cancelled = up("scheduled", 0), up("withdrawn", 9, "Not this week.")
    world.see(planned(plan))
    (draft,) = world.see(planned(*((plan,) if shape is Shape.TIMELINE else ()), cancelled))
    assert (draft.event, draft.status, draft.message) == ("maintenance.withdrawn", "withdrawn", "Not this week.")
    stored = world.incidents["a"]
    assert (stored.open, stored.resolved_at) == (False, None)


def test_an_update_relabelled_as_cancelled_withdraws_the_work() -> None:
    world = World()
    world.see(planned(up("scheduled", 0, "x")))
    (draft,) = world.see(planned(up("withdrawn", 0, "x")))
    assert (draft.event, draft.status) == ("maintenance.withdrawn", "withdrawn")


def test_updates_without_times_are_told_in_the_order_of_the_page() -> None:
    world = World(minutes=60)
    world.see(ended("z", 0))
    first, second, third = up("investigating", None), up("identified", None), up("monitoring", 30)
    drafts = world.see(ended("z", 0), reading(first, second, third, timed=False))
    assert kinds(drafts) == ["incident.opened", "incident.updated", "incident.updated"]
    assert [draft.status for draft in drafts] == ["investigating", "identified", "monitoring"]


def test_an_older_entry_of_a_known_incident_that_slides_into_view_is_stored_and_not_told() -> None:
    world = World(Shape.PER_UPDATE, "checkly")
    old, middle, end = (
        reading(up(label, at), started_at=None)
        for label, at in (("investigating", 0), ("monitoring", 10), ("resolved", 20))
    )
    world.see(middle, end)
    assert world.see(old, middle, end) == ()
    assert [update.at for update in world.incidents["a"].updates] == [t(10), t(20), t(0)]
    assert not world.incidents["a"].open


def test_a_page_of_states_that_takes_the_place_of_another_is_no_all_clear() -> None:
    world = World()
    world.see(reading(INV))
    world.platform, world.shape, world.gap = "statusiq", Shape.CURRENT, 0
    well = reading(up("resolved", 5), id="API", title="API")
    assert kinds(world.see(well)) == ["provider.changed"]
    for _ in range(30):
        assert world.see(well) == ()
    assert world.incidents["a"].status == "superseded"


def test_what_opens_while_the_page_is_followed_began_with_its_first_update() -> None:
    world = World(Shape.LATEST, "kener")
    old, new, over = (
        reading(up(label, at), id=name, started_at=None)
        for label, at, name in (("investigating", 0, "old"), ("investigating", 30, "new"), ("resolved", 40, "over"))
    )
    world.see(old)
    world.see(old, new, over)
    starts = {incident_id: incident.started_at for incident_id, incident in world.incidents.items()}
    assert starts == {"old": None, "new": t(30), "over": None}
    (draft,) = world.see(old, reading(up("resolved", 45), id="new", started_at=None), over)
    assert draft.started_at == t(30)


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_darken_nobody(at: datetime) -> None:
    world = World(Shape.LATEST, "generic")
    world.see(reading(Update(at, "unknown", "x"), started_at=at))
    assert kinds(world.see(reading(Update(at, "unknown", "y"), started_at=at)))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Shape.TIMELINE, Shape.PER_UPDATE])
def test_thousands_of_updates_of_one_incident_take_linear_time(shape: Shape) -> None:
    world = World(shape, "checkly")
    updates = [up("update", minute / 10, str(minute)) for minute in range(3000)]
    pages = [[reading(one, started_at=None)] for one in updates[:1]]
    world.see(*pages[0])
    page = [reading(*updates)] if shape is Shape.TIMELINE else [reading(one, started_at=None) for one in updates]
    began = time.process_time()
    assert len(world.see(*page)) == 2999
    assert time.process_time() - began < 5


def test_each_of_several_entries_names_its_own_components() -> None:
    world = World(Shape.PER_UPDATE, "checkly")
    world.see(reading(up("resolved", -9), id="x", started_at=None))
    first = reading(INV, started_at=None, components=(Component("audio"), Component("chat")), impact=Impact.MAJOR)
    last = reading(RES, started_at=None, components=(Component("audio"),))
    drafts = world.see(reading(up("resolved", -9), id="x", started_at=None), last, first)
    assert [[one.name for one in draft.components or ()] for draft in drafts] == [["audio", "chat"], ["audio"]]
    assert [draft.impact for draft in drafts] == [Impact.MAJOR, Impact.MAJOR]
    assert world.incidents["a"].impact is Impact.MAJOR
