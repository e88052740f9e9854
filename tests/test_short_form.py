"""An id of the catalog stands for name and feed, alone or beside other settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from statustrio import short_form
from statustrio.catalog import load_catalog
from statustrio.config import ProviderConfig, load_config
from statustrio.errors import ConfigError
from statustrio.short_form import provider_id

OPENAI = load_catalog()["openai"]
TOO_FAST = "must be 10 seconds or more for a host that is not this machine"


def load(tmp_path: Path, items: str) -> tuple[ProviderConfig, ...]:
    path = tmp_path / "providers.yaml"
    path.write_text(f"providers:\n{items}")
    return load_config(path, {}).providers


def problems(tmp_path: Path, items: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, items)
    return [problem.removeprefix(f"{tmp_path}/providers.yaml:") for problem in caught.value.problems]


def test_an_id_alone_is_a_provider(tmp_path: Path) -> None:
    (provider,) = load(tmp_path, "  - openai\n")
    assert provider == ProviderConfig("openai", "OpenAI", OPENAI.feed_url, hint=OPENAI.platform)


def test_an_id_with_settings_keeps_them(tmp_path: Path) -> None:
    (provider,) = load(tmp_path, "  - {id: openai, poll_interval_seconds: 30, tags: [ai], platform: generic}\n")
    assert (provider.name, provider.feed_url) == ("OpenAI", OPENAI.feed_url)
    assert (provider.poll_interval_seconds, provider.tags) == (30.0, ("ai",))
    assert (provider.platform, provider.hint) == ("generic", OPENAI.platform)


def test_a_name_of_ones_own_wins(tmp_path: Path) -> None:
    (provider,) = load(tmp_path, '  - {id: openai, name: "Our AI"}\n')
    assert (provider.id, provider.name, provider.feed_url) == ("openai", "Our AI", OPENAI.feed_url)


def test_an_address_of_ones_own_has_nothing_of_the_catalog(tmp_path: Path) -> None:
    (provider,) = load(tmp_path, '  - {id: openai, name: "Mine", feed_url: "https://x.example/f"}\n')
    assert (provider.feed_url, provider.hint) == ("https://x.example/f", None)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("  - opanai\n", ["2:5: providers[0]: `opanai` is not in the catalog, did you mean `openai`?"]),
        ("  - Google Cloud\n", ["2:5: providers[0]: `Google Cloud` is not in the catalog, did you mean `gcp`?"]),
        (
            "  - https://status.example.com\n",
            ['2:5: providers[0]: write a page of your own as {name: "...", feed_url: "..."}'],
        ),
        (
            "  - {id: opanai, enrich: 3}\n",
            [
                "2:10: providers[0].id: `opanai` is not in the catalog, did you mean `openai`?",
                "2:26: providers[0].enrich: must be true or false, not a number",
            ],
        ),
        ("  - {id: zzzz, name: Z}\n", ["2:5: providers[0].feed_url: this key is needed"]),
        (
            "  - {id: openai, feed_ulr: x}\n",
            ["2:18: providers[0].feed_ulr: unknown key, did you mean `feed_url`?"],
        ),
        (
            "  - openai\n  - openai\n",
            ["3:5: providers[1].id: the id `openai` is that of providers[0]; give this one another `id`"],
        ),
        (
            "  - {id: openai, poll_interval_seconds: 1}\n",
            ["2:41: providers[0].poll_interval_seconds: " + TOO_FAST],
        ),
    ],
)
def test_a_mistake_has_its_place_and_a_suggestion(tmp_path: Path, items: str, expected: list[str]) -> None:
    assert problems(tmp_path, items) == expected


def test_the_catalog_is_loaded_only_where_an_item_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        pytest.fail("nobody asked for it")

    monkeypatch.setattr(short_form, "load_catalog", refuse)
    (provider,) = load(tmp_path, '  - {id: x, name: X, feed_url: "https://x.example/f"}\n')
    assert provider.id == "x"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("openai", "openai"),
        ("Open AI", None),
        ({"name": "Open AI"}, "open-ai"),
        ({"name": "Open AI", "id": "mine"}, "mine"),
        ({"name": "Open AI", "id": "No Id"}, None),
        ({}, None),
        (3, None),
    ],
    ids=str,
)
def test_an_item_has_an_id_whatever_else_is_wrong_with_it(item: object, expected: str | None) -> None:
    assert provider_id(item) == expected
