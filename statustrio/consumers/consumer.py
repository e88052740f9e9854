"""What the fan-out asks of a consumer. A new one is one small file with an `open_*` beside these, or in a package."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from statustrio.config_rules import ConsumerItem
from statustrio.store.protocol import Logged

Item = TypeVar("Item", bound=ConsumerItem)


class Consumer(Protocol):
    """A place where events go."""

    async def deliver(self, logged: Logged) -> None:
        """Hand over one event; returning means it arrived.

        Raises DeliveryError if it may succeed later, ConsumerGoneError if it never will in this process.
        """

    async def watch(self) -> None:
        """Run beside the deliveries; ends with ConsumerGoneError when the other side has gone."""


@frozen
class ConsumerType(Generic[Item]):
    """What an entry point of the group `statustrio.consumers` names: a type of consumer from another package.

    `item` are the keys of the type in providers.yaml, checked by the types of their fields (see `config_rules`); what
    they say is given to `open`.
    """

    item: type[Item]
    open: Callable[[Item], AbstractAsyncContextManager[Consumer]]
