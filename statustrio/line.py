"""The line of an event: the JSON object that is stored, printed and sent, rendered once by structlog's chain."""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from statustrio.codec import to_data
from statustrio.events import Event

ORDER = (
    "v", "timestamp", "level", "event", "seq", "id", "provider", "provider_name", "incident_id", "title", "status",
    "previous_status", "impact", "components", "message", "update_at", "started_at", "updated_at", "url",
)  # fmt: skip
"""The keys of a line in their order, all of them in every line."""
OF_PLANNED_WORK = (*ORDER, "scheduled_until")
"""The keys of a line about planned work."""


def _in_order(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    planned = fields["event"].startswith("maintenance.")
    return {key: fields[key] for key in (OF_PLANNED_WORK if planned else ORDER)}


_log = structlog.wrap_logger(
    structlog.ReturnLogger(),
    processors=[
        structlog.processors.add_log_level,
        _in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False, separators=(",", ":")),
    ],
    wrapper_class=structlog.BoundLogger,
    cache_logger_on_first_use=True,
)


def render(event: Event) -> str:
    """The event as one line of JSON, without newline."""
    fields: dict[str, Any] = to_data(event)
    line = getattr(_log, event.level)(fields.pop("event"), **fields)
    assert isinstance(line, str)
    return line
