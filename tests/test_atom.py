"""The merged feed: valid, whole at every moment, and the same incidents when statustrio follows it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import trio
from attrs import evolve

from statustrio.consumers.atom import MOST_ENTRIES, open_atom
from statustrio.errors import DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.model import Component, Impact, Kind, Reading, Status
from statustrio.reading import Document, read_document
from statustrio.store.protocol import Logged

AT = datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)
EVENT = Event(
    1, "id", AT, "incident.opened", "acme", "Acme & Söhne", "i1", title="Errors < 1%", status=Status.INVESTIGATING,
    impact=Impact.MAJOR, components=(Component("API"), Component('Web "2"')), message="We <look>\ninto & it.",
    update_at=AT, started_at=AT, updated_at=AT, url="https://status.acme.example/i1?a=1&b=2",
)  # fmt: skip


def logged(**changes: Any) -> Logged:
    event = evolve(EVENT, **changes)
    return Logged(event.seq, event, render(event))


async def deliver(path: Path, *events: Logged) -> None:
    with trio.fail_after(10):
        async with open_atom(path) as consumer:
            for one in events:
                await consumer.deliver(one)


def followed(path: Path) -> Document:
    return read_document(
        path.read_bytes(), url="https://ours.example/all.atom", content_type=None, platform=None, hint=None,
        last_platform=None, last_window=(),
    )  # fmt: skip


def readings(path: Path) -> dict[str, Reading]:
    document = followed(path)
    assert document.platform == "statustrio"
    return {one.incident_id: one for one in document.readings}


def at(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


LIFE = (
    logged(),
    logged(
        seq=2, event="incident.updated", status=Status.IDENTIFIED, update_at=at(1), timestamp=at(2), message="Found"
    ),
    logged(seq=3, event="incident.resolved", status=Status.RESOLVED, update_at=at(9), timestamp=at(9), message="Over"),
)


async def test_what_it_writes_is_a_feed_that_reads_as_the_same_incident(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    await deliver(path, *LIFE)
    parsed = feedparser.parse(path.read_bytes())
    assert (parsed.bozo, parsed.version, len(parsed.entries)) == (False, "atom10", 1)
    (one,) = readings(path).values()
    assert (one.incident_id, one.kind, one.title) == ("acme/i1", Kind.INCIDENT, "Acme & Söhne: Errors < 1%")
    assert [(update.at, update.label, update.text) for update in one.updates] == [
        (AT, "investigating", "We <look>\ninto & it."),
        (at(1), "identified", "Found"),
        (at(9), "resolved", "Over"),
    ]
    assert (one.url, one.impact, one.components) == (EVENT.url, Impact.MAJOR, EVENT.components)
    assert (one.started_at, one.updated_at) == (AT, at(9))


async def test_a_restart_goes_on_with_the_file(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.atom", tmp_path / "parts.atom"
    other = logged(seq=4, incident_id="i2", title="Other")
    await deliver(whole, *LIFE, other)
    for one in (*LIFE, other, other):
        await deliver(parts, one)
    assert parts.read_bytes() == whole.read_bytes()
    assert list(readings(parts)) == ["acme/i2", "acme/i1"]


async def test_an_edit_stays_in_its_place_and_a_postmortem_is_named(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    edit = logged(seq=4, event="incident.edited", update_at=at(1), status=Status.MONITORING, message="Found, and why")
    story = logged(seq=5, event="incident.postmortem", update_at=at(99), status=Status.RESOLVED, message="Sorry")
    await deliver(path, *LIFE, edit, story)
    (one,) = readings(path).values()
    assert [(update.label, update.text) for update in one.updates][1:] == [
        ("monitoring", "Found, and why"),
        ("resolved", "Over"),
        ("postmortem", "Sorry"),
    ]


async def test_planned_work_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    work = {"event": "maintenance.scheduled", "status": Status.SCHEDULED, "started_at": at(600)}
    await deliver(
        path, logged(**work), logged(seq=2, event="maintenance.started", status=Status.IN_PROGRESS, update_at=at(600))
    )
    (one,) = readings(path).values()
    assert (one.kind, one.started_at) == (Kind.MAINTENANCE, at(600))


async def test_only_so_many_incidents_are_kept_and_none_of_a_provider_itself(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    many = [logged(seq=n, incident_id=f"i{n}") for n in range(MOST_ENTRIES + 3)]
    await deliver(path, *many, many[5], logged(event="provider.unreachable", incident_id=None))
    found = list(readings(path))
    assert len(found) == MOST_ENTRIES
    assert found[:2] == ["acme/i5", f"acme/i{MOST_ENTRIES + 2}"]


async def test_hostile_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    await deliver(
        path, logged(title="]]></title><script>\ufffe", message='</p><small>x" & \uffff', url='https://e.example/"><x')
    )
    assert not feedparser.parse(path.read_bytes()).bozo
    (one,) = readings(path).values()
    assert one.updates[0].text == '</p><small>x" &'
    assert len(one.updates) == 1


FOREIGN = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Mine</title><generator>me</generator></feed>'


@pytest.mark.parametrize("content", [b"my notes", b"<notes/>", FOREIGN, b"\xff\xfe\x00", b"\n"])
async def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.xml"
    path.write_bytes(content)
    async with open_atom(path) as consumer:
        with pytest.raises(DeliveryError, match=r"notes.xml: was not written by statustrio; name another file"):
            await consumer.deliver(logged())
        assert path.read_bytes() == content
        path.rename(tmp_path / "kept.xml")
        await consumer.deliver(logged())
    assert len(readings(path)) == 1


async def test_an_empty_file_holds_nothing_that_could_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "all.atom"
    path.touch()
    await deliver(path, logged())
    assert len(readings(path)) == 1


async def test_what_cannot_be_written_is_owed_and_leaves_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.atom"
    await deliver(path, LIFE[0])
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    async with open_atom(path) as consumer:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(DeliveryError, match="No space left"):
                await consumer.deliver(LIFE[1])
        assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])
        await consumer.deliver(LIFE[1])
    assert len(readings(path)["acme/i1"].updates) == 2
    with pytest.raises(DeliveryError, match="No such file"):
        await deliver(tmp_path / "none" / "all.atom", LIFE[0])
