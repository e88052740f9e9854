"""A kept document is small, and comes back as it was."""

from __future__ import annotations

import random

import pytest

from statustrio.errors import FeedError
from statustrio.packing import pack, unpack


@pytest.mark.parametrize("body", [b"", b"<feed/>" * 1000, bytes(range(256)) * 3])
def test_a_body_comes_back_as_it_was(body: bytes) -> None:
    packed = pack(body)
    assert packed is not None
    assert unpack(packed) == body


def test_a_feed_becomes_small() -> None:
    packed = pack(b"<entry><title>Errors</title></entry>" * 1000)
    assert packed is not None
    assert len(packed) < 1000


def test_what_stays_large_is_not_kept() -> None:
    assert pack(random.Random(1).randbytes(2**18 + 1)) is None


def test_damaged_bytes_are_told_as_such() -> None:
    with pytest.raises(FeedError, match="damaged"):
        unpack(b"x")
