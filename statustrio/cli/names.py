"""A provider's id on the command line."""

from __future__ import annotations

import difflib
from collections.abc import Collection

import click


def check_provider(name: str, known: Collection[str]) -> None:
    """UsageError, with a suggestion, for an id that the database does not know."""
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]!r}?" if near else "`statustrio providers` lists them"
    raise click.UsageError(f"unknown provider {name!r}; {advice}")
