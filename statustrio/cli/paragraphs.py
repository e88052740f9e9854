"""Text for people: on a terminal wrapped between words, elsewhere one line as it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import click


def say(text: str, *, indent: int = 0, err: bool = False, style: str = "", mark: str = "") -> None:
    """Print a paragraph; its further lines are indented. `style` is one of rich, for what follows a `mark` in red."""
    if not (sys.stderr if err else sys.stdout).isatty():
        click.echo(mark + text, err=err)
        return
    from rich.console import Console
    from rich.text import Text

    from statustrio.consumers.console import hanging

    console = Console(highlight=False, stderr=err)
    for line in hanging(Text.assemble((mark, "red"), (text, style)), console, indent, wrapped):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def wrapped(text: Any, console: Any, width: int) -> list[Any]:
    """A text of rich as lines of this width. An address stays whole whatever its length, so that it can be opened."""
    lines: list[Any] = []
    for paragraph in text.split(allow_blank=True):
        paragraph.expand_tabs(8)
        for line in paragraph.divide(_breaks(paragraph.plain, width)):
            line.rstrip()
            fits = line.cell_len <= width or "://" in line.plain
            lines += [line] if fits else line.wrap(console, width, overflow="fold")
    return lines


def _breaks(line: str, width: int) -> Iterator[int]:
    """Where a word has to begin a line of its own."""
    from rich.cells import cell_len

    used = 0
    for match in re.finditer(r"\s*\S+\s*", line):
        if used and used + cell_len(match[0].rstrip()) > width:
            yield match.start()
            used = 0
        used += cell_len(match[0])
