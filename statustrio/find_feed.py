"""Looks at an address, or around it, until there is a feed, and says what it is. Writes nothing.

Requests go one after the other and are few. Where to look is for `discover` to say, what a refusal is for `walls`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from attrs import define, field, frozen

from statustrio.discover import guesses, named
from statustrio.environment import as_literal
from statustrio.errors import FeedError, FetchError
from statustrio.feed.parse import Feed, parse_feed
from statustrio.fetch import Fetched, Fetcher, NotModified
from statustrio.model import Validators
from statustrio.platforms import recognise
from statustrio.walls import diagnose, is_html, page_text

MOST_REQUESTS = 12
"""Addresses looked at for one page: all of its own, and no more than a reader would try by hand."""


@frozen
class Found:
    """A feed. `url` is where to follow it, `asked` where it was looked for: they differ if it has moved for good.

    `led_to` is the host a passing redirect led to, `conditional` whether it answers 304 to a second request.
    """

    asked: str
    url: str
    title: str
    platform: str
    entries: int
    newest: datetime | None
    conditional: bool
    led_to: str | None = None


@frozen
class Refused:
    """An address that is no feed, and why. `wall` says what the answer was instead, in a sentence with advice."""

    url: str
    reason: str
    wall: str | None = None


@frozen
class NotFound:
    """All that was looked at, in that order."""

    tried: tuple[Refused, ...]

    @property
    def wall(self) -> str | None:
        """What stood in the way first."""
        return next((one.wall for one in self.tried if one.wall), None)


@frozen
class _Page:
    """An HTML page on the way; `url` is where it came from in the end."""

    refused: Refused
    url: str
    html: str


async def look_at(fetcher: Fetcher, url: str) -> Found | Refused:
    """What is at this one address."""
    outcome, _ = await _look(fetcher, url, off_site=False)
    return outcome.refused if isinstance(outcome, _Page) else outcome


async def find_feed(
    fetcher: Fetcher,
    url: str,
    *,
    first: Iterable[str] = (),
    but: Iterable[str] = (),
    looking: Callable[[str], None] = lambda _: None,
) -> Found | NotFound:
    """The feed at `url` or behind it.

    `first` are addresses to try before it, `but` those not to try; `looking` is told each one.
    """
    search = _Search(url, deque([*first, url]), seen={one.rstrip("/") for one in but})
    while (one := search.next()) is not None:
        looking(one)
        outcome, is_dead = await _look(fetcher, one, off_site=_host(one) != _host(url))
        if isinstance(outcome, Found):
            return outcome
        search.learn(one, outcome, is_dead=is_dead)
    return NotFound(tuple(search.tried))


@define
class _Search:
    """What is still to be looked at. A host that cannot be reached, or asks for a pause, is left alone."""

    start: str
    queue: deque[str]
    tried: list[Refused] = field(factory=list)
    _seen: set[str] = field(kw_only=True)
    _dead: set[str] = field(factory=set)

    def next(self) -> str | None:
        while self.queue and len(self.tried) < MOST_REQUESTS:
            url = self.queue.popleft()
            if url.rstrip("/") not in self._seen and _host(url) not in self._dead:
                self._seen.add(url.rstrip("/"))
                return url
        return None

    def learn(self, url: str, outcome: Refused | _Page, *, is_dead: bool) -> None:
        self.tried.append(outcome.refused if isinstance(outcome, _Page) else outcome)
        if is_dead:
            self._dead.add(_host(url))
        if isinstance(outcome, _Page):
            self._seen.add(outcome.url.rstrip("/"))
            self.queue.extendleft(reversed(named(outcome.url, outcome.html)))
        if url == self.start:
            self.queue.extend(guesses(outcome.url))


async def _look(fetcher: Fetcher, url: str, *, off_site: bool) -> tuple[Found | Refused | _Page, bool]:
    """What is there, and whether its host is to be left alone."""
    try:
        fetched = await fetcher.get(url, public_only=off_site, explain=True)
    except FetchError as exc:
        wall = diagnose(exc.status, exc.headers, exc.body) if exc.status else None
        return Refused(url, str(exc), wall), exc.unconnected or exc.retry_after is not None
    assert isinstance(fetched, Fetched)  # nothing was asked on condition
    try:
        feed = parse_feed(fetched.body, url=fetched.url, content_type=fetched.content_type)
    except FeedError as exc:
        refused = Refused(url, str(exc), diagnose(200, {}, fetched.body))
        return (_Page(refused, fetched.url, page_text(fetched.body)) if is_html(fetched.body) else refused), False
    return await _found(fetcher, url, fetched, feed), False


async def _found(fetcher: Fetcher, url: str, fetched: Fetched, feed: Feed) -> Found:
    conditional = False
    if fetched.validators != Validators():
        with suppress(FetchError):  # it answered a moment ago; this is about 304 alone
            conditional = isinstance(await fetcher.get(url, validators=fetched.validators), NotModified)
    return Found(
        asked=url,
        url=as_literal(fetched.moved_to) if fetched.moved_to else url,
        title=feed.title,
        platform=recognise(feed).name,
        entries=len(feed.entries),
        newest=max((at for entry in feed.entries if (at := entry.published or entry.updated)), default=None),
        conditional=conditional,
        led_to=None if fetched.moved_to or _host(fetched.url) == _host(url) else _host(fetched.url),
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
