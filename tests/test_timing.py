"""When a consumer is told: stories of incidents over time, and what holds for each of them, whatever happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from statustrio.config import ConsumerConfig, FilterConfig, TimingConfig
from statustrio.events import BEGINNINGS, ENDS, Event
from statustrio.explain import Told, routed
from statustrio.model import Component, Impact, Status
from statustrio.spans import next_clock
from statustrio.stories import Mute
from statustrio.timing import Role, role

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OVER = {
    "resolved": Status.RESOLVED, "completed": Status.COMPLETED, "postmortem": Status.RESOLVED,
    "withdrawn": Status.WITHDRAWN,
}  # fmt: skip
LATER = NOON + timedelta(days=30)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def log(*entries: tuple[float, str], **more: Any) -> list[Event]:
    """Events from minutes after noon and names: `opened`, `maintenance.started`, `opened:other` of another incident."""
    events = []
    for seq, (minute, entry) in enumerate(entries, start=1):
        name, _, incident = entry.partition(":")
        family, dot, noun = name.rpartition(".")
        events.append(
            Event(
                seq,
                f"id {seq}",
                NOON + minutes(minute),
                f"{family}.{noun}" if dot else f"incident.{noun}",
                "acme",
                "Acme",
                None if family in ("provider", "monitor") else incident or "i1",
                title="Errors",
                status=OVER.get(noun, Status.SCHEDULED if noun == "scheduled" else Status.INVESTIGATING),
                **more,
            )
        )
    return events


def told(
    events: list[Event],
    *mutes: Mute,
    until: datetime = LATER,
    filters: Mapping[str, Any] | None = None,
    **timing: Any,
) -> list[tuple[float, int, str]]:
    """Minute, seq and manner of what a consumer is told."""
    consumer = ConsumerConfig("c", "file", filter=FilterConfig(**filters or {}), timing=TimingConfig(**timing))
    return [
        ((one.at - NOON) / minutes(1), one.event.seq, one.how)
        for one in routed(consumer, {}, mutes, events, until)
        if one.kept_back is None
    ]


def test_without_settings_everything_is_told_at_once() -> None:
    events = log((0, "opened"), (1, "updated"), (5, "resolved"), (6, "postmortem"))
    assert told(events) == [(0, 1, "event"), (1, 2, "event"), (5, 3, "event"), (6, 4, "event")]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(0, "opened"), (2, "resolved")], []),
        ([(0, "opened"), (2, "withdrawn")], []),
        ([(0, "opened"), (1, "updated"), (2, "resolved"), (9, "postmortem")], []),
        ([(0, "opened"), (3, "resolved")], [(3, 1), (3, 2)]),
        ([(0, "opened"), (1, "updated"), (9, "resolved")], [(3, 1), (3, 2), (9, 3)]),
        ([(0, "opened"), (2, "resolved"), (10, "reopened"), (20, "resolved")], [(13, 3), (20, 4)]),
        ([(0, "opened"), (9, "resolved"), (10, "reopened"), (11, "resolved")], [(3, 1), (9, 2)]),
        ([(0, "resolved")], []),
        ([(0, "opened"), (9, "resolved"), (20, "postmortem")], [(3, 1), (9, 2), (20, 3)]),
        ([(0, "provider.unreachable"), (1, "provider.recovered")], []),
        ([(0, "provider.unreachable"), (1, "provider.changed"), (5, "provider.recovered")], [(1, 2), (3, 1), (5, 3)]),
        ([(0, "maintenance.scheduled"), (9, "maintenance.started"), (10, "maintenance.completed")],
         [(3, 1), (9, 2), (10, 3)]),
    ],
    ids=str,
)  # fmt: skip
def test_hold(entries: list[tuple[float, str]], expected: list[tuple[float, int]]) -> None:
    assert told(log(*entries), hold=minutes(3)) == [(*one, "event") for one in expected]


def test_an_end_that_is_not_wanted_ends_a_hold_all_the_same() -> None:
    events = log((0, "opened"), (2, "resolved"), (9, "postmortem"))
    assert told(events, filters={"events": ("incident.opened",)}, hold=minutes(3)) == []


def test_who_asks_for_ends_hears_of_one_that_has_another_name() -> None:
    events = log((0, "opened"), (1, "updated"), (2, "withdrawn"))
    wanted = {"events": ("incident.opened", "incident.resolved")}
    assert [seq for _, seq, _ in told(events, filters=wanted)] == [1, 3]
    assert [seq for _, seq, _ in told(events, filters={"events": ("incident.opened",)})] == [1]


def test_a_digest_that_tells_of_a_start_tells_of_its_end_by_whatever_name() -> None:
    events = log((0, "opened"), (1, "updated"), (2, "withdrawn"))
    found = told(events, filters={"events": ("incident.opened", "incident.resolved")}, digest=time(9))
    assert [seq for _, seq, _ in found] == [1, 3]


def mute(begin: float, end: float, provider: str | None = None, incident: str | None = None) -> Mute:
    return Mute(NOON + minutes(begin), NOON + minutes(end), provider, incident)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(10, "opened"), (20, "resolved")], []),
        ([(10, "opened"), (20, "updated")], [(60, 2)]),
        ([(0, "opened"), (10, "updated"), (20, "updated")], [(0, 1), (60, 3)]),
        ([(0, "opened"), (10, "updated"), (20, "resolved"), (30, "postmortem")], [(0, 1), (60, 3)]),
        ([(10, "opened"), (70, "updated"), (80, "resolved")], [(60, 1), (70, 2), (80, 3)]),
        ([(0, "opened"), (1, "resolved"), (20, "postmortem")], [(0, 1), (1, 2), (60, 3)]),
        ([(0, "opened"), (10, "resolved"), (20, "reopened")], [(0, 1), (60, 3)]),
    ],
    ids=str,
)
def test_mute(entries: list[tuple[float, str]], expected: list[tuple[float, int]]) -> None:
    for one in (mute(5, 60), mute(5, 60, "acme"), mute(5, 60, "acme", "i1")):
        assert told(log(*entries), one) == [(*each, "event") for each in expected]
    for one in (mute(5, 60, "bolt"), mute(5, 60, "acme", "i2")):
        assert [seq for _, seq, _ in told(log(*entries), one)] == [*range(1, len(entries) + 1)]


def test_a_story_that_waits_for_a_digest_stays_whole_when_it_is_muted() -> None:
    events = log((0, "opened"), (1, "resolved"), (3, "postmortem"))
    assert [seq for _, seq, _ in told(events, mute(2, 9), digest=time(9))] == [1, 2]
    events = log((0, "provider.unreachable"), (3, "provider.changed"), (5, "provider.recovered"))
    assert [seq for _, seq, _ in told(events, mute(2, 4), digest=time(9))] == [1, 2, 3]


def test_what_begins_under_a_title_told_shortly_before_is_not_told() -> None:
    events = log(
        (0, "opened:a"), (5, "resolved:a"), (10, "opened:b"), (15, "resolved:b"), (20, "postmortem:b"),
        (70, "opened:c"), (75, "resolved:c"), (80, "resolved:d"),
    )  # fmt: skip
    assert [seq for _, seq, _ in told(events, repeat_window=minutes(60))] == [1, 2, 6, 7]
    others = [evolve(one, title=f"Errors {one.incident_id}") for one in events]
    assert [seq for _, seq, _ in told(others, repeat_window=minutes(60))] == [1, 2, 3, 4, 5, 6, 7, 8]


def local(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute).astimezone(UTC)


def at_local(*entries: tuple[datetime, str]) -> list[Event]:
    return log(*(((at - NOON) / minutes(1), name) for at, name in entries))


def times(found: Iterable[tuple[float, int, str]]) -> list[tuple[datetime, int, str]]:
    return [(NOON + minutes(minute), seq, how) for minute, seq, how in found]


def test_a_digest_is_told_once_a_day_with_all_of_it() -> None:
    events = at_local(
        (local(8, 0), "opened:a"),
        (local(10, 0), "opened:b"),
        (local(11, 0), "resolved:b"),
        (local(8, 0, 3), "resolved:a"),
    )
    assert times(told(events, digest=time(9))) == [
        (local(9, 0), 1, "summary"),
        *((local(9, 0, 3), seq, "summary") for seq in (4, 2, 3)),
    ]


def test_in_quiet_hours_nothing_is_told_and_afterwards_all_of_it() -> None:
    events = at_local(
        (local(21, 59), "opened:a"), (local(22, 0), "updated:a"), (local(3, 0, 3), "opened:b"),
        (local(6, 59, 3), "resolved:a"), (local(7, 0, 3), "resolved:b"),
    )  # fmt: skip
    assert times(told(events, quiet_hours=(time(22), time(7)))) == [
        (local(21, 59), 1, "event"),
        *((local(7, 0, 3), seq, "summary") for seq in (2, 4, 3)),
        (local(7, 0, 3), 5, "event"),
    ]


def planned(*entries: tuple[float, str], at: float) -> list[Event]:
    return [
        evolve(one, event=one.event.replace("incident.", "maintenance."), started_at=NOON + minutes(at))
        for one in log(*entries)
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (planned((0, "scheduled"), at=600), [(0, 1, "event"), (540, 1, "reminder")]),
        (planned((0, "scheduled"), at=59), [(0, 1, "event")]),
        (planned((0, "scheduled"), (100, "scheduled"), at=600),
         [(0, 1, "event"), (100, 2, "event"), (540, 2, "reminder")]),
        (planned((0, "scheduled"), (500, "withdrawn"), at=600), [(0, 1, "event"), (500, 2, "event")]),
        (planned((0, "scheduled"), (500, "started"), at=600), [(0, 1, "event"), (500, 2, "event")]),
        ([*planned((0, "scheduled"), at=600), *planned((0, "opened"), (50, "scheduled"), at=900)[1:]],
         [(0, 1, "event"), (50, 2, "event"), (840, 2, "reminder")]),
    ],
)  # fmt: skip
def test_a_reminder_of_planned_work(events: list[Event], expected: list[tuple[float, int, str]]) -> None:
    assert told(events, remind_before=minutes(60)) == expected


def test_a_reminder_waits_for_the_end_of_a_mute_and_never_comes_too_late() -> None:
    events = planned((0, "scheduled"), at=600)
    assert told(events, mute(500, 570), remind_before=minutes(60))[1:] == [(570, 1, "reminder")]
    assert told(events, mute(500, 700), remind_before=minutes(60))[1:] == []


@pytest.mark.parametrize("clock", [time(0), time(9, 30), time(23, 59)])
def test_the_next_time_of_day_is_within_a_day(clock: time) -> None:
    for hour in range(48):
        after = NOON + timedelta(hours=hour)
        found = next_clock(after, clock)
        assert after < found <= after + timedelta(days=1)
        assert found.astimezone().time() == clock


FIRST = {"incident": ["opened", "resolved", "updated"], "maintenance": ["scheduled", "started", "completed"]}
GOING_ON = {
    "incident": ["updated", "edited", "resolved", "withdrawn"],
    "maintenance": ["started", "updated", "edited", "completed", "withdrawn"],
}
AFTERWARDS = {"incident": ["postmortem", "edited", "reopened"], "maintenance": ["edited", "scheduled"]}
FAMILY = {"a": "incident", "b": "incident", "c": "maintenance"}


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """A log in which each incident begins, goes on and may end, and begin again; an edit has the status of its time."""
    following = {incident: FIRST[family] for incident, family in FAMILY.items()}
    entries = []
    minute = 0
    for _ in range(draw(st.integers(0, 14))):
        minute += draw(st.sampled_from([0, 1, 2, 7, 30, 200, 1000]))
        incident = draw(st.sampled_from("abc"))
        family = FAMILY[incident]
        name = f"{family}.{draw(st.sampled_from(following[incident]))}"
        if name in ENDS:
            following[incident] = AFTERWARDS[family]
        elif following[incident] is not AFTERWARDS[family] or name in BEGINNINGS:
            following[incident] = GOING_ON[family]
        entries.append((minute, f"{name}:{incident}"))
    return [
        evolve(
            one,
            impact=draw(st.sampled_from([None, Impact.MINOR, Impact.MAJOR])),
            components=draw(st.sampled_from([None, (), (Component("API"),), (Component("Web"),)])),
            message=draw(st.sampled_from(["in the EU", "in the US", None])),
            started_at=one.timestamp + minutes(draw(st.sampled_from([-5, 5, 90, 3000]))),
        )
        for one in log(*entries)
    ]


TIMINGS = st.builds(
    TimingConfig,
    hold=st.sampled_from([None, minutes(3), minutes(60)]),
    repeat_window=st.sampled_from([None, minutes(60)]),
    remind_before=st.sampled_from([None, minutes(60)]),
    digest=st.sampled_from([None, time(9)]),
    quiet_hours=st.sampled_from([None, (time(22), time(7))]),
)
FILTERS = st.builds(
    FilterConfig,
    events=st.sampled_from([(), (), ("incident.opened", "incident.resolved")]),
    components=st.sampled_from([(), ("API",)]),
    min_impact=st.sampled_from([None, Impact.MAJOR]),
    match=st.sampled_from([None, "EU"]),
)
MUTES = st.lists(
    st.builds(
        lambda begin, length, incident: mute(begin, begin + length, "acme", incident),
        st.integers(0, 2000),
        st.sampled_from([1, 10, 500]),
        st.sampled_from([None, "a"]),
    ),
    max_size=2,
)


def of_incident(found: Iterable[Told], incident: str) -> Iterator[Told]:
    return (one for one in found if one.event.incident_id == incident)


def concerns(filters: FilterConfig, own: Iterable[Event]) -> list[Event]:
    """The events of one incident from the first on at which it concerns the consumer; what is unknown does."""
    worst, names, texts, passed = [], set[str](), "", []
    for one in own:
        worst += [one.impact] if one.impact else []
        names |= {component.name for component in one.components or ()}
        texts += f"{one.message}\n"
        is_bad_enough = not filters.min_impact or not worst or Impact.MAJOR in worst
        is_affected = not filters.components or not names or "API" in names
        if passed or (is_bad_enough and is_affected and (filters.match or "") in texts):
            passed.append(one)
    return passed


@settings(max_examples=200, deadline=None)
@given(lives(), FILTERS)
def test_without_timing_it_is_told_from_where_it_concerns_the_consumer_to_its_end(
    events: list[Event], filters: FilterConfig
) -> None:
    consumer = ConsumerConfig("c", "file", filter=evolve(filters, events=()))
    found = [one.event for one in routed(consumer, {}, (), events, LATER) if one.kept_back is None]
    own = [concerns(filters, (one for one in events if one.incident_id == incident)) for incident in "abc"]
    assert found == sorted((one for some in own for one in some), key=lambda one: one.seq)


@settings(max_examples=400, deadline=None)
@given(lives(), TIMINGS, FILTERS, MUTES)
def test_whoever_hears_of_an_incident_hears_a_whole_story(
    events: list[Event], timing: TimingConfig, filters: FilterConfig, mutes: list[Mute]
) -> None:
    consumer = ConsumerConfig("c", "file", filter=filters, timing=timing)
    found = [one for one in routed(consumer, {}, tuple(mutes), events, LATER) if one.kept_back is None]
    once = [one.event.seq for one in found if one.how != "reminder"]
    assert len(set(once)) == len(once), "nothing is told twice"
    for incident in "abc":
        own = concerns(filters, (one for one in events if one.incident_id == incident))
        states = [one for one in own if role(one) is not Role.EPILOGUE]
        heard_at = None
        for one in of_incident(found, incident):
            assert one.event in own, "what does not concern the consumer"
            if one.how == "reminder":
                assert heard_at, "a reminder of what nobody heard of"
                continue
            match role(one.event):
                case Role.END:
                    before = [each for each in states if each.seq < one.event.seq]
                    alone = not before or before[-1].event in ENDS
                    assert heard_at or alone or filters.events, "an end of what nobody heard of"
                    if heard_at and not mutes and not filters.events:
                        ends = [each for each in states if each.event in ENDS and each.seq > heard_at]
                        assert ends[0] == one.event, "it is told of another end than its own"
                    heard_at = None
                case Role.BEGINNING | Role.WITHIN:
                    heard_at = one.event.seq
                case _:
                    pass
        if states and states[-1].event in ENDS:
            assert not heard_at, "the consumer believes that it goes on"
        elif states and not timing.repeat_window and not filters.events:
            assert heard_at, "silence must be earned"


@settings(max_examples=100, deadline=None)
@given(lives(), TIMINGS, MUTES)
def test_what_is_told_is_told_in_the_order_of_the_log_and_never_before_its_time(
    events: list[Event], timing: TimingConfig, mutes: list[Mute]
) -> None:
    consumer = ConsumerConfig("c", "file", timing=timing)
    found = [one for one in routed(consumer, {}, tuple(mutes), events, LATER) if one.kept_back is None]
    assert all(one.at >= one.event.timestamp for one in found)
    for incident in "abc":
        seqs = [one.event.seq for one in of_incident(found, incident)]
        assert seqs == sorted(seqs)


def test_the_tables_of_beginnings_and_ends_are_apart() -> None:
    assert not BEGINNINGS & ENDS
