"""The catalog holds facts that can be used as they are, and is searched the way people write."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from statustrio.catalog import CatalogEntry, advice, amended, catalog_text, find, load_catalog, search
from statustrio.config import PLATFORMS
from statustrio.config_values import check_id, check_line, check_url
from statustrio.marks import parse_yaml
from statustrio.platforms import BY_NAME

ENTRIES = tuple(load_catalog().values())


def ids(*words: str) -> list[str]:
    return [entry.id for entry in search(words)]


def test_every_entry_can_be_a_provider() -> None:
    for entry in ENTRIES:
        assert check_id(entry.id) == entry.id
        check_line(entry.name)
        check_url(entry.feed_url)
        check_url(entry.status_page)
        assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", entry.category), entry
        assert "${" not in entry.feed_url, "this would be filled in from the environment"


def test_ids_and_feeds_are_there_once_and_sorted() -> None:
    document = parse_yaml(catalog_text())
    assert document.flaws == ()
    assert isinstance(document.data, list)
    assert [item["id"] for item in document.data] == sorted(load_catalog())
    assert len({entry.feed_url for entry in ENTRIES}) == len(ENTRIES) > 500


def test_every_platform_has_a_reader_and_can_be_configured() -> None:
    named = {entry.platform for entry in ENTRIES} - {None}
    assert named <= BY_NAME.keys()
    assert named <= set(PLATFORMS)
    assert "generic" not in named, "this is what an entry without a platform is read as"


def test_no_word_is_all_of_them() -> None:
    assert search(()) == ENTRIES


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["openai"], "openai"),
        (["OPENAI"], "openai"),
        (["Open", "AI"], "openai"),
        (["open ai"], "openai"),
        (["hugging face"], "huggingface"),
        (["google", "cloud"], "gcp"),
        (["Let's Encrypt"], "letsencrypt"),
        (["githb"], "github"),
    ],
    ids=str,
)
def test_a_page_is_found_however_it_is_written(words: list[str], first: str) -> None:
    assert ids(*words)[0] == first


def test_the_best_match_comes_first_then_the_category_then_what_only_holds_the_word() -> None:
    found = search(["cloudflare"])
    assert found[0].name == "Cloudflare"
    category = [entry.category for entry in search(["crypto"])]
    assert category[: category.count("crypto")] == ["crypto"] * category.count("crypto")


@pytest.mark.parametrize("words", [["zzzzzz"], ["openai", "zzzzzz"], ["日本"], [""]], ids=str)
def test_what_is_like_nothing_finds_nothing(words: list[str]) -> None:
    assert ids(*words) == []


@pytest.mark.parametrize(
    ("word", "ident"),
    [("openai", "openai"), ("OpenAI", "openai"), ("Google Cloud", "gcp"), ("nobody", None), ("", None), ("日本", None)],
)
def test_an_entry_goes_by_its_id_and_its_name(word: str, ident: str | None) -> None:
    entry = find(word)
    assert (entry.id if entry else None) == ident


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("opanai", ", did you mean `openai`?"),
        ("google-cloud", ", did you mean `gcp`?"),
        ("x" * 5000, "; `statustrio catalog WORD` searches it"),
    ],
    ids=["slip", "name", "endless"],
)
def test_an_unknown_id_gets_advice(word: str, expected: str) -> None:
    assert advice(word) == expected


def test_an_amendment_changes_the_lines_of_its_entry_alone() -> None:
    text = """\
# head
- id: a
  name: A
  status_page: https://a.example
  feed_url: https://a.example/feed
  category: ai
- id: b
  name: B
  status_page: https://b.example
  feed_url: https://b.example/feed
  platform: statuspage
  category: ai
"""
    a = CatalogEntry("a", "A", "https://a.example", "https://a.example/feed", "ai", "hund")
    b = CatalogEntry("b", "B", "https://b.example", r"https://b.example/new\1", "ai")
    new = amended(text, [a])
    assert new == text.replace("a.example/feed\n", "a.example/feed\n  platform: hund\n")
    assert amended(text, [b]) == text.replace("feed\n  platform: statuspage\n", "new\\1\n")
    assert amended(text, [evolve(a, id="nobody")]) == text
    assert amended(catalog_text(), ENTRIES) == catalog_text()
