"""The bytes of HTTP/1.1: an `httpx.Request` to what is sent, what comes back to an answer. No I/O.

GET without a body is all there is to send. Bodies come as they were sent, less the chunks.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NoReturn, TypeAlias

import httptools
import httpx
from attrs import define, field

from statustrio.targets import DEFAULT_PORTS

_MAX_FRAMING = 100 * 1024
"""Bytes in a row that are no body: heads, trailers, sizes of chunks. httpcore allows as many."""

# What h11 lets through, so that it makes no difference to a user's headers which transport sends them.
_TARGET = re.compile(rb"[!-~]+")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VALUE = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port."""


def render(request: httpx.Request) -> tuple[Origin, bytes]:
    """Return where `request` goes and its bytes. Raises LocalProtocolError for what HTTP does not allow."""
    url = request.url
    if request.method != "GET" or url.scheme not in DEFAULT_PORTS:
        raise httpx.UnsupportedProtocol(f"{request.method} over {url.scheme}: only GET over http(s) is sent here")
    headers = request.headers.raw
    names = {name.lower() for name, _ in headers}
    if names & {b"content-length", b"transfer-encoding"}:
        raise httpx.LocalProtocolError("a request with a body is not sent here")
    if b"host" not in names:
        headers.insert(0, (b"Host", url.netloc))
    if not _TARGET.fullmatch(url.raw_path):
        raise httpx.LocalProtocolError("illegal target")
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise httpx.LocalProtocolError("illegal header")
    lines = [b"GET %s HTTP/1.1" % url.raw_path, *(b"%s: %s" % header for header in headers), b"", b""]
    origin = (url.scheme, url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme])
    return origin, b"\r\n".join(lines)


@define(eq=False)
class Answer:
    """What the parser tells of one answer: httptools calls the `on_` methods."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(factory=list)
    has_head: bool = False
    parts: list[bytes] = field(factory=list)
    """Of the body, as far as nobody took them yet."""
    complete: bool = False
    keeps_alive: bool = False
    _complaint: str = ""
    _framing: int = 0
    """Bytes since the last one of the body."""
    _parser: httptools.HttpResponseParser | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        # What h11 reads too, for servers send it: line feeds alone, folded and odd values, a length beside chunks,
        # blanks after the size of a chunk, `Connection: close` in an interim answer. Not the same length twice, which
        # RFC 9112 (6.3) leaves to us: the parser cannot, and the way out is `limits: {transport: httpx}`.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_keep_alive=True,
            lenient_spaces_after_chunk_size=True,
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises RemoteProtocolError: this is no HTTP, or too much of what is no body."""
        assert self._parser is not None
        self._framing += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as exc:
            if self.complete:
                self.keeps_alive = False  # what follows is somebody else's
            else:
                raise httpx.RemoteProtocolError(self._complaint or self._unreadable()) from exc
        if self.complete:
            self._parser = None  # they refer to each other
        elif self._framing > _MAX_FRAMING:
            raise httpx.RemoteProtocolError("Receive buffer too long")

    def end(self) -> None:
        """Take the end of the connection. Raises RemoteProtocolError if it comes too soon."""
        if not self.has_head:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        if self._has_length():
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        self.complete = True
        self._parser = None

    def taken(self) -> bytes:
        """Return the body that came since the last time."""
        data = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        self.parts.clear()
        return data

    def on_message_begin(self) -> None:
        if self.complete:
            self._refuse("a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.has_head:
            return  # a trailer
        # After a tab the parser does not know `chunked` again, and the chunks would be taken for the document.
        if b"\0" in value or (value.endswith(b"\t") and name.lower() == b"transfer-encoding"):
            self._refuse("illegal header line")
        self.headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 200:
            if status < 100 or status == 101:
                self._refuse("illegal status line" if status < 100 else "an upgrade nobody asked for")
            self.headers.clear()  # an interim answer
            return
        if any(value.lower() != b"chunked" for value in self._values(b"transfer-encoding")):
            self._refuse("only transfer encoding chunked is supported")
        self.status = status
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        self._framing = 0
        self.parts.append(body)

    def on_message_complete(self) -> None:
        if self.has_head:
            assert self._parser is not None
            self.complete = True
            # Who says 408 has given the connection up, whatever else it says.
            self.keeps_alive = self._parser.should_keep_alive() and self.status != HTTPStatus.REQUEST_TIMEOUT

    def _refuse(self, complaint: str) -> NoReturn:
        self._complaint = complaint
        raise httptools.HttpParserError(complaint)

    def _unreadable(self) -> str:
        """Say in h11's words what cannot be read, as far as it got: llhttp's own change with its versions."""
        if self.has_head:
            return "illegal chunk header"
        assert self._parser is not None
        return "illegal header line" if self._parser.get_status_code() else "illegal status line"

    def _has_length(self) -> bool:
        return bool(self._values(b"transfer-encoding") or self._values(b"content-length"))

    def _values(self, wanted: bytes) -> list[bytes]:
        return [value for name, value in self.headers if len(name) == len(wanted) and name.lower() == wanted]
