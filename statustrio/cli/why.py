"""`why`: what changed on the page, which rule made an event of it, and who was told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
from attrs import field, frozen

from statustrio.cli.completing import incident_ids
from statustrio.cli.names import incident_named
from statustrio.cli.paragraphs import say
from statustrio.cli.settings import Settings, environment, pass_settings
from statustrio.cli.tables import Column, Rows, chosen, show
from statustrio.redaction import Redactor

NOT_KEPT = "the body is no longer kept (keep_bodies)"
SHOWN_OF_MESSAGE = 60
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@frozen
class Consumers:
    """Those of the configuration, the tags of its providers, and how far each consumer is in the log."""

    configured: tuple[Any, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(factory=dict)
    places: Mapping[str, tuple[int, frozenset[int]]] = field(factory=dict)
    problem: str | None = None
    """Why nothing is known of them."""


@click.command(
    short_help="What made an event, and who was told.",
    epilog="""\b
Examples:
  statustrio why 1207                     the event with this seq
  statustrio why github/ljhhhw2tplqp      all events of an incident, the newest explained
  statustrio why ljhhhw2tplqp --format json | jq '{seq, rule, consumers}'""",
)
@click.argument("what", metavar="SEQ|INCIDENT", shell_complete=incident_ids)
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), help="Default: text; json is one object per event."
)
@pass_settings
def why(settings: Settings, *, what: str, style: str | None) -> None:
    """Explain an event: the entry's text before and after, the rule that made the event, and which filters it passed.

    What the page showed comes from the last documents that changed anything, of which `keep_bodies` are kept per
    provider. Which consumers were told is judged by the configuration as it is now.
    """
    from statustrio.store import queries
    from statustrio.store.opening import open_reader
    from statustrio.store.sqlite import logged

    connection = open_reader(settings.db)
    redactor = Redactor()
    consumers = _consumers(settings, connection, redactor)
    rows, explained = _found(connection, what)
    for row in rows:
        logged(row["seq"], row["payload"])  # a damaged line ends it here
    if style == "json" or (style is None and settings.style == "json"):
        for row in rows:
            click.echo(redactor.hide(json.dumps(_explanation(connection, row, consumers), ensure_ascii=False)))
        return
    if not explained:
        provider, incident_id = queries.incidents_named(connection, what)[0]
        click.echo(
            f"{provider}/{incident_id} is known, but no event tells of it: it was over when it was first seen, "
            "or nothing was to be told then (--backfill)"
        )
        return
    if len(rows) > 1 or not what.isdecimal():
        _list(settings, redactor, rows)
        click.echo()
    for line in _text(_explanation(connection, explained, consumers), consumers.problem):
        _print(redactor, line)


def _print(redactor: Redactor, line: str) -> None:
    from statustrio.feed.text import clean

    colour = COLOURS.get(line[:1], "")
    say(clean(redactor.hide(line)), style=colour, indent=1 if colour else len(line) - len(line.lstrip()) + 2)


def _list(settings: Settings, redactor: Redactor, rows: list[dict[str, Any]]) -> None:
    """The events of an incident: a table for people, lines in a pipe."""
    if chosen(settings, None) != "table":
        for row in rows:
            _print(redactor, _one_line(row))
        return
    columns = (
        Column("seq", "seq", "bold"),
        Column("recorded", "timestamp", "dim"),
        Column("event", "event"),
        Column("rule", "rule", "dim"),
        Column("message", "message", wide=True),
    )
    show(Rows(columns, [{**row, "message": redactor.hide(_message(row))} for row in rows]), "table")


def _found(connection: Any, what: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The events that are asked for, and the one of them to explain at length. UsageError if there are none."""
    from statustrio.store import queries

    if what.isdecimal() and len(what) < 19 and (row := queries.event(connection, int(what))):  # SQLite's integers
        return [row], row
    named = incident_named(connection, what)
    if named is None:
        last = queries.last_seq(connection)
        log = f"the log ends with {last}" if last else "the log is empty"
        advice = log if what.isdecimal() else "`statustrio incidents --format tsv` lists their ids"
        raise click.UsageError(f"no event and no incident {what!r}; {advice}")
    rows = queries.incident_events(connection, *named)
    return rows, rows[-1] if rows else None


def _consumers(settings: Settings, connection: Any, redactor: Redactor) -> Consumers:
    from statustrio.config import load_config
    from statustrio.errors import ConfigError
    from statustrio.store import queries

    try:
        config = load_config(settings.config, environment())
    except ConfigError as exc:
        first_sentence = exc.problems[0].partition("\n")[0].partition(". ")[0]
        return Consumers(problem=f"unknown, the configuration cannot be used: {first_sentence}")
    redactor.learn(config.secrets)
    return Consumers(
        config.consumers, {one.id: one.tags for one in config.providers}, queries.consumer_places(connection)
    )


def _explanation(connection: Any, row: dict[str, Any], consumers: Consumers) -> dict[str, Any]:
    """All that is known of an event, under the names of the JSON object."""
    from statustrio.explain import compare
    from statustrio.rules import sentence

    event = json.loads(row["payload"])
    comparison = None
    if row["incident_id"] is not None:
        comparison = compare(_kept(connection, row), row["incident_id"])
    names = ("seq", "event", "timestamp", "provider", "provider_name", "incident_id", "title", "status", "update_at")
    return {
        **{name: event[name] for name in names},
        "rule": row["rule"],
        "because": sentence(row["rule"]),
        "before_at": comparison.before_at if comparison else None,
        "after_at": comparison.after_at if comparison else None,
        "diff": list(comparison.lines) if comparison else None,
        "consumers": None if consumers.problem else list(_told(connection, row, consumers)),
    }


def _kept(connection: Any, row: dict[str, Any]) -> Iterator[Any]:
    """The document that made an event and those before it; of an absence, the one that was there when it was told."""
    from statustrio.explain import Kept
    from statustrio.rules import Rule
    from statustrio.store import queries

    absent = row["rule"] in (Rule.TAKEN_DOWN, Rule.NO_LONGER_LISTED)
    place = {"at": row["timestamp"]} if absent else {"seq": row["seq"]}
    for kept in queries.bodies(connection, row["provider"], **place):
        yield Kept(kept["at"], kept["platform"], kept["url"], kept["content_type"], kept["body"])


def _told(connection: Any, row: dict[str, Any], consumers: Consumers) -> Iterator[dict[str, Any]]:
    from statustrio.explain import judgements, stop
    from statustrio.store import queries
    from statustrio.store.sqlite import logged

    rows = [row]
    if row["incident_id"] is not None:
        rows = queries.incident_events(connection, row["provider"], row["incident_id"])
    events = [logged(one["seq"], one["payload"]).event for one in rows if one["seq"] <= row["seq"]]
    for consumer, telling in judgements(consumers.configured, consumers.tags, events, queries.mutes(connection)):
        cursor, beyond = consumers.places.get(consumer.id, (None, frozenset()))
        yield {
            "consumer": consumer.id,
            "passes": telling.kept_back is None,
            "stopped_by": stop(consumer, telling),
            "acknowledged": None if cursor is None else row["seq"] <= cursor or row["seq"] in beyond,
        }


def _one_line(row: dict[str, Any]) -> str:
    return f"{row['seq']:>6}  {row['timestamp']:<24}  {row['event']:<21}  {row['rule'] or '':<19}  {_message(row)}"


def _message(row: dict[str, Any]) -> str:
    message = " ".join((json.loads(row["payload"])["message"] or "").split())
    return message if len(message) <= SHOWN_OF_MESSAGE else message[: SHOWN_OF_MESSAGE - 1] + "…"


def _text(told: dict[str, Any], problem: str | None) -> Iterator[str]:
    about = f"{told['provider']}/{told['incident_id']}" if told["incident_id"] else told["provider"] or "all providers"
    yield f"{told['event']}, seq {told['seq']}, {about}"
    yield from (f"  {told[name]}" for name in ("title",) if told[name])
    times = f"  recorded {told['timestamp']}"
    yield times + (f", posted {told['update_at']}" if told["update_at"] else "")
    yield f"  rule {told['rule'] or '(none noted)'}: {told['because']}"
    yield ""
    if told["incident_id"]:
        yield from _change(told)
        yield ""
    if problem:
        yield f"consumers: {problem}"
        return
    yield "consumers:"
    yield from (f"  {one['consumer']}: {_fate(one)}" for one in told["consumers"])


def _change(told: dict[str, Any]) -> Iterator[str]:
    if told["diff"] is None:
        yield NOT_KEPT
    elif told["before_at"] is None:
        earlier = "" if told["rule"] == "first_sight" else "; none before it is kept"
        yield f"the entry as it stood at {told['after_at']}{earlier}:"
        yield from (f"  {line}" for line in told["diff"])
    elif told["diff"]:
        yield from told["diff"]
    else:
        yield f"the entry reads the same at {told['before_at']} and at {told['after_at']}"


def _fate(one: dict[str, Any]) -> str:
    if not one["passes"]:
        return f"stopped by {one['stopped_by']}"
    if one["acknowledged"] is None:
        return "passes its filters; it has no place in the log yet"
    return "passes its filters; " + ("its place in the log is past it" if one["acknowledged"] else "still owed to it")
