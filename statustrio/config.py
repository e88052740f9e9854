"""providers.yaml as the daemon sees it: the finished configuration, and `load_config`, which reads it.

Here stand the rules that need more than one value: unique ids, defaults, intervals that depend on the host. Rules of
single items are in `config_rules`, places in the text in `marks`. Nothing here goes to the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import time, timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import AttrsInstance, evolve, field, fields, fields_dict, frozen

from statustrio import marks
from statustrio.config_file import read_text
from statustrio.config_keys import TOP
from statustrio.config_rules import (
    CONSUMERS,
    ONE_BY_ONE,
    SUMMARIES,
    ConsumerItem,
    HeartbeatItem,
    LimitsItem,
    Problem,
    ProviderItem,
    ProviderSettings,
    Rules,
    Surroundings,
    WebItem,
)
from statustrio.config_values import (
    MIN_PACE,
    BadValueError,
    check_one_of,
    check_text,
    is_loopback,
    kind,
    shown,
    slug,
    suggestion,
)
from statustrio.consumer_types import Brought, Found, as_its_fault, find, found_names
from statustrio.environment import Environment
from statustrio.errors import ConfigError
from statustrio.model import Impact
from statustrio.redaction import carried
from statustrio.short_form import expand, provider_id

PLATFORMS = frozenset(
    "aws azure betterstack checkly cstate datocms flashduty gcp generic heroku hund incidentio instatus kener"  # noqa: SIM905  one name a line would fill a page
    " lambstatus m365 openstatus pagerduty paypal slack statusio statusiq statuspage statustrio xai".split()
)
"""Their names alone: the readers would cost every command the import of feedparser."""

EXTRAS: Mapping[str, str] = MappingProxyType({"apprise": "apprise", "ics": "icalendar"})
"""Types of consumers that need a package, which the extra of their name brings."""

POLL_SECONDS = 60.0
OPEN_POLL_SECONDS = 20.0

LONGEST_KEY = 200
"""Characters of a key that a problem quotes."""
MIN_PUBLIC_PACE = 10
"""Seconds between two polls of somebody else's server: the promise to be polite."""


@frozen
class ProviderConfig:
    """A page to follow. `platform` is None where it is to be recognised.

    `hint` is the platform that the catalog names: it decides only where the feed does not say who made it.
    """

    id: str
    name: str
    feed_url: str
    poll_interval_seconds: float = POLL_SECONDS
    open_poll_interval_seconds: float = OPEN_POLL_SECONDS
    timeout_seconds: float = 20.0
    max_backoff_seconds: float = 300.0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tags: tuple[str, ...] = ()
    platform: str | None = None
    enrich: bool = True
    enabled: bool = True
    keep_bodies: int = 20
    hint: str | None = None


@frozen
class FilterConfig:
    """What a consumer wants to hear of; an empty field lets everything through. `events` may hold `incident.*`."""

    providers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    min_impact: Impact | None = None
    match: str | None = None


@frozen
class TimingConfig:
    """When a consumer wants to hear what passes its filters; None: at once, always.

    `digest` and `quiet_hours` are times of day here.
    """

    hold: timedelta | None = None
    max_age: timedelta | None = None
    repeat_window: timedelta | None = None
    remind_before: timedelta | None = None
    digest: time | None = None
    quiet_hours: tuple[time, time] | None = None


@frozen
class ConsumerConfig:
    """Where events go. `from_start`: a consumer the database does not know begins with the oldest event.

    Fields below `from_start` are the settings of single types, filled in from the item of the same names; `brought`
    those of a type that is not built in.
    """

    id: str
    type: str
    workers: int = 1
    filter: FilterConfig = FilterConfig()
    timing: TimingConfig = TimingConfig()
    from_start: bool = False
    path: str | None = None
    url: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    shape: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    argv: tuple[str, ...] = field(default=(), repr=False)
    urls: tuple[str, ...] = field(default=(), repr=False)
    timeout_seconds: float = 10.0
    brought: Brought | None = None


@frozen
class LimitsConfig:
    """How much at once, and by which transport; `body_mib` bounds one document after it was inflated."""

    requests_in_flight: int = 200
    requests_per_host: int = 4
    body_mib: float = 10.0
    transport: str = "own"


@frozen
class HeartbeatConfig:
    """What is asked for after each healthy stretch of this length, so that silence is noticed there."""

    url: str = field(repr=False)
    every: timedelta = timedelta(minutes=1)


@frozen
class WebConfig:
    """Where the site listens: address and port. `hosts` are the names that it answers to beside addresses."""

    listen: tuple[str, int]
    hosts: tuple[str, ...] = ()


@frozen
class Config:
    """The whole of it. `secrets` must never be shown: what came from the environment, and passwords in addresses."""

    providers: tuple[ProviderConfig, ...]
    consumers: tuple[ConsumerConfig, ...] = (ConsumerConfig("stdout", "stdout"),)
    limits: LimitsConfig = LimitsConfig()
    heartbeat: HeartbeatConfig | None = None
    web: WebConfig | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    path: Path = Path("providers.yaml")


def load_config(path: Path, environ: Mapping[str, str], platforms: Collection[str] = PLATFORMS) -> Config:
    """The configuration in the file at `path`; `platforms` are the names a provider's `platform` can have.

    Raises ConfigError with every problem there is, in the order of the file.
    """
    document = marks.parse_yaml(read_text(path))
    environment = Environment(environ)
    reader = _Reader(document.data, environment, platforms)
    problems = [(flaw.mark, flaw.path, flaw.message) for flaw in document.flaws]
    if document.data is not None or not problems:
        config = reader.config(path)
        if not problems and not reader.problems:
            return config
        broken = {flaw.path for flaw in document.flaws if flaw.path}
        for problem in reader.problems:
            # What stands where the text itself is refused was only guessed; a second problem there would mislead.
            if broken.isdisjoint(problem.path[:end] for end in range(1, len(problem.path) + 1)):
                mark = (document.key_mark if problem.at_key else document.value_mark)(problem.path)
                problems.append((mark, problem.path, problem.message))
    lines = (
        f"{path}:{mark.line}:{mark.column}: {_dotted(where)}{message}"
        for mark, where, message in sorted(problems, key=lambda problem: problem[0])
    )
    raise ConfigError(tuple(dict.fromkeys(lines)))


Short = TypeVar("Short", HeartbeatItem, WebItem)


class _Reader:
    """Goes once through the data of a file. It does not stop at a problem, so that all of them are found."""

    def __init__(self, data: object, environment: Environment, platforms: Collection[str]) -> None:
        self._environment = environment
        self._top = data if isinstance(data, dict) else {}
        items = self._top.get("providers")
        self._items: list[object] = items if isinstance(items, list) else []
        defaults = self._top.get("defaults")
        self._defaults: dict[str, object] = defaults if isinstance(defaults, dict) else {}
        self._ids = [provider_id(item) for item in self._items]
        self._rules = Rules(
            Surroundings(
                environment=environment,
                platforms=platforms,
                provider_ids={ident for ident in self._ids if ident is not None},
                tags=set(self._tags()),
            )
        )
        self.problems = self._rules.problems
        self._is_no_mapping = data is not None and not isinstance(data, dict)
        if self._is_no_mapping:
            self._problem((), f"the file must be a mapping that begins with `providers:`, not {kind(data)}")

    def config(self, path: Path) -> Config:
        """The configuration; of use only if there are no `problems` afterwards."""
        for key in self._top:
            if key not in TOP:
                hint = suggestion(key, TOP) or f"; the keys here are {', '.join(TOP)}"
                self._problem((key,), f"unknown key{hint}", at_key=True)
        limits = self._rules.read(self._top["limits"], LimitsItem, ("limits",)) if "limits" in self._top else None
        heartbeat, web = self._short("heartbeat", HeartbeatItem, "url"), self._short("web", WebItem, "listen")
        providers, consumers = tuple(self._providers()), tuple(self._consumers())
        urls = [*(one.feed_url for one in providers), *(one.url for one in consumers if one.url)]
        return Config(
            providers=providers,
            consumers=consumers,
            limits=evolve(LimitsConfig(), **_given(limits)) if limits else LimitsConfig(),
            heartbeat=HeartbeatConfig(**_given(heartbeat)) if heartbeat else None,
            web=WebConfig(**_given(web)) if web else None,
            secrets=frozenset(self._environment.secrets).union(*map(carried, urls)),
            path=path,
        )

    def _short(self, key: str, cls: type[Short], chief: str) -> Short | None:
        """An item at the top, or the one value that matters of it, which stands for `chief`."""
        if key not in self._top:
            return None
        value = self._top[key]
        return self._rules.read({chief: value} if isinstance(value, str) else value, cls, (key,))

    def _providers(self) -> Iterator[ProviderConfig]:
        defaults = ProviderSettings()
        if "defaults" in self._top:
            defaults = self._rules.read(self._top["defaults"], ProviderSettings, ("defaults",)) or defaults
            self._refuse_own_keys_in_defaults()
        items = self._top.get("providers")
        if items is not None and not isinstance(items, list):
            self._problem(("providers",), f"must be a list of providers, not {kind(items)}")
        elif not items and not self._is_no_mapping:
            self._problem(("providers",), "at least one provider is needed")
        firsts: dict[str, int] = {}
        for index, item in enumerate(self._items):
            path = ("providers", index)
            expanded = expand(item, path)
            if expanded.problem is not None:
                self.problems.append(expanded.problem)
                if isinstance(item, str):
                    continue
            read = self._rules.read(expanded.item, ProviderItem, path)
            if isinstance(expanded.item, dict):
                self._check_pace(expanded.item, path)
                self._check_id(expanded.item, index, firsts)
            if read is not None and (ident := self._ids[index]) is not None:
                yield _provider(ident, read, defaults, expanded.hint)

    def _check_id(self, item: dict[str, object], index: int, firsts: dict[str, int]) -> None:
        """`firsts` holds which item had an id first. An `id` of the wrong form is none here: `read` reported it."""
        ident, name = self._ids[index], item.get("name")
        path = ("providers", index)
        if ident is not None:
            if (first := firsts.setdefault(ident, index)) != index:
                where = (*path, "id" if "id" in item else "name")
                self._problem(where, f"the id `{ident}` is that of providers[{first}]; give this one another `id`")
        elif "id" not in item and isinstance(name, str) and name.strip():
            self._explain_missing_id(name, path)

    def _explain_missing_id(self, name: str, path: marks.Path) -> None:
        if made := slug(name):
            self._problem((*path, "name"), f"the id made of this name, `{made}`, is reserved; give another `id`")
        else:
            self._problem((*path, "name"), "no id can be made of this name; give an `id` of a-z, 0-9, `-` and `_`")

    def _refuse_own_keys_in_defaults(self) -> None:
        """A key that only one provider can have deserves more than `unknown key`."""
        for index, problem in enumerate(self.problems):
            if problem.path[:1] == ("defaults",) and problem.path[1:] in {("id",), ("name",), ("feed_url",)}:
                self.problems[index] = evolve(problem, message="belongs to a single provider, not to `defaults`")

    def _check_pace(self, item: dict[str, object], path: marks.Path) -> None:
        """A short interval is for this machine alone. Judged on the raw item, so that other mistakes do not hide it."""
        short: list[marks.Path] = []
        for key in ("poll_interval_seconds", "open_poll_interval_seconds"):
            value = item.get(key, self._defaults.get(key))
            if isinstance(value, (int, float)) and not isinstance(value, bool) and MIN_PACE <= value < MIN_PUBLIC_PACE:
                short.append((*path, key) if key in item else ("defaults", key))
        if not short:
            return
        url = self._rules.url(item.get("feed_url"))
        if url is not None and not is_loopback(urlsplit(url).hostname or ""):
            for where in short:
                self._problem(where, f"must be {MIN_PUBLIC_PACE} seconds or more for a host that is not this machine")

    def _consumers(self) -> Iterator[ConsumerConfig]:
        items = self._top.get("consumers", [{"type": "stdout"}])
        if not isinstance(items, list):
            self._problem(("consumers",), f"must be a list of consumers, not {kind(items)}")
            return
        firsts: dict[str, int] = {}
        for index, item in enumerate(items):
            path = ("consumers", index)
            if isinstance(item, str):
                self._problem(path, "write a mapping with `type`, such as {type: stdout}")
                continue
            found = self._consumer_type(item, path)
            if found is None or not isinstance(item, dict):
                continue
            read = self._consumer_item(item, found, path)
            ident = item.get("id", item["type"])
            if isinstance(ident, str) and (first := firsts.setdefault(ident, index)) != index:
                message = f"the id {shown(ident)} is that of consumers[{first}]; give this one another `id`"
                self._problem((*path, "id"), message)
            if read is not None:
                yield _consumer(read, found)

    def _consumer_item(self, item: dict[str, object], found: Found, path: marks.Path) -> ConsumerItem | None:
        if item["type"] in ONE_BY_ONE:
            for key in item.keys() & SUMMARIES:
                self._problem((*path, key), "this type of consumer has no place for summaries; leave the key out")
        if found.open is None:
            return self._rules.read(item, found.item, path)
        try:
            with as_its_fault():
                return self._rules.read(item, found.item, path)
        except BadValueError as error:
            self._problem((*path, "type"), str(error))
            return None

    @cached_property
    def _consumer_types(self) -> tuple[str, ...]:
        """All there are; those that packages bring are looked for in all that is installed, so once is enough."""
        return (*CONSUMERS, *found_names())

    def _consumer_type(self, item: object, path: marks.Path) -> Found | None:
        if not isinstance(item, dict):
            self._problem(path, f"must be a mapping of keys to values, not {kind(item)}")
        elif "type" not in item:
            self._problem((*path, "type"), f"this key is needed; known are {', '.join(self._consumer_types)}")
        else:
            try:
                name = check_text(item["type"])
                if name not in CONSUMERS:
                    return find(check_one_of(name, self._consumer_types, "consumer type"))
                if name in EXTRAS and find_spec(EXTRAS[name]) is None:
                    raise BadValueError(f"this type needs an extra: pip install 'statustrio[{name}]'")
                return Found(CONSUMERS[name])
            except BadValueError as error:
                self._problem((*path, "type"), str(error))
        return None

    def _tags(self) -> Iterator[str]:
        """The tags some provider has, mistakes elsewhere notwithstanding."""
        for item in self._items:
            tags = item.get("tags", self._defaults.get("tags")) if isinstance(item, dict) else None
            if isinstance(tags, list):
                yield from (tag for tag in tags if isinstance(tag, str))

    def _problem(self, path: marks.Path, message: str, *, at_key: bool = False) -> None:
        self.problems.append(Problem(path, message, at_key))


def _provider(ident: str, item: ProviderItem, defaults: ProviderSettings, hint: str | None) -> ProviderConfig:
    settings = _given(defaults) | _given(item) | {"id": ident, "hint": hint}
    own = {name.lower() for name, _ in item.headers or ()}
    inherited = tuple(header for header in defaults.headers or () if header[0].lower() not in own)
    settings["headers"] = (*inherited, *(item.headers or ()))
    interval = settings.setdefault("poll_interval_seconds", POLL_SECONDS)
    settings.setdefault("open_poll_interval_seconds", min(interval, OPEN_POLL_SECONDS))
    return ProviderConfig(**settings)


def _consumer(item: ConsumerItem, found: Found) -> ConsumerConfig:
    common = fields_dict(ConsumerItem)
    settings = {name: value for name, value in _given(item).items() if name not in common}
    if found.open is not None:
        settings = {"brought": Brought(item, found.open)}
    return ConsumerConfig(
        id=item.id or item.type,
        type=item.type,
        workers=item.workers or 1,
        filter=FilterConfig(**{of.name: getattr(item, of.name) for of in fields(FilterConfig)}),
        timing=TimingConfig(**{of.name: getattr(item, of.name) for of in fields(TimingConfig)}),
        from_start=bool(item.from_),
        **settings,
    )


def _given(item: AttrsInstance) -> dict[str, Any]:
    """The keys of an item that are in the file."""
    return {of.name: value for of in fields(type(item)) if (value := getattr(item, of.name)) is not None}


def _dotted(path: marks.Path) -> str:
    """`providers[2].name: `, or nothing for the file as a whole."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            step = step if len(step) <= LONGEST_KEY else f"{step[: LONGEST_KEY - 1]}…"  # noqa: PLW2901  only to be shown
            plain = re.fullmatch(r"[\w-]+", step) is not None
            text += f".{step}" if plain else f".{json.dumps(step)}"
    return f"{text.removeprefix('.')}: " if path else ""
