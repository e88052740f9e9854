"""What a Statuspage feed does not say: impact and components, from the public JSON of the same page.

Asked only about entries that changed, with a deadline of its own. When the page does not answer, the readings go
on as they are and the provider's health is untouched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

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
NOT_FOUND = 404

Get = Callable[[str, Validators], Awaitable[Fetched | NotModified]]

log = structlog.get_logger("statustrio.enrich")


@define
class Enricher:
    """Fills readings of one provider. Switched off until the next start by a 404 or an answer that is no JSON."""

    _get: Get
    _feed_url: str
    _off: bool = False
    _last_url: str | None = None
    _last_validators: Validators = field(factory=Validators)
    _last_facts: Mapping[str, Facts] = field(factory=dict)

    async def enrich(self, readings: Sequence[Reading], *, many: bool) -> tuple[Reading, ...]:
        """The readings with what the page adds. `many`: a first sight, or more changed than are shown here."""
        if self._off or not readings:
            return tuple(readings)
        facts: dict[str, Facts] = {}
        urls = [incident_url(self._feed_url, reading.incident_id) for reading in readings]
        if many or len(readings) > SINGLE_REQUESTS:
            urls = [list_url(self._feed_url)]
        with trio.move_on_after(DEADLINE_SECONDS):
            try:
                for url in urls:
                    facts |= await self._ask(url)
            except FetchError as exc:
                self._off = exc.status == NOT_FOUND
                log.info("enrich.failed", feed_url=self._feed_url, reason=str(exc))
            except FeedError as exc:
                self._off = True
                log.info("enrich.failed", feed_url=self._feed_url, reason=str(exc))
        return tuple(
            apply_facts(reading, facts[reading.incident_id]) if reading.incident_id in facts else reading
            for reading in readings
        )

    async def _ask(self, url: str) -> Mapping[str, Facts]:
        validators = self._last_validators if url == self._last_url else Validators()
        answer = await self._get(url, validators)
        if isinstance(answer, Fetched):
            self._last_facts = parse_facts(answer.body)
            self._last_url, self._last_validators = url, answer.validators
        return self._last_facts
