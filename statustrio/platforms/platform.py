"""What a platform is, and what the readers of all platforms share: the words of pages, links as keys. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import one_line
from statustrio.model import Kind, Reading, Shape, Status


@frozen
class Platform:
    """A maker of status pages.

    `recognises` judges by what a feed says, never by its URL. `read` is asked for entries that changed; the id it
    gives an incident is free of scheme and host where the platform allows it.
    """

    name: str
    shape: Shape
    recognises: Callable[[Feed], bool]
    read: Callable[[Entry], Reading]


LONGEST_LINK = 2000
"""Characters: what browsers take."""
LONGEST_ID = 500
UPDATE = "update"
"""The label of a message that leaves the status as it was."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "investigating": Status.INVESTIGATING,
        "identified": Status.IDENTIFIED,
        "monitoring": Status.MONITORING,
        "resolved": Status.RESOLVED,
        "closed": Status.RESOLVED,
        "scheduled": Status.SCHEDULED,
        "maintenance": Status.SCHEDULED,
        "scheduled maintenance": Status.SCHEDULED,
        "planned maintenance": Status.SCHEDULED,
        "in progress": Status.IN_PROGRESS,
        "verifying": Status.VERIFYING,
        "completed": Status.COMPLETED,
        "update": UPDATE,
        "postmortem": "postmortem",
        # Portuguese (incident.io pages are translated)
        "resolvido": Status.RESOLVED,
        "concluído": Status.COMPLETED,
    }
)
"""The words pages put above a message, in lower case, and the label each one means."""

_MAINTENANCE = frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED})


def label_of(words: str) -> str:
    """The label that the page's words mean; words nobody knows become a label of their own, none at all `unknown`."""
    words = one_line(words).casefold()
    return str(WORDS.get(words, words.replace(" ", "_") or Status.UNKNOWN))


def kind_of(label: str) -> Kind:
    """The kind of a thing whose message has this label: some words are used for planned work alone."""
    return Kind.MAINTENANCE if label in _MAINTENANCE else Kind.INCIDENT


def web_url(link: str | None) -> str | None:
    """The link if it leads to the web; `javascript:` and the like lead nowhere."""
    return one_line(link) if link is not None and len(link) <= LONGEST_LINK and _split(link) else None


def path_key(url: str | None) -> str | None:
    """A web link without scheme and host, as a key that survives a new domain. A bare root says nothing: None."""
    parts = _split(url or "")
    if parts is None:
        return None
    path = re.sub("/{2,}", "/", parts.path) or "/"
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    key = path + query + fragment
    return None if key == "/" else key


def last_segment(url: str | None) -> str | None:
    """The last part of a web link's path, where platforms put their own id."""
    parts = _split(url or "")
    segment = parts.path.rstrip("/").rpartition("/")[2] if parts else ""
    return segment if 0 < len(segment) <= LONGEST_ID else None


def hashed_id(entry: Entry) -> str:
    """A key for an entry that names itself by nothing but what it says."""
    at = entry.published.isoformat() if entry.published else ""
    return blake2b(f"{entry.title}\n{at}".encode(), digest_size=16).hexdigest()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(one_line(url))
    except ValueError:  # `http://[`
        return None
    return parts if parts.scheme in {"http", "https"} and parts.netloc else None
