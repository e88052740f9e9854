"""`config`: about providers.yaml itself. `config schema`: what may stand in it, for editors."""

from __future__ import annotations

import json

import click


@click.group(
    short_help="About providers.yaml: its schema for editors.",
    epilog="""\b
Example:
  statustrio config schema > providers.schema.json""",
)
def config() -> None:
    """What is to be known of providers.yaml."""


@config.command(
    short_help="Prints a JSON Schema of providers.yaml.",
    epilog="""\b
Example:
  statustrio config schema > providers.schema.json

\b
Editors with a YAML language server check the file and complete its keys if it begins with
  # yaml-language-server: $schema=providers.schema.json""",
)
def schema() -> None:
    """Print what may stand in providers.yaml as a JSON Schema (draft 2020-12): keys, types, defaults, meanings.

    Types of consumers that installed packages bring are in it.
    """
    from statustrio.catalog import load_catalog
    from statustrio.config_schema import config_schema
    from statustrio.config_values import BadValueError
    from statustrio.consumer_types import find, found_names

    brought = {}
    for name in found_names():
        try:
            brought[name] = find(name).item
        except BadValueError as exc:
            click.echo(f"left out the type {name}: {exc}", err=True)
    click.echo(json.dumps(config_schema(load_catalog(), brought), indent=2))
