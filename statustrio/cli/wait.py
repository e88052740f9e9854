"""`wait`: until nothing is open at a provider."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import click

from statustrio.cli.completing import provider_ids
from statustrio.cli.names import check_provider
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.status import CONDITION_FAILED
from statustrio.cli.times import Span

LOOK_SECONDS = 1.0


@click.command(
    short_help="Wait until nothing is open at a provider.",
    epilog="""\b
Examples:
  statustrio wait github --component Actions --timeout 30m && make deploy
  statustrio wait stripe || echo "still broken" """,
)
@click.argument("provider", shell_complete=provider_ids)
@click.option("--component", metavar="NAME", help="Only what concerns it, or does not say what.")
@click.option("--timeout", type=Span(), help="Give up after so long: 30m, 2h.")
@pass_settings
@click.pass_context
def wait(
    ctx: click.Context, settings: Settings, *, provider: str, component: str | None, timeout: timedelta | None
) -> None:
    """Wait until nothing is open there, planned work that has not begun left out: 0, or 3 at the timeout.

    A daemon has to run on the database: without one nothing there changes.
    """
    from statustrio.cli.health import NO_DAEMON
    from statustrio.store import queries
    from statustrio.store.opening import is_held, open_reader

    connection = open_reader(settings.db)
    check_provider(provider, queries.provider_ids(connection))
    deadline = None if timeout is None else time.monotonic() + timeout.total_seconds()
    told: set[str] = set()
    while open_now := _open(connection, provider, component):
        if not is_held(settings.db):
            click.echo(NO_DAEMON, err=True)
            ctx.exit(CONDITION_FAILED)
        for row in open_now:
            if row["incident_id"] not in told:
                click.echo(f"waiting for: {row['title']} ({row['status'].replace('_', ' ')})", err=True)
                told.add(row["incident_id"])
        left = LOOK_SECONDS if deadline is None else min(LOOK_SECONDS, deadline - time.monotonic())
        if left <= 0:
            ctx.exit(CONDITION_FAILED)
        time.sleep(left)


def _open(connection: Any, provider: str, component: str | None) -> list[dict[str, Any]]:
    from statustrio.store import queries

    return [
        row
        for row in queries.incidents(connection, only_open=True, provider=provider)
        if row["status"] != "scheduled"
        and (component is None or not row["components"] or component in row["components"].split(", "))
    ]
