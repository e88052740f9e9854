"""`dead-letters`: what a consumer refused to take, for people to decide about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from statustrio.cli.settings import Settings, environment, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import ago

FIELDS = ("id", "consumer", "seq", "event", "line", "reason", "set_aside_at")


@click.group(
    "dead-letters",
    short_help="What a consumer refused: list, retry, drop.",
    epilog="""\b
Examples:
  statustrio dead-letters list
  statustrio dead-letters retry               all of them, once more
  statustrio dead-letters drop 3 4""",
)
def dead_letters() -> None:
    """What a consumer refused five times was set aside, so that it holds up nothing. Decide about it here."""


@dead_letters.command("list")
@format_option
@pass_settings
def list_(settings: Settings, *, style: str | None) -> None:
    """List what was set aside, the oldest first."""
    from statustrio.store import changes
    from statustrio.store.opening import open_reader

    data = changes.letters(open_reader(settings.db))
    style = chosen(settings, style)
    if style == "table" and not data:
        click.echo("nothing was set aside")
        return
    now = datetime.now(UTC)
    looks = [{**row, "set_aside_at": ago(datetime.fromisoformat(row["set_aside_at"]), now)} for row in data]
    columns = (
        Column("id", "id", "bold"),
        Column("consumer", "consumer"),
        Column("seq", "seq", alone="seq {}"),
        Column("event", "event"),
        Column("set aside", "set_aside_at", alone="set aside {}"),
        Column("reason", "reason", "red", wide=True),
    )
    show(Rows(columns, data, looks, fields=FIELDS), style)


@dead_letters.command()
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
@pass_settings
def retry(settings: Settings, *, ids: tuple[int, ...]) -> None:
    """Deliver these, or all, once more; what is taken is forgotten. Exit status 1 if one is refused again."""
    import trio

    from statustrio.cli.test import find
    from statustrio.config import load_config
    from statustrio.redaction import Redactor
    from statustrio.store import changes
    from statustrio.store.opening import open_beside

    connection = open_beside(settings.db)
    config = load_config(settings.config, environment())
    redactor = Redactor()
    redactor.learn(config.secrets)
    refused = 0

    def said(letter: dict[str, Any], reason: str | None) -> None:
        nonlocal refused
        if reason is None:
            changes.drop_letters(connection, [letter["id"]])
            click.echo(f"{letter['id']}: taken", err=True)
        else:
            refused += 1
            click.echo(f"{letter['id']}: {letter['consumer']} did not take it: {redactor.hide(reason)}", err=True)

    by_consumer: dict[str, list[dict[str, Any]]] = {}
    for letter in _chosen(connection, ids):
        by_consumer.setdefault(letter["consumer"], []).append(letter)
    for consumer, letters in by_consumer.items():
        trio.run(_deliver, find(config.consumers, consumer), letters, settings.style, said)
    if refused:
        raise click.exceptions.Exit(1)


async def _deliver(
    config: Any, letters: list[dict[str, Any]], style: str, said: Callable[[dict[str, Any], str | None], None]
) -> None:
    """Open a consumer and hand it these letters, one after the other; what came of each is `said`."""
    from statustrio.consumers import open_consumer
    from statustrio.errors import ConsumerGoneError, DeliveryError
    from statustrio.store.sqlite import logged

    left = list(letters)
    try:
        async with open_consumer(config, style=style, writers={}) as consumer:
            while left:
                try:
                    await consumer.deliver(logged(left[0]["seq"], left[0]["line"]))
                    reason = None
                except DeliveryError as exc:
                    reason = str(exc)
                said(left.pop(0), reason)
    except ConsumerGoneError as exc:
        for letter in left:
            said(letter, str(exc))


@dead_letters.command()
@click.argument("ids", nargs=-1, type=int, required=True, metavar="ID...")
@pass_settings
def drop(settings: Settings, *, ids: tuple[int, ...]) -> None:
    """Forget these; the log keeps their events."""
    from statustrio.store import changes
    from statustrio.store.opening import open_beside

    connection = open_beside(settings.db)
    changes.drop_letters(connection, [row["id"] for row in _chosen(connection, ids)])


def _chosen(connection: Any, ids: tuple[int, ...]) -> list[dict[str, Any]]:
    """The letters with these ids, all without any. UsageError for an id that is not there."""
    from statustrio.store import changes

    rows = {row["id"]: row for row in changes.letters(connection)}
    for one in ids:
        if one not in rows:
            raise click.UsageError(f"no letter {one} was set aside; `statustrio dead-letters list` lists them")
    return [rows[one] for one in ids] if ids else list(rows.values())
