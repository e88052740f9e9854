from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from statustrio.errors import FeedError
from statustrio.feed.parse import MOST_ENTRIES, Entry, Feed, digest, parse_feed
from statustrio.platforms import recognise

SHARED = Path(__file__).resolve().parents[2] / "shared" / "feeds"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the sample feeds are not at {SHARED}")

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:status.example.org,2005:/history</id>
  <title>Exämple – status</title>
  <subtitle>What happens</subtitle>
  <generator uri="https://gen.example">maker</generator>
  <link rel="self" href="https://status.example.org/history.atom"/>
  <link rel="alternate" href="https://status.example.org/"/>
  <entry>
    <id>tag:status.example.org,2005:1</id>
    <published>2026-03-24 14:00:00 CEST</published>
    <updated>2026-03-24T12:30:00.500Z</updated>
    <link rel="alternate" href="https://status.example.org/1"/>
    <title type="html">Errors with &lt;script&gt; tags &amp;amp; more</title>
    <category term="api"/><category label="Web" term=""/><category/>
    <summary type="html">short</summary>
    <content type="html">&lt;p&gt;long &amp;lt; é&lt;/p&gt;</content>
  </entry>
  <entry><title>CPU &lt; 5%</title><content type="html">only content</content></entry>
</feed>
"""

RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Example</title><link>https://status.example.org</link><description>Statuspage</description>
<item><title>one</title><description>told</description><content:encoded><![CDATA[<p>whole</p>]]></content:encoded>
<pubDate>Tue, 24 Mar 2026 12:00:00 Z</pubDate><guid>https://status.example.org/1</guid><category>api</category></item>
<item><content:encoded>first</content:encoded><description>then</description><guid isPermaLink="false"> x </guid></item>
</channel></rss>"""


def read(body: bytes | str, content_type: str | None = None) -> Feed:
    return parse_feed(
        body.encode() if isinstance(body, str) else body, url="https://x.example/f", content_type=content_type
    )


def test_an_atom_feed_is_read_as_the_page_wrote_it() -> None:
    assert read(ATOM) == Feed(
        url="https://x.example/f",
        format="atom",
        title="Exämple – status",
        generator="maker",
        link="https://status.example.org/",
        id="tag:status.example.org,2005:/history",
        description="What happens",
        entries=(
            Entry(
                id="tag:status.example.org,2005:1",
                title="Errors with <script> tags & more",
                link="https://status.example.org/1",
                published=datetime(2026, 3, 24, 12, tzinfo=UTC),
                updated=datetime(2026, 3, 24, 12, 30, 0, 500000, tzinfo=UTC),
                content="<p>long &lt; é</p>",
                summary="short",
                categories=("api", "Web"),
            ),
            Entry(None, "CPU < 5%", None, None, None, "only content", ""),
        ),
    )


def test_an_rss_feed_has_descriptions_as_summaries() -> None:
    feed = read(RSS)
    assert (feed.format, feed.title, feed.description, feed.generator) == ("rss", "Example", "Statuspage", "")
    one, two = feed.entries
    assert (one.summary, one.content, one.categories) == ("told", "<p>whole</p>", ("api",))
    assert (one.id, one.link) == ("https://status.example.org/1", "https://status.example.org/1")
    assert (one.published, one.updated) == (datetime(2026, 3, 24, 12, tzinfo=UTC), None)
    assert (two.summary, two.content, two.id, two.link, two.title) == ("then", "first", "x", None, "")


def test_rdf_is_rss() -> None:
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"></rdf:RDF>'
    assert read(rdf).format == "rss"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "the answer is empty", id="empty"),
        pytest.param(b" \r\n\0", "the answer is empty", id="blank"),
        pytest.param(b"<!DOCTYPE html><p>hi", "an HTML page instead of a feed", id="doctype"),
        pytest.param(b"<HTML lang='en'><body></HTML>", "an HTML page instead of a feed", id="html element"),
        pytest.param(
            b"\xef\xbb\xbf\n <!-- <rss> --> <?x?>\n<!doctype HTML PUBLIC 'x'><html>",
            "an HTML page instead of a feed",
            id="html behind a mark, comments and blanks",
        ),
        pytest.param("<html></html>".encode("utf-16"), "an HTML page instead of a feed", id="html in utf-16"),
        pytest.param(b"<head></head>", "an HTML page instead of a feed", id="html without html"),
        pytest.param(
            b"<?xml version='1.0'?><Error><Code>1</Code></Error>",
            "XML that is no feed: its root element is <Error>",
            id="other xml",
        ),
        pytest.param(b"Domain is required.", "the answer is not XML", id="text"),
        pytest.param(b'{"page": {}}', "the answer is not XML", id="json"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "the answer is not XML", id="bytes"),
        pytest.param(b"<?xml version='1.0'", "the document is cut off before its first element", id="cut prolog"),
        pytest.param(b"<!-- hello -->", "the document is cut off before its first element", id="comment alone"),
        pytest.param(b"<rss", "the document is cut off: </rss> is missing at its end", id="cut start tag"),
        pytest.param(
            b"<rss><channel><item><description><![CDATA[</rss>",
            "the document is cut off",
            id="closing tag inside an open section",
        ),
        pytest.param(b"<rss><channel><!-- </rss>", "the document is cut off", id="closing tag inside an open comment"),
        pytest.param(
            b"<rss><channel><title>&#xd800; & </title></channel></rss>",
            "the document cannot be read",
            id="half a character",
        ),
        pytest.param(
            b"<rss><channel><item><link>https:/<item/>/a.example</link> & </item></channel></rss>",
            "the document cannot be read",
            id="an item in a link",
        ),
    ],
)
def test_what_is_no_whole_feed_says_why(body: bytes, reason: str) -> None:
    for content_type in (None, "text/xml", "application/rss+xml; charset=utf-8"):
        with pytest.raises(FeedError, match=re.escape(reason)):
            read(body, content_type)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_feed_cut_at_any_byte_is_refused(encoding: str) -> None:
    small = ATOM.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    body = small.strip().encode(encoding)
    assert len(read(body).entries) == 2
    # a byte apart where the end tag stands, farther apart before
    for length in [*range(0, len(body) - 60, 41), *range(len(body) - 60, len(body))]:
        with pytest.raises(FeedError):
            read(body[:length])


@pytest.mark.parametrize("tail", ["", "\n", "\n<!-- cached -->\n", "\n<?end?>"])
def test_blanks_and_comments_after_the_end_do_not_matter(tail: str) -> None:
    assert len(read(RSS + tail).entries) == 2


def test_an_ill_formed_but_whole_feed_is_read() -> None:
    feed = read(RSS.replace("told", "R&D < 5").replace("</rss>", "</rss >") + "junk")
    assert len(feed.entries) == 2
    assert feed.entries[0].summary.startswith("R&D")


def test_an_ill_formed_feed_whose_entries_get_lost_is_refused() -> None:
    for stray in ("<![x[", "<?x"):
        with pytest.raises(FeedError, match=r"ill-formed: only [01] of 2 entries can be read"):
            read(RSS.replace("<item>", stray + "<item>", 1))


def test_a_comment_mark_inside_a_section_cuts_nothing_off() -> None:
    assert read(RSS.replace("<p>whole</p>", "<!-- whole")).entries[0].content == "<!-- whole"


def test_an_escaped_declaration_is_tolerated() -> None:
    assert len(read('&lt;?xml version="1.0" encoding="utf-8" ?>\n' + RSS).entries) == 2


def test_a_doctype_with_definitions_is_tolerated() -> None:
    assert len(read('<!DOCTYPE rss [<!ENTITY copy "c">]>' + RSS).entries) == 2


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")], ids=["little", "big"]
)
def test_utf_16_works_in_both_orders(mark: bytes, encoding: str) -> None:
    body = mark + ATOM.replace("UTF-8", "UTF-16").encode(encoding)
    for content_type in (
        None,
        "application/atom+xml; charset=utf-16",
        "text/xml; charset=utf-8",
        "text/xml; charset=x",
    ):
        assert read(body, content_type).title == "Exämple – status"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml",
        "text/xml; charset=",
        "text/xml; charset=utf-16",
        "text/xml; charset=utf-32",
        "text/xml; charset=hex",
        "text/xml; charset=unicode_escape",
        "text/xml; charset=undefined",
        "text/xml; charset=idna",
        "text/xml; charset=no-such",
        "text/xml; charset=n\0ul",
        "text/html; charset=us-ascii",
        'application/atom+xml; charset="utf-8"',
    ],
)
def test_a_wrong_content_type_does_no_harm(content_type: str) -> None:
    assert [entry.title for entry in read(ATOM, content_type).entries][1] == "CPU < 5%"
    assert read(ATOM, "text/xml").title == "Exämple – status"


def test_a_charset_of_the_server_is_believed() -> None:
    latin = ATOM.replace(' encoding="UTF-8"', "").replace("–", "-").encode("latin-1")
    assert read(latin, "application/atom+xml; charset=iso-8859-1").title == "Exämple - status"


@pytest.mark.parametrize("declared", ["x-none", "unicode_escape", "utf-16", "utf-7", "hex", "undefined", "idna", "n\0"])
@pytest.mark.parametrize("tail", ["", " "])
def test_an_encoding_declared_by_mistake_does_no_harm(declared: str, tail: str) -> None:
    # both an even and an odd number of bytes: half of all documents are legible as UTF-16, and then say nothing
    body = ATOM.replace("UTF-8", declared).replace("short", "sh\\dort") + tail
    assert read(body).title == "Exämple – status"
    assert read(body, f"text/xml; charset={declared}").title == "Exämple – status"


def test_a_declaration_of_utf_8_that_is_right_is_believed_before_the_server() -> None:
    assert read(ATOM, "text/xml; charset=iso-8859-1").title == "Exämple – status"


def test_a_bad_byte_costs_only_its_character() -> None:
    body = ATOM.encode().replace(b"short", b"sh\xffrt")
    assert (read(body).title, read(body).entries[0].summary) == ("Exämple – status", "sh\ufffdrt")


def test_without_any_word_on_the_encoding_old_documents_are_windows() -> None:
    assert read(RSS.replace("told", "t\xf6ld").encode("windows-1252")).entries[0].summary == "töld"


def test_a_body_is_never_taken_for_a_file_name() -> None:
    with pytest.raises(FeedError, match="not XML"):
        read(str(Path(__file__).resolve()).encode())


@pytest.mark.slow
def test_as_many_entries_are_read_as_a_page_may_have() -> None:
    one = f"<item><guid>{'as long as real ones are' * 6}</guid></item>"
    many = f"<rss><channel>{one * MOST_ENTRIES}</channel></rss>"
    assert len(read(many).entries) == MOST_ENTRIES


def entities(*definitions: str, use: str) -> str:
    return f"<!DOCTYPE rss [{''.join(definitions)}]>{RSS.replace('<channel>', f'<channel><title>{use}</title>', 1)}"


BOMBS = {
    "billion laughs": (
        entities(*(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10)), use="&l9;"),
        "the document defines entities of its own (an XML bomb?)",
    ),
    "quadratic": (
        entities(f'<!ENTITY a "{"a" * 50_000}">', use="&a;" * 50_000),
        "the document defines entities of its own (an XML bomb?)",
    ),
    "as far as expat lets it": (
        "<?xml version='1.0'?><!DOCTYPE rss [<!-- ] > <rss --><!ENTITY a '" + "a" * 50_000 + "'>]><rss>&a;</rss>",
        "the document defines entities of its own (an XML bomb?)",
    ),
    "a file": (
        entities("<!ENTITY f SYSTEM 'file:///etc/passwd'>", use="&f;"),
        "the document defines entities of its own (an XML bomb?)",
    ),
    "entries": (
        "<rss><channel>" + "<item><guid>1</guid></item>" * 100_000 + "</channel></rss>",
        "the document has more than 5000 entries",
    ),
    "depth": (
        RSS.replace("<channel>", "<channel>" + "<a>" * 1_000_000 + "</a>" * 1_000_000, 1),
        "the document has more than 200000 tags",
    ),
    "attributes": (
        RSS.replace("<item>", "<item " + " ".join(f'a{n}=""' for n in range(100_000)) + ">", 1),
        "one element has more than 250 attributes",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_take_far_more_time_or_memory_than_its_length_is_refused_at_once(name: str) -> None:
    document, reason = BOMBS[name]
    began = time.process_time()
    with pytest.raises(FeedError, match=re.escape(reason)):
        read(document)
    assert time.process_time() - began < 1, "most of a second is the largest one's, as characters"


def test_a_link_of_many_parts_and_a_text_with_equals_signs_are_no_bombs() -> None:
    link = "https://a.example/?" + "&amp;".join(f"p{n}={n}" for n in range(200))
    odd = RSS.replace("<item>", f"<item><enclosure url='{link}'/><author>{'a=b ' * 1000}</author>", 1)
    assert len(read(odd).entries) == 2


@pytest.mark.parametrize("flood", ["<link>", "<channel><title>", "<a>", "<a></a>", "<a/>"])
def test_a_flood_of_tags_is_refused_before_it_is_parsed(flood: str) -> None:
    body = f"<rss><channel>{flood * (200_000 // len(flood))}</channel></rss>"
    began = time.process_time()
    with pytest.raises(FeedError, match="a flood of tags"):
        read(body)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(("items", "is_refused"), [(40, False), (1000, True)])
def test_short_entries_may_be_many_unless_the_document_is_ill_formed(items: int, is_refused: bool) -> None:
    """Reading one that is costs thrice the time, so that it has to hold something sooner."""
    link = "https://status.example.com/i/1234"
    item = (
        f"<item><title>API outage</title><link>{link}</link><guid>{link}</guid>"
        "<pubDate>Tue, 1 Dec 2026 02:07:16 GMT</pubDate></item>"
    )
    body = f"<rss><channel>{item * items}</channel></rss>"
    assert len(read(body).entries) == items
    odd = body.replace("</channel>", "<link>a&b</link></channel>")
    if is_refused:
        with pytest.raises(FeedError, match="a flood of tags"):
            read(odd)
    else:
        assert len(read(odd).entries) == items


def test_a_title_of_any_length_is_told_with_each_update_as_a_short_one() -> None:
    """A thousand updates under a title of 60 KiB were 36 MiB of lines."""
    (short,) = read(f"<rss><channel><item><title>{'x' * 1000}</title></item></channel></rss>").entries
    (long,) = read(f"<rss><channel><item><title>{'x' * 60_000}</title></item></channel></rss>").entries
    assert (short.title, long.title) == ("x" * 1000, "x" * 999 + "…")


LONG = 64 * 1024
SLOW = {
    "a declaration of many encodings": f"<?xml {'encoding=`' * 700}\n?><rss><channel></channel></rss>".replace(
        "`", "'"
    ),
    "a name as long as the document": f"<feed><entry><id>1</id><author>{'a' * LONG}</author></entry></feed>",
    "the name of a creator": f"<rss><channel><item><dc:creator>{'a' * LONG}</dc:creator></item></channel></rss>",
    "attributes": f"<feed><entry><x {' '.join(f'a{n}=``' for n in range(LONG // 8))}/></entry></feed>".replace(
        "`", "'"
    ),
    "attributes that look like text": "<feed><entry><x "
    + "".join(f"a{n}='>' " for n in range(LONG // 8))
    + "/></entry></feed>",
    "entities declared": "<!DOCTYPE x [" + "\n<!ENTITY           x" * (LONG // 20) + "]><feed></feed>",
    "doctypes": "<!DOCTYPE x " + "\n<!DOCTYPE          x" * (LONG // 20) + "><feed></feed>",
    "sections never closed": "<rss><channel><title>" + "<![CDATA[" * (LONG // 9) + "</title></channel></rss>",
    "ampersands": f"<rss><channel><title>{'&' * LONG}</title></channel></rss>",
    "blank lines": "\n" * LONG + "<rss><channel></channel></rss>",
    "comments": "<!-- x -->" * (LONG // 10) + "<rss><channel></channel></rss>",
}
"""What feedparser, or a search in the text, takes quadratic time for, and more."""


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_nothing_takes_more_than_linear_time(text: str) -> None:
    began = time.process_time()
    with suppress(FeedError):
        read(text)
    assert time.process_time() - began < 0.12 + 2 * len(text) / 2**20


def test_tags_within_cdata_are_text() -> None:
    text = f"<![CDATA[{'<br>' * 5000}]]>"
    (one,) = read(f"<rss><channel><item><guid>1</guid><description>{text}</description></item></channel></rss>").entries
    assert one.summary.count("<br") == 5000


ENTRY = read(ATOM).entries[0]


def test_a_digest_is_32_hexadecimal_digits_and_repeats() -> None:
    assert re.fullmatch("[0-9a-f]{32}", digest(ENTRY))
    assert digest(ENTRY) == digest(read(ATOM).entries[0])
    assert re.fullmatch("[0-9a-f]{32}", digest(attrs.evolve(ENTRY, title="\ud800")))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: attrs.evolve(e, content="<p> long \n&lt; é </p> "), id="white space"),
        pytest.param(lambda e: attrs.evolve(e, updated=None), id="updated"),
        pytest.param(lambda e: attrs.evolve(e, title=" Errors  with <script> tags & more"), id="title's white space"),
    ],
)
def test_a_digest_stays_when_nothing_is_said_anew(change: Callable[[Entry], Entry]) -> None:
    assert digest(change(ENTRY)) == digest(ENTRY)


def test_blanks_put_between_tags_do_not_change_the_digest() -> None:
    before = attrs.evolve(ENTRY, content="<p><small>x</small><br><b>Resolved</b> - y</p>")
    after = attrs.evolve(ENTRY, content="<p> <small>x</small><br> <b>Resolved</b> - y </p>")
    assert digest(before) == digest(after)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: attrs.evolve(e, id="2"), id="id"),
        pytest.param(lambda e: attrs.evolve(e, id=None), id="no id"),
        pytest.param(lambda e: attrs.evolve(e, link="https://x.example"), id="link"),
        pytest.param(lambda e: attrs.evolve(e, title="other"), id="title"),
        pytest.param(lambda e: attrs.evolve(e, content="other"), id="content"),
        pytest.param(lambda e: attrs.evolve(e, summary="other"), id="summary"),
        pytest.param(lambda e: attrs.evolve(e, content=e.summary, summary=e.content), id="swapped"),
        pytest.param(lambda e: attrs.evolve(e, categories=("apiWeb",)), id="categories"),
        pytest.param(lambda e: attrs.evolve(e, published=None), id="published"),
        pytest.param(lambda e: attrs.evolve(e, published=None, updated=None), id="no date"),
    ],
)
def test_a_digest_changes_with_what_is_said(change: Callable[[Entry], Entry]) -> None:
    assert digest(change(ENTRY)) != digest(ENTRY)


@needs_shared
@pytest.mark.slow
def test_every_sample_is_read_without_a_crash() -> None:
    read_feeds = 0
    for path in sorted(SHARED.rglob("*")):
        if path.suffix not in {".atom", ".rss", ".xml"} or "github" in path.parts:
            continue
        feed = read(path.read_bytes())
        readings = [recognise(feed).read(entry) for entry in feed.entries]
        assert all(reading.incident_id and reading.updates for reading in readings), path
        read_feeds += 1
    assert read_feeds > 30
    with pytest.raises(FeedError, match="HTML"):
        read((SHARED / "html" / "streamyard__1.html").read_bytes(), "text/xml")


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["statuspage/parse__1.rss", "statuspage/streamyard__1.atom", "aws/aws__1.rss"])
def test_a_sample_cut_anywhere_is_refused(name: str) -> None:
    body = (SHARED / name).read_bytes().rstrip()
    for length in range(0, len(body), 97):
        with pytest.raises(FeedError):
            read(body[:length])


def test_blank_lines_before_the_feed_take_linear_time() -> None:
    body = b'<?xml version="1.0"?>' + b"\n" * 300_000 + ATOM_BODY
    began = time.process_time()
    assert len(parse_feed(body, url="", content_type=None).entries) == 1
    assert time.process_time() - began < 1


@pytest.mark.parametrize("byte", [b"\x00", b"\x01", b"\x1b", b"\xff"], ids=repr)
def test_one_byte_that_xml_forbids_changes_nothing_but_its_place(byte: bytes) -> None:
    clean = parse_feed(ATOM_BODY, url="", content_type=None)
    place = ATOM_BODY.index(b"All is well")
    broken = parse_feed(ATOM_BODY[:place] + byte + ATOM_BODY[place:], url="", content_type=None)
    (was,), (entry,) = clean.entries, broken.entries
    assert (entry.id, entry.title, entry.link, entry.published) == (was.id, was.title, was.link, was.published)
    assert entry.content.replace("\ufffd", "") == was.content


ATOM_BODY = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>T</title><entry><id>1</id><title>Störung</title>'
    '<link href="https://a.example/1"/><published>2026-03-01T08:00:00Z</published>'
    '<content type="html">&lt;p&gt;All is well&lt;/p&gt;</content></entry></feed>'
).encode()


@pytest.mark.parametrize("name", ["category", "dc:subject", "media:keywords"])
def test_an_entry_with_thousands_of_categories_is_refused_at_once(name: str) -> None:
    many = f"<{name}>x</{name}>" * 501
    with pytest.raises(FeedError, match="more than 500 categories"):
        parse_feed(f"<rss><channel><item>{many}</item></channel></rss>".encode(), url="", content_type=None)
    few = f"<item><{name}>{'the name of a service, its region, and so on' * 3}</{name}></item>" * 1500
    assert len(parse_feed(f"<rss><channel>{few}</channel></rss>".encode(), url="", content_type=None).entries) == 1500


def test_what_is_said_of_a_document_is_short() -> None:
    with pytest.raises(FeedError) as refused:
        parse_feed(f"<{'a' * 100_000}>".encode(), url="", content_type=None)
    assert len(str(refused.value)) < 200
