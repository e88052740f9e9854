"""What a run was asked for."""

from __future__ import annotations

from attrs import frozen


@frozen
class Options:
    short: bool = False
    rounds: int = 5
    seconds: float = 6.0
    """How long a client is measured in each round."""
    providers: int | None = None
    """Instead of what a question asks for by itself."""
    transports: tuple[bool, ...] = (False, True)
    """Plain, TLS, or one after the other."""
    mixes: tuple[str, ...] = ()
    """Only these; none: all."""
    switches_off: bool = False
    """The reference runs feedparser without sanitizing and resolving."""
