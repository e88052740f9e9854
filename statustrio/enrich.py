"""What a Statuspage feed does not say: impact and components, from the public JSON of the same page.

Asked only about entries that changed, with a deadline of its own. When the page does not answer, the readings go
on as they are and the provider's health is untouched. What is not there is not asked for again until the next
start: the list, a single incident (its page may have deleted it, which says nothing about the others), and the whole
of it where neither the list nor an incident is there, or a few incidents in a row are not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import structlog
import trio
from attrs import define, field

from statustrio.errors import FeedError, FetchError
from statustrio.fetch import Fetched, NotModified
from statustrio.model import Reading, Validators
from statustrio.platforms.statuspage_api import Facts, apply_facts, incident_url, list_url, parse_facts

DEADLINE_SECONDS = 3.0
SINGLE_REQUESTS = 3
"""Up to so many changed incidents are asked for one by one, more through the list of the 50 newest."""
WITHOUT_LIST = 10
"""Single requests at most where the page has no list."""
GIVE_UP_AFTER = 3
"""Incidents that are not there, before one that is. The list counts for two."""
NOT_FOUND = 404

Get = Callable[[str, Validators], Awaitable[Fetched | NotModified]]


class Parse(Protocol):
    """Runs a parse of so many bytes where it holds nobody up."""

    async def __call__(self, size: int, parse: Callable[[], Mapping[str, Facts]]) -> Mapping[str, Facts]: ...


log = structlog.get_logger("statustrio.enrich")


@define
class Enricher:
    """Fills the readings of one provider."""

    _get: Get
    _parse: Parse
    _feed_url: str
    _absent: set[str] = field(factory=set)
    """URLs that are not there."""
    _answered: bool = False
    _last_url: str | None = None
    _last_validators: Validators = field(factory=Validators)
    _last_facts: Mapping[str, Facts] = field(factory=dict)

    async def enrich(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]:
        """The readings with what the page adds. `many`: a first sight, so ask for the list even if few changed."""
        facts: dict[str, Facts] = {}
        with trio.move_on_after(DEADLINE_SECONDS):
            try:
                await self._collect(readings, facts, many=many)
            except FetchError as exc:
                log.info("enrich.failed", feed_url=self._feed_url, reason=str(exc))
        return tuple(
            apply_facts(reading, facts[reading.incident_id]) if reading.incident_id in facts else reading
            for reading in readings
        )

    async def _collect(self, readings: Sequence[Reading], facts: dict[str, Facts], *, many: bool) -> None:
        if readings and (many or len(readings) > SINGLE_REQUESTS):
            the_list = list_url(self._feed_url)
            facts |= await self._ask(the_list)
            if the_list not in self._absent:
                return
        for reading in readings[:WITHOUT_LIST]:
            if self._answered or not self._has_none():
                facts |= await self._ask(incident_url(self._feed_url, reading.incident_id))

    def _has_none(self) -> bool:
        """Whether the page seems to have none of it: no Statuspage, though its feed looks like one."""
        return len(self._absent) + (list_url(self._feed_url) in self._absent) >= GIVE_UP_AFTER

    async def _ask(self, url: str) -> Mapping[str, Facts]:
        """What a URL says; nothing if it is not there. FetchError if it does not answer now."""
        if url in self._absent:
            return {}
        validators = self._last_validators if url == self._last_url else Validators()
        try:
            answer = await self._get(url, validators)
            if isinstance(answer, Fetched):
                self._last_facts = await self._parse(len(answer.body), partial(parse_facts, answer.body))
                self._last_url, self._last_validators = url, answer.validators
        except FetchError as exc:
            if exc.status != NOT_FOUND:
                raise
            self._absent.add(url)
            return {}
        except FeedError as exc:
            log.info("enrich.failed", feed_url=self._feed_url, reason=str(exc))
            self._absent.add(url)
            return {}
        self._answered = True
        return self._last_facts
