"""`mute` and `unmute`: consumers are silent for a while about a provider or an incident; the log stays complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from statustrio.cli.completing import what_to_mute
from statustrio.cli.settings import Settings, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, format_option, show
from statustrio.cli.times import Span, ago, here

ALL = "all"
FIELDS = ("provider", "incident_id", "until", "reason", "muted_at")


@click.command(
    short_help="Be silent about a provider or an incident for a while.",
    epilog="""\b
Examples:
  statustrio mute github 2h --reason "known, being worked on"
  statustrio mute github/ljhhhw2tplqp 1d        this incident alone
  statustrio mute all 30m
  statustrio mute                               what is muted now""",
)
@click.argument("what", required=False, metavar="[PROVIDER|INCIDENT|all]", shell_complete=what_to_mute)
@click.argument("span", required=False, type=Span(), metavar="[DURATION]")
@click.option("--reason", help="Shown with the mute.")
@format_option
@pass_settings
def mute(
    settings: Settings, *, what: str | None, span: timedelta | None, reason: str | None, style: str | None
) -> None:
    """Tell no consumer of a provider or an incident for so long; without arguments, list the mutes.

    What ends meanwhile is not told at all, unless its start was: then its end is told when the mute ends, and of what
    is open by then the newest. A running daemon heeds it with the next event.
    """
    from statustrio.store import changes
    from statustrio.store.opening import open_beside
    from statustrio.stories import Mute

    connection = open_beside(settings.db)
    now = datetime.now(UTC)
    if what is None:
        _list(connection, chosen(settings, style), now)
        return
    if span is None:
        raise click.UsageError(f"for how long? statustrio mute {what} 2h")
    provider, incident_id = _meant(connection, what)
    changes.add_mute(connection, Mute(now, now + span, provider, incident_id, reason))
    click.echo(f"{_name(provider, incident_id)}: no consumer is told until {here(now + span, now)}", err=True)


@click.command(
    epilog="""\b
Examples:
  statustrio unmute github
  statustrio unmute all"""
)
@click.argument("what", metavar="PROVIDER|INCIDENT|all", shell_complete=what_to_mute)
@pass_settings
def unmute(settings: Settings, *, what: str) -> None:
    """Take a mute back; what waited for its end is told within half a minute."""
    from statustrio.store import changes
    from statustrio.store.opening import open_beside

    connection = open_beside(settings.db)
    provider, incident_id = _meant(connection, what)
    if not changes.drop_mute(connection, provider, incident_id):
        raise click.UsageError(f"{_name(provider, incident_id)} is not muted; `statustrio mute` lists what is")
    click.echo(f"{_name(provider, incident_id)}: no longer muted", err=True)


def _meant(connection: Any, what: str) -> tuple[str | None, str | None]:
    """The provider and the incident, None for all of them. UsageError where it is neither."""
    from statustrio.cli.names import check_provider, incident_named
    from statustrio.store import queries

    if what == ALL:
        return None, None
    providers = queries.provider_ids(connection)
    named = None if what in providers else incident_named(connection, what)
    if named:
        return named
    check_provider(what, providers)
    return what, None


def _name(provider: str | None, incident_id: str | None) -> str:
    return "/".join(part for part in (provider or ALL, incident_id) if part)


def _list(connection: Any, style: str, now: datetime) -> None:
    from statustrio.rfc3339 import to_text
    from statustrio.store import queries

    mutes = [one for one in queries.mutes(connection) if one.until > now]
    if style == "table" and not mutes:
        click.echo("nothing is muted")
        return
    data = [
        {
            "provider": one.provider,
            "incident_id": one.incident_id,
            "until": to_text(one.until),
            "reason": one.reason,
            "muted_at": to_text(one.muted_at),
        }
        for one in mutes
    ]
    looks = [
        {
            "what": _name(one.provider, one.incident_id),
            "until": f"{here(one.until, now)}, {ago(one.until, now)}",
            "reason": one.reason,
        }
        for one in mutes
    ]
    columns = (
        Column("muted", "what", "bold"),
        Column("until", "until", alone="until {}"),
        Column("reason", "reason", wide=True),
    )
    show(Rows(columns, data, looks, fields=FIELDS), style)
