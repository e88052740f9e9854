"""`incidents` and `events`: what was, from the database; beside a running daemon or without one."""

from __future__ import annotations

import select
import signal
from datetime import UTC, datetime
from typing import Any

import click

from statustrio.cli.completing import provider_ids
from statustrio.cli.names import check_provider
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import Moment, here

FOLLOW_SECONDS = 0.5


@click.command(
    epilog="""\b
Examples:
  statustrio incidents --since 7d
  statustrio incidents --at 2026-11-20T14:00Z   what was open at that moment
  statustrio incidents --provider github --format csv > github.csv"""
)
@click.option("--open", "only_open", is_flag=True, help="Only what is open now.")
@click.option("--provider", metavar="ID", shell_complete=provider_ids, help="Only of this provider.")
@click.option("--since", type=Moment(), help="Open, or over not before this: 7d, 12h, 2026-11-24.")
@click.option("--at", type=Moment(), help="Open at this moment.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@format_option
@pass_settings
def incidents(
    settings: Settings,
    *,
    only_open: bool,
    provider: str | None,
    since: datetime | None,
    at: datetime | None,
    limit: int | None,
    style: str | None,
) -> None:
    """List incidents and maintenance, newest first."""
    from statustrio.store import queries
    from statustrio.store.opening import open_reader

    connection = open_reader(settings.db)
    if provider:
        check_provider(provider, queries.provider_ids(connection))
    data = queries.incidents(connection, only_open=only_open, provider=provider, since=since, at=at, limit=limit)
    style = chosen(settings, style)
    if style == "table" and not data:
        click.echo("nothing to show")
        return
    show(history(data, datetime.now(UTC)), style)


def history(data: list[dict[str, Any]], now: datetime) -> Rows:
    """Incidents as rows."""
    from statustrio.store import queries

    looks = [
        {
            **row,
            "started_at": here(_time(row["started_at"]), now),
            "duration": "" if row["duration_minutes"] is None else f"{row['duration_minutes']} min",
            "status": row["status"].replace("_", " "),
        }
        for row in data
    ]
    columns = (
        Column("started", "started_at", "dim"),
        Column("provider", "provider", "bold"),
        Column("impact", "impact", IMPACT_STYLES),
        Column("status", "status", STATUS_STYLES),
        Column("lasted", "duration", alone="lasted {}"),
        Column("title", "title", wide=True),
    )
    return Rows(columns, data, looks, fields=queries.HISTORY)


@click.command(
    epilog="""\b
Examples:
  statustrio events --since 1h | jq -r .title
  statustrio events --after 1207 --follow       go on where you stopped"""
)
@click.option("--since", type=Moment(), help="Recorded not before this: 1h, 2026-11-24.")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Only with a greater seq.")
@click.option("--follow", is_flag=True, help="Go on with what comes.")
@pass_settings
def events(settings: Settings, *, since: datetime | None, after: int, follow: bool) -> None:
    """Print the log as JSON lines; no consumer's place moves."""
    from statustrio.store import queries
    from statustrio.store.opening import open_reader

    connection = open_reader(settings.db)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            for seq, line in queries.events(connection, after=after, since=since):
                click.echo(line)
                after = seq
            if not follow or _reader_gone(FOLLOW_SECONDS):
                return
    except KeyboardInterrupt:
        return


def _reader_gone(seconds: float) -> bool:
    """Wait so long, or until nobody reads stdout any more; whether that is so."""
    poll = select.poll()
    poll.register(1, 0)
    return bool(poll.poll(seconds * 1000))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


IMPACT_STYLES = {"critical": "bold white on red", "major": "bold red", "minor": "yellow", "maintenance": "blue"}
STATUS_STYLES = {
    "investigating": "red",
    "identified": "red",
    "monitoring": "yellow",
    "in progress": "blue",
    "scheduled": "blue",
    "resolved": "green",
    "completed": "green",
}
