"""The exceptions of statustrio. Messages are lower case, without full stop, and say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class StatustrioError(Exception):
    """Base of everything a user can mend; the command line shows its text without a traceback."""

    exit_status: ClassVar[int] = 2
    """Of a command that ends with it: 2 for what is asked for wrongly, 1 for what failed meanwhile."""


class ConfigError(StatustrioError):
    """The configuration cannot be used. `problems` holds one `file:line:column: key: message` each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class OpmlError(StatustrioError):
    """A list of feeds that cannot be read."""


class StoreError(StatustrioError):
    """The database cannot be used as it is: foreign, newer, held by another daemon, unreadable."""


class StoreUnavailableError(StoreError):
    """The database cannot be used now, and the same may work later: it is locked, its disk is full."""

    exit_status = 1


class StoreLostError(StoreError):
    """The database that was in use is gone: removed, replaced, damaged. What is stored now nobody would find again."""

    exit_status = 1


class FetchError(StatustrioError):
    """A request that brought no document. The text is a reason a person understands.

    `status` is the HTTP status where there was one, `retry_after` the pause in seconds the server asked
    for, `unconnected` whether no connection came about (what a machine that is offline sees), `timed_out` whether the
    time for the whole request was over.
    `headers` (names in lower case) and `body` are what came with a refusal that was asked to explain itself.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        unconnected: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after
        self.unconnected = unconnected
        self.timed_out = timed_out
        self.headers: Mapping[str, str] = {}
        self.body = b""


class FeedError(StatustrioError):
    """A document that is no whole feed: an HTML page, other XML, nothing at all, or a part of one."""


class DeliveryError(StatustrioError):
    """A consumer could not take an event now; the event is still owed and is tried again.

    `retry_after` is the pause in seconds that it asked for.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class RejectedError(DeliveryError):
    """A consumer does not take this event, and would not in an hour: it is set aside after a few tries."""


class ConsumerGoneError(StatustrioError):
    """A consumer can take no further event in this process: the reader of stdout went away."""
