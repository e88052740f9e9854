"""`test`: one marked event through a consumer, to see whether it arrives."""

from __future__ import annotations

import difflib
import time
from datetime import UTC, datetime
from typing import Any

import click

from statustrio.cli.completing import consumer_ids
from statustrio.cli.settings import Settings, environment, pass_settings


@click.command(
    short_help="Send a sample event through a consumer.",
    epilog="""\b
Examples:
  statustrio test webhook
  statustrio test oncall        the consumer with `id: oncall`""",
)
@click.argument("consumer", shell_complete=consumer_ids)
@pass_settings
def test(settings: Settings, *, consumer: str) -> None:
    """Send a sample event through a consumer of the configuration, past its filters, and say what came of it.

    It says that it is a test, and stands in no log. Exit status 1 if it was not taken.
    """
    import trio

    from statustrio.config import load_config
    from statustrio.errors import ConsumerGoneError, DeliveryError
    from statustrio.redaction import Redactor

    config = load_config(settings.config, environment())
    redactor = Redactor()
    redactor.learn(config.secrets)
    one = find(config.consumers, consumer)
    began = time.monotonic()
    try:
        trio.run(deliver, one, sample(datetime.now(UTC), planned=one.type == "ics"), settings.style)
    except (DeliveryError, ConsumerGoneError) as exc:
        raise click.ClickException(f"{consumer} did not take it: {redactor.hide(str(exc))}") from exc
    click.echo(f"{consumer} ({one.type}) took it in {time.monotonic() - began:.2f} s", err=True)


def find(consumers: Any, wanted: str) -> Any:
    """The consumer with this id. UsageError, with a suggestion, if there is none."""
    by_id = {one.id: one for one in consumers}
    if wanted not in by_id:
        near = difflib.get_close_matches(wanted, by_id, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(by_id) or 'none'}"
        raise click.UsageError(f"no consumer {wanted!r} in the configuration; {advice}")
    return by_id[wanted]


async def deliver(config: Any, logged: Any, style: str) -> None:
    """Open a consumer and hand it this one event. Raises what its `deliver` raises."""
    from statustrio.consumers import open_consumer

    async with open_consumer(config, style=style, writers={}) as consumer:
        await consumer.deliver(logged)


def sample(now: datetime, *, planned: bool = False) -> Any:
    """An event that says that it is none. `planned`: for a consumer that takes nothing but planned work."""
    from attrs import evolve

    from statustrio.events import Event, event_id
    from statustrio.line import render
    from statustrio.model import Component, Impact, Status
    from statustrio.store.protocol import Logged

    event = Event(
        seq=0,
        id=event_id("statustrio-test", "test", now.isoformat(), "incident.opened"),
        timestamp=now,
        event="incident.opened",
        provider="statustrio-test",
        provider_name="statustrio test",
        incident_id="test",
        title="TEST: nothing is broken",
        status=Status.INVESTIGATING,
        impact=Impact.MINOR,
        components=(Component("Test", None),),
        message="This is a test of a consumer, sent by `statustrio test`. No page reported it.",
        update_at=now,
        started_at=now,
        updated_at=now,
    )
    if planned:
        event = evolve(event, event="maintenance.scheduled", status=Status.SCHEDULED, impact=Impact.MAINTENANCE)
    return Logged(0, event, render(event))
