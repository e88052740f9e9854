"""`check`: is the configuration right, and with --probe: do its feeds answer."""

from __future__ import annotations

import click

from statustrio.cli.progress import with_progress
from statustrio.cli.settings import Settings, environment, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show


@click.command(
    epilog="""\b
Examples:
  statustrio check              fit for pre-commit and CI: reads only the file
  statustrio check --probe      fetches every feed once"""
)
@click.option("--probe", is_flag=True, help="Fetch every enabled feed once and say what it is.")
@format_option
@pass_settings
@click.pass_context
def check(ctx: click.Context, settings: Settings, *, probe: bool, style: str | None) -> None:
    """Validate the configuration and say which file is in force.

    Every problem is listed as file:line:column, with exit status 2. With --probe, 1 if a feed cannot be read.
    """
    from statustrio.config import load_config

    config = load_config(settings.config, environment())
    enabled = [one for one in config.providers if one.enabled]
    click.echo(
        f"{settings.config.absolute()}: fine; providers: {len(config.providers)} ({len(enabled)} enabled), "
        f"consumers: {len(config.consumers)}",
        err=probe,
    )
    if not probe:
        return
    import trio

    from statustrio.logs import configure_logs
    from statustrio.probe import probe_all
    from statustrio.redaction import Redactor

    redactor = Redactor()
    redactor.learn(config.secrets)
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
    ctx.exit(1 if any(row["result"] == "failed" for row in results) else 0)
