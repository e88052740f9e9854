"""Which files are captures, when they were taken, what they hold."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from statustrio.captures import LARGEST_BYTES, find_captures, time_in
from statustrio.errors import FetchError

AT = datetime(2022, 6, 11, 21, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "2022-06-11T213111Z.atom",
        "2022-06-11T21:31:11Z.atom",
        "2022-06-11T21-31-11.xml",
        "2022-06-11 21:31:11.xml",
        "2022-06-11_21-31-11.xml",
        "20220611T213111Z",
        "20220611213111.rss.gz",
        "20220611-213111",
        "github-20220611_213111Z-1.atom",
        "2022-06-11T23:31:11+02:00.atom",
        "2022-06-11T233111+0200.atom",
        "1654983071",
        "feed.1654983071.xml",
    ],
)
def test_a_name_tells_the_time(name: str) -> None:
    assert time_in(name) == AT


def test_a_time_may_be_less_exact() -> None:
    assert time_in("2022-06-11T2131.atom") == AT.replace(second=0)
    assert time_in("202206112131.atom") == AT.replace(second=0)
    assert time_in("feed-2022-06-11.atom") == time_in("20220611") == AT.replace(hour=0, minute=0, second=0)


@pytest.mark.parametrize(
    "name",
    ["history.atom", "v2.0.1.atom", "2022-13-11T213111Z", "2022-0611", "12345678", "1654983071000", "0000-01-01"],
)
def test_a_name_without_a_time_tells_none(name: str) -> None:
    assert time_in(name) is None


def test_what_only_looks_like_a_time_does_not_hide_one() -> None:
    assert time_in("99999999.2022-06-11T213111Z.atom") == AT


def test_files_come_by_their_time_and_of_a_directory_those_that_are_not_hidden(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    (folder / "deeper").mkdir(parents=True)
    for name in ("b-20220611T213111Z", "a-20220612T000000Z", "plain.atom", ".hidden"):
        (folder / name).write_text(name)
    (folder / "deeper" / "20220101T000000Z").write_text("not looked into")
    os.utime(folder / "plain.atom", (0, AT.timestamp() + 60))
    single = tmp_path / "20200101T000000Z"
    single.touch()
    captures = find_captures([folder, single, folder / "plain.atom"])
    assert [(one.path.name, one.dated) for one in captures] == [
        ("20200101T000000Z", True),
        ("b-20220611T213111Z", True),
        ("plain.atom", False),
        ("a-20220612T000000Z", True),
    ]
    assert captures[2].read() == b"plain.atom"


def test_a_file_may_be_compressed(tmp_path: Path) -> None:
    path = tmp_path / "20220611213111.gz"
    path.write_bytes(gzip.compress(b"<feed/>"))
    assert find_captures([path])[0].read() == b"<feed/>"


def test_what_is_too_large_or_torn_is_said_in_words(tmp_path: Path) -> None:
    torn, bomb, large = (tmp_path / name for name in ("1000000001", "1000000002", "1000000003"))
    torn.write_bytes(gzip.compress(b"<feed/>" * 100)[:-20])
    bomb.write_bytes(gzip.compress(bytes(LARGEST_BYTES + 1)))
    large.write_bytes(bytes(LARGEST_BYTES + 1))
    for capture, reason in zip(find_captures([tmp_path]), ("cut off", "larger", "larger"), strict=True):
        with pytest.raises(FetchError, match=reason):
            capture.read()


def test_a_file_that_went_away_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "1000000001"
    path.touch()
    (capture,) = find_captures([path])
    path.unlink()
    with pytest.raises(FetchError, match="cannot be read: No such file"):
        capture.read()
