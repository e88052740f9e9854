"""What four consumers are told of GitHub's history, against what the records of its API say they must be.

The pass is the daemon's own: poll, enrich, record, store, fan out; only the web and the clock are not. It is made once
with the 420 versions of the feed that were captured, about one a day, and once with the page as it stood at each single
update, made of the records: there a hold of minutes tells apart. What must come of it is computed from the records by
the few lines of `posted` and `expected`, which know of filters and of timing nothing but what the documents promise.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import documents
import pytest
import trio
import trio.testing
from attrs import define, field, frozen
from test_github_series import RECORDS, VERSIONS, entries

from statustrio import fanout as fanout_module
from statustrio import recorder as recorder_module
from statustrio.config import ConsumerConfig, FilterConfig, ProviderConfig, TimingConfig
from statustrio.enrich import Enricher
from statustrio.errors import FetchError
from statustrio.events import BEGINNINGS, ENDS
from statustrio.fanout import News, Subscription
from statustrio.fetch import Fetched
from statustrio.line import render
from statustrio.model import Acknowledgement, Impact, Observation, ProviderState, Validators
from statustrio.poller import Poll, poll_once
from statustrio.reader import read_fetched, read_fetched_again
from statustrio.reading import Document
from statustrio.recorder import Request, Requests, run_recorder
from statustrio.store.opening import open_database
from statustrio.store.protocol import Logged, Wanted
from statustrio.store.sqlite import SqliteStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not VERSIONS, reason="the captured versions of GitHub's feed are not here (../shared)"),
]

FEED = "https://www.githubstatus.com/history.atom"
TAKEN = [datetime.strptime(version.stem, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) for version in VERSIONS]
SHOWN = 25
"""Entries of the feed."""
HOLD = timedelta(minutes=15)
CONSUMERS = (
    ConsumerConfig("major", "stdout", filter=FilterConfig(min_impact=Impact.MAJOR)),
    ConsumerConfig("actions", "stdout", filter=FilterConfig(components=("Actions",))),
    ConsumerConfig("held", "stdout", timing=TimingConfig(hold=HOLD)),
    ConsumerConfig("ends", "stdout", filter=FilterConfig(events=("incident.opened", "incident.resolved"))),
)


# What the records say


@frozen
class Update:
    """An update: the minute it was posted in, its event, and the first poll after it."""

    minute: str
    event: str
    seen: datetime


@frozen
class Incident:
    updates: tuple[Update, ...]
    impact: str | None = None
    components: frozenset[str] = frozenset()
    """Empty where GitHub named none, or where there is no record: nothing is known of either."""


NAMES = {"scheduled": "scheduled", "in progress": "started", "verifying": "updated", "completed": "completed"}


def named(labels: Iterable[str]) -> list[str]:
    """The event of each update of an incident, by its labels from the oldest on."""
    labels = [label.lower() for label in labels]
    if labels[0] in NAMES:
        return [f"maintenance.{NAMES.get(label, 'updated')}" for label in labels]
    return [
        "incident.resolved" if label == "resolved" else f"incident.{'updated' if place else 'opened'}"
        for place, label in enumerate(labels)
    ]


def moment(update: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(update["display_at"])


@cache
def records() -> dict[str, Any]:
    """The record of each incident, its updates from the oldest on."""
    found = {ident: json.loads(record)["incident"] for ident, record in RECORDS.items()}
    for one in found.values():
        one["incident_updates"].sort(key=moment)
    return found


def posted(polls: Sequence[datetime]) -> dict[str, Incident]:
    """The incidents by their records; what was over at the first poll is no news."""
    found = {}
    for ident, record in records().items():
        updates = record["incident_updates"]
        assert [one["status"] == "resolved" for one in updates] == [False] * (len(updates) - 1) + [True]
        found[ident] = Incident(
            tuple(
                Update(f"{moment(one):%m-%d %H:%M}", event, next(poll for poll in polls if poll >= moment(one)))
                for one, event in zip(updates, named(one["status"] for one in updates), strict=True)
                if moment(one) <= polls[-1]
            ),
            record["impact"],
            frozenset(one["name"] for one in record["components"]),
        )
    return {ident: one for ident, one in found.items() if one.updates[-1].seen > polls[0]}


def without_record() -> dict[str, Incident]:
    """The few incidents of the versions that have no record, by the blocks of their entries."""
    found: dict[str, Incident] = {}
    for version, taken in zip(VERSIONS, TAKEN, strict=True):
        for ident, (_, _, blocks) in entries(version).items():
            if ident not in RECORDS:
                before = found[ident].updates if ident in found else ()
                events = named(block.label for block in blocks)
                more = tuple(zip(blocks, events, strict=True))[len(before) :]
                found[ident] = Incident((*before, *(Update(block.when, event, taken) for block, event in more)))
    return {ident: one for ident, one in found.items() if one.updates[-1].seen > TAKEN[0]}


@frozen
class Told:
    at: datetime
    incident: str
    event: str
    minute: str


def expected(incidents: Mapping[str, Incident], consumer: str) -> list[Told]:
    """What a consumer must be told, but for edits, of which records know nothing."""
    told = []
    for ident, one in incidents.items():
        first, end = one.updates[0].seen, one.updates[-1].seen
        wanted: Callable[[Update], bool] = bool
        not_before = first
        match consumer:
            case "major":
                passes = one.impact in ("major", "critical", None)
            case "actions":
                passes = not one.components or "Actions" in one.components
            case "held":
                passes = end - first >= HOLD
                not_before = first + HOLD
            case _:
                passes = True
                wanted = lambda update: update.event in ("incident.opened", "incident.resolved")  # noqa: E731
        if passes:
            told += [
                Told(max(update.seen, not_before), ident, update.event, update.minute)
                for update in one.updates
                if wanted(update)
            ]
    return told


# What consumers are told


@define
class Listener:
    clock: Callable[[], datetime]
    told: list[Told] = field(factory=list)

    async def deliver(self, logged: Logged) -> None:
        event = logged.event
        assert event.incident_id
        assert event.update_at
        self.told.append(Told(self.clock(), event.incident_id, event.event, f"{event.update_at:%m-%d %H:%M}"))

    async def watch(self) -> None:
        await trio.sleep_forever()


async def inline(work: Callable[..., Any], *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return work(*args)


async def facts(url: str, _validators: Validators) -> Fetched:
    """GitHub's API as far as it was kept: single incidents, and no list."""
    record = RECORDS.get(url.rpartition("/")[2].removesuffix(".json"))
    if record is None:
        raise FetchError("HTTP 404 Not Found", status=404)
    return Fetched(record, Validators(), url)


async def parse(_size: int, work: Callable[[], Any]) -> Any:
    return work()


def page(at: datetime) -> bytes:
    """GitHub's feed as it stood at this moment, made of the records."""
    head = VERSIONS[0].read_text().partition("<entry>")[0]
    begun = [one for one in records().values() if moment(one["incident_updates"][0]) <= at]
    begun.sort(key=lambda one: moment(one["incident_updates"][0]), reverse=True)
    shown = []
    for one in begun[:SHOWN]:
        updates = [update for update in one["incident_updates"] if moment(update) <= at]
        blocks = []
        for place, update in enumerate(updates):
            same = place > 0 and updates[place - 1]["status"] == update["status"]
            label = "Update" if same else update["status"].capitalize()
            when = f"{moment(update):%b %d, %H:%M} UTC"
            blocks.append(f"<p><small>{when}</small><br><strong>{label}</strong> - {html.escape(update['body'])}</p>")
        stamp = f"{moment(updates[-1]):%Y-%m-%dT%H:%M:%SZ}"
        shown.append(
            documents.entry(
                one["name"],
                id=f"tag:www.githubstatus.com,2005:Incident/{one['id']}",
                link=f"https://www.githubstatus.com/incidents/{one['id']}",
                published=stamp,
                updated=stamp,
                content="".join(reversed(blocks)),
            )
        )
    return f"{head}{''.join(shown)}</feed>".encode()


@frozen
class Series:
    """When it is polled, and what is there then."""

    polls: Sequence[datetime]
    body: Callable[[datetime], bytes]
    incidents: Mapping[str, Incident]


def captured() -> Series:
    versions = dict(zip(TAKEN, VERSIONS, strict=True))
    return Series(TAKEN, lambda at: versions[at].read_bytes(), posted(TAKEN) | without_record())


def each_update() -> Series:
    moments = {moment(update) for one in records().values() for update in one["incident_updates"]}
    polls = sorted({at.replace(microsecond=0) + timedelta(seconds=1) for at in moments if at > TAKEN[0]} | {TAKEN[0]})
    return Series(polls, page, posted(polls))


async def follow(series: Series, clock: Callable[[], datetime], requests: Requests, state: ProviderState) -> None:
    """Poll the whole series."""
    config = ProviderConfig("github", "GitHub", FEED)

    async def fetch(url: str, _validators: Validators) -> Fetched:
        return Fetched(series.body(clock()), Validators(), url)

    async def read(fetched: Fetched, config: ProviderConfig, state: ProviderState) -> Document:
        return read_fetched_again(fetched, config, state) or read_fetched(fetched, config, state)

    async def submit(observation: Observation) -> Acknowledgement:
        return await requests.submit(observation, all_dark=False)

    enrich = Enricher(facts, parse, FEED).enrich
    poll = Poll(fetch, read, enrich, submit, lambda *_: None, lambda: 0.5, clock)
    for at in series.polls:
        await trio.sleep((at - clock()).total_seconds())
        state = await poll_once(config, state, poll)
        assert state.last_error is None


@pytest.mark.parametrize("series", [captured, each_update])
def test_four_consumers_are_told_the_stories_that_the_records_tell(
    series: Callable[[], Series], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github = series()
    incidents = github.incidents
    wall = trio.testing.MockClock(autojump_threshold=0)

    def clock() -> datetime:
        return github.polls[0] - timedelta(minutes=1) + timedelta(seconds=wall.current_time())

    for module in (fanout_module, recorder_module):
        monkeypatch.setattr(module, "now", clock)
    listeners = {one.id: Listener(clock) for one in CONSUMERS}
    store = SqliteStore(open_database(tmp_path / "statustrio.db"), render)

    async def run() -> None:
        send, receive = trio.open_memory_channel[Request[Any]](0)
        requests, news = Requests(send), News()
        with store.group(durable=True):
            store.configure([Wanted("github", "GitHub", FEED)])
            cursors, _ = store.subscribe((one.id, True) for one in CONSUMERS)
        places = {cursor.consumer: cursor for cursor in cursors}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_recorder, receive, store, inline, news.announce)
            async with trio.open_nursery() as subscriptions:
                for one in CONSUMERS:
                    subscription = Subscription(one, places[one.id], store, requests, inline, {})
                    subscriptions.start_soon(subscription.run, listeners[one.id], news.subscribe(one.id))
                await follow(github, clock, requests, store.load_state("github"))
                await trio.sleep(timedelta(days=1).total_seconds())
                news.end_all()
            requests.close()

    try:
        trio.run(run, clock=wall)
    finally:
        store.close()

    assert len(incidents) > 150
    stories = {}
    for consumer, listener in listeners.items():
        told = [one for one in listener.told if not one.event.endswith(".edited")]
        must = expected(incidents, consumer)
        assert len(must) > 20, consumer
        assert sorted(told, key=repr) == sorted(must, key=repr), consumer
        stories[consumer] = {ident: [one.event for one in told if one.incident == ident] for ident in incidents}
        edited = {one.incident for one in listener.told} - {one.incident for one in told}
        assert not edited, "an edit of what the consumer was told nothing of"
    for consumer, by_incident in stories.items():
        for ident, events in by_incident.items():
            in_order = [one.event for one in incidents[ident].updates if one.event in events]
            assert events == in_order, (consumer, ident)
            if events:
                assert events[0] in BEGINNINGS, (consumer, ident)
                assert events[-1] in ENDS, (consumer, ident)
                assert not ENDS.intersection(events[:-1]), (consumer, ident)
