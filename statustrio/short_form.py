"""The short form of a provider: an id of the catalog stands for its name and the address of its feed.

The catalog is loaded only where an item asks for it. What else may stand in an item is judged in `config_rules`.
"""

from __future__ import annotations

from attrs import fields_dict, frozen

from statustrio.catalog import advice, load_catalog
from statustrio.config_rules import Problem, ProviderSettings
from statustrio.config_values import BadValueError, check_id, shown, slug
from statustrio.marks import Path

_UNKNOWN_URL = "https://unknown.invalid/"
"""Stands for the feed of a page nobody knows, so that the other mistakes of its item are found too."""


@frozen
class Expanded:
    """An item as if it had been written out. `hint` is the platform that the catalog names for its feed."""

    item: object
    hint: str | None = None
    problem: Problem | None = None


def expand(item: object, path: Path) -> Expanded:
    """The item with what the catalog knows: one that is only an id, or has an `id` and no `feed_url`.

    Any other item comes back as it is.
    """
    if isinstance(item, str):
        return _filled(item, {"id": item}, path)
    if not isinstance(item, dict) or "feed_url" in item:
        return Expanded(item)
    try:
        ident = check_id(item.get("id"))
    except BadValueError:
        return Expanded(item)
    is_short = item.keys() <= {"id", *fields_dict(ProviderSettings)}
    return _filled(ident, item, (*path, "id")) if is_short or ident in load_catalog() else Expanded(item)


def provider_id(item: object) -> str | None:
    """The id an item has or is given by its name, even if all the rest of it is wrong; None if it has none."""
    if isinstance(item, dict):
        name = item.get("name")
        ident = slug(name) if "id" not in item and isinstance(name, str) else item.get("id")
    else:
        ident = item
    try:
        return check_id(ident)
    except BadValueError:
        return None


def _filled(ident: str, item: dict[str, object], path: Path) -> Expanded:
    entry = load_catalog().get(ident)
    if entry is not None:
        return Expanded({"name": entry.name, "feed_url": entry.feed_url} | item, entry.platform)
    if "://" in ident:
        message = 'write a page of your own as {name: "...", feed_url: "..."}'
    else:
        message = f"{shown(ident)} is not in the catalog{advice(ident)}"
    return Expanded({"name": "unknown", "feed_url": _UNKNOWN_URL} | item, None, Problem(path, message))
