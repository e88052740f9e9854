"""Receivers that are down, slow, refuse or hang, all at once beside one that is well: each is told everything.

The whole day, with ten thousand events, is `torture/receivers.py`; here its short form.
"""

from __future__ import annotations

import pytest
import torture.receivers
from torture.options import Options


@pytest.mark.slow
@pytest.mark.alone
def test_everything_is_told_once_in_order_to_each_when_it_is_back_and_nobody_waits_for_another() -> None:
    figures = list(torture.receivers.run(Options()))
    assert [figure.row() for figure in figures if figure.verdict == "broken"] == []
