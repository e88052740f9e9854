"""What a platform is, and what the readers of all platforms share: links as keys. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from statustrio.feed.parse import Entry, Feed
from statustrio.feed.text import one_line
from statustrio.model import Component, Reading, Shape


@frozen
class Platform:
    """A maker of status pages.

    `recognises` judges by what a feed says; `address` is a pattern of feed URLs that are this platform's alone, and
    counts only where no platform recognises what the feed says. `paths` is where its pages publish their feed, the
    most telling one first. `read` is asked for entries that changed; the id it gives an incident is free of scheme
    and host where the platform allows it.

    A platform with a `gap` names no incidents, only subjects: its `incident_id` says what is affected, and updates of
    one subject that are further apart are of different incidents (see `grouping`). One that is `complete` lists every
    subject, on good days too: a feed without entries is broken.
    """

    name: str
    shape: Shape
    recognises: Callable[[Feed], bool]
    read: Callable[[Entry], Reading]
    address: re.Pattern[str] | None = None
    paths: tuple[str, ...] = ()
    gap: timedelta | None = None
    complete: bool = False


LONGEST_LINK = 2000
"""Characters: what browsers take."""
LONGEST_ID = 500


def mostly(feed: Feed, is_ours: Callable[[Entry], object]) -> bool:
    """Whether at least half of the entries are such: one that tells of somebody else's trouble makes no platform."""
    needed = (len(feed.entries) + 1) // 2
    spare = len(feed.entries) - needed
    for entry in feed.entries:
        if is_ours(entry):
            needed -= 1
        else:
            spare -= 1
        # Two dozen platforms look at each new feed: none any longer than it takes to tell.
        if not needed or spare < 0:
            break
    return bool(feed.entries) and not needed


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


def own_id(text: str | None) -> str | None:
    """What an entry calls itself, as a key; None where that is nothing, or longer than any page's name."""
    own = one_line(text or "")
    return own if 0 < len(own) <= LONGEST_ID else None


def listed(names: str) -> tuple[Component, ...] | None:
    """The components of a list with commas; None for an empty one."""
    return tuple(Component(name) for one in names.split(",") if (name := one_line(one))) or None


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
