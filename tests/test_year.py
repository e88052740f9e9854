"""A short year: what is told and stored in a winter of virtual time is what the pages said."""

from __future__ import annotations

import pytest
from torture import year
from torture.options import Options

pytestmark = pytest.mark.slow


def test_whatever_the_clocks_do_everything_is_told_once_and_stored_as_it_was_posted() -> None:
    broken = [figure.row() for figure in year.run(Options(short=True)) if figure.verdict == "broken"]
    assert broken == []
