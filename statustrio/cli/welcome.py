"""What `run` says first on a terminal: what it watches and what is open, so that a calm day is no riddle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from statustrio.cli.times import here
from statustrio.config import Config
from statustrio.feed.text import clean
from statustrio.rfc3339 import from_text
from statustrio.store import queries
from statustrio.store.opening import open_reader


def welcome(config: Config, db: Path) -> None:
    """Print it on stdout, before the first event."""
    enabled = [one for one in config.providers if one.enabled]
    fastest = min((one.poll_interval_seconds for one in enabled), default=0)
    connection = open_reader(db)
    try:
        offline = queries.offline_since(connection)
        known = {row["provider"] for row in queries.providers(connection) if row["last_success_at"]}
        open_now = [row for row in queries.incidents(connection, only_open=True) if row["provider"] in known]
    finally:
        connection.close()
    names = ", ".join(one.name for one in enabled[:8]) + (" …" if len(enabled) > 8 else "")
    click.echo(
        click.style(f"Watching {len(enabled)} provider{'s' if len(enabled) != 1 else ''}", bold=True)
        + f" from every {fastest:g} s: {clean(names)}. Ctrl-C ends."
    )
    if offline:
        since = from_text(offline)
        click.echo(f"No provider could be reached since {here(since, datetime.now(UTC))}; trying again.")
    elif new := len([one for one in enabled if one.id not in known]):
        click.echo(f"{new} of them for the first time: what is open there comes in a moment.")
    for row in open_now:
        click.echo(click.style("  open: ", fg="red") + clean(f"{row['provider']}  {row['title']} ({row['status']})"))
    if not open_now and known and not offline:
        click.echo("Nothing was open when it was last looked at.")
    click.echo()
