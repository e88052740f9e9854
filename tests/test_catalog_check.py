"""The catalog is held against the pages, and what differs becomes a proposal."""

from __future__ import annotations

import ssl

import pytest
from attrs import evolve
from pages import StatusPage
from server import Page, PageServer, open_server, redirect, status

from statustrio.catalog import CatalogEntry
from statustrio.catalog_check import Checked, check_entries, judge
from statustrio.fetch import Web
from statustrio.find_feed import Found, NotFound, Refused
from statustrio.walls import CLOUDFLARE

ENTRY = CatalogEntry("a", "A", "https://a.example", "https://a.example/feed", "ai", "hund")
FOUND = Found(ENTRY.feed_url, ENTRY.feed_url, "A", "hund", 3, None, conditional=True)
ELSEWHERE = "https://a.example/new"


@pytest.mark.parametrize(
    ("outcome", "because", "expected"),
    [
        (FOUND, None, Checked(ENTRY, ENTRY)),
        (evolve(FOUND, platform="slack"), None, Checked(ENTRY, evolve(ENTRY, platform="slack"))),
        (evolve(FOUND, platform="generic", entries=0), None, Checked(ENTRY, ENTRY)),
        (
            evolve(FOUND, platform="generic"),
            None,
            Checked(ENTRY, ENTRY, remark="nothing in the feed says that hund made it"),
        ),
        (evolve(FOUND, url=ELSEWHERE), None, Checked(ENTRY, evolve(ENTRY, feed_url=ELSEWHERE))),
        (
            evolve(FOUND, led_to="b.example"),
            None,
            Checked(ENTRY, ENTRY, remark="leads to b.example, but not for good"),
        ),
        (
            evolve(FOUND, url=ELSEWHERE, platform="generic"),
            "gone",
            Checked(
                ENTRY,
                evolve(ENTRY, feed_url=ELSEWHERE, platform=None),
                remark="the feed is elsewhere; at https://a.example/feed: gone",
            ),
        ),
        (NotFound((Refused("x", "y"),)), "gone", Checked(ENTRY, ENTRY, failure="gone")),
    ],
    ids=["same", "platform", "empty", "unrecognised", "moved", "passing", "elsewhere", "lost"],
)
def test_an_outcome_becomes_a_proposal(outcome: Found | NotFound, because: str | None, expected: Checked) -> None:
    assert judge(ENTRY, outcome, because=because) == expected


def test_an_entry_of_no_platform_may_stay_so() -> None:
    entry = evolve(ENTRY, platform=None)
    assert judge(entry, evolve(FOUND, platform="generic")) == Checked(entry, entry)


def entry(server: PageServer, ident: str, path: str) -> CatalogEntry:
    return CatalogEntry(ident, ident, server.url(f"/{ident}"), server.url(path), "ai", "statuspage")


async def test_entries_are_looked_at_side_by_side_and_come_back_in_order() -> None:
    web = Web(proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server:
        page = StatusPage()
        page.open("One")
        server.pages["/fine.atom"] = page.page
        server.pages["/moved.atom"] = Page(script=redirect("/fine.atom", 308))
        server.pages["/lost"] = Page(b'<html><a href="/fine.atom">Atom</a></html>')
        server.pages["/wall.atom"] = Page(script=status(403, cf_mitigated="challenge", retry_after=9))
        entries = [
            entry(server, "fine", "/fine.atom"),
            entry(server, "moved", "/moved.atom"),
            entry(server, "lost", "/lost.atom"),
            entry(server, "wall", "/wall.atom"),
        ]
        calls: list[None] = []
        fine, moved, lost, wall = await check_entries(web, entries, lambda: calls.append(None))
    assert len(calls) == 4
    assert fine == Checked(entries[0], entries[0])
    assert moved == Checked(entries[1], evolve(entries[1], feed_url=entries[0].feed_url))
    assert lost.proposed.feed_url == entries[0].feed_url
    assert lost.remark == f"the feed is elsewhere; at {entries[2].feed_url}: HTTP 404 Not Found"
    assert wall.failure == f"HTTP 403 Forbidden; {CLOUDFLARE}"
