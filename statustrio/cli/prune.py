"""`prune`: forget old history, beside a running daemon or without one."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import click

from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.times import Moment, here


@click.command(
    short_help="Forget old history.",
    epilog="""\b
Examples:
  statustrio prune --older-than 365d --dry-run   how much would go
  statustrio prune --older-than 365d             beside a running daemon, too
  statustrio prune --older-than 2024-01-01""",
)
@click.option(
    "--older-than", "before", type=Moment(), required=True, metavar="365d|DATE", help="What was over by then."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and forget nothing.")
@pass_settings
@click.pass_context
def prune(ctx: click.Context, settings: Settings, *, before: datetime, dry_run: bool) -> None:
    """Forget incidents that have long been over, and old events that every consumer has had.

    An incident goes with all of its updates and events or stays with all of them. It stays while its page shows it,
    or is likely to show it again, and while a consumer is owed one of its events.

    The file does not shrink: what comes next fills the room. To have it smaller, stop the daemon and run
    `sqlite3 FILE VACUUM`.
    """
    from statustrio.errors import StoreError
    from statustrio.store.failures import translated
    from statustrio.store.opening import looking, open_beside
    from statustrio.store.pruning import Forgotten, count_old
    from statustrio.store.pruning import prune as prune_database

    now = datetime.now(UTC)
    if before > now:
        raise click.BadParameter(f"{before:%Y-%m-%d %H:%M} is still to come", param_hint="--older-than")
    forgotten = Forgotten()
    if dry_run:
        with looking(settings.db) as connection:
            forgotten = count_old(connection, before)
    else:
        with closing(open_beside(settings.db)) as connection:
            try:
                with translated(settings.db):
                    for part in prune_database(connection, before, now):
                        forgotten += part
            except StoreError as exc:
                click.echo(f"{exc}; what was forgotten till then stays so: {_said(forgotten)}", err=True)
                ctx.exit(1)
    click.echo(
        f"{'would forget' if dry_run else 'forgot'} what was over before {here(before, now)}: {_said(forgotten)}"
    )


def _said(forgotten: object) -> str:
    from statustrio.store.pruning import Forgotten

    assert isinstance(forgotten, Forgotten)
    return f"incidents: {forgotten.incidents} (updates: {forgotten.updates}), events: {forgotten.events}"
