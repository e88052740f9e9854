"""The daemon's own log: on stderr, readable on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from statustrio.redaction import Redactor

LEVELS = ("debug", "info", "warning", "error")


def configure_logs(level: str, redactor: Redactor) -> None:
    """Send what is at least as grave as `level` to stderr, without secrets."""
    people = sys.stderr.isatty()
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if people:
        # Exceptions are rendered to text before the redactor sees the fields.
        processors += [structlog.processors.format_exc_info, redactor, structlog.dev.ConsoleRenderer(colors=True)]
    else:
        processors += [structlog.processors.format_exc_info, redactor, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
