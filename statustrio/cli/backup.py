"""`backup`: a copy of the database, beside a running daemon or without one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from statustrio.cli.settings import Settings, pass_settings


@click.command(
    short_help="Copy the database, also beside a running daemon.",
    epilog="""\b
Examples:
  statustrio backup "statustrio-$(date +%F).db"
  statustrio --db copy.db check --database      is the copy sound""",
)
@click.argument("file", type=click.Path(path_type=Path))
@pass_settings
def backup(settings: Settings, *, file: Path) -> None:
    """Copy the database as it is now to FILE, which must not be there yet.

    The copy is whole or not there at all, and for its owner alone. A daemon beside it goes on. To put a copy back see
    docs/operation.md.
    """
    from statustrio.store.copying import back_up
    from statustrio.store.opening import open_reader

    with closing(open_reader(settings.db)) as connection:
        back_up(connection, file)
    click.echo(f"{file}: {file.stat().st_size / 2**20:.1f} MiB")
