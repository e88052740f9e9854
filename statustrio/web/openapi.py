"""What the API answers, for programs that make clients of it (OpenAPI 3.1). Pure."""

from __future__ import annotations

from typing import Any

from statustrio import __version__
from statustrio.events import NAMES
from statustrio.line import OF_PLANNED_WORK, ORDER
from statustrio.store.queries import HISTORY


def document() -> dict[str, Any]:
    incident = {name: _field(name) for name in HISTORY}
    update = {name: _field(name) for name in ("at", "label", "status", "text")}
    update |= {"revision": {"type": "integer"}, "vanished": {"type": "integer", "enum": [0, 1]}}
    component = {"name": {"type": "string"}, "status": _field("status")}
    event = {name: _field(name) for name in OF_PLANNED_WORK}
    event["components"] = {"type": ["array", "null"], "items": {"type": "object", "properties": component}}
    provider = ("provider", "name", "platform", "last_polled_at", "last_success_at", "next_poll_at", "last_error")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "statustrio",
            "version": __version__,
            "description": "What status pages report. Read only; times are RFC 3339 in UTC.",
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/incidents": _get(
                "Incidents and maintenance, newest start first.",
                {"incidents": {"type": "array", "items": _ref("Incident")}},
                _parameter("open", "Only what is open now.", "boolean"),
                _parameter("provider", "Only of this provider."),
                _parameter("component", "Only with a component whose name holds this."),
                _parameter("q", "Words of the title or of an update, or their beginnings."),
                _parameter("since", "Open, or over not before this time.", form="date-time"),
                _parameter("at", "Open at this time.", form="date-time"),
                _parameter("limit", "At most so many, up to 1000; 100 unless told.", "integer"),
                _parameter("offset", "Leave out so many of the newest.", "integer"),
            ),
            "/api/v1/incidents/{provider}/{incident_id}": _get(
                "One incident with its updates, in the order of the page.",
                None,
                _parameter("provider", "Its id.", place="path"),
                _parameter("incident_id", "Its id.", place="path"),
                ref="IncidentWithUpdates",
            ),
            "/api/v1/events": _get(
                "The log, oldest first.",
                {"events": {"type": "array", "items": _ref("Event")}},
                _parameter("after", "Only with a greater seq.", "integer"),
                _parameter("limit", "At most so many, up to 1000; 100 unless told.", "integer"),
            ),
            "/api/v1/events/stream": {
                "get": {
                    "summary": "The log as server-sent events, each `data` an Event, each `id` its seq.",
                    "parameters": [
                        _parameter("after", "Begin after this seq; without it with what comes.", "integer"),
                        _parameter("Last-Event-ID", "The same, of a client that lost its connection.", place="header"),
                    ],
                    "responses": {"200": {"description": "a stream", "content": {"text/event-stream": {}}}},
                }
            },
            "/api/v1/providers": _get(
                "Each provider's health.", {"providers": {"type": "array", "items": _ref("Provider")}}
            ),
            "/api/v1/status": _get(
                "What is broken now, worst first.",
                {
                    "level": {"type": "string"},
                    "broken": {"type": "array", "items": _ref("Incident")},
                    "planned": {"type": "array", "items": _ref("Incident")},
                    "not_seen": {"type": "array", "items": {"type": "string"}},
                    "offline_since": {"type": ["string", "null"], "format": "date-time"},
                    "last_seq": {"type": "integer"},
                },
            ),
        },
        "components": {
            "schemas": {
                "Incident": {"type": "object", "properties": incident},
                "IncidentWithUpdates": {
                    "type": "object",
                    "properties": {
                        **incident,
                        "updates": {"type": "array", "items": {"type": "object", "properties": update}},
                    },
                },
                "Event": {"type": "object", "properties": event, "required": list(ORDER)},
                "Provider": {
                    "type": "object",
                    "properties": {
                        **{name: _field(name) for name in provider},
                        "consecutive_failures": {"type": "integer"},
                        "open_incidents": {"type": "integer"},
                    },
                },
            }
        },
    }


def _field(name: str) -> dict[str, Any]:
    """The type of a field by its name, which means the same wherever it stands."""
    if name.endswith("_at") or name in ("at", "timestamp", "scheduled_until"):
        return {"type": ["string", "null"], "format": "date-time"}
    if name in ("seq", "v", "duration_minutes", "update_count"):
        return {"type": ["integer", "null"]}
    if name == "event":
        return {"type": "string", "enum": list(NAMES)}
    return {"type": ["string", "null"]}


def _get(
    summary: str, properties: dict[str, Any] | None, *parameters: dict[str, Any], ref: str | None = None
) -> dict[str, Any]:
    schema = _ref(ref) if ref else {"type": "object", "properties": properties}
    answers = {"200": {"description": "found", "content": {"application/json": {"schema": schema}}}}
    refusals = {"400": {"description": "a parameter cannot be understood: `error` says which"}}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": answers | refusals}}


def _parameter(
    name: str, says: str, kind: str = "string", *, place: str = "query", form: str | None = None
) -> dict[str, Any]:
    schema = {"type": kind} | ({"format": form} if form else {})
    return {"name": name, "in": place, "required": place == "path", "description": says, "schema": schema}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
