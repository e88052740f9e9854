"""The rules of providers.yaml: which keys an item has, what each value may be, and how a mistake is worded.

Each rule is a structure hook on a type of its own, so that cattrs collects every mistake of an item before it gives
up. Rules that need two values at once (ids that are unique, intervals that depend on the host) stand in `config`.
Messages never quote a value that may come from the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import time, timedelta
from types import GenericAlias, NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin

from attrs import fields_dict, frozen
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from statustrio import config_values as values
from statustrio.config_values import BadValueError, kind, suggestion
from statustrio.environment import Environment, FillError
from statustrio.events import NAMES
from statustrio.marks import Path
from statustrio.model import Impact

T = TypeVar("T")

Line = NewType("Line", str)
Id = NewType("Id", str)
FeedUrl = NewType("FeedUrl", str)
Pace = NewType("Pace", float)
Seconds = NewType("Seconds", float)
Headers = NewType("Headers", tuple[tuple[str, str], ...])
HeaderName = NewType("HeaderName", str)
HeaderValue = NewType("HeaderValue", str)
Platform = NewType("Platform", str)
Flag = NewType("Flag", bool)
Count = NewType("Count", int)
Copies = NewType("Copies", int)
Mebibytes = NewType("Mebibytes", float)
Transport = NewType("Transport", str)
ConsumerType = NewType("ConsumerType", str)
Start = NewType("Start", bool)
ProviderRef = NewType("ProviderRef", str)
TagRef = NewType("TagRef", str)
EventPattern = NewType("EventPattern", str)
Expression = NewType("Expression", str)
FilePath = NewType("FilePath", str)
HookUrl = NewType("HookUrl", str)
ServiceUrl = NewType("ServiceUrl", str)
Secret = NewType("Secret", str)
Shape = NewType("Shape", str)
Argv = NewType("Argv", tuple[str, ...])
Argument = NewType("Argument", str)
Span = NewType("Span", timedelta)
Beat = NewType("Beat", timedelta)
Clock = NewType("Clock", time)
Clocks = NewType("Clocks", tuple[time, time])
Listen = NewType("Listen", tuple[str, int])
Host = NewType("Host", str)

PATTERNS = tuple(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in NAMES))
"""`incident.*` and the like, which stand for all events of a family."""

SHAPES = ("slack", "teams", "discord")
"""The bodies that chat services take of a webhook."""

TRANSPORTS = ("own", "httpx")
"""What can carry requests: `own` is quick, `httpx` what everybody knows."""


@frozen(kw_only=True)
class ProviderSettings:
    """What `defaults` can give and a provider can override. None: the key is not there."""

    poll_interval_seconds: Pace | None = None
    open_poll_interval_seconds: Pace | None = None
    timeout_seconds: Seconds | None = None
    max_backoff_seconds: Seconds | None = None
    headers: Headers | None = None
    tags: tuple[Line, ...] | None = None
    platform: Platform | None = None
    enrich: Flag | None = None
    enabled: Flag | None = None
    keep_bodies: Copies | None = None


@frozen(kw_only=True)
class ProviderItem(ProviderSettings):
    name: Line
    feed_url: FeedUrl
    id: Id | None = None


@frozen(kw_only=True)
class LimitsItem:
    requests_in_flight: Count | None = None
    requests_per_host: Count | None = None
    body_mib: Mebibytes | None = None
    transport: Transport | None = None


@frozen(kw_only=True)
class HeartbeatItem:
    url: HookUrl
    every: Beat | None = None


@frozen(kw_only=True)
class WebItem:
    listen: Listen
    hosts: tuple[Host, ...] | None = None


@frozen(kw_only=True)
class ConsumerItem:
    """What every consumer takes. A type of consumer is a subclass with its own keys; those built in are CONSUMERS."""

    type: ConsumerType
    id: Id | None = None
    workers: Count | None = None
    from_: Start | None = None
    providers: tuple[ProviderRef, ...] = ()
    tags: tuple[TagRef, ...] = ()
    events: tuple[EventPattern, ...] = ()
    components: tuple[Line, ...] = ()
    min_impact: Impact | None = None
    match: Expression | None = None
    hold: Span | None = None
    max_age: Span | None = None
    repeat_window: Span | None = None
    remind_before: Span | None = None
    digest: Clock | None = None
    quiet_hours: Clocks | None = None


@frozen(kw_only=True)
class StdoutItem(ConsumerItem):
    pass


@frozen(kw_only=True)
class FileItem(ConsumerItem):
    path: FilePath


@frozen(kw_only=True)
class AtomItem(ConsumerItem):
    path: FilePath


@frozen(kw_only=True)
class IcsItem(ConsumerItem):
    path: FilePath


@frozen(kw_only=True)
class WebhookItem(ConsumerItem):
    url: HookUrl
    secret: Secret | None = None
    shape: Shape | None = None
    headers: Headers | None = None
    timeout_seconds: Seconds | None = None


@frozen(kw_only=True)
class CommandItem(ConsumerItem):
    argv: Argv
    timeout_seconds: Seconds = Seconds(30.0)


@frozen(kw_only=True)
class AppriseItem(ConsumerItem):
    urls: tuple[ServiceUrl, ...]
    timeout_seconds: Seconds = Seconds(30.0)


CONSUMERS: dict[str, type[ConsumerItem]] = {
    "stdout": StdoutItem,
    "file": FileItem,
    "atom": AtomItem,
    "ics": IcsItem,
    "webhook": WebhookItem,
    "command": CommandItem,
    "apprise": AppriseItem,
}

ONE_BY_ONE = frozenset({"atom", "ics"})
"""Types that keep incidents apart."""
SUMMARIES = ("max_age", "digest", "quiet_hours")
"""Keys that have several events told in one: of no use to those."""


@frozen
class Problem:
    """A mistake at `path`; `at_key` when it is the key that is wrong and not its value."""

    path: Path
    message: str
    at_key: bool = False


@frozen
class Surroundings:
    """What the rules must know beside the value they judge."""

    environment: Environment
    platforms: Collection[str]
    provider_ids: Collection[str]
    tags: Collection[str]


class Rules:
    """Reads items by the rules and collects `problems`."""

    def __init__(self, around: Surroundings) -> None:
        self.problems: list[Problem] = []
        self._converter = _converter(around)

    def read(self, value: object, cls: type[T], path: Path) -> T | None:
        """`value` as an item of `cls`, or None after its problems were noted."""
        if not isinstance(value, dict):
            self.problems.append(Problem(path, f"must be a mapping of keys to values, not {kind(value)}"))
            return None
        try:
            return self._converter.structure(value, cls)
        except BaseValidationError as error:
            self.problems.extend(_explain(error, path))
            return None

    def url(self, value: object) -> str | None:
        """`value` as a feed URL with everything filled in; None when it is none, which `read` reports."""
        try:
            return self._converter.structure(value, FeedUrl)
        except BadValueError:
            return None


def _converter(around: Surroundings) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)

    def filled(check: Callable[[str], str]) -> Callable[[object], str]:
        """The rule of a value that may hold `${NAME}`."""

        def fill_and_check(value: object) -> str:
            try:
                return check(around.environment.fill(values.check_text(value)))
            except FillError as error:
                raise BadValueError(str(error)) from None

        return fill_and_check

    def one_of(choices: Collection[str], what: str, none: str = "") -> Callable[[object], str]:
        return lambda value: values.check_one_of(value, choices, what, none)

    def headers(value: object) -> Headers:
        if not isinstance(value, dict):
            raise BadValueError(f"must be a mapping of names to values, not {kind(value)}")
        pairs = converter.structure(value, dict[HeaderName, HeaderValue])
        if len({name.lower() for name in pairs}) < len(pairs):
            raise BadValueError("a header is given twice; upper and lower case are the same here")
        return Headers(tuple(pairs.items()))

    checks: dict[Any, Callable[[object], object]] = {
        Line: values.check_line,
        Id: values.check_id,
        FeedUrl: filled(values.check_url),
        Pace: values.check_pace,
        Seconds: values.check_seconds,
        Headers: headers,
        HeaderName: values.check_header_name,
        HeaderValue: filled(values.check_header_value),
        Platform: one_of(around.platforms, "platform"),
        Flag: values.check_flag,
        Count: values.check_count,
        Copies: values.check_copies,
        Mebibytes: values.check_mebibytes,
        Transport: one_of(TRANSPORTS, "transport"),
        ConsumerType: values.check_text,
        Start: values.check_start,
        ProviderRef: one_of(around.provider_ids, "provider"),
        TagRef: one_of(around.tags, "tag", "; no provider has a tag"),
        EventPattern: one_of((*NAMES, *PATTERNS), "event"),
        Impact: values.check_impact,
        Expression: values.check_expression,
        FilePath: filled(values.check_file_path),
        HookUrl: filled(values.check_url),
        ServiceUrl: filled(values.check_service_url),
        Secret: filled(values.check_secret),
        Shape: one_of(SHAPES, "shape"),
        Argv: lambda value: tuple(converter.structure(values.check_command(value), list[Argument])),
        Argument: filled(values.check_argument),
        Span: values.check_span,
        Beat: values.check_beat,
        Clock: values.check_clock,
        Clocks: values.check_clocks,
        Listen: values.check_listen,
        Host: values.check_host,
    }
    for of, check in checks.items():
        converter.register_structure_hook(of, _hook(check))
    converter.register_structure_hook_factory(
        lambda of: get_origin(of) in {Union, UnionType}, lambda of: _optional(converter, of)
    )
    converter.register_structure_hook_factory(
        lambda of: isinstance(of, GenericAlias) and of.__origin__ is tuple, lambda of: _sequence(converter, of)
    )
    converter.register_structure_hook_factory(
        lambda of: isinstance(of, type) and issubclass(of, ConsumerItem),
        lambda of: make_dict_structure_fn(of, converter, _cattrs_forbid_extra_keys=True, from_=override(rename="from")),
    )
    return converter


def _hook(check: Callable[[object], object]) -> Callable[[Any, Any], Any]:
    return lambda value, _: check(value)


def _optional(converter: Converter, of: Any) -> Callable[[Any, Any], Any]:
    """None is the default of a key that is not there; a key with an empty value is one that was forgotten."""
    (member,) = (arg for arg in get_args(of) if arg is not NoneType)
    return lambda value, _: converter.structure(value, member)


def _sequence(converter: Converter, of: Any) -> Callable[[Any, Any], Any]:
    members: Any = list.__class_getitem__(get_args(of)[0])

    def structure(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise BadValueError(f"must be a list, such as [a, b], not {kind(value)}")
        return tuple(dict.fromkeys(converter.structure(value, members)))

    return structure


NEEDED = "this key is needed"


def _explain(error: BaseException, path: Path) -> Iterator[Problem]:
    """The problems in what cattrs raised, each with the path of the value it is about."""
    match error:
        case BaseValidationError():
            found = [problem for inner in error.exceptions for problem in _explain(inner, (*path, *_step(inner)))]
            unknown = [problem.message for problem in found if problem.at_key]
            for problem in found:
                # A key that is missing because it is misspelt is one mistake, told where it was made.
                if problem.message != NEEDED or not any(f"`{problem.path[-1]}`?" in message for message in unknown):
                    yield problem
        case ForbiddenExtraKeysError():
            for key in error.extra_fields:
                yield Problem((*path, key), f"unknown key{_advice(key, error.cl)}", at_key=True)
        case KeyError():
            yield Problem(path, NEEDED)
        case BadValueError():
            yield Problem(path, str(error), at_key=error.at_key)
        case _:  # a bug in a rule
            raise error


def _advice(key: str, item: type) -> str:
    if issubclass(item, ConsumerItem):
        takers = [name for name, other in CONSUMERS.items() if key in fields_dict(other)]
        if takers:
            return f" for this type of consumer; it belongs to {', '.join(takers)}"
    known = sorted(name.rstrip("_") for name in fields_dict(item))
    return suggestion(key, known) or f"; the keys here are {', '.join(known)}"


def _step(error: BaseException) -> Path:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, IterableValidationNote):
            return (note.index,)
        if isinstance(note, AttributeValidationNote):
            return (note.name.rstrip("_"),)
    return ()
