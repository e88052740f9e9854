"""`run`: the daemon."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from statustrio.cli.places import make_home
from statustrio.cli.settings import Settings, environment, is_terminal, pass_settings
from statustrio.errors import StoreLostError

NEEDED_BY_SITE = ("hypercorn", "icalendar", "jinja2", "prometheus_client", "starlette")

EPILOG = """\b
Examples:
  statustrio run                        until Ctrl-C
  statustrio run --web 127.0.0.1:8080   and a page to look at
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
@click.option("--web", "listen", metavar="ADDRESS:PORT", help="Serve a page to look at there, and an API.")
@pass_settings
@click.pass_context
def run(ctx: click.Context, settings: Settings, *, once: bool, backfill: str, listen: str | None) -> None:
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
    from statustrio.process import keep_large_blocks_apart, keep_pauses_short, raise_open_files
    from statustrio.redaction import Redactor
    from statustrio.sd_notify import Notifier
    from statustrio.store.sqlite import SqliteStore
    from statustrio.supervisor import first_of

    if once and listen:
        raise click.UsageError("--web serves a page while the daemon runs on: leave it out, or --once")

    def read() -> Config:
        return load_config(settings.config, environment())

    redactor = Redactor()
    config = read()
    redactor.learn(config.secrets)
    configure_logs(settings.log_level or ("warning" if sys.stderr.isatty() else "info"), redactor)
    raise_open_files()
    keep_pauses_short()
    keep_large_blocks_apart()
    site = None if once else _site(listen, config)
    make_home(settings.db, environment())
    lost = None
    with ExitStack() as stack:
        connection = _held_and_open(settings.db, stack)
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
                serve_site=site,
            )
            # What else escapes here is a bug: a traceback, and exit status 1.
            delivered = trio.run(partial(daemon.run, once=once))
        except* StoreLostError as group:
            lost = first_of(group)
        finally:
            store.close()
    if lost:
        raise lost
    ctx.exit(1 if once and not delivered else 0)


def _held_and_open(database: Path, held: ExitStack) -> Any:
    """The connection to the database, which is this process's own until `held` ends."""
    import structlog

    from statustrio.store.opening import START_SECONDS, hold, open_database, patiently

    def say(reason: str) -> None:
        hint = f"tried again for {START_SECONDS:g} s, then it is the turn of whoever started this"
        structlog.get_logger("statustrio.cli").warning("database.waits", reason=reason, hint=hint)

    patiently(lambda: held.enter_context(hold(database)), say)
    return patiently(lambda: open_database(database), say)


def _site(asked: str | None, config: Any) -> Any:
    """What serves the site, if there is to be one. UsageError or ConfigError where that cannot be."""
    from statustrio.config_values import BadValueError, check_listen
    from statustrio.errors import ConfigError

    try:
        listen = check_listen(asked) if asked else config.web.listen if config.web else None
    except BadValueError as exc:
        raise click.BadParameter(str(exc), param_hint="--web") from exc
    if listen is None:
        return None
    if missing := [name for name in NEEDED_BY_SITE if find_spec(name) is None]:
        raise ConfigError((f"web: {', '.join(missing)} is missing: pip install 'statustrio[web]'",))
    from statustrio.web.server import bind, run_site

    return partial(run_site, bind(*listen), config.web.hosts if config.web else ())
