"""From the bytes of a feed to readings: parse, recognise the platform, read the entries that are new. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from attrs import evolve, frozen

from statustrio.errors import FeedError
from statustrio.feed.parse import Feed, digest, parse_feed
from statustrio.model import Reading, Shape, Shown
from statustrio.packing import pack
from statustrio.platforms import BY_NAME, recognise
from statustrio.platforms.platform import Platform


@frozen
class Document:
    """A feed as it was read. `window` is everything it shows, `readings` what it says that it did not say before.

    `packed` is all of it as it came, if it may be kept.
    """

    platform: str
    shape: Shape
    window: tuple[Shown, ...]
    readings: tuple[Reading, ...]
    gap: float | None = None
    packed: bytes | None = None


def read_document(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    platform: str | None,
    hint: str | None,
    last_platform: str | None,
    last_window: Iterable[Shown],
    keep: bool = False,
) -> Document:
    """Read a feed. `platform` is the configured one, `last_platform` the one that made the last document.

    Without the first, the document itself says who made it; where it does not, `hint` decides. `keep`: pack it.
    FeedError where the body is no whole feed.
    """
    feed = parse_feed(body, url=url, content_type=content_type)
    chosen = _maker(feed, platform, hint, last_platform)
    if chosen.complete and not feed.entries:
        raise FeedError("the page lists none of its components, not even those that are well")
    last_window = tuple(last_window)
    known = {shown.digest: shown for shown in last_window} if chosen.name == last_platform else {}
    window: dict[str, Shown] = {}
    readings = []
    for entry in feed.entries:
        mark = digest(entry)
        if mark in window:
            continue
        if mark in known:
            window[mark] = known[mark]
            continue
        reading = evolve(chosen.read(entry), digest=mark)
        at = entry.published or entry.updated or reading.updates[-1].at
        window[mark] = Shown(mark, reading.incident_id, at)
        readings.append(reading)
    gap = chosen.gap.total_seconds() if chosen.gap is not None else None
    shown = tuple(window.values())
    # The head of a feed moves at some pages with each request: a document that shows nothing else is not worth keeping.
    packed = pack(body) if keep and (readings or shown != last_window) else None
    return Document(chosen.name, chosen.shape, shown, tuple(readings), gap, packed)


def _maker(feed: Feed, platform: str | None, hint: str | None, last_platform: str | None) -> Platform:
    if platform:
        return BY_NAME[platform]
    last = BY_NAME.get(last_platform or "")
    if last and last.name != "generic" and last.recognises(feed):
        # It stays who it was as long as it can be: one foreign entry makes no other page of it.
        return last
    recognised = recognise(feed)
    if recognised.name != "generic":
        return recognised
    # A feed without entries may show nothing to recognise it by: then it is who it was.
    return last if last and not feed.entries else BY_NAME[hint or "generic"]


def body_digest(body: bytes) -> str:
    """Tells whether a body is that of last time."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
