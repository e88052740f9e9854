"""What a reload changes, for the log."""

from __future__ import annotations

import pytest
from attrs import evolve

from statustrio.changed import changes
from statustrio.config import Config, ConsumerConfig, HeartbeatConfig, ProviderConfig


def follows(*names: str) -> Config:
    return Config(tuple(ProviderConfig(name, name, f"https://{name}.example/feed") for name in names))


OLD = follows("one", "two")
FILE = ConsumerConfig("file", "file", path="x")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, {}),
        (evolve(OLD, heartbeat=HeartbeatConfig("https://x.example/")), {}),
        (follows("one", "three"), {"providers_added": ["three"], "providers_removed": ["two"]}),
        (
            evolve(OLD, providers=(OLD.providers[0], evolve(OLD.providers[1], enabled=False))),
            {"providers_removed": ["two"]},
        ),
        (
            evolve(OLD, providers=(OLD.providers[0], evolve(OLD.providers[1], tags=("x",)))),
            {"providers_restarted": ["two"]},
        ),
        (evolve(OLD, consumers=(FILE,)), {"consumers_added": ["file"], "consumers_removed": ["stdout"]}),
        (
            evolve(OLD, consumers=(evolve(OLD.consumers[0], workers=2),)),
            {"consumers_restarted": ["stdout"]},
        ),
        (
            follows("one", "two", *(f"p{number}" for number in range(9))),
            {"providers_added": ["p0", "p1", "p2", "p3", "p4", "and 4 more"]},
        ),
    ],
    ids=["nothing", "neither", "in and out", "disabled", "changed", "a consumer", "a consumer changed", "many"],
)
def test_what_changed_is_named_and_what_did_not_is_left_out(new: Config, expected: dict[str, list[str]]) -> None:
    assert changes(OLD, new) == expected


def test_one_that_begins_anew_unchanged_is_named_too() -> None:
    assert changes(OLD, OLD, {"two", "gone"}) == {"providers_restarted": ["two"]}
