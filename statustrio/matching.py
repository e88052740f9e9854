"""Which of the updates a page shows are known already, which were rewritten, which are new. Pure.

An update has no id on any page, so identity is derived. Where the page shows the whole timeline, updates match
as a multiset on (UTC minute, label); the year is derived by the reader and therefore no part of it. Among updates
of one key those with the same text match first, so that neither order nor a deletion looks like a rewrite. Where
each update has an entry of its own, the entry's exact time takes the place of the minute; where updates have no
times of their own, the label alone is the key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from statustrio.model import KnownUpdate, Shape, Update


@frozen
class Match:
    """One shown update: the stored one it is (None: it is new), and whether it says something else than that."""

    shown: Update
    known: KnownUpdate | None
    edited: bool


@frozen
class Matching:
    """All shown updates in the page's order, and the stored ones that the page has ceased to show."""

    matches: tuple[Match, ...]
    vanished: tuple[KnownUpdate, ...] = ()


def key(at: datetime | None, label: str) -> str:
    """The identity of an update within its incident."""
    return f"{at:%m-%dT%H:%M}|{label}" if at else f"|{label}"


def _entry_key(at: datetime | None, label: str) -> str:
    return f"{at.isoformat() if at else ''}|{label}"


def same_text(one: str, other: str) -> bool:
    """White space is layout, not text."""
    return one == other or _words(one) == _words(other)


def _words(text: str) -> str:
    return " ".join(text.split())


def match_updates(
    shape: Shape, known: Sequence[KnownUpdate], shown: Sequence[Update], *, timed: bool = True
) -> Matching:
    """Match the updates a page shows of one incident with the stored ones, the way its shape allows.

    `timed`: the updates of a timeline have times of their own.
    """
    if not known:
        return Matching(tuple(Match(update, None, edited=False) for update in shown))
    match shape:
        case Shape.TIMELINE if not timed:
            matches = _match_keys(known, shown, lambda _, label: label)
            return Matching(tuple(matches), _left(known, matches))
        case Shape.TIMELINE:
            return _match_timeline(known, shown)
        case Shape.PER_UPDATE:
            return Matching(tuple(_match_keys(known, shown, _entry_key)))
        case _:  # LATEST and CURRENT show one update
            live = [update for update in known if not update.vanished]
            return Matching(tuple(_match_latest(shape, live, update) for update in shown))


def _match_latest(shape: Shape, known: Sequence[KnownUpdate], shown: Update) -> Match:
    if known and known[-1].label == shown.label and same_text(known[-1].text, shown.text):
        return Match(shown, known[-1], edited=False)
    # A cache between us and the page can serve the last but one document again: that is no news. But a state comes back
    # in the same words, at some pages even under the same date.
    for update in known[:-1] if shape is Shape.LATEST else ():
        if update.at == shown.at and update.label == shown.label and same_text(update.text, shown.text):
            return Match(shown, update, edited=False)
    return Match(shown, None, edited=False)


def _match_keys(
    known: Iterable[KnownUpdate], shown: Sequence[Update], key: Callable[[datetime | None, str], str]
) -> list[Match]:
    """Match as a multiset on this key: equal texts first, what is left by position.

    In linear time, as everything here: a page can show a thousand updates of one minute.
    """
    known = tuple(known)
    by_text = _queues(known, lambda one: f"{key(one.at, one.label)}\n{_words(one.text)}")
    exact: list[KnownUpdate | None] = []
    for update in shown:
        same = by_text.get(f"{key(update.at, update.label)}\n{_words(update.text)}")
        exact.append(same.popleft() if same else None)
    taken = {one.n for one in exact if one}
    # One that vanished before comes back only as it was: another text under its key is another update.
    left = _queues(
        (one for one in known if one.n not in taken and not one.vanished), lambda one: key(one.at, one.label)
    )
    matches = []
    for update, found in zip(shown, exact, strict=True):
        alike = left.get(key(update.at, update.label))
        rewritten = alike.popleft() if alike and not found else None
        matches.append(Match(update, found or rewritten, edited=rewritten is not None))
    return matches


def _match_timeline(known: Sequence[KnownUpdate], shown: Sequence[Update]) -> Matching:
    matches = _match_keys(known, shown, key)
    gone = list(_left(known, matches))
    new = [place for place, match in enumerate(matches) if match.known is None]
    if len(new) == len(gone):
        by_text, by_label = _queues(gone, lambda one: _words(one.text)), _queues(gone, lambda one: one.label)
        redated: set[int] = set()
        for place in new:
            update = matches[place].shown
            for queue in (by_text.get(_words(update.text)), by_label.get(update.label)):
                found = next((one for one in _emptying(queue) if one.n not in redated), None)
                if found:
                    redated.add(found.n)
                    matches[place] = Match(update, found, edited=True)
                    break
        gone = [one for one in gone if one.n not in redated]
    return Matching(tuple(matches), tuple(gone))


def _queues(updates: Iterable[KnownUpdate], name: Callable[[KnownUpdate], str]) -> dict[str, deque[KnownUpdate]]:
    queues: dict[str, deque[KnownUpdate]] = {}
    for one in updates:
        queues.setdefault(name(one), deque()).append(one)
    return queues


def _emptying(queue: deque[KnownUpdate] | None) -> Iterator[KnownUpdate]:
    while queue:
        yield queue.popleft()


def _left(known: Iterable[KnownUpdate], matches: Iterable[Match]) -> tuple[KnownUpdate, ...]:
    """The stored updates that the page has ceased to show."""
    matched = {match.known.n for match in matches if match.known}
    return tuple(update for update in known if not update.vanished and update.n not in matched)
