"""Pages that go on whatever happens to the daemon, and a book of what was posted on them: the truth of a run.

The book is kept by who posts, in the words of the pages. Nothing here knows what the daemon makes of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import trio
from attrs import define, field, frozen
from documents import atom, entry, item, rss
from pages import BEGIN, StatusPage, Trouble
from server import Page, Script, close_in_body, reset, reset_in_body, status

LABELS = ("Investigating", "Identified", "Update", "Monitoring", "Resolved")
WINDOW = 8
"""Incidents that a page shows: few, so that old ones leave it and can be pruned."""
MOST_UNTOLD = 6
"""A page waits while nobody was told of so many updates: what left its window unseen, nobody could tell."""


@frozen
class Posted:
    """An event that has to come, `title` naming its incident; `message` is None where the page says nothing."""

    provider: str
    title: str
    event: str
    message: str | None = None


@define(eq=False)
class Book:
    """What was posted, and what of it was told to somebody by now."""

    posted: list[Posted] = field(factory=list)
    told: Counter[Posted] = field(factory=Counter)
    _untold: Counter[str] = field(factory=Counter)

    def post(self, provider: str, title: str, event: str, message: str | None = None) -> Posted:
        posted = Posted(provider, title, event, message)
        self.posted.append(posted)
        self._untold[posted.provider] += 1
        return posted

    def hear(self, line: dict[str, Any]) -> None:
        posted = as_posted(line)
        if posted and not self.told[posted]:
            self._untold[posted.provider] -= 1
        if posted:
            self.told[posted] += 1

    def untold(self, provider: str) -> int:
        return self._untold[provider]

    @property
    def all_told(self) -> bool:
        return all(self.told[one] for one in self.posted)


def as_posted(line: dict[str, Any]) -> Posted | None:
    """What a line says was posted; None if it is about the monitor's own sight of a page."""
    if line["incident_id"] is None:
        return None
    message = None if line["event"].endswith("withdrawn") else line["message"]
    return Posted(line["provider"], line["title"], line["event"], message)


@define(eq=False)
class Story:
    """A page with all updates of an incident in one entry: opens, posts, rewrites, takes down, resolves."""

    provider: str
    book: Book
    chance: random.Random
    page: StatusPage = field(factory=lambda: StatusPage(length=WINDOW))
    _last: dict[str, Posted] = field(factory=dict)
    """What was last posted of each open incident, by title."""

    @property
    def served(self) -> Page:
        return self.page.page

    def begin(self) -> None:
        """A history that is over: seen at first sight, and told to nobody."""
        for number in range(WINDOW):
            trouble = self.page.open(f"{self.provider} before {number}")
            self.page.post(trouble, "Resolved", "long ago")

    def step(self) -> None:
        open_ones = [one for one in self.page.troubles if one.title in self._last]
        stale = [one for one in open_ones if self.page.troubles.index(one) >= WINDOW - 4]
        if stale:
            self._end(stale[-1])
        elif len(open_ones) < 3 and (not open_ones or self.chance.random() < 0.3):
            title = f"{self.provider} {len(self.book.posted)}"
            trouble = self.page.open(title, self._text())
            self._note(trouble, "incident.opened")
        else:
            self._go_on(self.chance.choice(open_ones))

    def _go_on(self, trouble: Trouble) -> None:
        quiet = bool(self.book.told[self._last[trouble.title]])
        way = self.chance.random()
        if quiet and way < 0.15:  # rewritten before anybody saw it, the old text is not known to anybody
            self.page.edit(trouble, self._text())
            self._note(trouble, "incident.edited")
        elif quiet and way < 0.2:
            self.page.troubles.remove(trouble)
            self.page.render()
            self.book.post(self.provider, trouble.title, "incident.withdrawn")
            del self._last[trouble.title]
        elif len(trouble.updates) < len(LABELS) - 1 and way < 0.8:
            self.page.post(trouble, LABELS[len(trouble.updates)], self._text())
            self._note(trouble, "incident.updated")
        else:
            self._end(trouble)

    def _end(self, trouble: Trouble) -> None:
        self.page.post(trouble, "Resolved", self._text())
        self._note(trouble, "incident.resolved")
        del self._last[trouble.title]

    def _note(self, trouble: Trouble, event: str) -> None:
        self._last[trouble.title] = self.book.post(self.provider, trouble.title, event, trouble.updates[-1][2])

    def _text(self) -> str:
        return " ".join([f"text {len(self.book.posted)} & more."] * self.chance.choice((1, 1, 1, 300)))


@define(eq=False)
class Latest:
    """A page that shows the newest update alone: the next one comes when that was told, or nobody could know it."""

    provider: str
    book: Book
    chance: random.Random
    served: Page = field(factory=Page)
    _entries: list[str] = field(factory=list)
    _step: int = 0
    _last: Posted | None = None

    def begin(self) -> None:
        self._render()

    def step(self) -> None:
        if self._last is not None and not self.book.told[self._last]:
            return
        number, part = divmod(self._step, 3)
        self._step += 1
        label, event = (("Investigating", "opened"), ("Identified", "updated"), ("Resolved", "resolved"))[part]
        title, text = f"{self.provider} {number}", f"text {self._step}"
        link = f"https://page.example//incidents/01KY54SWGR{number:016}"
        if part:
            self._entries.pop(0)
        content = f"<b>Status: {label}</b><br/><br/>{text}<br/><br/><b>Affected components</b><ul><li>Search</li></ul>"
        at = f"{BEGIN + timedelta(minutes=self._step):%Y-%m-%dT%H:%M:%SZ}"
        self._entries.insert(0, entry(title, id=link, link=link, updated=at, content=content))
        self._last = self.book.post(self.provider, title, f"incident.{event}", text)
        self._render()

    def _render(self) -> None:
        self.served.body = atom(*self._entries[:WINDOW], head="<generator>incident.io</generator>")


@define(eq=False)
class PerUpdate:
    """A page with an entry for each update, whose incidents have no names but what is affected."""

    provider: str
    book: Book
    chance: random.Random
    served: Page = field(factory=lambda: Page(content_type="application/rss+xml"))
    _items: list[str] = field(factory=list)
    _step: int = 0

    def begin(self) -> None:
        self._render()

    def step(self) -> None:
        number, part = divmod(self._step, 3)
        self._step += 1
        at = BEGIN + timedelta(minutes=self._step)
        title, text = f"Errors {number}", f"text {self._step}"
        words, event = (
            ("disruption: ", "opened"),
            ("disruption: ", "updated"),
            ("disruption: [RESOLVED] ", "resolved"),
        )[part]
        guid = f"https://status.aws.amazon.com/#ec{number}-us-east-1_{at.timestamp():.0f}"
        self._items.insert(
            0,
            item(
                f"Service {words}{title}",
                guid=guid,
                link="https://status.aws.amazon.com/",
                date=format_datetime(at, usegmt=True),
                text=text,
            ),
        )
        self.book.post(self.provider, title, f"incident.{event}", text)
        self._render()

    def _render(self) -> None:
        head = "<generator>AWS Service Health Dashboard RSS Generator</generator>"
        self.served.body = rss(*self._items[: 3 * WINDOW], head=head)


Source = Story | Latest | PerUpdate
FAILURES: tuple[Script, ...] = (status(500), status(503), reset, reset_in_body, close_in_body)


def falter(page: Page, chance: random.Random) -> None:
    """Let the next answers of a page fail, one or two of them."""
    if not page.once and page.body:
        page.once += chance.choices(FAILURES, k=chance.choice((1, 2)))


async def go_on(
    sources: Iterable[Source], faltering: Iterable[Page], chance: random.Random, stopped: Callable[[], bool]
) -> None:
    """Post, until that is stopped, as much as somebody is told of."""
    sources, faltering = tuple(sources), tuple(faltering)
    while not stopped():
        source = chance.choice(sources)
        if source.book.untold(source.provider) < MOST_UNTOLD:
            source.step()
        if chance.random() < 0.1:
            for page in faltering:
                falter(page, chance)
        await trio.sleep(chance.random() * 0.03)
