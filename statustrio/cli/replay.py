"""`replay`: what saved versions of a feed would have told, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import click

from statustrio.cli.settings import Settings, is_terminal, pass_settings

FEED_URL = "https://replay.invalid/feed"
"""A capture does not say where it came from, and nothing is fetched."""


def _platform(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from statustrio.config import PLATFORMS
    from statustrio.config_values import BadValueError, check_one_of

    try:
        return None if value is None else check_one_of(value, sorted(PLATFORMS), "platform")
    except BadValueError as exc:
        raise click.BadParameter(str(exc), ctx, param) from exc


@click.command(
    short_help="What saved versions of a feed would have told.",
    epilog="""\b
Examples:
  statustrio replay captures/github/             the files of a directory, oldest first
  statustrio replay before.atom after.atom       what one change of a feed tells
  statustrio replay --backfill all history.atom  all that one document tells
  statustrio replay captures/ | jq -r '[.timestamp, .event, .title] | @tsv'

\b
A capture was taken when its name says: 2026-11-24T120000Z, 20261124120000,
2026-11-24 or seconds since 1970 anywhere in it (UTC unless it names a zone);
else when the file was last written. Files may be compressed with gzip.""",
)
@click.argument("places", nargs=-1, required=True, metavar="PLACE...", type=click.Path(exists=True, path_type=Path))
@click.option("--platform", metavar="NAME", callback=_platform, help="Who made the page; default: as recognised.")
@click.option("--name", help="The provider's name; default: that of the directory.")
@click.option(
    "--interval",
    type=click.IntRange(1, 24 * 60 * 60),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How often the page is polled between two captures.",
)
@click.option(
    "--backfill",
    type=click.Choice(["open", "all", "none"]),
    default="open",
    show_default=True,
    help="What is told of the first capture: what is open there, all of its history, nothing.",
)
@pass_settings
@click.pass_context
def replay(
    ctx: click.Context,
    settings: Settings,
    *,
    places: tuple[Path, ...],
    platform: str | None,
    name: str | None,
    interval: int,
    backfill: str,
) -> None:
    """Print the events that captures of one feed make: each PLACE is a file, or a directory of files.

    They go through the reading and detection of the daemon with the times they were taken at as its clock. No
    configuration is read, no database is touched. Exits with 1 if none of them is a feed.
    """
    import trio

    from statustrio.captures import Capture, find_captures
    from statustrio.config import OPEN_POLL_SECONDS, ProviderConfig
    from statustrio.config_values import slug
    from statustrio.line import render
    from statustrio.logs import configure_logs
    from statustrio.redaction import Redactor
    from statustrio.replay import Replay
    from statustrio.store.opening import open_in_memory
    from statustrio.store.sqlite import SqliteStore

    captures = find_captures(places)
    if not captures:
        raise click.UsageError(f"no files in {', '.join(map(str, places))}")
    name = name or _name_of(places[0])
    config = ProviderConfig(
        slug(name) or "replay",
        name,
        FEED_URL,
        poll_interval_seconds=interval,
        open_poll_interval_seconds=min(interval, OPEN_POLL_SECONDS),
        platform=platform,
        keep_bodies=0,
    )

    configure_logs(settings.log_level or "warning", Redactor())

    def failed(capture: Capture, reason: str) -> None:
        click.echo(f"{capture.path}: {reason}", err=True)

    with closing(SqliteStore(open_in_memory(), render)) as store:
        series = Replay(config, store, _teller(settings), backfill)
        trio.run(partial(series.run, captures, failed=failed))
    undated = sum(not one.dated for one in captures)
    remark = f"; {undated} dated by the file's own time" if undated else ""
    click.echo(series.summary() + remark, err=True)
    ctx.exit(1 if series.unreadable == series.captures else 0)


def _name_of(place: Path) -> str:
    place = place.resolve()
    return (place if place.is_dir() else place.parent).name or "replay"


def _teller(settings: Settings) -> Callable[[Any], None]:
    """Prints an event of the log as the daemon would."""
    if settings.style == "json" or (settings.style == "auto" and not is_terminal()):
        return lambda logged: click.echo(logged.line)
    from statustrio.consumers.console import Console

    shape = Console().shape
    return lambda logged: click.echo(shape(logged))
