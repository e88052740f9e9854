"""One conditional GET over HTTP(S), bounded in time, size and reach. The only module that knows httpx.

It follows redirects by hand, keeps the user's headers on the user's host, and turns everything that can go wrong into
a `FetchError`. It neither reads the document nor decides when to ask again.
"""

from __future__ import annotations

import base64
import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import trio
from attrs import Factory, define, evolve, field, frozen

from statustrio import __version__
from statustrio.dialing import Limits, Slots, failure_of, is_loopback, is_public, literal_address, public_only, refusal
from statustrio.errors import FetchError
from statustrio.inflate import Body, too_large
from statustrio.model import Validators
from statustrio.schedule import MAX_RETRY_AFTER

__all__ = ["Fetched", "Fetcher", "Limits", "NotModified", "Web", "open_fetcher"]

USER_AGENT = f"statustrio/{__version__} (status page monitor; reads Atom and RSS)"
MAX_REDIRECTS = 5
MAX_REFUSAL = 256 * 1024
"""Bytes read of an answer that is no document, to say what it is; bot walls send some 30 KiB."""

_UNCONDITIONAL = Validators()
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_POOL = httpx.Limits(max_connections=None, max_keepalive_connections=2, keepalive_expiry=120.0)
"""The feed's connection and that of a redirect or of enrichment, kept over a poll's usual minute."""
_REMEMBERED = 16
"""URLs of which a fetcher remembers where they led; a provider has one or two."""

# It would log headers, secrets included, at DEBUG.
logging.getLogger("httpcore").setLevel(logging.WARNING)


@frozen
class Fetched:
    """A document. `url` is where it came from in the end, without credentials.

    `moved_to` is that URL again if every redirect on the way was permanent: advice for the configuration.
    """

    body: bytes
    validators: Validators
    url: str
    content_type: str | None = None
    moved_to: str | None = None


@frozen
class NotModified:
    """The document that the validators stand for is still the current one. `validators` are to be sent next time."""

    validators: Validators


@define(eq=False)
class Web:
    """What the fetchers of one daemon share: limits, trust, proxies.

    `proxies` are those of the environment, by scheme. `now` is the clock that dates in `Retry-After` are held
    against when the server sends no `Date`.
    """

    limits: Limits = field(factory=Limits)
    user_agent: str = USER_AGENT
    ssl_context: ssl.SSLContext = field(factory=httpx.create_ssl_context)
    proxies: Mapping[str, str] = field(factory=urllib.request.getproxies)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    slots: Slots = field(init=False, default=Factory(lambda web: Slots(web.limits), takes_self=True))

    def change_limits(self, limits: Limits) -> None:
        """Put other limits in force; requests under way keep what they have."""
        self.limits = limits
        self.slots.change(limits)

    def proxy_for(self, url: httpx.URL) -> str | None:
        """Return the URL of the proxy that stands before `url`. Loopback has none, whatever the environment says."""
        proxy = self.proxies.get(url.scheme) or self.proxies.get("all")
        if not proxy or is_loopback(_host(url)) or urllib.request.proxy_bypass(_host(url)):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


@define(eq=False)
class _Trail:
    """What one `get` has been through so far, as httpcore's trace events and the answers tell it."""

    limit: int
    """Bytes that a body may have."""
    where: str = ""
    """`host:port` of the request under way, or of the proxy that was dialled for it."""
    connected: bool = False
    reused: bool = False
    """Whether the request goes over a connection that an earlier one left open."""
    public_only: bool = False
    """A public host was on the way: no private one may follow."""
    guarded: bool = False
    """The request under way dials for itself and may reach public addresses only."""
    explain: bool = False
    """A refusal is to be read, not only counted."""

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        match event:
            case "connection.connect_tcp.started":
                self.reused = False
                self.where = _host_port(info["host"], info["port"])
            case "connection.connect_tcp.complete":
                self.connected = True
                await self._check_peer(info["return_value"])
            case "http11.send_request_headers.started":
                self.connected = True
            case _:
                pass

    async def _check_peer(self, stream: Any) -> None:
        """Look at what was dialled, in case our resolver is not the one that looked it up."""
        address = _peer(stream) if self.guarded else None
        if address is not None and not is_public(address):
            await stream.aclose()
            raise refusal(address)


@frozen
class _Redirect:
    to: httpx.URL
    permanent: bool


@define(eq=False)
class Fetcher:
    """The HTTP client of one provider; made by `open_fetcher`."""

    _web: Web
    _timeout: float
    _headers: Mapping[str, str]
    _transport: httpx.AsyncBaseTransport | None
    _stack: AsyncExitStack
    _ways: dict[tuple[str | None, bool], httpx.AsyncBaseTransport] = field(init=False, factory=dict)
    """Transports, no `httpx.AsyncClient`: it keeps cookies, logs whole URLs, and itself parses hostile Locations."""
    _led_to: dict[str, httpx.URL] = field(init=False, factory=dict)
    """Where a URL that redirects led last time: the one place its validators belong to."""

    async def get(
        self,
        url: str,
        *,
        validators: Validators = _UNCONDITIONAL,
        timeout: float | None = None,
        limit: int | None = None,
        public_only: bool = False,
        explain: bool = False,
    ) -> Fetched | NotModified:
        """Fetch `url`, unless it is still what `validators` stand for.

        `limit` (bytes, default that of the limits) bounds the body. `timeout` (seconds, default that of the fetcher)
        bounds everything from the first look-up to the last byte, redirects included; time spent waiting for a limit
        does not count. `public_only` is for a URL that a page gave: it must not lead to a private address. Raises
        FetchError; with `explain` it holds what the server said along with its refusal.
        """
        start, credentials = _split_credentials(_parse(url))
        literal = literal_address(_host(start)) if public_only else None
        if literal is not None and not is_public(literal):
            raise refusal(literal)
        target, known_end = start, self._led_to.get(url)
        left = allowed = self._timeout if timeout is None else timeout
        trail = _Trail(self._web.limits.body if limit is None else limit, public_only=public_only, explain=explain)
        permanent = True
        for _ in range(1 + MAX_REDIRECTS):
            at_home = _same_host(start, target)
            belongs = target == known_end or (known_end is None and at_home)
            sent = validators if belongs else _UNCONDITIONAL
            headers = self._headers_for(sent, credentials, at_home=at_home)
            async with self._web.slots.take(_host(target)):
                began = trio.current_time()
                try:
                    with trio.fail_after(left):
                        outcome = await self._hop(target, headers, sent, trail)
                except trio.TooSlowError as exc:
                    raise FetchError(f"timed out after {allowed:g} s", unconnected=not trail.connected) from exc
                left = max(0.0, left - (trio.current_time() - began))
            if not isinstance(outcome, _Redirect):
                break
            permanent = permanent and outcome.permanent
            target = outcome.to
        else:
            raise FetchError(f"more than {MAX_REDIRECTS} redirects")
        self._remember(url, start, target)
        if isinstance(outcome, Fetched) and permanent and target != start:
            return evolve(outcome, moved_to=str(target))
        return outcome

    def _headers_for(self, sent: Validators, credentials: str | None, *, at_home: bool) -> list[tuple[bytes, bytes]]:
        headers = httpx.Headers({"User-Agent": self._web.user_agent, "Accept": _ACCEPT})
        if at_home:
            if credentials is not None:
                headers["Authorization"] = credentials
            for name, value in self._headers.items():
                headers[name] = value
        for name in ("Accept-Encoding", "If-None-Match", "If-Modified-Since"):
            headers.pop(name, None)
        # The validators as bytes: httpx would send other than ASCII as UTF-8, not as it came.
        conditions = ((b"If-None-Match", sent.etag), (b"If-Modified-Since", sent.last_modified))
        return [
            *headers.raw,
            (b"Accept-Encoding", b"gzip"),
            *((name, value.encode("latin-1", "replace")) for name, value in conditions if value is not None),
        ]

    async def _hop(
        self, url: httpx.URL, headers: list[tuple[bytes, bytes]], sent: Validators, trail: _Trail
    ) -> Fetched | NotModified | _Redirect:
        proxy = None if self._transport else self._web.proxy_for(url)
        # A proxy looks names up itself and is mostly private: with one, only literal addresses can be judged.
        trail.guarded = trail.public_only and proxy is None
        trail.where = _host_port(_host(url), url.port or _DEFAULT_PORTS[url.scheme])
        way = self._way_out(proxy, guarded=trail.guarded)
        request = httpx.Request("GET", url, headers=headers, extensions={"trace": trail, "timeout": {}})
        with _translated(trail), public_only(trail.guarded):
            response = await _send(way, request, trail)
            async with aclosing(response):
                if not trail.public_only:
                    trail.public_only = _came_from_public(response, url, proxied=proxy is not None)
                return await self._outcome(response, url, sent, trail)

    async def _outcome(
        self, response: httpx.Response, url: httpx.URL, sent: Validators, trail: _Trail
    ) -> Fetched | NotModified | _Redirect:
        status = response.status_code
        if status in _REDIRECTS:
            return _redirect(response, url, guarded=trail.public_only)
        given = Validators(_raw(response, "etag"), _raw(response, "last-modified"))
        if status == HTTPStatus.NOT_MODIFIED and sent != _UNCONDITIONAL:
            # There is no body; only reading to its end lets the connection be used again.
            async for _ in _wire(response):
                pass
            return NotModified(Validators(given.etag or sent.etag, given.last_modified or sent.last_modified))
        if status not in {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
            pause = _retry_after(response, self._web.now) if status >= HTTPStatus.BAD_REQUEST else None
            error = FetchError(_status_text(status), status=status, retry_after=pause)
            if trail.explain:
                error.headers = {name.lower(): value for name, value in response.headers.items()}
                with suppress(FetchError):  # a refusal that cannot be read is still one
                    error.body = await _read(response, MAX_REFUSAL)
            raise error
        body = await _read(response, trail.limit)
        return Fetched(body, given, str(url), response.headers.get("content-type"))

    def _way_out(self, proxy: str | None, *, guarded: bool) -> httpx.AsyncBaseTransport:
        """Return the transport for this way out.

        Guarded requests have a pool of their own: each connection in it was checked when it was dialled.
        """
        way = self._ways.get((proxy, guarded))
        if way is None:
            way = self._ways[proxy, guarded] = self._transport or _new_transport(self._web.ssl_context, proxy)
            self._stack.push_async_callback(way.aclose)
        return way

    def _remember(self, url: str, start: httpx.URL, end: httpx.URL) -> None:
        self._led_to.pop(url, None)
        if end != start:
            self._led_to[url] = end
        if len(self._led_to) > _REMEMBERED:
            del self._led_to[next(iter(self._led_to))]


@asynccontextmanager
async def open_fetcher(
    web: Web,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Fetcher]:
    """Open the HTTP client of one provider; leaving closes its connections, also when cancelled.

    `timeout` is in seconds. `headers` go to the host of the URL asked for and to no other. `transport` takes the
    place of the network (httpx.MockTransport) and of any proxy.
    """
    async with AsyncExitStack() as stack:
        yield Fetcher(web, timeout, dict(headers or {}), transport, stack)


async def _send(way: httpx.AsyncBaseTransport, request: httpx.Request, trail: _Trail) -> httpx.Response:
    """Send `request`, a second time if the server had closed the idle connection just then."""
    trail.reused = True
    try:
        return await way.handle_async_request(request)
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if not trail.reused:
            raise
    return await way.handle_async_request(request)


async def _read(response: httpx.Response, limit: int) -> bytes:
    codings = [name.lower() for name in response.headers.get_list("content-encoding", split_commas=True)]
    codings = [name for name in codings if name not in {"", "identity"}]
    if codings not in ([], ["gzip"], ["x-gzip"]):
        raise FetchError(f"content encoding {', '.join(codings)[:40]!r} instead of gzip or none")
    if int(response.headers.get("content-length", 0)) > limit:
        raise too_large(limit)
    body = Body(limit, gzipped=bool(codings))
    refused: FetchError | None = None
    with trio.CancelScope() as reading:
        async for chunk in _wire(response):
            try:
                if refused is None:
                    body.feed(chunk)
            except FetchError as exc:
                # Leaving the loop would abandon four nested generators of httpx to the garbage collector, and
                # `aclosing` reaches only the outermost; a cancellation ends each of them in order.
                refused = exc
                reading.cancel()
    if refused is not None:
        raise refused
    return body.finish()


def _wire(response: httpx.Response) -> httpx.AsyncByteStream:
    """Return the body as it comes: what `aiter_raw` iterates over, but also there for a ready-made response."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


def _redirect(response: httpx.Response, url: httpx.URL, *, guarded: bool) -> _Redirect:
    """Return where `response` leads. Raises FetchError if it may not lead there."""
    status = response.status_code
    location = response.headers.get("location")
    if not location:
        raise FetchError(f"{_status_text(status)} without a location")
    try:
        target = url.join(location).copy_with(userinfo=b"", fragment=None)
        literal = literal_address(_host(target))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError("redirected to an address that is not valid") from exc
    if target.scheme not in _DEFAULT_PORTS:
        raise FetchError(f"redirected to {target.scheme[:20]}:..., which is not http(s)")
    if not target.host:
        raise FetchError("redirected to an address that is not valid")
    if url.scheme == "https" and target.scheme == "http":
        raise FetchError("redirected from https to http")
    if guarded and literal is not None and not is_public(literal):
        raise refusal(literal)
    return _Redirect(target, status in _PERMANENT)


def _came_from_public(response: httpx.Response, url: httpx.URL, *, proxied: bool) -> bool:
    address = literal_address(_host(url))
    if address is None and not proxied:
        address = _peer(response.extensions.get("network_stream"))
    return is_public(address) if address is not None else not is_loopback(_host(url))


def _peer(stream: Any) -> str | None:
    """Return the address at the other end of httpcore's `stream`, if it can still be told."""
    try:
        return str(stream.get_extra_info("server_addr")[0]) if stream is not None else None
    except OSError:
        return None


def _new_transport(ssl_context: ssl.SSLContext, proxy: str | None) -> httpx.AsyncHTTPTransport:
    try:
        via = httpx.Proxy(proxy) if proxy else None
        if via and via.url.scheme == "https":
            via.ssl_context = ssl_context
        return httpx.AsyncHTTPTransport(verify=ssl_context, trust_env=False, limits=_POOL, proxy=via)
    except (ValueError, ImportError, httpx.InvalidURL) as exc:
        raise FetchError("the proxy set in the environment cannot be used: it has to be an http(s) URL") from exc


@contextmanager
def _translated(trail: _Trail) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as exc:
        raise FetchError(_reason(exc, trail.where), unconnected=not trail.connected) from exc


def _reason(error: httpx.HTTPError, where: str) -> str:
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
            return f"the answer is not valid HTTP: {text.partition(':')[0][:80]}"
        case _:
            return failure_of(error, where) or "connection lost"


def _retry_after(response: httpx.Response, now: Callable[[], datetime]) -> float | None:
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


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _status_text(status: int) -> str:
    """Name a status in our own words: the server's are not to be trusted."""
    return f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".rstrip()


def _raw(response: httpx.Response, name: str) -> str | None:
    """Return a header byte for byte, for sending it back the same."""
    found = [value for key, value in response.headers.raw if key.lower() == name.encode()]
    return found[0].decode("latin-1") if found else None


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        literal_address(_host(parsed))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError("not a valid URL") from exc
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
        raise FetchError("not an http(s) URL")
    return parsed


def _split_credentials(url: httpx.URL) -> tuple[httpx.URL, str | None]:
    """Take user and password out of `url` and make them an `Authorization`, so that they are guarded like one."""
    if not url.userinfo:
        return url, None
    pair = f"{url.username}:{url.password}".encode()
    return url.copy_with(userinfo=b""), f"Basic {base64.b64encode(pair).decode()}"


def _same_host(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both are the same host and port; the step from http to https on the default ports is allowed."""
    if _host(one) != _host(other):
        return False
    upgrade = (one.scheme, other.scheme, one.port, other.port) == ("http", "https", None, None)
    return upgrade or (one.scheme, one.port) == (other.scheme, other.port)


def _host(url: httpx.URL) -> str:
    """Return the host as it is dialled."""
    return url.raw_host.decode("ascii")


def _host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
