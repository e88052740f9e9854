"""Feeds of other readers as providers, and providers as feeds for them. Pure; the format is `opml`'s business."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from statustrio.config import Config
from statustrio.config_edit import NewProvider
from statustrio.config_values import BadValueError, check_url
from statustrio.discover import name_for
from statustrio.environment import as_literal
from statustrio.listed import Listed, entry_at
from statustrio.marks import parse_yaml
from statustrio.opml import Outline


def plan(outlines: Iterable[Outline], listed: Listed) -> tuple[list[NewProvider], list[tuple[Outline, str]]]:
    """What is to be added to a configuration, and what is skipped, each with its reason."""
    wanted: list[NewProvider] = []
    skipped: list[tuple[Outline, str]] = []
    for outline in outlines:
        try:
            provider = _provider(outline)
        except BadValueError as error:
            skipped.append((outline, str(error)))
            continue
        if there := listed.where(provider):
            skipped.append((outline, there))
        else:
            listed.add(provider, "earlier in this list")
            wanted.append(provider)
    return wanted, skipped


def _provider(outline: Outline) -> NewProvider:
    url = as_literal(check_url(outline.url))
    entry = entry_at(url)
    if entry is not None:
        return NewProvider(entry.id, tags=outline.tags)
    return NewProvider.of_page(name_for(outline.title, url), url, outline.tags)


def exported(config: Config, text: str) -> tuple[list[Outline], list[str]]:
    """The providers of a configuration as feeds, and the names of those whose address is not to be given away.

    `text` is that of its file: only there one sees what came from the environment.
    """
    data = parse_yaml(text).data
    items = data["providers"] if isinstance(data, dict) else []
    shared: list[Outline] = []
    kept: list[str] = []
    for provider, item in zip(config.providers, items, strict=True):
        written = item.get("feed_url", "") if isinstance(item, dict) else ""
        if "${" in written or "@" in urlsplit(provider.feed_url).netloc:
            kept.append(provider.name)
        else:
            shared.append(Outline(provider.name, provider.feed_url, provider.tags))
    return shared, kept
