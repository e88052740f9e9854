"""From the bytes of a feed to readings: parse, recognise the platform, read the entries that are new. Pure.

A document that differs from the last one in a few entries is read by parsing these alone, with the same result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from statustrio import __version__
from statustrio.errors import FeedError
from statustrio.feed.parse import MOST_ENTRIES, Entry, Feed, digest, open_source, parse_source
from statustrio.feed.scan import KEY_LENGTH, Scan, are_sound, scan
from statustrio.model import Reading, Shape, Shown
from statustrio.packing import pack
from statustrio.platforms import BY_NAME, recognise
from statustrio.platforms.platform import Platform


@frozen
class Document:
    """A feed as it was read. `window` is everything it shows, `readings` what it says that it did not say before.

    `packed` is all of it as it came, if it may be kept. `trace` is what `read_again` needs for the next one: the
    fingerprints of what is around the entries and of each of them; None where it could not help.
    """

    platform: str
    shape: Shape
    window: tuple[Shown, ...]
    readings: tuple[Reading, ...]
    gap: float | None = None
    packed: bytes | None = None
    trace: str | None = None


@frozen
class Last:
    """The last document that was recorded: who made it, what it showed, and its trace."""

    platform: str
    window: tuple[Shown, ...]
    trace: str


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
    source = open_source(body, content_type)
    feed = parse_source(source, url=url)
    chosen = _maker(feed, platform, hint, last_platform)
    if chosen.complete and not feed.entries:
        raise FeedError("the page lists none of its components, not even those that are well")
    last_window = tuple(last_window)
    document = _read(feed.entries, chosen, last_window if chosen.name == last_platform else ())
    cut = scan(source)
    if cut and feed.is_well_formed and are_sound(cut.entries) and len(cut.entries) == len(feed.entries):
        ours = all(_is_by(chosen, feed, entry, platform, hint) for entry in feed.entries)
        document = _traced(document, cut, _shell(cut, url, platform, hint)) if ours else document
    return _packed(document, body, last_window) if keep else document


def read_again(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    platform: str | None,
    hint: str | None,
    last: Last,
    keep: bool = False,
    most: int | None = None,
) -> Document | None:
    """Read the document after `last`, as `read_document` would, by parsing its new entries alone.

    None where only reading it whole can tell: the two differ in more than their entries, are read in other ways, or
    more than `most` characters would have to be parsed. FeedError where the body is no feed.
    """
    cut = scan(open_source(body, content_type))
    chosen = BY_NAME.get(last.platform)
    shell, *known_keys = [last.trace[at : at + KEY_LENGTH] for at in range(0, len(last.trace) or 1, KEY_LENGTH)]
    if (
        cut is None
        or chosen is None
        or shell != _shell(cut, url, platform, hint)
        or len(known_keys) != len(last.window)
        or len(cut.entries) > MOST_ENTRIES
    ):
        return None
    known = dict(zip(known_keys, last.window, strict=True))
    keys = cut.keys()
    texts = [text for key, text in zip(keys, cut.entries, strict=True) if key not in known]
    if (most is not None and sum(map(len, texts)) > most) or not are_sound(texts):
        return None
    fresh: Iterator[Entry] = iter(())
    if texts:
        feed = _parsed(cut, texts, url)
        if feed is None or not all(_is_by(chosen, feed, entry, platform, hint) for entry in feed.entries):
            return None
        fresh = iter(feed.entries)
    entries = [known[key] if key in known else next(fresh) for key in keys]
    document = _traced(_read(entries, chosen, last.window), cut, shell)
    return _packed(document, body, last.window) if keep else document


def _parsed(cut: Scan, texts: list[str], url: str) -> Feed | None:
    """The feed with these of its entries; None where a parser takes them for something else than as many entries."""
    try:
        feed = parse_source(cut.only(texts), url=url)
    except FeedError:
        return None
    return feed if feed.is_well_formed and len(feed.entries) == len(texts) else None


def _read(entries: Iterable[Entry | Shown], platform: Platform, last_window: Iterable[Shown]) -> Document:
    """Read what is not in the last window of this platform."""
    known = {shown.digest: shown for shown in last_window}
    window: dict[str, Shown] = {}
    readings = []
    for entry in entries:
        mark = entry.digest if isinstance(entry, Shown) else digest(entry)
        if mark in window:
            continue
        if mark in known:
            window[mark] = known[mark]
            continue
        assert isinstance(entry, Entry), "what is shown is in the window that its trace is of"
        reading = evolve(platform.read(entry), digest=mark)
        at = entry.published or entry.updated or reading.updates[-1].at
        window[mark] = Shown(mark, reading.incident_id, at)
        readings.append(reading)
    gap = platform.gap.total_seconds() if platform.gap is not None else None
    return Document(platform.name, platform.shape, tuple(window.values()), tuple(readings), gap)


def _shell(cut: Scan, url: str, platform: str | None, hint: str | None) -> str:
    """A fingerprint of what is around the entries and of how they are read, which another version of us may change."""
    terms = json.dumps([__version__, url, platform, hint, cut.shell()])
    return hashlib.blake2b(terms.encode(), digest_size=KEY_LENGTH // 2).hexdigest()


def _traced(document: Document, cut: Scan, shell: str) -> Document:
    if len(document.window) != len(cut.entries):  # the same entry twice
        return document
    return evolve(document, trace="".join((shell, *cut.keys())))


def _packed(document: Document, body: bytes, last_window: tuple[Shown, ...]) -> Document:
    # The head of a feed moves at some pages with each request: a document that shows nothing else is not worth keeping.
    return evolve(document, packed=pack(body)) if document.readings or document.window != last_window else document


def _is_by(platform: Platform, feed: Feed, entry: Entry, configured: str | None, hint: str | None) -> bool:
    """Whether a feed that made this platform's last document would still, with nothing in it but this entry.

    Where that is so of each of its entries, it is so of all of them together, and of those left when some go.
    """
    return _maker(evolve(feed, entries=(entry,)), configured, hint, platform.name) is platform


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
