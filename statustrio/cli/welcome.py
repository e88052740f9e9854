"""What `run` says first on a terminal: what it watches and what is open, so that a calm day is no riddle."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from statustrio.cli.paragraphs import say
from statustrio.cli.times import here
from statustrio.config import Config
from statustrio.feed.text import clean, one_line
from statustrio.rfc3339 import from_text
from statustrio.store import queries

OPEN = "  open: "


def welcome(config: Config, connection: queries.Connection) -> None:
    """Print it on stdout, before the first event, from the connection of the daemon.

    Opening the file anew and closing it would take the daemon's locks away: POSIX drops those of the whole process.
    """
    enabled = [one for one in config.providers if one.enabled]
    fastest = min((one.poll_interval_seconds for one in enabled), default=0)
    offline = queries.offline_since(connection)
    known = {row["provider"] for row in queries.providers(connection) if row["last_success_at"]}
    open_now = [row for row in queries.incidents(connection, only_open=True) if row["provider"] in known]
    names = ", ".join(one.name for one in enabled[:8]) + (" …" if len(enabled) > 8 else "")
    count = f"{len(enabled)} provider{'s' if len(enabled) != 1 else ''}"
    said = f"Watching {count}, one at least every {fastest:g} s: {one_line(names)}. Ctrl-C ends."
    say(said, style="bold")
    if offline:
        since = from_text(offline)
        say(f"No provider could be reached since {here(since, datetime.now(UTC))}; trying again.")
    elif new := len([one for one in enabled if one.id not in known]):
        say(f"{new} of them for the first time: what is open there comes in a moment.")
    for row in open_now:
        status = row["status"].replace("_", " ")
        say(clean(f"{row['provider']}  {row['title']} ({status})"), mark=OPEN, indent=len(OPEN))
    if not open_now and known and not offline:
        say("Nothing was open when it was last looked at.")
    click.echo()
