"""`kill -9` at random instants and at each named point: see `torture.kills`, of which this is the short form."""

from __future__ import annotations

import pytest
from torture import kills
from torture.options import Options

pytestmark = pytest.mark.slow


def test_whenever_it_is_killed_nothing_is_lost_and_at_most_what_was_under_way_is_repeated() -> None:
    figures = list(kills.run(Options(short=True)))
    assert [figure.row() for figure in figures if figure.verdict == "broken"] == []
