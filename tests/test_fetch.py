"""fetch with targets, answers, dialing and inflate.

A real server for what goes over the wire, with either transport; httpx.MockTransport for foreign hosts.
"""

from __future__ import annotations

import errno
import gc
import gzip
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import trio
import trio.testing
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from server import (
    Exchange,
    Page,
    PageServer,
    Script,
    Trust,
    chunked,
    chunked_garbage,
    close,
    close_in_body,
    drip,
    endless,
    gzip_bomb,
    hang,
    hang_in_body,
    open_server,
    raw,
    redirect,
    reset,
    reset_in_body,
    status,
    truncated_gzip,
)

from statustrio import answers, dialing, fetch, targets
from statustrio.dialing import Resolver, install_resolver, is_public, literal_address
from statustrio.errors import FetchError
from statustrio.fetch import Fetched, Fetcher, Limits, NotModified, Web, open_fetcher
from statustrio.inflate import Body
from statustrio.model import Validators
from statustrio.targets import parse

BODY = b"<feed>" + b"status " * 50 + b"</feed>"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def trust() -> Trust:
    return Trust()


WAY = {"transport": "own"}


@pytest.fixture(params=["own", "httpx"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test once with each transport: what `make_web` takes."""
    monkeypatch.setitem(WAY, "transport", request.param)


both = pytest.mark.usefixtures("way")
"""What a server does has the same outcome with either transport, down to the words."""


def make_web(**settings: Any) -> Web:
    """Build a Web that no environment of the machine leaks into."""
    limits = evolve(settings.pop("limits", Limits()), **WAY)
    return Web(**{"proxies": {}, "ssl_context": ssl.create_default_context(), "limits": limits, **settings})


@asynccontextmanager
async def at_server(web: Web | None = None, **headers: str) -> AsyncIterator[tuple[PageServer, Fetcher]]:
    async with open_server() as server, open_fetcher(web or make_web(), timeout=2, headers=headers) as fetcher:
        yield server, fetcher


@asynccontextmanager
async def mocked(
    answers: Mapping[str, httpx.Response | Answer], *, web: Web | None = None, **headers: str
) -> AsyncIterator[tuple[Fetcher, list[httpx.Request]]]:
    """Open a fetcher whose web is `answers` by URL; the list fills with what it asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answers[str(request.url)]
        return found if isinstance(found, httpx.Response) else found(request)

    transport = httpx.MockTransport(answer)
    with trio.fail_after(5):
        async with open_fetcher(web or make_web(), timeout=2, headers=headers, transport=transport) as fetcher:
            yield fetcher, asked


def moved(location: str, code: int = 302) -> httpx.Response:
    return httpx.Response(code, headers={"location": location})


async def failure(fetcher: Fetcher, url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, **options)
    return caught.value


# What an ordinary server sends.


@both
async def test_a_page_comes_with_its_validators_and_is_confirmed_by_a_304_on_the_same_connection() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, last_modified=NOW)
        first = await fetcher.get(server.url("/feed"))
        assert isinstance(first, Fetched)
        assert (first.body, first.url, first.moved_to) == (BODY, server.url("/feed"), None)
        assert first.content_type == "application/atom+xml"
        assert first.validators.last_modified == "Tue, 24 Nov 2026 12:00:00 GMT"
        again = await fetcher.get(server.url("/feed"), validators=first.validators)
        assert again == NotModified(first.validators)
        server.pages["/feed"].body = b"new"
        third = await fetcher.get(server.url("/feed"), validators=first.validators)
        assert isinstance(third, Fetched)
        assert third.body == b"new"
    assert [asked.status for asked in server.requests] == [200, 304, 200]
    assert server.connections == 1


@both
async def test_a_page_without_etag_is_confirmed_by_its_date() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, etag=False, last_modified=NOW)
        first = await fetcher.get(server.url("/feed"))
        assert await fetcher.get(server.url("/feed"), validators=first.validators) == NotModified(first.validators)


@both
async def test_the_request_says_who_asks_and_takes_gzip_alone() -> None:
    async with at_server(accept_encoding="br", x_key="s3cret") as (server, fetcher):
        server.pages["/feed"] = Page(BODY)
        await fetcher.get(server.url("/feed"))
    headers = server.requests[0].headers
    assert headers["user-agent"].startswith("statustrio/")
    assert "status page monitor" in headers["user-agent"]
    assert headers["accept-encoding"] == "gzip"
    assert "atom" in headers["accept"]
    assert headers["x_key"] == "s3cret"
    assert "if-none-match" not in headers
    assert "cookie" not in headers


@both
async def test_the_headers_of_the_user_take_the_place_of_ours_in_any_spelling() -> None:
    web = make_web()
    async with open_server() as server:
        headers = {"user-agent": "me", "ACCEPT": "text/html", "accept-encoding": "br", "X-Name": "Zoë"}
        async with open_fetcher(web, timeout=2, headers=headers) as fetcher:
            await failure(fetcher, server.url("/"))
    seen = server.requests[0].headers
    assert (seen["user-agent"], seen["accept"], seen["accept-encoding"]) == ("me", "text/html", "gzip")
    assert seen["x-name"].encode("latin-1") == "Zoë".encode()


@both
async def test_validators_go_back_byte_for_byte() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(script=raw(b'HTTP/1.1 200 OK\r\nETag: W/"\xe9-gzip"\r\nContent-Length: 0\r\n\r\n'))
        first = await fetcher.get(server.url("/feed"))
        await fetcher.get(server.url("/feed"), validators=first.validators)
    assert server.requests[1].headers["if-none-match"] == 'W/"\xe9-gzip"'


@both
async def test_no_cookie_is_kept() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, headers={"set-cookie": "id=1; Path=/"})
        for _ in range(2):
            await fetcher.get(server.url("/feed"))
    assert all("cookie" not in asked.headers for asked in server.requests)


@both
@pytest.mark.parametrize("script", [None, chunked], ids=["length", "chunked"])
async def test_gzip_and_chunks_are_undone(script: Script | None) -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, gzip=True, script=script)
        assert (await fetched(fetcher, server.url("/feed"))).body == BODY


async def fetched(fetcher: Fetcher, url: str, **options: Any) -> Fetched:
    outcome = await fetcher.get(url, **options)
    assert isinstance(outcome, Fetched)
    return outcome


@both
async def test_an_empty_document_is_the_reader_s_business() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(b"", script=status(200, content_encoding="gzip"))
        assert (await fetched(fetcher, server.url("/feed"))).body == b""


# What a server can do wrong.


@frozen
class Wrong:
    id: str
    script: Script
    reason: str


WRONG = [
    Wrong("endless", endless, "the document is larger than 20000 bytes"),
    Wrong(
        "declared too large",
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 20001\r\n\r\n"),
        "the document is larger than 20000 bytes",
    ),
    Wrong("bomb", gzip_bomb(5_000_000), "the document is larger than 20000 bytes"),
    Wrong("nested", gzip_bomb(5_000_000, nested=2), "content encoding 'gzip, gzip' instead of gzip or none"),
    Wrong("brotli", status(200, b"x", content_encoding="br"), "content encoding 'br' instead of gzip or none"),
    Wrong("truncated", truncated_gzip, "the document is cut off: its gzip has no end"),
    Wrong("no gzip", status(200, b"<feed/>", content_encoding="gzip"), "the document is no gzip, though it should be"),
    Wrong("close", close, "connection closed without an answer"),
    Wrong("close in body", close_in_body, "connection closed before the answer was complete"),
    Wrong("bad chunks", chunked_garbage, "the answer is not valid HTTP: illegal chunk header"),
    Wrong("no http", raw(b"SSH-2.0-OpenSSH\r\n\r\n"), "the answer is not valid HTTP: illegal status line"),
    Wrong("304", status(304), "HTTP 304 Not Modified"),
    Wrong("204", status(204), "HTTP 204 No Content"),
    Wrong("206", status(206, b"x"), "HTTP 206 Partial Content"),
    Wrong("300", status(300), "HTTP 300 Multiple Choices"),
    Wrong("404", status(404), "HTTP 404 Not Found"),
    Wrong("lost", redirect(""), "HTTP 302 Found without a location"),
    Wrong("loop", redirect("/feed"), "more than 5 redirects"),
    Wrong("file", redirect("file:///etc/passwd"), "redirected to file:..., which is not http(s)"),
    Wrong("no host", redirect("https:///x"), "redirected to an address that is not valid"),
    Wrong("long label", redirect(f"http://{'a' * 70}.example/"), "redirected to an address that is not valid"),
    Wrong("bad IPv6", redirect("http://[::1/"), "redirected to an address that is not valid"),
    Wrong("long address", redirect(f"/feed?{'x' * 8000}"), "redirected to an address that is not valid"),
]


@both
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.id)
async def test_what_a_server_does_wrong_has_a_reason(wrong: Wrong) -> None:
    web = make_web(limits=Limits(body=20_000))
    async with at_server(web) as (server, fetcher):
        server.pages["/feed"] = Page(BODY, script=wrong.script)
        error = await failure(fetcher, server.url("/feed"))
        assert str(error) == wrong.reason
        assert not error.unconnected
        server.pages["/feed"] = Page(BODY)
        assert (await fetched(fetcher, server.url("/feed"))).body == BODY, "the fetcher is of use after a failure"


async def test_a_refused_body_is_gone_with_its_error() -> None:
    """It does not wait for the next collection: that is ten MiB, at each poll."""
    async with at_server(make_web(limits=Limits(body=20_000))) as (server, fetcher):
        server.pages["/feed"] = Page(BODY, script=gzip_bomb(5_000_000))
        gc.collect()
        gc.disable()
        try:
            with suppress(FetchError):
                await fetcher.get(server.url("/feed"))
            assert not any(isinstance(one, Body) for one in gc.get_objects())
        finally:
            gc.enable()


@both
@pytest.mark.parametrize("script", [reset, reset_in_body])
async def test_a_reset_is_named(script: Script) -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, script=script)
        error = await failure(fetcher, server.url("/feed"))
        assert str(error) == f"connection reset by peer (127.0.0.1:{server.port})"
        assert not error.unconnected


@both
@pytest.mark.alone
@pytest.mark.parametrize("script", [hang, hang_in_body, drip(0.01)], ids=["hang", "hang in body", "drip"])
async def test_the_deadline_holds_whatever_the_server_does(script: Script) -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY, script=script)
        began = trio.current_time()
        error = await failure(fetcher, server.url("/feed"), timeout=0.1)
        where = f"127.0.0.1:{server.port}"
        waiting_for = f"no answer from {where}" if script is hang else f"the answer of {where} had not ended"
        assert str(error) == f"timed out after 0.1 s: {waiting_for}"
        assert trio.current_time() - began < 1
        assert not error.unconnected
        await server.wait_closed()


@both
async def test_the_deadline_is_over_all_redirects_together() -> None:
    async def slow(exchange: Any) -> None:
        await trio.sleep(0.06)
        await redirect("/feed")(exchange)

    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(script=slow)
        assert str(await failure(fetcher, server.url("/feed"), timeout=0.1)).startswith(
            "timed out after 0.1 s: no answer"
        )
    assert len(server.requests) == 2


@both
async def test_a_port_nobody_listens_on_refuses() -> None:
    async with at_server() as (server, fetcher):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            error = await failure(fetcher, f"http://user:pw@127.0.0.1:{port}/?token=s3cret")
            assert str(error) == f"connection refused by 127.0.0.1:{port}"
            assert error.unconnected
            server.pages["/"] = Page(script=redirect(f"http://127.0.0.1:{port}/"))
            assert not (await failure(fetcher, server.url("/"))).unconnected, "a first connection came about"


@pytest.mark.parametrize("host", ["xn--", "xn--a.example.com"])
def test_a_host_that_only_looks_encoded_is_one_that_nobody_finds(host: str) -> None:
    """It is no bug of ours: to decode such a label is an error, and nothing here needs it decoded."""
    target, _ = parse(f"https://{host}/feed")
    assert target.host == host
    asked, _ = parse("https://status.example.com/feed")
    assert answers.redirect(moved(f"https://{host}/"), asked, guarded=True).to.host == host


@both
@pytest.mark.parametrize("url", ["ftp://example.com/", "feed.xml", "http://", "http://[::1", f"http://{'a' * 70}/"])
async def test_what_is_no_url_is_said_without_quoting_it(url: str) -> None:
    async with at_server() as (_, fetcher):
        assert str(await failure(fetcher, url)) in {"not an http(s) URL", "not a valid URL"}


@both
async def test_a_header_that_http_does_not_allow_is_not_quoted() -> None:
    async with at_server(x="s3cret\n") as (server, fetcher):
        assert str(await failure(fetcher, server.url())) == "a header of the configuration is not allowed in HTTP"


# Retry-After.


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        ("120", None, 120),
        ("0", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("9" * 5000, None, 86400),
        ("soon", None, None),
        ("", None, None),
        ("Tue, 24 Nov 2026 12:01:00 GMT", None, 60),
        ("Tue, 24 Nov 2026 12:01:00 GMT", "Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 12:01:00 GMT", "garbage", 60),
        ("Tue, 24 Nov 2026 11:00:00 GMT", None, None),
        ("Tue, 24 Nov 2099 11:00:00 GMT", None, 86400),
        ("Tue, 24 Nov 2026 12:01:00 -0000", None, 60),
        ("Tue, 24 Nov 2026 12:01:00 +" + "9" * 40, None, None),
    ],
)
@pytest.mark.parametrize("code", [429, 503, 418])
async def test_retry_after_is_understood_or_ignored(
    text: str, date: str | None, seconds: int | None, code: int
) -> None:
    headers = {"retry-after": text} | ({"date": date} if date else {})
    answers = {"http://status.example/": httpx.Response(code, headers=headers)}
    async with mocked(answers, web=make_web(now=lambda: NOW)) as (fetcher, _):
        error = await failure(fetcher, "http://status.example/")
    assert (error.status, error.retry_after) == (code, seconds)


@given(st.text(max_size=40))
def test_no_text_of_retry_after_breaks_anything(text: str) -> None:
    response = httpx.Response(503, headers=[(b"retry-after", text.encode())])
    pause = answers.retry_after(response, lambda: NOW)
    assert pause is None or 0 < pause <= 86400


# Redirects.


async def test_permanent_redirects_alone_are_advice_and_relative_ones_are_resolved() -> None:
    answers: dict[str, httpx.Response | Answer] = {
        "http://a.example/feed": moved("/b/feed?x=1", 301),
        "http://a.example/b/feed?x=1": moved("//u:p@c.example/feed#top", 308),
        "http://c.example/feed": httpx.Response(200, content=BODY),
        "http://a.example/temporary": moved("http://a.example/feed"),
    }
    async with mocked(answers) as (fetcher, asked):
        outcome = await fetched(fetcher, "http://a.example/feed")
        assert (outcome.url, outcome.moved_to) == ("http://c.example/feed", "http://c.example/feed")
        assert "authorization" not in asked[-1].headers
        outcome = await fetched(fetcher, "http://a.example/temporary")
        assert (outcome.url, outcome.moved_to) == ("http://c.example/feed", None)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_headers_credentials_and_validators_never_reach_another_host(code: int) -> None:
    answers = {
        "https://a.example/feed": moved("/other", code),
        "https://a.example/other": moved("https://b.example/feed", code),
        "https://b.example/feed": moved("https://a.example:8443/feed", code),
        "https://a.example:8443/feed": httpx.Response(200),
    }
    async with mocked(answers, x_key="s3cret") as (fetcher, asked):
        await fetcher.get("https://me:pw@a.example/feed", validators=Validators('"e"', "Tue"))
    for request in asked:
        at_home = request.url.host == "a.example" and request.url.port is None
        for name in ("x_key", "authorization", "if-none-match", "if-modified-since"):
            assert (name in request.headers) is at_home, (name, request.url)
    assert asked[0].headers["authorization"] == "Basic bWU6cHc="
    assert asked[-1].headers["host"] == "a.example:8443"


async def test_the_step_from_http_to_https_keeps_the_headers_and_the_step_back_is_refused() -> None:
    answers = {
        "http://a.example/": moved("https://a.example/"),
        "https://a.example/": moved("http://a.example/x"),
    }
    async with mocked(answers, x_key="s3cret") as (fetcher, asked):
        assert str(await failure(fetcher, "http://a.example/")) == "redirected from https to http"
    assert [request.headers.get("x_key") for request in asked] == ["s3cret", "s3cret"]


async def test_a_feed_that_moved_to_another_host_is_still_confirmed_by_304() -> None:
    def final(request: httpx.Request) -> httpx.Response:
        known = request.headers.get("if-none-match") == '"e"'
        return httpx.Response(304) if known else httpx.Response(200, content=BODY, headers={"etag": '"e"'})

    answers: dict[str, httpx.Response | Answer] = {
        "https://a.example/": moved("https://b.example/feed"),
        "https://b.example/feed": final,
    }
    async with mocked(answers) as (fetcher, asked):
        first = await fetched(fetcher, "https://a.example/")
        again = await fetcher.get("https://a.example/", validators=first.validators)
        assert again == NotModified(Validators('"e"'))
        assert "if-none-match" not in asked[2].headers, "the hop between does not learn them"
        answers["https://a.example/"] = moved("https://c.example/")
        answers["https://c.example/"] = httpx.Response(200, content=b"other")
        await fetched(fetcher, "https://a.example/", validators=first.validators)
        assert "if-none-match" not in asked[-1].headers


async def test_a_304_brings_newer_validators() -> None:
    answers = {"https://a.example/": httpx.Response(304, headers={"etag": '"new"'})}
    async with mocked(answers) as (fetcher, _):
        outcome = await fetcher.get("https://a.example/", validators=Validators('"old"', "Tue"))
    assert outcome == NotModified(Validators('"new"', "Tue"))


async def test_a_fetcher_remembers_few_urls_and_requests() -> None:
    answers: dict[str, httpx.Response | Answer] = {"https://b.example/": httpx.Response(200)}
    answers |= {f"https://a.example/{n}": moved("https://b.example/") for n in range(40)}
    async with mocked(answers) as (fetcher, _):
        for n in range(40):
            await fetcher.get(f"https://a.example/{n}")
        assert len(fetcher._known) == 16
        assert len(fetcher._prepared) == 4


# Private addresses.


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "169.254.169.254",
        "[64:ff9b::a00:1]",
        "0",
    ],
)
async def test_a_public_host_cannot_redirect_to_a_private_literal(host: str) -> None:
    answers = {"http://a.example/": moved(f"http://{host}/")}
    async with mocked(answers) as (fetcher, asked):
        assert str(await failure(fetcher, "http://a.example/")).startswith("redirected to a private address (")
        assert len(asked) == 1


async def test_a_private_host_may_redirect_to_a_private_address_until_a_public_one_was_on_the_way() -> None:
    answers: dict[str, httpx.Response | Answer] = {
        "http://10.0.0.1/": moved("http://10.0.0.2/"),
        "http://10.0.0.2/": httpx.Response(200),
    }
    async with mocked(answers) as (fetcher, _):
        assert (await fetched(fetcher, "http://10.0.0.1/")).url == "http://10.0.0.2/"
        answers["http://10.0.0.1/"] = moved("http://93.184.216.34/")
        answers["http://93.184.216.34/"] = moved("http://10.0.0.2/")
        assert str(await failure(fetcher, "http://10.0.0.1/")) == "redirected to a private address (10.0.0.2)"


@both
async def test_an_address_that_a_page_gave_must_be_public_itself() -> None:
    async with mocked({"http://10.0.0.1/": httpx.Response(200)}) as (fetcher, asked):
        error = await failure(fetcher, "http://10.0.0.1/", public_only=True)
        assert str(error) == "redirected to a private address (10.0.0.1)"
        assert asked == []
    install_resolver(resolver({"inside.test": ["127.0.0.1"]}))
    async with at_server() as (server, fetcher):
        error = await failure(fetcher, f"http://inside.test:{server.port}/", public_only=True)
        assert str(error) == "redirected to a private address (127.0.0.1)"
        assert server.requests == []


@both
async def test_a_refusal_is_explained_only_when_it_is_asked_for() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/wall"] = Page(script=status(403, b"<html>no</html>", cf_mitigated="challenge"))
        server.pages["/large"] = Page(script=status(403, bytes(answers.MAX_REFUSAL + 1)))
        short = await failure(fetcher, server.url("/wall"))
        assert (short.headers, short.body) == ({}, b"")
        long = await failure(fetcher, server.url("/wall"), explain=True)
        assert (long.status, long.headers["cf-mitigated"], long.body) == (403, "challenge", b"<html>no</html>")
        assert (await failure(fetcher, server.url("/large"), explain=True)).body == b""


PUBLIC = ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]
PRIVATE = [
    *("10.0.0.1", "127.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.8"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::"),
    *("::ffff:10.0.0.1", "::10.0.0.1", "2001::1", "nonsense"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


def test_literals_and_loopback_are_told_from_names() -> None:
    assert literal_address("0x7f.1") == "127.0.0.1"
    assert literal_address("status.example.com") is None
    hosts = ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "[::1]", "2130706433", "127.1"]
    assert all(parse(f"http://{host}/")[0].loopback for host in hosts)
    hosts = ["status.example.com", "10.0.0.1", "localhost.example.com"]
    assert not any(parse(f"http://{host}/")[0].loopback for host in hosts)


Table = dict[str, Sequence[str] | Exception]


def resolver(table: Table) -> Resolver:
    def getaddrinfo(host: bytes, port: int, *_: object) -> list[Any]:
        found = table[host.decode()]
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return Resolver(getaddrinfo)


@pytest.fixture
def odd_addresses_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 play the Internet; everything else on loopback stays private."""
    real = dialing.is_public

    def pretend(address: str) -> bool:
        return address == "127.0.0.1" or real(address)

    for module in (dialing, fetch, targets):
        monkeypatch.setattr(module, "is_public", pretend)


@both
@pytest.mark.usefixtures("odd_addresses_are_public")
async def test_a_public_name_cannot_redirect_to_a_name_with_private_addresses_alone() -> None:
    install_resolver(
        resolver(
            {
                "public.test": ["127.0.0.1"],
                "other.test": ["127.0.0.2", "127.0.0.1"],
                "inside.test": ["127.0.0.2"],
            }
        )
    )
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(BODY)
        start = f"http://public.test:{server.port}/"
        server.pages["/"] = Page(script=redirect(f"http://other.test:{server.port}/feed"))
        assert (await fetched(fetcher, start)).body == BODY
        server.pages["/"] = Page(script=redirect(f"http://inside.test:{server.port}/feed"))
        error = await failure(fetcher, start)
        assert str(error) == "redirected to a private address (127.0.0.2)"
        assert not error.unconnected


@both
@pytest.mark.usefixtures("odd_addresses_are_public")
async def test_a_private_name_may_redirect_to_a_private_name_but_its_connection_is_not_lent_to_others() -> None:
    install_resolver(resolver({"public.test": ["127.0.0.1"], "inside.test": ["127.0.0.2"], "near.test": ["127.0.0.2"]}))
    async with at_server() as (public, fetcher), open_server(host="127.0.0.2") as inside:
        target = f"http://inside.test:{inside.port}/feed"
        inside.pages["/feed"] = Page(BODY)
        inside.pages["/"] = Page(script=redirect(target))
        assert (await fetched(fetcher, f"http://near.test:{inside.port}/")).body == BODY
        assert inside.open, "there is a connection to use"
        public.pages["/"] = Page(script=redirect(target))
        error = await failure(fetcher, f"http://public.test:{public.port}/")
        assert str(error) == "redirected to a private address (127.0.0.2)"
        assert len(inside.requests) == 2


@both
@pytest.mark.usefixtures("odd_addresses_are_public")
async def test_without_our_resolver_nothing_is_sent_to_a_private_address_either() -> None:
    class Foreign(Resolver):
        async def getaddrinfo(self, host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
            address = "127.0.0.2" if host == b"inside.test" else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    trio.socket.set_custom_hostname_resolver(Foreign())
    async with at_server() as (public, fetcher), open_server(host="127.0.0.2") as inside:
        public.pages["/"] = Page(script=redirect(f"http://inside.test:{inside.port}/"))
        error = await failure(fetcher, f"http://public.test:{public.port}/")
        assert str(error) == "redirected to a private address (127.0.0.2)"
        await inside.wait_closed()
        assert not inside.requests


@both
async def test_a_name_that_does_not_resolve_is_named() -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    install_resolver(resolver({"status.test": unknown}))
    async with at_server() as (_, fetcher):
        error = await failure(fetcher, "http://status.test/?token=s3cret")
    assert str(error) == "cannot resolve status.test: Name or service not known"
    assert error.unconnected


@both
async def test_a_hung_look_up_ends_at_the_deadline_and_starves_no_other_thread() -> None:
    release = threading.Event()

    def hung(*_: object) -> list[Any]:
        release.wait(5)
        return []

    install_resolver(Resolver(hung, lookups=1))
    default = trio.to_thread.current_default_thread_limiter()
    async with at_server() as (_, fetcher):
        error = await failure(fetcher, "http://status.test/", timeout=0.05)
        try:
            assert str(error) == "timed out after 0.05 s: no connection to status.test:80"
            assert error.unconnected
            assert default.borrowed_tokens == 0
        finally:
            release.set()


async def test_the_resolver_looks_names_of_addresses_up() -> None:
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    assert await Resolver().getnameinfo(("127.0.0.1", 80), numeric) == ("127.0.0.1", "80")


@both
async def test_several_failing_addresses_give_one_reason() -> None:
    install_resolver(resolver({"status.test": ["127.0.0.1", "127.0.0.2"]}))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with at_server() as (_, fetcher):
            error = await failure(fetcher, f"http://status.test:{port}/")
    assert str(error) == f"connection refused by status.test:{port}"


def test_other_network_errors_are_named_with_the_place() -> None:
    error = OSError("all attempts failed")
    error.__cause__ = ExceptionGroup("", [OSError(errno.ENETUNREACH, "Network is unreachable")])
    assert dialing.failure_of(error, "[::1]:80") == "network is unreachable ([::1]:80)"
    assert dialing.failure_of(ValueError(), "x:1") is None


# TLS.


@both
@pytest.mark.parametrize(
    ("name", "expired", "reason"),
    [
        ("127.0.0.1", True, "TLS: certificate verify failed: certificate has expired"),
        ("other.test", False, "TLS: certificate verify failed: IP address mismatch, certificate is not valid for "),
    ],
)
async def test_a_bad_certificate_is_named(trust: Trust, name: str, expired: bool, reason: str) -> None:
    web = make_web(ssl_context=trust.client())
    async with (
        open_server(tls=trust.server(name, expired=expired)) as server,
        open_fetcher(web, timeout=2) as fetcher,
    ):
        error = await failure(fetcher, server.url("/feed"))
    assert str(error).startswith(reason)
    assert not error.unconnected


@both
async def test_a_reset_over_tls_is_no_end_of_a_body(trust: Trust) -> None:
    """Without a length nothing else tells half a body from a whole one."""

    async def half_a_body(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.send(b"<feed>half")
        await reset(exchange)
        assert isinstance(exchange.stream, trio.SSLStream)
        await exchange.stream.transport_stream.aclose()  # without a word of TLS's

    async with (
        open_server(tls=trust.server()) as server,
        open_fetcher(make_web(ssl_context=trust.client()), timeout=2) as fetcher,
    ):
        server.pages["/"] = Page(script=half_a_body)
        assert str(await failure(fetcher, server.url("/"))).startswith("connection reset by peer")


@both
async def test_a_good_certificate_serves_and_an_unknown_authority_is_named(trust: Trust) -> None:
    async with open_server(tls=trust.server()) as server:
        server.pages["/feed"] = Page(BODY)
        async with open_fetcher(make_web(ssl_context=trust.client()), timeout=2) as fetcher:
            first = await fetched(fetcher, server.url("/feed"))
            assert first.body == BODY
            assert await fetcher.get(server.url("/feed"), validators=first.validators) == NotModified(first.validators)
        assert server.connections == 1
        async with open_fetcher(make_web(), timeout=2) as fetcher:
            error = await failure(fetcher, server.url("/feed"))
    assert str(error) == "TLS: certificate verify failed: unable to get local issuer certificate"


@both
async def test_a_server_without_tls_is_named() -> None:
    async def chatter(stream: trio.SocketStream) -> None:
        await stream.send_all(b"220 smtp ready\r\n" * 4)
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery, open_fetcher(make_web(), timeout=2) as fetcher:
        listeners = await nursery.start(partial(trio.serve_tcp, chatter, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        error = await failure(fetcher, f"https://127.0.0.1:{port}/")
        nursery.cancel_scope.cancel()
    assert str(error) == "TLS: the server answers with something else on this port"
    assert not error.unconnected


@both
async def test_a_server_that_hangs_up_during_the_handshake_is_named() -> None:
    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.receive_some()

    async with trio.open_nursery() as nursery, open_fetcher(make_web(), timeout=2) as fetcher:
        listeners = await nursery.start(partial(trio.serve_tcp, hang_up, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        error = await failure(fetcher, f"https://127.0.0.1:{port}/")
        nursery.cancel_scope.cancel()
    assert str(error) == "TLS: connection closed during the handshake"


# Connections that end while they idle.


@both
@pytest.mark.parametrize("script", [close, reset])
async def test_a_reused_connection_that_was_closed_meanwhile_is_tried_once_more(script: Script) -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = page = Page(BODY)
        await fetcher.get(server.url("/feed"))
        page.once = [script]
        assert (await fetched(fetcher, server.url("/feed"))).body == BODY
        assert [asked.connection for asked in server.requests] == [1, 1, 2]
        page.once = [script, script, script]
        await failure(fetcher, server.url("/feed"))
        assert len(server.requests) == 5, "one more try, not two"


@both
@pytest.mark.parametrize("closing", [{}, {"connection": "close"}], ids=["kept", "closed"])
async def test_a_408_on_a_reused_connection_is_no_answer_to_the_request_but_on_a_new_one_it_is(
    closing: dict[str, str | int],
) -> None:
    """The server may have said it before it knew of the request (RFC 9110, 15.5.9)."""
    late = status(408, **closing)
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = page = Page(BODY)
        await fetcher.get(server.url("/feed"))
        page.once = [late]
        assert (await fetched(fetcher, server.url("/feed"))).body == BODY
        assert len(server.requests) == 3
        page.once = [late, late, late]
        error = await failure(fetcher, server.url("/feed"))
        assert (str(error), error.status) == ("HTTP 408 Request Timeout", 408)
        assert len(server.requests) == 5, "one more try, not two"
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = Page(script=late)
        await failure(fetcher, server.url("/feed"))
        assert len(server.requests) == 1


@both
async def test_a_new_connection_is_not_tried_twice_nor_a_body_that_broke_off() -> None:
    async with at_server() as (server, fetcher):
        server.pages["/feed"] = page = Page(BODY, once=[close])
        await failure(fetcher, server.url("/feed"))
        assert len(server.requests) == 1
        await fetcher.get(server.url("/feed"))
        page.once = [reset_in_body]
        await failure(fetcher, server.url("/feed"))
        assert len(server.requests) == 3


# Cancellation.


@both
@pytest.mark.parametrize("script", [hang, hang_in_body, endless])
async def test_a_cancelled_fetch_closes_its_connection_at_once(script: Script) -> None:
    async with open_server() as server:
        server.pages["/feed"] = Page(BODY, script=script)

        async def fetch_for_ever() -> None:
            async with open_fetcher(make_web(), timeout=60) as fetcher:
                await fetcher.get(server.url("/feed"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch_for_ever)
            await server.wait_requests(1)
            nursery.cancel_scope.cancel()
        await server.wait_closed()


# Limits.


async def test_requests_wait_for_their_host_and_for_all_and_the_wait_is_no_part_of_the_deadline() -> None:
    running = 0
    most = 0
    go = trio.Event()

    async def slow(_request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go.wait()
        running -= 1
        return httpx.Response(200)

    web = make_web(limits=Limits(requests_in_flight=3, requests_per_host=2))
    done: list[str] = []

    async def get(fetcher: Fetcher, url: str) -> None:
        await fetcher.get(url, timeout=1)
        done.append(url)

    async with (
        open_fetcher(web, timeout=1, transport=httpx.MockTransport(slow)) as fetcher,
        trio.open_nursery() as nursery,
    ):
        for _ in range(4):
            nursery.start_soon(get, fetcher, "http://a.example/")
        await trio.testing.wait_all_tasks_blocked()
        assert running == 2, "the limit of the host"
        web.change_limits(Limits(requests_in_flight=3, requests_per_host=3))
        await trio.testing.wait_all_tasks_blocked()
        assert running == 3, "changed while they waited"
        for _ in range(4):
            nursery.start_soon(get, fetcher, "http://localhost/")
        await trio.testing.wait_all_tasks_blocked()
        assert running == 3, "the limit of all"
        web.change_limits(Limits(requests_in_flight=200, requests_per_host=3))
        await trio.testing.wait_all_tasks_blocked()
        assert running == 7, "loopback has no limit of its own"
        go.set()
    assert len(done) == 8
    assert not web.slots._hosts, "a host that is idle takes no memory"


async def hold(web: Web, host: str, *, task_status: trio.TaskStatus[None]) -> None:
    async with web.slots.take(host):
        task_status.started()
        await trio.sleep_forever()


async def test_waiting_for_a_limit_does_not_use_up_the_deadline() -> None:
    web = make_web(limits=Limits(requests_in_flight=1))
    answers = {"http://a.example/": httpx.Response(200)}
    async with mocked(answers, web=web) as (fetcher, asked), trio.open_nursery() as holding:
        await holding.start(hold, web, "b.example")
        async with trio.open_nursery() as getting:
            getting.start_soon(partial(fetcher.get, "http://a.example/", timeout=0.02))
            await trio.sleep(0.05)
            assert not asked
            web.change_limits(Limits(requests_in_flight=2))
        holding.cancel_scope.cancel()
    assert asked


async def test_who_gives_up_waiting_for_a_limit_leaves_the_others_theirs() -> None:
    web = make_web(limits=Limits(requests_in_flight=2, requests_per_host=1))
    answers = {"http://a.example/": httpx.Response(200), "http://b.example/": httpx.Response(200)}
    async with mocked(answers, web=web) as (fetcher, asked), trio.open_nursery() as nursery:
        await nursery.start(hold, web, "a.example")
        await nursery.start(hold, web, "c.example")
        for waiting_for in ("http://a.example/", "http://b.example/"):  # the host; all together
            with trio.move_on_after(0.01):
                await fetcher.get(waiting_for)
        assert set(web.slots._hosts) == {"a.example", "c.example"}
        nursery.cancel_scope.cancel()
    assert not asked
    async with mocked(answers, web=web) as (fetcher, _):
        for url in answers:
            await fetcher.get(url)


async def test_who_gives_up_with_a_turn_of_its_host_passes_it_on() -> None:
    web = make_web(limits=Limits(requests_in_flight=1, requests_per_host=1))
    answers = {"http://a.example/": httpx.Response(200)}
    async with mocked(answers, web=web) as (fetcher, asked), trio.open_nursery() as holding:
        await holding.start(hold, web, "b.example")
        async with trio.open_nursery() as getting:
            async with trio.open_nursery() as giving_up:
                giving_up.start_soon(fetcher.get, "http://a.example/")
                await trio.testing.wait_all_tasks_blocked()
                getting.start_soon(fetcher.get, "http://a.example/")
                await trio.testing.wait_all_tasks_blocked()
                giving_up.cancel_scope.cancel()
            web.change_limits(Limits(requests_in_flight=2, requests_per_host=1))
        holding.cancel_scope.cancel()
    assert len(asked) == 1


async def test_who_waits_for_a_slow_host_holds_up_nobody_else() -> None:
    web = make_web(limits=Limits(requests_in_flight=2, requests_per_host=1))
    answers = {"http://a.example/": httpx.Response(200), "http://b.example/": httpx.Response(200)}
    async with mocked(answers, web=web) as (fetcher, asked), trio.open_nursery() as nursery:
        await nursery.start(hold, web, "a.example")
        for _ in range(3):
            nursery.start_soon(fetcher.get, "http://a.example/")
        await trio.testing.wait_all_tasks_blocked()
        await fetcher.get("http://b.example/")
        assert len(asked) == 1
        nursery.cancel_scope.cancel()


@both
async def test_hundreds_of_pages_that_hang_keep_no_other_waiting_for_long(
    autojump_clock: trio.testing.MockClock,  # noqa: ARG001
) -> None:
    """Some fail to connect, some never answer; those that answer count, however long their bodies take."""
    asked = 0

    async def hanging(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        trace = request.extensions["trace"]
        await trace("connection.connect_tcp.started", {"host": "h", "port": 80})
        if request.url.host.startswith("slow"):
            await trace("answer.began" if WAY["transport"] == "own" else "http11.receive_response_headers.complete", {})
        if request.url.host != "well":
            await trio.sleep(20)
        return httpx.Response(200)

    web = make_web(limits=Limits(requests_in_flight=10))
    transport = httpx.MockTransport(hanging)
    waited: list[float] = []

    async def get(fetcher: Fetcher, host: str) -> None:
        began = trio.current_time()
        await fetcher.get(f"http://{host}/", timeout=60)
        waited.append(trio.current_time() - began)

    async with open_fetcher(web, timeout=60, transport=transport) as fetcher, trio.open_nursery() as nursery:
        nursery.start_soon(web.slots.keep_moving)
        async with trio.open_nursery() as getting:
            for number in range(3):
                getting.start_soon(get, fetcher, f"slow{number}")
            for number in range(40):
                getting.start_soon(get, fetcher, f"hang{number}")
            await trio.testing.wait_all_tasks_blocked()
            assert asked == 10, "the limit"
            getting.start_soon(get, fetcher, "well")
            await trio.sleep(0.9)
            assert asked == 10, "who is silent only for a moment keeps the place"
            await trio.sleep(5.2)
            assert len(waited) == 1
            assert waited[0] <= 7
            assert web.slots._in_flight.borrowed_tokens == 3 + 40
        assert web.slots._in_flight.borrowed_tokens == 0
        assert web.slots._in_flight.total_tokens == 10
        assert not web.slots._silent
        nursery.cancel_scope.cancel()


# Proxies.


@both
async def test_a_proxy_of_the_environment_is_used_but_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "direct.test")
    install_resolver(resolver({"direct.test": ["127.0.0.1"]}))
    async with open_server() as server, open_server() as proxy:
        web = make_web(proxies={"http": f"me:s3cret@127.0.0.1:{proxy.port}"})
        server.pages["/"] = Page(b"direct")
        proxy.pages["http://far.test/"] = Page(b"by proxy")
        proxy.pages["http://near.test/"] = Page(script=redirect("http://10.0.0.1/"))
        async with open_fetcher(web, timeout=2) as fetcher:
            assert (await fetched(fetcher, "http://far.test/")).body == b"by proxy"
            assert (await fetched(fetcher, f"http://127.0.0.1:{server.port}/")).body == b"direct"
            assert (await fetched(fetcher, f"http://direct.test:{server.port}/")).body == b"direct"
            error = await failure(fetcher, "http://near.test/")
            assert str(error) == "redirected to a private address (10.0.0.1)"
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


@both
async def test_a_proxy_that_refuses_or_cannot_be_used_is_named() -> None:
    async with open_server() as proxy:
        web = make_web(proxies={"all": f"http://127.0.0.1:{proxy.port}", "http": "nonsense://x"})
        proxy.pages["far.test:443"] = Page(script=status(407))
        async with open_fetcher(web, timeout=2) as fetcher:
            error = await failure(fetcher, "https://far.test/")
            assert str(error) == "the proxy refused: 407 Proxy Authentication Required"
            assert str(await failure(fetcher, "http://far.test/")).startswith("the proxy set in the environment cannot")
        async with open_fetcher(make_web(proxies={"http": "https://127.0.0.1:1"}), timeout=2) as fetcher:
            assert str(await failure(fetcher, "http://far.test/")) == "connection refused by 127.0.0.1:1"


# Inflating.


def inflate(data: bytes, step: int, limit: int = 10**6) -> bytes:
    body = Body(limit, gzipped=True)
    for start in range(0, len(data), step):
        body.feed(data[start : start + step])
    return body.finish()


@given(
    st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50), st.sampled_from([b"", b"\x1f", b"\0" * 9, b"x"])
)
def test_gzip_members_are_joined_and_trailing_garbage_ignored(parts: list[bytes], step: int, garbage: bytes) -> None:
    wire = b"".join(map(gzip.compress, parts))
    assert inflate(wire + (garbage if wire else b""), step) == b"".join(parts)


@given(st.binary(max_size=300), st.data())
def test_gzip_cut_anywhere_is_noticed(content: bytes, data: st.DataObject) -> None:
    wire = gzip.compress(content)
    with pytest.raises(FetchError, match="the document is cut off: its gzip has no end"):
        inflate(wire[: data.draw(st.integers(1, len(wire) - 1))], 16)


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() -> None:
    for gzipped in (False, True):
        for size, fits in ((5000, True), (5001, False)):
            body = Body(5000, gzipped=gzipped)
            content = gzip.compress(bytes(size)) if gzipped else bytes(size)
            if fits:
                body.feed(content)
                assert body.finish() == bytes(size)
            else:
                with pytest.raises(FetchError, match="larger than 5000 bytes"):
                    body.feed(content)


def test_a_bomb_of_many_members_is_refused() -> None:
    with pytest.raises(FetchError, match="more than 1024 gzip members"):
        inflate(gzip.compress(b"") * 1100, 65536)


def test_limits_are_told_in_mib() -> None:
    with pytest.raises(FetchError, match="larger than 10 MiB"):
        Body(10 * 2**20, gzipped=False).feed(bytes(10 * 2**20 + 1))
