"""Fetches feeds once and says what they are, for `check --probe`. Stores nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import trio

from statustrio.config import Config, ProviderConfig
from statustrio.dialing import install_resolver
from statustrio.errors import FeedError, FetchError
from statustrio.fetch import Fetched, Limits, NotModified, Web, open_fetcher
from statustrio.model import Validators
from statustrio.reading import read_document
from statustrio.redaction import Redactor


async def probe_all(config: Config, redactor: Redactor, done: Callable[[], None]) -> list[dict[str, Any]]:
    """One row per enabled provider, in the order of the file; `done` is called after each."""
    install_resolver()
    web = Web(limits=Limits.from_config(config.limits))
    rows: dict[str, dict[str, Any]] = {}

    async def probe(provider: ProviderConfig) -> None:
        rows[provider.id] = await _probe(web, provider, redactor)
        done()

    enabled = [one for one in config.providers if one.enabled]
    async with trio.open_nursery() as nursery:
        for provider in enabled:
            nursery.start_soon(probe, provider)
    return [rows[one.id] for one in enabled]


async def _probe(web: Web, provider: ProviderConfig, redactor: Redactor) -> dict[str, Any]:
    row: dict[str, Any] = {
        "provider": provider.id,
        "result": "failed",
        "milliseconds": None,
        "platform": None,
        "entries": None,
        "conditional": None,
        "remark": None,
    }
    began = time.perf_counter()
    try:
        async with open_fetcher(web, timeout=provider.timeout_seconds, headers=dict(provider.headers)) as fetcher:
            fetched = await fetcher.get(provider.feed_url)
            row["milliseconds"] = round((time.perf_counter() - began) * 1000)
            assert isinstance(fetched, Fetched)  # nothing was asked on condition
            document = read_document(
                fetched.body,
                url=fetched.url,
                content_type=fetched.content_type,
                platform=provider.platform,
                hint=provider.hint,
                last_platform=None,
                last_window=(),
            )
            row |= {"platform": document.platform, "entries": len(document.window), "result": "ok"}
            if fetched.moved_to:
                row["remark"] = f"moved for good: use {redactor.hide(fetched.moved_to)}"
            if fetched.validators != Validators():
                again = await fetcher.get(provider.feed_url, validators=fetched.validators)
                row["conditional"] = isinstance(again, NotModified)
            else:
                row["conditional"] = False
    except (FetchError, FeedError) as exc:
        row["remark"] = redactor.hide(str(exc))
    return row
