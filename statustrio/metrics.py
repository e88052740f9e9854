"""What the daemon counts and what its database says, as Prometheus reads it. Needs the extra `web`.

Nothing is kept for it: the counts are those that the daemon makes anyway, the rest is asked of the database when
somebody looks. Providers have gauges alone: a histogram for each of ten thousand would make 13 MB a scrape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from pathlib import Path

from attrs import define, field
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from statustrio import __version__
from statustrio.clock import now
from statustrio.counts import Counts, Histogram
from statustrio.errors import StoreError
from statustrio.rfc3339 import from_text
from statustrio.store import queries
from statustrio.store.opening import looking

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Values = Mapping[tuple[str, ...], float]
"""A number for each combination of label values."""


@define(eq=False)
class Metrics(Collector):
    """All metrics of one daemon. `render` reads the database: in a thread, not on the loop."""

    _counts: Counts
    _database: Path
    _registry: CollectorRegistry = field(init=False, factory=CollectorRegistry)

    def __attrs_post_init__(self) -> None:
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def render(self) -> bytes:
        """The text of one scrape, of the type `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield _gauge("build_info", "The version that runs.", {(__version__,): 1}, "version")
        yield from _counted(self._counts)
        asked: list[Metric] = []
        try:
            with looking(self._database) as connection:
                asked += _asked(connection, now())
        except StoreError:
            asked.clear()
        yield _gauge("database_readable", "Whether the database could be read for this scrape.", {(): bool(asked)})
        yield from asked


def _counted(counts: Counts) -> Iterator[Metric]:
    outcomes = {"unchanged": counts.unchanged, "changed": counts.changed, "failed": sum(counts.failed.values())}
    yield _counter("polls", "Polls of all providers by what came of them.", outcomes, "outcome")
    yield _counter("poll_failures", "Polls that failed, by the kind of reason.", counts.failed, "reason")
    yield _counter("events", "Events recorded in the log, by name.", counts.events, "event")
    yield _histogram("commit", "Time that a transaction of the recorder took.", counts.commits)
    yield _counter("storage_failures", "Transactions that the storage did not take.", {"": counts.storage_failures})
    yield _histogram("detection_delay", "Time from the posting of an update to the record of its event.", counts.delays)
    yield _histogram("loop_lag", "How much later than asked the event loop woke a task.", counts.lags)


def _asked(connection: queries.Connection, at: datetime) -> Iterator[Metric]:
    successes: dict[tuple[str, ...], float] = {}
    failures: dict[tuple[str, ...], float] = {}
    for provider, last_success, failed in queries.provider_marks(connection):
        failures[provider,] = failed
        if last_success is not None:
            successes[provider,] = from_text(last_success).timestamp()
    yield _gauge(
        "provider_last_success_timestamp_seconds",
        "When the last poll that succeeded began, up to 30 s behind; none yet: no series.",
        successes,
        "provider",
    )
    yield _gauge("provider_consecutive_failures", "Polls in a row that failed up to now.", failures, "provider")
    incidents: Values = {(provider, impact): number for provider, impact, number in queries.open_counts(connection)}
    yield _gauge(
        "open_incidents", "Incidents that are open, and planned work under way.", incidents, "provider", "impact"
    )
    yield from _consumers(connection, at)
    active = sum(mute.until > at for mute in queries.mutes(connection))
    yield _gauge("mutes", "Mutes in force.", {(): active})
    offline = queries.offline_since(connection) is not None
    yield _gauge("monitor_offline", "Whether no provider can be reached.", {(): offline})


def _consumers(connection: queries.Connection, at: datetime) -> Iterator[Metric]:
    consumers = {row["consumer"]: row for row in queries.consumers(connection)}
    owed: Values = {(consumer,): row["owed"] for consumer, row in consumers.items()}
    yield _gauge("consumer_owed_events", "Events of the log that a consumer has not had.", owed, "consumer")
    ages: Values = {
        (consumer,): max(0.0, (at - from_text(row["owed_since"])).total_seconds()) if row["owed_since"] else 0.0
        for consumer, row in consumers.items()
    }
    yield _gauge("consumer_oldest_owed_age_seconds", "Age of the oldest event that it has not had.", ages, "consumer")
    letters = dict.fromkeys(consumers, 0) | queries.dead_letter_counts(connection)
    yield _gauge(
        "consumer_dead_letters",
        "Events that a consumer refused and that were set aside.",
        {(consumer,): number for consumer, number in letters.items()},
        "consumer",
    )


def _gauge(name: str, says: str, values: Values, *labels: str) -> Metric:
    family = GaugeMetricFamily(f"statustrio_{name}", says, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _counter(name: str, says: str, values: Mapping[str, int], *labels: str) -> Metric:
    family = CounterMetricFamily(f"statustrio_{name}", says, labels=labels)
    for of, value in values.items():
        family.add_metric((of,) if labels else (), value)
    return family


def _histogram(name: str, says: str, histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(f"statustrio_{name}_seconds", says)
    bounds: Iterable[str] = (*(str(bound) for bound in histogram.bounds), "+Inf")
    # One copy: the daemon goes on counting, and the sums of a scrape must fit each other.
    family.add_metric((), list(zip(bounds, accumulate(tuple(histogram.counts)), strict=True)), histogram.total)
    return family
