"""Where events go: one small adapter each. `open_consumer` knows them by the type the configuration names."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from statustrio.config import ConsumerConfig
from statustrio.consumers.atom import open_atom
from statustrio.consumers.command import open_command
from statustrio.consumers.consumer import Consumer
from statustrio.consumers.file import open_file
from statustrio.consumers.lines import LineWriter
from statustrio.consumers.stdout import open_stdout
from statustrio.consumers.webhook import open_webhook

SERIAL = frozenset({"stdout", "file", "atom", "ics"})
"""Types that write one thing after the other: more workers would only wait for each other."""


def open_consumer(
    config: ConsumerConfig, *, style: str, writers: dict[int, LineWriter]
) -> AbstractAsyncContextManager[Consumer]:
    """The consumer of this configuration.

    `style` is that of stdout: auto, console or json; `writers` keeps its writer while the process lives.
    """
    opened: AbstractAsyncContextManager[Consumer]
    match config.type:
        case "file":
            assert config.path is not None
            opened = open_file(Path(config.path))
        case "atom":
            assert config.path is not None
            opened = open_atom(Path(config.path))
        case "ics":
            from statustrio.consumers.ics import open_ics

            assert config.path is not None
            opened = open_ics(Path(config.path))
        case "webhook":
            opened = open_webhook(config)
        case "apprise":
            from statustrio.consumers.apprise import open_apprise

            opened = open_apprise(config)
        case "command":
            opened = open_command(config)
        case "stdout":
            opened = open_stdout(style, writers)
        case _:
            assert config.brought is not None
            opened = config.brought.open(config.brought.item)
    return opened
