"""What a run was asked for."""

from __future__ import annotations

from attrs import frozen


@frozen
class Options:
    short: bool = True
    """As continuous integration runs it: the same days, shorter."""
    kills: int = 30
    seed: int = 7
