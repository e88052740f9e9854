"""`opml`: lists of feeds from and for other readers."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click

from statustrio.cli.settings import Settings, environment, pass_settings


@click.group(
    short_help="Exchanges lists of feeds with feed readers.",
    epilog="""\b
Examples:
  statustrio opml export > status.opml
  statustrio opml import reader.opml""",
)
def opml() -> None:
    """Take feeds over from a feed reader, or give them to one, as OPML."""


@opml.command(
    "import",
    short_help="Adds the feeds of a list to providers.yaml.",
    epilog="""\b
Examples:
  statustrio opml import reader.opml --dry-run
  curl -s https://example.com/status.opml | statustrio opml import -""",
)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@pass_settings
def import_(settings: Settings, *, file: BinaryIO, dry_run: bool) -> None:
    """Add each feed of the list in FILE (`-` for stdin) that is not in providers.yaml yet, one line each.

    Folders become tags. Nothing is fetched. What is skipped is named with the reason.
    """
    from statustrio.cli.editing import config_text, put_in
    from statustrio.errors import ConfigError, OpmlError
    from statustrio.exchange import plan
    from statustrio.listed import Listed
    from statustrio.opml import MAX_BYTES, parse_opml
    from statustrio.redaction import without_password

    try:
        outlines = parse_opml(file.read(MAX_BYTES + 1))
    except OpmlError as exc:
        raise ConfigError((f"{getattr(file, 'name', '<stdin>')}: {exc}",)) from exc
    wanted, skipped = plan(outlines, Listed(config_text(settings.config)))
    for outline, reason in skipped:
        click.echo(f"skipped {outline.title or without_password(outline.url)}: {reason}", err=True)
    if wanted:
        put_in(settings.config, wanted, dry_run=dry_run)
    click.echo(f"{len(wanted)} to add, {len(skipped)} skipped", err=True)


@opml.command(
    "export",
    short_help="Writes all providers as a list of feeds.",
    epilog="""\b
Example:
  statustrio opml export > status.opml""",
)
@pass_settings
def export(settings: Settings) -> None:
    """Write all configured providers to stdout as OPML 2.0.

    Left out, and named on stderr, is an address that holds a password or a value from the environment.
    """
    from statustrio.config import load_config
    from statustrio.config_file import read_text
    from statustrio.exchange import exported
    from statustrio.opml import render_opml

    config = load_config(settings.config, environment())
    shared, kept = exported(config, read_text(settings.config))
    for name in kept:
        click.echo(f"left out {name}: its address holds a secret", err=True)
    sys.stdout.buffer.write(render_opml(shared).encode())
