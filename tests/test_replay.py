"""Captures through the daemon's own reading and detection: their events at their times, and real series of versions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import structlog
import trio
from attrs import define, field, frozen
from click.testing import CliRunner
from daemons import environment
from pages import BEGIN, StatusPage
from test_github_series import VERSIONS, Count, as_expected

from statustrio.captures import Capture, find_captures
from statustrio.cli.main import statustrio
from statustrio.config import ProviderConfig
from statustrio.line import render
from statustrio.model import Status
from statustrio.replay import Replay
from statustrio.rfc3339 import to_text
from statustrio.store.opening import open_in_memory
from statustrio.store.protocol import Logged
from statustrio.store.sqlite import SqliteStore

MOTHERDUCK = Path(__file__).resolve().parents[2] / "shared" / "feeds" / "series" / "motherduck"
CONFIG = ProviderConfig("page", "Page", "https://replay.invalid/feed")


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


@define
class Series:
    """Captures of one page that are written to a directory, and what their replay tells."""

    folder: Path
    page: StatusPage = field(factory=StatusPage)
    told: list[Logged] = field(factory=list)
    failed: list[tuple[str, str]] = field(factory=list)

    def save(self, minutes: float, body: bytes | None = None) -> None:
        name = f"page-{at(minutes):%Y-%m-%dT%H%M%SZ}.atom"
        (self.folder / name).write_bytes(self.page.page.body if body is None else body)

    def replay(self, config: ProviderConfig = CONFIG, **more: Any) -> Replay:
        def failed(capture: Capture, reason: str) -> None:
            self.failed.append((capture.path.name, reason))

        with closing(SqliteStore(open_in_memory(), render)) as store:
            replay = Replay(config, store, self.told.append, **more)
            trio.run(lambda: replay.run(find_captures([self.folder]), failed=failed))
            self.open_ids = {one.incident_id for one in store.load("page", ()).incidents if one.open}
        return replay

    open_ids: set[str] = field(init=False, factory=set)

    @property
    def lines(self) -> list[tuple[float, str, str | None]]:
        """Minute of the event, its name, its message."""
        return [
            ((one.event.timestamp - BEGIN).total_seconds() / 60, one.event.event, one.event.message)
            for one in self.told
        ]


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Series]:
    with structlog.testing.capture_logs():
        yield Series(tmp_path)


def test_each_change_is_told_at_the_time_of_the_capture_that_shows_it(series: Series) -> None:
    trouble = series.page.open("Errors", "We look.")
    series.save(10)
    series.save(20)
    series.page.touch()
    series.save(30)
    series.page.post(trouble, "Identified", "Found.")
    series.page.post(trouble, "Resolved", "Over.")
    series.save(40)
    series.page.edit(trouble, "It is over.")
    series.save(50)
    replay = series.replay()
    assert series.lines == [
        (10, "incident.opened", "We look."),
        (40, "incident.updated", "Found."),
        (40, "incident.resolved", "Over."),
        (50, "incident.edited", "It is over."),
    ]
    assert [one.seq for one in series.told] == [1, 2, 3, 4]
    assert {one.event.provider_name for one in series.told} == {"Page"}
    assert json.loads(series.told[0].line)["timestamp"] == to_text(at(10))
    assert replay.summary() == (
        "5 captures (2026-03-01): 4 events: "
        "1 incident.opened, 1 incident.updated, 1 incident.resolved, 1 incident.edited"
    )


@pytest.mark.parametrize(
    ("backfill", "names"),
    [
        ("open", ["incident.opened"]),
        ("all", ["incident.opened", "incident.resolved", "incident.opened"]),
        ("none", []),
    ],
)
def test_the_first_capture_is_a_first_sight(series: Series, backfill: str, names: list[str]) -> None:
    series.page.post(series.page.open("Past"), "Resolved", "Over.")
    series.page.open("Present")
    series.save(10)
    series.replay(backfill=backfill)
    assert [name for _, name, _ in series.lines] == names


def test_an_absence_is_confirmed_between_captures_when_the_daemon_would_have(series: Series) -> None:
    page = series.page
    page.post(page.open("Past"), "Resolved", "Over.")
    page.minute = 5
    page.open("Present")
    series.save(10)
    del page.troubles[0]
    page.render()
    series.save(60)
    series.save(60 * 24)
    replay = series.replay()
    assert [line[:2] for line in series.lines] == [(10, "incident.opened"), (75, "incident.withdrawn")]
    assert series.told[1].event.status is Status.WITHDRAWN
    assert replay.captures == 3


def test_an_absence_that_the_next_capture_ends_was_none(series: Series) -> None:
    page = series.page
    page.post(page.open("Past"), "Resolved", "Over.")
    page.minute = 5
    present = page.open("Present")
    series.save(10)
    page.troubles.remove(present)
    page.render()
    series.save(60)
    page.troubles.insert(0, present)
    page.render()
    series.save(70)
    series.replay()
    assert [name for _, name, _ in series.lines] == ["incident.opened"]


def test_nothing_is_confirmed_after_the_last_capture(series: Series) -> None:
    page = series.page
    page.post(page.open("Past"), "Resolved", "Over.")
    page.minute = 5
    present = page.open("Present")
    series.save(10)
    page.troubles.remove(present)
    page.render()
    series.save(60)
    series.replay()
    assert [name for _, name, _ in series.lines] == ["incident.opened"]


def test_what_leaves_the_window_open_counts_as_open_for_its_time_alone(series: Series) -> None:
    page = series.page
    page.open("Old")
    series.save(10)
    page.length = 1
    page.minute = 60
    page.open("New")
    series.save(100)
    series.replay()
    assert len(series.open_ids) == 2
    series.save(100 + 8 * 24 * 60)
    series.replay()
    assert series.open_ids == {page.troubles[0].code}


def test_what_is_no_feed_is_a_failed_poll_and_the_rest_goes_on(series: Series) -> None:
    trouble = series.page.open("Errors")
    series.save(10)
    series.save(20, b"<html>Sorry</html>")
    series.save(30, series.page.page.body[:300])
    series.page.post(trouble, "Resolved", "Over.")
    series.save(40)
    replay = series.replay()
    assert [line[:2] for line in series.lines] == [(10, "incident.opened"), (40, "incident.resolved")]
    assert [reason.split(":")[0] for _, reason in series.failed] == [
        "an HTML page instead of a feed",
        "the document is cut off",
    ]
    assert series.failed[0][0] == "page-2026-03-01T082000Z.atom"
    assert (replay.captures, replay.unreadable) == (4, 2)
    assert replay.summary().endswith("; 2 could not be read")


def test_three_in_a_row_that_are_no_feed_make_a_provider_unreachable(series: Series) -> None:
    series.page.open("Errors")
    series.save(10)
    for minute in (20, 30, 40):
        series.save(minute, b"no feed")
    series.save(60)
    series.replay()
    assert [line[:2] for line in series.lines] == [
        (10, "incident.opened"),
        (40, "provider.unreachable"),
        (60, "provider.recovered"),
    ]


def test_two_bad_captures_long_after_a_good_one_are_no_silence(series: Series) -> None:
    """The page stood still meanwhile: it was seen a minute before the first of them."""
    series.page.open("Errors")
    series.save(10)
    series.save(5000, b"no feed")
    series.save(5001, b"no feed")
    series.replay()
    assert [name for _, name, _ in series.lines] == ["incident.opened"]


def test_a_platform_can_be_named(series: Series) -> None:
    series.page.open("Errors", "We look.")
    series.save(10)
    series.replay(ProviderConfig("page", "Page", CONFIG.feed_url, platform="generic"), backfill="all")
    assert [message for _, _, message in series.lines] != ["We look."]


def test_nothing_at_all_is_summed_up_too(series: Series) -> None:
    assert series.replay().summary() == "no captures"


def command(*args: str | Path, cwd: Path, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "statustrio", *options, "replay", *map(str, args)],
        cwd=cwd,
        env=environment(TZ="UTC"),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
def test_the_command_prints_lines_in_a_pipe_and_the_sum_on_stderr(tmp_path: Path) -> None:
    series = Series(tmp_path / "Acme Cloud")
    series.folder.mkdir()
    trouble = series.page.open("Errors")
    series.save(0)
    series.page.post(trouble, "Resolved", "Over.")
    series.save(24 * 60)
    (series.folder / "broken").write_bytes(b"no feed")
    empty = tmp_path / "empty"
    empty.mkdir()
    result = command(series.folder, cwd=empty)
    assert list(empty.iterdir()) == [], "no database is made"
    assert result.returncode == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["event"], line["provider"], line["provider_name"]) for line in lines] == [
        ("incident.opened", "acme-cloud", "Acme Cloud"),
        ("incident.resolved", "acme-cloud", "Acme Cloud"),
    ]
    wrong, said = result.stderr.splitlines()
    assert wrong == f"{series.folder / 'broken'}: the answer is not XML"
    assert said.startswith("3 captures (2026-03-01 to ")
    assert said.endswith("1 incident.opened, 1 incident.resolved; 1 could not be read; 1 dated by the file's own time")
    first = command("--name", "Bolt", ".", cwd=series.folder).stdout.splitlines()[0]
    assert json.loads(first)["provider"] == "bolt"


@pytest.mark.slow
def test_a_reader_that_has_what_it_wanted_is_no_failure(tmp_path: Path) -> None:
    series = Series(tmp_path)
    for number in range(400):
        series.page.length = series.page.minute = number + 1
        series.page.open("Errors", f"We look, for the {number}th time.")
    series.save(0)
    script = '"$PY" -m statustrio replay --backfill all . | head -1; exit "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment(PY=sys.executable), capture_output=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["seq"] == 1
    assert done.stderr == b""


@pytest.mark.slow
def test_for_people_events_look_as_ever_with_their_date_above(tmp_path: Path) -> None:
    series = Series(tmp_path)
    trouble = series.page.open("Errors")
    series.save(24 * 60)
    series.page.post(trouble, "Monitoring", "Better.")
    series.page.post(trouble, "Resolved", "Over.")
    series.save(48 * 60)
    text = command(tmp_path, cwd=tmp_path, options=("--format", "console")).stdout
    assert re.findall(r"^\w{3} \d\d Mar 2026|(?:OPENED|UPDATED|RESOLVED)", text, re.MULTILINE) == [
        "Mon 02 Mar 2026", "OPENED", "Tue 03 Mar 2026", "UPDATED", "RESOLVED",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_command_fails_if_nothing_was_a_feed(tmp_path: Path) -> None:
    (tmp_path / "1000000000").write_bytes(b"no feed")
    assert command(tmp_path, cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "PLACE"),
        (("missing",), "missing"),
        ((".",), "no files"),
        ((".", "--platform", "statuspag"), "did you mean `statuspage`"),
    ],
    ids=["nothing", "a file that is not there", "an empty directory", "a platform that is none"],
)
def test_what_cannot_be_replayed_is_a_usage_error(
    args: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(statustrio, ["replay", *args])
    assert result.exit_code == 2
    assert message in result.output


@frozen
class Item:
    """An item of MotherDuck's feed, by `xml.etree` alone. Early versions have a guid without the time in it."""

    post: str
    posted: datetime
    state: str
    text: str

    @classmethod
    def of(cls, element: ET.Element) -> Item:
        def text(name: str) -> str:
            return element.findtext(name) or ""

        state = re.match(r"\[(Detected|Investigating|Resolved)\]", text("title"))
        words = re.sub(r"\AAffected: .*", "", text("description"))
        posted = parsedate_to_datetime(text("pubDate"))
        return cls(text("guid").split("-")[0], posted, state[1] if state else "", "".join(words.split()))


def motherduck_events() -> Iterator[tuple[str, str, str, str]]:
    """Time of the capture, event, post and text: what is new since the first version, oldest first.

    The first update of a post by its date opens it, once: what is dated before it later on is a further update.
    """
    lives: dict[str, list[Item]] = {}
    for number, path in enumerate(sorted(MOTHERDUCK.glob("*.xml"))):
        items = [Item.of(element) for element in ET.parse(path).iter("item")]
        new = [item for item in items if item not in lives.get(item.post, ())]
        begun = set(lives)
        for item in new:
            lives.setdefault(item.post, []).append(item)
        for item in sorted(new, key=lambda one: one.posted) if number else ():
            first = min(lives[item.post], key=lambda one: one.posted)
            is_first = item == first and item.post not in begun
            name = "resolved" if item.state == "Resolved" else "opened" if is_first else "updated"
            yield path.stem, f"incident.{name}", item.post, item.text


@pytest.mark.slow
@pytest.mark.skipif(not MOTHERDUCK.is_dir(), reason="the captured versions of MotherDuck's feed are not in ../shared")
def test_a_real_series_tells_each_update_the_page_showed_once(tmp_path: Path) -> None:
    result = command(MOTHERDUCK, cwd=tmp_path)
    assert result.returncode == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    told = [
        (line["timestamp"].replace(":", ""), line["event"], line["incident_id"], "".join(line["message"].split()))
        for line in lines
    ]
    assert told == list(motherduck_events())
    assert len(told) > 20


@pytest.mark.slow
@pytest.mark.skipif(not VERSIONS, reason="the captured versions of GitHub's feed are not in ../shared")
def test_the_versions_of_github_tell_the_events_of_an_independent_count(tmp_path: Path) -> None:
    result = command(*VERSIONS, cwd=tmp_path)
    assert result.returncode == 0
    rest = [json.loads(line) for line in result.stdout.splitlines()]
    count = Count()
    for version in VERSIONS:
        expected = count.step(version)
        lines, rest = rest[: len(expected)], rest[len(expected) :]
        assert sorted(map(as_expected, lines), key=repr) == sorted(expected, key=repr), version.name
        assert {line["timestamp"].replace(":", "") for line in lines} <= {version.stem}
    assert rest == []
