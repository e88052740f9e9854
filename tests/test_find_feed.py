"""A feed is found behind its page with few requests, and what stands in the way is named."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pages import BEGIN, StatusPage
from server import Page, PageServer, open_server, redirect, status

from statustrio.config_values import url_key
from statustrio.fetch import Fetcher, Web, open_fetcher
from statustrio.find_feed import MOST_REQUESTS, Found, NotFound, Refused, find_feed, look_at
from statustrio.walls import CLOUDFLARE, PAGE


@asynccontextmanager
async def at_server() -> AsyncIterator[tuple[PageServer, Fetcher]]:
    web = Web(proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server, open_fetcher(web, timeout=2) as fetcher:
        yield server, fetcher


def html(body: str = "<p>Hello</p>") -> Page:
    return Page(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), content_type="text/html")


def feed() -> Page:
    page = StatusPage()
    page.open("One")
    page.open("Two")
    return page.page


def paths(server: PageServer) -> list[str]:
    return [asked.path for asked in server.requests]


async def find(fetcher: Fetcher, url: str, **options: list[str]) -> Found | NotFound:
    return await find_feed(fetcher, url, **options)  # type: ignore[arg-type]  # lists of addresses


async def test_a_feed_is_taken_as_it_is_with_all_there_is_to_say_of_it() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/history.atom"] = feed()
        url = server.url("/history.atom")
        newest = BEGIN + timedelta(minutes=2)
        assert await find(fetcher, url) == Found(url, url, "Page - Incident History", "statuspage", 2, newest, True)
        assert paths(server) == ["/history.atom"] * 2


async def test_the_feed_that_a_page_names_is_asked_for_first() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/status"] = html('<link rel="alternate" type="application/atom+xml" href="/deep/x.atom">')
        server.pages["/deep/x.atom"] = server.pages["/history.atom"] = feed()
        found = await find(fetcher, server.url("/status"))
        assert isinstance(found, Found)
        assert found.url == server.url("/deep/x.atom")
        assert paths(server)[:2] == ["/status", "/deep/x.atom"]


async def test_where_nothing_is_named_the_usual_paths_are_tried_until_one_is_a_feed() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/"] = html()
        server.pages["/feed.atom"] = feed()
        found = await find(fetcher, server.url("/"))
        assert isinstance(found, Found)
        assert paths(server) == ["/", "/history.atom", "/feed.atom", "/feed.atom"]


async def test_the_root_of_the_site_may_name_what_the_page_does_not() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/"] = html('<a href="/own/rss">RSS</a>')
        server.pages["/own/rss"] = feed()
        found = await find(fetcher, server.url("/incidents/77"))
        assert isinstance(found, Found)
        assert paths(server)[:3] == ["/incidents/77", "/", "/own/rss"]


async def test_a_sibling_is_found_where_the_feed_itself_is_gone() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/history.atom"] = feed()
        found = await find(fetcher, server.url("/history.rss"))
        assert isinstance(found, Found)
        assert found.asked == server.url("/history.atom")


async def test_after_a_redirect_the_guesses_are_about_where_it_led() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/old"] = Page(script=redirect("/team/status"))
        server.pages["/team/status"] = html()
        server.pages["/team/status/history.atom"] = feed()
        found = await find(fetcher, server.url("/old"))
        assert isinstance(found, Found)
        assert found.asked == server.url("/team/status/history.atom")


async def test_known_addresses_come_first_and_others_are_left_out() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/known"] = feed()
        assert isinstance(await find(fetcher, server.url("/"), first=[server.url("/known")]), Found)
        assert paths(server)[0] == "/known"
        outcome = await find(fetcher, server.url("/"), but=[server.url("/history.atom")])
        assert isinstance(outcome, NotFound)
        assert "/history.atom" not in paths(server)


async def test_a_catch_all_page_costs_no_more_than_a_few_requests() -> None:
    async with at_server() as (server, fetcher):
        for path in ("/", "/x", "/history.atom", "/feed.atom", "/feed.rss", "/history.rss", "/rss", "/feed"):
            server.pages[path] = html('<a href="/a.atom">a</a><a href="/b.atom">b</a><a href="/c.atom">c</a>')
        outcome = await find(fetcher, server.url("/x"))
        assert isinstance(outcome, NotFound)
        assert len(server.requests) == len(outcome.tried) == MOST_REQUESTS
        assert len({url_key(one.url) for one in outcome.tried}) == MOST_REQUESTS
        assert outcome.wall == PAGE


async def test_a_wall_is_named_and_the_feed_beside_it_found_all_the_same() -> None:
    wall = Page(script=status(403, b"", cf_mitigated="challenge"))
    async with at_server() as (server, fetcher):
        server.pages["/"] = wall
        outcome = await find(fetcher, server.url("/"))
        assert isinstance(outcome, NotFound)
        assert outcome.tried[0] == Refused(server.url("/"), "HTTP 403 Forbidden", CLOUDFLARE)
        assert outcome.wall == CLOUDFLARE
        server.pages["/history.atom"] = feed()
        assert isinstance(await find(fetcher, server.url("/")), Found)


async def test_a_host_that_asks_for_a_pause_is_left_alone() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/"] = Page(script=status(429, retry_after=60))
        outcome = await find(fetcher, server.url("/"))
        assert isinstance(outcome, NotFound)
        assert paths(server) == ["/"]


async def test_a_host_that_is_not_there_is_asked_once() -> None:
    async with at_server() as (server, fetcher):
        url = server.url("/").replace(str(server.port), "1")
        outcome = await find(fetcher, url)
        assert isinstance(outcome, NotFound)
        assert len(outcome.tried) == 1


async def test_a_move_for_good_is_followed_and_a_passing_one_named() -> None:
    async with at_server() as (server, fetcher), open_server() as other:
        other.pages["/history.atom"] = feed()
        server.pages["/good"] = Page(script=redirect(other.url("/history.atom"), 301))
        server.pages["/passing"] = Page(script=redirect(other.url("/history.atom")))
        good = await look_at(fetcher, server.url("/good"))
        passing = await look_at(fetcher, server.url("/passing"))
        assert isinstance(good, Found)
        assert isinstance(passing, Found)
        assert (good.asked, good.url, good.led_to) == (server.url("/good"), other.url("/history.atom"), None)
        assert passing.url == passing.asked == server.url("/passing")
        assert passing.led_to == f"127.0.0.1:{other.port}"


async def test_where_a_move_leads_nothing_is_filled_in_from_the_environment() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/a"] = Page(script=redirect("/b?x=${HOME}", 301))
        server.pages["/b"] = feed()
        found = await look_at(fetcher, server.url("/a"))
        assert isinstance(found, Found)
        assert "${" not in found.url


async def test_a_page_cannot_send_us_to_a_private_address_of_another_host() -> None:
    async with at_server() as (server, fetcher), open_server() as inside:
        inside.pages["/x.atom"] = feed()
        server.pages["/"] = html(f'<a href="{inside.url("/x.atom")}">Atom</a>')
        outcome = await find(fetcher, server.url("/"))
        assert isinstance(outcome, NotFound)
        assert outcome.tried[1].reason == "redirected to a private address (127.0.0.1)"
        assert inside.requests == []


async def test_a_second_request_that_fails_is_no_304() -> None:
    async with at_server() as (server, fetcher):
        page = server.pages["/f"] = feed()
        page.once = [Page(page.body), status(500)]
        found = await look_at(fetcher, server.url("/f"))
        assert isinstance(found, Found)
        assert not found.conditional


@pytest.mark.parametrize(
    ("page", "reason", "wall"),
    [
        (html(), "an HTML page instead of a feed: is the URL right?", PAGE),
        (Page(b'{"a": 1}'), "the answer is not XML", None),
        (Page(script=status(404)), "HTTP 404 Not Found", None),
    ],
    ids=["html", "json", "missing"],
)
async def test_one_address_is_looked_at_alone(page: Page, reason: str, wall: str | None) -> None:
    async with at_server() as (server, fetcher):
        server.pages["/x"] = page
        assert await look_at(fetcher, server.url("/x")) == Refused(server.url("/x"), reason, wall)
        assert paths(server) == ["/x"]
