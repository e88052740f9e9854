"""What the JSON Schema has to say of a configuration."""

from __future__ import annotations

from functools import cache

from jsonschema import Draft202012Validator

from statustrio.catalog import load_catalog
from statustrio.config_schema import config_schema
from statustrio.marks import parse_yaml


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(config_schema(load_catalog(), {}))


def faults(text: str) -> list[str]:
    """What the schema finds wrong with the text of a file."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(parse_yaml(text).data)]
