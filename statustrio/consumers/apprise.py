"""Events as messages through Apprise: mail, chat and a hundred services more, each by a URL (extra `apprise`).

Apprise blocks, so it has a thread of its own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from statustrio.config import ConsumerConfig
from statustrio.consumers.shapes import heading, plain_text
from statustrio.errors import ConsumerGoneError, DeliveryError
from statustrio.events import Event
from statustrio.store.protocol import Logged


@define(eq=False)
class Messenger:
    _apprise: Any
    _timeout: float
    _limiter: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(1))

    async def deliver(self, logged: Logged) -> None:
        with trio.move_on_after(self._timeout) as deadline:
            # What hangs is left behind; whether it was sent nobody knows then, so it is sent again.
            taken = await trio.to_thread.run_sync(
                self._notify, logged.event, limiter=self._limiter, abandon_on_cancel=True
            )
        if deadline.cancelled_caught:
            raise DeliveryError(f"no answer within {self._timeout:g} s")
        if not taken:
            raise DeliveryError("one of the services did not take it")

    async def watch(self) -> None:
        await trio.sleep_forever()

    def _notify(self, event: Event) -> bool:
        return bool(self._apprise.notify(title=heading(event), body=plain_text(event) or heading(event)))


@asynccontextmanager
async def open_apprise(config: ConsumerConfig) -> AsyncIterator[Messenger]:
    """Raises ConsumerGoneError for a URL that Apprise does not know."""
    import apprise

    # It would log URLs, which hold tokens.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    services = apprise.Apprise()
    for number, url in enumerate(config.urls, start=1):
        if not services.add(url):
            raise ConsumerGoneError(f"Apprise does not understand URL {number} of consumer `{config.id}`")
    yield Messenger(services, config.timeout_seconds)
