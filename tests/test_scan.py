"""feed.scan and reading.read_again: what the shortcut reads is what reading the whole document gives."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from documents import atom, entry, item, rss
from hypothesis import given
from hypothesis import strategies as st
from samples import SAMPLES

from statustrio import reading
from statustrio.errors import FeedError
from statustrio.feed import parse
from statustrio.feed.parse import open_source
from statustrio.feed.scan import Scan, are_sound, scan
from statustrio.reading import Document, Last, read_again, read_document

SHARED = Path(__file__).parent.parent.parent / "shared" / "feeds"
URL = "https://page.example/feed"
ONE, TWO, THREE = (entry(f"[Resolved] {name}", id=name) for name in ("one", "two", "three"))


def cut(document: str | bytes) -> Scan | None:
    body = document.encode() if isinstance(document, str) else document
    return scan(open_source(body, None))


def whole(body: bytes, last: Document | None = None, *, hint: str | None = None) -> Document:
    return read_document(
        body,
        url=URL,
        content_type=None,
        platform=None,
        hint=hint,
        last_platform=last.platform if last else None,
        last_window=last.window if last else (),
        keep=True,
    )


def again(body: bytes, last: Document, **more: Any) -> Document | None:
    if last.trace is None:
        return None
    options: dict[str, Any] = {"url": URL, "platform": None, "hint": None, "window": last.window} | more
    known = Last(last.platform, options.pop("window"), last.trace)
    return read_again(body, content_type=None, last=known, keep=True, **options)


def shortcut_agrees(body: bytes, last: Document) -> bool:
    """Whether the shortcut was taken. It gives what reading the whole gives, or nothing."""
    try:
        expected = whole(body, last)
    except FeedError:
        with suppress(FeedError):
            assert again(body, last) is None
        return False
    found = again(body, last)
    assert found is None or evolve(found, trace=None) == evolve(expected, trace=None)
    if found and found.trace:
        assert found.trace == expected.trace
    return found is not None


def test_a_document_is_cut_at_its_entries() -> None:
    found = cut(atom(ONE, TWO))
    assert found is not None
    assert found.source.text == found.head + "".join(found.entries) + found.tail
    assert [text.startswith("<entry") and text.endswith("</entry>") for text in found.entries] == [True, True]
    assert len(set(found.keys())) == 2
    assert are_sound(found.entries)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("<feed/>", id="no entry"),
        pytest.param("<rss><channel><item/></channel></rss>", id="an empty one"),
        pytest.param("<rss><channel><items>a</items></channel></rss>", id="another element that begins so"),
        pytest.param("<rss><channel><item>a<item>b</item></item></channel></rss>", id="one in another"),
        pytest.param("<rss><channel><item>a</channel></rss>", id="one that does not end"),
        pytest.param("<rss><channel><item>a</item><ttl>5</ttl><item>b</item></channel></rss>", id="more between them"),
        pytest.param("<rss><channel><!--<item>a</item>--><item>b</item></channel></rss>", id="one in a comment"),
        pytest.param('<!DOCTYPE rss [<!ENTITY a "<item>b</item>">]><rss><item>&a;</item></rss>', id="a document type"),
        pytest.param("<rdf:RDF><item>a</item></rdf:RDF>", id="RDF"),
        pytest.param("<a:feed><a:entry>a</a:entry></a:feed>", id="prefixes"),
    ],
)
def test_what_cannot_be_cut_by_its_tags_alone(document: str) -> None:
    found = cut(document)
    assert found is None or not are_sound(found.entries)


@pytest.mark.parametrize("text", ["<![CDATA[</item><item>]]>", "<!-- </item><item> -->", "<?a </item><item> ?>"])
def test_a_border_that_is_the_text_of_something_else_is_none(text: str) -> None:
    found = cut(f"<rss><channel><item>a{text}b</item></channel></rss>")
    assert found is not None
    assert len(found.entries) == 2
    assert not are_sound(found.entries)
    assert whole(rss(item("[Resolved] a", more=text), item("[Resolved] b"))).trace is None


HUGO = rss(item("[Resolved] a"), title="T", head="<generator>Hugo</generator>").replace(b">T<", b"><![CDATA[TITLE]]><")
BASED = entry("[Resolved] a", id="a").replace("<entry", '<entry xml:base="http://other.example/"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            atom(BASED), atom(BASED, entry("[Resolved] b", id="b", link="/b")), id="a base for all that follow"
        ),
        pytest.param(
            rss(item("[Resolved] a", more='<link base="http://o.example/">/x</link>')),
            rss(item("[Resolved] a", more='<link base="http://o.example/">/x</link>'), item("[Resolved] b")),
            id="a base of one link",
        ),
        pytest.param(
            rss(item("[Resolved] a"), head="<fullitem>x</fullitem>"),
            rss(
                item("[Resolved] a"),
                item("[Resolved] b", more="<summary>s</summary><description>d</description>"),
                head="<fullitem>x</fullitem>",
            ),
            id="what a second summary is",
        ),
        pytest.param(
            HUGO.replace(b"TITLE", b"<updated>status</updated>"),
            HUGO.replace(b"TITLE", b"<updated>none</updated>"),
            id="a text that looks like the feed's own time",
        ),
    ],
)
def test_what_a_parser_remembers_from_before_an_entry_is_left_to_it(before: bytes, after: bytes) -> None:
    assert not shortcut_agrees(after, whole(before))


def test_the_feeds_own_time_moves_and_nothing_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = whole(atom(ONE, TWO, head="<updated>2026-03-01T10:00:00Z</updated>"))
    monkeypatch.setattr("statustrio.reading.parse_source", None)
    found = again(atom(ONE, TWO, head="<updated>2026-03-01T10:01:00Z</updated>"), first)
    assert found is not None
    assert (found.readings, found.window, found.packed) == ((), first.window, None)


def test_only_new_entries_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = whole(atom(ONE, TWO))
    parsed = []

    def parse_source(source: Any, **more: Any) -> Any:
        parsed.append(source.text)
        return parse.parse_source(source, **more)

    monkeypatch.setattr(reading, "parse_source", parse_source)
    found = again(atom(THREE, ONE, TWO), first)
    assert found is not None
    assert [one.title for one in found.readings] == ["[Resolved] three"]
    assert found.window[1:] == first.window
    assert [re.findall("three|one|two", text) for text in parsed] == [
        ["three"] * text.count("three") for text in parsed
    ]
    assert found.trace == whole(atom(THREE, ONE, TWO)).trace


def test_more_than_may_be_parsed_is_left_to_the_reading_of_the_whole() -> None:
    first = whole(atom(ONE))
    assert again(atom(ONE, TWO), first, most=20) is None
    assert again(atom(ONE, TWO), first, most=2000)


def test_another_head_is_read_whole() -> None:
    first = whole(atom(ONE))
    assert again(atom(ONE, title="Another"), first) is None
    assert again(atom(ONE, TWO).replace(b"<feed", b'<feed xml:lang="de"'), first) is None


def test_a_window_that_is_of_another_document_is_read_whole() -> None:
    """The recorder did not take what was read last, so what it showed is not known."""
    before, first = whole(atom(TWO)), whole(atom(ONE, TWO))
    assert again(atom(ONE, TWO, THREE), first, window=before.window) is None
    assert again(atom(ONE, TWO, THREE), first)


@pytest.mark.parametrize("other", [{"url": "https://other.example/feed"}, {"platform": "slack"}, {"hint": "slack"}])
def test_what_is_read_in_another_way_is_read_whole(other: dict[str, str]) -> None:
    first = whole(atom(ONE))
    assert again(atom(ONE), first)
    assert again(atom(ONE), first, **other) is None


@pytest.mark.parametrize("trace", ["", "?", "0" * 32, "0" * 64])
def test_a_damaged_trace_helps_nobody_and_harms_nobody(trace: str) -> None:
    assert again(atom(ONE), evolve(whole(atom(ONE)), trace=trace)) is None


def test_another_version_of_us_reads_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    first = whole(atom(ONE))
    monkeypatch.setattr(reading, "__version__", "0.0.1")
    assert again(atom(ONE), first) is None


def test_one_foreign_entry_is_left_to_the_reading_of_the_whole() -> None:
    """Who made a page is decided by most of its entries, and the shortcut sees a few."""
    first = whole(SAMPLES["statuspage"])
    assert first.trace is not None
    head, mark, rest = SAMPLES["statuspage"].partition(b"<entry>")
    assert again(head + ONE.encode() + mark + rest, first) is None


def changes(body: bytes, dice: random.Random) -> bytes:
    """The document as it may come next: entries gone, new, elsewhere, edited, broken, and worse."""
    entries = re.findall(rb"<(?:entry|item)\b.*?</(?:entry|item)>", body, re.DOTALL) or [b""]
    one, other, bad = dice.choice(entries), dice.choice(entries), dice.choice(HOSTILE)
    place, few = dice.randrange(len(body)), dice.randrange(1, 4)
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: body.replace(one, b"", 1),
        lambda: body.replace(one, one + b"\n" + other, 1),
        lambda: re.sub(rb"(<title[^>]*>)", rb"\1Again ", body, count=few),
        lambda: body.replace(one, re.sub(rb"(\w)(\w)", rb"\2\1", one, count=40), 1),
        lambda: re.sub(rb"(<updated>\d{4}-\d\d-\d\dT\d\d:)\d", rb"\g<1>5", body, count=few),
        lambda: body[:place] + bad + body[place:],
        lambda: body.replace(one, one.replace(b">", b">" + bad, few), 1),
        lambda: body.replace(one, bad + one + dice.choice(HOSTILE), 1),
        lambda: body[:place] + body[place + 20 * few :],
    )
    return dice.choice(kinds)()


HOSTILE: Sequence[bytes] = (
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>", b"<entry>", b"</entry>", b"<item>", b"</item>", b"<item/>",
    b"<items>", b"&nbsp;", b"&", b"<", b">", b"\x00", b"\x0b", b"\xff", b"\xef\xbf\xbe", b"<!DOCTYPE a>", b"</feed>",
    b"</channel>", b'<a xmlns="x">', b"<a:item>b</a:item>", b"<a:item xmlns:a='http://www.w3.org/2005/Atom'>b</a:item>",
    b"<entry><title>Nobody's</title></entry>", b"<item><title>Nobody's</title></item>", b"&lt;item&gt;", b" ", b"\n\n",
    b"<updated>2026-01-01T00:00:00Z</updated>", b"<pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate>", b"<category>a",
    b"<entry", b"<item ", b"<title>[Resolved] x</title>", b"\xe2\x80\xae", b"<generator>cState</generator>",
)  # fmt: skip


@given(st.sampled_from(sorted(SAMPLES)), st.randoms(use_true_random=False), st.integers(1, 3))
def test_over_all_platforms_the_shortcut_agrees_with_the_whole(name: str, dice: random.Random, steps: int) -> None:
    body = SAMPLES[name]
    last = whole(body)
    shortcut_agrees(body, last)
    for _ in range(steps):
        body = changes(body, dice)
        shortcut_agrees(body, last)


def feeds() -> Iterator[object]:
    for path in sorted(SHARED.glob("*/*")):
        if path.suffix in {".atom", ".rss", ".xml"}:
            yield pytest.param(path, id=f"{path.parent.name}/{path.name}")


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the sample feeds are not here (../shared)")
@pytest.mark.parametrize("path", list(feeds()))
def test_over_the_sample_feeds_the_shortcut_agrees_with_the_whole(path: Path) -> None:
    body = path.read_bytes()
    try:
        last = whole(body)
    except FeedError:
        return
    if last.trace is None:
        return
    assert shortcut_agrees(body, last)
    dice = random.Random(path.name)
    for _ in range(max(3, min(30, 600_000 // len(body)))):
        shortcut_agrees(changes(body, dice), last)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the sample feeds are not here (../shared)")
@pytest.mark.parametrize("page", ["github", "motherduck"])
def test_over_the_life_of_a_page_the_shortcut_agrees_with_the_whole(page: str) -> None:
    taken = total = 0
    last: Document | None = None
    for path in sorted((SHARED / "series" / page).iterdir()):
        body = path.read_bytes()
        if last is not None:
            total += 1
            taken += shortcut_agrees(body, last)
        last = whole(body, last)
    assert taken > 0.6 * total


def test_a_feed_of_more_entries_than_a_page_may_have_is_read_by_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    first = whole(atom(ONE, TWO))
    for module in (parse, reading):
        monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    longer = atom(ONE, TWO, THREE)
    with pytest.raises(FeedError, match="more than 2 entries"):
        whole(longer, first)
    assert again(longer, first) is None
    assert again(atom(THREE, TWO), first) == whole(atom(THREE, TWO), first)
