"""`explain-routing`: who would have been told what, by the consumers as they are configured now. Sends nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import click

from statustrio.cli.completing import consumer_ids
from statustrio.cli.settings import Settings, environment, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import Moment, here

FIELDS = ("at", "consumer", "told", "seq", "provider", "incident_id", "event", "title")


@click.command(
    "explain-routing",
    short_help="Who would have been told what, without telling.",
    epilog="""\b
Examples:
  statustrio explain-routing --since 30d
  statustrio explain-routing --consumer oncall --format json | jq 'select(.told == "event")'""",
)
@click.option("--since", type=Moment(), default="30d", show_default=True, help="From here on: 30d, 2026-11-24.")
@click.option("--consumer", metavar="ID", shell_complete=consumer_ids, help="Only this one.")
@format_option
@pass_settings
def explain_routing(settings: Settings, *, since: datetime, consumer: str | None, style: str | None) -> None:
    """Replay the log through the configured consumers and print what each would have been told, and when.

    Mutes that were set count as well. Each consumer begins with the first event shown, as if it were new there.
    """
    from statustrio.cli.test import find
    from statustrio.config import load_config
    from statustrio.explain import routed
    from statustrio.rfc3339 import to_text
    from statustrio.store import queries
    from statustrio.store.opening import open_reader
    from statustrio.store.sqlite import logged

    config = load_config(settings.config, environment())
    connection = open_reader(settings.db)
    consumers = [find(config.consumers, consumer)] if consumer else list(config.consumers)
    tags = {one.id: one.tags for one in config.providers}
    events = [logged(seq, line).event for seq, line in queries.events(connection, since=since)]
    now = datetime.now(UTC)
    data: list[dict[str, Any]] = []
    kept_back: dict[str, Counter[str]] = {}
    for one in consumers:
        counts = kept_back.setdefault(one.id, Counter())
        for told in routed(one, tags, queries.mutes(connection), events, now):
            if told.kept_back is not None:
                counts[told.kept_back] += 1
                continue
            event = told.event
            about = (event.seq, event.provider, event.incident_id, event.event, event.title)
            data.append(dict(zip(FIELDS, (to_text(told.at), one.id, told.how, *about), strict=True)))
    data.sort(key=lambda row: row["at"])
    style = chosen(settings, style)
    if style == "table":
        looks = [{**row, "at": here(datetime.fromisoformat(row["at"]), now)} for row in data]
        columns = (
            Column("told at", "at", "dim"),
            Column("consumer", "consumer", "bold"),
            Column("as", "told", alone="as {}"),
            Column("provider", "provider"),
            Column("event", "event"),
            Column("title", "title", wide=True),
        )
        if data:
            show(Rows(columns, data, looks), style)
            click.echo()
        for one in consumers:
            reasons = ", ".join(f"{name} {count}" for name, count in kept_back[one.id].most_common())
            told_of = sum(row["consumer"] == one.id for row in data)
            click.echo(
                f"{one.id}: told {told_of} times of {len(events)} events"
                + (f"; kept back: {reasons}" if reasons else "")
            )
        return
    show(Rows((), data, fields=FIELDS), style)
