"""`demo`: the daemon on scripted pages of its own, so that anyone can see it work without network."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from statustrio.cli.history import history
from statustrio.cli.paragraphs import say
from statustrio.cli.settings import Settings, is_terminal, pass_settings
from statustrio.cli.tables import show
from statustrio.redaction import Redactor
from statustrio.store import queries

SETTLE_SECONDS = 1.0
"""After the last step: the last change is polled, stored and shown."""


@click.command(
    short_help="See it at work, without network.",
    epilog="""\b
Examples:
  statustrio demo
  statustrio --format json demo | jq -r .event""",
)
@pass_settings
def demo(settings: Settings) -> None:
    """Show the monitor at work on local fake pages: a few seconds, no network, a database of its own.

    Reads no providers.yaml and ignores --config and --db.
    """
    import trio

    from statustrio.logs import configure_logs

    redactor = Redactor()
    configure_logs(settings.log_level or "error", redactor)
    for_people = is_terminal() and settings.style != "json"
    if for_people:
        say("Three local pages, a few seconds of bad luck.", style="bold")
        click.echo()
    with TemporaryDirectory(prefix="statustrio-demo-") as directory:
        database = Path(directory) / "statustrio.db"
        was_all = trio.run(_show, settings.style, database, redactor)
        if for_people and was_all:
            _tell_the_rest(database)


def _tell_the_rest(database: Path) -> None:
    from statustrio.store.opening import open_reader

    say("That was all of it. The history, as `statustrio incidents` shows it:", style="bold")
    click.echo()
    with closing(open_reader(database)) as connection:
        show(history(queries.incidents(connection), datetime.now(UTC)), "table")
    click.echo()
    say("Now with real pages: `statustrio add openai`, or any other by its address, then `statustrio`.")


async def _show(style: str, database: Path, redactor: Redactor) -> bool:
    """Whether it was seen to its end."""
    import trio

    from statustrio.config import Config, ProviderConfig
    from statustrio.daemon import Daemon
    from statustrio.demo_pages import open_pages, play
    from statustrio.line import render
    from statustrio.store.opening import open_database
    from statustrio.store.sqlite import SqliteStore

    async with open_pages() as (base, pages):
        feeds = (
            ("acme", "Acme Cloud", f"{base}/acme/history.atom"),
            ("chatter", "Chatter AI", f"{base}/chatter/feed.atom"),
            ("globex", "Globex Pay", f"{base}/globex/history.atom"),
        )
        providers = tuple(ProviderConfig(*feed, 0.1, 0.1, max_backoff_seconds=0.2) for feed in feeds)
        config = Config(providers)
        store = SqliteStore(open_database(database), render)
        daemon = Daemon(config, store, database, redactor, lambda: config, style=style)
        was_all = False
        try:
            async with trio.open_nursery() as nursery:

                async def play_then_stop() -> None:
                    nonlocal was_all
                    await trio.sleep(SETTLE_SECONDS / 2)
                    await play(pages)
                    await trio.sleep(SETTLE_SECONDS)
                    was_all = True
                    daemon.stop()

                nursery.start_soon(play_then_stop)
                # It can end first: by Ctrl-C, or because the reader of stdout has what it wanted.
                await daemon.run()
                nursery.cancel_scope.cancel()
        finally:
            store.close()
    return was_all
