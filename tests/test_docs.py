"""The documentation: the tutorial runs as it is printed, the references are what the code says, the site builds."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import trio
import yaml
from attrs import define, field
from manual import DOCS, ROOT, Block, blocks, environment, fill, first_line
from websites import open_site

TUTORIAL = blocks("docs/tutorial.md")
SITE_RECIPES = [block for block in blocks("docs/site.md") if block.info.startswith("sh recipe site")]
PATIENCE_SECONDS = 30
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there: the pages of others are not asked by a test."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert isinstance(port, int)
        return port


def script(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


# The tutorial


@define
class Reader:
    """Somebody who copies the commands of the tutorial, with a home of their own and free ports."""

    home: Path
    ports: dict[str, str] = field(factory=lambda: {port: str(free_port()) for port in ("9000", "8080")})
    settings: list[str] = field(factory=list)
    """What stays from block to block in a terminal: where it is, what was exported."""
    programs: ExitStack = field(factory=ExitStack)

    def _script(self, block: Block) -> str:
        text = "\n".join((*self.settings, block.text))
        for printed, ours in self.ports.items():
            text = text.replace(f":{printed}", f":{ours}").replace(f'"127.0.0.1", {printed}', f'"127.0.0.1", {ours}')
        return text.replace("https://hooks.slack.com/services/...", f"http://127.0.0.1:{self.ports['9000']}/slack")

    def _environment(self) -> dict[str, str]:
        return environment(self.home) | {"HOME": str(self.home), "https_proxy": NOWHERE}

    def run(self, block: Block) -> str:
        """What a block prints. The test fails if it ends with anything but 0."""
        done = subprocess.run(
            ["bash", "-e", "-c", self._script(block)],
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, (str(block), done.stdout, done.stderr)
        self.settings += [line for line in block.text.splitlines() if line.startswith(("cd ", "export "))]
        return done.stdout

    def start(self, block: Block, printed: Path) -> None:
        """A terminal in which a block goes on and on until the reader is done; what it says is in the file."""
        with printed.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", self._script(block)],
                cwd=self.home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.programs.callback(end, process)


def end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(PATIENCE_SECONDS)


async def has(path: Path, words: str) -> str:
    """The text of a file, once it has these words."""
    with trio.fail_after(PATIENCE_SECONDS):
        while words not in (text := path.read_text()):
            await trio.sleep(0.05)
    return text


async def answers(port: str) -> None:
    with trio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                async with await trio.open_tcp_stream("127.0.0.1", int(port)):
                    return
            except OSError:
                await trio.sleep(0.05)


async def another_second(path: Path) -> None:
    """The file's server tells versions apart by whole seconds (Last-Modified); a person is slower than that."""
    while path.exists() and int(time.time()) <= int(path.stat().st_mtime):
        await trio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
async def test_the_tutorial_leads_from_nothing_to_a_message(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "statustrio").write_text(f'#!/bin/sh\nexec {sys.executable} -m statustrio "$@"\n')
    (programs / "statustrio").chmod(0o755)
    reader = Reader(tmp_path)
    terminals: list[Path] = []
    said: list[str] = []
    with reader.programs:
        for block in TUTORIAL:
            if block.info == "sh":
                await another_second(tmp_path / "status" / "feed.atom")
                said.append(reader.run(block))
                if "incident-1" in block.text and "cat >" in block.text:
                    what = "resolved" if "Resolved" in block.text else "opened"
                    for terminal in terminals:
                        await has(terminal, f'"incident.{what}"')
            elif block.info == "sh terminal":
                terminals.append(tmp_path / f"terminal-{len(terminals) + 2}")
                reader.start(block, terminals[-1])
                await answers(reader.ports["8080" if "8080" in block.text else "9000"])
            else:
                assert block.info in ("sh install", "sh network", "sh terminal network"), str(block)
        received = terminals[0].read_text()
    assert "TEST: nothing is broken" in received
    assert '"text": "*🔴 OPENED' in received.replace("\\ud83d\\udd34", "🔴"), "the one for Slack has Slack's form"
    assert any('"event":"incident.opened"' in one for one in said), "the demo's first event"
    assert any("my-page" in one and "resolved" in one for one in said), "the history"


def test_the_tutorial_installs_what_it_goes_on_with() -> None:
    (install,) = (block.text for block in TUTORIAL if block.info == "sh install")
    assert "git clone ADDRESS ~/statustrio\n" in install
    assert any('"$HOME/statustrio/.venv/bin:$PATH"' in block.text for block in TUTORIAL if block.info == "sh")


# The web page's recipes


@contextmanager
def served(database: Path) -> Iterator[int]:
    """The site in a thread, so that other programs can ask it."""
    started: list[Any] = []
    ready = threading.Event()

    async def main() -> None:
        async with open_site(database) as site:
            with trio.fail_after(PATIENCE_SECONDS):
                while (await site.get("/api/v1/incidents?q=x")).status_code != 200:
                    await trio.sleep(0.05)
            over = trio.Event()
            started.extend((site.port, trio.lowlevel.current_trio_token(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    assert ready.wait(PATIENCE_SECONDS)
    port, token, over = started
    try:
        yield port
    finally:
        trio.from_thread.run_sync(over.set, trio_token=token)
        thread.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    place = tmp_path_factory.mktemp("site")
    fill(place)
    with served(place / "statustrio.db") as port:
        yield place, port


@pytest.mark.slow
@pytest.mark.parametrize("recipe", SITE_RECIPES, ids=str)
def test_a_recipe_for_the_site_has_something_to_say(recipe: Block, site: tuple[Path, int]) -> None:
    for program in ("curl", "jq"):
        if program in recipe.text and not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    place, port = site
    text = recipe.text.replace(":8080", f":{port}")
    if "endless" in recipe.info:
        assert first_line(text, place).strip()
        return
    for line in text.strip().split("\n") if "while" not in text else [text]:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=place,
            env=environment(place),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        assert done.stdout.strip(), line


# The references and the site


@pytest.mark.slow
def test_the_reference_pages_are_what_the_code_says() -> None:
    done = script("docs/reference.py", "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_has_its_place_in_the_navigation() -> None:
    def pages(nav: Any) -> Iterator[str]:
        match nav:
            case str():
                yield nav
            case dict():
                for value in nav.values():
                    yield from pages(value)
            case list():
                for item in nav:
                    yield from pages(item)

    listed = list(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    of_docs = [name for name in listed if (ROOT / "docs" / name).exists()]
    assert sorted(of_docs) == sorted(name.removeprefix("docs/") for name in DOCS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, of a copy of the repository's documents."""
    if find_spec("zensical") is None:
        pytest.skip("zensical is not installed (make docs)")
    copy = tmp_path_factory.mktemp("docs")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, copy / name)
    subprocess.run([sys.executable, "docs/stage.py"], cwd=copy, check=True, timeout=60)
    subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=copy, check=True, timeout=120)
    return copy / "build" / "site"


@pytest.mark.slow
def test_the_site_asks_nobody_else_for_anything(built: Path) -> None:
    asked = re.compile(
        r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?https?:[^>]*>|<link\b[^>]*\shref=["']?https?:[^>]*>"""
    )
    for page in built.rglob("*.html"):
        found = [tag for tag in asked.findall(page.read_text(encoding="utf-8")) if "canonical" not in tag]
        assert found == [], page
    for sheet in built.rglob("*.css"):
        assert not re.search(r"""(?:@import|url\()\s*["']?https?:""", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.slow
def test_every_link_and_picture_of_the_site_is_there(built: Path) -> None:
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"""\s(?:href|src)=["']([^"'#]+)""", text):
            if not re.match(r"[a-z]+:", target) and page.name != "404.html":
                assert (page.parent / target.partition("?")[0]).exists(), (page, target)


@pytest.mark.slow
def test_a_dead_link_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copyfile(ROOT / "docs" / "stage.py", tmp_path / "docs" / "stage.py")
    for name in ("CONTRIBUTING.md", "SCALING.md", "CHANGELOG.md", "SECURITY.md"):
        (tmp_path / name).write_text("# Empty\n")
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[nowhere](../contrib/gone.yml)\n")
    done = script(str(tmp_path / "docs" / "stage.py"))
    assert (done.returncode, done.stderr.strip()) == (1, "docs/index.md: ../contrib/gone.yml is no file")
