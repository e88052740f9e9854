"""Where the entries of a document begin and end, so that what is byte for byte as last time is not parsed again. Pure.

A shortcut and nothing else: it skips work and decides no meaning. Where a search for tags and a parser could disagree
the document is parsed whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

from attrs import evolve, frozen

from statustrio.feed.parse import Source

KEY_LENGTH = 32
"""Characters of a fingerprint."""

_TAGS = {"feed": "entry", "rss": "item"}
"""The root element of a format, and its entries. RDF, and whoever writes prefixes, is parsed whole."""
_AFTER_NAME = frozenset(" \t\r\n>")

# What is no match is so in linear time: each quantifier is possessive.
_ATTRIBUTES = r"""(?:\s++(?!xmlns|(?i:(?:[\w.-]++:)?+base\b))[\w:.-]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+"""
_TEXT = r"(?:[^<]++|<!\[CDATA\[(?>.*?\]\]>))*+"
_COMMENT = "<!--(?:[^<>-]|-(?!->))*+-->"


def _element(name: str, group: str) -> str:
    """The pattern of an element that holds nothing but text; `group` is a name for the group that matches its name."""
    return rf"<(?P<{group}>{name}){_ATTRIBUTES}(?:/>|>{_TEXT}</(?P={group})\s*+>)"


_AUTHOR = rf"<author>\s*+(?:{_element('name|email|uri', 'of_author')}\s*+)*+</author>"
_IMAGE = rf"<image>\s*+(?:{_element('url|title|link|width|height|description', 'of_image')}\s*+)*+</image>"
_NAMES = (
    "title|link|id|guid|published|updated|pubDate|content|content:encoded|description|summary|category|status|author"
    "|comments|dc:creator|dc:date|atom:updated|a10:updated"
)
_ENTRY = re.compile(
    rf"<(?:item|entry){_ATTRIBUTES}>\s*+(?:(?:{_AUTHOR}|{_element(_NAMES, 'field')})\s*+)*+</(?:item|entry)>", re.DOTALL
)
"""An entry of which feedparser remembers nothing when it reads the next one.

It does of an element in another one that holds text, and takes a namespace or a base for links that one entry declares
for declared in all.
"""
_HEAD = re.compile(
    rf"(?:\s++|<\?[^<>]*+>|{_COMMENT})*+<(?:feed|rss)[^<>]*+>\s*+(?:<channel[^<>]*+>)?+"
    rf"(?:\s++|{_COMMENT}|{_AUTHOR}|{_IMAGE}|{_element('(?!item|entry|channel)[a-zA-Z][a-zA-Z:]*+', 'field')})*+",
    re.DOTALL,
)
_TAIL = re.compile(rf"(?:\s++|{_COMMENT})*+(?:</channel>\s*+</rss>|</feed>)(?:\s++|{_COMMENT})*+", re.DOTALL)
_STAMP = re.compile(
    r"(<!\[CDATA\[.*?\]\]>)|<(updated|lastBuildDate|pubDate|dc:date)>[\w ,:.+-]*</\2>", re.ASCII | re.DOTALL
)
"""The feed's own time: it moves at some pages with each request, and says nothing of the entries. Group 1 is a CDATA
section, which stays as it is: what looks like a time there is text.
"""


@frozen
class Scan:
    """A document cut into its head, its entries and its tail."""

    source: Source
    head: str
    entries: tuple[str, ...]
    tail: str

    def keys(self) -> tuple[str, ...]:
        """A fingerprint of each entry, KEY_LENGTH long."""
        return tuple(map(_key, self.entries))

    def shell(self) -> str:
        """A fingerprint of all around the entries, the feed's own time left out."""
        return _key(_STAMP.sub(r"\1", self.head) + self.tail)

    def only(self, entries: Iterable[str]) -> Source:
        """The document as it would be with these entries alone."""
        return evolve(self.source, text=self.head + "\n".join(entries) + self.tail)


def scan(source: Source) -> Scan | None:
    """Cut a document at the tags of its entries; None where it has none, or what is around them is not as usual.

    Whether they are entries is not said: see `are_sound`.
    """
    text = source.text
    tag = _TAGS.get(source.root)
    if tag is None:
        return None
    opening, closing = f"<{tag}", f"</{tag}>"
    first = begin = text.find(opening)
    entries: list[str] = []
    end = 0
    while begin >= 0:
        if entries and text[end:begin].strip():
            return None
        inside = begin + len(opening)
        if text[inside : inside + 1] not in _AFTER_NAME:
            return None
        end = text.find(closing, inside) + len(closing)
        begin_next = text.find(opening, inside)
        if end < inside or 0 <= begin_next < end:
            return None
        entries.append(text[begin:end])
        begin = begin_next
    head, tail = text[:first], text[end:]
    if not entries or not _HEAD.fullmatch(head) or not _TAIL.fullmatch(tail):
        return None
    return Scan(source, head, tuple(entries), tail)


def are_sound(entries: Iterable[str]) -> bool:
    """Whether these are entries to a parser too, each read as if it stood alone; False if in doubt."""
    # What feedparser makes of a second summary depends on what came before its entry.
    return all(text.count("<summary") + text.count("<description") <= 1 and _ENTRY.fullmatch(text) for text in entries)


def _key(text: str) -> str:
    return blake2b(text.encode(), digest_size=KEY_LENGTH // 2).hexdigest()
