"""Adds providers to the text of providers.yaml so that every other character stays, or says which line to add. Pure.

A line is put where it seems to belong; then the new text is read as the old one was, and must differ by the new items
alone. So no odd shape of the file has to be known here. What the items mean is not judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from attrs import frozen

from statustrio.config_values import RESERVED_IDS, slug
from statustrio.marks import Document, Extent, Mark, Path, parse_yaml

_BOM = "\ufeff"
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for YAML."""
_ENDING = re.compile(r"(?:\r\n|\n|\r)\Z")
_DASH = re.compile(r"( *)-(?=\s|\Z)")
_LIST: Path = ("providers",)


@frozen
class NewProvider:
    """A provider to be added: an id of the catalog alone, or a page with its name and feed."""

    id: str | None = None
    name: str | None = None
    feed_url: str | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of_page(cls, name: str, feed_url: str, tags: tuple[str, ...] = ()) -> NewProvider:
        """A page; it gets an id made of its host where none can be made of its name."""
        named = slug(name)
        host = slug(urlsplit(feed_url).hostname or "")
        made = host if host and host not in RESERVED_IDS else f"page-{host}".rstrip("-")
        return cls(None if named and named not in RESERVED_IDS else made, name, feed_url, tags)

    @property
    def data(self) -> str | dict[str, object]:
        """What YAML reads from `item`."""
        keys: dict[str, object] = {"id": self.id, "name": self.name, "feed_url": self.feed_url, "tags": [*self.tags]}
        given = {key: value for key, value in keys.items() if value}
        return str(self.id) if set(given) == {"id"} else given

    @property
    def item(self) -> str:
        """The item as it is written, on one line and without its dash."""
        if isinstance(self.data, str):
            return _plain(self.data)
        keys = [f"id: {_plain(self.id)}"] if self.id else []
        keys += [f"{key}: {_quoted(value)}" for key in ("name", "feed_url") if (value := self.data.get(key))]
        keys += [f"tags: [{', '.join(map(_quoted, self.tags))}]"] if self.tags else []
        return f"{{{', '.join(keys)}}}"


@frozen
class Edited:
    """The new text; `line` is the number of the line where the first new item stands."""

    text: str
    line: int


@frozen
class Refusal:
    """Why the text was left alone, and what to do by hand."""

    message: str


def insert_providers(text: str, providers: Sequence[NewProvider]) -> Edited | Refusal:
    """Add the providers at the end of the list `providers`; `text` is the whole file, byte-order mark included."""
    body = text.removeprefix(_BOM)
    document = parse_yaml(body)
    old = {} if document.data is None else document.data
    listed = old.get("providers") if isinstance(old, dict) else None
    if isinstance(old, dict) and not document.flaws and (listed is None or isinstance(listed, list)):
        expected = old | {"providers": [*(listed or ()), *(one.data for one in providers)]}
        for start, piece in _places(body, document, [one.item for one in providers]):
            new = body[:start] + piece + body[start:]
            read = parse_yaml(new)
            if not read.flaws and read.data == expected:
                return Edited(text[: len(text) - len(body)] + new, _first_line(read, len(providers)))
    lines = "\n".join(f"  - {one.item}" for one in providers)
    return Refusal(f"{_reason(document, listed)}:\n\nproviders:\n{lines}")


def _first_line(document: Document, count: int) -> int:
    """The line of the first of the last `count` providers."""
    assert isinstance(document.data, dict)
    return document.value_mark((*_LIST, len(document.data["providers"]) - count)).line


def _reason(document: Document, listed: object) -> str:
    """Why nothing can be put in, and what to do by hand."""
    for flaw in document.flaws:
        return f"line {flaw.mark.line}: {flaw.message}; mend this first, then add to the list"
    extent = document.extent(_LIST)
    if document.data is not None and not isinstance(document.data, dict):
        return "the file must be a mapping of keys to values; make it one that has"
    if extent is None:
        return "`providers:` is missing and cannot be put at the end of this file; add by hand"
    if not isinstance(listed, list):
        return f"line {extent.start.line}: `providers` is not a list; make it one by hand"
    return f"line {extent.start.line}: this list cannot be added to without changing other lines; add by hand"


def _places(body: str, document: Document, items: list[str]) -> Iterator[tuple[int, str]]:
    """The places where the items could go, with what to put there; the best one first."""
    text = _Text(body)
    extent = document.extent(_LIST)
    if extent is None:
        top = document.extent(())
        indent = " " * (top.start.column - 1 if document.data is not None and top is not None else 0)
        yield text.below(len(text.lines), [f"{indent}providers:", *(f"{indent}  - {item}" for item in items)])
    elif extent.form == "scalar":
        indent = " " * (document.key_mark(_LIST).column + 1)
        yield text.below(extent.end.line, [f"{indent}- {item}" for item in items])
    elif extent.form == "flow":
        yield _in_flow(text, document, extent, items)
    elif extent.form == "block":
        for indent in _indents(text, document, extent):
            for line in _ends(text, extent, len(indent)):
                yield text.below(line, [f"{indent}- {item}" for item in items])


def _in_flow(text: _Text, document: Document, extent: Extent, items: list[str]) -> tuple[int, str]:
    """After the last item of `[a, b]`, or after the opening bracket of `[]`."""
    count = 0
    while document.extent((*_LIST, count)) is not None:
        count += 1
    last = document.extent((*_LIST, count - 1))
    if last is None:
        return text.position(extent.start) + 1, ", ".join(items)
    return text.position(last.end), "".join(f", {item}" for item in items)


def _indents(text: _Text, document: Document, extent: Extent) -> Iterator[str]:
    """The blanks before the dash of the first item, which may stand in a line above it."""
    first = document.extent((*_LIST, 0))
    for line in range(first.start.line if first else 0, extent.start.line - 1, -1):
        if dash := _DASH.match(text.lines[line - 1]):
            yield dash[1]


def _ends(text: _Text, extent: Extent, indent: int) -> Iterator[int]:
    """The numbers of the lines that a block list may be said to end with."""
    # A block scalar ends where the next thing begins: blank lines may be its own, or only stand below it.
    reach = extent.end.line - (extent.end.column == 1)
    line = reach
    while not text.lines[line - 1].strip():
        line -= 1
    # A comment that is indented deeper than the dash is about the last item.
    deeper = re.compile(rf" {{{indent + 1},}}#")
    while line < len(text.lines) and deeper.match(text.lines[line]):
        line += 1
    yield line
    yield reach


class _Text:
    """A text by its lines, numbered from 1, as the marks of YAML count them."""

    def __init__(self, body: str) -> None:
        self._starts = list(dict.fromkeys([0, *(found.end() for found in _BREAK.finditer(body)), len(body)]))
        self.lines = [body[start:end] for start, end in pairwise(self._starts)]

    def position(self, mark: Mark) -> int:
        return self._starts[mark.line - 1] + mark.column - 1

    def below(self, line: int, added: list[str]) -> tuple[int, str]:
        """Where to put these lines to have them below that one, and how; 0 is above the first one.

        They end as the lines above do. A file without a newline at its end has none afterwards either.
        """
        above = reversed(self.lines[:line])
        ending = next((found[0] for one in above if (found := _ENDING.search(one))), "\n")
        joined = ending.join(added)
        if line and not _ENDING.search(self.lines[line - 1]):
            return self._starts[line], ending + joined
        return self._starts[line], joined + ending


def _quoted(text: object) -> str:
    """The text in double quotes; what JSON writes means the same in YAML."""
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """The text without quotes, where it is not read as a number or the like then."""
    return text if parse_yaml(text).data == text else _quoted(text)
