"""The XML parser that feedparser is given: that of the standard library, with text handed over in one piece.

Without it each `&lt;` of an escaped page is a call of its own, a third of the cost of reading a feed. And of an element
with more attributes than any has only the first are told: feedparser takes quadratic time for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from xml.sax.expatreader import ExpatParser

TOLD_ATTRIBUTES = 100


class _InOnePiece(ExpatParser):  # the names are the standard library's
    _parser: Any

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        few = attrs if len(attrs) <= TOLD_ATTRIBUTES else dict(islice(attrs.items(), TOLD_ATTRIBUTES))
        super().start_element_ns(name, few)


def create_parser() -> ExpatParser:
    """What `xml.sax.make_parser` calls in a module that it is given the name of."""
    return _InOnePiece()
