"""Rows for a person or for a program: a table on a terminal, TSV in a pipe, JSON lines or CSV when asked for."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from attrs import field, frozen

from statustrio.cli.paragraphs import wrapped
from statustrio.cli.settings import Settings, is_terminal

FORMATS = ("table", "tsv", "json", "csv")

format_option = click.option(
    "--format", "style", type=click.Choice(FORMATS), help="Default: table on a terminal, tsv in a pipe."
)


PADDING = 3
"""Columns of a terminal between two of a table."""
INDENT = 2
NARROWEST = 10
HEAD = "bold dim"
ROOMY = 24
"""Columns of a terminal that a text needs in order to wrap well."""


@frozen
class Column:
    """A column of a table for people: its heading, the key of the row, how a value looks."""

    heading: str
    key: str
    style: Mapping[Any, str] | str = ""
    wide: bool = False
    """The one that takes what room is left and wraps."""
    alone: str = "{}"
    """How a value reads where there is no heading above it."""


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
    """A table, with its long text below each row where there is no room beside; at worst each row as a paragraph.

    Nothing is cut off, and no word is broken that fits a line.
    """
    from rich.console import Console

    shown = rows.looks or rows.data
    # a column that says nothing takes the room of one that does
    columns = [one for one in rows.columns if not shown or any(row[one.key] not in (None, "") for row in shown)]
    console = Console(highlight=False)
    widths = {one.key: _needed(one, shown) for one in columns}
    short = [one for one in columns if not one.wide]
    if sum(widths.values()) + PADDING * (len(columns) - 1) <= console.width:
        _print_table(console, columns, shown)
        return
    long = [one for one in columns if one.wide]
    has_room = sum(widths[one.key] for one in short) + PADDING * (len(short) - 1) <= console.width
    if has_room:
        _print_head(console, short, widths)
    for number, row in enumerate(shown):
        below = [line for one in long for line in _below(console, _cell(one, row))]
        if number and long and not has_room:
            console.print()
        for line in (*([_in_columns(short, widths, row)] if has_room else _in_a_row(console, short, row)), *below):
            line.rstrip()
            console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _print_table(console: Any, columns: Sequence[Column], shown: Sequence[Mapping[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style=HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.heading, overflow="fold", ratio=1 if column.wide else None, no_wrap=not column.wide)
    for row in shown:
        table.add_row(*(_cell(column, row) for column in columns))
    console.print(table)


def _print_head(console: Any, columns: Sequence[Column], widths: Mapping[str, int]) -> None:
    """As rich prints it above a table."""
    from rich.text import Text

    console.print(Text((" " * PADDING).join(one.heading.ljust(widths[one.key]) for one in columns), HEAD))
    console.print("─" * (sum(widths[one.key] for one in columns) + PADDING * (len(columns) - 1)))


def _in_columns(columns: Sequence[Column], widths: Mapping[str, int], row: Mapping[str, Any]) -> Any:
    from rich.text import Text

    line = Text()
    for column in columns:
        cell = _cell(column, row)
        line.append_text(cell).append(" " * (widths[column.key] - cell.cell_len + PADDING))
    return line


def _in_a_row(console: Any, columns: Sequence[Column], row: Mapping[str, Any]) -> list[Any]:
    """The cells one after the other, on as many lines as it takes, all but the first indented."""
    from rich.text import Text

    lines: list[Any] = [Text()]
    for column in columns:
        cell = _cell(column, row, column.alone)
        if cell and lines[-1] and lines[-1].cell_len + INDENT + cell.cell_len > console.width:
            lines.append(Text())
        if cell and (lines[-1] or len(lines) > 1):
            lines[-1].append(" " * INDENT)
        lines[-1].append_text(cell)
    return lines


def _below(console: Any, text: Any) -> list[Any]:
    from rich.text import Text

    width = max(console.width - INDENT, NARROWEST)
    return [Text(" " * INDENT) + line for line in wrapped(text, console, width)] if text else []


def _cell(column: Column, row: Mapping[str, Any], form: str = "{}") -> Any:
    from rich.text import Text

    from statustrio.feed.text import clean

    value = row[column.key]
    style = column.style if isinstance(column.style, str) else column.style.get(value, "")
    return Text("" if value in (None, "") else form.format(clean(str(value))), style)


def _needed(column: Column, shown: Sequence[Mapping[str, Any]]) -> int:
    """Columns of a terminal that this one needs, so that no word of it is broken."""
    from rich.cells import cell_len

    cells: list[Any] = [_cell(column, row) for row in shown]
    lengths: list[int] = [cell.cell_len for cell in cells]
    if not column.wide:
        return max([len(column.heading), *lengths])
    words = [word for cell in cells for word in cell.plain.split()]
    # text of wide characters, which has no blanks, breaks anywhere
    whole = [len(word) for word in words if cell_len(word) == len(word)]
    return max([len(column.heading), *whole, *(min(length, ROOMY) for length in lengths)])
