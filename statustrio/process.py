"""The process itself: what it asks of the system and of the interpreter, so that ten thousand providers are no trouble.

With ten none of it makes a difference.
"""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 256 * 1024


def raise_open_files() -> None:
    """Take as many open files as are allowed: a provider keeps a connection or two, ten thousand keep many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_pauses_short() -> None:
    """Let nothing but the loop's own work keep the loop from its polls."""
    # The loop gives the lock away at each read and write, the recorder at each row: a busy thread would keep it for the
    # usual 5 ms each time. It costs the busy one a tenth of its speed.
    sys.setswitchinterval(0.0001)
    # Ours die by their count, but for those of documents that are ill-formed: of ten thousand providers' objects a full
    # collection, most of a second, finds none dead.
    gc.set_threshold(10_000, 3, 100)


def keep_large_blocks_apart() -> None:
    """Let the C library (glibc) give each large block a mapping of its own, which goes back to the system at once.

    By itself it takes the size of the largest block that was ever freed for a usual one: a document of ten MiB and the
    copies that reading it needs would then lie in the heap, that of one thread in another than that of the next.
    """
    set_option = _c_function("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back_memory() -> None:
    """Return what is free inside the heap to the system, where the C library can (glibc); elsewhere do nothing.

    By itself it returns only what is free at the end. The first answer over each TLS connection leaves a buffer of
    16 KiB until the second: of five thousand, an eighth of all their memory.
    """
    trim = _c_function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _c_function(name: str) -> Callable[..., object] | None:
    """A function of the C library, if it has it."""
    try:
        function: Callable[..., object] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return function
