"""What the options before the command say, for every command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from attrs import frozen


@frozen
class Settings:
    """`style` is that of events on stdout: auto, console or json."""

    config: Path
    db: Path
    style: str
    log_level: str | None


pass_settings = click.make_pass_decorator(Settings)


def is_terminal() -> bool:
    """Whether stdout is read by a person."""
    return sys.stdout is not None and sys.stdout.isatty()


def environment() -> dict[str, str]:
    return dict(os.environ)
