"""A URL as a request needs it: parsed and judged once, without the credentials it may carry. Sends nothing."""

from __future__ import annotations

import base64

import httpx
from attrs import field, frozen

from statustrio.config_values import is_loopback
from statustrio.dialing import is_public, literal_address
from statustrio.errors import FetchError

DEFAULT_PORTS = {"http": 80, "https": 443}


@frozen
class Target:
    """Where one request goes. Equal if the URLs are."""

    text: str
    url: httpx.URL = field(eq=False)
    host: str = field(eq=False)
    """As it is dialled. `url.host` would decode it, and raise for a label that only looks encoded (`xn--`)."""
    literal: str | None = field(eq=False)
    """The address that `host` spells out, None if it is a name."""
    loopback: bool = field(eq=False)

    @classmethod
    def from_url(cls, url: httpx.URL) -> Target:
        """Raises ValueError where the host can be neither name nor address."""
        host = url.raw_host.decode("ascii")
        literal = literal_address(host)
        return cls(str(url), url, host, literal, is_loopback(literal or host))

    @property
    def where(self) -> str:
        return host_port(self.host, self.url.port or DEFAULT_PORTS[self.url.scheme])

    @property
    def is_private_literal(self) -> bool:
        return self.literal is not None and not is_public(self.literal)

    def is_home_of(self, other: Target) -> bool:
        """Whether `other` is the same host and port; the step from http to https on the default ports is allowed."""
        if self.host != other.host:
            return False
        ours, theirs = self.url, other.url
        upgrade = (ours.scheme, theirs.scheme, ours.port, theirs.port) == ("http", "https", None, None)
        return upgrade or (ours.scheme, ours.port) == (theirs.scheme, theirs.port)


def parse(url: str) -> tuple[Target, str | None]:
    """Return where `url` points, and its user and password as an `Authorization`, to be guarded like one.

    Raises FetchError, which does not quote the URL.
    """
    try:
        parsed = httpx.URL(url)
        target = Target.from_url(parsed.copy_with(userinfo=b"") if parsed.userinfo else parsed)
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError("not a valid URL") from exc
    if parsed.scheme not in DEFAULT_PORTS or not target.host:
        raise FetchError("not an http(s) URL")
    if not parsed.userinfo:
        return target, None
    pair = f"{parsed.username}:{parsed.password}".encode()
    return target, f"Basic {base64.b64encode(pair).decode()}"


def host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
