"""What consumers were told, life by life, held against the log: what is missing, twice, torn, or out of order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any

from attrs import define, frozen

Log = Mapping[int, bytes]
"""The lines of all events there ever were, by their `seq`: some of them may have been pruned since."""


@frozen
class Receipt:
    life: int
    line: bytes


@frozen
class Lived:
    """How a life of the daemon went."""

    killed: bool
    reloaded: bool = False
    redirected: bool = True
    """Its stdout was a file."""


@define
class Judged:
    """How often a consumer was wronged."""

    told: int = 0
    lost: int = 0
    strange: int = 0
    """Not the line that the log has under this `seq`, or under none."""
    repeated: int = 0
    too_often: int = 0
    """Repeated beyond what the kill before it allows."""
    disordered: int = 0


def judge(
    receipts: Sequence[Receipt],
    log: Log,
    *,
    repeats: Callable[[int], int],
    order: Sequence[str],
    wanted: AbstractSet[int],
) -> Judged:
    """`repeats` says how many a life may repeat; `wanted` are the events that had to come.

    What agrees in the keys of `order` has to come in order.
    """
    judged = Judged(told=len(receipts))
    first: dict[int, None] = {}
    again: Counter[int] = Counter()
    for receipt in receipts:
        seq = seq_of(receipt.line)
        if seq is None or log.get(seq) != receipt.line:
            judged.strange += 1
        elif seq in first:
            again[receipt.life] += 1
        else:
            first[seq] = None
    judged.repeated = again.total()
    judged.too_often = sum(max(0, count - repeats(life)) for life, count in again.items())
    judged.lost = len(wanted - first.keys())
    judged.strange += len(first.keys() - wanted)
    last: dict[tuple[str, ...], int] = {}
    for seq in first:
        line = json.loads(log[seq])
        kind = tuple(line[key] for key in order)
        judged.disordered += seq < last.get(kind, 0)
        last[kind] = seq
    return judged


def after_a_kill(lives: Mapping[int, Lived], workers: int, *, restarted: bool = False) -> Callable[[int], int]:
    """What a life may repeat: what was under way when the one before was killed, or when a reload restarted it."""

    def allowed(life: int) -> int:
        before = lives.get(life - 1)
        kills = before is not None and before.killed
        return workers * (kills + (restarted and lives[life].reloaded))

    return allowed


def seq_of(line: bytes) -> int | None:
    """None for what is no whole line."""
    try:
        return int(json.loads(line)["seq"])
    except (ValueError, TypeError, LookupError):
        return None


def held(log: Log, hold: timedelta, ended: datetime, slack: timedelta) -> tuple[set[int], set[int]]:
    """The events that a consumer with `hold` had to be told of, and those of which nobody can say.

    An incident is told whole if it went on for longer than `hold`, and not at all if it was over before.
    """
    stories: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    unsure: set[int] = set()
    for seq in sorted(log):
        line = json.loads(log[seq])
        if line["incident_id"] is None:
            unsure.add(seq)
        else:
            stories[line["provider"], line["incident_id"]].append(line)
    wanted: set[int] = set()
    for story in stories.values():
        begun = datetime.fromisoformat(story[0]["timestamp"])
        over = story[-1]["event"].endswith(("resolved", "withdrawn"))
        lasted = (datetime.fromisoformat(story[-1]["timestamp"]) if over else ended) - begun
        seqs = {line["seq"] for line in story}
        if abs(lasted - hold) < slack:
            unsure |= seqs
        elif lasted > hold:
            wanted |= seqs
    return wanted, unsure
