"""`catalog` for people and programs, and `catalog check` as a patch."""

from __future__ import annotations

import json

import pytest
import trio
from click.testing import CliRunner, Result
from pages import StatusPage
from server import Page, open_server, redirect

from statustrio.catalog import CatalogEntry, load_catalog
from statustrio.cli.main import statustrio


def run(*args: str) -> Result:
    return CliRunner().invoke(statustrio, args)


def test_all_pages_are_listed_for_programs() -> None:
    lines = [line.split("\t") for line in run("catalog").stdout.splitlines()]
    assert lines[0] == ["id", "name", "category", "platform", "feed_url"]
    assert [line[0] for line in lines[1:]] == list(load_catalog())
    (openai,) = [json.loads(line) for line in run("catalog", "openai", "--format", "json").stdout.splitlines()]
    assert list(openai) == lines[0]
    assert openai["name"] == "OpenAI"


def test_for_people_it_is_a_table() -> None:
    table = run("--format", "console", "catalog", "google", "cloud").stdout
    assert "Google Cloud" in table
    assert "feed_url" not in table


def test_nothing_like_it_is_said_and_is_no_failure() -> None:
    result = run("catalog", "zzzzzz")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert "`statustrio add URL` takes any page" in result.stderr


def test_an_id_to_check_must_be_known() -> None:
    result = run("catalog", "check", "opanai")
    assert result.exit_code == 2
    assert "`opanai` is not in the catalog, did you mean `openai`?" in result.stderr


async def test_what_differs_is_a_patch_and_what_failed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_server() as server:
        page = StatusPage()
        page.open("One")
        server.pages["/new.atom"] = page.page
        server.pages["/old.atom"] = Page(script=redirect("/new.atom", 301))
        text = "# head\n"
        for ident, path in (("fine", "/new.atom"), ("gone", "/gone.atom"), ("moved", "/old.atom")):
            text += f"- id: {ident}\n  name: X\n  status_page: {server.url('/none')}\n"
            text += f"  feed_url: {server.url(path)}\n  category: ai\n"
        known = {
            ident: CatalogEntry(ident, "X", server.url("/none"), server.url(path), "ai", platform)
            for ident, path, platform in (
                ("fine", "/new.atom", "statuspage"),
                ("gone", "/gone.atom", None),
                ("moved", "/old.atom", None),
            )
        }
        monkeypatch.setattr("statustrio.catalog.load_catalog", lambda: known)
        monkeypatch.setattr("statustrio.catalog.catalog_text", lambda: text)
        monkeypatch.setattr("statustrio.logs.configure_logs", lambda *_: None)  # it would outlive the test
        result = await trio.to_thread.run_sync(run, "catalog", "check")
        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            "--- a/statustrio/catalog.yaml",
            "+++ b/statustrio/catalog.yaml",
            "@@ -12,5 +12,6 @@",
            " - id: moved",
            "   name: X",
            f"   status_page: {server.url('/none')}",
            f"-  feed_url: {server.url('/old.atom')}",
            f"+  feed_url: {server.url('/new.atom')}",
            "+  platform: statuspage",
            "   category: ai",
        ]
        assert result.stderr.splitlines() == [
            "gone: HTTP 404 Not Found",
            "3 looked at: 1 fine, 1 differ, 1 failed",
        ]
        calm = await trio.to_thread.run_sync(run, "catalog", "check", "fine")
        assert (calm.exit_code, calm.stdout) == (0, "")
