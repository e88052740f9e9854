"""`run`: the daemon."""

from __future__ import annotations

import signal
import sys
from functools import partial

import click

from statustrio.cli.places import make_home
from statustrio.cli.settings import Settings, environment, is_terminal, pass_settings

EPILOG = """\b
Examples:
  statustrio run                        until Ctrl-C
  statustrio run --once                 one poll of everything, for cron
  statustrio run --backfill all | jq    the whole history of new providers too
  kill -HUP PID                         read providers.yaml again"""


@click.command(epilog=EPILOG)
@click.option("--once", is_flag=True, help="Poll every provider once, deliver, end (after 30 s at the latest).")
@click.option(
    "--backfill",
    type=click.Choice(["open", "all", "none"]),
    default="open",
    show_default=True,
    help="What is told of a provider never seen before: what is open there, all of its history, nothing.",
)
@pass_settings
@click.pass_context
def run(ctx: click.Context, settings: Settings, *, once: bool, backfill: str) -> None:
    """Follow the configured pages and tell what is new.

    Ends with 0 on Ctrl-C or SIGTERM; with --once also 1 if a consumer is still owed an event.
    """
    # Until it is heard, a request to reload is one to go on: the configuration is about to be read.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    import trio

    from statustrio.config import Config, load_config
    from statustrio.daemon import Daemon
    from statustrio.line import render
    from statustrio.logs import configure_logs
    from statustrio.process import keep_pauses_short, raise_open_files
    from statustrio.redaction import Redactor
    from statustrio.sd_notify import Notifier
    from statustrio.store.opening import hold, open_database
    from statustrio.store.sqlite import SqliteStore

    def read() -> Config:
        return load_config(settings.config, environment())

    redactor = Redactor()
    config = read()
    redactor.learn(config.secrets)
    configure_logs(settings.log_level or ("warning" if sys.stderr.isatty() else "info"), redactor)
    raise_open_files()
    keep_pauses_short()
    make_home(settings.db, environment())
    with hold(settings.db):
        connection = open_database(settings.db)
        store = SqliteStore(connection, render)
        try:
            if is_terminal() and settings.style != "json":
                from statustrio.cli.welcome import welcome

                welcome(config, connection)
            daemon = Daemon(
                config,
                store,
                settings.db,
                redactor,
                read,
                style=settings.style,
                backfill=backfill,
                notifier=Notifier.from_environment(environment()),
            )
            # What escapes here is a bug, or a database that is lost: a traceback, and exit status 1.
            delivered = trio.run(partial(daemon.run, once=once))
        finally:
            store.close()
    ctx.exit(1 if once and not delivered else 0)
