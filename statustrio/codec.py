"""Nouns to JSON and back: the one form in which they leave the process."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any, TypeVar

import cattrs

from statustrio.model import Failed, Seen, Unchanged
from statustrio.rfc3339 import from_text, to_text

T = TypeVar("T")


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=False)
    converter.register_unstructure_hook(datetime, to_text)
    converter.register_structure_hook(datetime, lambda value, _: from_text(value))
    converter.register_unstructure_hook(bytes, lambda value: b64encode(value).decode())
    converter.register_structure_hook(bytes, lambda value, _: b64decode(value))
    outcomes = {"seen": Seen, "unchanged": Unchanged, "failed": Failed}
    names = {cls: name for name, cls in outcomes.items()}
    converter.register_unstructure_hook(
        Seen | Unchanged | Failed, lambda value: {"is": names[type(value)], **converter.unstructure(value, type(value))}
    )
    converter.register_structure_hook(
        Seen | Unchanged | Failed, lambda value, _: converter.structure(value, outcomes[value["is"]])
    )
    return converter


_CONVERTER = _converter()


def to_data(value: Any) -> Any:
    """The noun as dicts, lists, text and numbers."""
    return _CONVERTER.unstructure(value)


def from_data(data: Any, cls: type[T]) -> T:
    """The noun; ValueError where the data are not those of one."""
    try:
        return _CONVERTER.structure(data, cls)
    except cattrs.BaseValidationError as exc:
        raise ValueError(f"no {cls.__name__}") from exc


def to_json(value: Any) -> str:
    return json.dumps(_CONVERTER.unstructure(value), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str, cls: type[T]) -> T:
    return _CONVERTER.structure(json.loads(text), cls)
