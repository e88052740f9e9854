"""The command line: exit statuses, formats, what it says to people, and what it costs to start."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result
from daemons import command, environment, running, write_config
from pages import StatusPage
from server import Page, open_server, redirect, status

from statustrio import __version__
from statustrio.cli.health import _remark
from statustrio.cli.main import COMMANDS, statustrio
from statustrio.cli.times import ago, here
from statustrio.rfc3339 import from_text

SIX_MISTAKES = """\
defaults: {poll_interval_seconds: sixty}
providers:
  - name: "GitHub"
    feed_ulr: "https://www.githubstatus.com/history.atom"
  - name: "OpenAI"
    feed_url: "ftp://status.openai.com/feed.atom"
  - {name: "Fast", feed_url: "https://status.example.com/history.atom", poll_interval_seconds: 5}
  - {name: "Fast", feed_url: "https://status.example.org/history.atom"}
consumers:
  - {type: stdot}
"""


def invoke(*args: str, **kwargs: object) -> Result:
    return CliRunner().invoke(statustrio, list(args), **kwargs)  # type: ignore[arg-type]  # click's own keywords


def run_process(*args: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "statustrio", *args],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_version_is_one_line() -> None:
    result = invoke("--version")
    assert (result.exit_code, result.output) == (0, f"statustrio {__version__}\n")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_has_a_sentence_and_examples_for_each_command(name: str) -> None:
    result = invoke(*([name] if name else []), "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert max(map(len, result.output.splitlines())) <= 100


def test_a_misspelt_command_is_a_usage_error_with_a_suggestion() -> None:
    result = invoke("incidens")
    assert result.exit_code == 2
    assert "incidents" in result.output


@pytest.mark.slow
def test_a_missing_configuration_ends_with_two_and_a_starter_that_works(tmp_path: Path) -> None:
    answer = run_process(cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (2, b"")
    message = answer.stderr.decode()
    assert message.startswith("providers.yaml: no such file")
    starter = message.split("providers.yaml:\n\n", 1)[1]
    (tmp_path / "providers.yaml").write_text(starter)
    assert run_process("check", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "statustrio.db").exists()


@pytest.mark.slow
def test_six_mistakes_are_six_lines_with_their_places_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text(SIX_MISTAKES)
    answer = run_process(cwd=tmp_path)
    assert answer.returncode == 2
    places = [line.split(" ", 1)[0] for line in answer.stderr.decode().splitlines()]

    def place(line: int, text: str) -> str:
        return f"providers.yaml:{line}:{SIX_MISTAKES.splitlines()[line - 1].index(text) + 1}:"

    assert places == [
        place(1, "sixty"),
        place(4, "feed_ulr"),
        place(6, '"ftp'),
        place(7, "5}"),
        place(8, '"Fast"'),
        place(10, "stdot"),
    ]
    assert "did you mean `feed_url`" in answer.stderr.decode()
    assert "did you mean `stdout`" in answer.stderr.decode()
    assert "Traceback" not in answer.stderr.decode()


@pytest.mark.parametrize("name", ["status", "incidents", "events", "providers"])
def test_a_database_that_is_not_there_is_a_clear_message(tmp_path: Path, name: str) -> None:
    result = invoke("--db", str(tmp_path / "none.db"), name)
    assert result.exit_code == 1
    assert "run statustrio first" in str(result.exception)


async def lived(tmp_path: Path) -> Path:
    """A database with a little history: one incident over, one open, one provider that fails."""
    async with open_server(deadline=30) as server:
        page = StatusPage()
        server.pages["/history.atom"] = page.page
        over = page.open("Short, with a\ttab", "Only a minute.")
        page.post(over, "Resolved", "Over.")
        page.open('Open, "quoted"', "We look into it.\nSecond line.")
        server.pages["/bad.atom"] = Page(script=status(500))
        urls = {"good": server.url("/history.atom"), "bad": server.url("/bad.atom")}
        config = write_config(tmp_path / "providers.yaml", urls)
        async with running(config, "run", "--once", "--backfill", "all") as run:
            assert await run.process.wait() == 0
            assert [line["event"] for line in run.lines] == [
                "incident.opened",
                "incident.resolved",
                "incident.opened",
            ]
    return config.with_name("statustrio.db")


@pytest.mark.slow
async def test_history_comes_in_the_format_that_is_asked_for(tmp_path: Path) -> None:
    db = str(await lived(tmp_path))
    as_json = [json.loads(line) for line in invoke("--db", db, "incidents", "--format", "json").output.splitlines()]
    assert [row["title"] for row in as_json] == ['Open, "quoted"', "Short, with a tab"]
    assert [row["duration_minutes"] for row in as_json] == [None, 1]
    as_csv = list(csv.DictReader(io.StringIO(invoke("--db", db, "incidents", "--format", "csv").output)))
    assert [row["title"] for row in as_csv] == [row["title"] for row in as_json]
    as_tsv = [line.split("\t") for line in invoke("--db", db, "incidents").output.splitlines()]
    assert as_tsv[0][:4] == ["provider", "incident_id", "kind", "title"]
    assert as_tsv[0] == list(as_json[0])
    assert {len(line) for line in as_tsv} == {len(as_json[0])}
    table = invoke("--db", db, "--format", "console", "incidents").output
    assert "investigating" in table
    assert "1 min" in table

    assert invoke("--db", db, "incidents", "--open", "--format", "json").output.count("\n") == 1
    assert invoke("--db", db, "incidents", "--limit", "1", "--format", "json").output.count("\n") == 1
    at = invoke("--db", db, "incidents", "--at", "2026-03-01T08:01:30Z", "--format", "json").output
    assert [json.loads(line)["status"] for line in at.splitlines()] == ["resolved"]
    assert invoke("--db", db, "incidents", "--at", "2026-02-01", "--format", "json").output == ""
    assert invoke("--db", db, "incidents", "--provider", "bad", "--format", "table").output == "nothing to show\n"
    misspelt = invoke("--db", db, "incidents", "--provider", "goood")
    assert misspelt.exit_code == 2
    assert "did you mean 'good'" in misspelt.output

    events = [json.loads(line) for line in invoke("--db", db, "events").output.splitlines()]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert invoke("--db", db, "events", "--after", "2").output.count("\n") == 1
    assert invoke("--db", db, "events", "--since", "1h").output.count("\n") == 3
    assert invoke("--db", db, "events", "--since", "2099-01-01").output == ""
    assert invoke("--db", db, "events", "--since", "soon").exit_code == 2


@pytest.mark.slow
async def test_status_and_health_tell_the_present(tmp_path: Path) -> None:
    db = str(await lived(tmp_path))
    open_now = [json.loads(line) for line in invoke("--db", db, "status", "--format", "json").stdout.splitlines()]
    assert [(row["provider"], row["message"]) for row in open_now] == [("good", "We look into it. Second line.")]
    assert "what they say" in invoke("--db", db, "--format", "console", "status").output
    assert "Not seen, so unknown: bad" in invoke("--db", db, "--format", "console", "status", "bad").output
    assert invoke("--db", db, "status", "--fail-on", "minor").exit_code == 3
    assert invoke("--db", db, "status", "good", "--fail-on", "critical").exit_code == 3, "its impact is unknown"
    assert invoke("--db", db, "status", "nobody").exit_code == 2

    rows = [json.loads(line) for line in invoke("--db", db, "providers", "--format", "json").output.splitlines()]
    assert [(row["provider"], row["consecutive_failures"], row["last_error"]) for row in rows[:2]] == [
        ("bad", 1, "HTTP 500 Internal Server Error"),
        ("good", 0, None),
    ]
    assert len(rows) == 2
    consumers = invoke("--db", db, "providers", "--consumers", "--format", "json").output
    assert json.loads(consumers) == {"consumer": "stdout", "cursor": 3, "owed": 0, "owed_since": None}
    assert "failing" in invoke("--db", db, "--format", "console", "providers").output
    assert invoke("--db", db, "health").exit_code == 1


@pytest.mark.slow
async def test_check_probes_every_feed_and_says_what_is_wrong(tmp_path: Path) -> None:
    async with open_server(deadline=30) as server:
        page = StatusPage()
        page.open("One")
        server.pages["/history.atom"] = page.page
        server.pages["/old.atom"] = Page(script=redirect("/history.atom", 301))
        server.pages["/page"] = Page(b"<!DOCTYPE html><html><body>Hello</body></html>", content_type="text/html")
        urls = {name: server.url(path) for name, path in
                (("good", "/history.atom"), ("moved", "/old.atom"), ("html", "/page"))}  # fmt: skip
        config = write_config(tmp_path / "providers.yaml", urls)
        fine = await trio.run_process(command(config, "check"), capture_stdout=True, env=environment())
        assert fine.stdout.decode() == f"{config}: fine; providers: 3 (3 enabled), consumers: 1\n"
        probed = await trio.run_process(
            command(config, "check", "--probe", "--format", "json"),
            capture_stdout=True, capture_stderr=True, check=False, env=environment(),
        )  # fmt: skip
        assert probed.returncode == 1
        good, moved, html = [json.loads(line) for line in probed.stdout.splitlines()]
        assert (good["result"], good["platform"], good["entries"], good["conditional"]) == ("ok", "statuspage", 1, True)
        assert moved["remark"] == f"moved for good: use {server.url('/history.atom')}"
        assert html["result"] == "failed"
        assert "HTML" in html["remark"]


@contextmanager
def pipeline(script: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=cwd,
        env=environment(PY=sys.executable),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.slow
def test_the_demo_shows_each_kind_of_event_within_seconds(tmp_path: Path) -> None:
    answer = run_process("--format", "json", "demo", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert answer.returncode == 0
    names = [json.loads(line)["event"] for line in answer.stdout.splitlines()]
    assert sorted(names) == [
        "incident.edited",
        "incident.opened",
        "incident.opened",
        "incident.resolved",
        "incident.resolved",
        "incident.updated",
        "maintenance.scheduled",
        "provider.recovered",
        "provider.unreachable",
    ]
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.mark.slow
async def test_a_demo_that_is_broken_off_does_not_say_that_it_was_all(tmp_path: Path) -> None:
    controller, terminal = os.openpty()
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "statustrio", "demo"],
        stdout=terminal, cwd=tmp_path, env=environment(TERM="xterm", COLUMNS="80", TMPDIR=str(tmp_path)),
    )  # fmt: skip
    os.close(terminal)
    said = b""
    with trio.fail_after(40):
        while b"OPENED" not in said:
            await trio.lowlevel.wait_readable(controller)
            said += os.read(controller, 65536)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    os.set_blocking(controller, False)
    with suppress(OSError):  # how Linux says that nobody writes any more
        said += os.read(controller, 65536)
    os.close(controller)
    assert b"That was all" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_pipe_into_head_ends_quietly_within_a_second_of_the_last_line(tmp_path: Path) -> None:
    script = '"$PY" -m statustrio --format json demo | (head -3; date +%s.%N); echo ${PIPESTATUS[0]} $(date +%s.%N)'
    with pipeline(script, tmp_path) as process:
        out, err = process.communicate(timeout=30)
    *lines, third_at, end = out.decode().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]
    code, ended_at = end.split()
    assert code == "0"
    assert float(ended_at) - float(third_at) < 1.0
    assert err == b""


@pytest.mark.slow
async def test_following_the_log_ends_with_its_reader_and_with_sigterm(tmp_path: Path) -> None:
    await lived(tmp_path)
    script = '"$PY" -m statustrio events --follow | (head -1; date +%s.%N); echo ${PIPESTATUS[0]} $(date +%s.%N)'
    with pipeline(script, tmp_path) as process:
        out, err = process.communicate(timeout=30)
    first, read_at, end = out.decode().splitlines()
    code, ended_at = end.split()
    assert (json.loads(first)["seq"], code, err) == (1, "0", b"")
    assert float(ended_at) - float(read_at) < 1.5
    with pipeline('exec "$PY" -m statustrio events --follow', tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert process.wait(timeout=10) == 0


@pytest.mark.slow
async def test_on_a_terminal_it_first_says_what_it_watches_and_what_is_open(tmp_path: Path) -> None:
    await lived(tmp_path)
    (tmp_path / "providers.yaml").write_text((tmp_path / "providers.yaml").read_text())
    controller, terminal = os.openpty()
    process = await trio.lowlevel.open_process(
        command(tmp_path / "providers.yaml", "run", "--once"),
        stdout=terminal, stderr=subprocess.DEVNULL, env=environment(TERM="xterm", COLUMNS="100"),
    )  # fmt: skip
    with trio.fail_after(40):
        await process.wait()
    os.close(terminal)
    said = os.read(controller, 65536).decode()
    os.close(controller)
    assert "Watching 2 providers" in said
    assert "Good, Bad" in said
    assert 'Open, "quoted"' in said
    assert "1 of them for the first time" in said


def cpu_seconds(*args: str) -> float:
    """CPU a child process takes, the least of five runs: noise only adds."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL, env={"PATH": os.defpath})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


@pytest.mark.slow
def test_version_costs_little_more_than_python_itself() -> None:
    assert cpu_seconds("-m", "statustrio", "--version") - cpu_seconds("-c", "pass") < 0.15


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process from /proc")
async def test_a_daemon_with_ten_providers_needs_less_than_60_mib(tmp_path: Path) -> None:
    async with open_server(deadline=60) as server:
        urls = {}
        for number in range(10):
            page = StatusPage()
            for _ in range(25):
                trouble = page.open("Some trouble")
                page.post(trouble, "Resolved", "It is over. " * 20)
            server.pages[f"/p{number}.atom"] = page.page
            urls[f"p{number}"] = server.url(f"/p{number}.atom")
        config = write_config(tmp_path / "providers.yaml", urls)
        # What coverage itself needs is not ours.
        async with running(config, COVERAGE_PROCESS_CONFIG="", COVERAGE_PROCESS_START="") as run:
            await server.wait_requests(100)
            text = Path(f"/proc/{run.process.pid}/status").read_text()
            kib = int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1])
            assert kib < 60 * 1024
            assert await run.end() == 0


def test_times_are_shown_as_people_say_them() -> None:
    now = from_text("2026-11-24T12:00:00Z")
    assert [ago(from_text(text), now) for text in (
        "2026-11-24T11:59:30Z", "2026-11-24T11:57:00Z", "2026-11-24T09:00:00Z", "2026-11-20T12:00:00Z",
        "2026-11-24T12:05:00Z", "2026-11-24T12:00:20Z",
    )] == ["30 s ago", "3 min ago", "3 h ago", "4 d ago", "in 5 min", "in 20 s"]  # fmt: skip
    assert ago(None, now) == here(None, now) == ""


@pytest.mark.parametrize(
    ("days", "longest", "told"),
    [
        pytest.param(41, 9, True, id="far longer than ever"),
        pytest.param(41, 14, False, id="hardly three times as long"),
        pytest.param(13, 1, False, id="less than two weeks"),
        pytest.param(14, 0, True, id="a page that never rests"),
        pytest.param(None, None, False, id="no record"),
    ],
)
def test_a_page_quiet_for_far_longer_than_its_record_is_named(
    days: int | None, longest: int | None, told: bool
) -> None:
    row = {"last_error": None, "moved_to": None, "quiet_days": days, "longest_quiet_days": longest}
    assert _remark(row) == (f"quiet for {days} days, longest before: {longest}" if told else "")


def test_the_remark_on_a_provider_is_its_error_or_where_it_moved() -> None:
    row = {"last_error": None, "moved_to": "https://new.example/feed", "quiet_days": 41, "longest_quiet_days": 9}
    assert _remark(row).startswith("moved for good: use https://new.example/feed; quiet for 41 days")
    assert _remark({**row, "last_error": "HTTP 500"}) == "HTTP 500"
