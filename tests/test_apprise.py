"""The Apprise consumer, with the library itself and its `json://` on loopback."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import trio
from server import Page, hang, open_server, status

from statustrio.config import ConsumerConfig
from statustrio.consumers.apprise import open_apprise
from statustrio.errors import ConsumerGoneError, DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

EVENT = Event(
    1, "id", datetime(2026, 11, 24, tzinfo=UTC), "incident.opened", "acme", "Acme", title="Errors", message="We look"
)
LOGGED = Logged(1, EVENT, render(EVENT))


def config(*urls: str, timeout: float = 10) -> ConsumerConfig:
    return ConsumerConfig("chat", "apprise", urls=urls, timeout_seconds=timeout)


async def test_a_message_arrives() -> None:
    async with open_server() as server:
        server.pages["/hook"] = Page(script=status(200))
        async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook")) as consumer:
            await consumer.deliver(LOGGED)
    sent = json.loads(server.requests[0].body)
    assert "OPENED" in sent["title"]
    assert "Acme: Errors" in sent["title"]
    assert sent["message"] == "We look"


async def test_what_is_not_taken_is_owed() -> None:
    async with open_server() as server:
        server.pages["/hook"] = Page(script=status(200), once=[status(500), hang])
        async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook")) as consumer:
            with pytest.raises(DeliveryError, match="did not take it"):
                await consumer.deliver(LOGGED)
        async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook", timeout=0.2)) as consumer:
            with pytest.raises(DeliveryError, match=r"within 0\.2 s"):
                await consumer.deliver(LOGGED)


async def test_a_url_nobody_understands_is_named_by_its_place() -> None:
    with pytest.raises(ConsumerGoneError, match="URL 2 of consumer `chat`") as caught:
        async with open_apprise(config("json://127.0.0.1/", "nonsense://token-that-is-secret")):
            pass
    assert "secret" not in str(caught.value)
    await trio.lowlevel.checkpoint()
