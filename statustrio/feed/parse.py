"""A document's bytes to a feed and its entries, with feedparser. Pure.

Says what is no whole feed, and why, before anything is read from it: half a document or an error page must never
look like "no incident". What the entries mean is the platforms' business.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any
from xml.parsers import expat

import feedparser
from attrs import frozen

from statustrio.errors import FeedError
from statustrio.feed import sax
from statustrio.feed.dates import parse_date
from statustrio.feed.text import one_line, plain

MOST_ENTRIES = 5000
"""Entries of one feed. The longest real one has some hundred."""
MOST_TAGS = 200_000
"""Of one feed. A hundred thousand elements within each other take 2 s and 40 MiB."""
MOST_ATTRIBUTES = 250
"""Of one element, for which feedparser takes quadratic time."""
MOST_CATEGORIES = 500
"""Of one entry. Azure's real outages list some dozen."""
LONGEST_TITLE = 1000
"""Characters of an entry's title: each of its updates is told with it, and there may be a thousand."""
_LONGEST_NAME = 60
LONGEST_PROLOG = 64 * 1024
"""Characters before the first element. Real feeds have some hundred; feedparser takes quadratic time for them."""
SHORTEST_ESCAPED = 3
"""Characters for each `&`; a bare one takes feedparser a tenth of a tag's time."""


@frozen
class Density:
    """From so `many` tags and entities on, a tag has to have this many characters, all in all.

    Real feeds of more than some dozens of tags have 86 and more.
    """

    many: int
    shortest: int


WELL_FORMED = Density(many=1000, shortest=16)
"""feedparser takes up to 25 us for a tag."""
ILL_FORMED = Density(many=500, shortest=32)
"""What it reads twice: up to 60 us."""


@frozen
class Entry:
    """An item of a feed. `title` is plain text, `content` and `summary` are HTML as the page wrote it.

    RSS descriptions are `summary`, `content:encoded` is `content`. A date that cannot be understood is None. `status`
    is an element of that name, which no format knows and one platform has.
    """

    id: str | None
    title: str
    link: str | None
    published: datetime | None
    updated: datetime | None
    content: str
    summary: str
    categories: tuple[str, ...] = ()
    status: str = ""


@frozen
class Feed:
    """A whole document. `format` is `atom` or `rss`, `description` the subtitle or channel description."""

    url: str
    format: str
    title: str
    generator: str
    link: str | None
    id: str | None
    entries: tuple[Entry, ...]
    description: str = ""
    is_well_formed: bool = True


@frozen
class Source:
    """A document as text. `root` is the name of its first element, as written, which begins at `start`.

    `is_even`: it ends with a whole unit of its encoding.
    """

    text: str
    root: str
    start: int
    is_even: bool
    format: str


# The XML parsers that feedparser may take, by the modules that make them.
feedparser.api.PREFERRED_XML_PARSERS[:] = [sax.__name__]
# Dates are `parse_date`'s: nobody asks what feedparser makes of them, an eighth of its time.
feedparser.registerDateHandler(lambda _: (0,) * 9)
# Nor who wrote an entry: its search for an address in the name takes quadratic time, minutes for 256 KiB.
feedparser.mixin._FeedParserMixin._sync_author_detail = lambda *_: None  # noqa: SLF001

_FORMATS: Mapping[str, str] = {"feed": "atom", "rss": "rss", "rdf": "rss"}
"""The local name of the root element, and the format it means."""

_MARKS = (  # the longer mark first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", 4),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
    (codecs.BOM_UTF8, "utf-8", 1),
    (b"<\0", "utf-16-le", 2),
    (b"\0<", "utf-16-be", 2),
)
"""How a document that says its encoding by its first bytes begins, the encoding, and the bytes of one unit."""
_INTERNAL_CODECS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "utf_7"})
"""Python codecs that decode markup and no feed is written in; some warn."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]{1,40})""", re.IGNORECASE)
_DECLARED = re.compile(r"""\s*<\?xml[^<>]{0,100}?\sencoding\s*=\s*["']([^"'<>]{1,40})["']""")
_DECLARATION = re.compile(r"\s*<\?xml\s.*?\?>", re.DOTALL)
_OUR_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_PROLOG = re.compile(
    r"\s+|<\?.*?\?>|<!--.*?-->"
    r"|<!doctype(?!\s+html[\s>])[^>\[]*(?:\[[^\]]*\][^>\[]*)?>"
    # Old Hugo sites escape the XML declaration of an otherwise good feed (cState, 2021-12 to 2022-02)
    r"|&lt;\?xml.*?\?(?:>|&gt;)",
    re.DOTALL | re.IGNORECASE,
)
"""A thing that may stand before the first element."""
_FIRST = re.compile(r"<(?:!doctype\s+)?([a-z_][\w:.-]*)", re.IGNORECASE)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\r\n")))
_BLANKS = re.compile(r"\s{2,}")
_START = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)
"""Where an entry begins."""
_BORDER_OR_CATEGORY = re.compile(
    r"<(?:[\w.-]{1,40}:)?(?:(?P<entry>item|entry)|category|subject|keywords)[\s/>]", re.IGNORECASE
)
_ATTRIBUTES = re.compile(rf"<[^<>=!?][^<>=]*+(?:=[^<>=]*+){{{MOST_ATTRIBUTES + 1}}}")
"""A tag that has too many: by its equals signs, of which values have few."""
_CHARACTER = re.compile(r"""<!ENTITY\s+[\w.:-]{1,40}\s+(["'])[^"'<%]{0,8}\1\s*>""")
"""A definition of a name for a character (`&#8212;`), which can do no harm."""
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_PAGE = frozenset({"html", "head", "body"})
_SECTIONS = (("<!--", "-->"), ("<![CDATA[", "]]>"))


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> Feed:
    """The feed a document holds.

    Ill-formed but whole documents are read as well as they go. `content_type` counts only where it names a
    charset. Raises `FeedError` for what is no feed, or only a part of one.
    """
    return parse_source(open_source(body, content_type), url=url)


def open_source(body: bytes, content_type: str | None) -> Source:
    """The text of a document that begins like a feed. Raises FeedError where it does not."""
    if not body.strip(b" \t\r\n\0"):
        raise FeedError("the answer is empty")
    text, is_even = _decoded(body, content_type)
    # One character that XML forbids would cost the strict reading of all the rest.
    text = _allowed(text)
    root, start = _root(text)
    # feedparser takes quadratic time for blank lines before the first element.
    prolog = _BLANKS.sub("\n", text[:start])
    if len(prolog) > LONGEST_PROLOG:
        raise FeedError(f"no element in the first {LONGEST_PROLOG >> 10} KiB")
    name = root.lower().rpartition(":")[2]
    if name in _PAGE:
        raise FeedError("an HTML page instead of a feed: is the URL right?")
    if name not in _FORMATS:
        raise FeedError(f"XML that is no feed: its root element is <{root[:_LONGEST_NAME]}>")
    return Source(prolog + text[start:], root, len(prolog), is_even, _FORMATS[name])


def parse_source(source: Source, *, url: str) -> Feed:
    """The feed of a document. Raises FeedError as `parse_feed` does."""
    text, root = source.text, source.root
    _refuse_bombs(text)
    document = _parsed(text)
    if not source.is_even or (document.bozo and not _is_whole(text, root)):
        raise FeedError(f"the document is cut off: </{root[:_LONGEST_NAME]}> is missing at its end")
    if document.bozo and len(document.entries) < (shown := len(_START.findall(text))):
        # one stray mark makes the loose mode skip entries, and an entry that is gone would count as taken down
        raise FeedError(f"the document is ill-formed: only {len(document.entries)} of {shown} entries can be read")
    # `dict.get` throughout: feedparser's own look-up puts other fields in the place of missing ones, with a warning
    head: dict[str, Any] = document.feed
    return Feed(
        url=url,
        format=source.format,
        title=plain(_text(head, "title")),
        generator=one_line(_text(head, "generator")),
        link=_text(head, "link") or None,
        id=_text(head, "id") or None,
        entries=tuple(_entry(raw) for raw in document.entries),
        description=plain(_text(head, "subtitle")),
        is_well_formed=not document.bozo,
    )


def _allowed(text: str) -> str:
    """The text without the characters that XML forbids."""
    # The pattern takes five times as long to find none as this.
    raw = text.encode(errors="surrogatepass")
    has_none = len(raw.translate(None, _CONTROLS)) == len(raw) and (
        raw.isascii() or not ("\ufffe" in text or "\uffff" in text)
    )
    return text if has_none else _FORBIDDEN.sub("", text)


def _refuse_bombs(text: str) -> None:
    """Raise FeedError for what would take a parser far more time or memory than its length lets expect."""
    if text.count("<!ENTITY") != len(_CHARACTER.findall(text)):
        # expat lets them grow a hundredfold, and what it stops then looks like a feed without entries
        raise FeedError("the document defines entities of its own (an XML bomb?)")
    # What is short to count first: while a pattern looks through a million tags, no other thread runs.
    tags = text.count("<")
    entries = text.count("<item") + text.count("<entry")
    if entries <= MOST_ENTRIES < tags <= MOST_TAGS:
        entries = sum(1 for _ in _START.finditer(text))
    if entries > MOST_ENTRIES:
        raise FeedError(f"the document has more than {MOST_ENTRIES} entries")
    if tags > MOST_TAGS:
        raise FeedError(f"the document has more than {MOST_TAGS} tags")
    if _ATTRIBUTES.search(text):
        raise FeedError(f"one element has more than {MOST_ATTRIBUTES} attributes")
    if tags > MOST_CATEGORIES and _most_categories(text) > MOST_CATEGORIES:
        # feedparser compares each with all before it
        raise FeedError(f"one entry has more than {MOST_CATEGORIES} categories")
    density = ILL_FORMED
    if _is_flood(text, density) and _is_well_formed(text):
        density = WELL_FORMED
    if _is_flood(text, density) and _is_flood(_CDATA.sub("", text), density):
        raise FeedError("a flood of tags or entities: hardly any text beside them")


def _is_flood(text: str, density: Density) -> bool:
    tags, escapes = text.count("<"), text.count("&")
    return tags + escapes > density.many and tags * density.shortest + escapes * SHORTEST_ESCAPED > len(text)


def _is_well_formed(text: str) -> bool:
    try:
        expat.ParserCreate("utf-8", namespace_separator=" ").Parse(_utf_8(text), True)
    except expat.ExpatError:
        return False
    return True


def _most_categories(text: str) -> int:
    """The most categories, by whatever name, that stand between two beginnings of entries."""
    most = found = 0
    for match in _BORDER_OR_CATEGORY.finditer(text):
        found = 0 if match["entry"] else found + 1
        most = max(most, found)
    return most


def _utf_8(text: str) -> bytes:
    """The text in the encoding that it declares by then.

    What stands in a declaration feedparser looks at with a pattern that takes cubic time: 6 KiB are half a second.
    """
    declared = _DECLARATION.match(text)
    return (_OUR_DECLARATION + text[declared.end() if declared else 0 :]).encode()


def _parsed(text: str) -> Any:
    try:
        return feedparser.parse(
            # never the text or the bytes themselves: feedparser takes them for a URL or the name of a file
            io.BytesIO(_utf_8(text)),
            # its own guess takes UTF-16 in the other order, or what only declares to be UTF-16, for an empty feed
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (
        ValueError,
        OverflowError,
        LookupError,
    ) as exc:  # its loose mode trips over `&#xd800;`, `</link>` and the like
        raise FeedError(f"the document cannot be read: {exc}") from exc


def digest(entry: Entry) -> str:
    """A fingerprint of what the entry says. White space, also between tags, and a moved `updated` do not change it."""
    at = entry.published or entry.updated
    fields = [
        entry.id,
        entry.link,
        _tight(entry.title),
        _tight(entry.content),
        _tight(entry.summary),
        [_tight(category) for category in entry.categories],
        at.isoformat() if at else None,
    ]
    if entry.status:
        fields.append(entry.status)
    return blake2b(json.dumps(fields).encode(), digest_size=16).hexdigest()


def _tight(markup: str) -> str:
    """Blanks beside tags go too: GitHub's page once began to write `<p> <small>` for `<p><small>`."""
    return " ".join(markup.split()).replace(" <", "<").replace("> ", ">")


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(
        id=_text(raw, "id").strip() or None,
        title=_cut(plain(_text(raw, "title"))),
        link=_text(raw, "link").strip() or None,
        published=parse_date(_text(raw, "published")),
        updated=parse_date(_text(raw, "updated")),
        content=next((value for part in dict.get(raw, "content", []) if (value := _text(part, "value"))), ""),
        # `summary` itself may be feedparser's copy of the content; only a real one has details
        summary=_text(dict.get(raw, "summary_detail", {}), "value"),
        categories=tuple(
            label for tag in dict.get(raw, "tags", []) if (label := plain(_text(tag, "term") or _text(tag, "label")))
        ),
        status=one_line(_text(raw, "status")),
    )


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


def _text(fields: dict[str, Any], key: str) -> str:
    value = dict.get(fields, key)
    return value if isinstance(value, str) else ""


def _decoded(body: bytes, content_type: str | None) -> tuple[str, bool]:
    """The document as text, and whether it ends with a whole unit of its encoding.

    Its first bytes are believed before the server, the server before its declaration, unless that says UTF-8 and
    is right: servers put `iso-8859-1` on everything. Nothing is left undecoded for a few bad bytes.
    """
    for mark, encoding, unit in _MARKS:
        if body.startswith(mark):
            payload = body if b"<" in mark else body.removeprefix(mark)
            return payload.decode(encoding, "replace"), len(payload) % unit == 0
    served = _CHARSET.search(content_type or "")
    declared = _DECLARED.match(body[:1000].decode("latin-1"))
    named = [codec for match in (served, declared) if match and (codec := _codec(match[1]))]
    utf8 = ["utf-8"] if named[1:] == ["utf-8"] else []
    for codec in [*utf8, *named, "utf-8"]:
        try:
            return body.decode(codec), True
        except UnicodeError:
            continue
    damaged = body.decode("utf-8", "replace")
    # A byte gone wrong in a document that else is UTF-8 must not change the words of all the rest.
    if not named and not any("\x7f" < char != "\ufffd" for char in damaged):
        return body.decode("windows-1252", "replace"), True
    return body.decode(named[0], "replace") if named else damaged, True


def _codec(charset: str) -> str | None:
    """Python's name for a charset, if markup in ASCII, as it is here, can be written in it."""
    try:
        name = codecs.lookup(charset).name
        legible = b"<?xml/>".decode(name) == "<?xml/>"
    except (LookupError, ValueError):
        return None
    return name if legible and name.replace("-", "_") not in _INTERNAL_CODECS else None


def _root(text: str) -> tuple[str, int]:
    """The name of the first element, and where it begins; `html` also where only a doctype says so."""
    position = 0
    while match := _PROLOG.match(text, position):
        position = match.end()
    if match := _FIRST.match(text, position):
        return match[1], position
    if text.startswith("<", position) or position == len(text):
        raise FeedError("the document is cut off before its first element")
    raise FeedError("the answer is not XML")


def _is_whole(text: str, root: str) -> bool:
    """Whether an ill-formed document closes its root element, by a tag outside of comments and CDATA sections."""
    closing = text.rfind(f"</{root}")
    if closing < 0 or not text[closing + len(root) + 2 :].lstrip().startswith(">"):
        return False
    return all(text.rfind(start, 0, closing) <= text.rfind(end, 0, closing) for start, end in _SECTIONS)
