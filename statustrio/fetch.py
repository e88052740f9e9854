"""One conditional GET over HTTP(S), bounded in time, size and reach.

It follows redirects by hand, keeps the user's headers on the user's host, and turns everything that can go wrong into
a `FetchError`. It neither reads the document nor decides when to ask again; what an answer says is `answers`'
business, how it crosses the wire a transport's.
"""

from __future__ import annotations

import logging
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import aclosing, nullcontext
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Self, TypeVar

import httpx
import trio
from attrs import Factory, define, evolve, field, frozen

from statustrio import __version__
from statustrio.answers import (
    REDIRECTS,
    Fetched,
    NotModified,
    Redirect,
    finish,
    read,
    reason,
    redirect,
    refusal_of,
    validators_of,
    wire,
)
from statustrio.dialing import Limits, Slots, Turn, is_public, public_only, refusal
from statustrio.errors import FetchError
from statustrio.model import Validators
from statustrio.targets import Target, host_port, parse
from statustrio.transport import KEPT_SECONDS, MAX_IDLE, OwnTransport

__all__ = ["Fetched", "Fetcher", "Limits", "NotModified", "Web", "open_fetcher"]

USER_AGENT = f"statustrio/{__version__} (status page monitor; reads Atom and RSS)"
MAX_REDIRECTS = 5

_UNCONDITIONAL = Validators()
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
_POOL = httpx.Limits(max_connections=None, max_keepalive_connections=MAX_IDLE, keepalive_expiry=KEPT_SECONDS)
_REMEMBERED = 16
"""URLs that a fetcher remembers; a provider has one or two, and one more for each incident that opens."""
_PREPARED = 4
"""Requests that are kept for the next time: the feed's, that of its redirect, those of enrichment."""

K = TypeVar("K")
V = TypeVar("V")

# It would log headers, secrets included, at DEBUG.
logging.getLogger("httpcore").setLevel(logging.WARNING)


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

    def proxy_for(self, target: Target) -> str | None:
        """Return the URL of the proxy that stands before `target`. Loopback has none, whatever the environment says."""
        proxy = self.proxies.get(target.url.scheme) or self.proxies.get("all")
        if not proxy or target.loopback or urllib.request.proxy_bypass(target.host):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


@define(eq=False)
class _Trail:
    """What one `get` has been through so far, as the trace events of the transports and the answers tell it."""

    limit: int
    """Bytes that a body may have."""
    turn: Turn | None = None
    """Of the request under way, which others may wait for."""
    where: str = ""
    """`host:port` of the request under way, or of the proxy that was dialled for it."""
    stage: str = "no connection"
    """What a request that ends now was waiting for; the braces stand for `where`."""
    connected: bool = False
    reused: bool = False
    """Whether the request goes over a connection that an earlier one left open."""
    may_repeat: bool = False
    """Whether it does, and nothing came back yet."""
    public_only: bool = False
    """A public host was on the way: no private one may follow."""
    guarded: bool = False
    """The request under way dials for itself and may reach public addresses only."""
    explain: bool = False
    """A refusal is to be read, not only counted."""

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        match event:
            case "http11.send_request_headers.started":
                self.connected = True
                self.stage = "no answer from {}"
            case "answer.began":
                self.may_repeat = False
                self._note_answer()
            case "http11.receive_response_headers.complete":
                self._note_answer()
            case "connection.connect_tcp.started":
                self.reused = self.may_repeat = False
                self.where = host_port(info["host"], info["port"])
                self.stage = "no connection to {}"
            case "connection.connect_tcp.complete":
                self.connected = True
                self.stage = "no TLS with {}"
                await self._check_peer(info["return_value"])
            case _:
                pass

    def _note_answer(self) -> None:
        self.stage = "the answer of {} had not ended"
        if self.turn is not None:
            self.turn.answered()

    async def _check_peer(self, stream: Any) -> None:
        """Look at what was dialled, in case our resolver is not the one that looked it up."""
        address = _peer(stream) if self.guarded else None
        if address is not None and not is_public(address):
            await stream.aclose()
            raise refusal(address)


@define(eq=False)
class _Known:
    """A URL that was asked for before."""

    start: Target
    credentials: str | None
    end: Target | None = None
    """Where it led last time, if that is elsewhere: the one place its validators belong to."""


@frozen
class _Asked:
    """What makes a request the same as one before: it was prepared then."""

    url: str
    target: str
    sent: Validators


@define(eq=False)
class Fetcher:
    """The HTTP client of one provider; made by `open_fetcher`. Leaving it (`async with`) closes its connections."""

    _web: Web
    _timeout: float
    _headers: Mapping[str, str]
    _transport: httpx.AsyncBaseTransport | None
    _ways: dict[tuple[str, str | None, bool], httpx.AsyncBaseTransport] = field(init=False, factory=dict)
    """Transports, no `httpx.AsyncClient`: it keeps cookies, logs whole URLs, and itself parses hostile Locations."""
    _known: dict[str, _Known] = field(init=False, factory=dict)
    _prepared: dict[_Asked, httpx.Request] = field(init=False, factory=dict)
    """Requests that nobody is sending just now: a poll's is the same every time."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await _close([*self._ways.values()])  # noqa: ASYNC102  as there

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
        known = self._known.get(url) or _Known(*parse(url))
        start = target = known.start
        if public_only and start.literal is not None and start.is_private_literal:
            raise refusal(start.literal)
        left = allowed = self._timeout if timeout is None else timeout
        trail = _Trail(self._web.limits.body if limit is None else limit, public_only=public_only, explain=explain)
        permanent = True
        for _ in range(1 + MAX_REDIRECTS):
            at_home = target is start or start.is_home_of(target)
            belongs = target == known.end or (known.end is None and at_home)
            sent = validators if belongs else _UNCONDITIONAL
            asked = _Asked(url, target.text, sent)
            trail.turn = self._web.slots.take(target.host, limited=not target.loopback)
            async with trail.turn:
                request = self._prepared.pop(asked, None) or self._new_request(asked, known, target, at_home=at_home)
                began = trio.current_time()
                with trio.CancelScope(deadline=began + left) as deadline:
                    outcome = await self._hop(target, request, sent, trail)
                if deadline.cancelled_caught:
                    said = f"timed out after {allowed:g} s: {trail.stage.format(trail.where)}"
                    raise FetchError(said, unconnected=not trail.connected, timed_out=True)
                left = max(0.0, left - (trio.current_time() - began))
            _keep(self._prepared, asked, request, _PREPARED)
            if not isinstance(outcome, Redirect):
                break
            permanent = permanent and outcome.permanent
            target = outcome.to
        else:
            raise FetchError(f"more than {MAX_REDIRECTS} redirects")
        known.end = None if target == start else target
        _keep(self._known, url, known, _REMEMBERED)
        if isinstance(outcome, Fetched) and permanent and known.end is not None:
            return evolve(outcome, moved_to=target.text)
        return outcome

    def _new_request(self, asked: _Asked, known: _Known, target: Target, *, at_home: bool) -> httpx.Request:
        headers = httpx.Headers({"User-Agent": self._web.user_agent, "Accept": _ACCEPT})
        if at_home:
            if known.credentials is not None:
                headers["Authorization"] = known.credentials
            for name, value in self._headers.items():
                headers[name] = value
        for name in ("Accept-Encoding", "If-None-Match", "If-Modified-Since"):
            headers.pop(name, None)
        # The validators as bytes: httpx would send other than ASCII as UTF-8, not as it came.
        conditions = ((b"If-None-Match", asked.sent.etag), (b"If-Modified-Since", asked.sent.last_modified))
        whole = [
            *headers.raw,
            (b"Accept-Encoding", b"gzip"),
            *((name, value.encode("latin-1", "replace")) for name, value in conditions if value is not None),
        ]
        return httpx.Request("GET", target.url, headers=whole, extensions={"timeout": {}})

    async def _hop(
        self, target: Target, request: httpx.Request, sent: Validators, trail: _Trail
    ) -> Fetched | NotModified | Redirect:
        proxy = None if self._transport else self._web.proxy_for(target)
        # A proxy looks names up itself and is mostly private: with one, only literal addresses can be judged.
        trail.guarded = trail.public_only and proxy is None
        trail.where = target.where
        request.extensions["trace"] = trail
        way = self._way_out(proxy, guarded=trail.guarded)
        if self._transport is not None:
            await trio.lowlevel.checkpoint()  # those of the network have their own; one that plays it may not
        try:
            with public_only(on=True) if trail.guarded else nullcontext():
                response = await _send(way, request, trail)
            # Not of the response, whose own close costs each poll a twentieth of all its CPU and does no more.
            async with aclosing(wire(response)):
                return await self._outcome(response, target, sent, trail, proxied=proxy is not None)
        except httpx.HTTPError as exc:
            raise FetchError(reason(exc, trail.where), unconnected=not trail.connected) from exc

    async def _outcome(
        self, response: httpx.Response, target: Target, sent: Validators, trail: _Trail, *, proxied: bool
    ) -> Fetched | NotModified | Redirect:
        status = response.status_code
        if status in REDIRECTS:
            trail.public_only = trail.public_only or _came_from_public(response, target, proxied=proxied)
            return redirect(response, target, guarded=trail.public_only)
        if status == HTTPStatus.NOT_MODIFIED and sent != _UNCONDITIONAL:
            await finish(response)
            given = validators_of(response)
            return NotModified(Validators(given.etag or sent.etag, given.last_modified or sent.last_modified))
        if status not in {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
            raise await refusal_of(response, self._web.now, explain=trail.explain)
        body = await read(response, trail.limit)
        return Fetched(body, validators_of(response), target.text, response.headers.get("content-type"))

    def _way_out(self, proxy: str | None, *, guarded: bool) -> httpx.AsyncBaseTransport:
        """Return the transport for this way out.

        Guarded requests have connections of their own: each was checked when it was dialled.
        """
        kind = self._web.limits.transport
        way = self._ways.get((kind, proxy, guarded))
        if way is None:
            way = self._transport or _new_transport(kind, self._web.ssl_context, proxy)
            self._ways[kind, proxy, guarded] = way
        return way


def open_fetcher(
    web: Web,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Fetcher:
    """Return the HTTP client of one provider; leaving it closes its connections, also when cancelled.

    `timeout` is in seconds. `headers` go to the host of the URL asked for and to no other. `transport` takes the
    place of the network (httpx.MockTransport) and of any proxy.
    """
    return Fetcher(web, timeout, dict(headers or {}), transport)


async def _send(way: httpx.AsyncBaseTransport, request: httpx.Request, trail: _Trail) -> httpx.Response:
    """Send `request`, a second time if the server had closed the idle connection just then.

    It may have said so (408) before it knew of the request: over a connection of its own that is no answer to it.
    """
    trail.reused = trail.may_repeat = True
    try:
        response = await way.handle_async_request(request)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if not trail.may_repeat:
            raise
    else:
        if response.status_code != HTTPStatus.REQUEST_TIMEOUT or not trail.reused:
            return response
        await wire(response).aclose()
    return await way.handle_async_request(request)


async def _close(ways: list[httpx.AsyncBaseTransport]) -> None:
    """Close them all, whatever comes of one."""
    if ways:
        try:
            await ways.pop().aclose()
        finally:
            await _close(ways)  # noqa: ASYNC102  ours waits for nothing, httpx's shields itself


def _came_from_public(response: httpx.Response, target: Target, *, proxied: bool) -> bool:
    address = target.literal
    if address is None and not proxied:
        address = _peer(response.extensions.get("network_stream"))
    return is_public(address) if address is not None else not target.loopback


def _peer(stream: Any) -> str | None:
    """Return the address at the other end of a transport's `stream`, if it can still be told."""
    try:
        return str(stream.get_extra_info("server_addr")[0]) if stream is not None else None
    except OSError:
        return None


def _new_transport(kind: str, ssl_context: ssl.SSLContext, proxy: str | None) -> httpx.AsyncBaseTransport:
    if kind == "own" and proxy is None:
        return OwnTransport(ssl_context)
    try:
        via = httpx.Proxy(proxy) if proxy else None
        if via and via.url.scheme == "https":
            via.ssl_context = ssl_context
        return httpx.AsyncHTTPTransport(verify=ssl_context, trust_env=False, limits=_POOL, proxy=via)
    except (ValueError, ImportError, httpx.InvalidURL) as exc:
        raise FetchError("the proxy set in the environment cannot be used: it has to be an http(s) URL") from exc


def _keep(memory: dict[K, V], key: K, value: V, most: int) -> None:
    """Remember `value` as the newest of `most`."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > most:
        del memory[next(iter(memory))]
