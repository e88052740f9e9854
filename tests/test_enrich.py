"""Enrichment: which URLs are asked, and that nothing a page answers harms the readings."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import trio
import trio.testing
from attrs import define, evolve, field

from statustrio.enrich import DEADLINE_SECONDS, WITHOUT_LIST, Enricher
from statustrio.errors import FetchError
from statustrio.fetch import Fetched, NotModified
from statustrio.model import Component, Impact, Kind, Reading, Update, Validators

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEED = "https://status.example:8443/history.atom?x=1"
API = "https://status.example:8443/api/v2/incidents"
LIST = f"{API}.json"
HTML = b"<!doctype html><html></html>"
IDS = ("a", "b", "c", "d", "e")
Clock = trio.testing.MockClock


def readings(*ids: str) -> tuple[Reading, ...]:
    update = Update(AT, "investigating", "We look into it")
    return tuple(Reading(one, Kind.INCIDENT, f"Trouble {one}", (update,), started_at=AT) for one in ids)


async def inline(size: int, parse: Callable[[], Any]) -> Any:  # noqa: ARG001  a parser where it is asked for
    return parse()


def record(incident_id: str, impact: str = "major") -> dict[str, Any]:
    return {"id": incident_id, "impact": impact, "components": [{"name": f"API {incident_id}", "status": "down"}]}


def enriched(*ids: str) -> tuple[Reading, ...]:
    return tuple(
        evolve(one, impact=Impact.MAJOR, components=(Component(f"API {one.incident_id}", "down"),))
        for one in readings(*ids)
    )


@define
class Page:
    """Answers like Statuspage, with the ETag `1`, but for what `answers` says."""

    answers: dict[str, Any] = field(factory=dict)
    asked: list[tuple[str, str | None]] = field(factory=list)

    async def get(self, url: str, validators: Validators) -> Fetched | NotModified:
        await trio.lowlevel.checkpoint()
        self.asked.append((url, validators.etag))
        answer = self.answers.get(url)
        if callable(answer):
            return await answer()
        if isinstance(answer, Exception):
            raise answer
        if answer is None and validators.etag == "1":
            return NotModified(Validators())
        if answer is None and url == LIST:
            answer = json.dumps({"incidents": [record(one) for one in IDS]}).encode()
        elif answer is None:
            answer = json.dumps({"incident": record(url.removeprefix(f"{API}/").removesuffix(".json"))}).encode()
        return Fetched(body=answer, url=url, content_type="application/json", validators=Validators(etag="1"))

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]

    def enricher(self) -> Enricher:
        return Enricher(self.get, inline, FEED)


def one(incident_id: str) -> str:
    return f"{API}/{incident_id}.json"


async def test_an_incident_that_changed_is_asked_for_on_the_feeds_own_origin() -> None:
    page = Page()
    assert await page.enricher().enrich(readings("a"), many=False) == enriched("a")
    assert page.urls == ["https://status.example:8443/api/v2/incidents/a.json"]


async def test_up_to_three_are_asked_for_one_by_one() -> None:
    page = Page()
    assert await page.enricher().enrich(readings("a", "b", "c"), many=False) == enriched("a", "b", "c")
    assert page.urls == [one("a"), one("b"), one("c")]


async def test_more_than_three_are_asked_for_with_the_list() -> None:
    page = Page()
    assert await page.enricher().enrich(readings("a", "b", "c", "d"), many=False) == enriched("a", "b", "c", "d")
    assert page.urls == [LIST]


async def test_a_first_sight_asks_for_the_list() -> None:
    page = Page()
    assert await page.enricher().enrich(readings("a"), many=True) == enriched("a")
    assert page.urls == [LIST]


async def test_what_the_list_does_not_hold_stays_as_it_was_read() -> None:
    page = Page()
    assert await page.enricher().enrich(readings("a", "old"), many=True) == (*enriched("a"), *readings("old"))


@pytest.mark.parametrize("many", [True, False])
async def test_nothing_changed_asks_for_nothing(many: bool) -> None:
    page = Page()
    assert await page.enricher().enrich((), many=many) == ()
    assert page.urls == []


async def test_asked_again_it_asks_whether_something_changed() -> None:
    page = Page()
    enricher = page.enricher()
    for _ in range(2):
        assert await enricher.enrich(readings("a"), many=False) == enriched("a")
    assert page.asked == [(one("a"), None), (one("a"), "1")]


async def test_validators_belong_to_their_url() -> None:
    page = Page()
    enricher = page.enricher()
    for incident_id in ("a", "b", "a"):
        assert await enricher.enrich(readings(incident_id), many=False) == enriched(incident_id)
    assert page.asked == [(one("a"), None), (one("b"), None), (one("a"), None)]


async def test_the_deadline_is_its_own_and_keeps_what_was_answered_in_time(autojump_clock: Clock) -> None:
    page = Page({one("b"): trio.sleep_forever})
    began = autojump_clock.current_time()
    got = await page.enricher().enrich(readings("a", "b", "c"), many=False)
    assert autojump_clock.current_time() - began == pytest.approx(DEADLINE_SECONDS)
    assert DEADLINE_SECONDS == 3
    assert got == (*enriched("a"), *readings("b", "c"))


async def test_a_cancellation_from_outside_is_no_deadline(autojump_clock: Clock) -> None:  # noqa: ARG001
    page = Page({one("a"): trio.sleep_forever})
    with trio.move_on_after(1) as scope:
        await page.enricher().enrich(readings("a"), many=False)
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    "failure",
    [FetchError("HTTP 500", status=500), FetchError("timeout"), FetchError("HTTP 429", status=429)],
    ids=["500", "timeout", "429"],
)
async def test_a_failure_leaves_nulls_and_the_next_change_tries_again(failure: FetchError) -> None:
    page = Page({one("a"): failure, LIST: failure})
    enricher = page.enricher()
    assert await enricher.enrich(readings("a"), many=False) == readings("a")
    assert await enricher.enrich(readings("a"), many=True) == readings("a")
    page.answers.clear()
    assert await enricher.enrich(readings("a"), many=False) == enriched("a")
    assert page.urls == [one("a"), LIST, one("a")]


ABSENT: tuple[Callable[[], Any], ...] = (lambda: FetchError("HTTP 404", status=404), lambda: HTML, lambda: b"[]")


@pytest.mark.parametrize("answer", ABSENT, ids=["404", "html", "other json"])
async def test_what_is_not_there_is_not_asked_for_until_the_next_start(answer: Callable[[], Any]) -> None:
    page = Page({one("a"): answer()})
    enricher = page.enricher()
    for _ in range(3):
        assert await enricher.enrich(readings("a"), many=False) == readings("a")
    assert page.urls == [one("a")]
    assert await enricher.enrich(readings("a", "b"), many=False) == (*readings("a"), *enriched("b"))
    await page.enricher().enrich(readings("a"), many=False)
    assert page.urls == [one("a"), one("b"), one("a")], "the next start asks once more"


@pytest.mark.parametrize("answer", ABSENT, ids=["404", "html", "other json"])
@pytest.mark.parametrize("first_sight", [True, False])
async def test_a_page_that_has_none_of_it_is_left_alone(answer: Callable[[], Any], *, first_sight: bool) -> None:
    incidents = [f"i{n}" for n in range(20)]
    page = Page({LIST: answer(), **{one(incident): answer() for incident in incidents}})
    enricher = page.enricher()
    assert await enricher.enrich(readings(*incidents), many=first_sight) == readings(*incidents)
    for incident in incidents:
        assert await enricher.enrich(readings(incident), many=False) == readings(incident)
    await enricher.enrich(readings(*incidents), many=False)
    assert page.urls == [LIST, one("i0")]


async def test_after_three_incidents_that_are_not_there_no_other_is_asked_for() -> None:
    incidents = [f"i{n}" for n in range(9)]
    page = Page({one(incident): FetchError("HTTP 404", status=404) for incident in incidents})
    enricher = page.enricher()
    for incident in incidents:
        await enricher.enrich(readings(incident), many=False)
    assert page.urls == [one("i0"), one("i1"), one("i2")]
    assert await enricher.enrich(readings("a"), many=True) == enriched("a"), "the list may be there all the same"


async def test_a_page_without_the_list_is_asked_for_a_few_single_ones() -> None:
    page = Page({LIST: FetchError("HTTP 404", status=404)})
    enricher = page.enricher()
    many = [f"i{n}" for n in range(WITHOUT_LIST + 5)]
    got = await enricher.enrich(readings(*many), many=True)
    assert got == (*enriched(*many[:WITHOUT_LIST]), *readings(*many[WITHOUT_LIST:]))
    assert page.urls == [LIST, *map(one, many[:WITHOUT_LIST])]


async def test_an_id_cannot_lead_anywhere_else() -> None:
    page = Page()
    await page.enricher().enrich(readings("../../admin?x=#"), many=False)
    assert page.urls == [f"{API}/..%2F..%2Fadmin%3Fx%3D%23.json"]
