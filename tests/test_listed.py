"""What a configuration has already, whatever else is wrong with it."""

from __future__ import annotations

import pytest

from statustrio.catalog import load_catalog
from statustrio.config_edit import NewProvider
from statustrio.listed import Listed, entry_at

TEXT = """\
\ufeffproviders:
  - openai
  - {name: "Example One", feed_url: "http://Status.Example.com/feed.atom/"}
  - {id: mine, name: "Mine", feed_url: "https://x.example/${TOKEN}/feed", nonsense: 3}
  - {id: nobody-knows}
  - 3
  - https://y.example/feed
"""
OPENAI = load_catalog()["openai"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (NewProvider("openai"), "its address is there already, in line 2"),
        (NewProvider(name="AI", feed_url=OPENAI.feed_url), "its address is there already, in line 2"),
        (
            NewProvider(name="A", feed_url="https://status.example.com/feed.atom#x"),
            "its address is there already, in line 3",
        ),
        (
            NewProvider(name="Example, One", feed_url="https://z.example"),
            "the id `example-one` is there already, in line 3; another name gives another id",
        ),
        (NewProvider(name="A", feed_url="https://x.example/${TOKEN}/feed"), "its address is there already, in line 4"),
        (
            NewProvider("mine", "A", "https://z.example"),
            "the id `mine` is there already, in line 4; another name gives another id",
        ),
        (NewProvider("github"), None),
        (NewProvider(feed_url="https://z.example"), None),
    ],
)
def test_a_provider_is_there_by_its_address_or_its_id(provider: NewProvider, expected: str | None) -> None:
    assert Listed(TEXT).where(provider) == expected


@pytest.mark.parametrize("text", ["", "providers:", "providers: {a: b}", "- a", "providers: [", "x: 1"])
def test_a_file_without_a_list_has_nothing(text: str) -> None:
    assert Listed(text).where(NewProvider("openai")) is None


def test_what_was_added_counts_too() -> None:
    listed = Listed("")
    listed.add(NewProvider(name="A", feed_url="https://a.example"), "earlier")
    assert listed.where(NewProvider(name="B", feed_url="http://a.example/")) == "its address is there already, earlier"


def test_an_entry_of_the_catalog_is_known_by_its_address() -> None:
    assert entry_at(OPENAI.feed_url) == OPENAI
    assert entry_at(OPENAI.feed_url.replace("https", "http")) == OPENAI
    assert entry_at("https://nobody.example/feed") is None
