"""An incident's timeline with its edits as differences, from its updates and its events. Pure."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import define, field, frozen

MOST_PAIRS = 100_000
"""Pairs of equal words in two texts that are compared word by word: 30 ms. Two thousand words are nearly all allowed,
two thousand times the same one would take a second."""
_WORD = re.compile(r"\s+|\S+\s*")

Row = Mapping[str, Any]


@frozen
class Piece:
    """A part of a text: `kept`, `added` or `removed`."""

    how: str
    text: str


@frozen
class Edit:
    """What one rewriting changed. `at` is when it was recorded, as text."""

    at: str
    seq: int
    pieces: tuple[Piece, ...]


@frozen
class Entry:
    """An update as it stands, with the edits it went through, oldest first. Times are text or None."""

    at: str | None
    label: str
    status: str
    text: str
    vanished: bool
    edits: tuple[Edit, ...]


def timeline(updates: Sequence[Row], events: Iterable[Row], begin: int = 0, end: int | None = None) -> Iterator[Entry]:
    """The updates from `begin` to before `end`, in the order given, each with its edits.

    `updates` are all of the incident, `events` its own in the log's order.
    """
    lives = _lives(updates, events)
    for update in updates[begin:end]:
        here = lives[_minute(update["at"])]
        # The life that led to what it says now; one alone, where the same was said twice.
        mine = next((life for life in here if life.text == update["text"]), None)
        if mine:
            here.remove(mine)
        edits = tuple(_edits(mine)) if mine else ()
        yield Entry(update["at"], update["label"], update["status"], update["text"], bool(update["vanished"]), edits)


@define(eq=False)
class _Life:
    """What the log told of one update: an event for each of its texts, oldest first."""

    status: str | None
    text: str
    told: list[Row] = field(factory=list)

    def say(self, event: Row) -> None:
        self.status, self.text = event["status"], event["message"] or ""
        self.told.append(event)


def _lives(updates: Iterable[Row], events: Iterable[Row]) -> dict[str, list[_Life]]:
    """The lives of updates by minute. Events do not name their update: its minute, its status and its words do."""
    current = {(_minute(update["at"]), update["text"]) for update in updates}
    lives: dict[str, list[_Life]] = defaultdict(list)
    for event in events:
        minute, text = _minute(event["update_at"]), event["message"] or ""
        here = lives[minute]
        if any(life.text == text for life in here):
            continue  # told again: its title was rewritten, or it was the last word of what changed otherwise
        life = None
        if event["event"].endswith(".edited"):
            life = _redated(lives, current, text) or _rewritten(here, current, event)
        if life is None:
            life = _Life(event["status"], text)
        life.say(event)
        if life not in here:
            here.append(life)
    return lives


def _redated(lives: Mapping[str, list[_Life]], current: set[tuple[str, str]], text: str) -> _Life | None:
    """The life that has this text at another minute, where it stands no longer; it is taken from there."""
    for minute, there in lives.items():
        for life in there:
            if life.text == text and (minute, text) not in current:
                there.remove(life)
                return life
    return None


def _rewritten(here: Sequence[_Life], current: set[tuple[str, str]], event: Row) -> _Life | None:
    """Which life of this minute an edit went on with: one that is of its status, is no longer so, and most alike."""
    minute, words = _minute(event["update_at"]), set((event["message"] or "").split())

    def likeness(life: _Life) -> tuple[bool, bool, float]:
        own = set(life.text.split())
        gone = (minute, life.text) not in current
        return life.status == event["status"], gone, len(own & words) / (len(own | words) or 1)

    return max(here, key=likeness, default=None)


def _edits(life: _Life) -> Iterator[Edit]:
    for before, after in pairwise(life.told):
        if before["message"] != after["message"]:
            pieces = tuple(compare(before["message"] or "", after["message"] or ""))
            yield Edit(after["timestamp"], after["seq"], pieces)


def _minute(at: str | None) -> str:
    return (at or "")[:16]


def titles(events: Iterable[Mapping[str, Any]]) -> Iterator[Edit]:
    """How the title was rewritten."""
    last = None
    for event in events:
        title = event["title"]
        if title is None:
            continue
        if last is not None and last != title:
            yield Edit(event["timestamp"], event["seq"], tuple(compare(last, title)))
        last = title


def compare(before: str, after: str) -> Iterator[Piece]:
    """The pieces of both texts, word by word; of long texts only what they begin and end with is told to be kept."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    for how, i, j, k, m in _differences(old, new):
        if how == "equal":
            yield Piece("kept", "".join(new[k:m]))
            continue
        if i < j:
            yield Piece("removed", "".join(old[i:j]))
        if k < m:
            yield Piece("added", "".join(new[k:m]))


def _differences(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """As `SequenceMatcher.get_opcodes`, of which the time grows with the pairs of equal words."""
    often = Counter(new)
    if sum(often[word] for word in old) <= MOST_PAIRS:
        return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    most = min(len(old), len(new))
    head = next((place for place in range(most) if old[place] != new[place]), most)
    tail = next((place for place in range(most - head) if old[-1 - place] != new[-1 - place]), most - head)
    i, k = len(old) - tail, len(new) - tail
    return (
        ("equal", 0, head, 0, head),
        ("replace", head, i, head, k),
        ("equal", i, len(old), k, len(new)),
    )
