"""`providers` and `health`: whether the monitor itself is well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from statustrio.cli.paragraphs import say
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import ago
from statustrio.errors import StoreError

NO_DAEMON = "No daemon is running on this database: this is what was known when it ended."
STALE = timedelta(minutes=3)
"""A daemon writes its providers' times every 30 s: after this it hangs."""
LATE = timedelta(minutes=1)
"""After this it does not get to write them: if the disk or another program is seen to be in its way, that is why."""


@click.command(
    short_help="Each provider's health, and the consumers'.",
    epilog="""\b
Examples:
  statustrio providers
  statustrio providers --format json | jq 'select(.consecutive_failures > 0)'
  statustrio providers --consumers --format json | jq 'select(.owed > 0)'""",
)
@click.option("--consumers", "only_consumers", is_flag=True, help="Only how far each consumer is.")
@format_option
@pass_settings
def providers(settings: Settings, *, only_consumers: bool, style: str | None) -> None:
    """Show each provider's health; a table also shows how far each consumer is."""
    from statustrio.store import queries
    from statustrio.store.opening import is_held, open_reader

    connection = open_reader(settings.db)
    style = chosen(settings, style)
    runs = is_held(settings.db)
    both = style == "table" and not only_consumers
    if not only_consumers:
        quiet = queries.quiet(connection, datetime.now(UTC))
        data = [
            {**row, "quiet_days": days, "longest_quiet_days": longest}
            for row in queries.providers(connection)
            for days, longest in [quiet.get(row["provider"], (None, None))]
        ]
        show(_provider_rows(data, runs=runs), style)
    if both:
        click.echo()
    if both or only_consumers:
        show(_consumer_rows(queries.consumers(connection)), style)
    if style == "table" and not runs:
        say(NO_DAEMON, err=True)


def _provider_rows(data: list[dict[str, Any]], *, runs: bool) -> Rows:
    looks = [
        {
            **row,
            "state": _state(row),
            "last_success_at": _when(row["last_success_at"]),
            "next_poll_at": _when(row["next_poll_at"]) if runs else "",
            "open_incidents": row["open_incidents"] or "",
            "remark": _remark(row),
        }
        for row in data
    ]
    columns = (
        Column("provider", "provider", "bold"),
        Column("state", "state", {"ok": "green", "failing": "yellow", "unreachable": "bold red"}),
        Column("open", "open_incidents", "bold red", alone="{} open"),
        Column("last success", "last_success_at", alone="seen {}"),
        Column("next poll", "next_poll_at", alone="next poll {}"),
        Column("platform", "platform", "dim"),
        Column("remark", "remark", "red", wide=True),
    )
    return Rows(columns, data, looks)


def _consumer_rows(data: list[dict[str, Any]]) -> Rows:
    columns = (
        Column("consumer", "consumer", "bold"),
        Column("events owed", "owed", alone="{} owed"),
        Column("oldest", "owed_since", alone="the oldest {}"),
    )
    return Rows(columns, data, [{**row, "owed_since": _when(row["owed_since"])} for row in data])


def blind(rows: Iterable[dict[str, Any]], *, offline: bool) -> list[str]:
    """The providers that were never seen or cannot be reached now: what is open there is unknown."""
    return [row["provider"] for row in rows if offline or row["unreachable_since"] or not row["last_success_at"]]


def _state(row: dict[str, Any]) -> str:
    if row["unreachable_since"]:
        return "unreachable"
    if row["consecutive_failures"]:
        return "failing"
    return "ok" if row["last_success_at"] else "new"


def _remark(row: dict[str, Any]) -> str:
    """What is wrong with the provider, or seems to be: the last error, else the signs of a page that moved or died."""
    from statustrio.store import queries

    remarks = []
    if row["moved_to"]:
        remarks.append(f"moved for good: use {row['moved_to']}")
    if queries.is_too_quiet(row["quiet_days"], row["longest_quiet_days"]):
        remarks.append(f"quiet for {row['quiet_days']} days, longest before: {row['longest_quiet_days']}")
    return row["last_error"] or "; ".join(remarks)


def _when(text: str | None) -> str:
    return ago(datetime.fromisoformat(text) if text else None, datetime.now(UTC))


@click.command(
    short_help="0 if a daemon runs and its polls succeed.",
    epilog="""\b
Example, in a Dockerfile:
  HEALTHCHECK CMD statustrio --db /data/statustrio.db health""",
)
@pass_settings
@click.pass_context
def health(ctx: click.Context, settings: Settings) -> None:
    """Exit with 0 if a daemon holds the database and its polls succeed, else with 1."""
    from statustrio.store.opening import looking

    try:
        with looking(settings.db) as connection:
            ill, said = _diagnosis(connection, settings.db, datetime.now(UTC))
    except StoreError as exc:
        ill, said = True, str(exc)
    click.echo(said, err=ill)
    ctx.exit(int(ill))


def _diagnosis(connection: Any, database: Path, now: datetime) -> tuple[bool, str]:
    """Whether the daemon is ill, and what to say of it."""
    from statustrio.store import queries
    from statustrio.store.opening import is_held, obstacle

    rows = queries.providers(connection)
    newest = max((row["last_polled_at"] for row in rows if row["last_polled_at"]), default=None)
    waits_until = min((row["next_poll_at"] for row in rows if row["next_poll_at"]), default=None)
    late = now - datetime.fromisoformat(waits_until) if waits_until else timedelta(0)
    if not is_held(database):
        return True, "no daemon runs on this database"
    if late > LATE and (reason := obstacle(database)):
        return True, f"nothing is recorded, a poll was due at {waits_until}: {reason}"
    if since := queries.offline_since(connection):
        return True, f"offline since {since}: no provider can be reached"
    if rows and newest and all(row["consecutive_failures"] for row in rows):
        return True, "the last poll of every provider failed"
    if late > STALE:
        return True, f"the daemon hangs: a poll was due at {waits_until}"
    failing = sum(bool(row["consecutive_failures"]) for row in rows)
    return False, f"ok: {len(rows)} providers, {failing} of them failing"
