"""`status`: what is broken now, worst first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from statustrio.cli.completing import provider_ids
from statustrio.cli.health import NO_DAEMON, blind
from statustrio.cli.history import IMPACT_STYLES, STATUS_STYLES
from statustrio.cli.names import check_provider
from statustrio.cli.paragraphs import say
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import ago

RANKS = {"critical": 4, "major": 3, None: 2, "minor": 2, "maintenance": 1, "none": 0}
"""From worst to harmless; what a page does not say is shown with what is minor."""
CONDITION_FAILED = 3
MOST_NAMES = 8


@click.command(
    short_help="What is broken now, worst first.",
    epilog="""\b
Examples:
  statustrio status
  statustrio status github openai --fail-on major || echo "wait with the deployment" """,
)
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...", shell_complete=provider_ids)
@click.option(
    "--fail-on",
    type=click.Choice(["minor", "major", "critical"]),
    help="Exit with 3 if something at least so bad, or of unknown impact, is open, or a provider cannot be seen.",
)
@format_option
@pass_settings
@click.pass_context
def status(
    ctx: click.Context, settings: Settings, *, providers: tuple[str, ...], fail_on: str | None, style: str | None
) -> None:
    """Show what is broken now, worst first; planned work that has not begun is left out.

    With --fail-on silence must be earned: an incident of unknown impact counts at every threshold, and so does a
    provider that was never seen or cannot be reached. Name those that matter; without names all are meant.
    """
    from statustrio.store import queries
    from statustrio.store.opening import is_held, open_reader

    connection = open_reader(settings.db)
    health = {row["provider"]: row for row in queries.providers(connection)}
    for provider in providers:
        check_provider(provider, health)
    messages = queries.last_messages(connection)
    chosen_ones = [
        {**row, "message": messages.get((row["provider"], row["incident_id"]), "")}
        for row in queries.incidents(connection, only_open=True)
        if row["status"] != "scheduled" and (not providers or row["provider"] in providers)
    ]
    chosen_ones.sort(key=lambda row: -RANKS[row["impact"]])
    style = chosen(settings, style)
    asked = [row for row in health.values() if not providers or row["provider"] in providers]
    unseen = blind(asked, offline=queries.offline_since(connection) is not None)
    vague = [row["provider"] for row in chosen_ones if fail_on and row["impact"] is None and row["kind"] == "incident"]
    if unseen or vague:
        say(_doubts(unseen, vague, counts=fail_on is not None), err=True)
    if style == "table":
        _for_people(chosen_ones, len(asked) - len(unseen))
    else:
        show(Rows((), chosen_ones, fields=(*queries.HISTORY, "message")), style)
    if (style == "table" or fail_on) and not is_held(settings.db):
        say(NO_DAEMON, err=True)
    known = [RANKS[row["impact"]] for row in chosen_ones if row["impact"] is not None]
    if fail_on and (unseen or vague or any(rank >= RANKS[fail_on] for rank in known)):
        ctx.exit(CONDITION_FAILED)


def _doubts(unseen: list[str], vague: list[str], *, counts: bool) -> str:
    """What is not known, in one line."""
    parts = []
    if unseen:
        parts.append(f"Not seen, so unknown: {_some(unseen)} (see `statustrio providers`).")
    if vague:
        parts.append(f"Open with unknown impact: {_some(vague)}.")
    if counts:
        parts.append("With --fail-on that counts.")
    return " ".join(parts)


def _some(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _for_people(data: list[dict[str, Any]], seen: int) -> None:
    now = datetime.now(UTC)
    if data:
        looks = [
            {
                **row,
                "since": ago(datetime.fromisoformat(row["started_at"]) if row["started_at"] else None, now),
                "status": row["status"].replace("_", " "),
                "said": row["title"] + ("\n" + _first_line(row["message"]) if row["message"] else ""),
            }
            for row in data
        ]
        columns = (
            Column("provider", "provider", "bold"),
            Column("impact", "impact", IMPACT_STYLES),
            Column("status", "status", STATUS_STYLES),
            Column("since", "since"),
            Column("what they say", "said", wide=True),
        )
        show(Rows(columns, data, looks), "table")
    else:
        say(f"Nothing is open at the {seen} provider{'s' if seen != 1 else ''} that could be seen.")


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else line[:199] + "…"
