"""Where events go: one small adapter each. `open_consumer` knows them by the type the configuration names."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from statustrio.config import ConsumerConfig
from statustrio.consumers.consumer import Consumer
from statustrio.consumers.file import open_file
from statustrio.consumers.lines import LineWriter
from statustrio.consumers.stdout import open_stdout

SERIAL = frozenset({"stdout", "file"})
"""Types that write one line after the other: more workers would only wait for each other."""


def open_consumer(
    config: ConsumerConfig, *, style: str, writers: dict[int, LineWriter]
) -> AbstractAsyncContextManager[Consumer]:
    """The consumer of this configuration.

    `style` is that of stdout: auto, console or json; `writers` keeps its writer while the process lives.
    """
    if config.type == "file":
        assert config.path is not None
        return open_file(Path(config.path))
    return open_stdout(style, writers)
