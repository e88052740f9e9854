"""One statustrio follows the feed of another, and knows the same."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trio
from daemons import Run, command, environment, running, write_config
from pages import StatusPage
from server import open_server

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def known(config: Path) -> dict[str, Any]:
    """The incidents by title, with their updates."""
    ask = command(config, "incidents", "--format", "json")
    rows = subprocess.run(ask, env=environment(), capture_output=True, text=True, check=True).stdout.splitlines()
    updates: dict[str, list[tuple[str, ...]]] = {}
    with closing(sqlite3.connect(config.with_name("statustrio.db"))) as connection:
        for incident, *update in connection.execute(
            "SELECT incident_id, update_at, status, message FROM incident_updates"
        ):
            updates.setdefault(incident.rpartition("/")[2], []).append(tuple(update))
    incidents = {}
    for row in map(json.loads, rows):
        same = ("kind", "status", "impact", "components", "started_at", "resolved_at", "url")
        said = {name: row[name] for name in same} | {"updates": updates[row["incident_id"].rpartition("/")[2]]}
        incidents[row["title"].removeprefix("Origin: ")] = said
    return incidents


async def test_what_one_tells_another_knows(tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    port = free_port()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    async with open_server(deadline=60) as server:
        page = StatusPage()
        server.pages["/origin.atom"] = page.page
        first = write_config(tmp_path / "first" / "providers.yaml", {"origin": server.url("/origin.atom")})
        second = write_config(tmp_path / "second" / "providers.yaml", {"copy": f"http://127.0.0.1:{port}/feed.atom"})
        async with running(first, "run", "--web", f"127.0.0.1:{port}") as one:
            while b"daemon.started" not in one.stderr:
                await trio.sleep(0.01)
            async with running(second) as other:
                await _live(page, one, other)
                assert await other.end() == 0
            assert await one.end() == 0
    assert known(second) == known(first)
    names = [line["event"] for line in one.lines]
    assert [line["event"] for line in other.lines] == names
    assert {line["title"] for line in other.lines} == {f"Origin: {line['title']}" for line in one.lines}


async def _live(page: StatusPage, one: Run, other: Run) -> None:
    """A life with all there is in it, one event at a time."""
    told = 0

    async def both() -> None:
        nonlocal told
        told += 1
        await one.wait_lines(told)
        await other.wait_lines(told)

    while not one.lines:
        trouble = page.open("Requests fail & <time out>", "We look into “it”.\nMore soon.")
        await both()
    page.post(trouble, "Identified", "It is <the cache>")
    await both()
    second = page.open("Slow answers")
    await both()
    page.edit(second, "We are investigating answers that are slow.")
    await both()
    page.post(trouble, "Resolved", "Over")
    await both()
    page.post(second, "Resolved", "Quick again")
    await both()
