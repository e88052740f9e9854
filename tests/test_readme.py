"""The documents are true: recipes run as printed, what they name exists, snippets load, examples work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
import trio
from click.testing import CliRunner
from manual import DOCS, DOCUMENTS, ROOT, Block, blocks, document, environment, fill, first_line, inline, prose
from schema import faults

from statustrio.cli.main import COMMANDS, statustrio
from statustrio.config import load_config
from statustrio.feed.parse import Entry, Feed
from statustrio.line import ORDER
from statustrio.model import Shape, Status
from statustrio.platforms import BY_NAME
from statustrio.platforms.platform import Platform

RUNNING = frozenset({"statustrio.db", "statustrio.db.lock", "events.jsonl", "major.jsonl", "actions.jsonl"})
"""Files that exist only where the program has run."""
BUILT = frozenset({"build/site"})
EXAMPLES = frozenset({"platforms/beacon.py", "tests/test_beacon.py"})
"""Files that a reader of CONTRIBUTING.md is told to make."""
RECIPES = [
    block
    for name in DOCUMENTS
    for block in blocks(name)
    if block.info.startswith("sh recipe") and "site" not in block.info
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("readme")
    fill(place)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
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
    written = ("README.md", *(name for name in DOCS if name != "docs/performance.md"))  # has those of the benchmarks
    shell = "\n".join(block.text for name in written for block in blocks(name) if block.info.startswith("sh"))
    code = [*(one for name in written for one in inline(name)), *re.split(r"[|;\n]", shell)]
    used = [match["rest"].split() for one in code if (match := re.match(r"\s*statustrio (?P<rest>.+)", one))]
    assert len(used) > 10
    for words in used:
        name = next((word for word in words if not word.startswith("-")), "COMMAND")
        assert name in COMMANDS or name == "COMMAND", words
        if name in COMMANDS:
            assert {word for word in words if word.startswith("--")} <= options_of(name), words
    known = options_of().union(*(options_of(name) for name in COMMANDS))
    lone = {word for name in written for one in inline(name) if one.startswith("--") for word in one.split()[:1]}
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
        if re.fullmatch(r"\.?[\w-][\w./-]*\.(?:py|md|yaml|toml|sql|svg|db|jsonl|lock)|[a-z]+/[\w./-]*|\.ci/run", one)
    }
    for one in named - RUNNING - BUILT - EXAMPLES:
        assert (ROOT / one).exists() or (ROOT / "statustrio" / one).exists(), one


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        page = os.path.normpath(PurePosixPath(name).parent / path) if path else name
        assert (ROOT / page).exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, target


SNIPPETS = [
    block
    for name in ("README.md", *DOCS)
    for block in blocks(name)
    if block.info == "yaml" and not block.text.startswith("scrape_configs:")
]
FILLED_IN = {"HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
"""Values that are checked; for all other names an address will do."""


@pytest.mark.parametrize("block", SNIPPETS, ids=str)
def test_a_snippet_is_a_configuration(block: Block, tmp_path: Path) -> None:
    text = f"consumers:\n{block.text}" if block.text.startswith("  - ") else block.text
    if not re.search("^providers:", text, re.MULTILINE):
        text += "providers: [github]\n"
    path = tmp_path / "providers.yaml"
    path.write_text(text, encoding="utf-8")
    names = set(re.findall(r"\$\{(\w+)\}", text))
    environ = dict.fromkeys(names, "https://example.com") | FILLED_IN
    assert load_config(path, environ).providers
    assert faults(text) == []


def test_the_line_shown_is_one_of_this_version() -> None:
    (line,) = (json.loads(block.text) for block in blocks("README.md") if block.info == "json")
    assert tuple(line) == ORDER


def promises(name: str) -> list[str]:
    """The rows of the table of promises."""
    return re.findall(r"^\|.*", document(name).partition("## What it promises")[2], re.MULTILINE)


def test_the_promises_are_the_same_in_both_places() -> None:
    """The site of the documents has no page of the README."""
    assert len(promises("README.md")) > 8
    assert promises("README.md") == [row.replace("](../", "](") for row in promises("docs/design.md")]


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_needs_nothing_from_elsewhere(path: Path) -> None:
    picture = path.read_text(encoding="utf-8")
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
