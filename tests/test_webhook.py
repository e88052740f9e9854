"""The webhook consumer: signed as the specification's own library wants it, and what each answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import trio.testing
from attrs import evolve
from server import Page, PageServer, hang, open_server, raw, status
from standardwebhooks.webhooks import Webhook as Verifier

from statustrio.config import ConsumerConfig
from statustrio.config_rules import SHAPES as NAMES
from statustrio.consumers.shapes import SHAPES
from statustrio.consumers.webhook import MOST_PAUSE, open_webhook
from statustrio.errors import DeliveryError, RejectedError
from statustrio.events import Event
from statustrio.line import render
from statustrio.model import Component, Impact, Status
from statustrio.store.protocol import Logged

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = Event(
    7,
    "0123456789abcdef",
    datetime(2026, 11, 24, 12, tzinfo=UTC),
    "incident.opened",
    "acme",
    "Acme <&> Söhne",
    "i1",
    title="*Errors* @everyone <script>",
    status=Status.IN_PROGRESS,
    impact=Impact.MAJOR,
    components=(Component("API"), Component("Web_1")),
    message="We look\ninto it [now](http://evil.example)",
    url="https://status.acme.example/i1",
)


def logged(**changes: Any) -> Logged:
    event = evolve(EVENT, **changes)
    return Logged(event.seq, event, render(event))


def config(server: PageServer, **settings: Any) -> ConsumerConfig:
    return ConsumerConfig("hook", "webhook", url=server.url("/hook"), **settings)


def page(*scripts: Any) -> Page:
    return Page(script=status(200), once=list(scripts))


async def test_the_line_arrives_as_it_is_stored_and_the_signature_holds() -> None:
    async with open_server() as server:
        server.pages["/hook"] = page()
        async with open_webhook(config(server, secret=SECRET, headers=(("X-Team", "ops"),))) as hook:
            await hook.deliver(logged())
            await hook.deliver(logged(seq=8, title="Ünïcode"))
    first, second = server.requests
    assert (first.method, first.body.decode(), first.headers["content-type"]) == (
        "POST", logged().line, "application/json"
    )  # fmt: skip
    assert first.headers["x-team"] == "ops"
    assert first.headers["webhook-id"] == EVENT.id
    for asked in (first, second):
        assert Verifier(SECRET).verify(asked.body, asked.headers) == json.loads(asked.body)
    assert first.connection == second.connection


async def test_without_a_secret_there_is_no_signature() -> None:
    async with open_server() as server:
        server.pages["/hook"] = page()
        async with open_webhook(config(server)) as hook:
            await hook.deliver(logged())
    assert "webhook-signature" not in server.requests[0].headers


@pytest.mark.parametrize("code", [400, 401, 404, 410, 413, 422, 301, 302])
async def test_a_refusal_is_one_for_ever(code: int) -> None:
    async with open_server() as server:
        server.pages["/hook"] = page(status(code, location="/elsewhere"))
        async with open_webhook(config(server)) as hook:
            with pytest.raises(RejectedError, match=str(code)):
                await hook.deliver(logged())
            await hook.deliver(logged())
    assert len(server.requests) == 2, "a redirect is not followed"


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("header", "pause"), [({}, None), ({"retry_after": 30}, 30), ({"retry_after": 10**9}, MOST_PAUSE)]
)
async def test_a_failure_is_one_for_now(code: int, header: dict[str, int], pause: float | None) -> None:
    async with open_server() as server:
        server.pages["/hook"] = page(status(code, **header))
        async with open_webhook(config(server)) as hook:
            with pytest.raises(DeliveryError, match=str(code)) as caught:
                await hook.deliver(logged())
    assert not isinstance(caught.value, RejectedError)
    assert caught.value.retry_after == pause


async def test_who_does_not_answer_is_asked_again_later() -> None:
    async with open_server() as server:
        server.pages["/hook"] = page(hang, raw(b"nonsense"), raw(b""))
        async with open_webhook(config(server, timeout_seconds=0.1)) as hook:
            with pytest.raises(DeliveryError, match=r"no answer within 0\.1 s"):
                await hook.deliver(logged())
        async with open_webhook(config(server)) as hook:
            for _ in range(2):
                with pytest.raises(DeliveryError, match=f"no answer from 127.0.0.1:{server.port}"):
                    await hook.deliver(logged())
            await hook.deliver(logged())
    with trio.fail_after(5):
        async with open_webhook(config(server)) as hook:
            with pytest.raises(DeliveryError, match=f"connection refused by 127.0.0.1:{server.port}"):
                await hook.deliver(logged())


async def test_a_dripping_answer_ends_at_the_deadline() -> None:
    async def drip(exchange: Any) -> None:
        await exchange.head(200, content_length=10)
        await exchange.until_gone()

    async with open_server() as server:
        server.pages["/hook"] = page(drip)
        async with open_webhook(config(server, timeout_seconds=0.5)) as hook:
            await hook.deliver(logged())  # the status says it all: nobody waits for the body


def test_every_shape_of_the_configuration_is_there() -> None:
    assert tuple(SHAPES) == NAMES


def test_slack_gets_text_that_is_no_markup() -> None:
    text = SHAPES["slack"](EVENT)["text"]
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "Acme &lt;&amp;&gt; Söhne" in text
    assert text.endswith("<https://status.acme.example/i1>")


def test_discord_mentions_nobody_and_stays_within_its_limit() -> None:
    body = SHAPES["discord"](evolve(EVENT, message="x_" * 3000))
    assert body["allowed_mentions"] == {"parse": []}
    assert len(body["content"]) <= 2000
    assert r"\*Errors\*" in body["content"]
    assert body["content"].endswith("<https://status.acme.example/i1>")


def test_teams_gets_a_card_with_a_button() -> None:
    (attachment,) = SHAPES["teams"](EVENT)["attachments"]
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    assert r"\[now\]\(http" in card["body"][2]["text"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Status page", "url": EVENT.url}]


@pytest.mark.parametrize("shape", NAMES)
@pytest.mark.parametrize(
    "name", ["incident.resolved", "maintenance.scheduled", "provider.unreachable", "monitor.offline"]
)
def test_a_shape_makes_something_of_an_event_that_says_little(shape: str, name: str) -> None:
    bare = Event(1, "id", EVENT.timestamp, name, None, None)
    assert "statustrio" in json.dumps(SHAPES[shape](bare))


async def test_a_shaped_body_is_signed_as_well() -> None:
    async with open_server() as server:
        server.pages["/hook"] = page()
        async with open_webhook(config(server, secret=SECRET, shape="slack")) as hook:
            await hook.deliver(logged())
    (asked,) = server.requests
    assert Verifier(SECRET).verify(asked.body, asked.headers) == SHAPES["slack"](EVENT)
