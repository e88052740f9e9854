from __future__ import annotations

import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statustrio.feed.text import clean, html_to_text, one_line, plain

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]"
)


def test_every_forbidden_character_goes_and_no_other() -> None:
    for code in range(sys.maxunicode + 1):
        kept = clean(char := chr(code))
        assert kept == char or FORBIDDEN.match(char), hex(code)
        assert not FORBIDDEN.search(kept.replace("\n", "").replace("\t", "")), hex(code)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("customers <1% have seen it", "customers <1% have seen it", id="less than"),
        pytest.param("x<y and z>y", "x<y and z>y", id="comparison"),
        pytest.param("write to <support@example.com>", "write to <support@example.com>", id="mail address"),
        pytest.param("use <Ctrl> and </Ctrl>", "use <Ctrl> and </Ctrl>", id="unknown tags"),
        pytest.param("a<br>b<br/>c<br></br>d", "a\nb\nc\nd", id="breaks"),
        pytest.param("a<br>\n<br> <br><br>b", "a\n\nb", id="at most one blank line"),
        pytest.param("<p>a</p><p>b</p>", "a\n\nb", id="paragraphs"),
        pytest.param("<div>a</div><div>b</div>c<hr>d", "a\nb\nc\nd", id="lines"),
        pytest.param("a<ul><li>b</li><li>c</ul>d", "a\n- b\n- c\nd", id="list"),
        pytest.param("<ul><li><p>a</p></li><li></li></ul>b", "- a\n\nb", id="an empty item leaves no mark"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc", id="table"),
        pytest.param("a\n  b\t c", "a b c", id="source newlines are blanks"),
        pytest.param("a <b>b </b> c<i>d</i>", "a b cd", id="inline tags leave no trace"),
        pytest.param("a<ul> <li>b", "a\n- b", id="white space between blocks"),
        pytest.param("<td>a</td> <b> </b>b", "a b", id="blank texts count once"),
        pytest.param("a&nbsp;&nbsp;b", "a b", id="nbsp is a blank"),
        pytest.param("a &amp;lt; b &amp; c &lt;p&gt;", "a &lt; b & c <p>", id="entities are decoded once"),
        pytest.param("<a href=\"x>y\" title='<'>a</a>", "a", id="angles in attributes"),
        pytest.param("a <script>b</script >c<style>d</style>e<!-- f -->g", "a ceg", id="scripts, styles, comments"),
        pytest.param("a<script>b</script><!-- <script> -->c<script>", "ac<script>", id="script in a comment"),
        pytest.param("a <script> tag <!-- and <script>", "a <script> tag <!-- and <script>", id="never closed is text"),
        pytest.param("<!DOCTYPE html><html><head><title>t</title></head><body>a</body></html>", "a", id="a page"),
        pytest.param("</p>a</div></li>b", "ab", id="stray closing tags"),
        pytest.param("a\u202eb\x1b[31m\u2028c", "ab[31m c", id="control characters"),
        pytest.param("&#x1b;[31m&#x202e;a", "[31ma", id="control characters as entities"),
        pytest.param("<P CLASS='x'>a</P><BR>b", "a\n\nb", id="capitals"),
        pytest.param("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469", id="joined emoji"),
    ],
)
def test_html_becomes_the_text_a_reader_sees(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_only_the_first_64_kib_are_read() -> None:
    assert len(html_to_text("a" * 100_000)) == 64 * 1024


def test_deeply_nested_text_stays_and_stands_on_lines() -> None:
    assert html_to_text("<div>" * 2000 + "a" + "</div>" * 2000 + "b") == "a\nb"
    assert html_to_text("<p>a" * 300).split() == ["a"] * 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<div>", "<ul><li>", "<a ", '<a "', "<a \"<a '", "<!--", "<script>", "<b><div>", "<p>", "&", "</script "]
)
def test_hostile_html_takes_no_time(piece: str) -> None:
    started = time.process_time()
    html_to_text(piece * (65536 // len(piece)))
    assert time.process_time() - started < 1.0  # 0.04 s alone; quadratic would be minutes


@given(
    st.text()
    | st.lists(st.sampled_from(["<", ">", "p", "</p>", "<b", "<li>", "&lt;", "&#27;", "\x1b", "\ud800", "a"])).map(
        "".join
    )
)
def test_no_html_crashes_or_leaves_harmful_characters(html: str) -> None:
    text = html_to_text(html)
    assert not FORBIDDEN.search(text)
    assert text == text.strip()
    assert "\n\n\n" not in text


@given(st.text(st.characters(exclude_categories=())))
def test_titles_are_one_clean_line(title: str) -> None:
    assert not FORBIDDEN.search(plain(title))
    assert "\n" not in plain(title)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x00\x1b\x7f\x9ba", "a"),
        ("\u202aa\u202e\u2066\u2069\u200e\u200f\u061c", "a"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\ud800", "a\ufffd"),
        ("\u200d", "\u200d"),
    ],
)
def test_clean_removes_what_steers_a_terminal(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_one_line_keeps_markup() -> None:
    assert one_line(" a\n <b>  b ") == "a <b> b"


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Errors with <script> tags & more", "Errors with <script> tags & more"),
        ("CPU < 5%", "CPU < 5%"),
        ("a <b>bold</b> <a href='x'>link</a>", "a bold link"),
        ("AT&amp;T and R&D &notify", "AT&T and R&D &notify"),
        ("one<br/>two<p>three</p>", "one two three"),
        ("  one \n two ", "one two"),
        ("it&#39;s &#x27;fine&#x27;", "it's 'fine'"),
    ],
)
def test_titles_keep_their_words(title: str, line: str) -> None:
    assert plain(title) == line
