"""Questions that are asked by name: each is a module whose `run` takes options and gives figures, row by row."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Protocol, TypeVar

from benchmarks.figures import say


class Row(Protocol):
    def row(self) -> str: ...


Asked = TypeVar("Asked", bound=Row)


def parse_names(parser: argparse.ArgumentParser, questions: Mapping[str, str]) -> argparse.Namespace:
    """The command line, with `names` of these questions, all where there is none."""
    known = "; ".join(f"{name}: {what}" for name, what in questions.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=known)
    args = parser.parse_args()
    for name in args.names:
        if name not in questions:
            parser.error(f"{name!r} is none of {', '.join(questions)}")
    # Asked to end, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return args


def ask(package: str, names: Iterable[str], options: object, figure: type[Asked], head: str) -> list[Asked]:
    """Run these modules of a package, and print what they give under this head."""
    figures: list[Asked] = []
    say(head)
    for name in names:
        given: Iterable[Any] = import_module(f"{package}.{name}").run(options)
        for one in given:
            assert isinstance(one, figure)
            say(one.row())
            figures.append(one)
    return figures
