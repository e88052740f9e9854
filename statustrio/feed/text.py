"""HTML to plain text, and text that is safe to print. Pure.

Pages mix HTML with text nobody escaped ("customers <1% have", "<support@example.com>"), so a `<` that opens no
known tag is taken as a character. What the parser gets is rebuilt from known tags without their attributes.
"""

from __future__ import annotations

import html
import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

_LONGEST = 64 * 1024
"""Characters of HTML read of one text."""
_DEEPEST = 200
"""Elements within each other, unclosed ones counted. The parser takes quadratic time with depth: 10000 take 0.2 s."""


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PARAGRAPHS = _names("p h1 h2 h3 h4 h5 h6 blockquote pre table")
"""Set off by a blank line."""
_LINES = _names(
    "div ul ol dl li dt dd tr thead tbody tfoot caption section article header footer main aside nav figure figcaption"
    " address details summary hr center html body"
)
"""On lines of their own."""
_CELLS = _names("td th")
"""On one line, a blank apart; so is all text that only they part."""
_INLINE = _names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span strike"
    " strong sub sup time tt u var wbr"
)
"""Known, and without a trace in plain text."""
_VOID = _names("br hr")
_KNOWN = _PARAGRAPHS | _LINES | _CELLS | _INLINE | _VOID

_TAG = re.compile(
    r"""<(?:(/?)([A-Za-z][A-Za-z0-9]*)(?:[\s/](?:[^<>"']|"[^"]*"|'[^']*')*+)?>|!doctype[^<>]*>)?""", re.IGNORECASE
)
_DROPPED = re.compile(
    r"<(?:(!--)|(script|style|iframe|noscript|template|svg|math|object|head|title|textarea|select)(?=[\s/>]))",
    re.IGNORECASE,
)
"""What opens something whose content is no text for a reader."""
_INLINE_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_INLINE))})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_KNOWN - _INLINE))})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[Xx][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1: terminal control
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # bidi controls: text that reads as what it is not
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that steer a terminal or the direction of reading; joiners of emoji stay."""
    if text.isprintable():  # nearly all is, and asking costs a tenth
        return text
    text = _HARMFUL.sub("", _BREAKS.sub("\n", text))
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Plain text as one clean line."""
    return " ".join(clean(text).split())


def plain(text: str) -> str:
    """A title, plain or HTML, as one clean line.

    Feeds do not tell the two apart reliably, so only formatting is taken as markup: the word `<script>` in a
    title is a word.
    """
    text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text[:_LONGEST]))
    return one_line(_ENTITY.sub(lambda match: html.unescape(match[0]), text))


def html_to_text(source: str) -> str:
    """What a reader sees: a line per block, `- ` before list items, entities decoded once."""
    if "<" not in source and "&" not in source:
        return one_line(source[:_LONGEST])  # most updates are plain: no parser for them
    root = LexborHTMLParser(_TAG.sub(_Rewriter(), _without_dropped(clean(source[:_LONGEST])))).root
    page = _Page()
    stack: list[tuple[LexborNode, bool]] = [(root, False)] if root is not None else []
    while stack:
        node, leaving = stack.pop()
        if node.is_text_node:
            page.write(node.text_content or "")
            continue
        _border(page, node.tag or "", leaving=leaving)
        if leaving:
            continue
        stack.append((node, True))
        child = node.last_child
        while child is not None:
            stack.append((child, False))
            child = child.prev
    return page.text()


class _Page:
    """Text being laid out. Breaks and list marks wait until there is text to set apart with them."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._breaks = 0
        self._mark = ""

    def apart(self, lines: int) -> None:
        """What follows begins at least so many lines below."""
        self._breaks = max(self._breaks, lines)

    def down(self) -> None:
        self._breaks += 1

    def item(self, mark: str) -> None:
        """What follows begins with the mark."""
        self._mark = mark

    def write(self, text: str) -> None:
        words = " ".join(clean(text).split())
        if words:
            self._parts.append("\n" * min(self._breaks, 2) + self._mark or " ")
            self._parts.append(words)
            self._breaks, self._mark = 0, ""

    def text(self) -> str:
        return "".join(self._parts).strip()


def _border(page: _Page, tag: str, *, leaving: bool) -> None:
    if tag == "br":
        if not leaving:
            page.down()
    elif tag in _PARAGRAPHS:
        page.apart(2)
    elif tag in _LINES:
        page.apart(1)
        if tag == "li":
            page.item("" if leaving else "- ")


class _Rewriter:
    """Rebuilds tag by tag what the parser is to see.

    Inline tags go here already, and depth is bounded, because both are what parsers are slow at.
    """

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._depth = 0

    def __call__(self, match: re.Match[str]) -> str:
        """The tag bare, nothing for one that leaves no trace, the character `<` for what is no tag."""
        name = (match[2] or "").lower()
        if name not in _KNOWN:
            return "" if match[0].startswith("<!") else "&lt;" + match[0][1:]
        if name in _VOID:
            return "" if match[1] else f"<{name}>"  # `<br></br>` of XHTML is one break
        if name in _INLINE or (match[1] and not self._open[name]):
            return ""
        if match[1]:
            self._open[name] -= 1
            self._depth -= 1
        elif self._depth < _DEEPEST:
            self._open[name] += 1
            self._depth += 1
        else:
            return "<br>"
        return f"<{match[1]}{name}>"


def _without_dropped(source: str) -> str:
    """The HTML without comments and elements that are not for reading. One that is never closed is text."""
    kept: list[str] = []
    unclosed: set[str] = set()
    position = 0
    for match in _DROPPED.finditer(source):
        name = (match[1] or match[2]).lower()
        if match.start() < position or name in unclosed:
            continue
        end = re.compile("-->" if match[1] else rf"</{name}\s*>", re.IGNORECASE).search(source, match.end())
        if end is None:
            unclosed.add(name)
            continue
        kept.append(source[position : match.start()])
        position = end.end()
    return "".join([*kept, source[position:]])
