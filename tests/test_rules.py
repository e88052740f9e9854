"""Each rule by a page that makes it; names that stay, and a sentence for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from build import World, reading, t, up

from statustrio.model import Component, Draft, Reading, Shape
from statustrio.rules import SENTENCES, Rule, sentence

INV, RES = up("investigating", 0), up("resolved", 24)
OLD = reading(up("resolved", -900), id="old", title="Old")
Drafts = tuple[Draft, ...]


def seen(*pages: Reading | tuple[Reading, ...], shape: Shape = Shape.TIMELINE) -> Drafts:
    """What the last of these pages makes, in a world that knew an empty one before."""
    world = World(shape=shape)
    world.see()
    drafts: Drafts = ()
    for page in pages:
        drafts = world.see(*((page,) if isinstance(page, Reading) else page))
    return drafts


def gone(shape: Shape) -> Drafts:
    world = World(shape=shape)
    world.see(reading(INV), OLD)
    world.see(OLD)
    world.unchanged(after=8)
    return world.unchanged(after=8)


def failed(world: World, times: int, status: int | None = None) -> Drafts:
    return [world.fail(status=status) for _ in range(times)][-1]


def silent() -> Drafts:
    world = World()
    world.see()
    world.fail(after=20)
    return world.fail()


def answered() -> Drafts:
    world = World()
    failed(world, 3)
    return world.see()


def nothing_known() -> Drafts:
    world = World()
    world.see(OLD)
    return world.see(reading(RES))[:1]


def moved() -> Drafts:
    world = World()
    world.see(OLD)
    world.host = "other.example"
    return world.see(OLD)


API, WEB = (Component("API", "outage"),), (Component("Web", "outage"),)
CASES: dict[Rule, Callable[[], Drafts]] = {
    Rule.FIRST_SIGHT: lambda: World().see(reading(INV)),
    Rule.NEW_INCIDENT: lambda: seen(reading(INV)),
    Rule.NEW_UPDATE: lambda: seen(reading(INV), reading(INV, RES)),
    Rule.REWRITTEN_UPDATE: lambda: seen(reading(INV), reading(evolve(INV, text="other words"))),
    Rule.RELABELLED_UPDATE: lambda: seen(reading(INV), reading(up("identified", 0, INV.text))),
    Rule.REDATED_UPDATE: lambda: seen(reading(INV), reading(evolve(INV, at=t(3)))),
    Rule.TITLE_CHANGED: lambda: seen(reading(INV), reading(INV, title="Other")),
    Rule.COMPONENTS_CHANGED: lambda: seen(
        reading(INV, components=API), reading(INV, components=WEB), shape=Shape.LATEST
    ),
    Rule.END_WITHOUT_UPDATE: lambda: seen(reading(INV), reading(up("resolved", 0, INV.text))),
    Rule.START_WITHOUT_UPDATE: lambda: seen(reading(INV, RES), reading(INV, up("monitoring", 24, RES.text))),
    Rule.PASSING_END: lambda: seen(reading(INV, up("identified", 30)), reading(INV, RES, up("identified", 30))),
    Rule.NO_LONGER_LISTED: lambda: gone(Shape.CURRENT),
    Rule.TAKEN_DOWN: lambda: gone(Shape.TIMELINE),
    Rule.THREE_FAILURES: lambda: failed(World(), 3),
    Rule.LONG_SILENCE: silent,
    Rule.GONE_410: lambda: failed(World(), 1, 410),
    Rule.ANSWERED_AGAIN: answered,
    Rule.NOTHING_KNOWN: nothing_known,
    Rule.PAGE_MOVED: moved,
}


@pytest.mark.parametrize("rule", CASES)
def test_an_event_says_by_which_rule_it_was_made(rule: Rule) -> None:
    assert [draft.rule for draft in CASES[rule]()] == [rule]


def test_of_a_new_incident_the_first_update_is_the_incident() -> None:
    assert [draft.rule for draft in seen(reading(INV, RES))] == [Rule.NEW_INCIDENT, Rule.NEW_UPDATE]


def test_every_rule_has_an_example_here_or_is_the_stores() -> None:
    assert set(Rule) - set(CASES) == {Rule.ALL_UNCONNECTED, Rule.CONNECTED_AGAIN}


def test_every_rule_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Rule)
    for rule in Rule:
        assert sentence(rule) == SENTENCES[rule]
        assert sentence(rule)[0].islower()
        assert not sentence(rule).endswith(".")


def test_an_event_without_a_rule_and_a_rule_of_a_newer_version_are_explained_too() -> None:
    assert sentence(None) == "made before rules were noted"
    assert sentence("tea_leaves") == "a rule this version does not know (tea_leaves)"
