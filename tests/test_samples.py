"""The sample feeds, each recognised by its content alone and read as expected_readings.py says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from expected_readings import EXCLUDED, EXPECTED, SERIES, ExpectedEntry, ExpectedFeed, ExpectedTimeline, Told

from statustrio.errors import FeedError
from statustrio.feed.parse import Feed, parse_feed
from statustrio.model import Reading
from statustrio.platforms import BY_NAME, recognise

FEEDS = Path(__file__).resolve().parents[2] / "shared" / "feeds"
INDEX = FEEDS / "INDEX.tsv"

pytestmark = pytest.mark.skipif(not INDEX.is_file(), reason="the sample feeds are not here (../shared)")

each_feed = pytest.mark.parametrize("expected", [pytest.param(feed, id=feed.file) for feed in EXPECTED])


def parsed(file: Path) -> Feed:
    return parse_feed(file.read_bytes(), url="", content_type=None)


def readings(expected: ExpectedFeed) -> Iterator[Reading]:
    assert expected.platform in BY_NAME, f"no reader for {expected.platform}"
    for entry in parsed(FEEDS / expected.file).entries:
        yield BY_NAME[expected.platform].read(entry)


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def iso(at: datetime | None, like: str | None) -> str | None:
    """The time as the table writes it, if that is the same moment; else as it is."""
    return like if at == when(like) else str(at)


def in_short(reading: Reading, like: ExpectedEntry | ExpectedTimeline) -> ExpectedEntry | ExpectedTimeline:
    """A reading in the form of the table, as far as the table goes."""
    if isinstance(like, ExpectedTimeline):
        return ExpectedTimeline(
            incident_id=reading.incident_id,
            kind=str(reading.kind),
            count=len(reading.updates),
            labels=" ".join(update.label for update in reading.updates),
            oldest=iso(reading.updates[0].at, like.oldest),
            newest=iso(reading.updates[-1].at, like.newest),
            updated_at=iso(reading.updated_at, like.updated_at),
        )
    told = (*like.updates, *[Told(None, "", "")] * len(reading.updates))
    return ExpectedEntry(
        incident_id=reading.incident_id if like.incident_id else None,
        kind=str(reading.kind),
        title=reading.title,
        updates=tuple(
            Told(iso(update.at, one.at), update.label, " ".join(update.text.split())[: len(one.begins)])
            for update, one in zip(reading.updates, told, strict=False)
        ),
        started_at=iso(reading.started_at, like.started_at),
        updated_at=iso(reading.updated_at, like.updated_at),
        impact=reading.impact and str(reading.impact),
        components=None if reading.components is None else tuple(one.name for one in reading.components),
    )


@each_feed
def test_a_sample_is_recognised_by_its_content(expected: ExpectedFeed) -> None:
    assert recognise(parsed(FEEDS / expected.file)).name == expected.platform


@pytest.mark.parametrize(("pattern", "platform"), SERIES.items())
def test_the_versions_of_a_series_are_recognised_by_their_content(pattern: str, platform: str) -> None:
    files = sorted(FEEDS.glob(pattern))
    assert {recognise(parsed(file)).name for file in (*files[:6], *files[-6:])} == {platform}


@each_feed
def test_a_sample_is_read_as_its_file_says(expected: ExpectedFeed) -> None:
    found = list(readings(expected))
    assert len(found) == len(expected.entries)
    for reading, entry in zip(found, expected.entries, strict=True):
        assert in_short(reading, entry) == entry


@each_feed
def test_an_incident_id_names_no_scheme_or_host(expected: ExpectedFeed) -> None:
    for reading in readings(expected):
        assert "://" not in reading.incident_id
        assert reading.url is None or str(urlsplit(reading.url).hostname) not in reading.incident_id


@each_feed
def test_updates_stand_oldest_first(expected: ExpectedFeed) -> None:
    for reading in readings(expected):
        times = [update.at for update in reading.updates if update.at]
        assert times == sorted(times)


@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in sorted(FEEDS.glob("html/*"))])
def test_a_page_instead_of_a_feed_is_refused(file: Path) -> None:
    with pytest.raises(FeedError, match="HTML"):
        parsed(file)


def test_every_sample_has_an_expected_reading_or_a_reason_for_none() -> None:
    with INDEX.open(newline="") as index:
        named = [row["file"] for row in csv.DictReader(index, delimiter="\t")]
    files = {file for name in named for file in expanded(name)}
    known = {feed.file for feed in EXPECTED}
    assert len(known) == len(EXPECTED)
    assert known <= files
    assert {file for file in files - known if not any(fnmatch(file, pattern) for pattern in EXCLUDED)} == set()
    assert {pattern for pattern in EXCLUDED if not any(fnmatch(file, pattern) for file in files)} == set()
    assert set(SERIES) <= set(EXCLUDED)


def expanded(name: str) -> list[str]:
    """The files a line of the index names: `series/x/*.atom (420, ...)`, `x/<id>.json`, or one path."""
    pattern = name.split(" ", maxsplit=1)[0].replace("<id>", "*")
    files = [file.relative_to(FEEDS).as_posix() for file in FEEDS.glob(pattern)]
    assert files, f"{name}: not there"
    return files
