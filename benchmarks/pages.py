"""The documents that are polled: feeds as long as real ones, about 58 kB, which move as real ones do.

Shaped as Statuspage's are, 25 incidents of four updates; words our own. Nothing here touches a file.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from html import escape

from attrs import define, field

LENGTH = 25
"""Incidents in a feed; what is older has left it."""
BEGIN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STAMP = "@stamp@"
"""Stands in the head of a feed that the origin gives another time at each request."""
STORY = (("Investigating", 270), ("Identified", 330), ("Monitoring", 270), ("Resolved", 220))
"""The updates of an incident that is over: label, and characters of text."""
TALK = (
    "we are investigating reports of elevated error rates and latency for a subset of customers in some regions the "
    "cause has been identified as an upstream network provider and a fix is being rolled out our engineers continue "
    "to monitor recovery of webhooks dashboard login checkout search exports builds queues database replicas cache "
    "requests may time out or be delayed no data was lost thank you for your patience this is resolved now"
)
WORDS = TALK.split()


def prose(chance: random.Random, length: int) -> str:
    """So many characters of words in an order of their own: a text that gzip cannot fold away."""
    text = ""
    while len(text) < length:
        text += chance.choice(WORDS) + " "
    return text[:length].strip().capitalize() + "."


@define
class Feed:
    """The page of one provider. `body()` is what it serves now."""

    number: int
    updated: int = 0
    """Seconds after BEGIN that the head says it was updated, besides what the incidents say."""
    _chance: random.Random = field(init=False)
    _entries: list[bytes] = field(init=False, factory=list)
    """Newest first, as they are served: only what changes is written anew."""
    _posted: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._chance = random.Random(self.number)  # noqa: S311  no secret: the same feed each time
        for _ in range(LENGTH):
            self.post()

    def touch(self) -> None:
        """Move the head's `<updated>` and nothing else."""
        self.updated += 1

    def post(self, *, updates: int = len(STORY), word: str = "") -> str:
        """Put a new incident on top, with its first `updates` updates, or three that end it; return its title.

        `word` in the title tells it from all others.
        """
        story = (STORY[0], STORY[1], STORY[3]) if updates == 3 else STORY[:updates]
        self._posted += 1
        title = f"{prose(self._chance, 40)} {word or f'{self.number}-{self._posted}'}"
        self._entries.insert(0, self._entry(title, story).encode())
        del self._entries[LENGTH:]
        return title

    def _entry(self, title: str, story: tuple[tuple[str, int], ...]) -> str:
        began = BEGIN + timedelta(hours=self._posted)
        blocks = []
        for place, (label, length) in enumerate(story):
            at = began + timedelta(minutes=11 * place)
            blocks.append(
                f"<p><small>{at:%b} <var data-var='date'>{at.day:2}</var>, <var data-var='time'>{at:%H:%M}</var>"
                f" UTC</small><br><strong>{label}</strong> - {prose(self._chance, length)}</p>"
            )
        code = f"{self.number:05}x{self._posted:06}"
        return (
            f"  <entry>\n    <id>tag:page-{self.number}.example,2005:Incident/{self._posted}</id>\n"
            f"    <published>{at:%Y-%m-%dT%H:%M:%SZ}</published>\n    <updated>{at:%Y-%m-%dT%H:%M:%SZ}</updated>\n"
            f'    <link rel="alternate" type="text/html" href="https://page-{self.number}.example/incidents/{code}"/>\n'
            f"    <title>{title}</title>\n"
            f'    <content type="html">{escape("".join(reversed(blocks)))}</content>\n  </entry>\n'
        )

    def body(self, *, stamp: str = "") -> bytes:
        """The document; `stamp` stands in its head instead of a time of its own."""
        at = BEGIN + timedelta(hours=self._posted, minutes=50, seconds=self.updated)
        page = f"page-{self.number}.example"
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom">\n'
            f"  <id>tag:{page},2005:/history</id>\n"
            f'  <link rel="alternate" type="text/html" href="https://{page}"/>\n'
            f'  <link rel="self" type="application/atom+xml" href="https://{page}/history.atom"/>\n'
            f"  <title>Page {self.number} Status - Incident History</title>\n"
            f"  <updated>{stamp or f'{at:%Y-%m-%dT%H:%M:%SZ}'}</updated>\n"
            f"  <author>\n    <name>Page {self.number}</name>\n  </author>\n"
        )
        return b"".join([head.encode(), *self._entries, b"</feed>\n"])
