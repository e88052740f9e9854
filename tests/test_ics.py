"""The calendar file: planned work alone, gone on with after a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve
from build import NOON, t

from statustrio.calendar import Work, parse
from statustrio.consumers.ics import open_ics
from statustrio.errors import DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.model import Status
from statustrio.store.protocol import Logged

PLAN = Event(
    1, "id", NOON, "maintenance.scheduled", "acme", "Acme", "m1", title="Upgrade", status=Status.SCHEDULED,
    message="We upgrade.", update_at=NOON, started_at=t(600), scheduled_until=t(690),
)  # fmt: skip


def logged(**changes: Any) -> Logged:
    event = evolve(PLAN, **changes)
    return Logged(event.seq, event, render(event))


async def deliver(path: Path, *events: Logged) -> None:
    with trio.fail_after(10):
        async with open_ics(path) as consumer:
            for one in events:
                await consumer.deliver(one)


def works(path: Path) -> dict[str, Work]:
    return {work.uid.rpartition("/")[2]: work for work in parse(path.read_bytes())}


LIFE = (
    logged(),
    logged(seq=2, incident_id="m2", started_at=t(100)),
    logged(seq=3, event="maintenance.started", status=Status.IN_PROGRESS, update_at=t(600), timestamp=t(601)),
    logged(seq=4, incident_id="m2", event="maintenance.withdrawn", status=Status.WITHDRAWN, timestamp=t(602)),
)


async def test_each_incident_is_an_entry_and_a_restart_goes_on_with_the_file(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.ics", tmp_path / "parts.ics"
    await deliver(whole, *LIFE)
    for one in LIFE:
        await deliver(parts, one)
    await deliver(parts, LIFE[-1])
    assert parts.read_bytes() == whole.read_bytes()
    found = works(whole)
    assert {name: (work.sequence, work.cancelled, len(work.updates)) for name, work in found.items()} == {
        "m2": (4, True, 2),
        "m1": (3, False, 2),
    }


async def test_what_is_no_planned_work_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "maintenance.ics"
    others = (
        logged(seq=2, event="incident.opened"),
        logged(seq=3, event="provider.unreachable", incident_id=None),
        logged(seq=4, event="monitor.offline", provider=None, incident_id=None),
    )
    await deliver(path, *others)
    assert not path.exists()
    await deliver(path, logged())
    before = path.stat()
    await deliver(path, *others)
    assert path.stat() == before


async def test_work_that_was_over_90_days_ago_leaves_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "maintenance.ics"
    later = NOON + timedelta(days=92)
    await deliver(path, logged(), logged(seq=2, incident_id="m2", timestamp=later, update_at=later, started_at=later))
    assert list(works(path)) == ["m2"]


@pytest.mark.parametrize("content", [b"my notes", b"BEGIN:VCALENDAR\r\nPRODID:-//me//mine//EN\r\nEND:VCALENDAR\r\n"])
async def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.ics"
    path.write_bytes(content)
    with pytest.raises(DeliveryError, match=r"mine.ics: was not written by statustrio"):
        await deliver(path, logged())
    assert path.read_bytes() == content
    path.write_bytes(b"")
    await deliver(path, logged())
    assert list(works(path)) == ["m1"]
