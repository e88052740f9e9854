"""The status pages that are known: `catalog.yaml`, the search in it, and amendments to its text.

It holds facts alone and goes nowhere: whether they still hold is for `catalog_check` to find out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from attrs import frozen

from statustrio.config_values import slug
from statustrio.marks import parse_yaml

LONGEST_WORD = 60
"""Characters: looking for what is near takes quadratic time, and nobody types more by mistake."""
_NO_MATCH = 4


@frozen
class CatalogEntry:
    """A known page. `platform` is None where no reader is made for who made the page."""

    id: str
    name: str
    status_page: str
    feed_url: str
    category: str
    platform: str | None = None


def catalog_text() -> str:
    """The file as it was shipped."""
    return files("statustrio").joinpath("catalog.yaml").read_text(encoding="utf-8")


@cache
def load_catalog() -> Mapping[str, CatalogEntry]:
    """The entries by id, in the order of the file."""
    items: Any = parse_yaml(catalog_text()).data
    return MappingProxyType({item["id"]: CatalogEntry(**item) for item in items})


def find(word: str) -> CatalogEntry | None:
    """The entry that has this id or name, however it is written: `openai`, `OpenAI`, `Google Cloud`."""
    catalog, made = load_catalog(), slug(word)
    return catalog.get(word) or next((one for one in catalog.values() if made in {one.id, slug(one.name)}), None)


def advice(word: str) -> str:
    """What to say after an id that is not in the catalog: a near one, or where to look."""
    catalog = load_catalog()
    by_name = {slug(entry.name): entry.id for entry in catalog.values()} | {ident: ident for ident in catalog}
    near = difflib.get_close_matches(slug(word[:LONGEST_WORD]), by_name, n=1)
    return f", did you mean `{by_name[near[0]]}`?" if near else "; `statustrio catalog WORD` searches it"


def search(words: Iterable[str]) -> tuple[CatalogEntry, ...]:
    """The entries whose id, name or category hold every word, best first; those of a near miss if none do.

    Case, accents, blanks and hyphens do not matter. No words: all of them, in the order of the file.
    """
    catalog = load_catalog()
    wanted = [_folded(word) for word in words]
    if not all(wanted):
        return () if wanted else tuple(catalog.values())
    hits = [
        (rank, entry.id)
        for entry in catalog.values()
        if (rank := max((_rank(word, entry) for word in wanted), default=0)) < _NO_MATCH
    ]
    if wanted and not hits:
        names = {name: entry.id for entry in catalog.values() for name in (_folded(entry.name), _folded(entry.id))}
        near = difflib.get_close_matches("".join(wanted)[:LONGEST_WORD], names, n=5, cutoff=0.75)
        return tuple(catalog[ident] for ident in dict.fromkeys(names[name] for name in near))
    return tuple(catalog[ident] for _, ident in sorted(hits))


def _rank(word: str, entry: CatalogEntry) -> int:
    """How well a word fits an entry, 0 best."""
    names = (_folded(entry.id), _folded(entry.name))
    if word in names:
        return 0
    if word == _folded(entry.category):
        return 1
    if any(name.startswith(word) for name in names):
        return 2
    return 3 if any(word in name for name in names) else _NO_MATCH


def _folded(text: str) -> str:
    return slug(text).replace("-", "")


def amended(text: str, changes: Iterable[CatalogEntry]) -> str:
    """The text of the catalog with the feed and the platform of these entries; every other line stays."""
    by_id = {entry.id: entry for entry in changes}
    blocks = re.split(r"^(?=- id: )", text, flags=re.MULTILINE)
    return "".join(_amended_block(block, by_id) for block in blocks)


def _amended_block(block: str, by_id: Mapping[str, CatalogEntry]) -> str:
    named = re.match(r"- id: (\S+)\n", block)
    entry = by_id.get(named[1]) if named else None
    if entry is None:
        return block
    feed = f"  feed_url: {entry.feed_url}\n"
    if entry.platform is not None:
        feed += f"  platform: {entry.platform}\n"
    return re.sub(r"  feed_url: .*\n(?:  platform: .*\n)?", lambda _: feed, block, count=1)
