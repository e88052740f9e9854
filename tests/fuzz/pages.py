"""A page from the bytes of its answers to the lines of its events, through the code of the daemon. Nothing is dialled.

For each input: no exception but those that mean a failed poll; what `read_again` reads is what reading the whole gives;
detection gives the same of the same, also of an observation that went through JSON; no event has the id of another;
lines are JSON whose texts steer neither a terminal nor the direction of reading; times can be told and read back; what
comes out is no multiple of what went in.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import httpx
import rich.console
import trio
from attrs import define, evolve, field
from memory_store import MemoryStore
from samples import SAMPLES

from fuzz.mutate import mutated, repeated
from fuzz.target import Look, Target, alone, check
from fuzz.wire import FRAMINGS, HEADS, OTHERS, WORDS, Answer, Played, from_bytes, to_bytes
from statustrio import calendar
from statustrio.codec import from_json, to_json
from statustrio.config import ProviderConfig
from statustrio.consumers import atom
from statustrio.consumers.console import Console
from statustrio.detect import detect
from statustrio.errors import FeedError
from statustrio.events import event_id
from statustrio.fetch import Fetched, Fetcher, NotModified, Web, open_fetcher
from statustrio.line import render
from statustrio.model import Acknowledgement, Observation, ProviderState, Reading, Seen, Validators
from statustrio.poller import Poll, poll_once
from statustrio.reader import read_fetched, read_fetched_again
from statustrio.reading import Document
from statustrio.recorder import record
from statustrio.store.protocol import Logged, Wanted

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "feeds"
LARGEST_CAPTURE = 64 * 1024
FULL = Path(__file__).parent / "feeds"
"""What feeds may hold and status pages seldom do."""
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
URL = "https://status.example.org/feed"
MOST_OUT = 64
"""Bytes of lines per byte of input: a line of 700 bytes tells an update of a dozen."""
FREE_OUT = 2**20
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ZONES = ("UTC", "America/Los_Angeles", "Pacific/Kiritimati")


@define(eq=False)
class Follower:
    """The poller, the detection and a store of the daemon, following one page whose answers are given."""

    _fetcher: Fetcher
    _played: Played
    _store: MemoryStore = field(factory=lambda: MemoryStore(render))
    cpu: float = 0.0
    size: int = 0
    ids: set[str] = field(factory=set)
    out: int = 0
    moved: bool = False
    """The page took other ids: what was told under the old ones may be told again, and the store leaves it out."""
    _now: datetime = START
    _state: ProviderState = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._store.configure([Wanted("p", "P", URL)])
        self._state = self._store.load_state("p")

    async def see(self, answer: Answer) -> str:
        """Poll and find this answer; what came of it, in a few words."""
        self._now += timedelta(minutes=6)
        self._played.wire = answer.wire()
        self.size += max(len(self._played.wire), len(answer.body))
        told = len(self._store.tables.log)
        poll = Poll(
            fetch=self._fetch,
            read=self._read,
            enrich=self._enrich,
            submit=self._submit,
            confirm=lambda *_: None,
            chance=lambda: 0.5,
            clock=lambda: self._now,
            backfill=("open", "all", "none")[len(self._played.wire) % 3],
        )
        self._state = await poll_once(ProviderConfig("p", "P", URL), self._state, poll)
        news = self._store.tables.log[told:]
        self._check(news)
        names = sorted({logged.event.event for logged in news})
        reason = re.sub(r"[0-9]+|<.*>|'.*'", "#", self._state.last_error or "")
        return f"{self._state.platform} {reason[:60]} {' '.join(names)} {min(len(news), 4)}"

    async def _fetch(self, url: str, validators: Validators) -> Fetched | NotModified:
        begun = time.process_time()
        try:
            return await self._fetcher.get(url, validators=validators)
        finally:
            self.cpu += time.process_time() - begun

    async def _read(self, fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        self.size += max(0, len(fetched.body) - self.size)
        again, error = self._timed(partial(read_fetched_again, fetched, config, state))
        whole, failed = self._timed(partial(read_fetched, fetched, config, state), counted=again is None)
        if again is not None:
            check(whole is not None, f"read again it is a document, read whole it is none: {failed}")
            check(
                evolve(again, trace=None) == evolve(whole, trace=None), "read again it says what it does not read whole"
            )
            check(again.trace in (None, whole.trace), "read again it leaves another trace")
        check(error is None or failed is not None, f"read again it is no feed, read whole it is one: {error}")
        if failed is not None:
            raise failed
        assert whole is not None
        return again or whole

    def _timed(
        self, read: Callable[[], Document | None], *, counted: bool = True
    ) -> tuple[Document | None, FeedError | None]:
        begun = time.process_time()
        try:
            return read(), None
        except FeedError as exc:
            return None, exc
        finally:
            self.cpu += (time.process_time() - begun) * counted

    async def _enrich(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]:  # noqa: ARG002  the protocol
        return tuple(readings)

    async def _submit(self, observation: Observation) -> Acknowledgement:
        sent = to_json(observation)
        twin = from_json(sent, Observation)
        check(to_json(twin) == sent, "an observation does not survive JSON")
        outcome = observation.outcome
        if isinstance(outcome, Seen):
            ids = {reading.incident_id for reading in outcome.readings}
            known = self._store.load("p", ids, subjects=outcome.gap is not None)
            change = detect(known, observation)
            check(change == detect(known, twin), "detection gives other things of the same")
            self.moved = self.moved or bool(change.renamed)
            for draft in () if self.moved else change.drafts:
                ident = event_id("p", draft.incident_id, draft.key, draft.event)
                check(ident not in self.ids, f"two events have the id {ident}: {draft.event} {draft.key}")
                self.ids.add(ident)
        begun = time.process_time()
        try:
            return record(self._store, observation, all_dark=False, recorded_at=self._now)
        finally:
            self.cpu += time.process_time() - begun

    def _check(self, news: Sequence[Logged]) -> None:
        console = Console(rich.console.Console(file=StringIO(), width=80, color_system=None, force_terminal=True))
        entries: atom.Entries = {}
        works: dict[str, calendar.Work] = {}
        for place, logged in enumerate(news):
            event = logged.event
            self.out += len(logged.line.encode())
            check("\n" not in logged.line, "a line holds a line break")
            line = json.loads(logged.line)
            for text in _texts(line):
                harmful = _HARMFUL.search(text)
                check(harmful is None, f"a line holds {harmful and harmful[0]!r}")
            if place < 20:  # dear, and the same for each
                shown = console.shape(logged)
                harmful = _HARMFUL.search(shown)
                check(harmful is None, f"a terminal would see {harmful and harmful[0]!r}")
                entries = atom.add(entries, event)
                work = calendar.told_of(works.get(event.incident_id or ""), event)
                if work is not None:
                    works[event.incident_id or ""] = work
        check(self.out <= FREE_OUT + MOST_OUT * self.size, f"{self.out} bytes of lines from {self.size} of input")
        if entries:
            document = atom.write(entries)
            check(atom.read(document) is not None, "the Atom document is none")
        if works:
            text = calendar.document(works.values()).decode()
            check(re.fullmatch(r"(?:[A-Z][A-Z-]*[;:][^\r\n]*\r\n(?: [^\r\n]*\r\n)*)*", text), "the calendar is none")
            check(text.count("BEGIN:VEVENT") == len(works), "a text of a page made an entry of the calendar")


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def examine(data: bytes) -> Look:
    """Follow a page through these answers."""
    os.environ["TZ"] = _ZONES[len(data) % len(_ZONES)]
    time.tzset()
    return trio.run(_examine, from_bytes(data))


async def _examine(answers: Sequence[Answer]) -> Look:
    played = Played(_WEB.ssl_context)
    async with open_fetcher(_WEB, timeout=3600, transport=played) as fetcher:
        follower = Follower(fetcher, played)
        signs = [await follower.see(answer) for answer in answers]
    return Look(" | ".join(signs), follower.cpu, follower.size)


_WEB = Web(ssl_context=httpx.create_ssl_context(), proxies={}, now=lambda: START)


def documents() -> list[bytes]:
    captures = sorted(CAPTURES.glob("*/*")) if CAPTURES.is_dir() else []
    return [
        *SAMPLES.values(),
        *(path.read_bytes() for path in sorted(FULL.iterdir())),
        *(
            path.read_bytes()
            for path in captures
            if path.suffix in {".atom", ".rss", ".xml"} and path.stat().st_size <= LARGEST_CAPTURE
        ),
    ]


def seeds() -> list[bytes]:
    return [to_bytes([Answer(HEADS[0], body), Answer(HEADS[0], body)]) for body in documents()]


def change(data: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    """The page with one or two of its documents, or what is around them, changed."""
    answers = from_bytes(data)
    parts = [answer.body for other in chance.sample(others, min(2, len(others))) for answer in from_bytes(other)]
    place = chance.randrange(len(answers))
    answer = answers[place]
    dice = chance.random()
    if dice < 0.06:
        other = Answer(b"", chance.choice((answer.wire(), *OTHERS)), "raw")
        answer = evolve(other, body=mutated(other.body, OTHERS, chance, WORDS))
    elif dice < 0.12:
        answer = evolve(answer, head=chance.choice(HEADS), framing=chance.choice(FRAMINGS[:-1]))
    elif dice < 0.16:
        answer = evolve(answer, body=repeated(answer.body, chance, chance.choice((2**15, 2**17, 2**18))))
    elif answer.framing == "raw":
        answer = evolve(answer, body=mutated(answer.body, OTHERS, chance, WORDS))
    else:
        answer = evolve(answer, body=mutated(answer.body, parts, chance))
    answers[place] = answer
    if chance.random() < 0.3:
        # The next poll of a page is nearly the last one.
        answers.append(evolve(answer, body=mutated(answer.body, parts, chance)))
    return to_bytes(answers[-4:])


PAGES = Target("pages", seeds, change, alone(examine), share=6.0)
