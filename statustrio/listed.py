"""Which providers a configuration lists already, told by id and by address. Pure.

It reads past every mistake in the file: what is wrong there is for `config` to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from statustrio.catalog import CatalogEntry, load_catalog
from statustrio.config_edit import NewProvider
from statustrio.config_values import slug, url_key
from statustrio.marks import parse_yaml
from statustrio.short_form import expand, provider_id


class Listed:
    """The ids and addresses of a configuration, each with where it stands."""

    def __init__(self, text: str) -> None:
        self._ids: dict[str, str] = {}
        self._urls: dict[str, str] = {}
        document = parse_yaml(text.removeprefix("\ufeff"))
        items = document.data.get("providers") if isinstance(document.data, dict) else None
        for index, item in enumerate(items if isinstance(items, list) else ()):
            path = ("providers", index)
            full = expand(item, path)
            url = full.item.get("feed_url") if isinstance(full.item, dict) and not full.problem else None
            self._note(provider_id(item), url, f"in line {document.value_mark(path).line}")

    def where(self, provider: NewProvider) -> str | None:
        """A sentence on where the provider is already, None where it is not."""
        ident, url = _id_and_url(provider)
        if url is not None and (place := self._urls.get(url_key(url))):
            return f"its address is there already, {place}"
        if ident is not None and (place := self._ids.get(ident)):
            return f"the id `{ident}` is there already, {place}; another name gives another id"
        return None

    def add(self, provider: NewProvider, place: str) -> None:
        """Count this one too; `place` is said of the next one like it."""
        self._note(*_id_and_url(provider), place)

    def _note(self, ident: str | None, url: object, place: str) -> None:
        if ident is not None:
            self._ids.setdefault(ident, place)
        if isinstance(url, str):
            self._urls.setdefault(url_key(url), place)


def entry_at(url: str) -> CatalogEntry | None:
    """The entry of the catalog whose feed has this address."""
    return _by_address().get(url_key(url))


@cache
def _by_address() -> Mapping[str, CatalogEntry]:
    return {url_key(entry.feed_url): entry for entry in load_catalog().values()}


def _id_and_url(provider: NewProvider) -> tuple[str | None, str | None]:
    url = provider.feed_url
    if url is None and provider.id in load_catalog():
        url = load_catalog()[str(provider.id)].feed_url
    return provider.id or (slug(provider.name) if provider.name else None), url
