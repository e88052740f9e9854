from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from statustrio import marks
from statustrio.marks import Extent, Mark, parse_yaml


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], ids=["libyaml", "python"])
def _each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(marks, "_LOADER", marks._core(getattr(yaml, request.param)))


pytestmark = pytest.mark.usefixtures("_each_loader")


def flaws(text: str) -> list[str]:
    return [f"{flaw.mark.line}:{flaw.mark.column} {flaw.path} {flaw.message}" for flaw in parse_yaml(text).flaws]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("[<<]", ["<<"]),
        ("012", 12),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("~", None),
        ("null", None),
        ("a:", {"a": None}),
        ("TRUE", True),
        ("false", False),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("! 12", "12"),
        ("\ufeffa: 1", {"a": 1}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("--- [a, [b]]\n...\n", ["a", ["b"]]),
        ("", None),
        ("# nothing\n", None),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    document = parse_yaml(text)
    assert (document.data, type(document.data), document.flaws) == (value, type(value), ())


def test_not_a_number_is_a_float() -> None:
    data = parse_yaml(".nan").data
    assert isinstance(data, float)
    assert math.isnan(data)


def test_every_key_and_value_has_its_place() -> None:
    document = parse_yaml("# words\nproviders:\n  - name: é\n    tags: [a, bc]\n")
    assert document.key_mark(("providers",)) == Mark(2, 1)
    assert document.value_mark(("providers", 0)) == document.key_mark(("providers", 0)) == Mark(3, 5)
    assert document.value_mark(("providers", 0, "name")) == Mark(3, 11)
    assert document.key_mark(("providers", 0, "tags")) == Mark(4, 5)
    assert document.value_mark(("providers", 0, "tags", 1)) == Mark(4, 15)


def test_what_is_missing_has_the_place_of_what_should_hold_it() -> None:
    document = parse_yaml("a:\n  b: 1\n")
    assert document.value_mark(("a", "c", 3)) == document.key_mark(("a", "c")) == Mark(2, 3)
    assert parse_yaml("").value_mark(("a",)) == Mark(1, 1)


def test_an_alias_has_its_own_place_and_what_it_holds_that_of_the_anchor() -> None:
    document = parse_yaml("a: &x {b: 1}\nc: *x\n")
    assert document.value_mark(("c",)) == Mark(2, 4)
    assert document.value_mark(("c", "b")) == Mark(1, 11)


@pytest.mark.parametrize(
    ("text", "path", "start", "end", "form"),
    [
        ("a:  b  # c\n", ("a",), (1, 5), (1, 6), "scalar"),
        ("a:  # c\n", ("a",), (1, 3), (1, 3), "scalar"),
        ("a: &x [b]\nc: *x # c\n", ("c",), (2, 4), (2, 6), "alias"),
        ("a: [b, {c: d} ,  ] # c", ("a",), (1, 4), (1, 19), "flow"),
        ("a: [b, {c: d} ,  ] # c", ("a", 1), (1, 8), (1, 14), "flow"),
        ("a:\n- b\n- c: d # e\n  f: g\n\n# h\ni: j", ("a",), (2, 1), (4, 7), "block"),
        ("a:\n- b\n- c: d # e\n  f: g\n\n# h\ni: j", ("a", 1), (3, 3), (4, 7), "block"),
        ("a:\n- |\n  b\n\n# c\nd: e", ("a",), (2, 1), (5, 1), "block"),
        ("\ufeffa: b", ("a",), (1, 4), (1, 5), "scalar"),
    ],
)
def test_a_value_has_an_extent_without_what_follows_it(
    text: str, path: marks.Path, start: tuple[int, int], end: tuple[int, int], form: str
) -> None:
    assert parse_yaml(text).extent(path) == Extent(Mark(*start), Mark(*end), form)


def test_what_is_not_there_has_no_extent() -> None:
    assert parse_yaml("a: [b]").extent(("a", 1)) is None
    assert parse_yaml("").extent(("a",)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", ["4:3 ('b', 'c') duplicate key; the first one is in line 3"]),
        ("a: !env X", ["1:4 ('a',) the tag !env is not supported; leave it out"]),
        ("a: !!set {x}", ["1:4 ('a',) the tag !!set is not supported; leave it out"]),
        ("a: !!binary xx", ["1:4 ('a',) the tag !!binary is not supported; leave it out"]),
        ("a: !!int xx", ["1:4 ('a',) the tag !!int is not supported; leave it out"]),
        ("- !x [a]", ["1:3 (0,) the tag !x is not supported; leave it out"]),
        (
            "a: &a {b: 1}\nc:\n  <<: *a",
            ["3:3 ('c', '<<') merge keys are not supported; write the keys out, or use `defaults`"],
        ),
        ("1: a", ["1:1 () a key must be text; write it in quotes"]),
        ("b:\n  [x]: a", ["2:3 ('b',) a key must be text; write it in quotes"]),
        ("a: " + "9" * 401, ["1:4 ('a',) this number is too long"]),
        ("a: \x07", ["1:4 () the character U+0007 is not allowed here"]),
        ("a: 1\nb: \ud800", ["2:4 () the character U+D800 is not allowed here"]),
        ("a: 1\n---\nb: 2", ["2:1 () a second document begins here; keep one per file"]),
        ("a: *x", ["1:4 ('a',) no anchor &x stands before this alias"]),
        ("a: &x [*x]", ["1:8 ('a', 0) the anchor &x contains itself"]),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_surprises_is_refused_with_its_place(text: str, expected: list[str]) -> None:
    assert flaws(text) == expected


@pytest.mark.parametrize(
    "text", ["a: [", "a: b: c", "a: 'x", "\t- a", "{a: 1}}", "%YAML 2.0\n---\na", "a: 1\n b: 2", "@"]
)
def test_a_syntax_error_is_one_flaw_and_no_data(text: str) -> None:
    document = parse_yaml(text)
    (flaw,) = document.flaws
    assert document.data is None
    assert flaw.message.startswith("not valid YAML: ")


def test_flaws_do_not_hide_each_other_or_the_data() -> None:
    document = parse_yaml("a: !x 1\na: 2\nb: 3\n")
    assert document.data == {"a": "1", "b": 3}
    assert len(document.flaws) == 2


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert parse_yaml("'<<': 1").data == {"<<": 1}


def test_aliases_cannot_stand_for_a_billion_values() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    (flaw,) = parse_yaml("\n".join(["l0: &l0 x", *levels])).flaws
    assert flaw.message == "the aliases stand for more than 100,000 values"
    assert flaw.mark.line == 6


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_bottomless_nesting_is_refused_and_does_not_end_the_process(opening: str) -> None:
    (flaw,) = parse_yaml(opening * 60).flaws
    assert flaw.message == "nested deeper than 50 levels"


@pytest.mark.parametrize("_each_loader", ["CSafeLoader"], indirect=True)
def test_a_hundred_thousand_brackets_are_refused(_each_loader: None) -> None:
    (flaw,) = parse_yaml("[" * 100_000).flaws
    assert "nest" in flaw.message, "by us, or by a libyaml that has a limit of its own"


@given(st.text(alphabet=st.sampled_from("ab1: \n-[]{},&*!|>'\"#?%<~.\t\\"), max_size=60) | st.text(max_size=20))
def test_no_text_makes_it_raise(text: str) -> None:
    document = parse_yaml(text)
    assert isinstance(document.flaws, tuple)
    assert document.value_mark(("a", 0)) >= Mark(1, 1)


def test_a_tag_of_any_length_is_quoted_short() -> None:
    (flaw,) = parse_yaml(f"a: !{'x' * 70_000} b").flaws
    assert len(flaw.message) < 120
