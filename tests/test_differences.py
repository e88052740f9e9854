"""An incident's timeline with its edits."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statustrio.web.differences import Entry, Piece, compare, timeline, titles


def update(at: str | None, text: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, "label": "investigating", "status": "investigating", "text": text, "vanished": 0} | fields


def event(
    name: str,
    at: str | None,
    text: str | None,
    *,
    seq: int = 1,
    title: str | None = "Down",
    status: str = "investigating",
) -> dict[str, Any]:
    fields = {"event": name, "update_at": at, "message": text, "seq": seq, "title": title, "status": status}
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
    began = time.process_time()
    long = "word " * 100_000
    pieces = list(compare(f"So {long}", f"So {long}more"))
    assert ["".join(piece.text for piece in pieces if piece.how == how).split()[:1] for how in ("kept", "added")] == [
        ["So"], ["more"]
    ]  # fmt: skip
    assert time.process_time() - began < 1


def test_edits_of_two_updates_of_a_minute_are_kept_apart() -> None:
    events = [
        event("incident.opened", AT, "Pushes are slow"),
        event("incident.updated", AT, "Builds do not start", seq=2),
        event("incident.edited", AT, "Pushes are slow for all", seq=3),
        event("incident.edited", AT, "Builds do not start in Europe", seq=4),
        event("incident.edited", AT, "Pushes are very slow for all", seq=5),
    ]
    updates = [update(AT, "Pushes are very slow for all"), update(AT, "Builds do not start in Europe")]
    pushes, builds = timeline(updates, events)
    assert [edit.seq for edit in pushes.edits] == [3, 5]
    assert [edit.seq for edit in builds.edits] == [4]
    assert pushes.edits[1].pieces == (
        Piece("kept", "Pushes are "),
        Piece("added", "very "),
        Piece("kept", "slow for all"),
    )


def test_an_edit_goes_on_with_the_update_of_its_status() -> None:
    events = [
        event("incident.opened", AT, "We look"),
        event("incident.updated", AT, "Fixed", seq=2, status="monitoring"),
        event("incident.edited", AT, "Rewritten", seq=3),
    ]
    first, second = timeline([update(AT, "Rewritten"), update(AT, "Fixed", status="monitoring")], events)
    assert [piece.text for piece in first.edits[0].pieces] == ["We look", "Rewritten"]
    assert second.edits == ()


def test_updates_without_a_time_have_edits_too() -> None:
    events = [
        event("incident.opened", None, "One"),
        event("incident.updated", None, "Two things", seq=2),
        event("incident.edited", None, "Three things", seq=3),
    ]
    first, second = timeline([update(None, "One"), update(None, "Three things")], events)
    assert (first.edits, [edit.seq for edit in second.edits]) == ((), [3])


def test_an_update_that_got_another_time_keeps_its_edits() -> None:
    events = [
        event("incident.opened", AT, "One"),
        event("incident.edited", AT, "One more", seq=2),
        event("incident.edited", LATER, "One more", seq=3),
        event("incident.edited", LATER, "One less", seq=4),
    ]
    (entry,) = timeline([update(LATER, "One less")], events)
    assert [edit.seq for edit in entry.edits] == [2, 4]


def test_an_edit_to_words_that_stand_elsewhere_takes_nothing_from_there() -> None:
    events = [
        event("incident.opened", AT, "We look"),
        event("incident.edited", AT, "We look on", seq=2),
        event("incident.updated", LATER, "Fixed", seq=3),
        event("incident.edited", LATER, "We look on", seq=4),
    ]
    first, second = timeline([update(AT, "We look on"), update(LATER, "We look on")], events)
    assert [[edit.seq for edit in entry.edits] for entry in (first, second)] == [[2], [4]]


def test_a_title_rewritten_alone_is_no_edit_of_an_update() -> None:
    events = [event("incident.opened", AT, "One"), event("incident.edited", AT, "One", seq=2, title="All down")]
    (entry,) = timeline([update(AT, "One")], events)
    assert entry.edits == ()
