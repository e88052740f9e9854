"""420 successive versions of GitHub's real feed through the real daemon, against a count made with string work alone.

Nothing of the project's reading or detection is used to say what the events must be.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import signal
from collections import Counter
from pathlib import Path

import pytest
import trio
from attrs import define, field, frozen
from daemons import Line, Run, running, write_config
from server import Exchange, Page, PageServer, open_server

FEEDS = Path(__file__).resolve().parents[2] / "shared" / "feeds"
VERSIONS = sorted((FEEDS / "series" / "github").glob("*.atom"))
RECORDS = {path.stem: path.read_bytes() for path in (FEEDS / "statuspage_json" / "github").glob("*.json")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not VERSIONS, reason="the captured versions of GitHub's feed are not here (../shared)"),
]


@frozen
class Block:
    """One update as the file has it: month, day and time, label, text without white space and markup."""

    when: str
    label: str
    text: str


@frozen
class Expected:
    event: str
    incident: str
    when: str
    text: str


def entries(version: Path) -> dict[str, tuple[str, str, list[Block]]]:
    """By incident: published, title, blocks oldest first."""
    found = {}
    for entry in version.read_text().split("<entry>")[1:]:
        incident = entry.split("/incidents/")[1].split('"')[0]
        published = entry.split("<published>")[1].split("<")[0]
        title = html.unescape(entry.split("<title>")[1].split("</title>")[0])
        content = html.unescape(entry.split('<content type="html">')[1].split("</content>")[0])
        blocks = []
        for part in content.split("<small>")[1:]:
            when, rest = part.split("</small>", 1)
            label, text = rest.split("<strong>", 1)[1].split("</strong>", 1)
            when = re.sub(r"<.*?>", "", when)
            month, day, clock = re.match(r"(\w+)\s+(\d+), (\d\d:\d\d) UTC", when).groups()
            number = "JanFebMarAprMayJunJulAugSepOctNovDec".index(month) // 3 + 1
            blocks.append(Block(f"{number:02}-{int(day):02} {clock}", label, squeeze(text)))
        found[incident] = (published, title, blocks[::-1])
    return found


def squeeze(text: str) -> str:
    """Text alone: no tags (a `<` before a letter or slash opens one), no white space, no dashes."""
    text = html.unescape(re.sub(r"</?[a-zA-Z][^>]*>", "", text))
    return re.sub(r"[\s\-\u00a0]", "", text)


WORK = ("Investigating", "Identified", "Monitoring", "In progress", "Verifying")


def name_of(blocks: list[Block], place: int) -> str:
    """What the update at this place is, by reading the blocks before it from the oldest on."""
    if blocks[0].label in ("Scheduled", "In progress", "Verifying", "Completed"):
        label = blocks[place].label
        if label == "Completed":
            return "maintenance.completed"
        if label == "In progress" and all(one.label in ("Scheduled", "Update") for one in blocks[:place]):
            return "maintenance.started"
        return "maintenance.scheduled" if place == 0 else "maintenance.updated"
    ended = None
    name = ""
    for number, block in enumerate(blocks[: place + 1]):
        if ended is not None:
            if block.label in WORK and block.when != ended:
                name, ended = "incident.reopened", None
            else:
                name = "incident.postmortem"
        elif block.label == "Resolved":
            name, ended = "incident.resolved", block.when
        else:
            name = "incident.updated" if number else "incident.opened"
    return name


def is_over(blocks: list[Block]) -> bool:
    names = [name_of(blocks, place) for place in range(len(blocks))]
    turns = [one for one in names if one.split(".")[1] in ("opened", "reopened", "resolved", "started", "completed")]
    return bool(turns) and turns[-1].split(".")[1] in ("resolved", "completed")


@define
class Count:
    """The events that the versions must give, one after the other."""

    known: dict[str, tuple[str, list[Block]]] = field(factory=dict)
    oldest: str = ""

    def step(self, version: Path) -> list[Expected]:
        page = entries(version)
        events: list[Expected] = []
        for incident, (published, title, blocks) in page.items():
            if not self.oldest:
                if not is_over(blocks):
                    first = "maintenance.scheduled" if blocks[0].label == "Scheduled" else "incident.opened"
                    events.append(Expected(first, incident, blocks[-1].when, blocks[-1].text))
            elif incident not in self.known:
                if published >= self.oldest or not is_over(blocks):
                    events += [self._event(incident, blocks, place) for place in range(len(blocks))]
            else:
                events += self._changes(incident, title, blocks)
            self.known[incident] = (title, blocks)
        self.oldest = min(published for published, _, _ in page.values())
        return events

    def _event(self, incident: str, blocks: list[Block], place: int) -> Expected:
        return Expected(name_of(blocks, place), incident, blocks[place].when, blocks[place].text)

    def _changes(self, incident: str, title: str, blocks: list[Block]) -> list[Expected]:
        old_title, old = self.known[incident]
        family = name_of(blocks, 0).split(".")[0]
        gone = list((Counter(old) - Counter(blocks)).elements())
        fresh = [place for place, block in enumerate(blocks) if block in Counter(blocks) - Counter(old)]
        edited = []
        for place in list(fresh):
            twin = [one for one in gone if (one.when, one.label) == (blocks[place].when, blocks[place].label)]
            if twin:
                gone.remove(twin[0])
                fresh.remove(place)
                edited.append(place)
        if len(gone) == len(fresh):
            for place in list(fresh):
                twin = [one for one in gone if one.text == blocks[place].text or one.label == blocks[place].label]
                if twin:
                    gone.remove(twin[0])
                    fresh.remove(place)
                    edited.append(place)
        events = [
            Expected(f"{family}.edited", incident, blocks[place].when, blocks[place].text)
            if place in edited
            else self._event(incident, blocks, place)
            for place in sorted([*fresh, *edited])
        ]
        if title != old_title and not events:
            events = [Expected(f"{family}.edited", incident, blocks[-1].when, blocks[-1].text)]
        return events


def as_expected(line: Line) -> Expected:
    when = line["update_at"][5:16].replace("T", " ")
    return Expected(line["event"], line["incident_id"], when, squeeze(line["message"]))


@define(eq=False)
class Series:
    """Serves a version until the daemon proves that it believes it, then the next one: one version per poll."""

    place: int = 0
    polls: int = 0
    finished: trio.Event = field(factory=trio.Event)

    async def serve(self, exchange: Exchange) -> None:
        self.polls += 1
        body = VERSIONS[self.place].read_bytes()
        if exchange.asked.headers.get("if-none-match") == self._etag(body):
            if self.place == len(VERSIONS) - 1:
                self.finished.set()
                await exchange.answer(b"", 304)
                return
            self.place += 1
            body = VERSIONS[self.place].read_bytes()
        await exchange.answer(body, 200, etag=self._etag(body), content_type="application/atom+xml")

    async def wait_until(self, place: int, run: Run) -> None:
        while self.place < place:
            assert run.process.returncode is None, bytes(run.stderr).decode()
            await trio.sleep(0.01)

    @staticmethod
    def _etag(body: bytes) -> str:
        return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def serve_records(server: PageServer) -> None:
    for incident, record in RECORDS.items():
        server.pages[f"/api/v2/incidents/{incident}.json"] = Page(record, content_type="application/json")


async def test_every_update_of_420_versions_is_announced_once_and_truly_over_a_restart(tmp_path: Path) -> None:
    series = Series()
    lines: list[Line] = []
    async with open_server(deadline=170) as server:
        server.pages["/history.atom"] = Page(script=series.serve)
        serve_records(server)
        config = write_config(tmp_path / "providers.yaml", {"github": server.url("/history.atom")})
        async with running(config, deadline=90) as run:
            await series.wait_until(200, run)
            assert await run.end(signal.SIGTERM) == 0
        lines += run.lines
        async with running(config, deadline=90) as run:
            await series.finished.wait()
            assert await run.end(signal.SIGTERM) == 0
        lines += run.lines

    count = Count()
    rest = lines.copy()
    for version in VERSIONS:
        expected = count.step(version)
        printed, rest = [as_expected(line) for line in rest[: len(expected)]], rest[len(expected) :]
        assert sorted(printed, key=repr) == sorted(expected, key=repr), version.name
        for incident in {one.incident for one in expected}:
            assert [one for one in printed if one.incident == incident] == [
                one for one in expected if one.incident == incident
            ]
    assert rest == []
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert len({line["id"] for line in lines}) == len(lines)

    with_record = [line for line in lines if line["incident_id"] in RECORDS]
    assert len({line["incident_id"] for line in with_record}) > 150
    for line in with_record:
        record = json.loads(RECORDS[line["incident_id"]])["incident"]
        assert line["impact"] == record["impact"]
        assert line["components"] == [{"name": one["name"], "status": one["status"]} for one in record["components"]]
