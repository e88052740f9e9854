from __future__ import annotations

import io
import xml.sax
import xml.sax.handler

import feedparser

from statustrio.feed import sax
from statustrio.feed.parse import parse_feed


def test_text_comes_in_one_piece_whatever_is_escaped_in_it() -> None:
    pieces: list[str] = []

    class Handler(xml.sax.handler.ContentHandler):
        def characters(self, content: str) -> None:
            pieces.append(content)

    parser = xml.sax.make_parser([sax.__name__])
    parser.setContentHandler(Handler())
    parser.parse(io.BytesIO(b"<a>one &lt;b&gt; &amp; two\nthree</a>"))
    assert pieces == ["one <b> & two\nthree"]


def test_feedparser_is_given_this_parser() -> None:
    assert parse_feed(b"<rss/>", url="", content_type=None).entries == ()
    assert [sax.__name__] == feedparser.api.PREFERRED_XML_PARSERS
