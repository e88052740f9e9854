"""Lists of feeds are read as other programs write them, and written so that they can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statustrio.errors import OpmlError
from statustrio.opml import MAX_BYTES, MAX_DEPTH, Outline, parse_opml, render_opml

A = Outline("A", "https://a.example/feed")


def opml(body: str) -> bytes:
    return (
        f'<?xml version="1.0"?>\n<opml version="2.0"><head><title>x</title></head><body>{body}</body></opml>'.encode()
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (opml('<outline text="A" xmlUrl="https://a.example/feed"/>'), [A]),
        (opml('<outline TEXT="A" XMLURL="https://a.example/feed"/>'), [A]),
        (opml('<outline text="x" title="A" type="rss" xmlurl=" https://a.example/feed "/>'), [A]),
        (opml('<outline xmlUrl="https://a.example/?b=1&amp;c=2"/>'), [Outline("", "https://a.example/?b=1&c=2")]),
        (
            opml(
                '<outline text="Work"><outline title="Cloud"><outline text="A" xmlUrl="https://a.example/feed"/>'
                '</outline></outline><outline text="B" xmlUrl="b"/>'
            ),
            [Outline("A", "https://a.example/feed", ("Work", "Cloud")), Outline("B", "b")],
        ),
        (
            opml('<outline text="x"><outline text="A" xmlUrl="https://a.example/feed" category="/y/z,x,"/></outline>'),
            [Outline("A", "https://a.example/feed", ("x", "z"))],
        ),
        (opml('<outline text="folder without feeds"/><outline/>'), []),
        (opml('<outline text="a&#10;b&#x202e;" xmlUrl="c"/>'), [Outline("a b", "c")]),
        (b'\n <OPML><Outline text="A" xmlUrl="https://a.example/feed"/></OPML>', [A]),
        (opml('<outline text="é" xmlUrl="e"/>').decode().encode("utf-8-sig"), [Outline("é", "e")]),
        (opml('<outline text="é" xmlUrl="e"/>').decode().encode("utf-16"), [Outline("é", "e")]),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><opml><outline text="\xe9" xmlUrl="e"/></opml>',
         [Outline("é", "e")]),
        (b'<o:opml xmlns:o="x"><o:outline text="A" xmlUrl="https://a.example/feed"/></o:opml>', [A]),
    ],
)  # fmt: skip
def test_a_list_is_read_with_its_folders_as_tags(data: bytes, expected: list[Outline]) -> None:
    assert parse_opml(data) == tuple(expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "line 1, column 1: not well-formed XML; export the list anew"),
        (b"<opml>\n<outline xmlUrl='a&b'/></opml>", "line 2, column 21: not well-formed XML; export the list anew"),
        (b"<html><body/></html>", "not OPML: its root element is <html>"),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml>&a;</opml>",
         "it has a DOCTYPE, which no list of feeds needs; take that line out"),
        (b"<?xml version='1.0' encoding='nonsense'?><opml/>", "in an encoding that is not known; save it as UTF-8"),
        (b"<?xml version='1.0' encoding='shift_jis'?><opml/>", "in an encoding that is not known; save it as UTF-8"),
        (b"<opml>" + b"<outline>" * MAX_DEPTH, "nested deeper than 100 levels"),
        (b" " * (MAX_BYTES + 1), "larger than 10 MiB; that is no list of feeds"),
    ],
    ids=["nothing", "ampersand", "html", "entity", "encoding", "multi-byte", "deep", "large"],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(data: bytes, expected: str) -> None:
    with pytest.raises(OpmlError) as caught:
        parse_opml(data)
    assert str(caught.value) == expected


def test_a_list_is_written_for_people_and_programs() -> None:
    assert (
        render_opml([Outline('A & "B"', "https://x.example/?a=1&b=2", ("x", "y, z")), A])
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Status pages</title>
  </head>
  <body>
    <outline type="rss" text="A &amp; &quot;B&quot;" title="A &amp; &quot;B&quot;" \
xmlUrl="https://x.example/?a=1&amp;b=2" category="x,y  z" />
    <outline type="rss" text="A" title="A" xmlUrl="https://a.example/feed" />
  </body>
</opml>
"""
    )


_words = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters=",/"), min_size=1, max_size=100)


@given(st.lists(st.builds(Outline, _words, _words, st.lists(_words, unique=True, max_size=20).map(tuple))))
def test_what_was_written_is_read_back(outlines: list[Outline]) -> None:
    assert parse_opml(render_opml(outlines).encode()) == tuple(outlines)


def test_deep_folders_of_long_names_make_no_flood_of_tags() -> None:
    folders = "".join(f'<outline text="{number}{"x" * 9999}">' for number in range(50))
    (one,) = parse_opml(opml(f'{folders}<outline xmlUrl="b"/>{"</outline>" * 50}'))
    assert len(one.tags) == 20
    assert {len(tag) for tag in one.tags} == {100}
