"""Requests that were meant for somebody else."""

from __future__ import annotations

import pytest

from statustrio.web.hosts import is_ours

NAMES = frozenset({"status.example.com"})


@pytest.mark.parametrize(
    "header",
    [
        "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "[::1]", "192.0.2.7:80", "localhost", "LOCALHOST:8080",
        "laptop.localhost", "status.example.com", "Status.Example.com:443", "status.example.com.",
    ],
)  # fmt: skip
def test_addresses_and_names_of_the_configuration_are_ours(header: str) -> None:
    assert is_ours(header, NAMES)


@pytest.mark.parametrize(
    "header",
    [
        "", "evil.example", "evil.example:8080", "status.example.com.evil.example", "127.0.0.1.evil.example",
        "localhost.evil.example", "2130706433", "0x7f.1", "127.1", "[evil.example]",
    ],
)  # fmt: skip
def test_names_that_anybody_may_point_here_are_not(header: str) -> None:
    assert not is_ours(header, NAMES)
