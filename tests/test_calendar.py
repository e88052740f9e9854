"""Planned work as a calendar: what an entry says after each event, and a document that programs read as it is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from attrs import evolve
from build import NOON, t
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.calendar import LENGTH, MOST_UPDATES, Said, Work, document, parse, still_shown, told_of, uid
from statustrio.events import REMINDER, Event
from statustrio.model import Status

PLAN = Event(
    1, "id", NOON, "maintenance.scheduled", "acme", "Acme", "m1", title="Database upgrade", status=Status.SCHEDULED,
    message="We upgrade.\n\n\nReads go on.", update_at=NOON, started_at=t(600), scheduled_until=t(690),
    url="https://status.acme.example/m1",
)  # fmt: skip
STARTED: dict[str, Any] = {
    "seq": 2, "event": "maintenance.started", "status": Status.IN_PROGRESS, "update_at": t(601), "timestamp": t(602),
    "message": "It begins.",
}  # fmt: skip
COMPLETED: dict[str, Any] = {
    "seq": 3, "event": "maintenance.completed", "status": Status.COMPLETED, "update_at": t(640), "timestamp": t(641),
    "message": "Done.",
}  # fmt: skip


def work(*changes: dict[str, Any], plan: Event = PLAN) -> Work:
    found = told_of(None, plan)
    for change in changes:
        found = told_of(found, evolve(plan, **change))
    assert found
    return found


def entry(one: Work) -> Any:
    """The entry as a program reads it."""
    (found,) = icalendar.Calendar.from_ical(document([one])).walk("VEVENT")
    assert not found.errors
    return found


def test_an_entry_says_what_is_planned() -> None:
    found = entry(work())
    assert found["uid"] == uid("acme", "m1") == "urn:statustrio:acme/m1"
    assert found["summary"] == "Acme: Database upgrade"
    assert found["description"] == "2026-03-02 12:00 UTC, scheduled\nWe upgrade.\nReads go on."
    assert found["url"] == "https://status.acme.example/m1"
    assert (found["dtstart"].dt, found["dtend"].dt) == (t(600), t(690))
    assert (found["sequence"], found["status"], found["transp"]) == (1, "CONFIRMED", "TRANSPARENT")
    assert found["dtstamp"].dt == found["last-modified"].dt == NOON


def test_what_follows_stands_above_and_raises_the_sequence() -> None:
    found = entry(work(STARTED, COMPLETED))
    assert [block.splitlines()[0] for block in found["description"].split("\n\n")] == [
        "2026-03-02 22:40 UTC, completed",
        "2026-03-02 22:01 UTC, in progress",
        "2026-03-02 12:00 UTC, scheduled",
    ]
    assert (found["sequence"], found["last-modified"].dt) == (3, t(641))
    assert (found["dtstart"].dt, found["dtend"].dt) == (t(600), t(690))


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ([], None),
        ([STARTED], None),
        ([STARTED, COMPLETED], t(640)),
        ([STARTED, COMPLETED, {"seq": 4, "event": "maintenance.updated", "status": Status.COMPLETED}], t(640)),
        ([{"seq": 2, "event": "maintenance.updated", "started_at": t(900)}], None),
        ([COMPLETED | {"update_at": t(5)}], None),
    ],
)
def test_where_the_page_names_no_end_it_is_an_hour_until_it_is_known(
    changes: list[dict[str, Any]], end: datetime | None
) -> None:
    found = work(*changes, plan=evolve(PLAN, scheduled_until=None))
    assert found.end == end
    written = entry(found)
    if end is None:
        assert ("dtend" in written, written["duration"].dt) == (False, LENGTH)
    else:
        assert ("duration" in written, written["dtend"].dt) == (False, end)


def test_an_end_before_the_start_is_none() -> None:
    assert work(plan=evolve(PLAN, scheduled_until=t(600))).end is None


def test_a_plan_that_is_moved_is_another_time_of_the_same_entry() -> None:
    found = work({"seq": 2, "event": "maintenance.updated", "started_at": t(1200), "scheduled_until": t(1260)})
    assert (found.uid, found.start, found.end, found.sequence) == (work().uid, t(1200), t(1260), 2)


def test_what_is_withdrawn_is_cancelled_until_it_is_planned_again() -> None:
    gone = {"seq": 2, "event": "maintenance.withdrawn", "status": Status.WITHDRAWN}
    edit = {"seq": 3, "event": "maintenance.edited", "message": "We would have upgraded."}
    again = {"seq": 4, "event": "maintenance.scheduled"}
    assert entry(work(gone))["status"] == "CANCELLED"
    assert work(gone, edit).cancelled
    assert entry(work(gone, edit, again))["status"] == "CONFIRMED"


def test_an_edit_stands_in_the_place_of_the_update_it_is_of() -> None:
    edit = {"seq": 4, "event": "maintenance.edited", "message": "We upgrade two."}
    relabelled = {**STARTED, "seq": 5, "event": "maintenance.edited", "status": Status.VERIFYING}
    assert [said.text for said in work(STARTED, COMPLETED, edit).updates] == ["Done.", "It begins.", "We upgrade two."]
    assert [said.status for said in work(STARTED, COMPLETED, relabelled).updates] == [
        "completed", "verifying", "scheduled",
    ]  # fmt: skip
    assert work(edit | {"update_at": t(-9)}).updates[0].text == "We upgrade two."


def test_an_event_told_twice_changes_nothing_and_a_new_database_counts_on() -> None:
    once = work(STARTED)
    assert told_of(once, evolve(PLAN, **STARTED)) is once
    later = told_of(evolve(once, sequence=900), evolve(PLAN, **COMPLETED))
    assert later
    assert later.sequence == 901


@pytest.mark.parametrize(
    "other",
    [
        evolve(PLAN, event="incident.opened"),
        evolve(PLAN, event=REMINDER, seq=9),
        evolve(PLAN, event="provider.gap", incident_id=None),
        evolve(PLAN, event="monitor.summary", provider=None, incident_id=None),
    ],
    ids=lambda one: one.event,
)
def test_what_is_no_news_of_planned_work_is_none_of_its(other: Event) -> None:
    assert told_of(None, other) is None
    before = work()
    assert told_of(before, other) is before


def test_what_is_over_for_long_leaves_and_what_is_spoken_of_stays() -> None:
    at = NOON + timedelta(days=100)
    old = evolve(work(), updates=(), start=at - timedelta(days=91), end=at - timedelta(days=90, seconds=1))
    just = evolve(old, end=at - timedelta(days=90))
    without_end = evolve(old, end=None, start=at - timedelta(days=90, hours=1))
    spoken_of = evolve(old, updates=(Said.of(at - timedelta(days=1), "in progress", ""),))
    planned = evolve(old, start=at + timedelta(days=400), end=None)
    assert still_shown([old, just, without_end, spoken_of, planned], at) == (just, without_end, spoken_of, planned)


def test_of_many_updates_the_newest_stay_and_a_long_one_is_cut() -> None:
    many = [{"seq": n, "event": "maintenance.updated", "message": str(n) * 3000} for n in range(2, 40)]
    found = work(*many)
    assert len(found.updates) == MOST_UPDATES
    assert found.updates[0].text.startswith("3939")
    assert found.updates[0].text.endswith("…")
    assert parse(document([found])) == (found,)


HOSTILE = (
    'Größe\\n; "a", b: 😀\u200d🔧 ' * 40
    + "\r\nEND:VEVENT\nBEGIN:VALARM\nATTENDEE:mailto:a@b.example\x0b\u2028\x00\u202e"
)


def test_long_lines_are_folded_between_characters_and_text_is_never_a_property() -> None:
    written = document(
        [work(plan=evolve(PLAN, title=HOSTILE, message=HOSTILE, incident_id=HOSTILE, url=f"https://h/{HOSTILE}"))]
    )
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert written.endswith(b"\r\n")
    for line in lines:
        line.decode()  # no character is cut in two
    (found,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert not found.subcomponents
    assert "attendee" not in found
    assert found["summary"].startswith('Acme: Größe\\n; "a", b: 😀\u200d🔧 Größe')
    assert "\u202e" not in written.decode()


def test_a_calendar_without_entries_is_one() -> None:
    assert not icalendar.Calendar.from_ical(document([])).walk("VEVENT")
    assert parse(document([])) == ()


def test_the_same_works_give_the_same_bytes_in_whatever_order() -> None:
    works = [
        work(),
        work(plan=evolve(PLAN, incident_id="m2")),
        work(plan=evolve(PLAN, started_at=t(1), incident_id="m3")),
    ]
    assert document(works) == document(works[::-1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not ours",
        b"\xff\xfe\x00",
        document([work()])[:100],
        document([work()]).replace(b"-//statustrio//", b"-//other//"),
    ],
)
def test_what_is_not_ours_or_torn_holds_nothing(data: bytes) -> None:
    assert parse(data) == ()


@pytest.mark.parametrize("name", [b"DTSTART", b"LAST-MODIFIED", b"SEQUENCE"])
def test_an_entry_that_was_damaged_is_left_out(name: bytes) -> None:
    lines = document([work(), work(plan=evolve(PLAN, incident_id="m2"))]).split(b"\r\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(name))
    for damaged in ([name + b":nonsense"], []):
        (left,) = parse(b"\r\n".join((*lines[:place], *damaged, *lines[place + 1 :])))
        assert left.uid == "urn:statustrio:acme/m2"


def test_an_update_of_a_day_that_is_none_is_left_out() -> None:
    data = document([work()]).replace(b"2026-03-02 12:00 UTC", b"2026-13-02 12:00 UTC")
    assert [one.updates for one in parse(data)] == [()]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            Work,
            uid=st.uuids().map(str),
            title=TEXTS.map(lambda text: " ".join(Said.of(NOON, "", text).text.split())),
            start=TIMES,
            end=st.none() | TIMES,
            modified=TIMES,
            sequence=st.integers(0, 2**31 - 1),
            cancelled=st.booleans(),
            updates=st.lists(st.builds(Said.of, TIMES, st.sampled_from([*Status]), TEXTS), max_size=3).map(tuple),
            url=st.none() | st.just("https://status.acme.example/m1?a=1,2;3&b=%20"),
        ),
        max_size=3,
    )
)
def test_what_is_written_is_read_back(works: list[Work]) -> None:
    assert parse(document(works)) == tuple(sorted(works, key=lambda one: (one.start, one.uid)))
