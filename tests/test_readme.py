"""The documents are true: recipes run as printed, what they name exists, snippets load, examples work."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import tomllib
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from attrs import frozen
from click.testing import CliRunner
from schema import faults

from statustrio.cli.main import COMMANDS, statustrio
from statustrio.config import Config, ConsumerConfig, ProviderConfig, load_config
from statustrio.daemon import Daemon
from statustrio.demo_pages import Case, Note, open_pages, play
from statustrio.events import NAMES
from statustrio.feed.parse import Entry, Feed
from statustrio.line import ORDER, render
from statustrio.model import Shape, Status
from statustrio.platforms import BY_NAME
from statustrio.platforms.platform import Platform
from statustrio.redaction import Redactor
from statustrio.store.opening import open_database, open_reader
from statustrio.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SCALING.md", "CHANGELOG.md", "SECURITY.md")
RUNNING = frozenset({"statustrio.db", "statustrio.db.lock", "events.jsonl", "major.jsonl", "actions.jsonl"})
"""Files that exist only where the program has run."""
EXAMPLES = frozenset({"platforms/beacon.py", "tests/test_beacon.py"})
"""Files that a reader of CONTRIBUTING.md is told to make."""
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
    """A fenced block: its info string, its text, and the line it begins in."""

    info: str
    text: str
    line: int


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    text = document(name)
    return [
        Block(match["info"], match["text"], text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def prose(name: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", document(name), flags=re.MULTILINE | re.DOTALL)


def inline(name: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(name))


RECIPES = [block for block in blocks("README.md") if block.info.startswith("sh recipe")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as a daemon leaves it that followed the demo's pages, with one incident that is still open."""
    place = tmp_path_factory.mktemp("readme")
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
    return place


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


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=[f"line {recipe.line}" for recipe in RECIPES])
def test_a_recipe_runs_as_it_is_printed_and_has_something_to_say(recipe: Block, place: Path) -> None:
    for program in ("sqlite3", "jq"):
        if re.search(rf"^\s*{program} |\| *\n? *{program} ", recipe.text, re.MULTILINE) and not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if "endless" in recipe.info:
        assert first_line(recipe.text, place).strip()
        return
    done = subprocess.run(
        ["sh", "-e", "-c", recipe.text],
        cwd=place,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_there_are_recipes_for_both_programs() -> None:
    assert len(RECIPES) >= 6
    assert any("jq " in recipe.text for recipe in RECIPES)
    assert any("sqlite3 " in recipe.text for recipe in RECIPES)


def options_of(*command: str) -> set[str]:
    """The long options that a command's help names."""
    result = CliRunner().invoke(statustrio, [*command, "--help"])
    assert result.exit_code == 0, command
    return set(re.findall(r"--[a-z][a-z-]+", result.output))


def test_commands_and_options_in_the_readme_exist() -> None:
    shell = "\n".join(block.text for block in blocks("README.md") if block.info.startswith("sh"))
    code = [*inline("README.md"), *re.split(r"[|;\n]", shell)]
    used = [match["rest"].split() for one in code if (match := re.match(r"\s*statustrio (?P<rest>.+)", one))]
    assert len(used) > 10
    for words in used:
        name = next(word for word in words if not word.startswith("-"))
        assert name in COMMANDS or name == "COMMAND", words
        if name in COMMANDS:
            assert {word for word in words if word.startswith("--")} <= options_of(name), words
    known = options_of().union(*(options_of(name) for name in COMMANDS))
    lone = {word for one in inline("README.md") if one.startswith("--") for word in one.split()[:1]}
    assert lone <= known
    targets = set(re.findall(r"^([a-z]+):", document("Makefile"), re.MULTILINE))
    for name in DOCUMENTS:
        for one in [*inline(name), *(block.text for block in blocks(name) if block.info == "sh")]:
            if match := re.match(r"make ([a-z]+)\s*$", one):
                assert match[1] in targets, (name, one)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_a_document_names_exist(name: str) -> None:
    named = {
        one
        for one in inline(name)
        if re.fullmatch(r"\.?[\w./-]+\.(?:py|md|yaml|toml|sql|svg|db|jsonl|lock)|[a-z]+/[\w./-]*|\.ci/run", one)
    }
    for one in named - RUNNING - EXAMPLES:
        assert (ROOT / one).exists() or (ROOT / "statustrio" / one).exists(), one


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        page = path or name
        assert (ROOT / page).exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, target


@pytest.mark.parametrize("block", [block for block in blocks("README.md") if block.info == "yaml"])
def test_a_snippet_is_a_configuration(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert load_config(path, {}).providers
    assert faults(block.text) == []


def test_the_line_shown_is_one_of_this_version_and_the_events_are_all_there() -> None:
    (line,) = (json.loads(block.text) for block in blocks("README.md") if block.info == "json")
    assert tuple(line) == ORDER
    named = {one for one in inline("README.md") if re.fullmatch(r"(?:incident|maintenance|provider|monitor)\.\w+", one)}
    assert named == set(NAMES)


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = document("docs/demo.svg")
    assert "RESOLVED" in picture
    assert "@font-face" not in picture
    assert not re.search(r"""(?:href|src)\s*[=:]|url\(["']?(?!#)|@import""", picture)


def example(name: str) -> dict[str, object]:
    """The names that an example of CONTRIBUTING.md defines; its first line says which file it would be."""
    (text,) = (block.text for block in blocks("CONTRIBUTING.md") if block.text.startswith(f"# statustrio/{name}\n"))
    names: dict[str, object] = {}
    exec(compile(textwrap.dedent(text), name, "exec"), names)
    return names


def test_the_example_of_a_platform_reads_an_entry() -> None:
    platform = example("platforms/beacon.py")["PLATFORM"]
    assert isinstance(platform, Platform)
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    entry = Entry(
        "x", "API down", "https://h.example/notices/77", at, at, "<strong>Resolved</strong><p>All is well.</p>", ""
    )
    feed = Feed("", "atom", "t", "Beacon", None, None, (entry,))
    assert platform.recognises(feed)
    reading = platform.read(entry)
    assert (reading.incident_id, reading.title) == ("77", "API down")
    (update,) = reading.updates
    assert (update.at, update.label, update.text) == (at, Status.RESOLVED, "All is well.")


def test_each_platform_has_its_line() -> None:
    shapes = {
        Shape.TIMELINE: "an incident, all its updates",
        Shape.PER_UPDATE: "an update",
        Shape.LATEST: "an incident, its ",
        Shape.CURRENT: " now",
    }
    table = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", document("docs/platforms.md"), re.MULTILINE)
    assert sorted(name for name, _ in table) == sorted(BY_NAME)
    for name, said in table:
        assert shapes[BY_NAME[name].shape] in said, name


@pytest.mark.slow
async def test_the_example_of_a_consumer_delivers_as_a_package(tmp_path: Path) -> None:
    source, points, items = (
        next(block.text for block in blocks("CONTRIBUTING.md") if block.info == info and word in block.text)
        for info, word in (("python", "open_datagrams"), ("toml", "entry-points"), ("yaml", "datagrams"))
    )
    (tmp_path / "statustrio_datagrams.py").write_text(source, encoding="utf-8")
    installed = tmp_path / "statustrio_datagrams-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: statustrio-datagrams\nVersion: 1\n")
    named = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in types.items())
        for group, types in tomllib.loads(points)["project"]["entry-points"].items()
    )
    (installed / "entry_points.txt").write_text("".join(named))
    with trio.fail_after(30), trio.socket.socket(type=trio.socket.SOCK_DGRAM) as receiver:
        for port in range(9000, 10_001):  # a `Count` goes no further; those the system would choose are higher
            with suppress(OSError):
                await receiver.bind(("127.0.0.1", port))
                break
        config = items.replace("logs.example.com", f"127.0.0.1, port: {port}")
        (tmp_path / "providers.yaml").write_text(f"providers: [github]\n{config}", encoding="utf-8")
        await trio.run_process(
            [sys.executable, "-m", "statustrio", "test", "datagrams"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert json.loads(await receiver.recv(9000))["event"] == "incident.opened"
