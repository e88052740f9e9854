"""`check`: is the configuration right; do its feeds answer (--probe); is the database sound (--database)."""

from __future__ import annotations

import os
from pathlib import Path

import click

from statustrio.cli.paragraphs import say
from statustrio.cli.progress import with_progress
from statustrio.cli.settings import Settings, environment, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.feed.text import clean


@click.command(
    epilog="""\b
Examples:
  statustrio check              fit for pre-commit and CI: reads only the file
  statustrio check --probe      fetches every feed once
  statustrio check --database   also beside a running daemon"""
)
@click.option("--probe", is_flag=True, help="Fetch every enabled feed once and say what it is.")
@click.option("--database", is_flag=True, help="Look whether the database is sound; the configuration is not read.")
@format_option
@pass_settings
@click.pass_context
def check(ctx: click.Context, settings: Settings, *, probe: bool, database: bool, style: str | None) -> None:
    """Validate the configuration and say which file is in force.

    Every problem is listed as file:line:column, with exit status 2. A consumer whose file cannot be written here is
    named; that is no mistake in the configuration. With --probe, 1 for that, and if a feed cannot be read. With
    --database, 1 if the file is damaged or its tables contradict each other: what is wrong, and what to do.
    """
    if database:
        if probe:
            raise click.UsageError("--probe and --database are two questions: ask one after the other")
        ctx.exit(_check_database(settings.db))
    from statustrio.config import load_config
    from statustrio.redaction import Redactor

    config = load_config(settings.config, environment())
    redactor = Redactor()
    redactor.learn(config.secrets)
    enabled = [one for one in config.providers if one.enabled]
    stuck = [(one.id, why) for one in config.consumers if one.path and (why := _in_the_way(one.type, Path(one.path)))]
    say(
        f"{settings.config.absolute()}: {'can be used' if stuck else 'fine'}; "
        f"providers: {len(config.providers)} ({len(enabled)} enabled), consumers: {len(config.consumers)}",
        err=probe,
    )
    for consumer, why in stuck:
        say(clean(redactor.hide(f"consumer `{consumer}` cannot write: {why}; till then its events wait")), err=True)
    if not probe:
        return
    import trio

    from statustrio.logs import configure_logs
    from statustrio.probe import probe_all

    configure_logs(settings.log_level or "error", redactor)
    with with_progress("probing", len(enabled)) as done:
        results = trio.run(probe_all, config, redactor, done)
    columns = (
        Column("provider", "provider", "bold"),
        Column("result", "result", {"ok": "green", "failed": "bold red"}),
        Column("ms", "milliseconds", alone="{} ms"),
        Column("platform", "platform", "dim"),
        Column("entries", "entries", alone="{} entries"),
        Column("304", "conditional", {"yes": "green", "no": "yellow"}, alone="304: {}"),
        Column("remark", "remark", wide=True),
    )
    looks = [{**row, "conditional": {True: "yes", False: "no", None: ""}[row["conditional"]]} for row in results]
    show(Rows(columns, results, looks), chosen(settings, style))
    ctx.exit(1 if stuck or any(row["result"] == "failed" for row in results) else 0)


def _check_database(path: Path) -> int:
    """Say what is wrong with the database; the exit status."""
    from statustrio.store.soundness import find_faults

    status = 0
    for fault in find_faults(path):
        say(clean(fault.what))
        say(clean(f"  {fault.advice.replace('FILE', str(path))}"), indent=2)
        status = 1
    if not status:
        say(f"{path.absolute()}: sound")
    return status


def _in_the_way(kind: str, path: Path) -> str | None:
    """Why the file of a consumer cannot be written now, None if nothing is in the way."""
    from statustrio.consumers.document import read_own
    from statustrio.errors import DeliveryError

    directory = path.absolute().parent
    if not directory.is_dir():
        return f"{directory} is no directory that is there"
    if path.is_dir():
        return f"{path} is a directory"
    if not os.access(path if path.exists() and kind == "file" else directory, os.W_OK):
        return f"{path} may not be written"
    try:
        if kind == "atom":
            from statustrio.consumers import atom

            read_own(path, atom.read)
        elif kind == "ics":
            from statustrio.consumers import ics

            read_own(path, ics.read)
    except (DeliveryError, OSError) as exc:
        return str(exc)
    return None
