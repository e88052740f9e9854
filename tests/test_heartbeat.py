"""The heartbeat: beats while the monitor does its work, on a real server; silence when it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio
from attrs import evolve
from server import Page, PageServer, open_server, status
from structlog.testing import capture_logs

from statustrio.config import Config, HeartbeatConfig, ProviderConfig
from statustrio.counts import Counts
from statustrio.fetch import Web
from statustrio.heartbeat import COMMIT_SECONDS, Health, Heartbeat

FOLLOWS = Config(
    (
        ProviderConfig("slow", "Slow", "https://slow.example/", 3600.0),
        ProviderConfig("quick", "Quick", "https://quick.example/", 90.0),
        ProviderConfig("off", "Off", "https://off.example/", 1.0, enabled=False),
    )
)


def test_all_is_well_while_polls_succeed_and_the_storage_works() -> None:
    health, counts = Health(), Counts()
    assert not health.is_well(counts, FOLLOWS, 0)
    counts.unchanged += 1
    assert not health.is_well(counts, FOLLOWS, 60)
    counts.commits.add(0.1)
    assert health.is_well(counts, FOLLOWS, 120)
    counts.changed += 1
    counts.commits.add(0.1)
    assert health.is_well(counts, FOLLOWS, 180)


def test_a_failed_poll_is_no_success_and_two_intervals_of_silence_are_too_long() -> None:
    health, counts = Health(), Counts()
    counts.unchanged += 1
    for seconds in (0, 60, 120, 180):
        counts.commits.add(0.1)
        counts.failed["timeout"] += 1
        assert health.is_well(counts, FOLLOWS, seconds)
    counts.commits.add(0.1)
    assert not health.is_well(counts, FOLLOWS, 181)
    counts.unchanged += 1
    assert health.is_well(counts, FOLLOWS, 240)


def test_a_storage_that_takes_nothing_for_a_minute_is_not_well() -> None:
    health, counts = Health(), Counts()
    counts.commits.add(0.1)
    for seconds in (0.0, COMMIT_SECONDS):
        counts.unchanged += 1
        assert health.is_well(counts, FOLLOWS, seconds)
    counts.unchanged += 1
    counts.storage_failures += 1
    assert not health.is_well(counts, FOLLOWS, COMMIT_SECONDS + 1)


def test_a_monitor_that_follows_nobody_is_not_well() -> None:
    counts = Counts(unchanged=1)
    counts.commits.add(0.1)
    assert not Health().is_well(counts, evolve(FOLLOWS, providers=()), 0)


def asking(server: PageServer, counts: Counts, *, offline: bool = False) -> Heartbeat:
    config = evolve(FOLLOWS, heartbeat=HeartbeatConfig(server.url("/ping/s3cret"), timedelta(seconds=0.02)))
    return Heartbeat(Web(), counts, lambda: config, lambda: offline)


def well() -> Counts:
    counts = Counts(unchanged=1)
    counts.commits.add(0.1)
    return counts


@pytest.mark.parametrize("answer", [200, 202, 204])
async def test_a_healthy_monitor_beats_again_and_again(answer: int) -> None:
    async with open_server() as server, trio.open_nursery() as nursery:
        server.pages["/ping/s3cret"] = Page(b"OK", script=status(answer) if answer != 200 else None)
        with capture_logs() as logs:
            nursery.start_soon(asking(server, well()).run)
            await server.wait_requests(3)
            nursery.cancel_scope.cancel()
    assert {(asked.method, asked.path) for asked in server.requests} == {("GET", "/ping/s3cret")}
    assert logs == []


async def test_one_that_is_offline_or_not_well_is_silent() -> None:
    async with open_server() as server:
        for beat in (asking(server, well(), offline=True), asking(server, Counts())):
            with trio.move_on_after(0.1):
                await beat.run()
        assert server.requests == []


async def test_an_error_is_logged_once_without_the_url_and_stops_nothing() -> None:
    async with open_server() as server, trio.open_nursery() as nursery:
        page = server.pages["/ping/s3cret"] = Page(b"OK", script=status(500))
        with capture_logs() as logs:
            nursery.start_soon(asking(server, well()).run)
            await server.wait_requests(3)
            page.script = None
            await server.wait(lambda: sum(asked.status == 200 for asked in server.requests) >= 2)
            nursery.cancel_scope.cancel()
    assert [entry["event"] for entry in logs] == ["heartbeat.failed", "heartbeat.recovered"]
    assert logs[0]["reason"] == "HTTP 500 Internal Server Error"
    assert "s3cret" not in str(logs)
