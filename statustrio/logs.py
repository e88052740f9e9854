"""The daemon's own log: on stderr, readable on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import json
import logging
import os
import select
import sys
from typing import Any

import structlog
from attrs import define

from statustrio.redaction import Redactor


def configure_logs(level: str, redactor: Redactor) -> None:
    """Send what is at least as grave as `level` to stderr, without secrets."""
    stream = Stream(sys.stderr.fileno() if sys.stderr else None)
    people = stream.is_terminal()
    render = structlog.dev.ConsoleRenderer(colors=True) if people else structlog.processors.JSONRenderer()
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # to text, so that the redactor sees it
        redactor,
        render,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream),  # type: ignore[arg-type]  # only write and flush are used
        cache_logger_on_first_use=False,
    )


@define(eq=False)
class Stream:
    """The descriptor that the log goes to. It never blocks and never fails: a line nobody takes is lost, and counted.

    A reader of the log that has stopped must not stop the monitor, and a full disk must not end it.
    """

    _descriptor: int | None
    _lost: int = 0
    _torn: bool = False
    """The last line was taken in part."""

    def is_terminal(self) -> bool:
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, text: str) -> None:
        if self._lost and self._put(json.dumps({"event": "log.lost", "lines": self._lost}) + "\n"):
            self._lost = 0
        self._lost += not self._put(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def _put(self, text: str) -> bool:
        if self._descriptor is None:
            return False
        data = b"\n" * self._torn + text.encode(errors="backslashreplace")
        try:
            while data:
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                if not any(flags & select.POLLOUT for _, flags in poll.poll(0)):
                    return False
                written = os.write(self._descriptor, data[: select.PIPE_BUF])
                data = data[written:]
                self._torn = bool(data)
        except OSError:
            return False
        return True
