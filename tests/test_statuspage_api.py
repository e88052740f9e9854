from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from statustrio.errors import FeedError
from statustrio.model import Component, Impact, Kind, Reading
from statustrio.platforms.statuspage_api import Facts, apply_facts, incident_url, list_url, parse_facts

SHARED = Path(__file__).resolve().parents[2] / "shared" / "feeds" / "statuspage_json" / "github"

RECORD: dict[str, Any] = {
    "id": "abc",
    "impact": "major",
    "components": [{"name": "Git\x1b  Operations", "status": "degraded_performance"}, {"name": "Web", "status": None}],
}
FACTS = Facts(Impact.MAJOR, (Component("Git Operations", "degraded_performance"), Component("Web")))


def facts_of(document: object) -> dict[str, Facts]:
    return parse_facts(json.dumps(document).encode())


def test_addresses_are_on_the_origin_of_the_feed() -> None:
    feed = "https://status.example.org:8443/history.atom?x=1"
    assert incident_url(feed, "abc") == "https://status.example.org:8443/api/v2/incidents/abc.json"
    assert incident_url(feed, "../x?") == "https://status.example.org:8443/api/v2/incidents/..%2Fx%3F.json"
    assert list_url(feed) == "https://status.example.org:8443/api/v2/incidents.json"


def test_both_forms_are_read() -> None:
    assert facts_of({"page": {}, "incident": RECORD}) == {"abc": FACTS}
    assert facts_of({"incidents": [RECORD, {**RECORD, "id": "d"}]}) == {"abc": FACTS, "d": FACTS}
    assert facts_of({"incidents": []}) == {}


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        pytest.param({"impact": "cosmic"}, Facts(None, FACTS.components), id="unknown impact"),
        pytest.param({"impact": None}, Facts(None, FACTS.components), id="no impact"),
        pytest.param({"components": None}, Facts(Impact.MAJOR, None), id="no components"),
        pytest.param({"components": []}, Facts(Impact.MAJOR, ()), id="empty components"),
    ],
)
def test_what_the_page_does_not_say_is_none(change: dict[str, Any], facts: Facts) -> None:
    assert facts_of({"incident": {**RECORD, **change}}) == {"abc": facts}


def test_missing_fields_are_none() -> None:
    assert facts_of({"incident": {"id": "a"}}) == {"a": Facts(None, None)}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param([], id="a list"),
        pytest.param(None, id="null"),
        pytest.param({}, id="no id"),
        pytest.param({**RECORD, "id": 7}, id="a number for an id"),
        pytest.param({**RECORD, "impact": ["major"]}, id="a list for an impact"),
        pytest.param({**RECORD, "components": "Git"}, id="a word for components"),
        pytest.param({**RECORD, "components": ["Git"]}, id="words for components"),
        pytest.param({**RECORD, "components": [{"name": None, "status": "x"}]}, id="no name"),
        pytest.param({**RECORD, "components": [{"name": "Git", "status": 1}]}, id="a number for a status"),
    ],
)
def test_a_malformed_record_is_left_out(record: object) -> None:
    assert facts_of({"incidents": [record, {**RECORD, "id": "good"}]}) == {"good": FACTS}


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff\xfe\xff", b"[]", b"{}", b'{"incidents": {}}', b'{"incident": []}', b"[" * 100_000],
)
def test_what_holds_no_incidents_is_an_error(body: bytes) -> None:
    with pytest.raises(FeedError):
        parse_facts(body)


def test_facts_fill_what_the_feed_leaves_open() -> None:
    reading = Reading("abc", Kind.INCIDENT, "t", (), impact=Impact.MINOR, components=(Component("x"),))
    filled = apply_facts(reading, FACTS)
    assert (filled.impact, filled.components, filled.title) == (FACTS.impact, FACTS.components, "t")
    assert apply_facts(reading, Facts(None, None)) == reading


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the sample records are not at {SHARED}")
def test_real_records_are_read() -> None:
    for path in sorted(SHARED.glob("*.json"))[:40]:
        facts = parse_facts(path.read_bytes())
        assert list(facts) == [path.stem]
        assert facts[path.stem].impact is not None
        assert facts[path.stem].components is not None


def test_more_components_than_any_page_has_are_none_that_are_known() -> None:
    listed = [{"name": "n" * 5000, "status": "operational"}]
    few, many = (json.dumps({"incident": {"id": "i", "components": listed * count}}) for count in (1, 1001))
    (component,) = parse_facts(few.encode())["i"].components or ()
    assert component.name == "n" * 200
    assert parse_facts(many.encode())["i"].components is None
