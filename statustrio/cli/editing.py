"""Puts new providers into the configuration file, for the commands that do so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from statustrio.cli.paragraphs import say
from statustrio.config_edit import NewProvider, Refusal, insert_providers
from statustrio.config_file import read_exact, replace_text
from statustrio.errors import ConfigError
from statustrio.redaction import without_password


def config_text(path: Path) -> str:
    """The configuration as it is; nothing if it is not there yet. Raises ConfigError."""
    try:
        is_there = path.exists()
    except PermissionError:
        is_there = True  # reading it says so in words
    return read_exact(path) if is_there else ""


def put_in(path: Path, providers: Sequence[NewProvider], *, dry_run: bool) -> None:
    """Write the providers into the file, or only say what would be written, and say so on stdout.

    Raises ConfigError, with what to do by hand, where that is refused.
    """
    text = config_text(path)
    outcome = insert_providers(text, providers)
    if isinstance(outcome, Refusal):
        raise ConfigError((f"{path}: {outcome.message}",))
    if not dry_run:
        if config_text(path) != text:
            raise ConfigError((f"{path}: was changed by somebody else just now; nothing was written, try again",))
        replace_text(path, outcome.text)
    click.echo(f"{path}:{outcome.line}: {'would add' if dry_run else 'added'}")
    for provider in providers:
        click.echo(f"  - {without_password(provider.item)}")
    if not dry_run:
        say("A running daemon takes it on SIGHUP; `statustrio check` says whether the file is right.", err=True)
