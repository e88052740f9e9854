"""The daemon among others: what it tells the service manager, whoever waits for its heartbeat, Prometheus, the log."""

from __future__ import annotations

import json
import signal
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from daemons import Run, environment, running, write_config
from pages import StatusPage
from prometheus_client.parser import text_string_to_metric_families
from server import Page, open_server
from test_daemon import polled, serve, urls

from statustrio import __version__
from statustrio.config import Config, ConsumerConfig, HeartbeatConfig, ProviderConfig
from statustrio.config_file import STARTER
from statustrio.daemon import Daemon
from statustrio.line import render
from statustrio.metrics import Metrics
from statustrio.redaction import Redactor
from statustrio.store.opening import open_database
from statustrio.store.sqlite import SqliteStore

pytestmark = pytest.mark.slow


async def logged(run: Run, name: str) -> dict[str, Any]:
    """Wait for a line of the log."""
    while not (found := [line for line in run.stderr.splitlines() if f'"event": "{name}"'.encode() in line]):
        await trio.sleep(0.01)
    line: dict[str, Any] = json.loads(found[0])
    return line


async def test_the_service_manager_hears_of_the_start_the_life_a_reload_and_the_end(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    async with open_server(deadline=60) as server:
        serve(server, "one", "two")
        config = write_config(tmp_path / "providers.yaml", urls(server, "one"))
        with trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            await manager.bind(address)
            async with running(config, NOTIFY_SOCKET=address, WATCHDOG_USEC="100000") as run:
                assert await manager.recv(200) == b"READY=1\nSTATUS=following 1 providers"
                assert [await manager.recv(200) for _ in range(3)] == [b"WATCHDOG=1"] * 3
                write_config(config, urls(server, "one", "two"))
                run.process.send_signal(signal.SIGHUP)
                while (said := await manager.recv(200)) == b"WATCHDOG=1":
                    pass
                assert said == b"STATUS=following 2 providers"
                assert await run.end() == 0
                while (said := await manager.recv(200)) == b"WATCHDOG=1":
                    pass
                assert said == b"STOPPING=1\nSTATUS=stopping"


async def test_the_log_says_what_was_started_and_what_a_reload_changed(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        serve(server, "kept", "gone", "new")
        config = write_config(tmp_path / "providers.yaml", urls(server, "kept", "gone"))
        async with running(config, options=("--log-level", "info")) as run:
            started = await logged(run, "daemon.started")
            assert started["version"] == __version__
            assert (started["providers"], started["consumers"]) == (2, 1)
            assert started["database"] == str(tmp_path / "statustrio.db")
            write_config(
                config,
                urls(server, "kept", "new"),
                more="consumers: [{type: stdout, workers: 2}, {type: atom, path: x}]\n",
            )
            run.process.send_signal(signal.SIGHUP)
            reloaded = await logged(run, "config.reloaded")
            assert {key: value for key, value in reloaded.items() if "_" in key and key != "log_level"} == {
                "providers_added": ["new"],
                "providers_removed": ["gone"],
                "consumers_added": ["atom"],
                "consumers_restarted": ["stdout"],
            }
            assert await run.end() == 0


def counted(text: bytes) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {
        (sample.name.removeprefix("statustrio_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_a_running_daemon_counts_what_it_did_and_beats(tmp_path: Path) -> None:
    """All in one: the numbers must agree with what was polled, told and asked for."""
    database = tmp_path / "statustrio.db"
    async with open_server(deadline=60) as server:
        page: StatusPage = serve(server, "busy")["busy"]
        server.pages["/ping"] = Page(b"OK")
        feeds = urls(server, "busy") | {"down": server.url("/nothing-there")}
        config = Config(
            tuple(ProviderConfig(name, name, url, 0.05, 0.05, max_backoff_seconds=0.1) for name, url in feeds.items()),
            (ConsumerConfig("file", "file", path=str(tmp_path / "events.jsonl")),),
            heartbeat=HeartbeatConfig(server.url("/ping"), timedelta(seconds=0.05)),
        )
        store = SqliteStore(open_database(database), render)
        daemon = Daemon(config, store, database, Redactor(), lambda: config)
        metrics = Metrics(daemon.counts, database)
        async with trio.open_nursery() as nursery:
            await nursery.start(daemon.run)
            await polled(server, "busy", times=2)
            trouble = page.open("Errors")
            page.post(trouble, "Resolved", "It is over.")
            await server.wait(lambda: sum(asked.path == "/ping" for asked in server.requests) >= 3)
            while not daemon.counts.failed["http_4xx"] or not daemon.counts.events["incident.resolved"]:
                await trio.sleep(0.01)
            while not daemon.counts.lags.count:
                await trio.sleep(0.01)
            samples = counted(await trio.to_thread.run_sync(metrics.render))
            daemon.stop()
        store.close()
    asked = [one for one in server.requests if one.path.startswith("/busy")]
    assert 2 <= samples["polls_total", "unchanged"] + samples["polls_total", "changed"] <= len(asked)
    assert samples["polls_total", "failed"] == samples["poll_failures_total", "http_4xx"] > 0
    assert samples["events_total", "incident.opened"] == samples["events_total", "incident.resolved"] == 1
    assert samples["detection_delay_seconds_count",] == 2
    assert samples["commit_seconds_count",] > 0
    assert samples["loop_lag_seconds_count",] > 0
    assert samples["provider_consecutive_failures", "busy"] == 0
    assert samples["provider_consecutive_failures", "down"] > 0
    assert samples["database_readable",] == 1
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert sum(daemon.counts.events.values()) == len(lines)


async def test_a_daemon_of_the_users_configuration_keeps_its_database_where_states_are_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".config/statustrio").mkdir(parents=True)
    (home / ".config/statustrio/providers.yaml").write_text(STARTER.replace("https://", "http://127.0.0.1:9/"))
    (tmp_path / "work").mkdir()
    with trio.fail_after(60):
        done = await trio.run_process(
            [sys.executable, "-m", "statustrio", "run", "--once"],
            cwd=tmp_path / "work",
            env=environment(HOME=str(home)),
            check=False,
            capture_stdout=True,
            capture_stderr=True,
        )
    assert done.returncode == 0, done.stderr
    assert (home / ".local/state/statustrio/statustrio.db").exists()
    assert list((tmp_path / "work").iterdir()) == []
