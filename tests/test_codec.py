from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import fields
from build import NOON, URL, World, planned, reading, t, up

from statustrio.codec import from_data, from_json, to_data, to_json
from statustrio.model import (
    Change,
    Component,
    Draft,
    Failed,
    Impact,
    KeptBody,
    Known,
    Observation,
    ProviderState,
    Seen,
    Shape,
    Shown,
    Unchanged,
    Validators,
)

FULL = planned(
    up("scheduled", None),
    up("in_progress", 5, "“words”\n"),
    url="https://x.example",
    updated_at=t(6),
    impact=Impact.MAINTENANCE,
    components=(Component("API", "operational"), Component("Web")),
    scheduled_for=t(5),
    scheduled_until=t(65),
)
SEEN = Seen(
    "statuspage",
    Shape.TIMELINE,
    "x.example",
    Validators('W/"ab"', "Mon, 02 Mar 2026 12:00:00 GMT"),
    "digest",
    (Shown("d1", "a", t(0)), Shown("d2", "b", None)),
    (FULL, reading(up("investigating"), id="b", components=())),
    body=KeptBody(bytes(range(256)), "https://x.example/feed", None, 20),
)
OUTCOMES = {
    "seen": SEEN,
    "unchanged": Unchanged(),
    "failed": Failed("HTTP 429", 429, t(9), unconnected=True),
    "failed without a word of the server": Failed("timeout"),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_an_observation_comes_back_as_it_was(outcome: Any) -> None:
    observation = Observation("github", URL, t(1.5), 45.5, outcome, backfill="all")
    assert from_json(to_json(observation), Observation) == observation
    assert from_data(json.loads(json.dumps(to_data(observation))), Observation) == observation


def test_an_outcome_says_what_it_is() -> None:
    data = to_data(Observation("github", URL, NOON, 60, Unchanged()))
    assert (data["outcome"], data["v"]) == ({"is": "unchanged"}, 1)


def test_a_change_comes_back_as_it_was() -> None:
    world = World()
    world.see(FULL, reading(up("investigating"), up("resolved", 3), id="b"))
    world.see(FULL, reading(up("investigating", 0, "x"), up("resolved", 3), id="b"))
    world.platform = "other"
    world.see(reading(up("in_progress", 90, "words"), id="c", title=FULL.title, started_at=None), FULL)
    for change in (world.change, Change(ProviderState("p", "P", URL), NOON, renamed=(("a", "b"),), warnings=("w",))):
        assert change
        assert from_json(to_json(change), Change) == change
        assert from_data(json.loads(json.dumps(to_data(change))), Change) == change


def test_what_is_known_comes_back_as_it_was() -> None:
    world = World()
    world.see(FULL)
    known = Known(world.state, tuple(world.incidents.values()), offline=True)
    assert from_json(to_json(known), Known) == known


def test_a_draft_and_an_event_come_back_as_they_were() -> None:
    world = World()
    (draft,) = world.see(FULL)
    assert from_json(to_json(draft), Draft) == draft
    (event,) = world.events
    assert from_json(to_json(event), type(event)) == event
    assert set(to_data(event)) == {field.name for field in fields(type(event))}


def test_times_are_text_in_utc() -> None:
    berlin = datetime(2026, 3, 2, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    assert to_data(Shown("d", "a", berlin))["at"] == "2026-03-02T12:00:00Z"
    back = from_json(to_json(Shown("d", "a", berlin)), Shown)
    assert back.at == berlin
    assert back.at
    assert back.at.tzinfo is UTC


def test_what_a_newer_version_added_is_passed_over() -> None:
    assert from_data({"name": "API", "status": None, "colour": "red"}, Component) == Component("API")


def test_text_stays_readable() -> None:
    assert "“words”" in to_json(FULL)
