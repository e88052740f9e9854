"""A kept document is small, and comes back as it was."""

from __future__ import annotations

import pytest

from statustrio.packing import pack, unpack


@pytest.mark.parametrize("body", [b"", b"<feed/>" * 1000, bytes(range(256)) * 3])
def test_a_body_comes_back_as_it_was(body: bytes) -> None:
    assert unpack(pack(body)) == body


def test_a_feed_becomes_small() -> None:
    assert len(pack(b"<entry><title>Errors</title></entry>" * 1000)) < 1000
