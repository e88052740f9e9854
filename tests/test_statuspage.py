from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statustrio.feed.parse import Entry, parse_feed
from statustrio.model import Kind, Update
from statustrio.platforms.statuspage import PLATFORM, incident_id, read

SHARED = Path(__file__).resolve().parents[2] / "shared" / "feeds"
LINK = "https://status.example.org/incidents/abc123def456"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def block(date: str, clock: str, label: str, text: str = "text", zone: str = "UTC") -> str:
    return (
        f"<p><small>{date[:3]} <var data-var='date'>{date[3:].rjust(3)[1:]}</var>, <var data-var='time'>{clock}</var>"
        f" {zone}</small><br><strong>{label}</strong> - {text}</p>"
    )


def entry(content: str, published: str | None = "2026-03-24T12:00", updated: str | None = None) -> Entry:
    return Entry(
        id="tag:status.example.org,2005:Incident/17",
        title="Trouble",
        link=LINK,
        published=at(published) if published else None,
        updated=at(updated) if updated else None,
        content=content,
        summary="",
    )


def times(
    content: str, published: str | None = "2026-03-24T12:00", updated: str | None = None
) -> list[datetime | None]:
    return [update.at for update in read(entry(content, published, updated)).updates]


def test_an_incident_has_all_its_updates_oldest_first() -> None:
    content = (
        block("Mar 24", "12:00", "Resolved", "done<br />really")
        + block("Mar 24", "11:00", "Update", "customers <1% have <strong>trouble</strong>")
        + block("Mar 23", "23:59", "Investigating")
    )
    reading = read(entry(content, updated="2026-03-24T13:00"))
    assert reading.updates == (
        Update(at("2026-03-23T23:59"), "investigating", "text"),
        Update(at("2026-03-24T11:00"), "update", "customers <1% have trouble"),
        Update(at("2026-03-24T12:00"), "resolved", "done\nreally"),
    )
    assert (reading.incident_id, reading.kind, reading.title, reading.url) == (
        "abc123def456",
        Kind.INCIDENT,
        "Trouble",
        LINK,
    )
    assert (reading.started_at, reading.updated_at) == (at("2026-03-23T23:59"), at("2026-03-24T13:00"))
    assert (reading.impact, reading.components, reading.scheduled_for) == (None, None, None)


@pytest.mark.parametrize(
    ("content", "label", "text"),
    [
        pytest.param(
            "<p> <small>Mar <var data-var='date'>24</var>, <var data-var='time'>12:00</var> UTC</small>\n<br> "
            "<strong>Resolved</strong> - ok </p>",
            "resolved",
            "ok",
            id="with blanks",
        ),
        pytest.param(
            "<small>Mar 24, 12:00 UTC</small><br /><strong>In progress</strong> - ok", "in_progress", "ok", id="no var"
        ),
        pytest.param(
            "<small>Mar 24, 12:00 UTC</small><br/><strong><em>Resolved</em> </strong>ok", "resolved", "ok", id="markup"
        ),
        pytest.param(
            "<small>Mar 24, 12:00 UTC</small><br><strong>Fixed it</strong> - -5%", "fixed_it", "-5%", id="own label"
        ),
        pytest.param(
            "<small>Mar 24, 12:00 UTC</small><br><strong>Update</strong> - a <small>note</small><br><strong>b</strong>",
            "update",
            "a note\nb",
            id="small print in a message",
        ),
    ],
)
def test_updates_are_found_in_every_form(content: str, label: str, text: str) -> None:
    assert read(entry(content)).updates == (Update(at("2026-03-24T12:00"), label, text),)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("UTC", 12), ("PST", 20), ("PDT", 19), ("CEST", 10), ("GMT+0", 12), ("-03", 15)],
)
def test_times_are_in_the_zone_of_the_page(zone: str, hour: int) -> None:
    assert times(block("Mar 24", "12:00", "Update", zone=zone)) == [datetime(2026, 3, 24, hour, tzinfo=UTC)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(block("Mar 24", "12:00", "Update", zone="IST"), id="unknown zone"),
        pytest.param("<small>Mar 24, 12:00</small><br><strong>Update</strong>", id="no zone"),
        pytest.param(block("Feb 29", "12:00", "Update"), id="29 February"),
        pytest.param(block("Feb 30", "12:00", "Update"), id="30 February"),
        pytest.param(block("Mar 24", "25:00", "Update"), id="25 o'clock"),
        pytest.param(block("Mrz 24", "12:00", "Update"), id="unknown month"),
        pytest.param("<small>now 12:00 or so</small><br><strong>Update</strong>", id="no date"),
    ],
)
def test_an_uncertain_time_is_none(content: str) -> None:
    assert times(content) == [None]


def test_without_a_date_of_the_entry_there_is_no_year() -> None:
    assert times(block("Mar 24", "12:00", "Update"), None) == [None]


def test_an_unknown_zone_costs_only_its_own_time() -> None:
    content = block("Jan 2", "12:00", "Resolved", zone="IST") + block("Dec 31", "12:00", "Update")
    assert times(content, "2026-01-02T12:00") == [at("2025-12-31T12:00"), None]


@pytest.mark.parametrize(
    ("dates", "published", "expected"),
    [
        pytest.param(["Jan 1", "Dec 31"], "2026-01-01T00:00", ["2025-12-31", "2026-01-01"], id="new year"),
        pytest.param(
            ["Jan 2", "Dec 31", "Jan 20"],
            "2026-01-02T00:00",
            ["2025-01-20", "2025-12-31", "2026-01-02"],
            id="two years",
        ),
        pytest.param(["Mar 24", "Mar 24"], "2026-03-24T00:00", ["2026-03-24", "2026-03-24"], id="same day"),
        pytest.param(["Mar 22", "Mar 24"], "2026-03-22T00:00", ["2026-03-24", "2026-03-22"], id="dated back"),
        pytest.param(["Dec 31", "Jan 1"], "2025-12-31T00:00", ["2026-01-01", "2025-12-31"], id="back over new year"),
        pytest.param(["Dec 31"], "2026-01-02T00:00", ["2025-12-31"], id="published the year after"),
        pytest.param(["Jan 1"], "2025-12-30T00:00", ["2026-01-01"], id="published the year before"),
        pytest.param(["Mar 1", "Feb 29"], "2024-03-01T00:00", ["2024-02-29", "2024-03-01"], id="leap year"),
        pytest.param(["Mar 1", "Feb 29"], "2023-03-01T00:00", [None, "2023-03-01"], id="no leap year"),
        pytest.param(["Feb 29", "Feb 1"], "2023-03-01T00:00", ["2023-02-01", None], id="no leap year, newest"),
    ],
)
def test_years_are_found_from_the_newest_backwards(
    dates: list[str], published: str, expected: list[str | None]
) -> None:
    content = "".join(block(date, "00:00", "Update") for date in dates)
    assert times(content, published) == [day and at(day) for day in expected]


@pytest.mark.parametrize("published", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_the_ends_of_the_calendar_do_not_crash(published: str) -> None:
    content = "".join(
        block(day, "23:30", "Update", zone=zone) for day in ("Jan 1", "Dec 31") for zone in ("PST", "JST")
    )
    assert len(times(content, published)) == 4
    banner = "<p><strong>THIS IS A SCHEDULED EVENT Dec 31, 16:00 - 17:00 UTC</strong></p>"
    assert len(times(banner + content, published)) == 4


@pytest.mark.slow
@given(
    st.datetimes(min_value=datetime(2015, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.lists(st.integers(0, 300 * 24 * 60), max_size=5),
)
def test_a_timeline_keeps_its_years(newest: datetime, gaps: list[int]) -> None:
    moments = [newest.replace(second=0, microsecond=0, tzinfo=UTC)]
    for gap in gaps:
        moments.append(moments[-1] - timedelta(minutes=gap))
    content = "".join(block(f"{moment:%b} {moment.day}", f"{moment:%H:%M}", "Update") for moment in moments)
    assert times(content, f"{moments[0]:%Y-%m-%dT%H:%M}") == moments[::-1]


BANNER = (
    "<p><strong>THIS IS A SCHEDULED EVENT Dec <var data-var='date'>18</var>, <var data-var='time'>16:00</var> - "
    "<var data-var='time'>17:00</var> UTC</strong></p>"
)


def test_upcoming_maintenance_is_planned_by_its_banner() -> None:
    reading = read(entry(BANNER + block("Dec 9", "19:40", "Scheduled"), "2025-12-18T16:00", "2025-12-09T19:40"))
    assert reading.kind is Kind.MAINTENANCE
    assert reading.updates == (Update(at("2025-12-09T19:40"), "scheduled", "text"),)
    assert (reading.scheduled_for, reading.scheduled_until) == (at("2025-12-18T16:00"), at("2025-12-18T17:00"))
    assert (reading.started_at, reading.updated_at) == (at("2025-12-18T16:00"), at("2025-12-09T19:40"))


def test_maintenance_in_rss_was_announced_before_it_begins() -> None:
    banner = "<strong>THIS IS A SCHEDULED EVENT Dec 18, 16:00 - 17:00 UTC</strong>"
    reading = read(entry(banner + block("Mar 1", "10:00", "Scheduled"), "2025-12-18T16:00"))
    assert reading.updates[0].at == at("2025-03-01T10:00")
    assert reading.updated_at == at("2025-03-01T10:00")


@pytest.mark.parametrize(
    ("banner", "published", "window"),
    [
        pytest.param(
            "Jan 8, 23:00 UTC &nbsp;-&nbsp; Jan 9, 01:00 UTC",
            "2026-01-08T23:00",
            ("2026-01-08T23:00", "2026-01-09T01:00"),
            id="two days",
        ),
        pytest.param(
            "Dec 31, 23:00 UTC - Jan 1, 01:00 UTC",
            "2025-12-31T23:00",
            ("2025-12-31T23:00", "2026-01-01T01:00"),
            id="over new year",
        ),
        pytest.param(
            "Dec 18, 16:00 - 17:00 PST", "2025-12-19T00:00", ("2025-12-19T00:00", "2025-12-19T01:00"), id="zone"
        ),
        pytest.param("Dec 18, 16:00 - 15:00 UTC", "2025-12-18T16:00", ("2025-12-18T16:00", None), id="ends too early"),
        pytest.param("Dec 18, 16:00 - 17:00 IST", "2025-12-18T16:00", (None, None), id="unknown zone"),
        pytest.param("Foo 18, 16:00 - 17:00 UTC", "2025-12-18T16:00", (None, None), id="unknown month"),
        pytest.param(
            "Dec 18, 16:00 UTC - Foo 19, 17:00 UTC", "2025-12-18T16:00", ("2025-12-18T16:00", None), id="bad end"
        ),
        pytest.param("soon", "2025-12-18T16:00", (None, None), id="words"),
        pytest.param("Dec 18, 16:00 - 17:00 UTC", None, (None, None), id="no year"),
    ],
)
def test_the_banner_bounds_planned_work(
    banner: str, published: str | None, window: tuple[str | None, str | None]
) -> None:
    reading = read(entry(f"<p>THIS IS A SCHEDULED EVENT {banner}</p>" + block("Dec 9", "19:40", "Update"), published))
    assert reading.kind is Kind.MAINTENANCE
    assert (reading.scheduled_for, reading.scheduled_until) == tuple(bound and at(bound) for bound in window)


def test_maintenance_starts_when_it_is_in_progress() -> None:
    content = block("Mar 24", "12:00", "Completed") + block("Mar 24", "10:00", "In progress")
    reading = read(entry(content + block("Mar 20", "10:00", "Scheduled")))
    assert (reading.kind, reading.started_at) == (Kind.MAINTENANCE, at("2026-03-24T10:00"))
    unbegun = read(entry(block("Mar 24", "12:00", "Completed")))
    assert (unbegun.kind, unbegun.started_at) == (Kind.MAINTENANCE, at("2026-03-24T12:00"))


def test_a_late_in_progress_does_not_make_an_incident_planned() -> None:
    content = block("Mar 24", "12:00", "In progress") + block("Mar 24", "10:00", "Investigating")
    reading = read(entry(content))
    assert (reading.kind, reading.started_at) == (Kind.INCIDENT, at("2026-03-24T10:00"))


def test_content_without_updates_is_one_update() -> None:
    assert read(entry("<p>Just text</p>")).updates == (Update(at("2026-03-24T12:00"), "unknown", "Just text"),)
    banner = read(entry(BANNER, "2025-12-18T16:00"))
    assert (banner.kind, banner.updates[0].at, banner.updated_at) == (Kind.MAINTENANCE, None, None)
    assert read(entry("")).updates[0].text == ""


def test_the_id_is_in_the_link_and_else_in_the_id() -> None:
    def named(id: str | None, link: str | None) -> str:
        return incident_id(Entry(id, "t", link, None, None, "", ""))

    assert named("tag:x,2005:Incident/1", LINK + "/") == "abc123def456"
    assert named("tag:x,2005:Incident/1", None) == "Incident/1"
    assert named("plain", "http://[") == "plain"
    assert len(named(None, None)) == 32


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<small>",
        "<small><var>",
        "<small>1:00</small><br><strong>",
        "<var>",
        "<small>1:00</small>" + " " * 90,
        "<p><br>",
    ],
)
def test_hostile_content_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    read(entry(piece * 20000))
    assert time.process_time() - started < 1.0


def test_no_more_than_the_newest_thousand_updates_are_read() -> None:
    content = "<small>Mar 24, 12:00 UTC</small><br><strong>Resolved</strong>" + (
        "<small>Mar 24, 11:00 UTC</small><br><strong>Update</strong>" * 1200
    )
    updates = read(entry(content)).updates
    assert (len(updates), updates[-1].label) == (1000, "resolved")


def sample_paths() -> list[Path]:
    series = sorted((SHARED / "series" / "github").glob("*.atom"))
    return sorted((SHARED / "statuspage").glob("*")) + series[:: max(1, len(series) // 40)][:40]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the sample feeds are not at {SHARED}")
def test_real_feeds_are_read_completely() -> None:
    paths = sample_paths()
    assert len(paths) > 45
    for path in paths:
        body = path.read_bytes()
        # counted in the bytes with plain string work, by nothing that the reader uses
        contents = re.split("<entry>|<item>", body.decode())[1:]
        feed = parse_feed(body, url="", content_type=None)
        assert PLATFORM.recognises(feed), path
        assert len(contents) == len(feed.entries), path
        for raw, item in zip(contents, feed.entries, strict=True):
            reading = read(item)
            pieces = unescape(raw).split("<small>")[1:]
            expected = []
            for piece in reversed(pieces):
                date, _, rest = piece.partition("</small>")
                words = re.sub("<[^>]*>", "", date).replace(",", "").split()
                label = rest.partition("<strong>")[2].partition("</strong>")[0]
                expected.append((words[0], int(words[1]), words[2], words[3], label.lower().replace(" ", "_")))
            assert len(reading.updates) == len(expected), (path, item.id)
            for update, (month, day, clock, zone, label) in zip(reading.updates, expected, strict=True):
                assert update.at is not None
                offset = {"UTC": 0, "PST": -8, "PDT": -7}[zone]
                # Parse's page writes PST all year, and dates its entries rightly
                summer = path.name.startswith("parse") and 3 < update.at.month < 11
                local = update.at + timedelta(hours=offset + summer)
                assert (f"{local:%b}", local.day, f"{local:%H:%M}", update.label) == (month, day, clock, label)
                assert update.text
            assert item.published is not None
            if reading.scheduled_for is None:
                newest = reading.updates[-1].at
                assert newest is not None
                assert abs(newest - item.published) < timedelta(days=7), (path, item.id)
            else:
                assert reading.scheduled_for == item.published


@pytest.mark.parametrize(
    ("published", "told"),
    [
        pytest.param("2013-10-28T21:48:00", "2013-10-28T21:48", id="the page wrote PST in summer"),
        pytest.param("2013-10-28T22:48:30", "2013-10-28T22:48", id="the zone is right"),
        pytest.param("2013-10-28T20:48:00", "2013-10-28T22:48", id="two hours are no season"),
    ],
)
def test_a_page_that_writes_one_zone_all_year_is_set_right_by_the_date_of_the_entry(published: str, told: str) -> None:
    content = block("Oct 28", "14:48", "Resolved", zone="PST") + block("Oct 28", "14:00", "Investigating", zone="PST")
    reading = read(entry(content, published))
    assert reading.updates[1].at == at(told)
    assert reading.updates[0].at == at(told) - timedelta(minutes=48)


def test_planned_work_that_was_over_early_did_not_begin_after_its_end() -> None:
    banner = "<p><strong>THIS IS A SCHEDULED EVENT Dec 18, 16:00 - 17:00 UTC</strong></p>"
    blocks = block("Dec 17", "11:00", "Completed") + block("Dec 9", "19:40", "Scheduled")
    reading = read(entry(banner + blocks, "2019-12-18T16:00", "2019-12-17T11:00"))
    assert reading.started_at == reading.updates[-1].at == at("2019-12-17T11:00")
