"""What a shell offers while an argument is typed: ids from the database, the configuration and the catalog.

It runs at a press of a key, so it is quick and silent: no check of the configuration, and nothing instead of an error.
What is offered is typed by the shell as it stands, so that no word is more than a word to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from statustrio.cli.places import in_force
from statustrio.cli.settings import environment
from statustrio.config_values import slug
from statustrio.errors import StatustrioError
from statustrio.feed.text import one_line

Choices = Iterable[tuple[str, str | None]]
"""Words and, for shells that show it, what each is."""
MOST = 100
"""Of the incidents, the newest: nobody looks through more."""
_HARMLESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@%+-]*")
"""Pages choose the ids of incidents. A colon is left out because it ends a word for bash."""


def _offering(find: Callable[[click.Context, str], Choices]) -> Any:
    """A `shell_complete` of click: what was found, as far as it begins with what was typed."""

    def complete(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
        try:
            found = list(find(ctx, typed))
        except (StatustrioError, OSError):  # no database yet, no configuration
            return []
        return [
            CompletionItem(word, help=one_line(said) if said else None)
            for word, said in found
            if word.startswith(typed) and _HARMLESS.fullmatch(word)
        ]

    return complete


def _places(ctx: click.Context) -> tuple[Path, Path]:
    """The configuration and the database, by the options before the command, which are not called here."""
    params = ctx.find_root().params
    config, db = (params.get(name) for name in ("config", "db"))
    return in_force(environment(), config and Path(config), db and Path(db))


def _providers(ctx: click.Context, _typed: str) -> Choices:
    """Those of the database, which is what commands know; before there is one those of the configuration."""
    from statustrio.store import queries
    from statustrio.store.opening import open_reader

    _, database = _places(ctx)
    if database.exists():
        with closing(open_reader(database)) as connection:
            return [(row["provider"], row["name"]) for row in queries.providers(connection)]
    items = _items(ctx, "providers")
    short = [(item, None) for item in items if isinstance(item, str)]
    named = [(str(item.get("name", "")), item) for item in items if isinstance(item, dict)]
    return short + [(str(item.get("id", slug(name))), name) for name, item in named]


def _consumers(ctx: click.Context, _typed: str) -> Choices:
    items = [item for item in _items(ctx, "consumers") if isinstance(item, dict)]
    return [(str(item.get("id", item.get("type"))), str(item.get("type"))) for item in items] or [("stdout", None)]


def _catalog(_ctx: click.Context, _typed: str) -> Choices:
    from statustrio.catalog import load_catalog

    return [(ident, entry.name) for ident, entry in load_catalog().items()]


def _incidents(ctx: click.Context, typed: str) -> Choices:
    """The newest that go by such a name: their id, or provider and id with a slash between."""
    from statustrio.store import queries
    from statustrio.store.opening import open_reader

    _, database = _places(ctx)
    with closing(open_reader(database)) as connection:
        for provider, ident, title in queries.incidents_beginning(connection, typed, MOST):
            name = f"{provider}/{ident}"
            yield (name if name.startswith(typed) else ident), title


def _meant(ctx: click.Context, typed: str) -> Choices:
    """What can be muted."""
    yield from [("all", None), *_providers(ctx, typed)]
    if "/" in typed:
        yield from _incidents(ctx, typed)


def _items(ctx: click.Context, key: str) -> list[object]:
    from statustrio.config_file import read_text
    from statustrio.marks import parse_yaml

    config, _ = _places(ctx)
    data = parse_yaml(read_text(config)).data
    items = data.get(key) if isinstance(data, dict) else None
    return items if isinstance(items, list) else []


provider_ids = _offering(_providers)
consumer_ids = _offering(_consumers)
catalog_ids = _offering(_catalog)
incident_ids = _offering(_incidents)
what_to_mute = _offering(_meant)
