"""The JSON Schema of providers.yaml, for editors: made of the rules by which the file is read.

It knows each key and each value by itself. What takes two of them (ids that are unique, intervals that depend on the
host, tags that some provider has) only `statustrio check` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from attrs import NOTHING, fields

from statustrio import config_rules as rules
from statustrio import config_values as values
from statustrio.config import PLATFORMS, ConsumerConfig, HeartbeatConfig, LimitsConfig, ProviderConfig, WebConfig
from statustrio.config_keys import ITEMS, TOP, described
from statustrio.config_rules import (
    CONSUMERS,
    ONE_BY_ONE,
    SUMMARIES,
    ConsumerItem,
    HeartbeatItem,
    LimitsItem,
    ProviderItem,
    ProviderSettings,
    WebItem,
)
from statustrio.events import NAMES
from statustrio.model import Impact

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FROM_ENVIRONMENT = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_TIME_OF_DAY = "([01]?[0-9]|2[0-3]):[0-5][0-9]"

_TEXT: Schema = {"type": "string"}
_WORDS: Schema = {"type": "string", "pattern": r"\S"}
_SECONDS: Schema = {"type": "number", "minimum": values.MIN_SECONDS, "maximum": values.MAX_SECONDS}
_HEADERS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": f"^{values.TOKEN.pattern}$"},
    "additionalProperties": _TEXT,
}


def _one_of(choices: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(choices)}


def _filled(pattern: str) -> Schema:
    """Text of this form, or any text that is filled in from the environment."""
    return {"type": "string", "pattern": f"{pattern}|{_FROM_ENVIRONMENT}"}


_TYPES: Mapping[Any, Schema] = {
    rules.Line: _WORDS,
    rules.Id: {"type": "string", "pattern": f"^{values.ID.pattern}$", "not": {"enum": sorted(values.RESERVED_IDS)}},
    rules.FeedUrl: _filled("^https?://"),
    rules.Pace: {"type": "number", "minimum": values.MIN_PACE, "maximum": values.MAX_SECONDS},
    rules.Seconds: _SECONDS,
    rules.Headers: _HEADERS,
    rules.Platform: _one_of(sorted(PLATFORMS)),
    rules.Flag: {"type": "boolean"},
    rules.Count: {"type": "integer", "minimum": 1, "maximum": values.MOST},
    rules.Copies: {"type": "integer", "minimum": 0, "maximum": values.MOST_COPIES},
    rules.Mebibytes: {"type": "number", "minimum": values.MIN_MIB, "maximum": values.MAX_MIB},
    rules.Transport: _one_of(rules.TRANSPORTS),
    rules.ConsumerType: _TEXT,
    rules.Start: _one_of(["start"]),
    rules.ProviderRef: _TEXT,
    rules.TagRef: _TEXT,
    rules.EventPattern: _one_of((*rules.PATTERNS, *NAMES)),
    Impact: _one_of(map(str, Impact)),
    rules.Expression: _TEXT,
    rules.FilePath: _WORDS,
    rules.HookUrl: _filled("^https?://"),
    rules.ServiceUrl: _filled("^[A-Za-z][A-Za-z0-9+.-]*://"),
    rules.Secret: _filled("^whsec_"),
    rules.Shape: _one_of(rules.SHAPES),
    rules.Argv: {"type": "array", "items": _TEXT, "minItems": 1},
    rules.Span: {"type": "string", "pattern": f"^{values.SPAN.pattern}$"},
    rules.Beat: {"type": "string", "pattern": f"^{values.SPAN.pattern}$"},
    rules.Clock: {"type": "string", "pattern": f"^{_TIME_OF_DAY}$"},
    rules.Listen: {"type": "string", "pattern": f"^{values.LISTEN.pattern}$"},
    rules.Host: {"type": "string", "pattern": f"^{values.HOST.pattern}$"},
    rules.Clocks: {"type": "string", "pattern": rf"^\s*{_TIME_OF_DAY}\s*-\s*{_TIME_OF_DAY}\s*$"},
}
"""What each kind of value looks like; the checks of `config_values` are exact."""


def config_schema(catalog: Iterable[str], brought: Mapping[str, type[ConsumerItem]]) -> Schema:
    """The schema (draft 2020-12).

    `catalog` holds the ids that stand for a page, `brought` the types of consumers that other packages bring.
    """
    top: Mapping[str, Schema] = {
        "defaults": {"$ref": "#/$defs/defaults"},
        "providers": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"$ref": "#/$defs/catalog"}, {"$ref": "#/$defs/provider"}]},
        },
        "consumers": {"type": "array", "items": {"$ref": "#/$defs/consumer"}},
        "limits": {"$ref": "#/$defs/limits"},
        "heartbeat": {"anyOf": [_TYPES[rules.HookUrl], {"$ref": "#/$defs/heartbeat"}]},
        "web": {"anyOf": [_TYPES[rules.Listen], {"$ref": "#/$defs/web"}]},
    }
    types = {**brought, **CONSUMERS}
    return {
        "$schema": DIALECT,
        "title": "providers.yaml of statustrio",
        "type": "object",
        "properties": {key: {**top[key], "description": said} for key, said in TOP.items()},
        "required": ["providers"],
        "additionalProperties": False,
        "$defs": {
            "catalog": {"description": "The id of a page in the catalog.", **_one_of(sorted(catalog))},
            "defaults": _item(ProviderSettings, ProviderConfig),
            "provider": _item(ProviderItem, ProviderConfig) | _SHORT_OR_WHOLE,
            "limits": _item(LimitsItem, LimitsConfig),
            "heartbeat": _item(HeartbeatItem, HeartbeatConfig),
            "web": _item(WebItem, WebConfig),
            "consumer": {
                "type": "object",
                "properties": {"type": _one_of(types)},
                "required": ["type"],
                "allOf": [
                    {"if": {"properties": {"type": {"const": name}}}, "then": {"$ref": f"#/$defs/consumer-{name}"}}
                    for name in types
                ],
            },
            **{f"consumer-{name}": _consumer(name, item) for name, item in types.items()},
        },
    }


_SHORT_OR_WHOLE: Schema = {
    "required": [],
    "if": {"anyOf": [{"required": ["feed_url"]}, {"not": {"required": ["id"]}}]},
    "then": {"required": ["name", "feed_url"]},
    "else": {"properties": {"id": {"$ref": "#/$defs/catalog"}}},
}
"""A page of one's own has a name and an address; one of the catalog has its id."""


def _consumer(name: str, item: type[ConsumerItem]) -> Schema:
    schema = _item(item, ConsumerConfig)
    schema["properties"]["type"] |= _one_of([name])
    for key in SUMMARIES if name in ONE_BY_ONE else ():
        del schema["properties"][key]
    return schema


def _item(item: type, finished: type) -> Schema:
    """An item of these keys; their defaults are those of the finished configuration, if not its own."""
    types = get_type_hints(item)
    given = {of.name: of.default for of in fields(finished)} | {
        of.name: of.default for of in fields(item) if of.default is not None
    }
    meanings = dict(described(item))
    names = {of.name.rstrip("_"): of.name for of in fields(item)}
    properties: dict[str, Schema] = {}
    for key in dict.fromkeys((*meanings, *names)):
        properties[key] = dict(_type(types[names[key]]))
        if key in meanings:
            properties[key]["description"] = meanings[key]
        if isinstance(default := given.get(names[key]), (str, int, float)):
            properties[key]["default"] = default
    return {
        **({"description": ITEMS[item]} if item in ITEMS else {}),
        "type": "object",
        "properties": properties,
        "required": [of.name for of in fields(item) if of.default is NOTHING],
        "additionalProperties": False,
    }


def _type(of: Any) -> Schema:
    """The schema of a value, without what is said of a key that is not there; of a rule of a package's own nothing."""
    if of in _TYPES:
        return _TYPES[of]
    if get_origin(of) is tuple:
        return {"type": "array", "items": _type(get_args(of)[0])}
    members = [arg for arg in get_args(of) if arg is not NoneType]
    return _type(members[0]) if len(members) == 1 else {}
