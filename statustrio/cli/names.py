"""Ids of providers and incidents on the command line."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

import click


def check_provider(name: str, known: Collection[str]) -> None:
    """UsageError, with a suggestion, for an id that the database does not know."""
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]!r}?" if near else "`statustrio providers` lists them"
    raise click.UsageError(f"unknown provider {name!r}; {advice}")


def incident_named(connection: Any, name: str) -> tuple[str, str] | None:
    """Provider and id of the incident that goes by this name, None if none does. UsageError if more than one does."""
    from statustrio.store import queries

    named = queries.incidents_named(connection, name)
    if len(named) > 1:
        choices = ", ".join(f"{provider}/{incident_id}" for provider, incident_id in named)
        raise click.UsageError(f"more than one provider has an incident {name!r}; say which: {choices}")
    return named[0] if named else None
