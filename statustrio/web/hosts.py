"""Whether a request was meant for us: another site's script may reach us by a name that it makes point here. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address


def host_of(header: str) -> str:
    """The host of a Host header, without port and brackets, in small letters."""
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def is_ours(header: str, names: Collection[str]) -> bool:
    """Whether the Host header is an address, `localhost`, or one of these names.

    A name that somebody else made point at this machine is never an address, so addresses need no list.
    """
    host = host_of(header)
    if host == "localhost" or host.endswith(".localhost") or host in names:
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
