"""`catalog`: the status pages that are known; `catalog check`: whether what is known still holds."""

from __future__ import annotations

import difflib
import sys

import click
from attrs import asdict

from statustrio.cli.progress import with_progress
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show

CHECK = "check"
COLUMNS = ("id", "name", "category", "platform", "feed_url")


@click.command(
    short_help="The status pages that are known by an id.",
    epilog="""\b
Examples:
  statustrio catalog                      all of them
  statustrio catalog google cloud         those that hold both words
  statustrio catalog ai --format json | jq -r .feed_url
  statustrio catalog check openai github  are these feeds still there?""",
)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@format_option
@pass_settings
@click.pass_context
def catalog(ctx: click.Context, settings: Settings, *, words: tuple[str, ...], style: str | None) -> None:
    """List the known status pages whose id, name or category hold every WORD.

    An id stands for a page in providers.yaml, as the item `- openai`; `statustrio add openai` puts it there.

    With the word `check` and ids, or no id for all, the feeds are fetched. What should change in the catalog is
    printed as a patch, what failed goes to stderr. Exit status 1 if there is either.
    """
    if words[:1] == (CHECK,):
        ctx.exit(_check(settings, words[1:]))
    from statustrio.catalog import search

    found = search(words)
    if not found:
        click.echo("The catalog has nothing like it; `statustrio add URL` takes any page with a feed.", err=True)
    data = [{name: asdict(entry)[name] for name in COLUMNS} for entry in found]
    columns = (
        Column("id", "id", "bold"),
        Column("name", "name"),
        Column("category", "category", "dim"),
        Column("platform", "platform", "dim"),
        Column("feed", "feed_url", wide=True),
    )
    show(Rows(columns, data, fields=COLUMNS), chosen(settings, style))


def _check(settings: Settings, ids: tuple[str, ...]) -> int:
    import trio

    from statustrio.catalog import advice, amended, catalog_text, load_catalog
    from statustrio.catalog_check import check_entries
    from statustrio.feed.text import clean
    from statustrio.fetch import Web
    from statustrio.logs import configure_logs
    from statustrio.redaction import Redactor

    known = load_catalog()
    for ident in ids:
        if ident not in known:
            raise click.UsageError(f"`{ident}` is not in the catalog{advice(ident)}")
    entries = [known[ident] for ident in dict.fromkeys(ids or known)]
    configure_logs(settings.log_level or "error", Redactor())
    with with_progress("looking", len(entries)) as done:
        results = trio.run(check_entries, Web(), entries, done)
    differ = [one for one in results if one.proposed != one.entry]
    failed = [one for one in results if one.failure]
    text = catalog_text()
    new = amended(text, [one.proposed for one in differ])
    name = "statustrio/catalog.yaml"
    sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), new.splitlines(True), f"a/{name}", f"b/{name}"))
    for one in results:
        if said := one.failure or one.remark:
            click.echo(clean(f"{one.entry.id}: {said}"), err=True)
    fine = len(results) - len(differ) - len(failed)
    click.echo(f"{len(results)} looked at: {fine} fine, {len(differ)} differ, {len(failed)} failed", err=True)
    return 1 if differ or failed else 0
