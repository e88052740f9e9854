"""The schema for editors: it takes what loads (tests/test_config.py tries that on each file it loads), and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import fields
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from schema import faults, validator

from statustrio.cli.main import statustrio
from statustrio.config import load_config
from statustrio.config_keys import described
from statustrio.config_rules import CONSUMERS, HeartbeatItem, LimitsItem, ProviderItem, ProviderSettings, WebItem
from statustrio.errors import ConfigError
from statustrio.marks import parse_yaml

WHOLE = """\
defaults: {tags: [dev]}
providers:
  - github
  - {id: openai, tags: [ai]}
  - name: Own
    id: own
    feed_url: "https://own.example/${KEY}"
    poll_interval_seconds: 30
    open_poll_interval_seconds: 12.5
    timeout_seconds: 5
    max_backoff_seconds: 600
    headers: {Accept-Language: en}
    tags: [x]
    platform: statuspage
    enrich: false
    enabled: false
    keep_bodies: 0
consumers:
  - {type: stdout, id: out, workers: 2, from: start, providers: [own], tags: [x], events: ["incident.*"],
     components: [API], min_impact: major, match: "(?i)x", hold: 3m, max_age: 2 h, repeat_window: 6h, digest: 9:00,
     quiet_hours: "22:00-07:00", remind_before: 1d}
  - {type: file, path: events.jsonl}
  - {type: atom, path: "${DIR}/all.atom"}
  - {type: ics, path: planned.ics}
  - {type: webhook, url: "${HOOK}", secret: "${SECRET}", shape: slack, headers: {A: b}, timeout_seconds: 3}
  - {type: command, argv: [./page, --loud], timeout_seconds: 3}
  - {type: apprise, urls: ["${MAIL}"], timeout_seconds: 3}
limits: {requests_in_flight: 10, requests_per_host: 1, body_mib: 0.5, transport: httpx}
heartbeat: {url: "${HOOK}", every: 5m}
web: {listen: "127.0.0.1:8080", hosts: [status.example.com]}
"""
DATA = parse_yaml(WHOLE).data
ENVIRONMENT = {
    "KEY": "k", "DIR": "/var/x", "HOOK": "https://h.example", "MAIL": "mailto://a@b.example",
    "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}  # fmt: skip


def loads(file: Path, text: str) -> bool:
    file.write_text(text, encoding="utf-8")
    try:
        load_config(file, ENVIRONMENT)
    except ConfigError:
        return False
    return True


def places(data: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a document."""
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, *path, step)


def changed(path: tuple[Any, ...], value: Any) -> str:
    """The whole document with another value at one place."""
    data = inner = json.loads(json.dumps(DATA))
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return json.dumps(data)


def value(path: tuple[Any, ...]) -> Any:
    found = DATA
    for step in path:
        found = found[step]
    return found


def test_it_is_a_schema_and_takes_a_file_with_every_key(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(validator().schema)
    assert loads(tmp_path / "p.yaml", WHOLE)
    assert faults(WHOLE) == []


@pytest.mark.parametrize("path", list(places(DATA)), ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_another_type_is_refused_as_it_is_when_loaded(path: tuple[Any, ...], tmp_path: Path) -> None:
    for wrong in (33.25, {"no": "key"}):
        text = changed(path, wrong)
        if not loads(tmp_path / "p.yaml", text):
            assert faults(text), wrong


@pytest.mark.parametrize(
    "path", [path for path in places(DATA) if isinstance(value(path), dict) and path[-1] != "headers"], ids=str
)
def test_an_unknown_key_is_refused(path: tuple[Any, ...]) -> None:
    assert faults(changed((*path, "colour"), "red"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "provider: [github]",
        "providers: []",
        "providers: [no-such-page]",
        "providers: [{name: X}]",
        "providers: [{feed_url: 'https://x.example'}]",
        "providers: [{id: no-such-page, tags: [x]}]",
        "providers: [{name: X, feed_url: 'ftp://x.example'}]",
        "providers: [{id: GitHub, name: X, feed_url: 'https://x.example'}]",
        "providers: [{id: all, name: X, feed_url: 'https://x.example'}]",
        "providers: [{id: github, poll_interval_seconds: 0}]",
        "providers: [{id: github, platform: statuspag}]",
        "{providers: [github], consumers: [stdout]}",
        "{providers: [github], consumers: [{path: x}]}",
        "{providers: [github], consumers: [{type: pager}]}",
        "{providers: [github], consumers: [{type: file}]}",
        "{providers: [github], consumers: [{type: stdout, path: x}]}",
        "{providers: [github], consumers: [{type: stdout, from: end}]}",
        "{providers: [github], consumers: [{type: stdout, hold: 3}]}",
        "{providers: [github], consumers: [{type: stdout, digest: '25:00'}]}",
        "{providers: [github], consumers: [{type: stdout, events: [incident.opend]}]}",
        "{providers: [github], consumers: [{type: stdout, min_impact: Major}]}",
        "{providers: [github], consumers: [{type: ics, path: x, digest: '09:00'}]}",
        "{providers: [github], limits: {requests_per_host: 0}}",
        "{providers: [github], heartbeat: ftp://x.example}",
        "{providers: [github], heartbeat: {every: 5m}}",
        "{providers: [github], web: 8080}",
        "{providers: [github], web: ':8080'}",
        "{providers: [github], web: {listen: 'localhost:80', hosts: ['http://x']}}",
    ],
)
def test_what_does_not_load_is_refused(text: str, tmp_path: Path) -> None:
    assert not loads(tmp_path / "p.yaml", text)
    assert faults(text)


@pytest.mark.parametrize(
    "item", [ProviderSettings, ProviderItem, LimitsItem, HeartbeatItem, WebItem, *CONSUMERS.values()]
)
def test_each_key_has_its_meaning_and_nothing_else_has_one(item: type) -> None:
    meanings = dict(described(item))
    assert sorted(meanings) == sorted(of.name.rstrip("_") for of in fields(item))
    assert all(said.endswith(".") for said in meanings.values())


def test_each_key_has_a_type_and_the_default_that_is_in_force(tmp_path: Path) -> None:
    """An empty item, loaded, has the values that the schema names as defaults."""
    (tmp_path / "p.yaml").write_text("{providers: [github], consumers: [{type: webhook, url: 'https://x.example'}]}")
    config = load_config(tmp_path / "p.yaml", {})
    given = {"provider": config.providers[0], "consumer-webhook": config.consumers[0], "limits": config.limits}
    for name, finished in given.items():
        for key, schema in validator().schema["$defs"][name]["properties"].items():
            if "default" in schema:
                assert getattr(finished, key) == schema["default"], key
    for name, item in validator().schema["$defs"].items():
        assert all("type" in one for one in item.get("properties", {}).values()), name
    assert {"poll_interval_seconds", "enrich"} <= {
        key for key, one in validator().schema["$defs"]["defaults"]["properties"].items() if "default" in one
    }


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(statustrio, ["config", "schema"])
    assert json.loads(result.stdout) == validator().schema
