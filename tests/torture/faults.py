"""What a page can do wrong, each with the words that a user finds in `last_error` for it: the one table of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import trio
from attrs import frozen
from pages import StatusPage
from server import (
    Exchange,
    Script,
    chunked_garbage,
    close,
    close_in_body,
    drip,
    endless,
    gzip_bomb,
    hang,
    raw,
    redirect,
    reset,
    reset_in_body,
    status,
    truncated_gzip,
)

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = StatusPage()
PAGE.post(PAGE.open("All was well again", "Errors."), "Resolved", "No more errors.")
GOOD = PAGE.page.body
"""A page with one incident that is over: nothing is told of it at first sight."""
TIMED_OUT = "timed out after 2 s: "


@frozen
class Fault:
    """A page at `place`, which answers by `script` or with `body` as long as it is hostile.

    `words` is what its polls fail with; None: its oddities do no harm, it is read. In it and in `place` stand names of
    `Places`. `rests`: it asks for a pause that is longer than the test.
    """

    id: str
    words: str | None
    script: Script | None = None
    body: bytes = GOOD
    place: str = "http://127.0.0.1:{http}"
    rests: bool = False


async def _drip_head(exchange: Exchange) -> None:
    for byte in OK + b"X: " + b"x" * 10_000:
        await exchange.send(bytes([byte]))
        await trio.sleep(0.05)


async def _reset_in_head(exchange: Exchange) -> None:
    await exchange.send(OK + b"Content-Le")
    await reset(exchange)


def _endless(start: bytes, again: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.send(start)
        while True:
            await exchange.send(again)

    return script


def _retry_at(ahead: timedelta) -> Script:
    """Ask for a pause by a date."""

    async def script(exchange: Exchange) -> None:
        await exchange.answer(b"", 429, retry_after=format_datetime(datetime.now(UTC) + ahead, usegmt=True))

    return script


def _with(old: str, new: str) -> bytes:
    assert old.encode() in GOOD
    return GOOD.replace(old.encode(), new.encode())


def _feed(inside: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{inside}</feed>'.encode()


def _laughs() -> bytes:
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return _feed("<entry><title>&l9;</title></entry>", f"<!DOCTYPE feed [{names}]>")


TROUBLE = "Errors."
DATE = "2026-03-01T08:02:00Z"

FAULTS = (
    # The way there
    Fault(
        "dns-fails", "cannot resolve fails.localhost: Name or service not known", place="http://fails.localhost:{http}"
    ),
    Fault("dns-hangs", TIMED_OUT + "no connection to hangs.localhost:{http}", place="http://hangs.localhost:{http}"),
    Fault("refused", "connection refused by 127.0.0.1:{refused}", place="http://127.0.0.1:{refused}"),
    Fault("backlog-full", TIMED_OUT + "no connection to 127.0.0.1:{full}", place="http://127.0.0.1:{full}"),
    Fault(
        "tls-expired",
        "TLS: certificate verify failed: certificate has expired",
        place="https://127.0.0.1:{expired}",
    ),
    Fault(
        "tls-wrong-host",
        "TLS: certificate verify failed: IP address mismatch, certificate is not valid for '127.0.0.1'",
        place="https://127.0.0.1:{other}",
    ),
    Fault(
        "tls-self-signed",
        "TLS: certificate verify failed: self-signed certificate",
        place="https://127.0.0.1:{selfsigned}",
    ),
    Fault(
        "tls-none",
        "TLS: the server answers with something else on this port",
        place="https://127.0.0.1:{plain}",
    ),
    Fault("tls-hangs", TIMED_OUT + "no TLS with 127.0.0.1:{mute}", place="https://127.0.0.1:{mute}"),
    Fault("tls-hangs-up", "TLS: connection closed during the handshake", place="https://127.0.0.1:{gone}"),
    Fault("tls-resets", "connection reset by peer (127.0.0.1:{resets})", place="https://127.0.0.1:{resets}"),
    # Refusals
    Fault("http-404", "HTTP 404 Not Found", status(404)),
    Fault("http-403", "HTTP 403 Forbidden", status(403, b"<html>Attention Required!</html>")),
    Fault("http-500", "HTTP 500 Internal Server Error", status(500)),
    Fault("http-503", "HTTP 503 Service Unavailable", status(503, retry_after=1)),
    Fault("http-408", "HTTP 408 Request Timeout", status(408, connection="close")),
    Fault("http-429-seconds", "HTTP 429 Too Many Requests", status(429, retry_after=1)),
    Fault("http-429-date", "HTTP 429 Too Many Requests", _retry_at(timedelta(seconds=2))),
    Fault("http-429-past", "HTTP 429 Too Many Requests", _retry_at(timedelta(days=-9))),
    Fault("http-429-absurd", "HTTP 429 Too Many Requests", status(429, retry_after="9" * 400), rests=True),
    # Resets, hangs, what has no end
    Fault("closes", "connection closed without an answer", close),
    Fault("resets", "connection reset by peer (127.0.0.1:{http})", reset),
    Fault("resets-in-head", "connection reset by peer (127.0.0.1:{http})", _reset_in_head),
    Fault("resets-in-body", "connection reset by peer (127.0.0.1:{http})", reset_in_body),
    Fault("hangs", TIMED_OUT + "no answer from 127.0.0.1:{http}", hang),
    Fault("drips-head", TIMED_OUT + "the answer of 127.0.0.1:{http} had not ended", _drip_head),
    Fault("drips-body", TIMED_OUT + "the answer of 127.0.0.1:{http} had not ended", drip(0.05)),
    Fault("endless-body", "the document is larger than 10 MiB", endless),
    Fault(
        "endless-headers",
        "the answer is not valid HTTP: its headers have no end",
        _endless(OK, b"A: a\r\n" * 512),
    ),
    Fault(
        "endless-interim",
        "the answer is not valid HTTP: its headers have no end",
        _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 256),
    ),
    # Bytes that do not fit
    Fault("too-short", "connection closed before the answer was complete", close_in_body),
    Fault(
        "two-lengths",
        "the answer is not valid HTTP: illegal header line",
        raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
    ),
    Fault("chunks", "the answer is not valid HTTP: illegal chunk header", chunked_garbage),
    Fault("no-http", "the answer is not valid HTTP: illegal status line", raw(b"SSH-2.0-OpenSSH\r\n\r\n")),
    Fault("gzip-bomb", "the document is larger than 10 MiB", gzip_bomb(50_000_000)),
    Fault("gzip-nested", "content encoding 'gzip, gzip' instead of gzip or none", gzip_bomb(50_000_000, nested=2)),
    Fault("gzip-cut", "the document is cut off: its gzip has no end", truncated_gzip),
    Fault("gzip-none", "the document is no gzip, though it should be", status(200, GOOD, content_encoding="gzip")),
    # Redirects
    Fault("redirect-loop", "more than 5 redirects", redirect("/redirect-loop")),
    Fault("redirect-file", "redirected to file:..., which is not http(s)", redirect("file:///etc/passwd")),
    Fault("redirect-private", "redirected to a private address (10.0.0.1)", redirect("http://10.0.0.1/")),
    Fault(
        "redirect-private-name",
        "redirected to a private address (10.0.0.2)",
        redirect("http://inside.localhost/"),
    ),
    Fault(
        "redirect-http",
        "redirected from https to http",
        redirect("http://127.0.0.1/"),
        place="https://127.0.0.1:{tls}",
    ),
    # Documents
    Fault("empty", "the answer is empty", body=b""),
    Fault("html", "an HTML page instead of a feed: is the URL right?", body=b"<!doctype html><title>Hi</title>"),
    Fault("cut", "the document is cut off: </feed> is missing at its end", body=GOOD[:-3]),
    Fault("laughs", "the document defines entities of its own (an XML bomb?)", body=_laughs()),
    Fault(
        "quadratic",
        "the document defines entities of its own (an XML bomb?)",
        body=_feed("&a;" * 50_000, f'<!DOCTYPE feed [<!ENTITY a "{"a" * 50_000}">]>'),
    ),
    Fault(
        "entries",
        "the document has more than 5000 entries",
        body=_feed("<entry><id>i</id><title>t</title></entry>" * 100_000),
    ),
    Fault("depth", "the document has more than 200000 tags", body=_feed("<a>" * 500_000 + "</a>" * 500_000)),
    Fault(
        "attributes",
        "one element has more than 250 attributes",
        body=_feed(f"<entry {' '.join(f'a{n}={chr(34) * 2}' for n in range(100_000))}/>"),
    ),
    # What is read all the same, and does no harm
    Fault("titles", None, body=_with("All was well again", "T" * 2**20)),
    Fault(
        "escapes",
        None,
        body=_with(TROUBLE, "&#27;]8;;file:///etc/passwd\x07 \x1b[2J \u202e\u2066 \x9b31m [link=file:///]x[/link]"),
    ),
    Fault("no-utf-8", None, body=GOOD.replace(b"Errors", b"\xff\xfe\xc3\x28", 1)),
    Fault("nul", None, body=_with(TROUBLE, "a\0b")),
    Fault("year-1", None, body=_with(DATE, "0001-01-01T00:00:00Z")),
    Fault("year-9999", None, body=_with(DATE, "9999-12-31T23:59:59-14:00")),
    Fault("30-february", None, body=_with(DATE, "2026-02-30T00:00:00Z")),
    # Bugs of ours
    Fault(
        "reader-raises",
        "internal error: ZeroDivisionError; please report it, the log has the details",
        body=_with(TROUBLE, "RAISE"),
    ),
    Fault("reader-spins", "the document cannot be read: that takes longer than 0.5 s", body=_with(TROUBLE, "SPIN")),
    Fault(
        "reader-spins-aside",
        "the document cannot be read: that takes longer than 0.6 s",
        body=_with(TROUBLE, "SPIN" + " and so on" * 2000),
    ),
)
"""Everything of it at least once."""
