"""The Apprise consumer, with the library itself and its `json://` on loopback."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from server import Exchange, Page, hang, open_server, status

from statustrio.config import ConsumerConfig
from statustrio.consumers import apprise
from statustrio.consumers.apprise import open_apprise
from statustrio.errors import ConsumerGoneError, DeliveryError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

pytestmark = pytest.mark.slow

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


async def drip_for_ever(exchange: Exchange) -> None:
    """Each byte is in time for a limit on the pause between two: a thread would be kept for ever."""
    await exchange.head(content_length=10**9)
    while True:
        await exchange.send(b"x")
        await trio.sleep(0.05)


async def test_what_hangs_is_ended_and_the_next_one_is_taken() -> None:
    async with open_server(deadline=30) as server:
        server.pages["/hook"] = Page(script=status(200), once=[drip_for_ever, status(200), drip_for_ever])
        async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook", timeout=1)) as consumer:
            for _ in range(2):
                with pytest.raises(DeliveryError, match="within 1 s"):
                    await consumer.deliver(LOGGED)
                assert consumer._process is None
                await server.wait_closed()
                await consumer.deliver(LOGGED)
            process = consumer._process
            assert process is not None
        assert process.returncode is not None


async def test_a_delivery_that_is_cancelled_leaves_no_process() -> None:
    async with open_server(deadline=30) as server, trio.open_nursery() as nursery:
        server.pages["/hook"] = Page(script=hang)
        async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook")) as consumer:
            process = consumer._process
            assert process is not None
            nursery.start_soon(consumer.deliver, LOGGED)
            await server.wait_requests(1)
            nursery.cancel_scope.cancel()
        assert process.returncode is not None


async def test_a_process_that_cannot_be_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise ImportError")
    async with open_server(deadline=30) as server:
        server.pages["/hook"] = Page(script=status(200))
        with monkeypatch.context() as patch:
            patch.setattr(apprise, "PROGRAM", broken)
            async with open_apprise(config(f"json://127.0.0.1:{server.port}/hook")) as consumer:
                with pytest.raises(DeliveryError, match="without an answer"):
                    await consumer.deliver(LOGGED)
                patch.undo()
                await consumer.deliver(LOGGED)
    assert len(server.requests) == 1


async def test_a_url_nobody_understands_is_named_by_its_place() -> None:
    with pytest.raises(ConsumerGoneError, match="URL 2 of consumer `chat`") as caught:
        async with open_apprise(config("json://127.0.0.1/", "nonsense://token-that-is-secret")):
            pass
    assert "secret" not in str(caught.value)
    await trio.lowlevel.checkpoint()
