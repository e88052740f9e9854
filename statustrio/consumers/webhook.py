"""Events posted to a URL: the stored JSON line, signed as Standard Webhooks asks, or the body a chat service takes.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx
import trio
from attrs import define

from statustrio import __version__
from statustrio.answers import retry_after, status_text
from statustrio.clock import now
from statustrio.config import ConsumerConfig
from statustrio.consumers.shapes import SHAPES
from statustrio.dialing import failure_of
from statustrio.errors import ConsumerGoneError, DeliveryError, RejectedError
from statustrio.store.protocol import Logged

SECRET_PREFIX = "whsec_"  # noqa: S105  how every secret begins
MOST_PAUSE = 3600.0
"""Seconds that a receiver's `Retry-After` can ask for."""
MOST_ANSWER = 64 * 1024
FINISH_SECONDS = 1.0
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a body. `secret` is `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@define(eq=False)
class Webhook:
    _client: httpx.AsyncClient
    _url: httpx.URL
    _headers: Mapping[str, str]
    _secret: str | None
    _shape: str | None
    _timeout: float

    async def deliver(self, logged: Logged) -> None:
        taken = False
        request = self._request(logged)
        with trio.move_on_after(self._timeout) as deadline:
            try:
                async with self._client.stream(**request) as response:
                    _judge(response)
                    taken = True
                    await _finish(response)
            except httpx.HTTPError as exc:
                if not taken:
                    where = f"{self._url.host}:{self._url.port or (443 if self._url.scheme == 'https' else 80)}"
                    raise DeliveryError(failure_of(exc, where) or f"no answer from {where}") from exc
        if deadline.cancelled_caught and not taken:
            raise DeliveryError(f"no answer within {self._timeout:g} s")

    async def watch(self) -> None:
        await trio.sleep_forever()

    def _request(self, logged: Logged) -> dict[str, Any]:
        body = logged.line.encode()
        if self._shape is not None:
            body = json.dumps(SHAPES[self._shape](logged.event), ensure_ascii=False).encode()
        headers = {**self._headers, "Content-Type": "application/json", "webhook-id": logged.event.id}
        timestamp = int(time.time())
        headers["webhook-timestamp"] = str(timestamp)
        if self._secret is not None:
            headers["webhook-signature"] = signature(self._secret, logged.event.id, timestamp, body)
        return {"method": "POST", "url": self._url, "content": body, "headers": headers}


async def _finish(response: httpx.Response) -> None:
    """Read a short answer to its end, for the connection's sake; nobody is interested in what it says."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) <= MOST_ANSWER:
        with trio.move_on_after(FINISH_SECONDS):
            await response.aread()


def _judge(response: httpx.Response) -> None:
    """Raises RejectedError or DeliveryError for any answer that is not a 2xx: nothing else of it counts."""
    if response.is_success:
        return
    said = status_text(response.status_code)
    if response.status_code in _LATER or response.is_server_error:
        pause = retry_after(response, now)
        raise DeliveryError(said, retry_after=None if pause is None else min(pause, MOST_PAUSE))
    raise RejectedError(said)


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all: to make one takes 40 ms, in which nothing else goes on."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def open_webhook(config: ConsumerConfig) -> AsyncIterator[Webhook]:
    """The URL is asked for at the first event, and again and again while it does not answer."""
    assert config.url is not None
    try:
        # Proxies of the environment are httpx's business; a redirect is an answer, and no good one to a POST.
        client = httpx.AsyncClient(
            headers={"User-Agent": f"statustrio/{__version__}"},
            verify=_ssl_context(),
            timeout=None,  # noqa: S113  the deadline is `deliver`'s
        )
    except (ValueError, ImportError) as exc:
        raise ConsumerGoneError(f"a proxy of the environment cannot be used: {exc}") from exc
    async with client:
        yield Webhook(
            client, httpx.URL(config.url), dict(config.headers), config.secret, config.shape, config.timeout_seconds
        )
