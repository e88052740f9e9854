"""Where the feed behind a page may be: what the page names, what its address says, where platforms put theirs. Pure.

It gives addresses in the order they are worth a request; `find_feed` asks for them. Here is also what a page that was
found is to be called.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from urllib.parse import SplitResult, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from statustrio.catalog import load_catalog
from statustrio.config_values import BadValueError, check_url
from statustrio.environment import as_literal
from statustrio.feed.text import one_line
from statustrio.platforms import PLATFORMS

MOST_NAMED = 6
"""Addresses taken from one page: a blog can name a feed per tag."""
MOST_BELOW = 3
"""Known paths tried below the page's own path, which is rarely where a feed is."""
LONGEST_NAME = 60
_LONGEST_TITLE = 300

_TAG = re.compile(r"<(?:link|a|base)\b[^<>]{1,2000}>", re.IGNORECASE)
"""Only these tags are given to the parser: it takes quadratic time for pages nested without end."""
_MOST_TAGS = 2000
_FEED_TYPES = {"application/atom+xml": 0, "application/rss+xml": 1, "application/rdf+xml": 1}
_FEED_LINK = re.compile(
    r"(?:[./_-](?:atom|rss|feed)(?:\.xml)?|\.(?:atom|rss|rdf)|/(?:index|feed)\.xml)/?(?:\?|$)", re.IGNORECASE
)
_ENDINGS = {".": ("atom", "rss", "xml"), "/": ("atom", "feed", "rss")}
_FILE = re.compile(r"\.(?:atom|rss|xml|rdf|json|html?|php|aspx?)$", re.IGNORECASE)
_FEED_FILE = re.compile(r"(?:\.(?:atom|rss|xml)|/(?:atom|rss|feed))$", re.IGNORECASE)

_GENERIC = re.compile(
    r"^(?:incidents|status|status page|history|rss|atom|feed)\s*[|:\u2013\u2014-]\s+"
    r"|\s*[|:\u2013\u2014-]\s+(?:incident|status|service|system)s?\b[^|]*$"
    r"|\s+(?:systems?\s+)?status(?:\s+(?:page|updates|feed|history))?$"
    r"|\s+(?:service health updates|incident history|status ?meldungen)$",
    re.IGNORECASE,
)
"""What titles of feeds have around the name."""
_NO_NAME = re.compile(
    r"(?:the\b|our\b|systems?|service|incidents?|status|page|feed|rss|atom|history|updates|\W)*", re.IGNORECASE
)
_STATUS_LABEL = re.compile(r"^(?:www|status|health|trust)\.", re.IGNORECASE)


def candidates(page_url: str, html: str | None) -> list[str]:
    """The addresses where a feed may be, the likeliest first; `html` is the page if it could be had."""
    return _unique([*(named(page_url, html) if html else ()), *guesses(page_url)], but=page_url)


def named(page_url: str, html: str) -> list[str]:
    """The feeds that a page names: its `<link rel="alternate">`, Atom first, then links that look like a feed's."""
    root = LexborHTMLParser("".join(f"{tag}</a>" for tag in _TAG.findall(html)[:_MOST_TAGS]))
    base = page_url
    for tag in root.css("base[href]")[:1]:
        base = _joined(page_url, tag.attributes.get("href")) or page_url
    found: list[tuple[int, str]] = []
    for link in root.css("link[href]"):
        rank = _FEED_TYPES.get((link.attributes.get("type") or "").partition(";")[0].strip().lower())
        relations = (link.attributes.get("rel") or "").lower().split()
        if rank is not None and "alternate" in relations and (url := _joined(base, link.attributes.get("href"))):
            found.append((rank, url))
    for anchor in root.css("a[href]"):
        url = _joined(base, anchor.attributes.get("href"))
        if url is not None and _FEED_LINK.search(url):
            found.append((2 if "atom" in url.lower() else 3, url))
    return _unique([url for _, url in sorted(found, key=lambda one: one[0])], but=page_url)[:MOST_NAMED]


def guesses(page_url: str) -> list[str]:
    """The addresses that a page's own suggests: siblings of a feed, known paths, the root of the site."""
    parts = urlsplit(page_url)
    root = f"{parts.scheme}://{parts.netloc}"
    folder = "" if _FILE.search(parts.path) or _FEED_FILE.search(parts.path) else parts.path.rstrip("/")
    found = [root + path for path in _siblings(parts)]
    if parts.path.strip("/"):
        found.append(f"{root}/")
    if folder:
        found += _known(root + folder)[:MOST_BELOW]
    return _unique([*found, *_known(root)], but=page_url)


def _known(place: str) -> list[str]:
    """Where the platforms put their feeds, below this address; the path that most known pages have comes first.

    A platform with addresses of its own has them nowhere else.
    """
    paths = dict.fromkeys(
        path
        for platform in PLATFORMS
        for path in platform.paths
        if platform.address is None or platform.address.match(place + path)
    )
    usage = _usage()
    return [place + path for path in sorted(paths, key=lambda path: -usage[path])]


@cache
def _usage() -> Mapping[str, int]:
    """How many pages of the catalog have their feed at a path."""
    return Counter(urlsplit(entry.feed_url).path for entry in load_catalog().values())


def name_for(title: str, url: str) -> str:
    """What to call a page: its feed's title without `Status`, `Incident History` and the like, or else its host."""
    name = one_line(title[:_LONGEST_TITLE])
    before = None
    while name != before:
        before, name = name, _GENERIC.sub("", name).strip()
    if not _NO_NAME.fullmatch(name) and len(name) <= LONGEST_NAME:
        return name
    host = urlsplit(url).hostname or ""
    return _STATUS_LABEL.sub("", host) or host


def _siblings(parts: SplitResult) -> Iterator[str]:
    """Paths beside that of a feed, which differ from it by their ending."""
    if _FEED_FILE.search(parts.path):
        stem, joint, _ = re.split(r"([./])(?=\w+$)", parts.path)
        yield from (f"{stem}{joint}{ending}" for ending in _ENDINGS[joint])


def _joined(base: str, href: str | None) -> str | None:
    """The address that a link leads to, if the web has it; never from https to http."""
    try:
        url = check_url(urljoin(base, (href or "").strip()).partition("#")[0])
        if "@" in urlsplit(url).netloc:
            return None  # somebody else's password has no place in a configuration
    except (BadValueError, ValueError):
        return None
    return as_literal(url.replace("http://", "https://", 1) if base.startswith("https://") else url)


def _unique(urls: Iterable[str], *, but: str) -> list[str]:
    return [url for url in dict.fromkeys(urls) if url.rstrip("/") != but.rstrip("/")]
