"""`kill -9` at random instants: nothing is missing, and at most the one event under way comes twice, the same."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import trio
from daemons import command, environment, write_config
from pages import StatusPage, post_until
from server import open_server

from statustrio.store.soundness import find_faults

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("STATUSTRIO_KILLS", "10"))


def posted(page: StatusPage) -> list[str]:
    return sorted(text for trouble in page.troubles for _, _, text in trouble.updates)


async def first_sight(config: Path) -> None:
    """See the page while it is empty, so that each update from now on is an event."""
    await trio.run_process(command(config, "run", "--once"), env=environment(), stdout=subprocess.DEVNULL)


async def run_and_kill(config: Path, output: Path, chance: random.Random) -> None:
    """One life: it begins to print, and is killed within the next third of a second."""
    with output.open("ab") as stdout:
        process = await trio.lowlevel.open_process(
            command(config), stdout=stdout, stderr=subprocess.DEVNULL, env=environment()
        )
    size = output.stat().st_size
    with trio.move_on_after(10):
        while output.stat().st_size == size:
            await trio.sleep(0.002)
    await trio.sleep(chance.random() / 3)
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def finish(config: Path, output: Path, page: StatusPage) -> None:
    """A last life that ends in peace once everything posted was printed, one thing more by it: so it hears signals."""
    page.open("The last one", "the last text")
    with output.open("ab") as stdout:
        process = await trio.lowlevel.open_process(
            command(config), stdout=stdout, stderr=subprocess.DEVNULL, env=environment()
        )
    try:
        with trio.fail_after(60):
            while not set(posted(page)) <= {line["message"] for line in whole_lines(output)[0]}:
                await trio.sleep(0.05)
            process.terminate()
            assert await process.wait() == 0
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


def whole_lines(output: Path) -> tuple[list[dict[str, object]], int]:
    """The lines that are whole, and how many are not."""
    whole, torn = [], 0
    for line in output.read_text().splitlines():
        try:
            whole.append(json.loads(line))
        except ValueError:
            torn += 1
    return whole, torn


async def test_kills_lose_nothing_and_a_redirected_file_holds_each_event_once_as_a_whole_line(tmp_path: Path) -> None:
    chance = random.Random(4)
    output, log = tmp_path / "events.jsonl", tmp_path / "file.jsonl"
    output.touch()
    done = trio.Event()
    async with open_server(deadline=250) as server, trio.open_nursery() as nursery:
        page = StatusPage(length=80)  # no update may leave the window while the daemon is dead
        server.pages["/history.atom"] = page.page
        more = f"consumers:\n  - {{type: stdout}}\n  - {{type: file, path: {log}}}\n"
        config = write_config(tmp_path / "providers.yaml", {"busy": server.url("/history.atom")}, more=more)
        await first_sight(config)
        nursery.start_soon(post_until, page, done)
        for _ in range(KILLS):
            await run_and_kill(config, output, chance)
        done.set()
        await finish(config, output, page)
    lines, torn = whole_lines(output)
    database = sqlite3.connect(tmp_path / "statustrio.db")
    stored = [payload for (payload,) in database.execute("select payload from events order by seq")]
    database.close()
    assert list(find_faults(tmp_path / "statustrio.db")) == []

    assert sorted(str(line["message"]) for line in lines) == posted(page)
    assert torn <= KILLS
    assert [line for line in output.read_text().splitlines() if line in set(stored)] == stored
    assert log.read_text().splitlines() == stored


async def test_kills_repeat_at_most_one_event_each_where_nobody_can_look_back(tmp_path: Path) -> None:
    """Stdout is a pipe here: what was read is all there is."""
    chance = random.Random(7)
    kills = max(5, KILLS // 2)
    received = bytearray()
    done = trio.Event()
    async with open_server(deadline=250) as server, trio.open_nursery() as nursery:
        page = StatusPage(length=80)  # no update may leave the window while the daemon is dead
        server.pages["/history.atom"] = page.page
        config = write_config(tmp_path / "providers.yaml", {"busy": server.url("/history.atom")})
        await first_sight(config)
        nursery.start_soon(post_until, page, done)
        for life in range(kills + 1):
            process = await trio.lowlevel.open_process(
                command(config), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
            )
            assert process.stdout is not None
            received += await process.stdout.receive_some()
            if life == kills:
                done.set()
                with trio.fail_after(30):
                    while not all(text.encode() in received for text in posted(page)):
                        received += await process.stdout.receive_some()
                    process.terminate()
            else:
                with trio.move_on_after(chance.random() / 3):
                    while True:
                        received += await process.stdout.receive_some()
                process.kill()
            async for chunk in process.stdout:
                received += chunk
            await process.wait()
            if received and not received.endswith(b"\n"):
                received += b"\n"
    assert list(find_faults(tmp_path / "statustrio.db")) == []
    lines = []
    for line in received.decode().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    by_seq = Counter(line["seq"] for line in lines)
    assert sorted(by_seq) == list(range(1, max(by_seq) + 1))
    assert sum(count - 1 for count in by_seq.values()) <= kills
    assert len({(line["seq"], line["id"]) for line in lines}) == len(by_seq)
    assert len({line["id"] for line in lines}) == len(by_seq)
