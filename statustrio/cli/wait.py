"""`wait`: until nothing is open at a provider."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import click

from statustrio.cli.completing import provider_ids
from statustrio.cli.health import NO_DAEMON, blind
from statustrio.cli.names import check_provider
from statustrio.cli.paragraphs import say
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

    A provider that was never seen or cannot be reached is waited for as well. A daemon has to run on the database:
    without one nothing there changes.
    """
    from statustrio.store import queries
    from statustrio.store.opening import is_held, open_reader

    connection = open_reader(settings.db)
    check_provider(provider, [row["provider"] for row in queries.providers(connection)])
    deadline = None if timeout is None else time.monotonic() + timeout.total_seconds()
    told: set[str] = set()
    while waited_for := _waited_for(connection, provider, component):
        if not is_held(settings.db):
            say(NO_DAEMON, err=True)
            ctx.exit(CONDITION_FAILED)
        for ident, said in waited_for.items():
            if ident not in told:
                say(f"waiting for: {said}", err=True)
                told.add(ident)
        left = LOOK_SECONDS if deadline is None else min(LOOK_SECONDS, deadline - time.monotonic())
        if left <= 0:
            ctx.exit(CONDITION_FAILED)
        time.sleep(left)


def _waited_for(connection: Any, provider: str, component: str | None) -> dict[str, str]:
    """What has to end before nothing is open there, by a name of it."""
    from statustrio.store import queries

    health = [row for row in queries.providers(connection) if row["provider"] == provider]
    if not health or blind(health, offline=queries.offline_since(connection) is not None):
        return {"": f"{provider} cannot be seen (see `statustrio providers`)"}
    return {
        row["incident_id"]: f"{row['title']} ({row['status'].replace('_', ' ')})"
        for row in queries.incidents(connection, only_open=True, provider=provider)
        if row["status"] != "scheduled"
        and (component is None or not row["components"] or component in row["components"].split(", "))
    }
