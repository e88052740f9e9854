"""An incident's timeline with its edits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statustrio.web.differences import Entry, Piece, compare, timeline, titles


def update(at: str | None, text: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, "label": "investigating", "status": "investigating", "text": text, "vanished": 0} | fields


def event(name: str, at: str | None, text: str | None, *, seq: int = 1, title: str | None = "Down") -> dict[str, Any]:
    fields = {"event": name, "update_at": at, "message": text, "seq": seq, "title": title}
    return fields | {"timestamp": f"2026-11-24T13:00:0{seq}Z"}


AT = "2026-11-24T12:00:00Z"
LATER = "2026-11-24T12:30:00Z"


def test_an_update_without_edits_stands_as_it_is() -> None:
    (entry,) = timeline([update(AT, "We look")], [event("incident.opened", AT, "We look")])
    assert entry == Entry(AT, "investigating", "investigating", "We look", vanished=False, edits=())


def test_an_edit_is_told_word_by_word() -> None:
    events = [
        event("incident.opened", AT, "We look into errors"),
        event("incident.updated", LATER, "Fixed", seq=2),
        event("incident.edited", AT, "We look into slow answers", seq=3),
    ]
    first, second = timeline([update(AT, "We look into slow answers"), update(LATER, "Fixed")], events)
    (edit,) = first.edits
    assert edit.seq == 3
    assert edit.pieces == (Piece("kept", "We look into "), Piece("removed", "errors"), Piece("added", "slow answers"))
    assert second.edits == ()


def test_an_edit_of_one_of_two_updates_of_a_minute_belongs_to_the_one_it_made() -> None:
    events = [event("incident.opened", AT, "One"), event("incident.edited", AT, "One, rewritten", seq=2)]
    entries = timeline([update(AT, "One, rewritten"), update(AT, "Two")], events)
    assert [len(entry.edits) for entry in entries] == [1, 0]


def test_an_edit_of_what_was_never_told_has_nothing_to_compare_with() -> None:
    (entry,) = timeline([update(AT, "Now")], [event("incident.edited", AT, "Now")])
    assert entry.edits == ()


def test_a_rewritten_title_is_told() -> None:
    events = [event("incident.opened", AT, "x"), event("incident.edited", AT, "x", seq=2, title="All down")]
    (edit,) = titles([*events, event("provider.gap", None, None, title=None)])
    assert edit.seq == 2
    assert "".join(piece.text for piece in edit.pieces if piece.how != "removed") == "All down"
    assert "".join(piece.text for piece in edit.pieces if piece.how != "added") == "Down"


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = tuple(compare(before, after))
    assert "".join(piece.text for piece in pieces if piece.how != "removed") == after
    removed = "".join(piece.text for piece in pieces if piece.how != "added")
    assert "".join(removed.split()) == "".join(before.split())


def test_a_text_of_any_length_is_compared_in_time() -> None:
    long = "word " * 100_000
    assert [piece.how for piece in compare(long, long + "more")] == ["removed", "added"]
