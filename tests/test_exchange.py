"""A list of feeds becomes providers, and providers a list of feeds, without giving a secret away."""

from __future__ import annotations

from pathlib import Path

from statustrio.catalog import load_catalog
from statustrio.config import load_config
from statustrio.config_edit import NewProvider
from statustrio.exchange import exported, plan
from statustrio.listed import Listed
from statustrio.opml import Outline

OPENAI = load_catalog()["openai"]


def test_feeds_become_providers_and_what_is_skipped_has_a_reason() -> None:
    outlines = [
        Outline("OpenAI status", OPENAI.feed_url, ("ai",)),
        Outline("Example Status - Incident History", "https://status.example.com/history.atom"),
        Outline("Example again", "http://status.example.com/history.atom"),
        Outline("Example", "https://other.example/feed"),
        Outline("Old", "ftp://old.example/feed"),
        Outline("Here", "https://here.example/feed"),
        Outline("", "https://status.unnamed.example/${HOME}/feed", ("x", "y")),
    ]
    listed = Listed('providers:\n  - {name: "There", feed_url: "https://here.example/feed"}\n')
    wanted, skipped = plan(outlines, listed)
    assert wanted == [
        NewProvider("openai", tags=("ai",)),
        NewProvider(None, "Example", "https://status.example.com/history.atom"),
        NewProvider(None, "unnamed.example", "https://status.unnamed.example/$%7BHOME}/feed", ("x", "y")),
    ]
    assert [(outline.title, reason) for outline, reason in skipped] == [
        ("Example again", "its address is there already, earlier in this list"),
        ("Example", "the id `example` is there already, earlier in this list; another name gives another id"),
        ("Old", "a URL begins with http:// or https://"),
        ("Here", "its address is there already, in line 2"),
    ]


def test_providers_become_feeds_but_not_those_with_a_secret(tmp_path: Path) -> None:
    text = """\
providers:
  - openai
  - {name: Plain, feed_url: "https://plain.example/f", tags: [a, b], enabled: false}
  - {name: Filled, feed_url: "https://filled.example/${TOKEN}"}
  - {name: Password, feed_url: "https://me:secret@password.example/f"}
"""
    path = tmp_path / "providers.yaml"
    path.write_text(text)
    shared, kept = exported(load_config(path, {"TOKEN": "s3cret"}), text)
    assert shared == [Outline("OpenAI", OPENAI.feed_url), Outline("Plain", "https://plain.example/f", ("a", "b"))]
    assert kept == ["Filled", "Password"]
