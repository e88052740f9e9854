"""The log's descriptor: a line that nobody takes is lost and counted, and no line is glued to another."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from statustrio.logs import Stream


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def drain(reading: int) -> bytes:
    os.set_blocking(reading, False)
    got = b""
    try:
        while chunk := os.read(reading, 1 << 20):
            got += chunk
    except BlockingIOError:
        return got
    return got


def test_a_full_pipe_loses_lines_counts_them_and_leaves_none_glued(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    stream = Stream(writing)
    line = "x" * 9_999 + "\n"
    for _ in range(20):
        stream.write(line)
    taken = drain(reading)
    whole = taken.count(b"\n")
    assert not taken.endswith(b"\n"), "the last one was taken in part"
    stream.write("after\n")
    rest, lost, after = drain(reading).decode().splitlines()
    assert (rest, after) == ("", "after")
    assert json.loads(lost) == {"event": "log.lost", "lines": 20 - whole}


def test_a_descriptor_that_is_closed_or_full_is_no_failure() -> None:
    Stream(None).write("nobody\n")
    with Path("/dev/full").open("wb") as full:
        Stream(full.fileno()).write("no room\n")
