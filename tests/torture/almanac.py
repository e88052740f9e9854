"""What fifty pages say on each of four hundred days: the truth that a year is compared with.

A page is a function of the time: its stories, each with what was posted when, rewritten when, taken down when. Nothing
here knows how the product reads a page.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

LENGTH = 40
"""Stories in a page's feed; what is older has left it."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)

LABELS = {
    "incident": ("Investigating", "Identified", "Monitoring", "Update", "Resolved"),
    "maintenance": ("Scheduled", "In progress", "Verifying", "Completed"),
}
STATUS = {"In progress": "in_progress"}
NOUNS = {"Scheduled": "scheduled", "In progress": "started", "Completed": "completed", "Resolved": "resolved"}

ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Span = tuple[datetime, datetime]


@frozen
class Post:
    """An update as its vendor posted it; `edit` is when its text was rewritten, and to what."""

    at: datetime
    label: str
    text: str
    edit: tuple[datetime, str] | None = None

    def said(self, at: datetime) -> str:
        return self.edit[1] if self.edit and self.edit[0] <= at else self.text


@frozen
class Story:
    """An incident or planned work from its first word to its last."""

    kind: str
    number: int
    code: str
    title: str
    posts: tuple[Post, ...]
    withdrawn: datetime | None = None
    planned: Span | None = None

    @property
    def status(self) -> str:
        """Where it stands in the end."""
        return "withdrawn" if self.withdrawn else STATUS.get(self.posts[-1].label, self.posts[-1].label.lower())

    def moments(self) -> list[datetime]:
        """When the page changes because of it."""
        edits = [post.edit[0] for post in self.posts if post.edit]
        return [*(post.at for post in self.posts), *edits, *([self.withdrawn] if self.withdrawn else [])]

    def expected(self) -> list[tuple[datetime, str, str | None]]:
        """The events that are owed: when there was something to tell, its name, its message; in that order."""
        owed: list[tuple[datetime, str, str | None]] = []
        for n, post in enumerate(self.posts):
            noun = NOUNS.get(post.label) or ("opened" if n == 0 else "updated")
            owed.append((post.at, f"{self.kind}.{noun}", post.text))
            if post.edit:
                owed.append((post.edit[0], f"{self.kind}.edited", post.edit[1]))
        if self.withdrawn:
            owed.append((self.withdrawn, f"{self.kind}.withdrawn", None))
        return sorted(owed, key=lambda one: one[0])


@frozen
class Page:
    """One provider: how its page is written, and everything that it ever says."""

    id: str
    shape: str
    zone: str
    stories: tuple[Story, ...]
    down: tuple[Span, ...]
    moments: tuple[datetime, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        every = {moment for story in self.stories for moment in story.moments()}
        object.__setattr__(self, "moments", tuple(sorted(every)))

    def version(self, at: datetime) -> int:
        """How often it has changed by then."""
        return bisect_right(self.moments, at)

    def is_down(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self.down)

    def document(self, at: datetime) -> bytes:
        """The feed as it is served at this time."""
        shown = [one for one in self.stories if one.posts[0].at <= at and not (one.withdrawn and one.withdrawn <= at)]
        shown.sort(key=lambda story: story.posts[0].at, reverse=True)
        write = {"timeline": _timeline_entry, "latest": _latest_entry}[self.shape]
        entries = "".join(write(story, at, ZoneInfo(self.zone)) for story in shown[:LENGTH])
        head = "<generator>incident.io</generator>" if self.shape == "latest" else ""
        stamp = _iso(max((moment for moment in self.moments if moment <= at), default=EPOCH))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">{head}'
            f"<id>tag:{self.id}.example,2005:/history</id><title>{self.id}</title><updated>{stamp}</updated>"
            f"{entries}</feed>"
        ).encode()


def _timeline_entry(story: Story, at: datetime, zone: ZoneInfo) -> str:
    """As Statuspage writes: all updates, newest first, in the zone of the page and without a year."""
    posts = [post for post in story.posts if post.at <= at]
    blocks = ""
    if story.planned:
        start, end = (f"{moment.astimezone(zone):%b %-d, %H:%M %Z}" for moment in story.planned)
        blocks = f"<p><strong>THIS IS A SCHEDULED EVENT {start} - {end}</strong></p>"
    for post in reversed(posts):
        local = post.at.astimezone(zone)
        blocks += (
            f"<p><small>{local:%b} <var data-var='date'>{local:%e}</var>, <var data-var='time'>{local:%H:%M}</var>"
            f" {local:%Z}</small><br><strong>{post.label}</strong> - {escape(post.said(at))}</p>"
        )
    published = story.planned[0] if story.planned else posts[-1].at
    return (
        f"<entry><id>tag:page.example,2005:Incident/{story.number}</id><published>{_iso(published)}</published>"
        f"<updated>{_iso(posts[-1].at)}</updated><title>{escape(story.title)}</title>"
        f'<link rel="alternate" type="text/html" href="https://page.example/incidents/{story.code}"/>'
        f'<content type="html">{escape(blocks)}</content></entry>'
    )


def _latest_entry(story: Story, at: datetime, _zone: ZoneInfo) -> str:
    """As incident.io writes: the newest update alone."""
    post = [post for post in story.posts if post.at <= at][-1]
    link = f"https://page.example/incidents/{story.code}"
    return (
        f"<entry><id>{link}</id><title>{escape(story.title)}</title><updated>{_iso(post.at)}</updated>"
        f'<link rel="alternate" href="{link}"/><content type="html">'
        f"{escape(f'<b>Status: {post.label}</b><br/><br/>{escape(post.said(at))}')}</content></entry>"
    )


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def write_almanac(
    chance: random.Random, span: Span, *, pages: int, rest: timedelta, dark: Sequence[Span]
) -> list[Page]:
    """Pages with their stories in this span of time.

    `rest` is how long a thing stands at least before another replaces it where only the newest is shown, and `dark` are
    the times at which nobody looks.
    """
    return [_page(chance, number, span, rest, dark) for number in range(pages)]


def _page(chance: random.Random, number: int, span: Span, rest: timedelta, dark: Sequence[Span]) -> Page:
    shape = "latest" if number % 3 == 2 else "timeline"
    zone = ("UTC", "America/Los_Angeles", "Europe/Berlin")[number % 4 % 3]
    begin, end = span
    down = tuple((at, at + chance.randint(1, 20) * HOUR) for at in _times(chance, begin + 2 * DAY, end - 2 * DAY, 60))
    unseen = sorted([*dark, *down])
    begins = [*_times(chance, begin + DAY, end - 12 * DAY, 7)]
    begins += [moment for moment in _special_moments(number) if begin + DAY < moment < end - 12 * DAY]
    stories = tuple(_story(chance, f"p{number}", n, at, shape, rest, unseen) for n, at in enumerate(sorted(begins), 1))
    return Page(f"p{number}", shape, zone, stories, down)


def _special_moments(number: int) -> list[datetime]:
    """Just before a year ends, a leap day begins, a clock is set: each on every fifth page, some minutes apart."""
    odd = timedelta(minutes=number)
    moments = ("2027-12-31T23:40", "2028-02-28T23:40", "2028-03-12T09:40", "2027-11-07T08:40", "2027-10-31T00:40")
    return [datetime.fromisoformat(f"{moments[number % 5]}+00:00") + odd]


def _times(chance: random.Random, start: datetime, end: datetime, mean_days: float) -> list[datetime]:
    times = []
    at = start
    while (at := _minute(at + timedelta(days=chance.expovariate(1 / mean_days)))) < end:
        times.append(at)
    return times


def _story(
    chance: random.Random, page: str, n: int, begin: datetime, shape: str, rest: timedelta, unseen: Sequence[Span]
) -> Story:
    kind = "maintenance" if shape == "timeline" and chance.random() < 0.2 else "incident"
    first, *between, last = LABELS[kind]
    labels = [first, *(label for label in between if label == "In progress" or chance.random() < 0.6), last]
    apart = rest if shape == "latest" else 3 * MINUTE
    posts: list[Post] = []
    at = begin
    for m, label in enumerate(labels):
        if posts:
            at = _after(posts[-1], apart + timedelta(minutes=chance.expovariate(1 / 300)), unseen, shape, rest)
        post = Post(at, label, f"{page} {n}.{m} & its <words>")
        edit = _minute(at + rest + timedelta(minutes=chance.expovariate(1 / 60)))
        if shape == "timeline" and chance.random() < 0.1 and not _meets(at, edit, unseen):
            post = evolve(post, edit=(edit, f"{page} {n}.{m} in other words"))
        posts.append(post)
    withdrawn = None
    # Where nothing older is left on the page nobody can tell that one was taken down.
    if kind == "incident" and n > 3 and chance.random() < 0.1:
        posts = posts[:-1]
        moments = [post.edit[0] if post.edit else post.at for post in posts]
        withdrawn = _clear(max(moments), rest, unseen)
    planned = None
    if kind == "maintenance":
        planned = posts[1].at, max(posts[-1].at, posts[1].at + 2 * HOUR)
    return Story(kind, n, _code(page, n, begin, shape), f"Trouble {n} at {page}", tuple(posts), withdrawn, planned)


def _after(last: Post, pause: timedelta, unseen: Sequence[Span], shape: str, rest: timedelta) -> datetime:
    """When the next word is posted: where only the newest is shown, somebody has seen the last one by then."""
    seen = last.edit[0] if last.edit else last.at
    at = _minute(max(last.at + pause, seen + rest if last.edit else last.at))
    return _clear(seen, at - seen, unseen) if shape == "latest" or last.edit else at


def _clear(since: datetime, pause: timedelta, unseen: Sequence[Span]) -> datetime:
    """The first moment so long after `since` that between them there was as much time in which pages were seen."""
    at = since + pause
    for start, end in unseen:
        if start < at and end > since:
            at = max(at, end + pause)
    return _minute(at)


def _meets(start: datetime, end: datetime, unseen: Sequence[Span]) -> bool:
    return any(start <= later and earlier <= end for earlier, later in unseen)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _code(page: str, n: int, begin: datetime, shape: str) -> str:
    if shape == "timeline":
        return f"{page}x{n:05}".ljust(12, "z")
    milliseconds, time = int(begin.timestamp() * 1000), ""
    for _ in range(10):
        milliseconds, digit = divmod(milliseconds, 32)
        time = ULID_DIGITS[digit] + time
    return f"{time}{int(page[1:]):08}{n:08}"
