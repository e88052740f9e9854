"""What Prometheus reads: every number against what was stored and counted, and the format against its own tools."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import define
from prometheus_client.parser import text_string_to_metric_families

from statustrio import __version__
from statustrio.counts import REASONS, Counts
from statustrio.events import NAMES
from statustrio.line import render
from statustrio.metrics import CONTENT_TYPE, Metrics
from statustrio.rfc3339 import to_text
from statustrio.store.opening import open_database
from statustrio.store.protocol import Wanted
from statustrio.store.sqlite import SqliteStore

AT = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@define
class Monitor:
    """A database with a past, and what was counted beside it."""

    store: SqliteStore
    database: Path
    counts: Counts

    def execute(self, statement: str, *args: object) -> None:
        self.store._connection.execute(statement, args)

    def follow(self, *providers: str) -> None:
        with self.store.group(durable=True):
            self.store.configure(Wanted(one, one.title(), f"https://{one}.example/feed") for one in providers)

    def incident(self, provider: str, number: int, impact: str | None, **more: object) -> None:
        row = {"kind": "incident", "status": "investigating", "open": 1, **more}
        self.execute(
            "INSERT INTO incidents (provider, id, kind, title, status, impact, first_seen_at, last_seen_at, "
            "open, shown) VALUES (?, ?, ?, 'T', ?, ?, ?, ?, ?, 1)",
            provider, f"i{number}", row["kind"], row["status"], impact, to_text(AT), to_text(AT), row["open"],
        )  # fmt: skip

    def event(self, seq: int, at: datetime) -> None:
        self.execute(
            "INSERT INTO events (seq, timestamp, event, payload) VALUES (?, ?, 'incident.opened', '{}')",
            seq, to_text(at),
        )  # fmt: skip

    def scrape(self) -> bytes:
        return Metrics(self.counts, self.database).render()

    def samples(self) -> Samples:
        """Every sample by name and labels."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.scrape().decode())
            for sample in family.samples
        }

    def values(self, name: str) -> dict[tuple[str, ...], float]:
        """The samples of one name by their label values."""
        return {
            tuple(value for _, value in of): number for (found, of), number in self.samples().items() if found == name
        }


@pytest.fixture
def monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    monkeypatch.setattr("statustrio.metrics.now", lambda: AT)
    database = tmp_path / "test.db"
    with closing(SqliteStore(open_database(database), render)) as store:
        yield Monitor(store, database, Counts())


def test_counts_appear_as_they_were_counted_and_all_are_there_from_the_start(monitor: Monitor) -> None:
    assert monitor.values("statustrio_polls_total") == {("unchanged",): 0, ("changed",): 0, ("failed",): 0}
    assert monitor.values("statustrio_poll_failures_total") == {(reason,): 0 for reason in REASONS}
    assert monitor.values("statustrio_events_total") == {(name,): 0 for name in NAMES}
    monitor.counts.unchanged, monitor.counts.changed = 3, 2
    monitor.counts.failed["timeout"], monitor.counts.failed["bug"] = 4, 1
    monitor.counts.events["incident.opened"] = 7
    monitor.counts.storage_failures = 9
    assert monitor.values("statustrio_polls_total") == {("unchanged",): 3, ("changed",): 2, ("failed",): 5}
    assert monitor.values("statustrio_poll_failures_total")["timeout",] == 4
    assert monitor.values("statustrio_events_total")["incident.opened",] == 7
    assert monitor.values("statustrio_storage_failures_total") == {(): 9}
    assert monitor.values("statustrio_build_info") == {(__version__,): 1}


@pytest.mark.parametrize(
    ("name", "which"),
    [("commit", "commits"), ("loop_lag", "lags"), ("detection_delay", "delays")],
)
def test_a_histogram_adds_up(monitor: Monitor, name: str, which: str) -> None:
    histogram = getattr(monitor.counts, which)
    bound = histogram.bounds[2]
    for seconds in (0.0, bound, bound * 1.0001, 1e9):
        histogram.add(seconds)
    buckets = monitor.values(f"statustrio_{name}_seconds_bucket")
    assert buckets[str(bound),] == 2
    assert buckets[str(histogram.bounds[3]),] == 3
    assert buckets["+Inf",] == monitor.values(f"statustrio_{name}_seconds_count")[()] == 4
    assert monitor.values(f"statustrio_{name}_seconds_sum")[()] == pytest.approx(1e9 + bound * 2.0001)


def test_a_provider_has_its_last_success_and_its_failures_while_it_is_configured(monitor: Monitor) -> None:
    monitor.follow("acme", "bolt", "coil")
    monitor.execute("UPDATE providers SET last_success_at = ? WHERE id <> 'bolt'", to_text(AT))
    monitor.execute("UPDATE providers SET consecutive_failures = 3 WHERE id = 'bolt'")
    monitor.follow("acme", "bolt")
    assert monitor.values("statustrio_provider_last_success_timestamp_seconds") == {("acme",): AT.timestamp()}
    assert monitor.values("statustrio_provider_consecutive_failures") == {("acme",): 0, ("bolt",): 3}


def test_what_is_open_counts_by_provider_and_impact(monitor: Monitor) -> None:
    monitor.follow("acme", "bolt", "gone")
    monitor.incident("acme", 1, "major")
    monitor.incident("acme", 2, "major")
    monitor.incident("acme", 3, None)
    monitor.incident("acme", 4, "critical", open=0)
    monitor.incident("bolt", 5, "minor", kind="maintenance", status="in_progress")
    monitor.incident("bolt", 6, None, kind="maintenance", status="scheduled")
    monitor.incident("gone", 7, "critical")
    monitor.follow("acme", "bolt")
    by_labels = {tuple(sorted(of)): value for (name, of), value in monitor.samples().items() if "open_inc" in name}
    assert by_labels == {
        (("impact", "major"), ("provider", "acme")): 2,
        (("impact", "unknown"), ("provider", "acme")): 1,
        (("impact", "maintenance"), ("provider", "bolt")): 1,
    }


def test_a_consumer_has_what_it_is_owed_since_when_and_what_it_refused(monitor: Monitor) -> None:
    with monitor.store.group(durable=True):
        monitor.store.subscribe([("hook", True), ("stdout", True)])
    assert monitor.values("statustrio_consumer_owed_events") == {("hook",): 0, ("stdout",): 0}
    for seq in (1, 2, 3):
        monitor.event(seq, AT - timedelta(minutes=10 - seq))
    monitor.execute("UPDATE consumers SET cursor = 1, beyond = '[3]' WHERE id = 'hook'")
    monitor.execute("UPDATE consumers SET cursor = 3 WHERE id = 'stdout'")
    monitor.execute(
        "INSERT INTO dead_letters (consumer, seq, event, line, reason, set_aside_at) "
        "VALUES ('hook', 1, 'e', '', 'r', '')"
    )
    assert monitor.values("statustrio_consumer_owed_events") == {("hook",): 1, ("stdout",): 0}
    assert monitor.values("statustrio_consumer_oldest_owed_age_seconds") == {("hook",): 480, ("stdout",): 0}
    assert monitor.values("statustrio_consumer_dead_letters") == {("hook",): 1, ("stdout",): 0}


def test_mutes_in_force_and_an_offline_monitor_are_told(monitor: Monitor) -> None:
    assert (monitor.values("statustrio_mutes"), monitor.values("statustrio_monitor_offline")) == ({(): 0}, {(): 0})
    for provider, minutes in (("acme", 5), ("bolt", -5)):
        monitor.execute(
            "INSERT INTO mutes VALUES (?, '', ?, NULL, ?)",
            provider,
            to_text(AT + timedelta(minutes=minutes)),
            to_text(AT),
        )
    monitor.execute("INSERT INTO monitor VALUES ('offline_since', ?)", to_text(AT))
    assert (monitor.values("statustrio_mutes"), monitor.values("statustrio_monitor_offline")) == ({(): 1}, {(): 1})


@pytest.mark.parametrize("what", ["gone", "broken", "of another version"])
def test_a_database_that_cannot_be_read_costs_only_what_is_in_it(monitor: Monitor, what: str) -> None:
    monitor.counts.unchanged = 5
    monitor.follow("acme")
    assert monitor.values("statustrio_database_readable") == {(): 1}
    if what == "gone":
        monitor.database.unlink()
    elif what == "broken":
        monitor.execute("DROP TABLE dead_letters")
    else:
        monitor.execute("PRAGMA user_version = 99")
    assert monitor.values("statustrio_database_readable") == {(): 0}
    assert monitor.values("statustrio_polls_total")["unchanged",] == 5
    assert monitor.values("statustrio_provider_consecutive_failures") == {}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc")
def test_scrapes_leave_nothing_open(monitor: Monitor) -> None:
    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    monitor.scrape()
    before = files()
    for _ in range(10):
        monitor.scrape()
    assert files() == before


def test_names_of_providers_can_be_anything(monitor: Monitor) -> None:
    monitor.execute("INSERT INTO providers (id, name, feed_url) VALUES (?, 'n', 'u')", 'a"\\\nb')
    assert 'provider="a\\"\\\\\\nb"' in monitor.scrape().decode()


@pytest.mark.slow
def test_ten_thousand_providers_take_less_than_half_a_second_and_two_megabytes(monitor: Monitor) -> None:
    monitor.follow(*(f"provider-{number}" for number in range(10_000)))
    monitor.execute("UPDATE providers SET last_success_at = ?", to_text(AT))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        text = monitor.scrape()
        times.append(time.perf_counter() - began)
    assert min(times) < 0.5
    assert len(text) < 2_000_000
    assert text.count(b"\nstatustrio_provider_") == 20_000
    assert not [line for line in text.splitlines() if b"_bucket{" in line and b"provider=" in line]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: package prometheus)")
def test_promtool_finds_nothing_to_complain_of(monitor: Monitor) -> None:
    monitor.follow("acme")
    monitor.execute("UPDATE providers SET last_success_at = ?", to_text(AT))
    monitor.incident("acme", 1, "major")
    with monitor.store.group(durable=True):
        monitor.store.subscribe([("hook", True)])
    done = subprocess.run(["promtool", "check", "metrics"], input=monitor.scrape(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
