"""The documents as the tests read them: their blocks, links and names, and a place where what they print can be run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import trio
from attrs import frozen

from statustrio.config import Config, ConsumerConfig, ProviderConfig
from statustrio.daemon import Daemon
from statustrio.demo_pages import Case, Note, open_pages, play
from statustrio.line import render
from statustrio.redaction import Redactor
from statustrio.store.opening import open_database, open_reader
from statustrio.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parent.parent
AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "SCALING.md", "CHANGELOG.md", "SECURITY.md")
DOCS = tuple(sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")))
DOCUMENTS = (*AT_THE_TOP, *DOCS)
STILL_OPEN = Case(
    9,
    "z1x2c3v4b5n6",
    "Logins are slow",
    (Note("Investigating", "Logging in takes up to a minute.", 0),),
    "critical",
    ("Login",),
)


@frozen
class Block:
    """A fenced block: its info string, its text, and where it begins."""

    page: str
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    text = document(name)
    return [
        Block(name, text.count("\n", 0, match.start()) + 1, match["info"], match["text"])
        for match in re.finditer(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def prose(name: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", document(name), flags=re.MULTILINE | re.DOTALL)


def inline(name: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(name))


def fill(place: Path) -> None:
    """Make it a directory as a daemon leaves it that followed the demo's pages; one incident is still open."""
    database = place / "statustrio.db"

    async def follow() -> None:
        async with open_pages() as (base, pages):
            feeds = (
                ("acme", "Acme Cloud", f"{base}/acme/history.atom"),
                ("chatter", "Chatter AI", f"{base}/chatter/feed.atom"),
                ("globex", "Globex Pay", f"{base}/globex/history.atom"),
            )
            config = Config(
                tuple(ProviderConfig(*feed, 0.1, 0.1, max_backoff_seconds=0.2) for feed in feeds),
                (ConsumerConfig("file", "file", path=str(place / "events.jsonl")),),
            )
            store = SqliteStore(open_database(database), render)
            daemon = Daemon(config, store, database, Redactor(), lambda: config)
            try:
                with trio.fail_after(60):
                    async with trio.open_nursery() as nursery:
                        await nursery.start(daemon.run)
                        while not seen_at_first(database, len(feeds)):
                            await trio.sleep(0.05)
                        await play(pages)
                        pages.acme.insert(0, STILL_OPEN)
                        while STILL_OPEN.title not in (place / "events.jsonl").read_text():
                            await trio.sleep(0.05)
                        daemon.stop()
            finally:
                store.close()

    trio.run(follow)
    programs = place / "programs"
    programs.mkdir()
    for name, script in (
        ("statustrio", f'exec {sys.executable} -m statustrio "$@"'),
        ("notify-send", 'printf "%s\\n" "$*"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)


def seen_at_first(database: Path, count: int) -> bool:
    """Whether so many pages were seen once; what happens from then on is announced."""
    with closing(open_reader(database)) as connection:
        (seen,) = connection.execute(
            "SELECT count(*) FROM provider_health WHERE last_success_at IS NOT NULL"
        ).fetchone()
    return seen == count


def environment(place: Path) -> dict[str, str]:
    keep = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR", "PYTHONPATH") if key in os.environ}
    return keep | {"PATH": f"{place / 'programs'}:{os.environ['PATH']}"}


def first_line(script: str, place: Path) -> str:
    """The first line that a script without end prints."""
    process = subprocess.Popen(
        ["sh", "-c", script],
        cwd=place,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        try:
            return process.stdout.readline()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
