"""Rows for a person or for a program: a table on a terminal, TSV in a pipe, JSON lines or CSV when asked for."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from attrs import field, frozen

from statustrio.cli.settings import Settings, is_terminal

FORMATS = ("table", "tsv", "json", "csv")

format_option = click.option(
    "--format", "style", type=click.Choice(FORMATS), help="Default: table on a terminal, tsv in a pipe."
)


PADDING = 3
NARROWEST = 24
"""Columns of a terminal. With less room the text that wraps stands below the table, a line for each row."""


@frozen
class Column:
    """A column of a table for people: its heading, the key of the row, how a value looks."""

    heading: str
    key: str
    style: Mapping[Any, str] | str = ""
    wide: bool = False
    """The one that takes what room is left and wraps."""


@frozen
class Rows:
    """What a command prints. `data` has the names of the contract, `looks` what a person is shown instead."""

    columns: Sequence[Column]
    data: Sequence[Mapping[str, Any]]
    looks: Sequence[Mapping[str, Any]] = field(factory=tuple)
    fields: Sequence[str] = ()
    """The names again, for the head of a file that has no row."""


def chosen(settings: Settings, style: str | None) -> str:
    """The format in force."""
    if style:
        return style
    if settings.style == "json":
        return "json"
    return "table" if is_terminal() or settings.style == "console" else "tsv"


def show(rows: Rows, style: str) -> None:
    """Print the rows on stdout."""
    if style == "table":
        _table(rows)
    elif style == "json":
        for row in rows.data:
            print(json.dumps(row, ensure_ascii=False))  # noqa: T201  the command's result
    else:
        _separated(rows, tabs=style == "tsv")


def _separated(rows: Rows, *, tabs: bool) -> None:
    """CSV quotes; TSV for `cut` has no quoting, so white space inside a value becomes a blank there."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    head = list(rows.data[0]) if rows.data else list(rows.fields)
    for line in (head, *(map(_flat, row.values()) for row in rows.data)):
        if tabs:
            print("\t".join(" ".join(value.split()) for value in line))  # noqa: T201  the command's result
        else:
            writer.writerow(line)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, list, dict)) else str(value)


def _table(rows: Rows) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = rows.looks or rows.data
    # a column that says nothing takes the room of one that does
    columns = [one for one in rows.columns if not shown or any(row[one.key] not in (None, "") for row in shown)]
    console = Console(highlight=False)
    taken = sum(_width(one, shown) + PADDING for one in columns if not one.wide)
    below = [one for one in columns if one.wide and console.width - taken < NARROWEST and len(columns) > 1]
    columns = [one for one in columns if one not in below]

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold dim", show_edge=False)
    for column in columns:
        table.add_column(column.heading, overflow="fold", ratio=1 if column.wide else None, no_wrap=not column.wide)
    for row in shown:
        table.add_row(*(_cell(column, row) for column in columns))
    console.print(table)
    for column in below:
        for row in shown:
            if row[column.key]:
                console.print(Text.assemble("\n", _cell(columns[0], row), ": ", _cell(column, row)))


def _cell(column: Column, row: Mapping[str, Any]) -> Any:
    from rich.text import Text

    from statustrio.feed.text import clean

    value = row[column.key]
    style = column.style if isinstance(column.style, str) else column.style.get(value, "")
    return Text(clean("" if value is None else str(value)), style)


def _width(column: Column, shown: Sequence[Mapping[str, Any]]) -> int:
    lengths: list[int] = [_cell(column, row).cell_len for row in shown]
    return max([len(column.heading), *lengths])
