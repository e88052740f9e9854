"""The whole daemon as a process on local pages: latency, restarts, signals, reload. No shortcut into its inside."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trio
from daemons import Run, command, environment, running, write_config
from pages import StatusPage, post_until
from server import Page, PageServer, open_server, status
from structlog.testing import capture_logs

from statustrio.clock import now
from statustrio.config import Config, ConsumerConfig, ProviderConfig
from statustrio.daemon import Daemon
from statustrio.feed import parse
from statustrio.feed.parse import Feed, Source
from statustrio.line import render
from statustrio.redaction import Redactor
from statustrio.store.opening import open_database
from statustrio.store.soundness import find_faults
from statustrio.store.sqlite import SqliteStore

pytestmark = pytest.mark.slow


def serve(server: PageServer, *names: str) -> dict[str, StatusPage]:
    pages = {name: StatusPage() for name in names}
    server.pages.update({f"/{name}/history.atom": page.page for name, page in pages.items()})
    return pages


def urls(server: PageServer, *names: str) -> dict[str, str]:
    return {name: server.url(f"/{name}/history.atom") for name in names}


async def polled(server: PageServer, *names: str, times: int = 1) -> None:
    """Wait until each of these pages was asked and answered so many more times."""

    def count(name: str) -> int:
        return sum(asked.path == f"/{name}/history.atom" and asked.status is not None for asked in server.requests)

    goals = {name: count(name) + times for name in names}
    await server.wait(lambda: all(count(name) >= goal for name, goal in goals.items()))


@pytest.mark.alone
async def test_thirty_providers_are_told_in_time_in_order_and_asked_politely(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(30)]
    interval = 0.5
    async with open_server(deadline=60) as server:
        pages = serve(server, *names)
        pages["p3"].open("An old one that is open")
        config = write_config(tmp_path / "providers.yaml", urls(server, *names), interval=interval)
        async with running(config) as run:
            first = (await run.wait_lines(1))[0]
            assert (first["event"], first["title"]) == ("incident.opened", "An old one that is open")
            await polled(server, *names)
            delays = []
            for name in names[10:20]:
                posted = trio.current_time()
                pages[name].open(f"Trouble at {name}")
                lines = await run.wait_lines(len(run.lines) + 1)
                delays.append(trio.current_time() - posted)
                assert (lines[-1]["provider"], lines[-1]["event"]) == (name, "incident.opened")
            assert max(delays) <= interval + 0.3

            trouble = pages["p12"].troubles[0]
            pages["p12"].post(trouble, "Identified", "Found it.")
            pages["p12"].post(trouble, "Resolved", "It is over.")
            lines = await run.wait_lines(13)
            assert [(line["event"], line["previous_status"]) for line in lines[11:]] == [
                ("incident.updated", "investigating"),
                ("incident.resolved", "identified"),
            ]
            for page in pages.values():
                page.touch()
            await polled(server, *names, times=2)
            assert len(run.lines) == 13
            assert await run.end() == 0
    feeds = [asked for asked in server.requests if asked.path.endswith("history.atom")]
    for name in names:
        _, *later = [asked for asked in feeds if asked.path == f"/{name}/history.atom"]
        assert all("if-none-match" in asked.headers for asked in later)


async def into_pipe(config: Path, *, stderr: int = subprocess.DEVNULL) -> tuple[trio.Process, int]:
    """A daemon that writes into a pipe, and the end to read from (or not)."""
    reading, writing = os.pipe()
    process = await trio.lowlevel.open_process(command(config), stdout=writing, stderr=stderr, env=environment())
    os.close(writing)
    return process, reading


def posted(page: StatusPage) -> set[str]:
    return {text for trouble in page.troubles for _, _, text in trouble.updates}


async def test_each_update_is_printed_exactly_once_over_a_clean_restart(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server, trio.open_nursery() as nursery:
        page = serve(server, "busy")["busy"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "busy"))
        done = trio.Event()
        lines = []
        async with running(config) as run:
            await polled(server, "busy", times=2)
            nursery.start_soon(post_until, page, done, 0.03)
            await run.wait_lines(20)
            assert await run.end() == 0
        lines += run.lines
        async with running(config) as run:
            await run.wait_lines(20)
            done.set()
            while not posted(page) <= {line["message"] for line in lines + run.lines}:
                await run.wait_lines(len(run.lines) + 1)
            await polled(server, "busy", times=2)
            assert await run.end() == 0
        lines += run.lines
    assert sorted(line["message"] for line in lines) == sorted(posted(page))
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))


async def test_sighup_starts_and_stops_only_what_changed(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "kept", "gone", "new")
        config = write_config(tmp_path / "providers.yaml", urls(server, "kept", "gone"))
        async with running(config) as run:
            await polled(server, "kept", "gone")
            connection = next(asked.connection for asked in server.requests if asked.path.startswith("/kept"))
            write_config(config, urls(server, "kept", "new"))
            run.process.send_signal(signal.SIGHUP)
            await polled(server, "new", times=2)
            pages["new"].open("Seen on the new one")
            await run.wait_event("incident.opened")
            before = len([asked for asked in server.requests if asked.path.startswith("/gone")])
            await polled(server, "kept", times=5)
            assert len([asked for asked in server.requests if asked.path.startswith("/gone")]) == before
            assert {a.connection for a in server.requests if a.path.startswith("/kept")} == {connection}

            config.write_text("providers: [")
            run.process.send_signal(signal.SIGHUP)
            pages["kept"].open("Seen after a broken reload")
            await run.wait_lines(2)
            while b"config.rejected" not in run.stderr:
                await trio.sleep(0.01)
            assert await run.end() == 0


async def test_a_page_that_is_gone_is_told_at_once_and_asked_again_only_after_a_reload(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "kept", "gone")
        config = write_config(tmp_path / "providers.yaml", urls(server, "kept", "gone"))
        async with running(config) as run:
            await polled(server, "kept", "gone")
            pages["gone"].page.script = status(410)
            assert (await run.wait_event("provider.unreachable"))["message"] == "HTTP 410 Gone"
            before = [asked.path for asked in server.requests].count("/gone/history.atom")
            await polled(server, "kept", times=10)
            assert [asked.path for asked in server.requests].count("/gone/history.atom") == before
            pages["gone"].page.script = None
            run.process.send_signal(signal.SIGHUP)
            await run.wait_event("provider.recovered")
            assert await run.end() == 0


async def test_once_polls_everything_delivers_and_ends(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        pages = serve(server, "one", "two")
        pages["one"].open("Open at one")
        server.pages["/bad/history.atom"] = pages["two"].page
        server.pages["/bad/history.atom"].once.append(status(500))
        config = write_config(tmp_path / "providers.yaml", urls(server, "one", "bad"))
        async with running(config, "run", "--once") as run:
            assert await run.process.wait() == 0
        assert [line["title"] for line in run.lines] == ["Open at one"]
        assert len([asked for asked in server.requests if "history" in asked.path]) == 2


async def test_a_second_daemon_on_the_database_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        serve(server, "one")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        async with running(config) as run:
            await polled(server, "one")
            second = await trio.run_process(
                command(config), capture_stdout=True, capture_stderr=True, check=False, env=environment()
            )
            assert second.returncode == 2
            assert f"pid {run.process.pid}" in second.stderr.decode()
            health = await trio.run_process(command(config, "health"), capture_stdout=True, env=environment())
            assert health.stdout.startswith(b"ok")
            assert await run.end(signal.SIGINT) == 0
        health = await trio.run_process(command(config, "health"), capture_stderr=True, check=False, env=environment())
        assert health.returncode == 1


async def test_sigterm_ends_within_five_seconds_though_stdout_is_blocked_and_the_events_are_still_owed(
    tmp_path: Path,
) -> None:
    async with open_server(deadline=60) as server:
        page = serve(server, "loud")["loud"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "loud"))
        process, reading = await into_pipe(config)
        await polled(server, "loud")
        for number in range(60):
            page.open(f"Incident {number}", "x" * 3000)
            await polled(server, "loud")
        # The pipe holds 64 KiB and nobody reads: polling went on all the same.
        with trio.fail_after(5):
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        got = b""
        while chunk := os.read(reading, 65536):
            got += chunk
        os.close(reading)
        whole = [json.loads(line)["seq"] for line in got.split(b"\n")[:-1]]
        async with running(config) as run:
            lines = await run.wait_lines(60 - len(whole))
            assert await run.end() == 0
        assert whole + [line["seq"] for line in lines] == list(range(1, 61))


async def test_a_reader_that_goes_away_ends_a_daemon_with_nobody_else_to_tell(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        serve(server, "one")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        process, reading = await into_pipe(config)
        await polled(server, "one")
        os.close(reading)
        with trio.fail_after(2):
            assert await process.wait() == 0


async def test_a_reader_that_goes_away_is_missed_by_no_other_consumer(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        page = serve(server, "one")["one"]
        more = f"consumers:\n  - {{type: stdout}}\n  - {{type: file, path: {tmp_path / 'events.jsonl'}}}\n"
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"), more=more)
        process, reading = await into_pipe(config, stderr=subprocess.PIPE)
        await polled(server, "one")
        os.close(reading)
        assert process.stderr is not None
        said = b""
        while b"consumer.gone" not in said:
            said += await process.stderr.receive_some()
        page.open("For the file")
        while not (tmp_path / "events.jsonl").exists() or not (tmp_path / "events.jsonl").read_bytes():
            await trio.sleep(0.01)
        process.terminate()
        assert await process.wait() == 0
        assert json.loads((tmp_path / "events.jsonl").read_text())["title"] == "For the file"


async def test_sqlite3_beside_the_running_daemon_shows_the_truth(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        page = serve(server, "one")["one"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        async with running(config) as run:
            await polled(server, "one")
            trouble = page.open("Short")
            page.post(trouble, "Resolved", "Over.")
            page.open("Long")
            await run.wait_lines(3)
            query = (
                "select provider, title, status, started_at, duration_minutes from incident_history "
                "order by started_at desc limit 5"
            )
            answer = await trio.run_process(["sqlite3", str(tmp_path / "statustrio.db"), query], capture_stdout=True)
            assert answer.stdout.decode().splitlines() == [
                "one|Long|investigating|2026-03-01T08:03:00Z|",
                "one|Short|resolved|2026-03-01T08:01:00Z|1",
            ]
            assert await run.end() == 0


async def test_a_provider_that_fails_delays_nobody_and_is_told_when_it_is_blind_and_sees_again(
    tmp_path: Path,
) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "good", "bad")
        config = write_config(tmp_path / "providers.yaml", urls(server, "good", "bad"), interval=0.1)
        async with running(config) as run:
            await polled(server, "bad")
            pages["bad"].page.script = status(503)
            assert (await run.wait_event("provider.unreachable"))["message"] == "HTTP 503 Service Unavailable"
            pages["good"].open("Told all the same")
            await run.wait_event("incident.opened")
            pages["bad"].page.script = None
            await run.wait_event("provider.recovered")
            assert await run.end() == 0
    database = sqlite3.connect(tmp_path / "statustrio.db")
    assert database.execute("select last_error from provider_health where provider = 'bad'").fetchone() == (None,)
    database.close()


@pytest.mark.alone
async def test_all_providers_dark_at_once_is_one_event_and_the_first_light_makes_all_due(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    # Bound, but not listening: every connection to it is refused.
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = PageServer("127.0.0.1", door.getsockname()[1], "http")
        serve(server, *names)
        config = write_config(tmp_path / "providers.yaml", urls(server, *names), interval=0.1)
        async with running(config) as run, trio.open_nursery() as nursery:
            assert (await run.wait_event("monitor.offline"))["provider"] is None
            await wait_for(run, b'"failures": 5')
            door.listen()
            listener = trio.SocketListener(trio.socket.from_stdlib_socket(door))
            await nursery.start(trio.serve_listeners, server.serve, [listener])
            await run.wait_event("monitor.online")
            began = trio.current_time()
            await polled(server, *names)
            # After five failures in a row each would wait three seconds.
            assert trio.current_time() - began < 1
            assert await run.end() == 0
            nursery.cancel_scope.cancel()
    assert [line["event"] for line in run.lines] == ["monitor.offline", "monitor.online"]


async def test_a_clock_that_jumped_makes_every_provider_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slept: its wall clock is ahead of the time that we were awake."""
    slept = 0.0
    monkeypatch.setattr("statustrio.daemon.CLOCK_SECONDS", 0.01)
    monkeypatch.setattr("statustrio.daemon.random.random", lambda: 0.01)  # due within the first 0.1 s of the spread
    monkeypatch.setattr("statustrio.daemon.now", lambda: now() + timedelta(seconds=slept))
    async with open_server(deadline=30) as server:
        serve(server, "one", "two")
        hour = 3600.0
        providers = tuple(
            ProviderConfig(name, name, url, hour, hour) for name, url in urls(server, "one", "two").items()
        )
        config = Config(providers, consumers=())
        store = SqliteStore(open_database(tmp_path / "statustrio.db"), render)
        daemon = Daemon(config, store, tmp_path / "statustrio.db", Redactor(), lambda: config)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(daemon.run)
            await polled(server, "one", "two")
            for _ in range(3):
                slept += 7200
                await polled(server, "one", "two")
            daemon.stop()
        store.close()


async def wait_for(run: Run, text: bytes) -> None:
    while text not in run.stderr:
        await trio.sleep(0.01)


async def health_row(tmp_path: Path, provider: str) -> tuple[object, ...]:
    database = sqlite3.connect(tmp_path / "statustrio.db")
    row = database.execute(
        "select last_polled_at, last_success_at, consecutive_failures, last_error from provider_health "
        "where provider = ?",
        (provider,),
    ).fetchone()
    database.close()
    return tuple(row)


async def once(config: Path, **more: str) -> Run:
    async with running(config, "run", "--once", **more) as run:
        await run.process.wait()
    return run


async def test_once_moves_the_times_of_a_page_that_did_not_change(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        serve(server, "one")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        await once(config)
        first = await health_row(tmp_path, "one")
        await once(config)
        second = await health_row(tmp_path, "one")
    assert [asked.status for asked in server.requests if "history" in asked.path] == [200, 304]
    assert datetime.fromisoformat(str(second[0])) > datetime.fromisoformat(str(first[0]))
    assert second[0] == second[1]


async def test_once_keeps_to_a_pause_that_was_asked_for(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        pages = serve(server, "one", "two")
        pages["one"].page.script = status(429, retry_after=600)
        config = write_config(tmp_path / "providers.yaml", urls(server, "one", "two"))
        await once(config)
        await once(config)
    assert [asked.path for asked in server.requests if "history" in asked.path].count("/one/history.atom") == 1
    assert (await health_row(tmp_path, "one"))[3] == "HTTP 429 Too Many Requests"


async def test_a_bug_in_a_reader_is_its_providers_failure_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse_source(source: Source, **more: Any) -> Feed:
        if "Boom" in source.text:
            raise ZeroDivisionError("a bug in a reader")
        return parse.parse_source(source, **more)

    monkeypatch.setattr("statustrio.reading.parse_source", parse_source)
    database, events = tmp_path / "statustrio.db", tmp_path / "events.jsonl"
    async with open_server(deadline=30) as server:
        pages = serve(server, "good", "bad")
        pages["bad"].open("Boom")
        pages["good"].open("Told")
        providers = tuple(
            ProviderConfig(name, name, url, 0.1, 0.1) for name, url in urls(server, "good", "bad").items()
        )
        config = Config(providers, consumers=(ConsumerConfig("file", "file", path=str(events)),))
        with capture_logs() as logs, closing(SqliteStore(open_database(database), render)) as store:
            assert await Daemon(config, store, database, Redactor(), lambda: config).run(once=True)
            assert "internal error: ZeroDivisionError" in str((await health_row(tmp_path, "bad"))[3])
            daemon = Daemon(config, store, database, Redactor(), lambda: config)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(daemon.run)
                await polled(server, "bad")
                pages["good"].open("Told too")
                await polled(server, "good", times=5)
                daemon.stop()
    assert [json.loads(line)["title"] for line in events.read_text().splitlines()] == ["Told", "Told too"]
    assert {(entry["task"], entry["log_level"]) for entry in logs if entry["event"] == "task.failed"} == {
        ("bad", "error")
    }


async def test_a_reload_that_changes_stdout_in_the_middle_of_a_line_finishes_the_line(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        page = serve(server, "loud")["loud"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "loud"), more="consumers: [{type: stdout}]\n")
        process, reading = await into_pipe(config, stderr=subprocess.PIPE)
        await polled(server, "loud")
        for number in range(10):
            page.open(f"Incident {number}", "x" * 9000)
            await polled(server, "loud")
        write_config(config, urls(server, "loud"), more="consumers: [{type: stdout, events: [incident.opened]}]\n")
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        said = b""
        while b"config.reloaded" not in said:
            said += await process.stderr.receive_some()
        got = b""
        while got.count(b"\n") < 10:
            got += await trio.to_thread.run_sync(os.read, reading, 65536)
        process.terminate()
        assert await process.wait() == 0
        os.close(reading)
    assert [json.loads(line)["seq"] for line in got.splitlines()] == list(range(1, 11))


async def test_a_link_to_the_database_leads_to_the_same_lock(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        serve(server, "one")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        async with running(config) as run:
            await polled(server, "one")
            (tmp_path / "link.db").symlink_to(tmp_path / "statustrio.db")
            second = await trio.run_process(
                [*command(config)[:-1], str(tmp_path / "link.db")],
                capture_stdout=True, capture_stderr=True, check=False, env=environment(),
            )  # fmt: skip
            assert second.returncode == 2
            assert f"pid {run.process.pid}" in second.stderr.decode()
            assert await run.end() == 0


@pytest.mark.alone
async def test_huge_facts_about_incidents_hold_up_nobody(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "good", "rich")
        component = '{"name": "' + "x" * 50 + '", "status": "operational"}'
        record = '{"id": "a", "impact": "minor", "components": [' + ",".join([component] * 20) + "]}"
        facts = ('{"incidents": [' + ",".join([record] * 8000) + "]}").encode()
        server.pages["/api/v2/incidents.json"] = Page(facts, content_type="application/json")
        config = write_config(tmp_path / "providers.yaml", urls(server, "good", "rich"), interval=0.1)
        async with running(config) as run:
            await polled(server, "good", "rich")
            pages["rich"].open("With facts too large to take")
            assert (await run.wait_event("incident.opened"))["impact"] is None
            await polled(server, "good", times=5)
            times = [asked.at for asked in server.requests if asked.path.startswith("/good")]
            assert max(later - earlier for earlier, later in pairwise(times)) < 0.5
            assert await run.end() == 0


async def test_on_a_terminal_too_a_reader_beside_the_daemon_leaves_its_log_alone(tmp_path: Path) -> None:
    """POSIX drops a process's locks when it closes any descriptor of the file: the greeting must not open it anew."""
    async with open_server(deadline=60) as server:
        page = serve(server, "one")["one"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        await once(config)
        controller, terminal = os.openpty()
        process = await trio.lowlevel.open_process(
            command(config), stdout=terminal, stderr=subprocess.DEVNULL, env=environment(TERM="xterm")
        )
        os.close(terminal)
        await polled(server, "one")
        reader = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('select * from incidents').fetchall()"
        await trio.run_process([sys.executable, "-c", reader, str(tmp_path / "statustrio.db")])
        page.open("Seen after the reader")
        await polled(server, "one", times=3)
        process.kill()
        await process.wait()
        os.close(controller)
    database = sqlite3.connect(tmp_path / "statustrio.db")
    assert database.execute("select title from incident_history").fetchall() == [("Seen after the reader",)]
    database.close()


async def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        page = serve(server, "one")["one"]
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"), interval=0.05)
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * 4096)
        os.set_blocking(writing, True)
        process = await trio.lowlevel.open_process(
            command(config), stdout=subprocess.DEVNULL, stderr=writing, env=environment()
        )
        os.close(writing)
        await polled(server, "one")
        page.open("Each change is a line of the log")
        await polled(server, "one", times=5)
        process.terminate()
        assert await process.wait() == 0
        os.close(reading)


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "2>/dev/full"])
async def test_closed_and_full_descriptors_harm_nothing(tmp_path: Path, redirection: str) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "one")
        pages["one"].open("Open")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        shell = f'exec "$@" {redirection}'
        process = await trio.run_process(
            ["bash", "-c", shell, "bash", *command(config, "run", "--once")],
            check=False, env=environment(), stdout=subprocess.DEVNULL, capture_stderr=False, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert not tuple(find_faults(tmp_path / "statustrio.db")), "it did not take the place of a closed descriptor"
        owed = redirection == ">&-"
        assert process.returncode == (1 if owed else 0)


# The site


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def connected(port: int) -> trio.SocketStream:
    """A connection to the site, as soon as it listens."""
    while True:
        with suppress(OSError):
            return await trio.open_tcp_stream("127.0.0.1", port)
        await trio.sleep(0.02)


async def test_the_daemon_ends_in_time_and_starts_again_at_once_while_two_hundred_look_on(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        pages = serve(server, "busy")
        config, port = write_config(tmp_path / "providers.yaml", urls(server, "busy")), free_port()
        for _ in range(2):
            async with running(config, "run", "--web", f"127.0.0.1:{port}") as run:
                streams = [await connected(port) for _ in range(200)]
                for one in streams:
                    await one.send_all(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert (await streams[-1].receive_some()).startswith(b"HTTP/1.1 200")
                pages["busy"].open("Seen by all of them")
                await run.wait_lines(1)
                began = trio.current_time()
                assert await run.end() == 0
                assert trio.current_time() - began < 5
                for one in streams:
                    await one.aclose()
        assert b"Traceback" not in run.stderr


async def test_a_reload_that_changes_the_site_says_that_it_waits(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        serve(server, "calm")
        config = write_config(tmp_path / "providers.yaml", urls(server, "calm"))
        async with running(config) as run:
            await polled(server, "calm")
            write_config(config, urls(server, "calm"), more=f'web: "127.0.0.1:{free_port()}"\n')
            run.process.send_signal(signal.SIGHUP)
            while b"config.reloaded" not in run.stderr:
                await trio.sleep(0.01)
            assert b"config.waits" in run.stderr
            assert await run.end() == 0


async def test_a_site_that_cannot_be_is_one_message(tmp_path: Path) -> None:
    config = write_config(tmp_path / "providers.yaml", {"calm": "http://127.0.0.1:9/feed"})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cases = {
            ("run", "--web", f"127.0.0.1:{taken.getsockname()[1]}"): "choose another place with --web",
            ("run", "--once", "--web", "127.0.0.1:8080"): "leave it out, or --once",
            ("run", "--web", "nowhere"): "--web",
        }
        for args, words in cases.items():
            done = await trio.run_process(
                command(config, *args), capture_stderr=True, capture_stdout=True, check=False, env=environment()
            )
            assert (done.returncode, done.stdout) == (2, b""), args
            assert words in done.stderr.decode(), args
            assert b"Traceback" not in done.stderr, args
    assert not config.with_name("statustrio.db").exists()
