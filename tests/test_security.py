"""What SECURITY.md promises, asked of the whole program: secrets stay inside, files are their owner's alone."""

from __future__ import annotations

import base64
import json
import os
import pty
import socket
import sqlite3
import stat
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest
import trio
from attrs import define, field
from daemons import command, environment, write_config
from pages import StatusPage
from server import Exchange, Page, open_server

from statustrio.errors import StoreError
from statustrio.store.copying import back_up
from statustrio.store.opening import hold, open_database
from statustrio.store.search import index_of, open_index

pytestmark = pytest.mark.slow

PLANTED: Mapping[str, str] = {
    "FEED_PASSWORD": "pl4nted-Passw0rd",
    "FEED_TOKEN": "pl4nted/T0ken+with=all",
    "FEED_HEADER": "pl4nted 'Header\" \\value",
    "HOOK_PATH": "pl4nted-hook-path",
    "HOOK_SECRET": "whsec_" + base64.b64encode(b"pl4nted-webhook-secret-of-32-bytes").decode(),
    "SERVICE_PASSWORD": "pl4nted-service-password",
    "COMMAND_ARGUMENT": "pl4nted-argument",
    "BEAT_PATH": "pl4nted-beat-path",
}
PROXY_PASSWORD = "pl4nted-proxy-password"
UNUSED = {"UNUSED_SECRET": "pl4nted-and-never-used"}
CONFIG = """
defaults: {{poll_interval_seconds: 0.2}}
limits: {{transport: {transport}}}
heartbeat: {{url: "http://127.0.0.1:{closed}/${{BEAT_PATH}}", every: 1m}}
providers:
  - {{id: fine, name: Fine, feed_url: "http://user:${{FEED_PASSWORD}}@127.0.0.1:{port}/fine?token=${{FEED_TOKEN}}",
     headers: {{X-Key: "${{FEED_HEADER}}"}}}}
  - {{id: echo, name: Echo, feed_url: "http://user:${{FEED_PASSWORD}}@127.0.0.1:{port}/echo?token=${{FEED_TOKEN}}",
     headers: {{X-Key: "${{FEED_HEADER}}"}}}}
  - {{id: moved, name: Moved, feed_url: "http://user:${{FEED_PASSWORD}}@127.0.0.1:{port}/moved?token=${{FEED_TOKEN}}"}}
  - {{id: closed, name: Closed, feed_url: "http://user:${{FEED_PASSWORD}}@127.0.0.1:{closed}/x?token=${{FEED_TOKEN}}"}}
  - {{id: away, name: Away, feed_url: "https://page.invalid/x?token=${{FEED_TOKEN}}", poll_interval_seconds: 10}}
consumers:
  - {{type: stdout, from: start}}
  - {{type: webhook, url: "http://127.0.0.1:{port}/refuses/${{HOOK_PATH}}", secret: "${{HOOK_SECRET}}", from: start}}
  - {{type: apprise, urls: ["json://user:${{SERVICE_PASSWORD}}@127.0.0.1:{closed}/"], from: start}}
  - {{type: command, argv: [sh, -c, "echo $0 >&2; exit 1", "${{COMMAND_ARGUMENT}}"], from: start}}
"""
COMMANDS: Sequence[Sequence[str]] = (
    ("check",),
    ("check", "--probe"),
    ("status",),
    ("incidents", "--format", "csv"),
    ("incidents", "--format", "json"),
    ("events",),
    ("providers", "--format", "json"),
    ("providers", "--format", "table"),
    ("why", "1"),
    ("dead-letters", "list"),
    ("explain-routing",),
    ("test", "webhook"),
    ("test", "apprise"),
    ("test", "command"),
    ("opml", "export"),
    ("config", "schema"),
    ("catalog", "git"),
    ("health",),
    ("run", "--once"),
    ("add", "http://127.0.0.1:1/x?token=none"),
    ("backup", "copy.db"),
    ("--help",),
    ("run", "--help"),
    ("test", "--help"),
)
PAGES = ("/", "/history", "/monitor", "/provider/fine", "/provider/echo", "/api/v1/providers", "/api/v1/events",
         "/api/v1/incidents", "/api/v1/status", "/metrics", "/readyz", "/feed.atom")  # fmt: skip


def forms(secret: str) -> Iterator[str]:
    """How a secret may be written somewhere."""
    yield from {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    yield repr(secret)[1:-1]
    for text in (secret, f"user:{secret}"):
        yield base64.b64encode(text.encode()).decode().rstrip("=")
    yield secret.encode().hex()


LEAKS = {
    form: name for name, secret in (PLANTED | UNUSED | {"PROXY": PROXY_PASSWORD}).items() for form in forms(secret)
}


def leaks(where: str, text: str) -> list[str]:
    """Which secrets stand in a text, and around what."""
    lowered = text.lower()
    return [
        f"{where}: {name}: ...{text[max(0, at - 80) : at + 60]!r}"
        for form, name in LEAKS.items()
        if (at := lowered.find(form.lower())) >= 0
    ]


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@define
class Said:
    """A process and what it has said so far."""

    process: trio.Process
    output: bytearray = field(factory=bytearray)


async def echo(exchange: Exchange) -> None:
    """Say the password where the reason of a failure quotes the document."""
    _, _, password = base64.b64decode(exchange.asked.headers["authorization"].removeprefix("Basic ")).partition(b":")
    await exchange.answer(b"<%s/>" % password, content_type="text/xml")


async def moved(exchange: Exchange) -> None:
    """Lead to another address that tells the query again."""
    path, _, query = exchange.asked.path.partition("?")
    if path == "/moved":
        await exchange.answer(
            status=301, location=f"/there?{query}&authorization={exchange.asked.headers['authorization'][6:]}"
        )
    else:
        await exchange.answer(StatusPage().page.body)


@asynccontextmanager
async def daemon(argv: Sequence[str], env: Mapping[str, str], cwd: Path, *, terminal: bool) -> AsyncIterator[Said]:
    """The daemon, and all that it says on both its outputs; with `terminal` as it speaks to people."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    async with trio.open_nursery() as nursery:
        process = await trio.lowlevel.open_process(
            argv, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=env, cwd=cwd
        )
        os.close(theirs)
        said = Said(process)

        async def listen() -> None:
            async with trio.lowlevel.FdStream(ours) as stream:
                with suppress(trio.BrokenResourceError):  # a terminal whose other side has gone
                    async for part in stream:
                        said.output += part

        nursery.start_soon(listen)
        try:
            yield said
        finally:
            if process.returncode is None:
                process.terminate()
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 20):
                await process.wait()


async def until(holds: Callable[[], bool]) -> None:
    """Look for it in the database until it holds; at first there is none."""
    while True:
        with suppress(sqlite3.OperationalError):
            if holds():
                return
        await trio.sleep(0.05)


def stored(database: Path) -> str:
    """All that a reader of the database is meant to see, and what is kept of refusals."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = ("provider_health", "events", "incident_history", "incident_updates", "dead_letters", "monitor")
        rows = [row for table in tables for row in connection.execute(f"SELECT * FROM {table}")]
    return "\n".join(map(repr, rows))


@pytest.mark.parametrize(("terminal", "transport"), [(False, "own"), (True, "httpx")], ids=["pipe", "terminal"])
async def test_no_secret_leaves_the_program(tmp_path: Path, terminal: bool, transport: str) -> None:
    page, closed, site = StatusPage(), closed_port(), closed_port()
    page.open("Search fails")
    database, config = tmp_path / "statustrio.db", tmp_path / "providers.yaml"
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{closed}"
    env = environment(**PLANTED, **UNUSED, https_proxy=proxy, HTTPS_PROXY=proxy)
    options = ("--log-level", "debug")
    found: list[str] = []
    async with open_server(deadline=120) as server:
        server.pages["/fine"] = page.page
        server.pages["/echo"] = Page(script=echo)
        server.pages["/moved"] = server.pages["/there"] = Page(script=moved)
        config.write_text(CONFIG.format(port=server.port, closed=closed, transport=transport))
        argv = command(config, "run", "--web", f"127.0.0.1:{site}", options=options)
        with trio.fail_after(60):
            async with daemon(argv, env, tmp_path, terminal=terminal) as said:
                await until(lambda: all(word in stored(database) for word in ("opened", "Echo", "Closed")))
                await server.wait(lambda: any(asked.path.startswith("/refuses") for asked in server.requests))
                found += leaks("the process list", Path(f"/proc/{said.process.pid}/cmdline").read_bytes().decode())
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{site}", trust_env=False) as client:
                    for path in PAGES:
                        answer = await client.get(path)
                        found += leaks(path, answer.text + repr(answer.headers))
                for words in () if terminal else COMMANDS:
                    done = await trio.run_process(
                        command(config, *words, options=options),
                        env=env,
                        cwd=tmp_path,
                        capture_stdout=True,
                        capture_stderr=True,
                        check=False,
                    )
                    found += leaks(" ".join(words), (done.stdout + done.stderr).decode())
    found += leaks("what the daemon says", said.output.decode(errors="replace"))
    found += leaks("what the database says", stored(database))
    assert found == [], "\n".join(found)
    assert PLANTED["FEED_HEADER"] in {asked.headers.get("x-key") for asked in server.requests}


@pytest.mark.parametrize("mask", [0o000, 0o022])
async def test_what_holds_the_history_is_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    page, site = StatusPage(), closed_port()
    page.open("Search fails")
    async with open_server(deadline=60) as server:
        server.pages["/feed"] = page.page
        more = "consumers:\n  - {type: file, path: events.jsonl}\n  - {type: atom, path: all.atom}\n"
        config = write_config(tmp_path / "providers.yaml", {"acme": server.url("/feed")}, more=more)
        database = tmp_path / "statustrio.db"
        argv = ["sh", "-c", f'umask {mask:04o}; exec "$@"', "sh", *command(config, "run", "--web", f"127.0.0.1:{site}")]
        async with daemon(argv, environment(), tmp_path, terminal=False):
            await until(lambda: "opened" in stored(database) and index_of(database).exists())
            await until((tmp_path / "all.atom").exists)
            backup = ["sh", "-c", f'umask {mask:04o}; exec "$@"', "sh", *command(config, "backup", "copy.db")]
            await trio.run_process(backup, env=environment(), cwd=tmp_path, capture_stdout=True, capture_stderr=True)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {"statustrio.db-wal", "statustrio.db-shm", "statustrio.db.lock", "statustrio.db.search"} <= modes.keys()
    private = {name: mode for name, mode in modes.items() if name.startswith("statustrio.db") or name == "copy.db"}
    assert private == dict.fromkeys(private, 0o600)
    # What is written for others to read is for others to read, and for nobody else to write.
    assert (modes["events.jsonl"], modes["all.atom"]) == (0o644, 0o644)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A file that somebody wants us to write over."""
    path = tmp_path / "precious"
    path.write_text("precious")
    return path


def test_a_link_in_the_place_of_the_lock_leads_nowhere(tmp_path: Path, theirs: Path) -> None:
    database = tmp_path / "statustrio.db"
    database.with_name("statustrio.db.lock").symlink_to(theirs)
    with pytest.raises(StoreError, match="is a link, and nobody needs one there"), hold(database):
        pass
    assert theirs.read_text() == "precious"


def test_a_link_in_the_place_of_the_index_or_a_copy_leads_nowhere(tmp_path: Path, theirs: Path) -> None:
    database = tmp_path / "statustrio.db"
    open_database(database).close()
    index_of(database).symlink_to(tmp_path / "not there yet")
    with pytest.raises(StoreError):
        open_index(database)
    (tmp_path / "copy.db").symlink_to(theirs)
    with pytest.raises(StoreError, match="is there already"), closing(sqlite3.connect(database)) as connection:
        back_up(connection, tmp_path / "copy.db")
    assert theirs.read_text() == "precious"
    assert not (tmp_path / "not there yet").exists()
