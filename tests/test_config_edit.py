"""A provider is put into any shape of providers.yaml that allows it, and nothing else there changes."""

from __future__ import annotations

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from statustrio.config_edit import Edited, NewProvider, Refusal, insert_providers
from statustrio.marks import parse_yaml

OPENAI = NewProvider("openai")
PAGE = NewProvider(name='Say "hi"', feed_url="https://x.example/f?a=1#b")


@frozen
class Shape:
    """A file, and where the line `- openai` belongs: `»` stands for what is put in."""

    id: str
    marked: str
    piece: str
    line: int

    @property
    def text(self) -> str:
        return self.marked.replace("»", "")


SHAPES = [
    Shape("a plain list", "providers:\n  - github\n»", "  - openai\n", 3),
    Shape("no indent", "providers:\n- github\n»consumers: []\n", "- openai\n", 3),
    Shape(
        "comments",
        "providers:\n  - name: A # a\n    # tags: [b]\n    #   more\n»\n    # apart\n  # - name: B\nlimits: {}\n",
        "  - openai\n",
        5,
    ),
    Shape("a comment that follows", "providers:\n  - github\n»  # - gitlab\n#end", "  - openai\n", 3),
    Shape("tabs in comments", "providers:\n  - github\t#\ta\tb\n»#\tc\n", "  - openai\n", 3),
    Shape("CRLF", "providers:\r\n  - github\r\n»\r\n# end\r\n", "  - openai\r\n", 3),
    Shape("mixed line ends", "a: &a 1\nproviders:\r\n  - github\n»b: 1\r\n", "  - openai\n", 4),
    Shape("no final newline", "providers:\n  - github»", "\n  - openai", 3),
    Shape("no final newline in CRLF", "providers:\r\n  - github»", "\r\n  - openai", 3),
    Shape("a byte-order mark", "\ufeffproviders:\n  - github\n»", "  - openai\n", 3),
    Shape("blank lines at the end", "providers:\n  - github\n»\n\n", "  - openai\n", 3),
    Shape("an empty list", "providers: [»]\n", "openai", 1),
    Shape("an empty list over lines", "providers:\n  [»\n  ]\n", "openai", 2),
    Shape("a flow list", "providers: [github, {id: gitlab}» ] # c\n", ", openai", 1),
    Shape("a flow list over lines", "providers: [\n  github»,\n]\n", ", openai", 2),
    Shape("a mapping in flow style", "{providers: [github»], limits: {}}", ", openai", 1),
    Shape("a key without value", "providers:\n»\nconsumers: []\n", "  - openai\n", 2),
    Shape("a key with a comment", "providers: # none yet»", "\n  - openai", 2),
    Shape("an indented key without value", "  providers:\n»", "    - openai\n", 2),
    Shape("no such key", "defaults: {enrich: false}\n»", "providers:\n  - openai\n", 3),
    Shape("no such key, indented", "  defaults: {enrich: false}\n»", "  providers:\n    - openai\n", 3),
    Shape("nothing", "»", "providers:\n  - openai\n", 2),
    Shape("comments alone", "# later»", "\nproviders:\n  - openai", 3),
    Shape("a document start", "---\nproviders:\n  - github\n»...\n", "  - openai\n", 4),
    Shape("an anchor", "providers: &all\n  - github\n»", "  - openai\n", 3),
    Shape("a dash on its own line", "providers:\n  -\n    name: A\n  -\n    name: B\n»", "  - openai\n", 6),
    Shape("a quoted key", '"providers":\n    - github\n»', "    - openai\n", 3),
    Shape("a block scalar", "providers:\n  - name: |\n      A\n»\n\n# c\nlimits: {}\n", "  - openai\n", 4),
    Shape("a block scalar with its blanks", "providers:\n  - name: |+\n      A\n\n»# c\n", "  - openai\n", 5),
    Shape("an item over lines", "providers:\n  - {name: A,\n    tags: [b,\n  c]}\n»# x\n", "  - openai\n", 5),
    Shape("separators of lines that only YAML knows", "providers:\u2028- github\n»", "- openai\n", 3),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_every_other_character_stays(shape: Shape) -> None:
    outcome = insert_providers(shape.text, [OPENAI])
    assert outcome == Edited(shape.marked.replace("»", shape.piece), shape.line)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_a_page_of_ones_own_goes_where_an_id_does(shape: Shape) -> None:
    outcome = insert_providers(shape.text, [PAGE])
    assert isinstance(outcome, Edited)
    assert outcome.text == shape.marked.replace("»", shape.piece.replace("openai", PAGE.item))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("providers: ~\n", "line 1: `providers` is not a list; make it one by hand"),
        ("\nproviders: {a: b}\n", "line 2: `providers` is not a list; make it one by hand"),
        (
            "x: &x [github]\nproviders: *x\n",
            "line 2: this list cannot be added to without changing other lines; add by hand",
        ),
        (
            "providers: &x\n  - github\nx: *x\n",
            "line 1: this list cannot be added to without changing other lines; add by hand",
        ),
        ("{limits: {}}\n", "`providers:` is missing and cannot be put at the end of this file; add by hand"),
        ("limits: {}\n...\n", "`providers:` is missing and cannot be put at the end of this file; add by hand"),
        ("- github\n", "the file must be a mapping of keys to values; make it one that has"),
        (
            "providers: []\nproviders: []\n",
            "line 2: duplicate key; the first one is in line 1; mend this first, then add to the list",
        ),
    ],
    ids=["null", "mapping", "alias", "anchor with an alias", "flow", "document end", "list", "flaw"],
)
def test_what_cannot_be_added_is_told_with_the_line_to_write(text: str, reason: str) -> None:
    assert insert_providers(text, [OPENAI]) == Refusal(f"{reason}:\n\nproviders:\n  - openai")


def test_a_syntax_error_is_told_with_its_line() -> None:
    outcome = insert_providers("providers:\n  - [a\n", [OPENAI])
    assert isinstance(outcome, Refusal)
    assert outcome.message.startswith("line 3: not valid YAML: ")
    assert outcome.message.endswith("\n  - openai")


def test_several_go_in_at_once() -> None:
    outcome = insert_providers("providers:\n  - a", [OPENAI, PAGE])
    assert outcome == Edited(f"providers:\n  - a\n  - openai\n  - {PAGE.item}", 3)
    outcome = insert_providers("providers: [a]", [OPENAI, NewProvider("b")])
    assert outcome == Edited("providers: [a, openai, b]", 1)


@pytest.mark.parametrize(
    ("provider", "item"),
    [
        (OPENAI, "openai"),
        (NewProvider("1e3"), '"1e3"'),
        (NewProvider("123", tags=("a",)), '{id: "123", tags: ["a"]}'),
        (NewProvider("openai", "Our AI"), '{id: openai, name: "Our AI"}'),
        (PAGE, r'{name: "Say \"hi\"", feed_url: "https://x.example/f?a=1#b"}'),
        (NewProvider("x", "é\\n: #", "https://x.example", ("b c", '"')),
         r'{id: x, name: "é\\n: #", feed_url: "https://x.example", tags: ["b c", "\""]}'),
    ],
)  # fmt: skip
def test_an_item_is_one_line_that_yaml_reads_back(provider: NewProvider, item: str) -> None:
    assert provider.item == item
    assert parse_yaml(f"- {provider.item}").data == [provider.data]


@pytest.mark.parametrize(
    ("name", "url", "ident"),
    [
        ("Example", "https://status.example.com/f", None),
        ("日本", "https://status.example.com/f", "status-example-com"),
        ("All", "https://status.example.com/f", "status-example-com"),
        ("All", "https://all/f", "page-all"),
        ("日本", "https://日本/f", "page"),
    ],
)
def test_a_page_whose_name_gives_no_id_has_that_of_its_host(name: str, url: str, ident: str | None) -> None:
    assert NewProvider.of_page(name, url) == NewProvider(ident, name, url)


PIECES = (
    "providers:", "  ", "- ", "\n", "\r\n", "a", "#", "\t", "[", "]", ",", "{", "}", ": ", "|", "&a ", "*a", "x:", "~",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=20))
def test_any_text_is_left_alone_or_grows_by_the_item_alone(text: str) -> None:
    outcome = insert_providers(text, [OPENAI])
    if isinstance(outcome, Edited):
        added = len(outcome.text) - len(text)
        assert any(outcome.text[:at] + outcome.text[at + added :] == text for at in range(len(text) + 1))
        old, new = parse_yaml(text).data, parse_yaml(outcome.text).data
        assert isinstance(new, dict)
        listed = (old.get("providers") if isinstance(old, dict) else None) or []
        assert new == (old or {}) | {"providers": [*listed, "openai"]}
