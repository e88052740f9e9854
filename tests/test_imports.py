"""Who may import whom. Imports run one way: core <- edges <- tasks <- composition <- command line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "statustrio"

LAYERS: dict[str, tuple[str, ...]] = {
    # Pure functions and data.
    "core": (
        "model", "events", "errors", "rfc3339", "spans", "lifecycle", "matching", "incidents", "grouping", "detect",
        "schedule", "connectivity", "filters", "stories", "timing", "routing", "summary",
        "config", "config_file", "config_keys", "config_rules", "config_schema", "config_values", "marks",
        "environment", "feed", "platforms",
        "catalog", "short_form", "config_edit", "listed", "discover", "walls", "opml", "exchange",
        "reading", "redaction", "codec", "packing", "rules", "explain", "consumer_types", "calendar", "counts",
        "changed",
    ),
    # What touches the world: one library, one descriptor, one file each.
    "edges": (
        "clock", "fetch", "answers", "targets", "transport", "http1", "dialing", "inflate", "captures", "store", "line",
        "logs", "consumers", "process", "sd_notify", "database_files", "patience",
    ),
    "tasks": (
        "enrich", "reader", "poller", "recorder", "fanout", "supervisor", "probe", "find_feed", "catalog_check",
        "tasks", "timetable", "replay", "heartbeat", "lag", "database_thread",
    ),
    "web": ("metrics", "web"),
    "composition": ("daemon", "demo_pages"),
    "command line": ("cli", "__main__"),
}  # fmt: skip

ONLY: dict[str, tuple[str, ...]] = {
    "httpx": ("fetch", "answers", "targets", "transport", "http1", "consumers.webhook"),
    "httpcore": (),
    "httptools": ("http1",),
    "h11": ("demo_pages",),
    "ssl": ("fetch", "transport", "dialing", "consumers.webhook"),
    "socket": ("dialing", "transport", "web.server", "sd_notify"),
    "zlib": ("inflate", "packing"),
    "sqlite3": ("store",),
    "fcntl": ("store.opening", "store.copying"),
    "ctypes": ("process", "patience"),
    "gc": ("process",),
    "feedparser": ("feed.parse",),
    "selectolax": ("feed.text", "discover"),
    "yaml": ("marks", "cli"),
    "cattrs": ("codec", "config_rules"),
    "click": ("cli",),
    "rich": ("consumers.console", "cli"),
    "random": ("daemon", "demo_pages"),
    "apprise": ("consumers.apprise_process",),
    "icalendar": ("calendar",),
    "prometheus_client": ("metrics",),
    "starlette": ("web",),
    "hypercorn": ("web.server",),
    "jinja2": ("web.pages",),
    "gzip": ("web.answers",),
    "signal": ("daemon", "cli", "consumers.command", "patience"),
    "subprocess": ("consumers.apprise", "consumers.command"),
}
"""Libraries that have one room."""

IN_PURE_CODE = {
    "trio", "httpx", "sqlite3", "structlog", "logging", "socket", "ssl", "random", "time", "subprocess", "threading",
}  # fmt: skip
"""What decides has no business with these."""

NAMES_SQLITE = ("daemon", "cli", "metrics", "web")
OPENS_CHANNELS = ("daemon", "fanout")
"""Beside the daemon the fan-out alone: news, and each subscription's own."""


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name below it."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """What a module imports at any depth, as dotted names; `from a import b` may mean the module `a.b`."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    return {one.removeprefix("statustrio.") for one in imports(name)} & MODULES.keys()


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def layer(name: str) -> int:
    return next(place for place, rooms in enumerate(LAYERS.values()) if within(name, rooms))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_has_one_layer_and_imports_none_above_it(name: str) -> None:
    assert sum(within(name, rooms) for rooms in LAYERS.values()) == 1, f"{name} has no place in the table above"
    assert {other for other in own(name) if layer(other) > layer(name)} == set()


def test_the_table_names_nothing_that_is_not_there() -> None:
    rooms = {room for rooms in (*LAYERS.values(), *ONLY.values()) for room in rooms}
    assert rooms - MODULES.keys() == set()


def test_there_are_no_cycles() -> None:
    # A package and the modules in it make one knot: it may import them, as its `__init__` runs before them anyway.
    graph = {name: {other for other in own(name) if not within(name, (other,))} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(f"imports in a circle: {' <- '.join(cycle.args[1])}")


@pytest.mark.parametrize("library", ONLY)
def test_a_library_has_its_room(library: str) -> None:
    users = {name for name in MODULES if any(within(one, (library,)) for one in imports(name))}
    assert {name for name in users if not within(name, ONLY[library])} == set()


@pytest.mark.parametrize("name", sorted(name for name in MODULES if within(name, LAYERS["core"])))
def test_the_core_is_pure(name: str) -> None:
    assert {one for one in imports(name) if one.partition(".")[0] in IN_PURE_CODE} == set()
    calls = {node.func.attr for node in ast.walk(MODULES[name]) if _is_method_call(node)}
    assert not calls & {"now", "utcnow", "today"}, "the time comes in as an argument"


def _is_method_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def test_tasks_know_the_store_by_its_protocol_alone() -> None:
    for name in MODULES:
        if within(name, LAYERS["tasks"]):
            assert {one for one in own(name) if within(one, ("store",))} <= {"store.protocol", "store"}, name


def test_the_poller_knows_neither_store_nor_channel() -> None:
    assert not {one for one in own("poller") if within(one, ("store", "recorder", "fanout", "consumers"))}


def test_only_the_composition_names_sqlite() -> None:
    users = {name for name in MODULES if own(name) & {"store.sqlite", "store.opening"}}
    assert {name for name in users if not within(name, (*NAMES_SQLITE, "store"))} == set()


def test_only_the_composition_opens_channels_beyond_its_own() -> None:
    openers = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "open_memory_channel"
    }
    assert openers == set(OPENS_CHANNELS)


def test_no_import_is_hidden_from_the_run() -> None:
    for name, tree in MODULES.items():
        assert "TYPE_CHECKING" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}, name
