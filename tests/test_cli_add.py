"""`add`: what it says, what it writes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result
from pages import StatusPage
from server import Page, open_server, redirect, status

from statustrio.catalog import CatalogEntry
from statustrio.cli import adding
from statustrio.cli.editing import put_in
from statustrio.cli.main import statustrio
from statustrio.config import load_config
from statustrio.config_edit import NewProvider, insert_providers
from statustrio.config_values import url_key
from statustrio.errors import ConfigError
from statustrio.walls import CLOUDFLARE

TEXT = "# mine\r\nproviders:\r\n  - github  # a\ttab\r\n\r\nlimits: {}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "providers.yaml"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "configure_logs", lambda *_: None)  # it would outlive the test


def run(file: Path, *args: str, **environ: str) -> Result:
    return CliRunner().invoke(statustrio, ["-c", str(file), "add", *args], env=environ)


async def run_beside(file: Path, *args: str, **environ: str) -> Result:
    """The same while a server of the test answers; it has a trio of its own."""
    return await trio.to_thread.run_sync(lambda: run(file, *args, **environ))


def feed() -> Page:
    page = StatusPage()
    page.open("One")
    return page.page


def test_an_id_needs_no_network_if_that_is_wanted(file: Path) -> None:
    result = run(file, "openai", "--no-probe")
    assert (result.exit_code, result.stdout) == (0, f"{file}:4: added\n  - openai\n")
    assert file.read_bytes() == TEXT.replace("tab\r\n", "tab\r\n  - openai\r\n").encode()
    assert [one.id for one in load_config(file, {}).providers] == ["github", "openai"]


@pytest.mark.parametrize(
    ("args", "item"),
    [
        (["Google Cloud"], "gcp"),
        (["gcp", "--name", 'My "cloud"'], r'{id: gcp, name: "My \"cloud\""}'),
    ],
)
def test_an_entry_is_found_by_its_name_and_can_be_given_another(file: Path, args: list[str], item: str) -> None:
    assert f"  - {item}\r\n".encode() not in file.read_bytes()
    assert run(file, *args, "--no-probe").exit_code == 0
    assert f"  - {item}\r\n".encode() in file.read_bytes()


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    assert run(path, "openai", "--no-probe").exit_code == 0
    assert path.read_text() == "providers:\n  - openai\n"


def test_a_dry_run_writes_nothing(file: Path) -> None:
    result = run(file, "openai", "--no-probe", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, f"{file}:4: would add\n  - openai\n")
    assert file.read_bytes() == TEXT.encode()


@pytest.mark.parametrize("what", ["github", "https://www.githubstatus.com/history.atom", "GitHub"])
def test_what_is_there_already_is_left_alone_without_a_look(file: Path, what: str) -> None:
    result = run(file, what)
    assert (result.exit_code, result.stdout) == (0, f"{file}: its address is there already, in line 3; nothing to do\n")
    assert file.read_bytes() == TEXT.encode()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["opanai"], "`opanai` is not in the catalog, did you mean `openai`?"),
        (["zzzzzz"], "`zzzzzz` is not in the catalog; `statustrio catalog WORD` searches it"),
        (["status.example.com", "--no-probe"], "--no-probe is for an ID of the catalog"),
        (["ftp://status.example.com"], "a URL begins with http:// or https://"),
        (["http://[/x"], "not a valid URL"),
        (["[.x"], "not a valid URL"),
        (["https://x.example/${NOT_SET}"], "the environment variable `NOT_SET` is not set"),
        (["openai", "--name", " "], "must not be blank"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_with_status_two(file: Path, args: list[str], expected: str) -> None:
    result = run(file, *args)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert file.read_bytes() == TEXT.encode()


def test_a_file_that_cannot_take_a_line_is_left_alone_and_the_line_told(file: Path) -> None:
    text = "providers: &all [github]\nmine: *all\n"
    file.write_text(text)
    result = run(file, "openai", "--no-probe")
    assert isinstance(result.exception, ConfigError), "which is exit status 2"
    assert str(result.exception) == (
        f"{file}: line 1: this list cannot be added to without changing other lines; add by hand:\n\n"
        "providers:\n  - openai"
    )
    assert file.read_text() == text


async def test_the_feed_behind_a_page_is_found_described_and_added(file: Path) -> None:
    async with open_server() as server:
        server.pages["/"] = Page(b'<html><link rel=alternate type=application/atom+xml href="/deep.atom"></html>')
        server.pages["/deep.atom"] = feed()
        result = await run_beside(file, f"127.0.0.1:{server.port}", "--name", "Example")
        found, place, item = result.stdout.splitlines()
        assert found.startswith(f"found {server.url('/deep.atom')}: statuspage, 1 entry, the newest ")
        assert found.endswith("; answers 304")
        assert place == f"{file}:4: added"
        assert item == f'  - {{name: "Example", feed_url: "{server.url("/deep.atom")}"}}'
        assert file.read_bytes() == TEXT.replace("tab\r\n", f"tab\r\n{item}\r\n").encode()
        again = await run_beside(file, server.url("/"))
        assert again.stdout.splitlines()[1] == f"{file}: its address is there already, in line 4; nothing to do"


async def test_a_move_is_told_and_the_new_address_written(file: Path) -> None:
    async with open_server() as server, open_server() as other:
        server.pages["/old.atom"] = Page(script=redirect(other.url("/new.atom"), 301))
        server.pages["/passing.atom"] = Page(script=redirect(other.url("/new.atom")))
        other.pages["/new.atom"] = feed()
        passing = await run_beside(file, server.url("/passing.atom"), "--name", "Passing", "--dry-run")
        assert f"it leads to another host, 127.0.0.1:{other.port}, but not for good\n" in passing.stdout
        assert server.url("/passing.atom") in passing.stdout.splitlines()[-1]
        moved = await run_beside(file, server.url("/old.atom"), "--name", "Moved")
        assert f"it has moved for good to {other.url('/new.atom')}\n" in moved.stdout
        assert f'feed_url: "{other.url("/new.atom")}"'.encode() in file.read_bytes()


async def test_a_wall_is_named_what_was_tried_is_listed_and_nothing_written(file: Path) -> None:
    async with open_server() as server:
        server.pages["/"] = Page(script=status(403, b"\x1b[31m", cf_mitigated="challenge"))
        result = await run_beside(file, server.url("/"))
        assert (result.exit_code, result.stdout) == (1, "")
        first, second, *_, wall, end = result.stderr.splitlines()
        assert first == f"{server.url('/')}: HTTP 403 Forbidden"
        assert second == f"{server.url('/history.atom')}: HTTP 404 Not Found"
        assert wall == f"This is {CLOUDFLARE}."
        assert end == "No feed could be read, nothing was added."
    assert file.read_bytes() == TEXT.encode()


async def test_what_the_catalog_knows_goes_by_its_id(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_server() as server:
        server.pages["/odd/path"] = feed()
        entry = CatalogEntry("here", "Here", server.url("/status"), server.url("/odd/path"), "ai")
        for place in ("catalog", "listed", "short_form", "cli.adding"):
            monkeypatch.setattr(f"statustrio.{place}.load_catalog", lambda: {"here": entry})
        monkeypatch.setattr("statustrio.listed._by_address", lambda: {url_key(entry.feed_url): entry})
        by_page = await run_beside(file, server.url("/status"), "--dry-run")
        assert [asked.path for asked in server.requests] == ["/odd/path"] * 2
        assert by_page.stdout.splitlines()[-1] == "  - here"
        server.pages.clear()
        gone = await run_beside(file, "here")
        assert gone.exit_code == 1
        assert "`--no-probe` adds it all the same" in gone.stderr


async def test_a_value_from_the_environment_is_used_and_never_shown(file: Path) -> None:
    async with open_server() as server:
        server.pages["/hunter22/feed.atom"] = feed()
        server.pages["/moved/hunter22"] = Page(script=redirect("/hunter22/feed.atom", 301))
        url = server.url("/${TOKEN}/feed.atom")
        for args in ([url, "--name", "A"], [server.url("/moved/${TOKEN}"), "--name", "B"], [server.url("/${TOKEN}")]):
            result = await run_beside(file, *args, TOKEN="hunter22")
            assert "hunter22" not in result.output
            assert "${TOKEN}" in result.output
        assert server.requests[-1].path == "/hunter22", "it is not sent anywhere else"
        assert f'{{name: "A", feed_url: "{url}"}}'.encode() in file.read_bytes()
        assert b"hunter22" not in file.read_bytes()


async def test_a_password_in_an_address_is_written_but_not_shown(file: Path) -> None:
    async with open_server() as server:
        server.pages["/feed.atom"] = feed()
        url = server.url("/feed.atom").replace("://", "://me:hunter22@")
        result = await run_beside(file, url, "--name", "A")
        assert "hunter22" not in result.output
        assert url.encode() in file.read_bytes()
        assert server.requests[0].headers["authorization"].startswith("Basic ")


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(text: str, providers: Sequence[NewProvider]) -> object:
        file.write_bytes(b"# mine\n" + TEXT.encode())
        return insert_providers(text, providers)

    monkeypatch.setattr("statustrio.cli.editing.insert_providers", slowly)
    with pytest.raises(ConfigError, match="somebody else"):
        put_in(file, [NewProvider("openai")], dry_run=False)
    assert file.read_bytes() == b"# mine\n" + TEXT.encode()
