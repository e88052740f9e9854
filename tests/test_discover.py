"""Where a feed may be, in the order worth asking, and what its page is called."""

from __future__ import annotations

import time

import pytest

from statustrio.catalog import load_catalog
from statustrio.config_values import check_url
from statustrio.discover import MOST_NAMED, candidates, guesses, name_for, named

PAGE = "https://status.example.com/"


def link(href: str, kind: str = "application/atom+xml", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}">'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (link("/a.atom"), ["https://status.example.com/a.atom"]),
        (link("/a.rss", "application/rss+xml") + link("/a.atom"),
         ["https://status.example.com/a.atom", "https://status.example.com/a.rss"]),
        (link("x/a.atom?b=1&amp;c=2#d"), ["https://status.example.com/x/a.atom?b=1&c=2"]),
        ('<LINK REL="Alternate home" TYPE="application/rss+xml; charset=utf-8" HREF=/a.rss />',
         ["https://status.example.com/a.rss"]),
        ('<base href="https://cdn.example.net/s/">' + link("a.atom"), ["https://cdn.example.net/s/a.atom"]),
        (link("http://status.example.com/a.atom"), ["https://status.example.com/a.atom"]),
        (link("/oembed", "application/json+oembed") + link("/a.css", "text/css", "stylesheet"), []),
        (link("/a.atom", rel="self"), []),
        (link("https://user:pw@status.example.com/a.atom"), []),
        (link("javascript:alert(1)") + link("ftp://x.example/a") + link("http://[") + link(" "), []),
        (link("/${HOME}/a.atom"), ["https://status.example.com/$%7BHOME}/a.atom"]),
        ('<p><a class=x href="/pages/0123/rss">RSS</a> <a href="/history.atom">Atom</a> <a href="/about">no</a>',
         ["https://status.example.com/history.atom", "https://status.example.com/pages/0123/rss"]),
        ('<a href="/feed">x</a>' + link("/b.rss", "application/rss+xml"),
         ["https://status.example.com/b.rss", "https://status.example.com/feed"]),
        (link(PAGE), []),
        (link("/a.atom") * 3, ["https://status.example.com/a.atom"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_page_names_its_feeds_atom_first(html: str, expected: list[str]) -> None:
    assert named(PAGE, f"<html><head>{html}</head></html>") == expected


def test_a_page_that_names_a_feed_per_tag_is_cut_short() -> None:
    assert len(named(PAGE, "".join(link(f"/{number}.atom") for number in range(99)))) == MOST_NAMED


@pytest.mark.parametrize(
    "html", ["<div>" * 400_000, "<a " * 600_000, '<a href="/x.atom">' * 100_000, "<link " + "x" * 10**6]
)
def test_a_hostile_page_is_read_quickly(html: str) -> None:
    began = time.process_time()
    named(PAGE, html)
    assert time.process_time() - began < 2


def test_what_the_page_names_comes_before_what_is_guessed() -> None:
    found = candidates(PAGE, link("/own.rss", "application/rss+xml"))
    assert found[0] == "https://status.example.com/own.rss"
    assert found[1:] == candidates(PAGE, None) == guesses(PAGE)


def test_the_paths_of_most_pages_are_guessed_first_and_each_once() -> None:
    found = guesses("https://status.example.com")
    assert found[:2] == ["https://status.example.com/history.atom", "https://status.example.com/feed.atom"]
    assert len(found) == len(set(found))
    assert all(check_url(url) for url in found)


@pytest.mark.parametrize(
    ("url", "among"),
    [
        ("https://status.example.com/history.rss", "https://status.example.com/history.atom"),
        ("https://status.example.com/pages/0123/rss", "https://status.example.com/pages/0123/atom"),
        ("https://status.example.com/incidents/77", "https://status.example.com/"),
        ("https://example.com/status", "https://example.com/status/history.atom"),
        ("https://example.com/status/feed.xml", "https://example.com/status/feed.atom"),
        ("https://example.com:8443/x", "https://example.com:8443/history.atom"),
        ("https://status.cloud.microsoft", "https://status.cloud.microsoft/api/feed/mac"),
    ],
)
def test_an_address_suggests_others(url: str, among: str) -> None:
    found = guesses(url)
    assert among in found[:9]
    assert url not in found


def test_paths_of_one_vendor_are_not_tried_elsewhere() -> None:
    assert not [url for url in guesses(PAGE) if "/api/feed/" in url]


def test_most_known_feeds_are_found_from_their_page_alone() -> None:
    """Of the platforms that have the same path everywhere, without even looking at the page."""
    entries = [
        entry for entry in load_catalog().values() if entry.platform in {"statuspage", "incidentio", "betterstack"}
    ]
    missed = [entry.id for entry in entries if entry.feed_url not in guesses(entry.status_page)[:11]]
    assert len(missed) < len(entries) / 20


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("GitHub Status - Incident History", "GitHub"),
        ("OpenAI status", "OpenAI"),
        ("xAI System Status", "xAI"),
        ("Incidents | Langdock", "Langdock"),
        ("Docker Systems Status Page", "Docker"),
        ("DatoCMS Incident History", "DatoCMS"),
        ("Google Cloud Service Health Updates", "Google Cloud"),
        ("Foo \u2013 Incident History", "Foo"),
        ("  Foo\n Bar ", "Foo Bar"),
        ("状態", "状態"),
        ("Status", "example.com"),
        ("System Status", "example.com"),
        ("The Status Page", "example.com"),
        ("", "example.com"),
        ("x" * 61, "example.com"),
    ],
)
def test_a_page_is_called_by_its_title_or_its_host(title: str, expected: str) -> None:
    assert name_for(title, "https://status.example.com/feed.atom") == expected


def test_a_host_is_a_name_of_last_resort() -> None:
    assert name_for("Status", "http://127.0.0.1:8080/x") == "127.0.0.1"
