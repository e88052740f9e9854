"""Looks at the feeds of the catalog and says what has changed: a feed that moved, another platform, one that is gone.

It proposes, and changes nothing. Entries are looked at side by side, but only a few at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import trio
from attrs import evolve, frozen

from statustrio.catalog import CatalogEntry
from statustrio.dialing import install_resolver
from statustrio.fetch import Web, open_fetcher
from statustrio.find_feed import Found, NotFound, find_feed, look_at

AT_ONCE = 16
"""Entries under way; most are pages on servers of the same few makers."""
TIMEOUT = 20.0
"""Seconds per request, as in a poll."""


@frozen
class Checked:
    """What became of an entry. `proposed` is the entry as it should be, the same where nothing differs.

    `failure` says why its feed cannot be read, `remark` what else a keeper of the catalog should know.
    """

    entry: CatalogEntry
    proposed: CatalogEntry
    failure: str | None = None
    remark: str | None = None


async def check_entries(web: Web, entries: Iterable[CatalogEntry], done: Callable[[], None]) -> list[Checked]:
    """Look at each entry, in the order given; `done` is called after each."""
    install_resolver()
    limiter = trio.CapacityLimiter(AT_ONCE)
    results: dict[str, Checked] = {}

    async def check(entry: CatalogEntry) -> None:
        async with limiter, open_fetcher(web, timeout=TIMEOUT) as fetcher:
            here = await look_at(fetcher, entry.feed_url)
            if isinstance(here, Found):
                results[entry.id] = judge(entry, here)
            else:
                elsewhere = await find_feed(fetcher, entry.status_page, but=[entry.feed_url])
                because = f"{here.reason}; {here.wall}" if here.wall else here.reason
                results[entry.id] = judge(entry, elsewhere, because=because)
        done()

    wanted = list(entries)
    async with trio.open_nursery() as nursery:
        for entry in wanted:
            nursery.start_soon(check, entry)
    return [results[entry.id] for entry in wanted]


def judge(entry: CatalogEntry, outcome: Found | NotFound, *, because: str | None = None) -> Checked:
    """What an outcome means for an entry; `because` is why its own feed cannot be read."""
    if isinstance(outcome, NotFound):
        return Checked(entry, entry, failure=because)
    platform: str | None = outcome.platform
    remark = f"leads to {outcome.led_to}, but not for good" if outcome.led_to else None
    if platform == "generic":
        # said of any feed; one without entries may show nothing of who made it
        platform = entry.platform if because is None or not outcome.entries else None
        if platform is not None and outcome.entries:
            remark = remark or f"nothing in the feed says that {platform} made it"
    if because is not None:
        remark = f"the feed is elsewhere; at {entry.feed_url}: {because}"
    return Checked(entry, evolve(entry, feed_url=outcome.url, platform=platform), remark=remark)
