"""What a user would write instead: asyncio, aiohttp, feedparser, and a dict of what was seen.

Written as a good engineer would who needs it today: conditional requests, a fixed cadence with jitter and a staggered
start, timeouts, errors caught and logged. It remembers nothing over a restart, knows no platform, and takes an
entry for one thing: a new one is told once, however many updates are in it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import json
import logging
import random
import sys
from functools import partial
from pathlib import Path
from typing import Any

import feedparser

STAGGER_SECONDS = 10.0
JITTER = 0.1
TIMEOUT_SECONDS = 20.0
SWITCHES_OFF = {"sanitize_html": False, "resolve_relative_uris": False}
"""What feedparser need not do for somebody who shows no HTML; its documentation leaves both on."""

log = logging.getLogger("reference")


def news(seen: dict[str, str], entries: list[Any]) -> list[Any]:
    """The entries that are new or changed, oldest first; `seen` takes note of them."""
    found = []
    for entry in entries:
        key = entry.get("id") or entry.get("link", "")
        text = f"{entry.get('updated', '')}\n{entry.get('summary', '')}"
        mark = hashlib.sha256(text.encode()).hexdigest()
        if seen.get(key) != mark:
            seen[key] = mark
            found.append(entry)
    return found[::-1]


def tell(url: str, entry: Any) -> None:
    line = {name: entry.get(name) for name in ("id", "title", "link", "updated", "summary")}
    sys.stdout.write(json.dumps({"feed": url, **line}) + "\n")
    sys.stdout.flush()


async def follow(session: Any, url: str, interval: float, options: dict[str, bool]) -> None:
    """Poll one feed for ever. The first sight of it is silent."""
    seen: dict[str, str] = {}
    first = True
    conditions: dict[str, str] = {}
    clock = asyncio.get_running_loop().time
    due = clock() + random.random() * min(interval, STAGGER_SECONDS)  # noqa: S311  a stagger is no secret
    while True:
        await asyncio.sleep(max(0.0, due - clock()))
        due = max(due, clock() - interval) + interval * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        try:
            async with session.get(url, headers=conditions) as response:
                if response.status == 304:
                    await response.read()
                    continue
                response.raise_for_status()
                body = await response.read()
                headers = response.headers
            # Some 30 ms of parsing would hold up all other feeds, so it has a thread.
            about = {"content-location": url, "content-type": headers.get("Content-Type", "")}
            parsed = await asyncio.to_thread(
                partial(feedparser.parse, io.BytesIO(body), response_headers=about, **options)
            )
            if parsed.bozo and not parsed.entries:
                log.warning("%s: %s", url, parsed.bozo_exception)
                continue
            fresh = news(seen, parsed.entries)
            if not first:
                for entry in fresh:
                    tell(url, entry)
            first = False
            conditions = {
                name: headers[given]
                for name, given in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
                if given in headers
            }
        except Exception as exc:  # noqa: BLE001  one feed's trouble must not end the others
            log.warning("%s: %s", url, exc or type(exc).__name__)


async def follow_all(urls: list[str], interval: float, options: dict[str, bool]) -> None:
    import aiohttp

    # No limit: a feed must not wait for others. Connections outlive the pause between two polls.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2 * interval + 60)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as group:
        for url in urls:
            group.create_task(follow(session, url, interval, options))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", type=Path, help="a file of URLs, one a line")
    parser.add_argument("--interval", type=float, default=60.0, help="seconds between two polls of a feed")
    parser.add_argument("--switches-off", action="store_true", help="feedparser without sanitizing and resolving")
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(follow_all(args.feeds.read_text().split(), args.interval, SWITCHES_OFF if args.switches_off else {}))


if __name__ == "__main__":
    main()
