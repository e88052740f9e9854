# ruff: noqa: E501  a table has one case a line
from __future__ import annotations

import time

import pytest
from attrs import evolve, frozen
from build import t, up

from statustrio.matching import key, match_updates, same_text
from statustrio.model import KnownUpdate, Shape, Status, Update


def known(*updates: Update, vanished: tuple[int, ...] = ()) -> tuple[KnownUpdate, ...]:
    return tuple(
        KnownUpdate(n, one.at, one.label, Status.UNKNOWN, one.text, vanished=n in vanished)
        for n, one in enumerate(updates)
    )


@frozen
class Case:
    id: str
    known: tuple[KnownUpdate, ...]
    shown: tuple[Update, ...]
    expected: str
    """For each shown update the `n` of the stored one it is, `!` after it if rewritten, `+` if it is new."""
    vanished: tuple[int, ...] = ()
    shape: Shape = Shape.TIMELINE
    timed: bool = True


A, B, C = up("investigating", 0, "a"), up("update", 5, "b"), up("resolved", 9, "c")
LATEST, PER_UPDATE, CURRENT = Shape.LATEST, Shape.PER_UPDATE, Shape.CURRENT

CASES = [
    Case("the same again", known(A, B), (A, B), "0 1"),
    Case("one more", known(A, B), (A, B, C), "0 1 +"),
    Case("nothing known", (), (A, B), "+ +"),
    Case("other text under the same minute and label is a rewrite", known(A, B), (A, evolve(B, text="x")), "0 1!"),
    Case("seconds are no part of the key", known(A), (evolve(A, at=t(0.5)),), "0"),
    Case("the year is no part of the key", known(A), (evolve(A, at=A.at.replace(year=2025)),), "0"),
    Case("where updates have no times the label is the key", known(A), (evolve(A, at=None), C), "0 +", timed=False),
    Case("and another time is nothing", known(A), (evolve(A, at=t(90)),), "0", timed=False),
    Case("and another text a rewrite", known(A), (evolve(A, at=None, text="x"), C), "0! +", timed=False),
    Case("and equal texts match first", known(A, evolve(A, text="x")), (up("investigating", None, "x"), up("investigating", None, "a")), "1 0", timed=False),
    Case("and what is gone has vanished", known(A, C), (evolve(A, at=None),), "0", vanished=(1,), timed=False),
    Case("and does not come back with another text", known(A, vanished=(0,)), (evolve(A, text="x"),), "+", timed=False),
    Case("white space is no rewrite", known(A), (evolve(A, text=" a\n"),), "0"),
    Case("two of one key match by text, not by order", known(A, up("investigating", 0, "b")), (up("investigating", 0, "b"), A), "1 0"),
    Case("two of one key, the first rewritten", known(A, up("investigating", 0, "b")), (evolve(A, text="x"), up("investigating", 0, "b")), "0! 1"),
    Case("two of one key, both rewritten: by position", known(A, up("investigating", 0, "b")), (evolve(A, text="x"), evolve(A, text="y")), "0! 1!"),
    Case("two of one key, one more is new", known(A), (A, A), "0 +"),
    Case("two of one key, one taken down", known(A, up("investigating", 0, "b")), (up("investigating", 0, "b"),), "1", (0,)),
    Case("one vanished", known(A, B), (B,), "1", (0,)),
    Case("one vanished, another text and label came: no re-dating", known(A, B), (A, C), "0 +", (1,)),
    Case("re-dated with its text", known(A, B), (A, evolve(B, at=t(7))), "0 1!"),
    Case("re-dated and relabelled, the text agrees", known(A, B), (A, up("monitoring", 7, "b")), "0 1!"),
    Case("re-dated and rewritten, the label agrees", known(A, B), (A, up("update", 7, "x")), "0 1!"),
    Case("relabelled in its minute", known(A, B), (A, up("monitoring", 5, "b")), "0 1!"),
    Case("more came than vanished: all are new", known(A, B), (A, up("update", 7, "b"), C), "0 + +", (1,)),
    Case("two re-dated, by text", known(A, B), (up("investigating", 1, "a"), up("update", 6, "b")), "0! 1!"),
    Case("a vanished one returns as it was", known(A, B, vanished=(1,)), (A, B), "0 1"),
    Case("another text under the key of a vanished one is an update", known(A, B, vanished=(1,)), (A, evolve(B, text="x")), "0 +"),
    Case("a vanished one does not vanish again", known(A, B, vanished=(1,)), (A,), "0"),
    Case("an entry per update: what is not shown has not vanished", known(A, B), (C,), "+", (), PER_UPDATE),
    Case("an entry per update: same key and text", known(A, B), (B,), "1", (), PER_UPDATE),
    Case("an entry per update: rewritten", known(A, B), (evolve(B, text="x"),), "1!", (), PER_UPDATE),
    Case("an entry per update: other seconds are another update", known(B), (evolve(B, at=t(5.5), text="x"),), "+", (), PER_UPDATE),
    Case("an entry per update: no re-dating", known(A), (evolve(A, at=t(3)),), "+", (), PER_UPDATE),
    Case("latest only: the same", known(A), (A,), "0", (), LATEST),
    Case("latest only: a new time alone is nothing", known(A), (evolve(A, at=t(3)),), "0", (), LATEST),
    Case("latest only: another text is an update", known(A), (evolve(A, text="x"),), "+", (), LATEST),
    Case("latest only: another status is an update", known(A), (evolve(A, label="identified"),), "+", (), LATEST),
    Case("latest only: the last but one document, from a cache", known(A, B), (A,), "0", (), LATEST),
    Case("latest only: the words of before at another time are an update", known(A, B), (evolve(A, at=t(8)),), "+", (), LATEST),
    Case("latest only: nothing known", (), (A,), "+", (), LATEST),
    Case("current only: as latest only", known(A), (B,), "+", (), CURRENT),
    Case("current only: what we ended ourselves is passed over", known(A, C, vanished=(1,)), (A,), "0", (), CURRENT),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.id)
def test_updates_are_matched(case: Case) -> None:
    matching = match_updates(case.shape, case.known, case.shown, timed=case.timed)
    found = [
        "+" if match.known is None else f"{match.known.n}{'!' if match.edited else ''}" for match in matching.matches
    ]
    assert " ".join(found) == case.expected
    assert tuple(match.shown for match in matching.matches) == case.shown
    assert tuple(one.n for one in matching.vanished) == case.vanished


def test_the_key_is_minute_and_label() -> None:
    assert key(t(0.7), "resolved") == "03-02T12:00|resolved"
    assert key(None, "resolved") == "|resolved"


def test_white_space_is_layout() -> None:
    assert same_text("a  b\n", "a b")
    assert not same_text("ab", "a b")


@pytest.mark.slow
@pytest.mark.parametrize("timed", [True, False])
def test_many_updates_of_one_minute_take_linear_time(timed: bool) -> None:
    before = known(*(up("update", 0, f"{n} " + "word " * 400) for n in range(1000)))
    after = tuple(up("update", 1, f"{n} " + "other " * 400) for n in range(1000))
    started = time.process_time()
    for shown in (after, tuple(evolve(one, at=t(0)) for one in after)):
        matching = match_updates(Shape.TIMELINE, before, shown, timed=timed)
        assert all(match.edited for match in matching.matches)
    assert time.process_time() - started < 2
