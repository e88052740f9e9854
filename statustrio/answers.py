"""What an answer says: its document, where it redirects, how long to pause; and what the lack of one says.

It reads a body and sends nothing. Which answer ends a fetch is `fetch`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
import trio
from attrs import define, frozen

from statustrio.dialing import failure_of, refusal
from statustrio.errors import FetchError
from statustrio.inflate import Body, too_large
from statustrio.model import Validators
from statustrio.packing import pack, unpack
from statustrio.schedule import MAX_RETRY_AFTER
from statustrio.targets import DEFAULT_PORTS, Target

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REFUSAL = 256 * 1024
"""Bytes read of an answer that is no document, to say what it is; bot walls send some 30 KiB."""

_CLEARER = {"Receive buffer too long": "its headers have no end"}
"""For the words of h11 that mean little to a user."""

LONGEST_LOCATION = 8000
"""Characters of an address to be led to, as many as servers take: httpx reads a thousand in a ms, on the loop."""

_PERMANENT = frozenset({301, 308})


@define
class Fetched:
    """A document. `url` is where it came from in the end, without credentials.

    `moved_to` is that URL again if every redirect on the way was permanent: advice for the configuration.
    """

    _body: bytes
    validators: Validators
    url: str
    content_type: str | None = None
    moved_to: str | None = None
    _packed: bool = False

    @property
    def body(self) -> bytes:
        return unpack(self._body) if self._packed else self._body

    def pack(self) -> None:
        """Take less memory until the body is asked for: at a first start thousands wait for their parser."""
        if not self._packed and (packed := pack(self._body)) is not None:
            self._body, self._packed = packed, True


@frozen
class NotModified:
    """The document that the validators stand for is still the current one. `validators` are to be sent next time."""

    validators: Validators


@frozen
class Redirect:
    to: Target
    permanent: bool


def redirect(response: httpx.Response, asked: Target, *, guarded: bool) -> Redirect:
    """Return where the answer to `asked` leads; to public addresses only if `guarded`. Raises FetchError if it may not.

    What a name leads to is not looked up here.
    """
    status = response.status_code
    location = response.headers.get("location")
    if not location:
        raise FetchError(f"{status_text(status)} without a location")
    if len(location) > LONGEST_LOCATION:
        raise FetchError("redirected to an address that is not valid")
    try:
        target = Target.from_url(asked.url.join(location).copy_with(userinfo=b"", fragment=None))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError("redirected to an address that is not valid") from exc
    scheme = target.url.scheme
    if scheme not in DEFAULT_PORTS:
        raise FetchError(f"redirected to {scheme[:20]}:..., which is not http(s)")
    if not target.host:
        raise FetchError("redirected to an address that is not valid")
    if asked.url.scheme == "https" and scheme == "http":
        raise FetchError("redirected from https to http")
    if guarded and target.literal is not None and target.is_private_literal:
        raise refusal(target.literal)
    return Redirect(target, status in _PERMANENT)


def validators_of(response: httpx.Response) -> Validators:
    """Return what stands for the document, byte for byte, for sending it back the same."""
    etag = last_modified = None
    for name, value in response.headers.raw:
        match name.lower():
            case b"etag" if etag is None:
                etag = value.decode("latin-1")
            case b"last-modified" if last_modified is None:
                last_modified = value.decode("latin-1")
            case _:
                pass
    return Validators(etag, last_modified)


async def finish(response: httpx.Response) -> None:
    """Read an answer without a body to its end: only that lets the connection be used again."""
    async for _ in wire(response):
        pass


async def read(response: httpx.Response, limit: int) -> bytes:
    """Return the body, inflated. Raises FetchError: larger than `limit` bytes, or in a coding nobody asked for."""
    codings = [name.lower() for name in response.headers.get_list("content-encoding", split_commas=True)]
    codings = [name for name in codings if name not in {"", "identity"}]
    if codings not in ([], ["gzip"], ["x-gzip"]):
        raise FetchError(f"content encoding {', '.join(codings)[:40]!r} instead of gzip or none")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large(limit)
    body = Body(limit, gzipped=bool(codings))
    refused: FetchError | None = None
    with trio.CancelScope() as reading:
        async for chunk in wire(response):
            try:
                more = refused is None and body.feed(chunk)
                while more:
                    await trio.lowlevel.checkpoint()
                    more = body.go_on()
            except FetchError as exc:
                # Leaving the loop would abandon four nested generators of httpx to the garbage collector, and
                # `aclosing` reaches only the outermost; a cancellation ends each of them in order.
                refused = exc
                reading.cancel()
    if refused is not None:
        try:
            raise refused
        finally:
            # It knows this frame, which would know it: ten MiB until the next collection, at each poll.
            del refused, body
    return body.finish()


async def refusal_of(response: httpx.Response, now: Callable[[], datetime], *, explain: bool) -> FetchError:
    """Return the error that an answer which is no document stands for; with `explain` it holds what was said."""
    status = response.status_code
    pause = retry_after(response, now) if status >= HTTPStatus.BAD_REQUEST else None
    error = FetchError(status_text(status), status=status, retry_after=pause)
    if explain:
        error.headers = {name.lower(): value for name, value in response.headers.items()}
        with suppress(FetchError):  # a refusal that cannot be read is still one
            error.body = await read(response, MAX_REFUSAL)
    return error


def retry_after(response: httpx.Response, now: Callable[[], datetime]) -> float | None:
    """Return the pause asked for in seconds, at most a day; None if there is none, or it is over."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:400])  # past 308 digits it is inf, which is as good
    else:
        until = _date(text)
        if until is None:
            return None
        seconds = (until - (_date(response.headers.get("date", "")) or now())).total_seconds()
    return min(seconds, MAX_RETRY_AFTER.total_seconds()) if seconds > 0 else None


def status_text(status: int) -> str:
    """Name a status in our own words: the server's are not to be trusted."""
    return f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".rstrip()


def reason(error: httpx.HTTPError, where: str) -> str:
    """Say why there is no answer from `where`, the `host:port` that was dialled."""
    text = str(error)
    match error:
        case httpx.LocalProtocolError():
            # The text quotes the header, which may be a secret.
            return "a header of the configuration is not allowed in HTTP"
        case httpx.ProxyError():
            return f"the proxy refused: {text[:80]}"
        case httpx.RemoteProtocolError() if text.startswith("Server disconnected"):
            return "connection closed without an answer"
        case httpx.RemoteProtocolError() if text.startswith("peer closed connection"):
            return "connection closed before the answer was complete"
        case httpx.RemoteProtocolError():
            what = text.partition(":")[0][:80]
            return f"the answer is not valid HTTP: {_CLEARER.get(what, what)}"
        case _:
            return failure_of(error, where) or "connection lost"


def wire(response: httpx.Response) -> httpx.AsyncByteStream:
    """Return the body as it comes: what `aiter_raw` iterates over, but also there for a ready-made response."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
