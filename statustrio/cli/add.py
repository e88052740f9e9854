"""`add`: a page of the catalog, or the feed behind any page, as one more line of providers.yaml."""

from __future__ import annotations

import click

from statustrio.cli.completing import catalog_ids
from statustrio.cli.settings import Settings, pass_settings


@click.command(
    short_help="Adds a page to providers.yaml.",
    epilog="""\b
Examples:
  statustrio add openai                      a page of the catalog
  statustrio add https://status.example.com  finds the feed behind the page
  statustrio add status.example.com --name "Example" --dry-run""",
)
@click.argument("what", metavar="ID|URL", shell_complete=catalog_ids)
@click.option("--name", help="What to call it; default: as the catalog or the feed does.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option("--no-probe", is_flag=True, help="Without network; only for an ID of the catalog.")
@pass_settings
@click.pass_context
def add(ctx: click.Context, settings: Settings, *, what: str, name: str | None, dry_run: bool, no_probe: bool) -> None:
    """Look at a page, say what its feed is, and add it to providers.yaml as one line.

    Every other byte of the file stays. A page that cannot be read is not added: exit status 1. If the file is written
    so that no line can be put in, the line to add is shown: exit status 2.
    """
    from statustrio.cli.adding import Adding
    from statustrio.cli.editing import config_text, put_in
    from statustrio.listed import Listed

    adding = Adding.of(what, name, settings.log_level or "error")
    if no_probe and adding.entry is None:
        raise click.UsageError("a URL has to be looked at; --no-probe is for an ID of the catalog")
    listed = Listed(config_text(settings.config))
    there = listed.where(adding.before())
    provider = adding.before()
    if there is None and not no_probe:
        found = adding.look()
        if found is None:
            ctx.exit(1)
        provider = adding.after(found)
        there = listed.where(provider)
    if there is not None:
        click.echo(f"{settings.config}: {there}; nothing to do")
        return
    put_in(settings.config, [provider], dry_run=dry_run)
