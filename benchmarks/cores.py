"""Who runs on which core: the client that is measured has the first, all others share the rest."""

from __future__ import annotations

import os
from collections.abc import Callable

_ALL = sorted(os.sched_getaffinity(0))
CLIENT = frozenset(_ALL[:1])
OTHERS = frozenset(_ALL[1:] or _ALL)


def keep_to(cores: frozenset[int]) -> Callable[[], None]:
    """What a new process has to call to stay on these cores, its threads with it."""
    return lambda: os.sched_setaffinity(0, cores)
