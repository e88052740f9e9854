"""An incident's timeline with its edits as differences, from its updates and its events. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

LONGEST = 20_000
"""Characters of a text that is compared word by word; the time grows with the square."""
_WORD = re.compile(r"\s+|[^\s]+")


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


def timeline(updates: Iterable[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    """The updates in the order given, each with its edits; `events` are those of the incident in the log's order."""
    edits: dict[str, list[Edit]] = {}
    last_text: dict[str, str] = {}
    for event in events:
        at, text = event["update_at"] or "", event["message"] or ""
        minute = at[:16]
        if event["event"].endswith(".edited") and minute in last_text and last_text[minute] != text:
            pieces = tuple(compare(last_text[minute], text))
            edits.setdefault(minute, []).append(Edit(event["timestamp"], event["seq"], pieces))
        last_text[minute] = text
    for update in updates:
        minute = (update["at"] or "")[:16]
        own = edits.get(minute, ())
        # Two updates of one minute: the edit belongs to the one that reads as it did after it.
        mine = tuple(own) if own and _after(own[-1]) == update["text"] else ()
        yield Entry(update["at"], update["label"], update["status"], update["text"], bool(update["vanished"]), mine)


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
    """The pieces of both texts, word by word."""
    if len(before) > LONGEST or len(after) > LONGEST:
        yield Piece("removed", before)
        yield Piece("added", after)
        return
    old, new = _WORD.findall(before), _WORD.findall(after)
    for how, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece("kept", "".join(new[k:m]))
            continue
        if i < j:
            yield Piece("removed", "".join(old[i:j]))
        if k < m:
            yield Piece("added", "".join(new[k:m]))


def _after(edit: Edit) -> str:
    return "".join(piece.text for piece in edit.pieces if piece.how != "removed")
