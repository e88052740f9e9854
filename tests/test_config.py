from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from datetime import time as clock
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema import faults

from statustrio import config_values
from statustrio.config import (
    Config,
    ConsumerConfig,
    FilterConfig,
    HeartbeatConfig,
    LimitsConfig,
    ProviderConfig,
    TimingConfig,
    WebConfig,
    load_config,
)
from statustrio.config_file import MAX_BYTES, STARTER
from statustrio.config_values import slug, url_key
from statustrio.errors import ConfigError
from statustrio.model import Impact

GITHUB = """\
providers:
  - name: GitHub
    feed_url: https://www.githubstatus.com/history.atom
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("p.yaml")


def load(file: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration; what loads is fine by the schema for editors too."""
    file.write_text(text, encoding="utf-8")
    config = load_config(file, environ or {})
    assert faults(text) == []
    return config


def problems(file: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """The problems without the file's name."""
    with pytest.raises(ConfigError) as caught:
        load(file, text, environ)
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert all(problem.startswith("p.yaml:") for problem in caught.value.problems)
    return [problem.removeprefix("p.yaml:") for problem in caught.value.problems]


def outcome(file: Path, text: str) -> Config | ConfigError:
    try:
        return load(file, text)
    except ConfigError as error:
        return error


def provider(keys: str, url: str = "https://x.example/f") -> str:
    """A file whose third line holds `keys` of one provider."""
    return f"providers:\n  - {{name: X, feed_url: '{url}',\n     {keys}}}\n"


def consumer(keys: str) -> str:
    """A file with a provider `github` that is tagged `dev`, and a fifth line with one consumer."""
    return f"{GITHUB}    tags: [dev]\nconsumers: [{{{keys}}}]\n"


def test_two_lines_are_a_configuration(file: Path) -> None:
    config = load(file, GITHUB)
    assert config == Config(
        providers=(ProviderConfig("github", "GitHub", "https://www.githubstatus.com/history.atom", 60.0, 20.0),),
        consumers=(ConsumerConfig("stdout", "stdout", workers=1, filter=FilterConfig(), from_start=False),),
        limits=LimitsConfig(requests_in_flight=200, requests_per_host=4, body_mib=10.0, transport="own"),
        secrets=frozenset(),
        path=file,
    )
    assert hash(config) == hash(load(file, GITHUB))


def test_every_key_of_a_provider_arrives(file: Path) -> None:
    text = """\
providers:
  - name: "A, Inc."
    id: a_1
    feed_url: http://a.example:8080/feed?x=1
    poll_interval_seconds: 30
    open_poll_interval_seconds: 12.5
    timeout_seconds: 5
    max_backoff_seconds: 600
    headers: {Accept-Language: en, X-Empty: ""}
    tags: [x, "y z", x]
    platform: statuspage
    enrich: false
    enabled: false
    keep_bodies: 0
"""
    expected = ProviderConfig(
        id="a_1",
        name="A, Inc.",
        feed_url="http://a.example:8080/feed?x=1",
        poll_interval_seconds=30.0,
        open_poll_interval_seconds=12.5,
        timeout_seconds=5.0,
        max_backoff_seconds=600.0,
        headers=(("Accept-Language", "en"), ("X-Empty", "")),
        tags=("x", "y z"),
        platform="statuspage",
        enrich=False,
        enabled=False,
        keep_bodies=0,
    )
    assert load(file, text).providers == (expected,)
    in_force = load(file, text).providers[0]
    assert isinstance(in_force.poll_interval_seconds, float)


def test_a_providers_own_value_wins_over_the_defaults_and_headers_merge(file: Path) -> None:
    text = """\
defaults:
  poll_interval_seconds: 90
  timeout_seconds: 3
  headers: {A: "1", b: "2"}
  tags: [t]
  enrich: false
  enabled: false
  platform: generic
  max_backoff_seconds: 77
  open_poll_interval_seconds: 33
providers:
  - {name: One, feed_url: "https://one.example"}
  - {name: Two, feed_url: "https://two.example", poll_interval_seconds: 45, headers: {B: "3", C: "4"}, tags: [],
     enrich: true, enabled: true, platform: incidentio}
"""
    one, two = load(file, text).providers
    assert one == ProviderConfig(
        "one", "One", "https://one.example", 90, 33, 3, 77, (("A", "1"), ("b", "2")), ("t",), "generic", False, False
    )
    assert two == ProviderConfig(
        "two", "Two", "https://two.example", 45, 33, 3, 77, (("A", "1"), ("B", "3"), ("C", "4")), (), "incidentio"
    )


@pytest.mark.parametrize(
    ("url", "keys", "expected"),
    [
        ("https://x.example/f", "", (60, 20)),
        ("https://x.example/f", "poll_interval_seconds: 15", (15, 15)),
        ("https://x.example/f", "poll_interval_seconds: 10", (10, 10)),
        ("https://x.example/f", "open_poll_interval_seconds: 30", (60, 30)),
        ("http://127.0.0.1:1/f", "poll_interval_seconds: 0.05", (0.05, 0.05)),
        ("http://localhost/f", "poll_interval_seconds: 1, open_poll_interval_seconds: 0.5", (1, 0.5)),
        ("http://a.localhost./f", "poll_interval_seconds: 1", (1, 1)),
        ("http://[::1]/f", "poll_interval_seconds: 1", (1, 1)),
        ("http://[::ffff:127.0.0.9]/f", "poll_interval_seconds: 1", (1, 1)),
    ],
)
def test_the_interval_while_open_is_the_smaller_of_the_interval_and_twenty(
    file: Path, url: str, keys: str, expected: tuple[float, float]
) -> None:
    (only,) = load(file, provider(keys, url)).providers
    assert (only.poll_interval_seconds, only.open_poll_interval_seconds) == expected


@pytest.mark.parametrize(
    ("name", "id"),
    [("GitHub", "github"), (" A, B & C! ", "a-b-c"), ("Ünïted 24", "united-24"), ("npm_x", "npm-x"), ("日本", "")],
)
def test_an_id_is_the_slug_of_the_name(name: str, id: str) -> None:
    assert slug(name) == id


def test_every_key_of_a_consumer_arrives(file: Path) -> None:
    text = """\
consumers:
  - {type: file, id: f, path: "${DIR}/e.jsonl", workers: 3, from: start, providers: [github], tags: [dev],
     events: [incident.opened, "maintenance.*", "monitor.*", "provider.*", "incident.*"], components: ["Actions"],
     min_impact: major, match: "(?i)runner"}
  - type: stdout
limits: {requests_in_flight: 10, requests_per_host: 1, body_mib: 0.5, transport: httpx}
"""
    config = load(file, GITHUB + "    tags: [dev]\n" + text, {"DIR": "/var/x"})
    wanted = FilterConfig(
        providers=("github",),
        tags=("dev",),
        events=("incident.opened", "maintenance.*", "monitor.*", "provider.*", "incident.*"),
        components=("Actions",),
        min_impact=Impact.MAJOR,
        match="(?i)runner",
    )
    assert config.consumers == (
        ConsumerConfig("f", "file", workers=3, filter=wanted, from_start=True, path="/var/x/e.jsonl"),
        ConsumerConfig("stdout", "stdout"),
    )
    assert config.limits == LimitsConfig(10, 1, 0.5, "httpx")
    assert config.secrets == {"/var/x"}


def test_an_empty_list_of_consumers_means_none(file: Path) -> None:
    assert load(file, GITHUB + "consumers: []\n").consumers == ()


def test_six_mistakes_are_six_lines_in_the_order_of_the_file(file: Path) -> None:
    text = """\
defaults:
  timeout_seconds: "20"
providers:
  - name: GitHub
    feed_url: https://www.githubstatus.com/history.atom
    poll_intervall_seconds: 60
  - name: OpenAI
    feed_url: https://status.openai.com/feed.atom
    poll_interval_seconds: 5
  - name: github
    feed_url: https://www.githubstatus.com/history.atom
  - name: npm
consumers:
  - type: file
    path: events.jsonl
    events: [incident.resolved, incident.opend]
"""
    assert problems(file, text) == [
        "2:20: defaults.timeout_seconds: must be a number of seconds, not text",
        "6:5: providers[0].poll_intervall_seconds: unknown key, did you mean `poll_interval_seconds`?",
        "9:28: providers[1].poll_interval_seconds: must be 10 seconds or more for a host that is not this machine",
        "10:11: providers[2].name: the id `github` is that of providers[0]; give this one another `id`",
        "12:5: providers[3].feed_url: this key is needed",
        "16:33: consumers[0].events[1]: unknown event `incident.opend`, did you mean `incident.opened`?",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: providers: at least one provider is needed"]),
        ("# words\n", ["1:1: providers: at least one provider is needed"]),
        ("null", ["1:1: providers: at least one provider is needed"]),
        ("limits: {}", ["1:1: providers: at least one provider is needed"]),
        ("providers:", ["1:11: providers: at least one provider is needed"]),
        ("providers: []", ["1:12: providers: at least one provider is needed"]),
        ("providers: {}", ["1:12: providers: must be a list of providers, not a mapping"]),
        ("providers: x", ["1:12: providers: must be a list of providers, not text"]),
        ("- name: x", ["1:1: the file must be a mapping that begins with `providers:`, not a list"]),
        ("words", ["1:1: the file must be a mapping that begins with `providers:`, not text"]),
        ("false", ["1:1: the file must be a mapping that begins with `providers:`, not true or false"]),
        ("providers: [opnai]", ["1:13: providers[0]: `opnai` is not in the catalog, did you mean `openai`?"]),
        ("providers: [3]", ["1:13: providers[0]: must be a mapping of keys to values, not a number"]),
        ("providers: [[]]", ["1:13: providers[0]: must be a mapping of keys to values, not a list"]),
        ("providers: [~]", ["1:13: providers[0]: must be a mapping of keys to values, not empty"]),
        (GITHUB + "defaults:\n", ["4:10: defaults: must be a mapping of keys to values, not empty"]),
        (GITHUB + "defaults: [1]\n", ["4:11: defaults: must be a mapping of keys to values, not a list"]),
        (GITHUB + "limits: 3\n", ["4:9: limits: must be a mapping of keys to values, not a number"]),
        (GITHUB + "consumers: {}\n", ["4:12: consumers: must be a list of consumers, not a mapping"]),
        (GITHUB + "consumers:\n", ["4:11: consumers: must be a list of consumers, not empty"]),
        (GITHUB + "limit: {}\n", ["4:1: limit: unknown key, did you mean `limits`?"]),
        (
            GITHUB + "x y: 1\n",
            ['4:1: "x y": unknown key; the keys here are defaults, providers, consumers, limits, heartbeat, web'],
        ),
        (GITHUB + "defaults: {id: x}\n", ["4:12: defaults.id: belongs to a single provider, not to `defaults`"]),
        (GITHUB + "defaults: {name: x}\n", ["4:12: defaults.name: belongs to a single provider, not to `defaults`"]),
        (GITHUB + "heartbeat: 5\n", ["4:12: heartbeat: must be a mapping of keys to values, not a number"]),
        (GITHUB + "heartbeat: ftp://x\n", ["4:12: heartbeat.url: a URL begins with http:// or https://"]),
        (GITHUB + "heartbeat: {every: 5m}\n", ["4:12: heartbeat.url: this key is needed"]),
        (
            GITHUB + "heartbeat: {url: 'https://x.example/', every: 30s}\n",
            ["4:47: heartbeat.every: must be 1m or longer"],
        ),
        (
            GITHUB + "heartbeat: {url: 'https://x.example/', evry: 5m}\n",
            ["4:40: heartbeat.evry: unknown key, did you mean `every`?"],
        ),
        (GITHUB + "defaults: {tag: [x]}\n", ["4:12: defaults.tag: unknown key, did you mean `tags`?"]),
        (
            GITHUB + "limits: {requests: 1}\n",
            ["4:10: limits.requests: unknown key, did you mean `requests_per_host`?"],
        ),
        (GITHUB + "limits: {body_mib: 0}\n", ["4:20: limits.body_mib: must be a number of MiB from 0.001 to 1024"]),
        (
            GITHUB + "limits: {transport: htpx}\n",
            ["4:21: limits.transport: unknown transport `htpx`, did you mean `httpx`?"],
        ),
        (
            GITHUB + "limits: {transport: carrier pigeon}\n",
            ["4:21: limits.transport: unknown transport `carrier pigeon`; known are own, httpx"],
        ),
        (
            GITHUB + "web: 8080\n",
            ["4:6: web: must be a mapping of keys to values, not a number"],
        ),
        (
            GITHUB + "web: ':8080'\n",
            [
                (
                    "4:6: web.listen: must be an address and a port, such as 127.0.0.1:8080; "
                    "0.0.0.0:8080 is all of this machine"
                )
            ],
        ),
        (
            GITHUB + "web: {listen: 'localhost:70000', hosts: ['http://x']}\n",
            [
                (
                    "4:15: web.listen: must be an address and a port, such as 127.0.0.1:8080; "
                    "0.0.0.0:8080 is all of this machine"
                ),
                "4:42: web.hosts[0]: must be the name of a host, such as status.example.com",
            ],
        ),
        (
            GITHUB + "limits: {requests_per_host: 0}\n",
            ["4:29: limits.requests_per_host: must be a whole number from 1 to 10000"],
        ),
        (
            GITHUB + "limits: {requests_in_flight: 1.5}\n",
            ["4:30: limits.requests_in_flight: must be a whole number, not a fraction"],
        ),
    ],
)
def test_the_shape_of_the_file_is_checked(file: Path, text: str, expected: list[str]) -> None:
    assert problems(file, text) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("poll_interval_seconds: 5", "29: providers[0].poll_interval_seconds: must be 10 seconds or more"),
        ("open_poll_interval_seconds: 9.9", "34: providers[0].open_poll_interval_seconds: must be 10 seconds or more"),
        ("poll_interval_seconds: 0", "29: providers[0].poll_interval_seconds: must be a number of seconds from 0.05"),
        ("poll_interval_seconds: -60", "29: providers[0].poll_interval_seconds: must be a number of seconds from"),
        ("poll_interval_seconds: .nan", "29: providers[0].poll_interval_seconds: must be a number of seconds from"),
        ("poll_interval_seconds: .inf", "29: providers[0].poll_interval_seconds: must be a number of seconds from"),
        (
            f"poll_interval_seconds: {10**300}0{10**90}",
            "29: providers[0].poll_interval_seconds: must be a number of seconds from 0.05 to 2678400",
        ),
        (
            "poll_interval_seconds: true",
            "29: providers[0].poll_interval_seconds: must be a number of seconds, not true",
        ),
        (
            "poll_interval_seconds: 1:30",
            "29: providers[0].poll_interval_seconds: must be a number of seconds, not text",
        ),
        ("poll_interval_seconds: ", "29: providers[0].poll_interval_seconds: must be a number of seconds, not empty"),
        ("timeout_seconds: 0", "23: providers[0].timeout_seconds: must be a number of seconds from 0.001 to"),
        ("max_backoff_seconds: []", "27: providers[0].max_backoff_seconds: must be a number of seconds, not a list"),
        ("keep_bodies: -1", "19: providers[0].keep_bodies: must be a whole number from 0 (keep none) to 1000"),
        ("keep_bodies: 1001", "19: providers[0].keep_bodies: must be a whole number from 0 (keep none) to 1000"),
        ("keep_bodies: 1.5", "19: providers[0].keep_bodies: must be a whole number"),
        ("keep_bodies: true", "19: providers[0].keep_bodies: must be a whole number"),
        ("id: Git", "10: providers[0].id: an id is made of a-z, 0-9, `-` and `_`, and begins with a letter"),
        ("id: _x", "10: providers[0].id: an id is made of"),
        ('id: "x\\n"', "10: providers[0].id: an id is made of"),
        ("id: all", "10: providers[0].id: the id `all` is reserved"),
        ("id: 7", "10: providers[0].id: must be text, not a number; write it in quotes"),
        ("id: ", "10: providers[0].id: must be text, not empty"),
        ("tags: x", "12: providers[0].tags: must be a list, such as [a, b], not text"),
        ("tags: [1]", "13: providers[0].tags[0]: must be text, not a number; write it in quotes"),
        ("tags: [a, ' ']", "16: providers[0].tags[1]: must not be blank"),
        ('tags: ["a\\e[1m"]', "13: providers[0].tags[0]: must be one line without control characters"),
        ("platform: statuspag", "16: providers[0].platform: unknown platform `statuspag`, did you mean `statuspage`?"),
        (
            "platform: zzz",
            "16: providers[0].platform: unknown platform `zzz`",
        ),
        ("enrich: no", "14: providers[0].enrich: must be true or false, not text"),
        ("enabled: 1", "15: providers[0].enabled: must be true or false, not a number"),
        ("headers: [a]", "15: providers[0].headers: must be a mapping of names to values, not a list"),
        ("headers: {A: 1}", "19: providers[0].headers.A: must be text, not a number; write it in quotes"),
        ('headers: {A: "x\\r\\nB: y"}', "19: providers[0].headers.A: a header value is one line of printable ASCII"),
        ("headers: {A: é}", "19: providers[0].headers.A: a header value is one line of printable ASCII"),
        ("headers: {A: ' x'}", "19: providers[0].headers.A: a header value neither begins nor ends with a blank"),
        ("headers: {A B: x}", '16: providers[0].headers."A B": not a valid header name'),
        ("headers: {a: x, A: y}", "15: providers[0].headers: a header is given twice; upper and lower case are the"),
        ("headers: {Host: x}", "16: providers[0].headers.Host: this header is set by statustrio itself"),
        ("headers: {if-none-match: x}", "16: providers[0].headers.if-none-match: this header is set by"),
        ("headers: {If-Modified-Since: x}", "16: providers[0].headers.If-Modified-Since: this header is set by"),
        ("headers: {Accept-Encoding: x}", "16: providers[0].headers.Accept-Encoding: this header is set by"),
        ("feedurl: x", "6: providers[0].feedurl: unknown key, did you mean `feed_url`?"),
        ("zzz: x", "6: providers[0].zzz: unknown key; the keys here are enabled, enrich, feed_url, headers, id,"),
        (f"{'z' * 61}: x", f"6: providers[0].{'z' * 61}: unknown key; the keys here are"),
        ("timeout_seconds: 1, timeout_seconds: 2", "26: providers[0].timeout_seconds: duplicate key; the first one is"),
        ("tags: !x [1]", "12: providers[0].tags: the tag !x is not supported; leave it out"),
    ],
)
def test_each_key_of_a_provider_is_checked(file: Path, keys: str, expected: str) -> None:
    (problem,) = problems(file, provider(keys))
    assert problem.startswith(f"3:{expected}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://x.example", "a URL begins with http:// or https://"),
        ("x.example/feed", "a URL begins with http:// or https://"),
        ("", "a URL begins with http:// or https://"),
        ("https://", "this URL has no host"),
        ("https:///feed", "this URL has no host"),
        ("https://x.example/a b", "a URL has no spaces, control characters or backslashes"),
        ("https://x.example\\@y.example", "a URL has no spaces, control characters or backslashes"),
        ("https://x.example:99999/", "not a valid URL: host or port cannot be read"),
        ("https://[::1/", "not a valid URL: host or port cannot be read"),
        ("https://a..b/", "not a valid URL: host or port cannot be read"),
        ("https://-x-/", "the host of this URL is not a valid name"),
        (f"https://x.example/{'a' * 8000}", "a URL has at most 8000 characters"),
    ],
)
def test_a_feed_url_is_http_with_a_host(file: Path, url: str, expected: str) -> None:
    assert problems(file, provider("tags: []", url)) == [f"2:25: providers[0].feed_url: {expected}"]


def test_an_interval_is_not_blamed_while_the_host_is_unknown(file: Path) -> None:
    assert problems(file, provider("poll_interval_seconds: 1", "https://")) == [
        "2:25: providers[0].feed_url: this URL has no host"
    ]


def test_a_url_with_a_name_beyond_ascii_is_fine(file: Path) -> None:
    assert load(file, provider("tags: []", "https://bücher.example/f")).providers[0].feed_url.startswith("https://b")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("日本", "no id can be made of this name; give an `id` of a-z, 0-9, `-` and `_`"),
        ("All", "the id made of this name, `all`, is reserved; give another `id`"),
        ("' '", "must not be blank"),
        ("404", "must be text, not a number; write it in quotes"),
        ("", "must be text, not empty"),
        ('"a\\nb"', "must be one line without control characters"),
    ],
)
def test_a_name_must_be_one_line_that_gives_an_id(file: Path, name: str, expected: str) -> None:
    (problem,) = problems(file, f"providers:\n- name: {name}\n  feed_url: https://x.example\n")
    assert re.fullmatch(rf"2:[89]: providers\[0\]\.name: {re.escape(expected)}", problem)


def test_a_name_without_ascii_is_fine_with_an_id(file: Path) -> None:
    (only,) = load(file, "providers:\n- {name: 日本, id: nihon, feed_url: 'https://x.example'}\n").providers
    assert (only.id, only.name) == ("nihon", "日本")


def test_a_second_provider_with_the_same_id_is_refused_whatever_else_is_wrong(file: Path) -> None:
    text = "providers:\n- {name: A, feed_url: x}\n- {name: B, id: a, feed_url: 'https://b.example'}\n"
    assert problems(file, text) == [
        "2:23: providers[0].feed_url: a URL begins with http:// or https://",
        "3:17: providers[1].id: the id `a` is that of providers[0]; give this one another `id`",
    ]


def test_a_short_interval_in_the_defaults_is_reported_once_and_where_it_stands(file: Path) -> None:
    text = """\
defaults: {poll_interval_seconds: 1}
providers:
  - {name: Local, feed_url: "http://127.0.0.1/f"}
  - {name: A, feed_url: "https://a.example"}
  - {name: B, feed_url: "https://b.example"}
"""
    assert problems(file, text) == [
        "1:35: defaults.poll_interval_seconds: must be 10 seconds or more for a host that is not this machine"
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("type: sdtout", "20: consumers[0].type: unknown consumer type `sdtout`, did you mean `stdout`?"),
        (
            "type: pager",
            "20: consumers[0].type: unknown consumer type `pager`; known are stdout, file, atom, ics, webhook, command",
        ),
        ("type: 5", "20: consumers[0].type: must be text, not a number; write it in quotes"),
        (
            "id: x",
            "13: consumers[0].type: this key is needed; known are stdout, file, atom, ics, webhook, command, apprise",
        ),
        ("type: file", "13: consumers[0].path: this key is needed"),
        ("type: file, path: ''", "32: consumers[0].path: must name a file"),
        ('type: file, path: "a\\0"', "32: consumers[0].path: must name a file"),
        (
            "type: stdout, path: x",
            "28: consumers[0].path: unknown key for this type of consumer; it belongs to file, atom, ics",
        ),
        ("type: stdout, provider: x", "28: consumers[0].provider: unknown key, did you mean `providers`?"),
        ("type: stdout, form: start", "28: consumers[0].form: unknown key, did you mean `from`?"),
        ("type: stdout, from: end", "34: consumers[0].from: can only be `start`; leave the key out"),
        ("type: stdout, workers: 0", "37: consumers[0].workers: must be a whole number from 1 to 10000"),
        ("type: stdout, workers: true", "37: consumers[0].workers: must be a whole number, not true or false"),
        ("type: stdout, workers: '2'", "37: consumers[0].workers: must be a whole number, not text"),
        ("type: stdout, id: A", "32: consumers[0].id: an id is made of"),
        (
            "type: stdout, providers: [githb]",
            "40: consumers[0].providers[0]: unknown provider `githb`, did you mean `github`?",
        ),
        ("type: stdout, providers: [zz]", "40: consumers[0].providers[0]: unknown provider `zz`; known are github"),
        ("type: stdout, providers: github", "39: consumers[0].providers: must be a list, such as [a, b], not text"),
        ("type: stdout, providers: [5]", "40: consumers[0].providers[0]: must be text, not a number; write it in"),
        ("type: stdout, tags: [devv]", "35: consumers[0].tags[0]: unknown tag `devv`, did you mean `dev`?"),
        (
            "type: stdout, events: [incident.opend]",
            "37: consumers[0].events[0]: unknown event `incident.opend`, did you mean `incident.opened`?",
        ),
        (
            "type: stdout, events: ['incidents.*']",
            "37: consumers[0].events[0]: unknown event `incidents.*`, did you mean `incident.*`?",
        ),
        ("type: stdout, events: ['*']", "37: consumers[0].events[0]: unknown event `*`"),
        (
            "type: stdout, min_impact: Major",
            "40: consumers[0].min_impact: unknown impact `Major`, did you mean `major`?",
        ),
        (
            "type: stdout, min_impact: 3",
            "40: consumers[0].min_impact: must be text, not a number; write it in quotes",
        ),
        ("type: stdout, match: '('", "35: consumers[0].match: not a regular expression: missing ), unterminated"),
        ("type: stdout, match: 'a{99999999999999999999}'", "35: consumers[0].match: not a regular expression: the"),
        ("type: stdout, match: ", "35: consumers[0].match: must be text, not empty"),
        ("type: webhook", "13: consumers[0].url: this key is needed"),
        ("type: webhook, url: ftp://x", "34: consumers[0].url: a URL begins with http"),
        ("type: webhook, url: 'http://h', secret: whsec_x", "54: consumers[0].secret: must be whsec_ and the base64"),
        ("type: webhook, url: 'http://h', shape: irc", "53: consumers[0].shape: unknown shape `irc`; known are slack"),
        ("type: command", "13: consumers[0].argv: this key is needed"),
        ("type: command, argv: page", "35: consumers[0].argv: must be a list that begins with a program"),
        ("type: command, argv: []", "35: consumers[0].argv: must be a list that begins with a program"),
        ('type: command, argv: [a, "\\0"]', "39: consumers[0].argv[1]: an argument holds no zero byte"),
        ("type: apprise, urls: [slack]", "36: consumers[0].urls[0]: must be a URL of Apprise"),
        ("type: stdout, hold: 3", "34: consumers[0].hold: must be a span of time, such as 30s"),
        ("type: stdout, hold: 0m", "34: consumers[0].hold: must be longer than nothing"),
        ("type: stdout, max_age: 600d", "37: consumers[0].max_age: must be longer than nothing and at most 366 days"),
        ("type: stdout, digest: 25:00", "36: consumers[0].digest: must be a time of day, such as 09:00"),
        ("type: stdout, digest: 9", "36: consumers[0].digest: must be a time of day, such as 09:00"),
        ("type: stdout, quiet_hours: 22:00", "41: consumers[0].quiet_hours: must be two times of day"),
        ("type: stdout, quiet_hours: 22:00-22:00", "41: consumers[0].quiet_hours: begins and ends at the same time"),
        ("type: atom, path: a, digest: 09:00", "43: consumers[0].digest: this type of consumer has no place for summ"),
        ("type: ics, path: a, max_age: 2h", "43: consumers[0].max_age: this type of consumer has no place for summ"),
        ("type: ics", "13: consumers[0].path: this key is needed"),
        ("type: stdout, components: [5]", "41: consumers[0].components[0]: must be text, not a number"),
    ],
)
def test_each_key_of_a_consumer_is_checked(file: Path, keys: str, expected: str) -> None:
    (problem,) = problems(file, consumer(keys))
    assert problem.startswith(f"5:{expected}")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("[stdout]", ["4:13: consumers[0]: write a mapping with `type`, such as {type: stdout}"]),
        ("[~]", ["4:13: consumers[0]: must be a mapping of keys to values, not empty"]),
        (
            "[{type: stdout}, {type: stdout}]",
            ["4:29: consumers[1].id: the id `stdout` is that of consumers[0]; give this one another `id`"],
        ),
        (
            "[{type: stdout, id: x}, {type: file, path: f, id: x}]",
            ["4:62: consumers[1].id: the id `x` is that of consumers[0]; give this one another `id`"],
        ),
        ("[{type: stdout, tags: [x]}]", ["4:35: consumers[0].tags[0]: unknown tag `x`; no provider has a tag"]),
    ],
)
def test_consumers_are_mappings_with_ids_of_their_own(file: Path, items: str, expected: list[str]) -> None:
    assert problems(file, f"{GITHUB}consumers: {items}\n") == expected


def test_filters_may_name_what_only_the_defaults_or_a_broken_provider_has(file: Path) -> None:
    text = """\
defaults: {tags: [t]}
providers:
  - {name: A, feed_url: "https://a.example"}
  - {name: B, feed_url: "nowhere", tags: [u]}
  - nobody
consumers: [{type: stdout, providers: [a, b, nobody], tags: [t, u]}]
"""
    assert [problem.split(": ")[1] for problem in problems(file, text)] == ["providers[1].feed_url", "providers[2]"]


def test_an_expression_that_python_will_read_differently_is_no_problem(file: Path) -> None:
    assert load(file, consumer("type: stdout, match: '[[a]'")).consumers[0].filter.match == "[[a]"


def test_the_platforms_are_those_of_the_caller(file: Path) -> None:
    file.write_text(provider("platform: aws"), encoding="utf-8")
    assert load_config(file, {}, platforms=("aws",)).providers[0].platform == "aws"


def test_a_bug_in_a_rule_is_no_problem_of_the_user(file: Path) -> None:
    class Broken(tuple[str, ...]):
        __slots__ = ()

        def __contains__(self, _: object) -> bool:
            raise ZeroDivisionError

    file.write_text(provider("platform: x"), encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        load_config(file, {}, platforms=Broken())


def test_the_environment_fills_urls_headers_and_settings_and_is_remembered(file: Path) -> None:
    text = """\
defaults: {headers: {B: "${EMPTY}"}}
providers:
  - {name: "${KEY}x", feed_url: "https://x.example/${KEY}?${KEY}", headers: {A: "Bearer ${ TOKEN }"}}
""".replace("${ TOKEN }", "${TOKEN}")
    config = load(file, text, {"KEY": "k${TOKEN}", "TOKEN": "t", "EMPTY": "", "OTHER": "o"})
    (only,) = config.providers
    assert only.feed_url == "https://x.example/k${TOKEN}?k${TOKEN}"
    assert only.headers == (("B", ""), ("A", "Bearer t"))
    assert only.name == "${KEY}x"
    assert config.secrets == {"k${TOKEN}", "t"}
    assert "t" not in {*re.findall(r"'(\w+)'", repr(config))}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${NOPE}", "the environment variable `NOPE` is not set"),
        (
            "${NOPE}${NADA}${NOPE}",
            "the environment variable `NOPE` is not set; the environment variable `NADA` is not set",
        ),
        ("${A-B}", "`${` begins the name of an environment variable, write it like `${NAME}`"),
        ("${}", "`${` begins the name of an environment variable, write it like `${NAME}`"),
        ("x${SET", "`${` begins the name of an environment variable, write it like `${NAME}`"),
    ],
)
def test_a_reference_that_cannot_be_filled_in_is_a_problem(file: Path, value: str, expected: str) -> None:
    text = provider(f"headers: {{A: '{value}'}}")
    assert problems(file, text, {"SET": "s"}) == [f"3:19: providers[0].headers.A: {expected}"]


@pytest.mark.parametrize(
    ("content", "expected"), [(b"s3\n", "s3"), (b"s3\r\n", "s3"), (b"s3", "s3"), (b"s3\n\n", None), (b"\xff", None)]
)
def test_a_variable_may_come_from_the_file_that_name_file_names(
    file: Path, content: bytes, expected: str | None
) -> None:
    Path("secret").write_bytes(content)
    text = provider("headers: {A: '${TOKEN}', B: '${TOKEN}'}")
    if expected is None:
        assert all("s3" not in problem for problem in problems(file, text, {"TOKEN_FILE": "secret"}))
        return
    config = load(file, text, {"TOKEN_FILE": "secret"})
    assert config.providers[0].headers == (("A", expected), ("B", expected))
    assert config.secrets == {expected}
    assert load(file, text, {"TOKEN_FILE": "secret", "TOKEN": "direct"}).secrets == {"direct"}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("gone", "the file that `T_FILE` names cannot be read: no such file or directory"),
        (".", "the file that `T_FILE` names cannot be read: is a directory"),
        ("a\0b", "the file that `T_FILE` names cannot be read as text"),
        ("large", "the file that `T_FILE` names is too large for a secret"),
    ],
)
def test_a_file_of_a_variable_that_cannot_be_read_is_a_problem(file: Path, named: str, expected: str) -> None:
    Path("large").write_bytes(b"x" * ((1 << 20) + 1))
    found = problems(file, provider("headers: {A: '${T}'}"), {"T_FILE": named})
    assert found == [f"3:19: providers[0].headers.A: {expected}"]


def test_a_credential_of_systemd_is_the_last_place_where_a_value_may_be(file: Path) -> None:
    text = provider("headers: {A: '${TOKEN}'}")
    Path("credentials").mkdir()
    environ = {"CREDENTIALS_DIRECTORY": "credentials"}
    at = "3:19: providers[0].headers.A:"
    assert problems(file, text, environ) == [f"{at} the environment variable `TOKEN` is not set"]
    Path("credentials/TOKEN").write_bytes(b"from systemd\n")
    config = load(file, text, environ)
    assert config.providers[0].headers == (("A", "from systemd"),)
    assert config.secrets == {"from systemd"}
    Path("named").write_bytes(b"named")
    assert load(file, text, environ | {"TOKEN_FILE": "named"}).secrets == {"named"}
    assert load(file, text, environ | {"TOKEN": "direct"}).secrets == {"direct"}
    Path("credentials/TOKEN").write_bytes(b"\xff")
    assert problems(file, text, environ) == [f"{at} the credential `TOKEN` cannot be read as text"]


def test_a_heartbeat_is_a_url_or_says_how_often_and_may_hold_a_secret(file: Path) -> None:
    short = load(file, f"{GITHUB}heartbeat: 'https://hc.example/${{TOKEN}}'\n", {"TOKEN": "s3cret"})
    assert short.heartbeat == HeartbeatConfig("https://hc.example/s3cret", timedelta(minutes=1))
    assert short.secrets == {"s3cret"}
    assert "s3cret" not in repr(short)
    long = load(file, f"{GITHUB}heartbeat: {{url: 'https://hc.example/x', every: 5m}}\n")
    assert long.heartbeat == HeartbeatConfig("https://hc.example/x", timedelta(minutes=5))
    assert load(file, GITHUB).heartbeat is None


@pytest.mark.parametrize(
    "text",
    [
        provider("tags: []", "${S}"),
        provider("tags: []", "https://x y/${S}"),
        provider("tags: []", "https://x.example:${S}/"),
        provider("tags: []", "https://-${S}-/"),
        provider("headers: {A: 'é${S}'}"),
        provider("headers: {A: ' ${S}'}"),
        consumer('type: file, path: "${S}\\0"'),
    ],
)
def test_what_the_environment_gave_is_in_no_problem(file: Path, text: str) -> None:
    found = problems(file, text, {"S": "hunter2"})
    assert found
    assert "hunter2" not in "\n".join(found)


def test_flaws_of_the_text_and_mistakes_of_the_content_come_together(file: Path) -> None:
    text = GITHUB + "    tags: !x 5\n    name: Twice\n    enrich: 1\n"
    assert [problem.split(": ")[:2] for problem in problems(file, text)] == [
        ["4:11", "providers[0].tags"],
        ["5:5", "providers[0].name"],
        ["6:13", "providers[0].enrich"],
    ]


def test_a_syntax_error_is_the_only_problem(file: Path) -> None:
    (problem,) = problems(file, "providers: [\n")
    assert re.match(r"\d+:\d+: not valid YAML: ", problem)


def test_a_missing_file_comes_with_one_to_paste(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(file, {})
    expected = f"p.yaml: no such file. To begin, save this as p.yaml:\n\n{STARTER}"
    assert caught.value.problems == (expected,)
    assert [provider.id for provider in load(file, STARTER).providers] == ["github", "openai"]


def test_a_directory_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a directory; name a file in it$"):
        load_config(tmp_path, {})


def test_a_path_through_a_file_or_with_a_nul_is_a_clean_problem(file: Path) -> None:
    file.write_text(GITHUB, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^p\.yaml/x: cannot be read: not a directory$"):
        load_config(file / "x", {})
    with pytest.raises(ConfigError, match=r"cannot be the name of a file$"):
        load_config(Path("a\0b"), {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_clean_problem(file: Path) -> None:
    file.write_text(GITHUB, encoding="utf-8")
    file.chmod(0)
    with pytest.raises(ConfigError, match=r"^p\.yaml: cannot be read: permission denied$"):
        load_config(file, {})


def test_bytes_that_are_not_utf8_are_named_with_their_place(file: Path) -> None:
    file.write_bytes("providers:\n  - é".encode() + b"\xe9\n")
    with pytest.raises(ConfigError, match=r"^p\.yaml:2:6: the byte 0xE9 is not UTF-8; save the file as UTF-8$"):
        load_config(file, {})


def test_a_huge_file_is_refused_before_it_is_read(file: Path) -> None:
    with file.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than 10 MiB"):
        load_config(file, {})


def test_a_byte_order_mark_is_ignored(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + GITHUB.encode())
    assert load_config(file, {}).providers[0].id == "github"


def test_suggestions_stay_quick_among_many_choices() -> None:
    many = [f"p{n}" for n in range(2_000)] + ["github"]
    assert config_values.suggestion("githb", many) == ", did you mean `github`?"


def test_quoted_words_are_short_and_on_one_line() -> None:
    assert config_values.shown("a\nb") == "`a\\nb`"
    assert len(config_values.shown("x" * 1000)) == 62


def test_the_file_that_comes_with_the_project_is_good_and_its_examples_too(file: Path) -> None:
    text = (Path(__file__).parent.parent / "providers.yaml").read_text(encoding="utf-8")
    config = load(file, text)
    assert len(config.providers) == 10
    assert {"openai", "github", "anthropic"} <= {provider.id for provider in config.providers}
    examples = re.sub(r"(?m)^( *)# (?=( *- |  +\w+:|consumers:|limits:))", r"\1", text)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    environ = {"EXAMPLE_TOKEN": "t", "HOOK_SECRET": secret, "SLACK_WEBHOOK": "https://hooks.example.com/x"}
    full = load(file, examples, environ)
    assert [consumer.id for consumer in full.consumers] == [
        "stdout", "file", "major-trouble", "github-actions", "webhook", "slack", "command"
    ]  # fmt: skip
    assert full.consumers[-2].timing == TimingConfig(
        hold=timedelta(minutes=3),
        max_age=timedelta(hours=2),
        repeat_window=timedelta(hours=6),
        remind_before=timedelta(days=1),
        quiet_hours=(clock(22), clock(7)),
    )
    assert full.consumers[-1].timing == TimingConfig(digest=clock(9))
    assert full.providers[-1].id == "example"
    assert full.limits == LimitsConfig()


def test_a_configuration_differs_by_any_field(file: Path) -> None:
    (only,) = load(file, GITHUB).providers
    assert only != evolve(only, headers=(("A", "b"),))


@pytest.mark.slow
def test_ten_thousand_providers_load_in_seconds(file: Path) -> None:
    items = (
        f"  - name: P {n}\n    feed_url: https://h{n}.example/f\n    tags: [a, b]\n    poll_interval_seconds: 45\n"
        for n in range(10_000)
    )
    text = "providers:\n" + "".join(items)
    file.write_text(text)
    start = time.process_time()
    config = load_config(file, {})
    assert time.process_time() - start < 8  # 0.8 by itself; coverage and busy neighbours cost their share
    assert len(config.providers) == 10_000


# fmt: off
WORDS = st.sampled_from([
    "providers", "consumers", "defaults", "limits", "name", "feed_url", "id", "type", "file", "stdout", "headers",
    "all", "tags", "poll_interval_seconds", "events", "incident.*", "min_impact", "from", "start", "${X}", "path",
    "match", "workers", "no", "platform", "body_mib", "https://x.example/f",
])
# fmt: on
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | SCALARS, inner, max_size=4),
    max_leaves=20,
)
ITEMS = st.lists(st.dictionaries(WORDS, DATA, max_size=6), max_size=3)
FILES = DATA | st.fixed_dictionaries(
    {"providers": ITEMS}, optional={"consumers": ITEMS, "defaults": DATA, "limits": DATA}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=FILES)
def test_random_data_gives_a_configuration_or_its_problems(file: Path, data: object) -> None:
    match outcome(file, yaml.safe_dump(data, allow_unicode=True)):
        case ConfigError(problems=found):
            assert found
            assert all(re.match(r"p\.yaml:\d+:\d+: \S", problem) for problem in found)
            assert all(problem.isprintable() for problem in found)
        case Config(providers=providers):
            assert providers


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://H.example/f/", "http://h.example/f#x", True),
        ("https://user:pw@h.example/f", "https://h.example/f", True),
        ("https://a.example/@foo/feed", "https://b.example/@foo/feed", False),
        ("https://a.example/f?to=x@y", "https://b.example/f?to=z@y", False),
    ],
)
def test_what_makes_no_difference_to_people_is_no_part_of_a_urls_key(one: str, other: str, same: bool) -> None:
    assert (url_key(one) == url_key(other)) is same


@pytest.mark.parametrize(
    ("text", "web"),
    [
        ("", None),
        ("web: '127.0.0.1:8080'\n", WebConfig(("127.0.0.1", 8080))),
        ("web: '[::1]:0'\n", WebConfig(("::1", 0))),
        (
            "web: {listen: 'localhost:80', hosts: [Status.Example.com]}\n",
            WebConfig(("localhost", 80), ("status.example.com",)),
        ),
    ],
)
def test_the_site_has_a_place_and_names(file: Path, text: str, web: WebConfig | None) -> None:
    assert load(file, GITHUB + text).web == web


@pytest.mark.parametrize("key", ["k" * 1000, "\ufeff" * 1000, "a b" * 300])
def test_a_key_of_any_length_is_quoted_short(file: Path, key: str) -> None:
    (problem,) = problems(file, f"{GITHUB}{json.dumps(key)}: 1\n")
    assert len(problem) < 1500
