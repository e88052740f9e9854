# ruff: noqa: INP001  a script, not a package
"""Writes the pages below `docs/reference` from the code, so that they say what it does. `python docs/reference.py`.

With `--check` nothing is written: it ends with 1 and names the pages that are no longer what the code says.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

import click
from attrs import fields
from meanings import (
    COLUMNS,
    COMMANDS_PAGE,
    CONFIGURATION,
    DATABASE,
    EVENTS,
    EVENTS_PAGE,
    EXAMPLES,
    FIELDS,
    HTTP,
    QUERIES,
    TABLES,
)

from statustrio import config_values as values
from statustrio.cli.main import COMMANDS, statustrio
from statustrio.config import PLATFORMS
from statustrio.config_keys import ITEMS, TOP
from statustrio.config_rules import CONSUMERS, ConsumerItem
from statustrio.config_schema import config_schema
from statustrio.events import BEGINNINGS, ENDS, NAMES, REMINDER, SUMMARY, WARNINGS, Event, event_id
from statustrio.line import OF_PLANNED_WORK, render
from statustrio.model import Component, Impact, Status
from statustrio.rules import SENTENCES
from statustrio.web.openapi import document

HERE = Path(__file__).resolve().parent
PAGES = HERE / "reference"
SCHEMA = HERE.parent / "schema.sql"
NOTE = "<!-- Made from the code by docs/reference.py; do not edit. -->\n\n"
NOON = datetime(2026, 11, 24, 12, 7, 38, tzinfo=UTC)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"

    heads = list(heads)
    return line(heads) + "|" + "---|" * len(heads) + "\n" + "".join(map(line, rows))


def code(text: object) -> str:
    return f"`{text}`"


# Configuration

_FORMS = {
    f"^{values.SPAN.pattern}$": "a time: `90s`, `3m`, `2h`, `7d`, `2w`",
    f"^{values.LISTEN.pattern}$": "address and port",
    f"^{values.HOST.pattern}$": "a host",
    f"^{values.ID.pattern}$": "a-z, 0-9, `-` and `_`",
    "^https?://": "a URL",
    "^whsec_": "`whsec_` and base64",
    "^[A-Za-z][A-Za-z0-9+.-]*://": "a URL of Apprise",
}
_OF_DAY = {1: "a time of day", 2: "two times of day"}


def takes(schema: Mapping[str, Any]) -> str:  # noqa: PLR0911  one for each form of a value
    """What a value may be, in words."""
    match schema:
        case {"enum": choices} if set(NAMES) <= set(choices):
            return "[names of events](events.md#names), or `incident.*` and the like"
        case {"enum": choices} if set(PLATFORMS) <= set(choices):
            return "[a platform](../platforms.md)"
        case {"enum": choices}:
            return ", ".join(map(code, choices))
        case {"type": "array", "items": items}:
            return f"a list: {takes(items)}"
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "integer" | "number" as kind, "minimum": least, "maximum": most}:
            return f"{'a whole number' if kind == 'integer' else 'a number'}, {least:.12g} to {most:.12g}"
        case {"type": "object"}:
            return "a mapping of names to values"
        case {"pattern": pattern}:
            known = (words for form, words in _FORMS.items() if pattern.startswith(form))
            return next(known, _OF_DAY.get(pattern.count(":[0-5]"), "text"))
        case _:
            return "text"


def keys(item: Mapping[str, Any], left_out: Iterable[str] = ()) -> str:
    rows = [
        (
            code(key),
            schema.get("description", ""),
            takes(schema),
            "needed" if key in item["required"] else code(_yaml(schema["default"])) if "default" in schema else "",
        )
        for key, schema in item["properties"].items()
        if key not in set(left_out)
    ]
    return table(("key", "meaning", "takes", "default"), rows) if rows else "No keys of its own.\n"


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def configuration() -> str:
    schema = config_schema((), {})
    parts = schema["$defs"]
    common = [of.name.rstrip("_") for of in fields(ConsumerItem)]
    one = parts["consumer-stdout"]
    shared = one | {"properties": one["properties"] | {"type": one["properties"]["type"] | {"enum": list(CONSUMERS)}}}
    types = (
        f"### type: {name}\n\n{ITEMS[item]}\n\n" + keys(parts[f"consumer-{name}"], common)
        for name, item in CONSUMERS.items()
    )
    return Template(CONFIGURATION).substitute(
        top=table(("key", "meaning"), ((code(key), said) for key, said in TOP.items())),
        provider=keys(parts["provider"], parts["defaults"]["properties"]),
        defaults=keys(parts["defaults"]),
        shared=keys(shared),
        consumers="\n".join(types),
        **{name: keys(parts[name]) for name in ("limits", "heartbeat", "web")},
    )


# Events


def example(name: str) -> str:
    status, before, message = EXAMPLES[name]
    family = name.partition(".")[0]
    story = family in ("incident", "maintenance")
    planned = family == "maintenance"
    monitor = family == "monitor"
    incident = ("w4p6s8d1f3g5" if planned else "q8r5t2m9n1b6") if story else None
    starts = NOON + timedelta(days=2) if planned else NOON - timedelta(minutes=14)
    provider = None if monitor else "acme"
    event = Event(
        seq=1207,
        id=event_id(provider, incident, "example", name),
        timestamp=NOON,
        event=name,
        provider=provider,
        provider_name=None if monitor else "Acme Cloud",
        incident_id=incident,
        title=("New disks" if planned else "API requests are failing") if story else None,
        status=Status(status) if status else None,
        previous_status=Status(before) if before else None,
        impact=(Impact.MAINTENANCE if planned else Impact.MAJOR) if story else None,
        components=(Component("API", None if planned else "partial_outage"),) if story else None,
        message=message,
        update_at=NOON - timedelta(minutes=1) if story else None,
        started_at=starts if story else None,
        updated_at=NOON - timedelta(minutes=1) if story else None,
        url=f"https://status.acme.example/incidents/{incident}" if story else None,
        scheduled_until=starts + timedelta(hours=1) if planned else None,
    )
    return render(event)


def events() -> str:
    names = (*NAMES, SUMMARY, REMINDER)
    assert set(names) == set(EVENTS) == set(EXAMPLES), "each event has a meaning and an example"
    assert set(OF_PLANNED_WORK) == set(FIELDS), "each field has a meaning"

    def part(name: str) -> str:
        return "begins" if name in BEGINNINGS else "ends" if name in ENDS else ""

    rows = [(code(name), "warning" if name in WARNINGS else "info", part(name), EVENTS[name]) for name in names]
    return Template(EVENTS_PAGE).substitute(
        names=table(("event", "level", "a story", "when"), rows),
        fields=table(("field", "meaning"), ((code(name), FIELDS[name]) for name in OF_PLANNED_WORK)),
        rules=table(("rule", "the event is there because"), ((code(rule), said) for rule, said in SENTENCES.items())),
        examples="\n".join(f"### {name}\n\n```json\n{example(name)}\n```\n" for name in names),
    )


# Database


def database() -> str:
    used: set[str] = set()
    tables = []
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        for name, said in TABLES.items():
            columns = [one for (one,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))]
            used.update(columns)
            rows = ((code(one), COLUMNS[one]) for one in columns)
            shown = "" if name == "open_incidents" else "\n" + table(("column", "meaning"), rows)
            tables.append(f"## {name}\n\n{said}\n{shown}")
    assert used == set(COLUMNS), "no meaning of a column that is gone"
    queries = (
        f'{question}:\n\n```sh recipe\nsqlite3 -box statustrio.db "\n{_indented(query)}"\n```\n'
        for question, query in QUERIES.items()
    )
    return Template(DATABASE).substitute(tables="\n".join(tables), queries="\n".join(queries))


def _indented(query: str) -> str:
    return "\n".join(f"  {line}" for line in query.splitlines())


# Commands


def commands() -> str:
    root = click.Context(statustrio, info_name="statustrio")
    every = {}
    for name in COMMANDS:
        command = statustrio.get_command(root, name)
        assert command is not None
        every[name] = command
    return Template(COMMANDS_PAGE).substitute(
        about=_paragraphs(statustrio.help).strip(),
        list="".join(f"| [{name}](#{name}) | {one.get_short_help_str(200)} |\n" for name, one in every.items()),
        options=_options(root),
        examples=_epilog(statustrio).partition("\n\n")[0] + "\n",
        commands="".join(_command(click.Context(one, info_name=name, parent=root), 2) for name, one in every.items()),
    )


def _command(context: click.Context, depth: int) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    text = f"{'#' * depth} {context.command_path.removeprefix('statustrio ')}\n\n"
    text += _paragraphs(command.help) + f"```text\n{usage}\n```\n\n" + _options(context) + _epilog(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            text += _command(click.Context(inner, info_name=name, parent=context), depth + 1)
    return text


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(one.split()) for one in (text or "").split("\n\n")) + "\n\n"


def _options(context: click.Context) -> str:
    rows = []
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record and "--help" not in parameter.opts:
            rows.append((code(record[0]), " ".join(record[1].split())))
    return table(("option", "meaning"), rows) + "\n" if rows else ""


def _epilog(command: click.Command) -> str:
    blocks = [one.strip("\b\n") for one in re.split(r"\n\n", command.epilog or "")]
    return "".join(f"```text\n{block}\n```\n\n" for block in blocks if block)


# HTTP API


def http() -> str:
    api = document()
    objects = (
        f"### {name}\n\n"
        + table(("field", "type"), ((code(key), _type(of)) for key, of in schema["properties"].items()))
        for name, schema in api["components"]["schemas"].items()
    )
    return Template(HTTP).substitute(
        paths="\n".join(_path(path, methods["get"]) for path, methods in api["paths"].items()),
        objects="\n".join(objects),
    )


def _path(path: str, asked: Mapping[str, Any]) -> str:
    text = f"## {path.removeprefix('/api/v1/')}\n\n`GET {path}`\n\n{asked['summary']}\n"
    if asked["parameters"]:
        rows = [(code(one["name"]), one["in"], one["description"]) for one in asked["parameters"]]
        text += "\n" + table(("parameter", "in", "meaning"), rows)
    schema = asked["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
    return text + (f"\nIt answers {_shape(schema)}.\n" if schema else "")


def _link(schema: Mapping[str, Any]) -> str:
    name = schema["$ref"].rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _shape(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return f"one {_link(schema)}"
    return ", ".join(f"`{key}` ({_type(of)})" for key, of in schema["properties"].items())


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _link(schema)
    if schema["type"] in ("array", ["array", "null"]):
        items = schema["items"]
        if items.get("type") == "object":
            return "a list of " + ", ".join(map(code, items["properties"]))
        return f"a list of {_type(items)}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = "time" if schema.get("format") == "date-time" else kinds[0]
    return f"{words} or null" if "null" in kinds else words


WRITERS: Mapping[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "events.md": events,
    "database.md": database,
    "commands.md": commands,
    "http.md": http,
}


def made() -> Iterator[tuple[Path, str]]:
    for name, write in WRITERS.items():
        yield PAGES / name, NOTE + write().rstrip("\n") + "\n"


def main() -> None:
    stale = [(path, text) for path, text in made() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if sys.argv[1:] == ["--check"]:
        if stale:
            sys.exit("python docs/reference.py: out of date are " + ", ".join(path.name for path, _ in stale))
        return
    for path, text in stale:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
