"""Badges are SVG that a browser and a README show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from statustrio.web.badge import COLOURS, badge
from statustrio.web.strip import WORDS, Level


@pytest.mark.parametrize("level", Level)
def test_a_badge_says_name_and_state(level: Level) -> None:
    root = ET.fromstring(badge("GitHub", level))
    assert root.get("aria-label") == f"GitHub: {WORDS[level]}"
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ["GitHub", WORDS[level]]


def test_a_name_is_text_whatever_it_is() -> None:
    root = ET.fromstring(badge("<script>alert(\"1\")</script> & 'more' than forty letters", Level.FINE))
    assert (root.get("aria-label") or "").startswith("<script>")
    assert root.find(".//{http://www.w3.org/2000/svg}script") is None
    assert len((root.get("aria-label") or "").partition(":")[0]) <= 40


def test_white_letters_can_be_read_on_every_colour() -> None:
    for colour in COLOURS.values():
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, colour
