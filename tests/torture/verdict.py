"""The verdict: what was posted, what is in the log, and what each consumer was told, held against each other."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from attrs import evolve

from benchmarks.figures import progress
from torture.crash_points import POINTS
from torture.figures import Figure
from torture.receipts import Judged, Receipt, after_a_kill, held, judge, seq_of
from torture.truth import Posted, as_posted
from torture.world import COMMANDED, HOLD, SLACK, WORKERS, WRONGS, World

PROVIDER = ("provider",)
STORY = ("provider", "incident_id")
"""What is held back may be told after what came later, of another incident."""
SAID = {
    "lost": "events that a consumer was not told of",
    "strange": "lines told that the log does not have so, or that were not to be told",
    "too_often": "repeated by more than one for each worker and kill",
    "disordered": "told out of order, of one provider",
}


def _collect(world: World) -> tuple[int, int]:
    """Take in what stands in files; the torn lines in that of the consumer, and in that of stdout."""
    torn = 0
    for number, line in _lines(world.folder / "file.jsonl"):
        torn += seq_of(line) is None
        world.receipts["file"].append(Receipt(number, line))
    for path in sorted((world.folder / "told").iterdir(), key=lambda path: int(path.stem)):
        world.receipts["command"] += (Receipt(int(path.stem), line) for _, line in _lines(path))
    torn_in_stdout = 0
    for place, line in _lines(world.folder / "stdout.jsonl"):
        if seq_of(line) is None:
            torn_in_stdout += bool(line)
        else:
            number = max(life for life, start in world.starts.items() if start <= place)
            world.receipts["stdout"].append(Receipt(number, line))
    world.receipts["stdout"].sort(key=lambda receipt: receipt.life)
    return torn, torn_in_stdout


def verdict(world: World) -> Iterator[Figure]:
    torn, torn_in_stdout = _collect(world)
    judged = dict(_judged(world))
    yield Figure("kills", world.kills)
    yield Figure("  at random instants", world.at_random)
    yield Figure(f"  at {len(POINTS)} named points", world.reached.total())
    yield Figure("  in the middle of a checkpoint", world.in_checkpoints)
    never = [name for name in POINTS if not world.reached[name]]
    for name in never:
        progress(f"never reached: {name}")
    yield Figure("named points that were not reached", len(never), most=0)
    yield Figure("updates posted, rewritten, taken down", len(world.book.posted))
    yield from _truth(world)
    for name in ("lost", "strange", "too_often", "disordered"):
        wronged = {consumer: getattr(one, name) for consumer, one in judged.items() if getattr(one, name)}
        if wronged:
            progress(f"{name}: {wronged}")
        yield Figure(SAID[name], sum(wronged.values()), most=0)
    yield Figure("deliveries", sum(one.told for one in judged.values()))
    for name, one in judged.items():
        yield Figure(f"  repeated to {name}", one.repeated, most=0 if name == "file" else None)
    redirected = sum(one.killed and one.redirected for one in world.lives.values())
    yield Figure("torn lines in the file of a consumer", torn, most=0)
    yield Figure("torn lines in a redirected stdout, of one for each kill", torn_in_stdout, most=redirected)
    twice = Counter(seq_of(line) for _, line in _lines(world.folder / "stdout.jsonl"))
    yield Figure("events twice in a redirected stdout", sum(n - 1 for seq, n in twice.items() if seq), most=0)
    for name in WRONGS:
        yield Figure(name, world.wrongs[name], most=0)
    bugs = sum(b"task.failed" in line or b"Traceback" in line for _, line in _lines(world.folder / "log.jsonl"))
    yield Figure("bugs that the daemon logged", bugs, most=0)


def _truth(world: World) -> Iterator[Figure]:
    """What was posted beside what is in the log."""
    posted = Counter(world.book.posted)
    logged = [one for seq in sorted(world.log) if (one := as_posted(json.loads(world.log[seq])))]
    found = Counter(logged)
    for word, ones in (("missing", posted - found), ("invented", found - posted)):
        for one in list(ones)[:5]:
            progress(f"{word}: {evolve(one, message=(one.message or '')[:40])}")
    yield Figure("of them missing in the log", (posted - found).total(), most=0)
    yield Figure("in the log, and never posted", (found - posted).total(), most=0)
    by_page, as_logged = _by_story(world.book.posted), _by_story(logged)
    disordered = sum(as_logged.get(story) != ones for story, ones in by_page.items())
    yield Figure("incidents told in another order than posted", disordered, most=0)
    sights: dict[str, list[str]] = defaultdict(list)
    for seq in sorted(world.log):
        line = json.loads(world.log[seq])
        if line["event"].startswith("provider."):
            sights[line["provider"]].append(line["event"])
    in_turn = sum(before == after for names in sights.values() for before, after in pairwise(names))
    yield Figure("pages told to be seen or unseen twice in a row", in_turn, most=0)
    yield Figure("numbers left out in the log", max(world.log) - len(world.log), most=0)


def _judged(world: World) -> Iterator[tuple[str, Judged]]:
    wanted, unsure = held(world.log, HOLD, world.ended, SLACK)
    for name, workers in WORKERS.items():
        receipts, asked = world.receipts[name], set(world.log)
        repeats = after_a_kill(world.lives, workers, restarted=name == "many")
        if name == "file":
            repeats = lambda _: 0  # noqa: E731
        if name == "held":
            receipts = [one for one in receipts if seq_of(one.line) not in unsure]
            asked = wanted
        if name == "command":
            asked = {seq for seq, line in world.log.items() if json.loads(line)["provider"] in COMMANDED}
        yield (
            name,
            judge(receipts, world.log, repeats=repeats, wanted=asked, order=STORY if name == "held" else PROVIDER),
        )


def _by_story(ones: Iterable[Posted]) -> dict[tuple[str, str], list[Posted]]:
    stories = defaultdict(list)
    for one in ones:
        stories[one.provider, one.title].append(one)
    return stories


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines with the places where they begin."""
    place = 0
    for line in path.read_bytes().splitlines(keepends=True):
        yield place, line.removesuffix(b"\n")
        place += len(line)
