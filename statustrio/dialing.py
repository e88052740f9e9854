"""Whom a request may reach and how many may at once: addresses, look-ups, limits. Knows no HTTP.

A redirect must not lead from a public host into the network we run in (SSRF). A check of the name before the request
loses to DNS rebinding, so the resolver itself leaves out private addresses while `public_only` is in force, and what
it returns is what is dialled.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import trio
from attrs import define, frozen
from trio.abc import HostnameResolver

from statustrio.config import LimitsConfig
from statustrio.errors import FetchError

# `is_global` alone is wrong for each of these: it takes protocol assignments (192.0.0.8) and multicast for global,
# and does not look inside the transition forms that carry an IPv4 address.
_PROTOCOL_ASSIGNMENTS = IPv4Network("192.0.0.0/24")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_DOCUMENTATION = IPv6Network("3fff::/20")
_NAT64 = IPv6Network("64:ff9b::/96")

SILENT_SECONDS = 1.0
"""Pages that are well answer sooner, and half of the shortest interval is five times as long."""

_LOOKUPS = 256
"""Look-ups at once: more than the 200 requests in flight, so that some that hang delay nobody else."""

_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""What OpenSSL takes the first bytes of a server that does not speak TLS for."""

_public_only: ContextVar[bool] = ContextVar("public_only", default=False)


def is_public(address: str) -> bool:
    """Whether `address` is reachable from the whole Internet; False for what is no IP address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and ip not in _PROTOCOL_ASSIGNMENTS
    if ip.ipv4_mapped:
        return _is_public(ip.ipv4_mapped)
    if ip in _NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    if ip.sixtofour:
        return _is_public(ip.sixtofour)
    return ip in _GLOBAL_UNICAST and ip.is_global and ip not in _DOCUMENTATION


def literal_address(host: str) -> str | None:
    """Return the address that `host` spells out in any form the system dials, `0x7f.1` included; None for a name.

    Such a host never reaches the resolver. Raises ValueError where `host` can be neither (a label of 70 letters).
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return None
    return str(found[0][4][0])


@frozen
class Limits:
    """What all fetchers together may use, and by which way. `body` is in bytes, on the wire and inflated."""

    requests_in_flight: int = 200
    requests_per_host: int = 4
    body: int = 10 * 2**20
    transport: str = "own"
    """Which transport sends: `own`, or `httpx` for httpx's."""

    @classmethod
    def from_config(cls, config: LimitsConfig) -> Limits:
        body = round(config.body_mib * 2**20)
        return cls(config.requests_in_flight, config.requests_per_host, body, config.transport)


@define
class _Host:
    limiter: trio.CapacityLimiter
    users: int = 0


class Slots:
    """Who may send a request now: so many in all, so many to one host. Loopback hosts have no limit of their own.

    While others wait, a request that has had no answer for `SILENT_SECONDS` is not counted: it takes a socket and no
    more, and hundreds of pages that hang, as they do when what they have in common fails, would keep all the rest from
    being polled. It counts again from its answer on. Its host goes on counting it.
    """

    def __init__(self, limits: Limits) -> None:
        self._per_host = limits.requests_per_host
        self._most = limits.requests_in_flight
        self._in_flight = trio.CapacityLimiter(self._most)
        self._hosts: dict[str, _Host] = {}
        self._silent: dict[Turn, float] = {}
        """Those that are counted and have no answer, the longest first, and since when."""
        self._uncounted: set[Turn] = set()
        self._crowded = trio.Event()

    def change(self, limits: Limits) -> None:
        """Put other limits in force, for those who wait too."""
        self._per_host = limits.requests_per_host
        self._most = limits.requests_in_flight
        self._recount()
        for host in self._hosts.values():
            host.limiter.total_tokens = self._per_host

    def take(self, name: str, *, limited: bool = True) -> Turn:
        """Wait until a request to the host `name` is within the limits, and count it while it lasts (`async with`).

        Not `limited`: the host has no limit of its own (loopback).
        """
        return Turn(self, name if limited else None)

    async def keep_moving(self) -> None:
        """Let for ever those who wait take the places of those that have had no answer for too long."""
        while True:
            while not self._in_flight.statistics().tasks_waiting:
                self._crowded = trio.Event()
                await self._crowded.wait()
            now = trio.current_time()
            turn, since = next(iter(self._silent.items()), (None, now))
            if turn is not None and since + SILENT_SECONDS <= now:
                del self._silent[turn]
                self._uncounted.add(turn)
                self._recount()
            else:
                await trio.sleep_until(since + SILENT_SECONDS)

    def answered(self, turn: Turn) -> None:
        """Count a request that has an answer, if only now."""
        self._silent.pop(turn, None)
        if turn in self._uncounted:
            self._uncounted.remove(turn)
            self._recount()

    def _recount(self) -> None:
        # Below what is lent out where they have their answers together: then nobody begins until some have ended.
        self._in_flight.total_tokens = self._most + len(self._uncounted)

    async def enter(self, turn: Turn, name: str | None) -> None:
        await (self._begin() if name is None else self._begin_at(name))
        self._silent[turn] = trio.current_time()

    async def _begin_at(self, name: str) -> None:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(trio.CapacityLimiter(self._per_host))
        host.users += 1
        with ExitStack() as undo:
            undo.callback(self._forget_user, name)
            # The host first: who waits for a slow host must not hold one of everybody's slots meanwhile.
            await _acquire(host.limiter)
            undo.callback(host.limiter.release)
            await self._begin()
            undo.pop_all()

    async def _begin(self) -> None:
        try:
            self._in_flight.acquire_nowait()
        except trio.WouldBlock:
            self._crowded.set()
            await self._in_flight.acquire()

    def leave(self, turn: Turn, name: str | None) -> None:
        self.answered(turn)
        self._in_flight.release()
        if name is not None:
            self._hosts[name].limiter.release()
            self._forget_user(name)

    def _forget_user(self, name: str) -> None:
        """Without users a host is forgotten, so that memory does not grow with the hosts that redirects name."""
        host = self._hosts[name]
        host.users -= 1
        if not host.users:
            del self._hosts[name]


@frozen(eq=False)
class Turn:
    """The turn of one request. No generator, which would cost each poll a tenth of all its CPU."""

    _slots: Slots
    _name: str | None

    def __aenter__(self) -> Awaitable[None]:
        return self._slots.enter(self, self._name)

    async def __aexit__(self, *_: object) -> None:
        self._slots.leave(self, self._name)

    def answered(self) -> None:
        """Say that its answer has begun."""
        self._slots.answered(self)


async def _acquire(limiter: trio.CapacityLimiter) -> None:
    """Take a token, without a checkpoint where one is free: a request has enough of them."""
    try:
        limiter.acquire_nowait()
    except trio.WouldBlock:
        await limiter.acquire()


@contextmanager
def public_only(on: bool) -> Iterator[None]:
    """While `on`, look-ups made in this task find public addresses only."""
    token = _public_only.set(on)
    try:
        yield
    finally:
        _public_only.reset(token)


def refusal(address: str) -> FetchError:
    """Say that a redirect led to the private `address`."""
    return FetchError(f"redirected to a private address ({address})")


class Resolver(HostnameResolver):
    """trio's look-ups on threads of their own, deaf to private addresses under `public_only`.

    trio would use its default thread limiter and keep the token of a look-up that was cancelled: with 60 that hang,
    an unrelated `to_thread` call waited 2.6 s.
    """

    def __init__(self, getaddrinfo: Callable[..., list[Any]] = socket.getaddrinfo, *, lookups: int = _LOOKUPS) -> None:
        self._getaddrinfo = getaddrinfo
        self._limiter = trio.CapacityLimiter(lookups)

    async def getaddrinfo(
        self,
        host: bytes | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Look `host` up. Raises FetchError where `public_only` leaves nothing, socket.gaierror like the original."""
        look_up = partial(self._getaddrinfo, host, port, family, type, proto, flags)
        found = await trio.to_thread.run_sync(look_up, abandon_on_cancel=True, limiter=self._limiter)
        if not _public_only.get():
            return found
        allowed = [info for info in found if is_public(info[4][0])]
        if found and not allowed:
            raise refusal(found[0][4][0])
        return allowed

    async def getnameinfo(self, sockaddr: Any, flags: int) -> tuple[str, str]:
        """Look the name of an address up."""
        look_up = partial(socket.getnameinfo, sockaddr, flags)
        return await trio.to_thread.run_sync(look_up, abandon_on_cancel=True, limiter=self._limiter)


def install_resolver(resolver: Resolver | None = None) -> None:
    """Put our look-ups in place of trio's; once, inside `trio.run`."""
    trio.socket.set_custom_hostname_resolver(resolver or Resolver())


def failure_of(error: BaseException, where: str) -> str | None:
    """Say in a person's words why the network or TLS let `error` happen; None if neither is to blame.

    `where` is the `host:port` that was dialled. httpx leaves the reason to the chain of causes (an untrusted
    certificate is `ConnectError('')`), and trio puts one error per address into a group there.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {_tls_failure(cause)}"
        if isinstance(cause, socket.gaierror):
            return f"cannot resolve {where.rpartition(':')[0]}: {cause.strerror}"
    errors = [cause for cause in causes if isinstance(cause, OSError) and cause.errno]
    if any(isinstance(cause, ConnectionRefusedError) for cause in errors):
        return f"connection refused by {where}"
    if any(cause.errno == errno.ENOTCONN for cause in errors):  # reset before we had a look at it
        return f"connection reset by peer ({where})"
    if errors:
        return f"{os.strerror(errors[0].errno or 0).lower()} ({where})"
    return None


def _tls_failure(error: ssl.SSLError) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"certificate verify failed: {error.verify_message.rstrip('.')}"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "connection closed during the handshake"
        case _ if error.reason in _NO_TLS:
            return "the server answers with something else on this port"
        case _:
            return (error.reason or "unknown error").replace("_", " ").lower()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what led to it, the members of groups included."""
    waiting = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        # httpcore raises `from None` what trio said, so the suppressed context counts as well.
        behind = cause.__cause__ or cause.__context__
        if behind is not None:
            waiting.append(behind)
