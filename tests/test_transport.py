"""transport and http1: what an answer may look like, which connections are used again, and how they end."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
import trio
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from server import Exchange, Page, PageServer, Script, Trust, close, hang, open_server, raw, reset, status

from statustrio import transport as transport_module
from statustrio.dialing import Limits
from statustrio.errors import FetchError
from statustrio.fetch import Fetched, Fetcher, NotModified, Web, open_fetcher
from statustrio.http1 import Answer, render
from statustrio.model import Validators
from statustrio.transport import OwnTransport

OK = b"HTTP/1.1 200 OK\r\n"
ONE = OK + b"Content-Length: 1\r\n\r\nx"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture(scope="module")
def trust() -> Trust:
    return Trust()


@asynccontextmanager
async def fetching(kind: str = "own", timeout: float = 2) -> AsyncIterator[tuple[PageServer, Fetcher]]:
    web = Web(Limits(transport=kind, body=2**20), proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server, open_fetcher(web, timeout=timeout) as fetcher:
        server.pages["/"] = Page(b"<feed/>")
        yield server, fetcher


@asynccontextmanager
async def transporting(
    tls: ssl.SSLContext | None = None, client: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[PageServer, OwnTransport]]:
    context = client or ssl.create_default_context()
    async with open_server(tls=tls) as server, OwnTransport(context) as transport:
        server.pages["/"] = Page(b"<feed/>")
        yield server, transport


async def ask(transport: OwnTransport, url: str, **extensions: Any) -> bytes:
    response = await transport.handle_async_request(httpx.Request("GET", url, extensions=extensions))
    async with aclosing(response):
        return b"".join([chunk async for chunk in response.stream])  # type: ignore[union-attr]  # it is an async one


async def keep(exchange: Exchange, data: bytes) -> None:
    """Send exactly this and wait for the next request."""
    await exchange.send(data)
    exchange.keep = True


def keeping(data: bytes) -> Script:
    return partial(keep, data=data)


# Odd answers: both transports make the same of them.


@frozen
class Odd:
    id: str
    wire: bytes
    body: bytes | None = None
    """None: it is refused."""


ODD = [
    Odd("length", OK + b"Content-Length: 3\r\n\r\nabc", b"abc"),
    Odd("until the end", OK + b"\r\nabc", b"abc"),
    Odd("no reason", b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("http 1.0", b"HTTP/1.0 200 OK\r\n\r\nabc", b"abc"),
    Odd("line feeds alone", b"HTTP/1.1 200 OK\nA: b\nContent-Length: 1\n\nx", b"x"),
    Odd("folded", OK + b"A: a\r\n  b\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("control character", OK + b"A: a\x01b\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("utf-8", OK + b"A: \xc3\xa9\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("empty value", OK + b"A:\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("blanks round a value", OK + b"Content-Length:  1  \r\nA: \t a \t\r\n\r\nx", b"x"),
    Odd("length and chunks", OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", b"x"),
    Odd("chunks and length", OK + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n1\r\nx\r\n0\r\n\r\n", b"x"),
    Odd("chunk with extension", CHUNKED + b"1;a=b\r\nx\r\n0\r\n\r\n", b"x"),
    Odd("blank after the size", CHUNKED + b"1 \r\nx\r\n0\r\n\r\n", b"x"),
    Odd("upper case coding", OK + b"Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", b"x"),
    Odd("blanks after the coding", OK + b"Transfer-Encoding: chunked  \r\n\r\n1\r\nx\r\n0\r\n\r\n", b"x"),
    Odd("trailers", CHUNKED + b"1\r\nx\r\n0\r\nContent-Encoding: br\r\n\r\n", b"x"),
    Odd("100", b"HTTP/1.1 100 Continue\r\n\r\n" + ONE, b"x"),
    Odd("102, 103", b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nLink: <x>\r\nContent-Encoding: br\r\n\r\n" + ONE, b"x"),
    Odd("103 that closes", b"HTTP/1.1 103 E\r\nConnection: close\r\n\r\n" + ONE, b"x"),
    Odd("upgrade on offer", OK + b"Upgrade: h2\r\nConnection: Upgrade\r\nContent-Length: 1\r\n\r\nx", b"x"),
    Odd("two answers", ONE + ONE, b"x"),
    Odd("answer and garbage", ONE + b"\0garbage", b"x"),
    Odd("answer and line", ONE + b"\r\n", b"x"),
    Odd("101", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxxx"),
    Odd("interim alone", b"HTTP/1.1 100 Continue\r\n\r\n"),
    Odd("nothing", b""),
    Odd("half a head", OK + b"Content-"),
    Odd("two lengths", OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
    Odd("negative length", OK + b"Content-Length: -1\r\n\r\nx"),
    Odd("signed length", OK + b"Content-Length: +1\r\n\r\nx"),
    Odd("empty length", OK + b"Content-Length:\r\n\r\nx"),
    Odd("length past 64 bits", OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nx"),
    Odd("length of 64 bits", OK + b"Content-Length: 18446744073709551615\r\n\r\nx"),
    Odd("length of 5,000 digits", OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx"),
    Odd("length not reached", OK + b"Content-Length: 3\r\n\r\nab"),
    Odd("size past 64 bits", CHUNKED + b"f" * 30 + b"\r\nx"),
    Odd("negative size", CHUNKED + b"-1\r\nx\r\n0\r\n\r\n"),
    Odd("no last chunk", CHUNKED + b"1\r\nx\r\n"),
    Odd("size too small", CHUNKED + b"1\r\nxx\r\n0\r\n\r\n"),
    Odd("no colon", OK + b"nonsense\r\nContent-Length: 1\r\n\r\nx"),
    Odd("no name", OK + b": a\r\nContent-Length: 1\r\n\r\nx"),
    Odd("blank in a name", OK + b"a b: c\r\nContent-Length: 1\r\n\r\nx"),
    Odd("NUL in a value", OK + b"A: a\0b\r\nContent-Length: 1\r\n\r\nx"),
    Odd("NUL in a name", OK + b"A\0: ab\r\nContent-Length: 1\r\n\r\nx"),
    Odd("return in a value", OK + b"A: a\rb\r\nContent-Length: 1\r\n\r\nx"),
    Odd("other codings", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
    Odd("unknown coding", OK + b"Transfer-Encoding: gzip\r\n\r\nx"),
    Odd("status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\nx"),
    Odd("status 000", b"HTTP/1.1 000 OK\r\nContent-Length: 1\r\n\r\nx"),
    Odd("status 999", b"HTTP/1.1 999 OK\r\nContent-Length: 1\r\n\r\nx"),
    Odd("no http", b"ICY 200 OK\r\n\r\nx"),
]


@pytest.mark.parametrize("kind", ["own", "httpx"])
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.id)
async def test_an_odd_answer_is_read_or_refused_with_either_transport(odd: Odd, kind: str) -> None:
    async with fetching(kind) as (server, fetcher):
        server.pages["/"].once = [raw(odd.wire)]
        outcome: Fetched | NotModified | FetchError
        try:
            outcome = await fetcher.get(server.url())
        except FetchError as error:
            outcome = error
        if odd.body is None:
            assert isinstance(outcome, FetchError)
            assert "timed out" not in str(outcome)
        else:
            assert isinstance(outcome, Fetched)
            assert outcome.body == odd.body
        again = await fetcher.get(server.url())
        assert isinstance(again, Fetched)
        # httpx's takes a second answer that came with the first for that to the next request.
        assert again.body == b"<feed/>" or kind == "httpx", "what was left over is no answer to the next request"


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (OK + b"A: ", b"a" * 4096),
        (OK, b"A: a\r\n" * 512),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 256),
        (b"", b"\r\n" * 2048),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"A: a\r\n" * 512),
        (CHUNKED, b"0" * 4096),
        (CHUNKED + b"1;", b"a" * 4096),
    ],
    ids=["line", "head", "interim answers", "empty lines", "trailers", "size", "extension"],
)
async def test_what_is_no_body_has_to_end_before_the_deadline(start: bytes, again: bytes) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.send(start)
        while True:
            await exchange.send(again)

    async with fetching() as (server, fetcher):
        server.pages["/"] = Page(script=endless)
        with pytest.raises(FetchError, match="the answer is not valid HTTP: its headers have no end"):
            await fetcher.get(server.url())
        await server.wait_closed()


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 1\r\nContent-Length: 1", b"Content-Length: 1, 1", b"Transfer-Encoding: chunked\t"],
    ids=["twice", "in a list", "a tab after the coding"],
)
async def test_what_the_parser_cannot_read_is_refused_by_ours_alone(head: bytes) -> None:
    # llhttp has no leniency for it; the way out is `limits: {transport: httpx}`.
    twice = Page(script=keeping(OK + head + b"\r\n\r\n" + (b"1\r\nx\r\n0\r\n\r\n" if b"chunked" in head else b"x")))
    async with fetching("own") as (server, fetcher):
        server.pages["/"] = twice
        with pytest.raises(FetchError, match="the answer is not valid HTTP: illegal header line"):
            await fetcher.get(server.url())
    async with fetching("httpx") as (server, fetcher):
        server.pages["/"] = twice
        assert isinstance(await fetcher.get(server.url()), Fetched)


async def test_an_answer_may_come_byte_by_byte() -> None:
    async def slowly(exchange: Exchange) -> None:
        for byte in CHUNKED + b"3\r\nabc\r\n0\r\nA: b\r\n\r\n":
            await exchange.send(bytes([byte]))
            await trio.lowlevel.checkpoint()
        exchange.keep = True

    async with transporting() as (server, transport):
        server.pages["/"] = Page(script=slowly)
        assert await ask(transport, server.url()) == b"abc"
        assert await ask(transport, server.url()) == b"abc"
    assert server.connections == 1


def read(parts: list[bytes]) -> tuple[Any, ...]:
    answer = Answer()
    try:
        for part in parts:
            answer.feed(part)
            if answer.complete:
                break
    except httpx.RemoteProtocolError as error:
        return (type(error),)
    return answer.status, answer.headers, answer.taken(), answer.complete


@given(st.sampled_from([odd.wire for odd in ODD if len(odd.wire) < 1000]), st.data())
def test_where_an_answer_is_cut_makes_no_difference(wire: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=5)))
    parts = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True) if start < end]
    assert read(parts) == read([wire])


@given(st.binary(max_size=200), st.sampled_from([b"", OK, CHUNKED, CHUNKED + b"1\r\nx\r\n"]))
def test_no_bytes_break_the_parser(noise: bytes, start: bytes) -> None:
    read([start + noise])


async def test_trailers_are_no_headers() -> None:
    async with fetching() as (server, fetcher):
        server.pages["/"] = Page(script=raw(CHUNKED + b"1\r\nx\r\n0\r\nETag: evil\r\n\r\n"))
        outcome = await fetcher.get(server.url())
        assert isinstance(outcome, Fetched)
        assert outcome.validators == Validators()


async def test_a_large_body_comes_in_small_parts() -> None:
    sizes = []
    async with transporting() as (server, transport):
        server.pages["/"] = Page(bytes(2_000_000))
        response = await transport.handle_async_request(httpx.Request("GET", server.url()))
        async with aclosing(response):
            sizes = [len(chunk) async for chunk in response.stream]  # type: ignore[union-attr]  # it is an async one
    assert sum(sizes) == 2_000_000
    assert max(sizes) <= 64 * 1024


# Which connections are used again.


@pytest.mark.parametrize("code", [204, 304])
async def test_an_answer_without_body_is_whole_at_once_whatever_length_it_gives(code: int) -> None:
    wire = b"HTTP/1.1 %d X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" % code
    async with transporting() as (server, transport):
        server.pages["/"] = Page(script=keeping(wire))
        for _ in range(3):
            response = await transport.handle_async_request(httpx.Request("GET", server.url()))
            assert response.status_code == code
    assert server.connections == 1


@pytest.mark.parametrize(
    "wire",
    [
        ONE + ONE,
        ONE + b"H",
        ONE + b"garbage",
        NOT_MODIFIED + b"hello",
        OK + b"Connection: close\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ],
)
async def test_a_connection_with_more_on_it_or_that_is_to_close_is_not_used_again(wire: bytes) -> None:
    async with transporting() as (server, transport):
        server.pages["/"].once = [keeping(wire)]
        assert await ask(transport, server.url()) in {b"x", b""}
        assert await ask(transport, server.url()) == b"<feed/>"
        assert [asked.connection for asked in server.requests] == [1, 2]


async def test_a_body_that_is_not_read_costs_its_connection() -> None:
    async with transporting() as (server, transport):
        server.pages["/"] = Page(bytes(1_000_000))
        response = await transport.handle_async_request(httpx.Request("GET", server.url()))
        await response.aclose()
        await server.wait_closed()
        assert len(await ask(transport, server.url())) == 1_000_000
    assert server.connections == 2


@pytest.mark.parametrize(
    "late", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"hello", b"\r\n", None]
)
async def test_what_comes_while_a_connection_idles_is_never_the_next_answer(late: bytes | None) -> None:
    idle, said = trio.Event(), trio.Event()

    async def say_it_late(exchange: Exchange) -> None:
        await exchange.answer(b"first")
        await idle.wait()
        if late is None:
            exchange.keep = False
            await exchange.stream.aclose()
        else:
            await exchange.send(late)
        said.set()

    async with transporting() as (server, transport):
        server.pages["/"].once = [say_it_late]
        assert await ask(transport, server.url()) == b"first"
        idle.set()
        await said.wait()
        assert await ask(transport, server.url()) == b"<feed/>"
        assert [asked.connection for asked in server.requests] == [1, 2], "nothing was sent over the old one"


@pytest.mark.parametrize("began", [b"H", OK, b"HTTP/1.1 100 Continue\r\n\r\n", OK + b"Content-Length: 2\r\n\r\nx"])
async def test_a_request_is_repeated_only_if_nothing_of_an_answer_came(began: bytes) -> None:
    async with fetching() as (server, fetcher):
        await fetcher.get(server.url())
        server.pages["/"].once = [raw(began)]
        with pytest.raises(FetchError, match="connection closed"):
            await fetcher.get(server.url())
        assert [asked.connection for asked in server.requests] == [1, 1]
        await fetcher.get(server.url())
        server.pages["/"].once = [close]
        await fetcher.get(server.url())
        assert [asked.connection for asked in server.requests] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize("seen", [True, False], ids=["in time", "too late"])
async def test_a_reset_while_idle_costs_one_more_connection_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, seen: bool
) -> None:
    idle, gone = trio.Event(), trio.Event()

    async def reset_later(exchange: Exchange) -> None:
        await exchange.answer(b"first")
        await idle.wait()
        await reset(exchange)
        await exchange.stream.aclose()
        gone.set()

    if not seen:
        monkeypatch.setattr(transport_module._Connection, "is_stale", lambda _: False)
    async with fetching() as (server, fetcher):
        server.pages["/"].once = [reset_later]
        await fetcher.get(server.url())
        idle.set()
        await gone.wait()
        outcome = await fetcher.get(server.url())
        assert isinstance(outcome, Fetched)
        assert outcome.body == b"<feed/>"
        assert [asked.connection for asked in server.requests] == [1, 2]


async def test_the_second_try_takes_no_other_idle_connection() -> None:
    async with fetching() as (server, fetcher):
        together = [trio.Event(), trio.Event()]

        async def wait_for_both(exchange: Exchange) -> None:
            together[exchange.asked.connection - 1].set()
            for one in together:
                await one.wait()
            await exchange.answer(b"x")

        server.pages["/"].once = [wait_for_both, wait_for_both]
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(fetcher.get, server.url())
        assert (server.connections, server.open) == (2, 2)
        server.pages["/"].once = [close, close]
        with pytest.raises(FetchError, match="connection closed without an answer"):
            await fetcher.get(server.url())
        assert [asked.connection for asked in server.requests][-1] == 3


async def test_few_connections_idle_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async with transporting() as (server, transport):
        async with open_server() as second, open_server() as third:
            for other in (second, third):
                other.pages["/"] = Page(b"x")
            for one in (server, second, third):
                await ask(transport, one.url())
            await server.wait_closed()
            assert (second.open, third.open) == (1, 1)
            monkeypatch.setattr(transport_module, "KEPT_SECONDS", -1.0)
            await ask(transport, second.url())
            monkeypatch.undo()
            await ask(transport, third.url())
            await second.wait_closed()
            assert (second.connections, third.connections) == (1, 1)
        await ask(transport, server.url())
    assert server.connections == 2


async def test_a_transport_that_is_closed_keeps_nothing() -> None:
    async with transporting() as (server, transport):
        server.pages["/"] = Page(bytes(1_000_000))
        response = await transport.handle_async_request(httpx.Request("GET", server.url()))
        await transport.aclose()
        async for _ in response.stream:  # type: ignore[union-attr]  # it is an async one
            pass
        await server.wait_closed()


# Cancellation leaves nothing open: an open socket would be a ResourceWarning, which is an error here.


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("number", range(1, 9))
async def test_a_request_that_is_cancelled_anywhere_closes_its_connection(
    trust: Trust, secure: bool, number: int
) -> None:
    async with transporting(trust.server() if secure else None, trust.client()) as (server, transport):
        server.pages["/"] = Page(bytes(1_000_000))
        with trio.CancelScope() as scope:
            await _cancelled_after(number, scope, transport, server.url())
        assert scope.cancelled_caught
        await server.wait_closed()
        assert not transport._idle


async def _cancelled_after(number: int, scope: trio.CancelScope, transport: OwnTransport, url: str) -> None:
    count = 0

    async def trace(_event: str, _info: Mapping[str, Any]) -> None:
        nonlocal count
        count += 1
        if count == number:
            scope.cancel()

    response = await transport.handle_async_request(httpx.Request("GET", url, extensions={"trace": trace}))
    async with aclosing(response):
        async for _ in response.stream:  # type: ignore[union-attr]  # it is an async one
            count += 1
            if count == number:
                scope.cancel()


async def test_a_handshake_that_hangs_ends_when_cancelled() -> None:
    gone = trio.Event()
    came = trio.Event()

    async def silent(stream: trio.SocketStream) -> None:
        came.set()
        while await stream.receive_some():
            pass
        gone.set()

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery, OwnTransport(ssl.create_default_context()) as transport:
            listeners = await nursery.start(partial(trio.serve_tcp, silent, 0, host="127.0.0.1"))
            port = listeners[0].socket.getsockname()[1]
            with trio.CancelScope() as scope:
                nursery.start_soon(_cancel_when, came, scope)
                await ask(transport, f"https://127.0.0.1:{port}/")
            assert scope.cancelled_caught
            await gone.wait()
            nursery.cancel_scope.cancel()


async def _cancel_when(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


async def test_a_trace_that_objects_to_a_connection_closes_it() -> None:
    async def object_to(event: str, _info: Mapping[str, Any]) -> None:
        if event.endswith("complete"):
            raise FetchError("no")

    async with transporting() as (server, transport):
        with pytest.raises(FetchError, match="no"):
            await ask(transport, server.url(), trace=object_to)
        await server.wait_closed()
        assert server.requests == []


# TLS.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_next_handshake_resumes_the_session_of_a_connection_that_is_gone(
    trust: Trust, version: ssl.TLSVersion
) -> None:
    resumed = []

    async def answer(exchange: Exchange) -> None:
        assert isinstance(exchange.stream, trio.SSLStream)
        resumed.append(exchange.stream.session_reused)
        await exchange.answer(b"x", connection="close")
        exchange.keep = False

    tls = trust.server()
    tls.maximum_version = version
    async with transporting(tls, trust.client()) as (server, transport):
        server.pages["/"] = Page(script=answer)
        for _ in range(4):
            assert await ask(transport, server.url()) == b"x"
        assert resumed == [False, True, True, True]
        assert len(transport._tickets) == 1
        async with OwnTransport(trust.client()) as other:
            await ask(other, server.url())
        assert resumed[-1] is False, "a session belongs to its context"


async def test_no_session_is_held_while_its_connection_is_open(trust: Trust) -> None:
    async with transporting(trust.server(), trust.client()) as (server, transport):
        for _ in range(3):
            assert await ask(transport, server.url()) == b"<feed/>"
        assert not transport._tickets
        assert server.connections == 1


async def test_a_large_body_comes_through_tls(trust: Trust) -> None:
    body = bytes(range(256)) * 8000
    async with transporting(trust.server(), trust.client()) as (server, transport):
        server.pages["/"] = Page(body)
        for _ in range(2):
            assert await ask(transport, server.url()) == body
    assert server.connections == 1


# What is sent.


def test_headers_are_sent_as_they_are_in_their_order() -> None:
    request = httpx.Request(
        "GET", "http://a.example:81/x?y=%20z", headers=[(b"B", b"1"), (b"a", b"2 \t3"), (b"B", b"\xe9")]
    )
    assert render(request) == (
        ("http", "a.example", 81),
        b"GET /x?y=%20z HTTP/1.1\r\nHost: a.example:81\r\nB: 1\r\na: 2 \t3\r\nB: \xe9\r\n\r\n",
    )
    del request.headers["host"]
    assert render(request)[1].startswith(b"GET /x?y=%20z HTTP/1.1\r\nHost: a.example:81\r\n")
    assert render(httpx.Request("GET", "https://[::1]"))[0] == ("https", "::1", 443)


NAMES = ["", "a b", "a:", "a\r", "a\n", "a\0", "ä", "(a)"]
VALUES = [" a", "a ", "a\t", "\ta", "a\rb", "a\nb", "a\r\nX: y", "a\0b", "a\x0bb", "a\x0cb", " "]


@pytest.mark.parametrize(("name", "value"), [*((name, "v") for name in NAMES), *(("n", value) for value in VALUES)])
@pytest.mark.parametrize("kind", ["own", "httpx"])
async def test_a_header_that_http_does_not_allow_is_not_sent(name: str, value: str, kind: str) -> None:
    web = Web(Limits(transport=kind), proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server, open_fetcher(web, timeout=2, headers={name: value}) as fetcher:
        # httpx.Headers takes bytes or ASCII names; the rest is this error's to tell.
        with pytest.raises(FetchError, match="a header of the configuration is not allowed in HTTP"):
            await fetcher.get(server.url())
        assert not server.requests


@pytest.mark.parametrize("value", ["", "a", "a b", "a\tb", "a\x01b", "a\x7fb", "é"])
@pytest.mark.parametrize("kind", ["own", "httpx"])
async def test_what_http_allows_in_a_header_is_sent(value: str, kind: str) -> None:
    web = Web(Limits(transport=kind), proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server, open_fetcher(web, timeout=2, headers={"n": value}) as fetcher:
        server.pages["/"] = Page(b"x")
        await fetcher.get(server.url())
        assert server.requests[0].headers["n"].encode("latin-1") == value.encode()


@pytest.mark.slow
@pytest.mark.parametrize("secure", [False, True])
async def test_a_request_larger_than_all_buffers_is_sent_whole(trust: Trust, secure: bool) -> None:
    async with transporting(trust.server() if secure else None, trust.client()) as (server, transport):
        request = httpx.Request("GET", server.url(), headers={"large": "x" * 8_000_000})
        response = await transport.handle_async_request(request)
        await response.aclose()
        assert len(server.requests[0].headers["large"]) == 8_000_000


def test_a_target_with_blanks_or_controls_is_not_sent() -> None:
    request = httpx.Request("GET", "http://a.example/")
    request.url = httpx.URL("http://a.example/").copy_with(raw_path=b"/a%20b")
    assert render(request)[1].startswith(b"GET /a%20b ")


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (httpx.Request("POST", "http://a.example/"), httpx.UnsupportedProtocol),
        (httpx.Request("HEAD", "http://a.example/"), httpx.UnsupportedProtocol),
        (httpx.Request("GET", "ftp://a.example/"), httpx.UnsupportedProtocol),
        (httpx.Request("GET", "http://a.example/", content=b"x"), httpx.LocalProtocolError),
        (httpx.Request("GET", "http://a.example/", headers={"transfer-encoding": "x"}), httpx.LocalProtocolError),
    ],
)
async def test_what_it_does_not_do_is_refused_before_anything_is_dialled(
    request_: httpx.Request, error: type[httpx.TransportError]
) -> None:
    async with OwnTransport(ssl.create_default_context()) as transport:
        with pytest.raises(error):
            await transport.handle_async_request(request_)


async def test_a_request_is_rendered_once_and_told_of_to_its_trace() -> None:
    events = []

    async def trace(event: str, _info: Mapping[str, Any]) -> None:
        events.append(event.rpartition(".")[0].rpartition(".")[2] + "." + event.rpartition(".")[2])

    async with transporting() as (server, transport):
        request = httpx.Request("GET", server.url(), extensions={"trace": trace})
        server.pages["/"] = Page(script=keeping(NOT_MODIFIED))
        response = await transport.handle_async_request(request)
        assert response.extensions["network_stream"].get_extra_info("server_addr") == ("127.0.0.1", server.port)
        request.headers["late"] = "1"
        await transport.handle_async_request(request)
        assert "late" not in server.requests[1].headers
    once = ["send_request_headers.started", "answer.began"]
    assert events == ["connect_tcp.started", "connect_tcp.complete", *once, *once]


# Requests that were prepared.


async def test_two_fetches_of_one_url_at_a_time_keep_apart() -> None:
    async def slow(exchange: Exchange) -> None:
        await trio.sleep(0.01)
        await exchange.answer(b"x")

    async with fetching() as (server, fetcher):
        server.pages["/"] = Page(script=slow)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(fetcher.get, server.url())
        assert len(server.requests) == server.connections == 3
        with pytest.raises(FetchError, match="timed out"):
            await fetcher.get(server.url(), timeout=0)
        await fetcher.get(server.url())


async def test_a_request_is_lent_to_one_fetch_at_a_time() -> None:
    lent: list[httpx.Request] = []
    all_there = trio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        lent.append(request)
        if len(lent) >= 3:
            all_there.set()
        await all_there.wait()
        return httpx.Response(200)

    web = Web(proxies={}, ssl_context=ssl.create_default_context())
    with trio.fail_after(5):
        async with open_fetcher(web, timeout=2, transport=httpx.MockTransport(answer)) as fetcher:
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(fetcher.get, "http://a.example/")
            await fetcher.get("http://a.example/")
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(fetcher.get, "http://a.example/")
    assert len({id(request) for request in lent[:3]}) == 3
    assert lent[3] in lent[:3], "prepared once"
    assert lent[4] is not lent[5]


async def test_a_poll_sends_the_same_bytes_again_until_its_validators_change() -> None:
    async with fetching() as (server, fetcher):
        first = await fetcher.get(server.url())
        for _ in range(2):
            assert isinstance(await fetcher.get(server.url(), validators=first.validators), NotModified)
        server.pages["/"].body = b"new"
        second = await fetcher.get(server.url(), validators=first.validators)
        assert isinstance(await fetcher.get(server.url(), validators=second.validators), NotModified)
    headers = [asked.headers for asked in server.requests]
    assert headers[1] == headers[2] == headers[3] != headers[4]


async def test_a_transport_changed_by_a_reload_is_used_from_the_next_request_on() -> None:
    web = Web(proxies={}, ssl_context=ssl.create_default_context())
    async with open_server() as server, open_fetcher(web, timeout=2) as fetcher:
        server.pages["/"] = Page(b"x")
        for kind in ("own", "httpx", "own"):
            web.change_limits(Limits(transport=kind))
            await fetcher.get(server.url())
        assert [asked.connection for asked in server.requests] == [1, 2, 1]


@pytest.mark.parametrize("script", [hang, status(500)])
async def test_whatever_happens_a_fetcher_leaves_no_connection_behind(script: Script) -> None:
    async with open_server() as server:
        web = Web(proxies={}, ssl_context=ssl.create_default_context())
        async with open_fetcher(web, timeout=0.05) as fetcher:
            server.pages["/"] = Page(script=script)
            with pytest.raises(FetchError):
                await fetcher.get(server.url())
        await server.wait_closed()
