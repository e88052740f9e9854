"""YAML to plain data that remembers where each key and value stands in the text.

It knows nothing of providers or consumers, and reads no file. Scalars follow the core schema of YAML 1.2, so `no` and
`1:30` are text and `012` is twelve. What surprises people or can hurt (duplicate keys, tags, merge keys, floods of
aliases, bottomless nesting) is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import yaml
from attrs import Factory, define, frozen

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value: `("providers", 2, "name")`."""

MAX_DEPTH = 50
"""A configuration needs five levels; Python's stack and the checks behind it stand some hundred."""

MAX_EXPANDED = 100_000
"""Nodes that aliases may stand for, all together: ten lines of aliases can ask for a billion."""

MAX_NUMBER = 400
"""Characters of a number: Python refuses integers past 4,300 digits, and a float ends at 309."""

LONGEST_TAG = 60
"""Characters of a tag that a message quotes."""

_TAG = "tag:yaml.org,2002:"
_CORE = {
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), "~nN"),
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    "int": (re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), "-+0123456789"),
    "float": (
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        "-+.0123456789",
    ),
}
"""What plain scalars are more than text: the pattern of each kind, and the characters one can begin with."""

_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@frozen(order=True)
class Mark:
    """A place in the text; line and column count from 1, columns in characters."""

    line: int
    column: int


@frozen
class Flaw:
    """Something about the text itself that is refused. `path` is empty where the whole document is concerned."""

    mark: Mark
    path: Path
    message: str


@frozen
class Extent:
    """Where a value begins and where what is written of it ends: before blanks and comments, but for those that a
    block scalar takes in. `form` is `block`, `flow`, `scalar` or `alias`.
    """

    start: Mark
    end: Mark
    form: str


@define
class _Spot:
    """Where a value begins, and the same for what it holds: by key, together with the key's own place."""

    value: Any
    children: dict[str | int, tuple[Any, _Spot]] = Factory(dict)
    size: int = 1
    """Nodes in it, those behind aliases counted each time."""
    end: Any = None
    """Where it ends; None for a block collection, which ends with the last thing in it."""
    form: str = "block"


@frozen
class Document:
    """Plain data (dict, list, str, int, float, bool, None) with its places. With a fatal flaw `data` is None."""

    data: object
    flaws: tuple[Flaw, ...]
    _root: _Spot

    def value_mark(self, path: Path) -> Mark:
        """Where the value at `path` begins; where there is none, that of the nearest thing that holds it."""
        return _mark(self._find(path)[1])

    def key_mark(self, path: Path) -> Mark:
        """Where the key at `path` begins; an item of a list has its value's place."""
        return _mark(self._find(path)[0])

    def extent(self, path: Path) -> Extent | None:
        """The extent of the value at `path`; None where there is none."""
        spot = self._root
        for step in path:
            if step not in spot.children:
                return None
            _, spot = spot.children[step]
        last = spot
        while last.end is None and last.children:
            _, last = last.children[next(reversed(last.children))]
        return Extent(_mark(spot.value), _mark(last.end or last.value), spot.form)

    def _find(self, path: Path) -> tuple[Any, Any]:
        key, spot = self._root.value, self._root
        for step in path:
            if step not in spot.children:
                return spot.value, spot.value
            key, spot = spot.children[step]
        return key, spot.value


@frozen
class _Start:
    """The place of what has no event of its own."""

    line: int = 0
    column: int = 0


class _FatalError(Exception):
    """Reading cannot go on."""

    def __init__(self, mark: Any, path: Path, message: str) -> None:
        super().__init__(message)
        self.flaw = Flaw(_mark(mark), path, message)


def _core(base: type) -> Any:
    """A loader that takes scalars by the core schema; `base` decides whether libyaml or Python reads."""
    resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {"": [(f"{_TAG}null", _CORE["null"][0])]}
    for name, (pattern, firsts) in _CORE.items():
        for first in firsts:
            resolvers.setdefault(first, []).append((_TAG + name, pattern))
    return type("CoreLoader", (base,), {"yaml_implicit_resolvers": resolvers})


# PyYAML has the C loader only where it was built with libyaml; the other one is slower and otherwise the same.
_LOADER = _core(getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def parse_yaml(text: str) -> Document:
    """The data of `text`; never raises, what is wrong is in `flaws`. An empty text has the data None and no flaw."""
    if bad := _UNPRINTABLE.search(text.removeprefix("\ufeff")):
        before = text.removeprefix("\ufeff")[: bad.start()]
        place = _Start(before.count("\n"), len(before) - before.rfind("\n") - 1)
        return _broken(Flaw(_mark(place), (), f"the character U+{ord(bad[0]):04X} is not allowed here"))
    loader = _LOADER(text)
    try:
        return _Builder(loader).document()
    except _FatalError as error:
        return _broken(error.flaw)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or _Start()
        reason = ", ".join(filter(None, (error.context, error.problem)))
        return _broken(Flaw(_mark(mark), (), f"not valid YAML: {reason}"))
    finally:
        loader.dispose()


class _Builder:
    """Turns the loader's events into data. PyYAML's own composer is not used: it has no limit to its depth, and in C
    a hundred thousand brackets end the process.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._flaws: list[Flaw] = []
        self._anchors: dict[str, tuple[object, _Spot] | None] = {}
        """None while the anchored value is still being read."""
        self._expanded = 0

    def document(self) -> Document:
        self._loader.get_event()
        if self._loader.check_event(yaml.StreamEndEvent):
            return Document(None, (), _Spot(_Start()))
        self._loader.get_event()
        data, root = self._node((), 0)
        self._loader.get_event()
        extra = self._loader.get_event()
        if not isinstance(extra, yaml.StreamEndEvent):
            raise _FatalError(extra.start_mark, (), "a second document begins here; keep one per file")
        return Document(data, tuple(self._flaws), root)

    def _node(self, path: Path, depth: int) -> tuple[object, _Spot]:
        event = self._loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if depth > MAX_DEPTH:
            raise _FatalError(event.start_mark, (), f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        spot = _Spot(event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent) and event.flow_style:
            spot.form = "flow"
        data: object
        if isinstance(event, yaml.ScalarEvent):
            spot.end, spot.form = event.end_mark, "scalar"
            data = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event, path, "seq")
            data = self._sequence(spot, path, depth)
        else:
            self._refuse_tag(event, path, "map")
            data = self._mapping(spot, path, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (data, spot)
        return data, spot

    def _alias(self, event: Any, path: Path) -> tuple[object, _Spot]:
        if event.anchor not in self._anchors:
            raise _FatalError(event.start_mark, path, f"no anchor &{event.anchor} stands before this alias")
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise _FatalError(event.start_mark, path, f"the anchor &{event.anchor} contains itself")
        data, spot = anchored
        self._expanded += spot.size
        if self._expanded > MAX_EXPANDED:
            raise _FatalError(event.start_mark, path, f"the aliases stand for more than {MAX_EXPANDED:,} values")
        return data, _Spot(event.start_mark, spot.children, spot.size, event.end_mark, "alias")

    def _sequence(self, spot: _Spot, path: Path, depth: int) -> list[object]:
        items: list[object] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            index = len(items)
            item, child = self._node((*path, index), depth + 1)
            items.append(item)
            spot.children[index] = (child.value, child)
            spot.size += child.size
        self._close(spot)
        return items

    def _mapping(self, spot: _Spot, path: Path, depth: int) -> dict[str, object]:
        items: dict[str, object] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event = self._loader.peek_event()
            merge = isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value == "<<"
            key, key_spot = self._node(path, depth + 1)
            here = (*path, key) if isinstance(key, str) else path
            value, child = self._node(here, depth + 1)
            spot.size += key_spot.size + child.size
            flaw = None
            if merge:
                flaw = "merge keys are not supported; write the keys out, or use `defaults`"
            elif not isinstance(key, str):
                flaw = "a key must be text; write it in quotes"
            elif key in items:
                flaw = f"duplicate key; the first one is in line {spot.children[key][0].line + 1}"
            else:
                items[key] = value
                spot.children[key] = (key_spot.value, child)
            if flaw is not None:
                self._flaws.append(Flaw(_mark(key_spot.value), here, flaw))
        self._close(spot)
        return items

    def _close(self, spot: _Spot) -> None:
        event = self._loader.get_event()
        if spot.form == "flow":
            spot.end = event.end_mark

    def _scalar(self, event: Any, path: Path) -> object:
        tag, text = event.tag, event.value
        if tag == "!":
            return text
        if tag is None:
            tag = self._loader.resolve(yaml.ScalarNode, text, event.implicit)
        kind = str(tag).removeprefix(_TAG)
        if kind == "str":
            return text
        if kind not in _CORE or not _CORE[kind][0].match(text):
            self._refuse(event, path, str(event.tag))
            return text
        if kind in {"int", "float"} and len(text) > MAX_NUMBER:
            self._flaws.append(Flaw(_mark(event.start_mark), path, "this number is too long"))
            return 0
        return _READ[kind](text)

    def _refuse_tag(self, event: Any, path: Path, kind: str) -> None:
        if event.tag not in {None, "!", _TAG + kind}:
            self._refuse(event, path, event.tag)

    def _refuse(self, event: Any, path: Path, tag: str) -> None:
        shown = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
        shown = shown if len(shown) <= LONGEST_TAG else f"{shown[: LONGEST_TAG - 1]}…"
        self._flaws.append(Flaw(_mark(event.start_mark), path, f"the tag {shown} is not supported; leave it out"))


_READ: Mapping[str, Any] = {
    "null": lambda _: None,
    "bool": lambda text: text[0] in "tT",
    "int": lambda text: int(text, 0 if text[:2] in {"0o", "0x"} else 10),
    "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}


def _mark(place: Any) -> Mark:
    return Mark(place.line + 1, place.column + 1)


def _broken(flaw: Flaw) -> Document:
    return Document(None, (flaw,), _Spot(_Start()))
