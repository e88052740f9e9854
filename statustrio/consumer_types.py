"""Types of consumers that other packages bring, by entry points of the group `statustrio.consumers`.

They are looked for only where a configuration names a type that is not built in. What such a package does wrong ends in
one message about its type: this is the border at which other people's code is not trusted to raise what it should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from attrs import field, frozen

from statustrio.config_rules import ConsumerItem
from statustrio.config_values import BadValueError

GROUP = "statustrio.consumers"


@frozen
class Found:
    """A type of consumer: the class of its items, and what opens a consumer of one; None for those built in."""

    item: type[ConsumerItem]
    open: Callable[[Any], AbstractAsyncContextManager[Any]] | None = None


@frozen
class Brought:
    """The settings of one consumer of a type that a package brings, and what opens it."""

    item: ConsumerItem = field(repr=False)
    open: Callable[[Any], AbstractAsyncContextManager[Any]]


def found_names() -> tuple[str, ...]:
    """The types that installed packages bring; none of them is loaded."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP).names))


def find(name: str) -> Found:
    """The type of this name, loaded. BadValueError if that cannot be done, in words for whoever configures it."""
    from importlib.metadata import entry_points

    points = tuple(entry_points(group=GROUP, name=name))
    packages = sorted({point.dist.name for point in points if point.dist})
    if len(packages) > 1:
        raise BadValueError(f"two packages bring this type, {' and '.join(packages)}; uninstall one")
    package = f"the package {packages[0]}" if packages else "the package"
    with _blamed(f"{package} cannot be loaded"):
        brought = points[0].load()
    item, opener = getattr(brought, "item", None), getattr(brought, "open", None)
    if not (isinstance(item, type) and issubclass(item, ConsumerItem) and callable(opener)):
        raise BadValueError(f"{package} brings no ConsumerType by `{points[0].value}`")
    return Found(item, opener)


@contextmanager
def as_its_fault() -> Iterator[None]:
    """Whatever goes wrong inside, the package's rules did it: BadValueError."""
    try:
        yield
    except Exception as exc:
        # Not its text, which may quote a value that must not be shown.
        raise BadValueError(f"the rules of this type are broken ({type(exc).__name__}): tell its authors") from exc


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as exc:
        said = " ".join(str(exc).split())[:200]
        raise BadValueError(f"{what}: {type(exc).__name__}" + (f": {said}" if said else "")) from exc
