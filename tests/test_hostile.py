"""Hostile pages beside healthy ones, the short form of `make torture`: what each costs, and the words it is told in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent))  # the figures of the benchmarks

from torture import hostile
from torture.options import Options

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
def test_sixty_pages_that_do_all_that_pages_can_do_wrong_harm_no_other() -> None:
    figures = list(hostile.run(Options(short=True)))
    assert [figure.row() for figure in figures if figure.verdict == "broken"] == []
