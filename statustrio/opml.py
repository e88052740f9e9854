"""OPML, the lists of feeds that readers exchange: its bytes to outlines, and outlines to its text. Pure.

What an outline becomes in a configuration is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from attrs import field, frozen

from statustrio.errors import OpmlError
from statustrio.feed.text import one_line

MAX_BYTES = 10 << 20
"""Room for fifty thousand feeds; what is larger is no list of them."""
MAX_DEPTH = 100
"""Folders in each other; readers show three or four."""
LONGEST_TAG = 100
"""Characters."""
MOST_TAGS = 20
"""Of one feed: every feed in deep folders would else bring all their names along."""


@frozen
class Outline:
    """A feed of the list. `title` may be empty; `tags` are the folders it is in and its categories."""

    title: str
    url: str
    tags: tuple[str, ...] = ()


def parse_opml(data: bytes) -> tuple[Outline, ...]:
    """The feeds of a list, in its order; folders without feeds leave no trace. Raises OpmlError."""
    if len(data) > MAX_BYTES:
        raise OpmlError(f"larger than {MAX_BYTES >> 20} MiB; that is no list of feeds")
    reader = _Reader()
    # Entities, which can stand for gigabytes, need a DOCTYPE, and with one the reader stops.
    parser = ET.XMLParser(target=reader)  # noqa: S314  see above
    try:
        parser.feed(data.lstrip())
        parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise OpmlError(f"line {line}, column {column + 1}: not well-formed XML; export the list anew") from error
    except (LookupError, ValueError) as error:
        raise OpmlError("in an encoding that is not known; save it as UTF-8") from error
    return tuple(reader.found)


def render_opml(outlines: Iterable[Outline]) -> str:
    """The feeds as an OPML 2.0 document; tags become categories."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "Status pages"
    body = ET.SubElement(root, "body")
    for one in outlines:
        names = {"text": one.title, "title": one.title, "xmlUrl": one.url}
        category = {"category": ",".join(tag.replace(",", " ") for tag in one.tags)} if one.tags else {}
        ET.SubElement(body, "outline", {"type": "rss"} | names | category)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


@frozen
class _Reader:
    """Takes the elements as they come; a tree of them is never built."""

    found: list[Outline] = field(factory=list)
    _path: list[str | None] = field(factory=list)
    """What is open: the names of folders, None for all else."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2].lower()
        if not self._path and name != "opml":
            raise OpmlError(f"not OPML: its root element is <{one_line(tag)[:40]}>")
        if len(self._path) == MAX_DEPTH:
            raise OpmlError(f"nested deeper than {MAX_DEPTH} levels")
        given = {key.lower(): one_line(value) for key, value in attributes.items()}
        title = given.get("title") or given.get("text") or ""
        url = given.get("xmlurl", "")
        if name == "outline" and url:
            folders = [folder for folder in self._path if folder]
            categories = [part.rpartition("/")[2].strip() for part in given.get("category", "").split(",")]
            tags = tuple(dict.fromkeys(tag[:LONGEST_TAG] for tag in [*folders, *categories] if tag))[:MOST_TAGS]
            self.found.append(Outline(title, url, tags))
        self._path.append(title if name == "outline" and not url else None)

    def end(self, _tag: str) -> None:
        self._path.pop()

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise OpmlError("it has a DOCTYPE, which no list of feeds needs; take that line out")

    def close(self) -> None:
        """The parser asks for it."""
