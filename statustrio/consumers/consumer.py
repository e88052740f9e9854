"""What the fan-out asks of a consumer. A new one is one small file with an `open_*` beside these."""

from __future__ import annotations

from typing import Protocol

from statustrio.store.protocol import Logged


class Consumer(Protocol):
    """A place where events go."""

    async def deliver(self, logged: Logged) -> None:
        """Hand over one event; returning means it arrived.

        Raises DeliveryError if it may succeed later, ConsumerGoneError if it never will in this process.
        """

    async def watch(self) -> None:
        """Run beside the deliveries; ends with ConsumerGoneError when the other side has gone."""
