# ruff: noqa: E501  a table has one case a line
"""One incident's story: pages of a single incident, seen one after another, and what is told of each."""

from __future__ import annotations

import pytest
from attrs import evolve, frozen
from build import World, kinds, planned, reading, t, told, up

from statustrio.incidents import SILENT_AFTER_EDITS, UNKNOWN_OPEN_FOR, absorb, supersede, take_down, tell
from statustrio.model import Component, Impact, Kind, Reading, Shape, Status

TIMELINE, LATEST, PER_UPDATE, CURRENT = Shape.TIMELINE, Shape.LATEST, Shape.PER_UPDATE, Shape.CURRENT
INV, IDE, MON = up("investigating", 0), up("identified", 5), up("monitoring", 9)
RES = up("resolved", 24)
CAUSE = up("investigating", 24, "the root cause was a cable")
NAMED, OTHER = (Component("API", "outage"),), (Component("API", "outage"), Component("Web"))


@frozen
class Story:
    """Pages in the order in which they are seen; the first is seen by a world that knows an empty page."""

    id: str
    pages: tuple[Reading, ...]
    events: str
    """What each page makes: events without their family, `-` for none, `|` between pages."""
    status: str
    shape: Shape = TIMELINE


STORIES = [
    Story("a retroactive Resolved gives this alone", (reading(RES),), "resolved", "resolved"),
    Story("one update a poll", (reading(INV), reading(INV, IDE), reading(INV, IDE, RES)), "opened | updated | resolved", "resolved"),
    Story("several between two polls, oldest first", (reading(INV), reading(INV, IDE, MON, RES)), "opened | updated updated resolved", "resolved"),
    Story("a whole life between two polls", (reading(INV, IDE, RES),), "opened updated resolved", "resolved"),
    Story("called off before it began, said later: the end was none", (reading(MON), reading(up("withdrawn", 8), MON)), "opened | updated", "monitoring"),
    Story("root cause in the minute of the end, together", (reading(INV, RES, CAUSE),), "opened resolved postmortem", "resolved"),
    Story("root cause in the minute of the end, seen later", (reading(INV, RES), reading(INV, RES, CAUSE)), "opened resolved | postmortem", "resolved"),
    Story(
        "Resolved, Investigating, Update in one minute",
        (reading(INV, RES), reading(INV, RES, CAUSE, up("update", 24, "more"))),
        "opened resolved | postmortem postmortem",
        "resolved",
    ),
    Story("a later update reopens", (reading(INV, RES), reading(INV, RES, up("identified", 30))), "opened resolved | reopened", "identified"),
    Story(
        "reopened and over again between two polls",
        (reading(INV, RES), reading(INV, RES, up("identified", 30), up("resolved", 40))),
        "opened resolved | reopened resolved",
        "resolved",
    ),
    Story(
        "over and reopened between two polls",
        (reading(INV), reading(INV, RES, up("identified", 30))),
        "opened | resolved reopened",
        "identified",
    ),
    Story("Update keeps the status", (reading(INV, IDE), reading(INV, IDE, up("update", 8))), "opened updated | updated", "identified"),
    Story("postmortem", (reading(INV, RES), reading(INV, RES, up("postmortem", 900))), "opened resolved | postmortem", "resolved"),
    Story("edited text", (reading(INV, IDE), reading(INV, evolve(IDE, text="x"))), "opened updated | edited", "identified"),
    Story("edited title", (reading(INV), reading(INV, title="Big trouble")), "opened | edited", "investigating"),
    Story("title and text edited is one event", (reading(INV), reading(up("investigating", 0, "x"), title="Big")), "opened | edited", "investigating"),
    Story("a title with an update is the update", (reading(INV), reading(INV, IDE, title="Big")), "opened | updated", "identified"),
    Story("a re-dated update is edited", (reading(INV, IDE), reading(INV, up("identified", 7))), "opened updated | edited", "identified"),
    Story("vanished alone is no event", (reading(INV, IDE), reading(INV)), "opened updated | -", "investigating"),
    Story("reappearing is no event", (reading(INV, IDE), reading(INV), reading(INV, IDE)), "opened updated | - | -", "identified"),
    Story("white space is no event", (reading(INV), reading(up("investigating", 0, " investigating\n text "), title="Trouble  ")), "opened | -", "investigating"),
    Story("a changed stamp is no event", (reading(INV), reading(INV, updated_at=t(3))), "opened | -", "investigating"),
    Story("impact alone is no event", (reading(INV), reading(INV, impact=Impact.MAJOR)), "opened | -", "investigating"),
    Story("components alone are no event where the page shows a timeline", (reading(INV, components=NAMED), reading(INV, components=OTHER)), "opened | -", "investigating"),
    Story(
        "two updates of one key",
        (reading(INV), reading(INV, up("update", 5, "x"), up("update", 5, "y"))),
        "opened | updated updated",
        "investigating",
    ),
    Story("an end whose label is rewritten is open again", (reading(INV, RES), reading(INV, up("monitoring", 24, RES.text))), "opened resolved | reopened", "monitoring"),
    Story("a label rewritten to an end ends it", (reading(INV, MON), reading(INV, up("resolved", 9, MON.text))), "opened updated | resolved", "resolved"),
    Story("a deleted end, or a stale copy of the page, is no news", (reading(INV, RES), reading(INV), reading(INV, RES)), "opened resolved | - | -", "resolved"),
    Story("a deleted end and work that goes on is open again", (reading(INV, RES), reading(INV), reading(INV, up("update", 40))), "opened resolved | - | reopened", "investigating"),
    Story("a deleted reopening is over again", (reading(INV, RES, up("identified", 30)), reading(INV, RES)), "opened resolved reopened | resolved", "resolved"),
    Story("planned work", (planned(up("scheduled", 0)), planned(up("scheduled", 0), up("in_progress", 60), up("completed", 90))), "scheduled | started completed", "completed"),
    Story("planned work, text after the end", (planned(up("completed", 0)), planned(up("completed", 0), up("update", 9))), "completed | updated", "completed"),
    Story("planned work, edited", (planned(up("scheduled", 0)), planned(up("scheduled", 0, "x"))), "scheduled | edited", "scheduled"),
    Story("a kind guessed from the word of the moment does not change", (planned(up("scheduled", 0)), reading(up("update", 9))), "scheduled | updated", "scheduled", LATEST),
    # Latest-only feeds.
    Story("latest: another status", (reading(INV), reading(IDE)), "opened | updated", "identified", LATEST),
    Story("latest: another text", (reading(INV), reading(up("investigating", 3, "x"))), "opened | updated", "investigating", LATEST),
    Story("latest: the end", (reading(INV), reading(RES)), "opened | resolved", "resolved", LATEST),
    Story("latest: the title alone", (reading(INV), reading(INV, title="Big")), "opened | edited", "investigating", LATEST),
    Story("latest: components alone", (reading(INV, components=NAMED), reading(INV, components=OTHER)), "opened | edited", "investigating", LATEST),
    Story("latest: components learned are no edit", (reading(INV), reading(INV, components=NAMED)), "opened | -", "investigating", LATEST),
    Story("latest: components no longer told are no edit", (reading(INV, components=NAMED), reading(INV)), "opened | -", "investigating", LATEST),
    Story("latest: a stale document from a cache", (reading(INV), reading(IDE), reading(INV), reading(IDE)), "opened | updated | - | -", "identified", LATEST),
    Story("latest: reopened", (reading(INV), reading(RES), reading(up("identified", 40))), "opened | resolved | reopened", "identified", LATEST),
    # An entry per update: a page here is one new entry.
    Story("per update: one more", (reading(INV), reading(IDE), reading(RES)), "opened | updated | resolved", "resolved", PER_UPDATE),
    Story("per update: rewritten", (reading(INV), reading(IDE), reading(evolve(IDE, text="x"))), "opened | updated | edited", "identified", PER_UPDATE),
    Story("per update: one that comes late keeps its place", (reading(INV), reading(MON), reading(IDE)), "opened | updated | updated", "monitoring", PER_UPDATE),
    Story("per update: an end that comes late was none", (reading(INV), reading(up("monitoring", 40)), reading(RES)), "opened | updated | updated", "monitoring", PER_UPDATE),
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.id)
def test_a_story_is_told(story: Story) -> None:
    world = World(story.shape)
    world.see()
    events = [[one.event.partition(".")[2] for one in world.see(page)] for page in story.pages]
    assert " | ".join(" ".join(page) or "-" for page in events) == story.events
    known = world.incidents["a"]
    assert known.status == story.status
    assert known.open == (story.status not in {"resolved", "completed"})
    assert (known.resolved_at is None) == known.open
    assert len({one.id for one in world.events}) == len(world.events)


def test_an_event_carries_what_is_known() -> None:
    world = World()
    world.see()
    more = {"url": "https://x.example/a", "impact": Impact.MAJOR, "components": NAMED, "updated_at": t(6)}
    _, draft = world.see(reading(INV, IDE, **more))
    assert draft.incident_id == "a"
    assert draft.title == "Trouble"
    assert (draft.status, draft.previous_status) == (Status.IDENTIFIED, Status.INVESTIGATING)
    assert (draft.impact, draft.components) == (Impact.MAJOR, NAMED)
    assert draft.message == "identified text"
    assert (draft.update_at, draft.started_at, draft.updated_at) == (t(5), t(0), t(6))
    assert draft.url == "https://x.example/a"


def test_an_event_of_planned_work_says_when_it_is_to_end() -> None:
    world = World()
    (draft,) = world.see(planned(up("scheduled"), scheduled_until=t(90)))
    assert (draft.scheduled_until, world.events[0].scheduled_until) == (t(90), t(90))


def test_what_the_page_ceases_to_say_stays_as_it_was_known() -> None:
    world = World()
    world.see()
    world.see(
        planned(
            up("scheduled"), url="u", impact=Impact.MINOR, components=NAMED, scheduled_for=t(9), scheduled_until=t(10)
        )
    )
    (draft,) = world.see(planned(up("scheduled"), up("in_progress", 9), started_at=None))
    assert (draft.impact, draft.components, draft.url, draft.started_at) == (Impact.MINOR, NAMED, "u", t(0))
    known = world.incidents["a"]
    assert (known.scheduled_for, known.scheduled_until) == (t(9), t(10))


def test_components_that_are_none_at_all_are_knowledge() -> None:
    world = World()
    world.see()
    world.see(reading(INV, components=NAMED))
    (draft,) = world.see(reading(INV, IDE, components=()))
    assert draft.components == ()


def test_an_edit_carries_the_edited_update() -> None:
    world = World()
    world.see(reading(INV, IDE, MON))
    (draft,) = world.see(reading(INV, evolve(IDE, text="x"), MON))
    assert (draft.event, draft.update_at, draft.status, draft.previous_status, draft.message) == (
        "incident.edited", t(5), "identified", "investigating", "x",
    )  # fmt: skip


def test_an_edit_of_the_title_alone_carries_the_newest_update() -> None:
    world = World()
    world.see(reading(INV, IDE, MON))
    (draft,) = world.see(reading(INV, IDE, MON, title="Big"))
    assert (draft.title, draft.update_at, draft.status, draft.message) == ("Big", t(9), "monitoring", "monitoring text")


def test_a_redated_update_is_told_with_its_new_time() -> None:
    world = World()
    world.see(reading(INV, IDE))
    (draft,) = world.see(reading(INV, up("identified", 7)))
    assert (draft.event, draft.update_at) == ("incident.edited", t(7))
    assert len(world.incidents["a"].updates) == 2


def test_what_vanished_is_stored_as_vanished() -> None:
    world = World()
    world.see(reading(INV, IDE))
    world.see(reading(INV))
    assert [one.vanished for one in world.incidents["a"].updates] == [False, True]
    world.see(reading(INV, IDE))
    assert [one.vanished for one in world.incidents["a"].updates] == [False, False]


def test_a_title_that_is_edited_back_and_forth_is_told_each_time() -> None:
    world = World()
    world.see(reading(INV, title="A"))
    for title in "BABA":
        assert kinds(world.see(reading(INV, title=title))) == ["incident.edited"]
    assert len({one.id for one in world.events}) == 5


def test_a_text_that_is_edited_back_and_forth_is_told_each_time() -> None:
    world = World()
    world.see(reading(up("investigating", 0, "A")))
    for text in "BABA":
        assert told(world.see(reading(up("investigating", 0, text)))) == [("incident.edited", text)]
    assert len({one.id for one in world.events}) == 5


def test_edits_of_two_updates_of_one_minute_are_two_events_even_when_one_is_redated_between() -> None:
    world = World()
    a, b = up("update", 5, "a"), up("update", 5, "b")
    world.see(reading(INV, a, b))
    world.see(reading(INV, evolve(a, text="a2"), b))
    world.see(reading(INV, evolve(a, text="a2", at=t(6)), b))
    world.see(reading(INV, evolve(a, text="a2", at=t(6)), evolve(b, text="b2")))
    assert kinds(world.events[1:]) == ["incident.edited"] * 3
    assert len({one.id for one in world.events}) == 4


def test_an_update_in_the_minute_that_another_was_redated_away_from_has_an_id_of_its_own() -> None:
    world = World()
    a, b, c = (up("update", 5, text) for text in "abc")
    world.see(reading(INV))
    world.see(reading(INV, a, b))
    world.see(reading(INV, evolve(a, at=t(4)), b))
    assert kinds(world.see(reading(INV, evolve(a, at=t(4)), b, c))) == ["incident.updated"]
    assert len({one.id for one in world.events}) == len(world.events) == 5


def test_edited_over_and_over_goes_silent_with_one_warning_until_an_update_comes() -> None:
    world = World()
    world.see(reading(INV))
    for turn in range(SILENT_AFTER_EDITS):
        assert kinds(world.see(reading(up("investigating", 0, f"text {turn}")))) == ["incident.edited"]
    assert world.warnings == []
    for turn in range(3):
        assert world.see(reading(up("investigating", 0, f"more {turn}"))) == ()
    assert world.see(reading(up("investigating", 0, "more 2"), updated_at=t(99))) == ()
    assert len(world.warnings) == 1
    assert world.warnings[0].startswith("a: ")
    last = up("investigating", 0, "more 2")
    assert kinds(world.see(reading(last, IDE))) == ["incident.updated"]
    assert kinds(world.see(reading(last, IDE, title="Big"))) == ["incident.edited"]
    assert len(world.warnings) == 1


def test_the_end_is_told_however_noisy_the_incident_is() -> None:
    world = World()
    world.see(reading(INV))
    for turn in range(SILENT_AFTER_EDITS + 3):
        world.see(reading(up("investigating", 0, f"text {turn}")))
    assert kinds(world.see(reading(up("resolved", 0, f"text {turn}")))) == ["incident.resolved"]


def test_a_turn_that_comes_with_an_edit_of_an_old_update_is_told_as_the_turn_it_is() -> None:
    world = World()
    again = up("investigating", 30, "once more")
    world.see(reading(INV, RES, again))
    edit, end = world.see(reading(up("investigating", 0, "rewritten"), RES))
    assert (edit.event, edit.status, edit.message) == ("incident.edited", "investigating", "rewritten")
    assert (end.event, end.status, end.update_at) == ("incident.resolved", "resolved", RES.at)
    assert len({edit.key, end.key}) == 2


def test_an_unknown_status_is_open_for_a_day_after_its_last_update() -> None:
    world = World()
    world.see(reading(up("lunch", 0), up("dinner", 60)))
    known = world.incidents["a"]
    assert (known.status, known.open, known.expires_at) == (Status.UNKNOWN, True, t(60) + UNKNOWN_OPEN_FOR)
    assert kinds(world.events) == ["incident.opened"]


@pytest.mark.parametrize(("late", "is_open"), [(24 * 60 - 1, True), (24 * 60, False)])
def test_an_unknown_status_first_seen_late(late: float, is_open: bool) -> None:
    absorbed = absorb(None, (reading(up("lunch", 0)),), TIMELINE, t(late))
    assert absorbed.incident.open is is_open


def test_an_unknown_status_without_times_counts_from_its_first_sight() -> None:
    absorbed = absorb(None, (reading(up("lunch", None)),), TIMELINE, t(0))
    assert (absorbed.incident.expires_at, absorbed.incident.open) == (t(0) + UNKNOWN_OPEN_FOR, True)


def test_a_status_that_becomes_known_does_not_expire() -> None:
    world = World()
    world.see(reading(up("lunch", 0)))
    world.see(reading(up("lunch", 0), IDE))
    assert world.incidents["a"].expires_at is None


def test_resolved_at_is_the_last_end() -> None:
    absorbed = absorb(
        None, (reading(RES, up("identified", 30), up("resolved", 40), up("postmortem", 99)),), TIMELINE, t(100)
    )
    assert absorbed.incident.resolved_at == t(40)


def test_told_by_how_it_stands_an_incident_gives_its_newest_update() -> None:
    absorbed = absorb(None, (reading(INV, IDE, up("update", 8)),), TIMELINE, t(10))
    (draft,) = tell(absorbed, "standing").drafts
    assert (draft.event, draft.update_at, draft.status, draft.previous_status) == (
        "incident.opened", t(8), "identified", "identified",
    )  # fmt: skip
    assert tell(absorbed, "nothing").drafts == ()
    assert kinds(tell(absorbed, "updates").drafts) == ["incident.opened", "incident.updated", "incident.updated"]


def test_several_entries_of_one_incident_are_its_updates_in_any_order() -> None:
    one, two, three = reading(INV), reading(IDE, title="Newest"), reading(up("resolved", 5))
    for entries in ([one, two, three], [three, two, one], [two, three, one]):
        absorbed = absorb(None, entries, PER_UPDATE, t(10))
        assert kinds(tell(absorbed, "updates").drafts) == ["incident.opened", "incident.updated", "incident.resolved"]
        assert absorbed.incident.status is Status.RESOLVED


def test_the_newest_of_several_entries_speaks_for_the_incident() -> None:
    absorbed = absorb(None, [reading(IDE, title="New"), reading(INV, title="Old")], PER_UPDATE, t(10))
    assert absorbed.incident.title == "New"


@pytest.mark.parametrize("kind", Kind)
def test_taken_down_is_withdrawn_and_never_called_resolved(kind: Kind) -> None:
    incident = absorb(None, (reading(INV, kind=kind),), TIMELINE, t(1)).incident
    after, draft = take_down(incident, t(20), unlisted=False)
    assert (after.status, after.open, after.resolved_at) == (Status.WITHDRAWN, False, None)
    assert (draft.event, draft.status, draft.previous_status) == (f"{kind}.withdrawn", "withdrawn", "investigating")
    assert "resolved" not in f"{draft.message} {draft.status}"
    assert after.updates == incident.updates


@pytest.mark.parametrize(("kind", "end"), [(Kind.INCIDENT, "resolved"), (Kind.MAINTENANCE, "completed")])
def test_no_longer_listed_is_an_end(kind: Kind, end: str) -> None:
    incident = absorb(None, (reading(INV, kind=kind),), CURRENT, t(1)).incident
    after, draft = take_down(incident, t(20), unlisted=True)
    assert (after.status, after.open, after.resolved_at) == (end, False, t(20))
    assert (draft.event, draft.status, draft.message) == (f"{kind}.{end}", end, "no longer listed by the provider")
    assert draft.update_at == t(20)
    assert [one.label for one in after.updates] == ["investigating", end]


def test_superseded_is_closed_without_a_word() -> None:
    after = supersede(absorb(None, (reading(INV),), TIMELINE, t(1)).incident)
    assert (after.status, after.open, after.shown) == (Status.SUPERSEDED, False, False)


def test_a_status_word_nobody_knows_is_an_unknown_status_and_one_warning() -> None:
    world = World()
    world.see()
    assert kinds(world.see(reading(up("under_observation", 1)))) == ["incident.opened"]
    world.see(reading(up("under_observation", 1)))
    assert world.warnings == ["a: unknown status word 'under_observation'"]
