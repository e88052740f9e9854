"""The verdict on what consumers were told: each way to wrong one is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from torture.receipts import Judged, Lived, Receipt, after_a_kill, held, judge

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(seq: int, event: str = "incident.updated", *, incident: str = "i1", minutes: float = 0) -> bytes:
    at = (AT + timedelta(minutes=minutes)).isoformat()
    fields = {"seq": seq, "provider": "acme", "incident_id": incident, "event": event, "timestamp": at}
    return json.dumps(fields).encode()


LOG = {seq: line(seq) for seq in (1, 2, 3)}
LIVES = {1: Lived(killed=True), 2: Lived(killed=False), 3: Lived(killed=True, reloaded=True)}
WRONGED = {
    "nothing": ([(1, 1), (1, 2), (2, 3)], Judged(3)),
    "lost": ([(1, 1), (2, 3)], Judged(2, lost=1)),
    "repeated as may be": ([(1, 1), (2, 1), (2, 2), (2, 3)], Judged(4, repeated=1)),
    "repeated without a kill": ([(1, 1), (2, 2), (2, 3), (3, 3)], Judged(4, repeated=1, too_often=1)),
    "repeated twice": ([(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)], Judged(5, repeated=2, too_often=1)),
    "disordered": ([(1, 2), (1, 1), (1, 3)], Judged(3, disordered=1)),
    "never in the log": ([(1, 1), (1, 2), (1, 3), (1, 4)], Judged(4, strange=1)),
}


@pytest.mark.parametrize("name", WRONGED)
def test_each_wrong_is_counted(name: str) -> None:
    told, expected = WRONGED[name]
    receipts = [Receipt(life, line(seq)) for life, seq in told]
    assert judge(receipts, LOG, repeats=after_a_kill(LIVES, 1), order=("provider",), wanted={1, 2, 3}) == expected


def test_other_bytes_under_a_seq_are_strange() -> None:
    receipts = [Receipt(1, line(1)), Receipt(1, line(2, "incident.resolved")), Receipt(1, line(3)), Receipt(1, b"{")]
    assert judge(receipts, LOG, repeats=lambda _: 1, order=(), wanted={1, 2, 3}) == Judged(4, lost=1, strange=2)


def test_each_worker_may_repeat_one_for_a_kill_and_one_for_a_reload_that_restarted_it() -> None:
    assert [after_a_kill(LIVES, 4)(life) for life in (1, 2, 3)] == [0, 4, 0]
    assert [after_a_kill(LIVES, 4, restarted=True)(life) for life in (1, 2, 3)] == [0, 4, 4]


def test_what_is_held_back_is_told_whole_or_not_at_all() -> None:
    log = {
        1: line(1, "incident.opened", incident="short"),
        2: line(2, "incident.opened", incident="long"),
        3: line(3, "incident.opened", incident="near"),
        4: line(4, "incident.resolved", incident="short", minutes=5),
        5: line(5, "incident.resolved", incident="long", minutes=20),
        6: line(6, "incident.resolved", incident="near", minutes=10),
        7: line(7, "incident.opened", incident="open", minutes=30),
    }
    wanted, unsure = held(log, timedelta(minutes=10), AT + timedelta(minutes=50), timedelta(minutes=1))
    assert wanted == {2, 5, 7}
    assert unsure == {3, 6}
