"""What the benchmarks compare with, and what they are run on: no figure is better than these."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import feedparser
import pytest
import trio
from daemons import command, write_config
from pages import StatusPage
from server import open_server

sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks import late, reference
from benchmarks.figures import Figure
from benchmarks.measure import Spread, percentile, ratio
from benchmarks.pages import LENGTH, STAMP, Feed
from benchmarks.parts import read


def test_a_feed_is_as_long_as_a_real_one_and_the_same_each_time() -> None:
    body = Feed(3).body()

    document = read(body)

    assert 55_000 < len(body) < 62_000
    assert document.platform == "statuspage"
    assert [len(reading.updates) for reading in document.readings] == [4] * LENGTH
    assert body == Feed(3).body() != Feed(4).body()


def test_a_touched_feed_differs_in_its_head_alone() -> None:
    feed = Feed(0)
    before = feed.body()

    feed.touch()

    changed = [(old, new) for old, new in zip(before.split(b"\n"), feed.body().split(b"\n"), strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0][0].startswith(b"  <updated>")
    assert read(feed.body(), read(before)).readings == ()


def test_a_post_is_one_new_entry_with_its_updates() -> None:
    feed = Feed(0)
    first = read(feed.body())

    title = feed.post(updates=3, word="here")
    (reading,) = read(feed.body(), first).readings

    assert reading.title == title
    assert title.endswith(" here")
    assert [update.label for update in reading.updates] == ["investigating", "identified", "resolved"]
    assert len(read(feed.body()).window) == LENGTH


def test_what_the_origin_fills_in_stands_once_in_the_head() -> None:
    assert Feed(0).body(stamp=STAMP).count(STAMP.encode()) == 1


def test_the_reference_tells_a_new_entry_once_and_a_touched_feed_never() -> None:
    feed = Feed(0)
    seen: dict[str, str] = {}

    def news() -> list[str]:
        return [entry.title for entry in reference.news(seen, feedparser.parse(io.BytesIO(feed.body())).entries)]

    assert len(news()) == LENGTH
    feed.touch()
    assert news() == []
    titles = [feed.post(updates=3), feed.post(updates=1)]
    assert news() == titles
    assert news() == []


class Response:
    """An answer, as far as the reference looks at it."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        self.status = status
        self.body = body
        self.headers = {"ETag": f'"{len(body)}"'} if body else {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def raise_for_status(self) -> None:
        assert self.status == 200

    def read(self) -> Awaitable[bytes]:
        return asyncio.sleep(0, self.body)


class Session:
    """Gives prepared answers, one a poll, and ends its reader after the last."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []

    def get(self, _url: str, *, headers: dict[str, str]) -> Response:
        if not self.answers:
            raise KeyboardInterrupt
        self.asked.append(dict(headers))
        return self.answers.pop(0)


def test_the_reference_polls_conditionally_and_is_silent_at_first_sight(capsys: pytest.CaptureFixture[str]) -> None:
    feed = Feed(0)
    first = feed.body()
    title = feed.post(updates=3)
    session = Session(Response(200, first), Response(304), Response(200, feed.body()), Response(304))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(reference.follow(session, "http://page.example/", 0.01, {}))

    assert capsys.readouterr().out.count(title) == 1
    assert [asked.get("If-None-Match") for asked in session.asked] == [
        None,
        f'"{len(first)}"',
        f'"{len(first)}"',
        f'"{len(feed.body())}"',
    ]


def test_a_figure_is_judged_by_its_ratio_where_it_has_one() -> None:
    ours, theirs = [1.0, 3.0, 2.0], [10.0, 10.0, 10.0]
    figure = Figure("a poll", "us", Spread.of(ours), Spread.of(theirs), ratio(ours, theirs), goal=0.15)

    assert figure.judged == pytest.approx(0.2)
    assert figure.verdict == "over"
    assert not figure.far_over
    assert Figure("a start", "s", Spread.once(2.1), goal=1.0).far_over
    assert Figure("memory", "MiB", Spread.once(2.1)).verdict == ""


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5.0, 1.0, 4.0, 2.0, 3.0], 0.5) == 3.0
    assert percentile(list(range(1, 101)), 0.99) == 99


@pytest.mark.slow
async def test_the_lateness_of_each_poll_is_written_down_as_the_program_runs(tmp_path: Path) -> None:
    notes = tmp_path / "late.txt"
    async with open_server(deadline=60) as server, trio.open_nursery() as nursery:
        server.pages = {"/feed": StatusPage().page}
        config = write_config(tmp_path / "providers.yaml", {"one": server.url("/feed")})
        program = [sys.executable, str(Path(late.__file__)), str(notes), *command(config)[3:]]
        process = await nursery.start(partial(trio.run_process, program, capture_stdout=True, capture_stderr=True))
        await server.wait_requests(4)
        process.terminate()

    lines = [line.split() for line in notes.read_text().splitlines()]
    assert len(lines) >= 3
    assert all(0 <= float(seconds) < 5 and known == "0" for _, seconds, known in lines)


@pytest.mark.skipif(find_spec("trustme") is None, reason="the benchmarks need trustme: extra bench")
def test_a_document_with_one_new_entry_is_read_as_that_entry() -> None:
    from benchmarks.parts import reading_again

    feed = Feed(0)
    first = read(feed.body())
    feed.post()

    assert reading_again(feed.body(), first)
