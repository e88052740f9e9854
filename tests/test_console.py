"""What people see on a terminal, at the widths terminals have, whatever a page may print."""

from __future__ import annotations

import io
import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import rich.console
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from statustrio.consumers.console import LOOKS, MESSAGE_LINES, Console, duration
from statustrio.events import NAMES, Event
from statustrio.model import Component, Impact, Status
from statustrio.spans import here
from statustrio.store.protocol import Logged

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
EVENT = Event(
    seq=7,
    id="id",
    timestamp=AT,
    event="incident.opened",
    provider="acme",
    provider_name="Acme",
    incident_id="i1",
    title="Elevated error rates on the API",
    status=Status.INVESTIGATING,
    impact=Impact.MAJOR,
    components=(Component("API", "degraded"), Component("Web")),
    message="We are looking into it.\n\nMore follows.",
    update_at=AT,
    started_at=AT - timedelta(hours=2),
    url="https://acme.example/incidents/i1",
)
WIDTHS = (40, 80, 160)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are shown as the clock on the wall has them."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def shape(event: Event, width: int = 80, *, colours: str | None = None) -> str:
    console = rich.console.Console(
        width=width,
        force_terminal=True,
        color_system=colours,
        file=io.StringIO(),
        highlight=False,
        legacy_windows=False,
    )
    return Console(console, day=here(event.timestamp).date()).shape(Logged(event.seq, event, ""))


def cells(line: str) -> int:
    """Columns of a terminal: wide characters take two, those that combine take none."""
    return sum(
        0 if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in line
    )  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_event_has_a_look(name: str, width: int) -> None:
    text = shape(evolve(EVENT, event=name), width)
    sign, _ = LOOKS[name.partition(".")[2]]
    first = text.splitlines()[0]
    assert sign in first
    assert name.partition(".")[2].upper() in first
    assert "Acme" in first
    assert "\x1b" not in text, "no colours without colours"


def test_one_glance_tells_what_where_how_bad_and_since_when() -> None:
    text = shape(EVENT, 160)
    for part in ("12:30", "Acme", EVENT.title, "major"):
        assert part is not None
        assert part in text.splitlines()[0]
    for part in ("investigating", "2 h ago", "API, Web", "We are looking into it.", "More follows.", EVENT.url):
        assert part is not None
        assert part in text
    assert text.endswith("\n")


def test_what_is_not_known_is_not_shown() -> None:
    bare = Event(1, "id", AT, "provider.gap", None, None)
    lines = shape(bare).splitlines()
    assert len(lines) == 1
    assert "None" not in lines[0]
    assert "statustrio" in lines[0]


@pytest.mark.parametrize(("length", "indent"), [(60, 20), (61, 2), (78, 2), (200, 2)])
def test_an_address_that_has_no_room_below_the_title_begins_at_the_left(length: int, indent: int) -> None:
    url = "https://acme.example/".ljust(length, "x")
    assert shape(evolve(EVENT, url=url), 80).splitlines()[-1] == " " * indent + url


def test_an_end_tells_how_long_it_took() -> None:
    text = shape(evolve(EVENT, event="incident.resolved", status=Status.RESOLVED))
    assert "after 2 h" in text
    assert "ago" not in text


def test_an_update_that_was_posted_long_before_it_was_recorded_says_when() -> None:
    def posted(minutes: float) -> str:
        return shape(evolve(EVENT, event="incident.updated", update_at=AT - timedelta(minutes=minutes)))

    assert "posted" not in posted(0)
    assert "posted" not in posted(1.9)
    assert "since 10:30, 2 h ago · posted 12:25 ·" in posted(5)
    assert "posted 23 Nov 12:00" in posted(24 * 60 + 30)
    assert "posted" not in posted(120), "it says since when"


def test_what_is_of_another_year_has_its_year() -> None:
    old = evolve(EVENT, started_at=AT - timedelta(days=400), update_at=AT - timedelta(days=399))
    assert "since 20 Oct 2025 12:30" in shape(old, 160)
    assert "posted 21 Oct 2025 12:30" in shape(old, 160)


def test_a_new_day_stands_above_its_first_event() -> None:
    console = Console(rich.console.Console(width=80, file=io.StringIO()), day=AT.date())

    def head(days: int, seq: int) -> str:
        event = evolve(EVENT, seq=seq, id=str(seq), timestamp=AT + timedelta(days=days))
        return console.shape(Logged(seq, event, "")).splitlines()[0]

    event = head(0, 1)
    assert event.startswith("12:30 ● OPENED")
    heads = [head(days, seq) for seq, days in enumerate((-1, -1, 0, 400), start=2)]
    assert heads == ["Mon 23 Nov 2026", event, "Tue 24 Nov 2026", "Wed 29 Dec 2027"]


def test_an_event_that_is_shaped_again_is_the_same_text() -> None:
    """A line that could be written only in part is gone on with."""
    console = Console(rich.console.Console(width=80, file=io.StringIO()))
    logged = Logged(7, EVENT, "")
    assert console.shape(logged).startswith("Tue 24 Nov 2026\n")
    assert console.shape(logged) == console.shape(logged) != shape(EVENT)


def test_planned_work_tells_when_it_begins() -> None:
    text = shape(
        evolve(EVENT, event="maintenance.scheduled", impact=None, started_at=AT + timedelta(days=1, hours=3)), 160
    )
    assert "begins 25 Nov" in text
    assert "in 1 d 3 h" in text
    assert "maintenance" in text.splitlines()[0]


def test_status_words_are_read_as_words() -> None:
    assert "in progress" in shape(evolve(EVENT, status=Status.IN_PROGRESS))


def test_a_long_message_is_cut() -> None:
    text = shape(evolve(EVENT, message="\n".join(f"line {n}" for n in range(40))))
    assert f"line {MESSAGE_LINES - 1}" in text
    assert f"line {MESSAGE_LINES}" not in text
    assert "…" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_title_goes_on_under_itself_and_loses_no_word(width: int) -> None:
    words = [f"word{n}" for n in range(60)]
    lines = shape(evolve(EVENT, title=" ".join(words), message=None, url=None), width).splitlines()
    assert re.findall(r"word\d+", " ".join(lines)) == words
    assert not lines[0].startswith(" ")
    assert all(line.startswith(" ") for line in lines[1:])


TEXTS = (
    "x" * 500,
    "障害が発生しています。現在調査中です。" * 12,
    "🔥🚒🏔" * 60,
    "한국어 알림 " * 30,
    "e\u0301" * 200,
    "https://example.com/" + "path/" * 60,
    "tab\tand\ttab " * 20,
    "",
    " ",
)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:8]))
def test_no_line_is_wider_than_the_terminal(text: str, width: int) -> None:
    event = evolve(
        EVENT,
        provider_name=text or "Acme",
        title=text,
        message=f"{text}\n{text}",
        components=(Component(text), Component(text)),
        impact=Impact.CRITICAL,
    )
    *lines, link = shape(evolve(event, url=text.strip() or "https://a.example"), width).splitlines()
    assert not text.strip() or link.strip() in " ".join(text.split()), "left to the terminal, so that it can be opened"
    assert max(map(cells, lines)) <= width


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(max_size=120), message=st.text(max_size=300), name=st.sampled_from(NAMES), width=st.integers(20, 120)
)
def test_no_text_breaks_the_shape(title: str, message: str, name: str, width: int) -> None:
    text = shape(evolve(EVENT, event=name, title=title, message=message), width)
    lines = text.splitlines()
    assert max(cell_len(line) for line in lines if EVENT.url not in line) <= width, (
        "measured with rich's tables: those of Python are older"
    )
    assert [line for line in lines if line != line.rstrip(" ")] == []
    assert sum(not line.startswith(" ") for line in lines if line) == 1, "only the head begins at the edge"
    assert not set(text) & set(map(chr, (*range(10), *range(11, 32), *range(127, 160))))


HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31mred\x9d52;c;Zm9v\x9c",
    "[link=file:///etc/passwd]click[/link] [bold red]danger[/] [/oops]",
    "a\u202egnp.exe\u2066\u200f",
    "line\rover\x08\x7fwritten\x00",
    "harmless\n12:34 ✓ RESOLVED    GitHub  all is well",
    ":warning: :fire:",
    "\ud800",
)


@pytest.mark.parametrize("field", ["title", "message", "url", "provider_name", "components"])
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text[:10]))
def test_hostile_text_is_harmless(hostile: str, field: str) -> None:
    value = (Component(hostile),) if field == "components" else hostile
    plain = shape(evolve(EVENT, **{field: value}), 160)
    assert not set(plain) & set(map(chr, (*range(10), *range(11, 32), *range(127, 160))))
    assert not set(plain) & set("\u202e\u2066\u200f")
    assert sum(not line.startswith(" ") for line in plain.splitlines() if line) == 1, "it forges no event"
    plain.encode()
    coloured = shape(evolve(EVENT, **{field: value}), 160, colours="truecolor")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain, "colours are all that comes in escapes"


def test_markup_of_rich_is_printed_as_it_stands() -> None:
    title = "[link=file:///etc]click[/link] [bold]x[/bold] :fire:"
    assert title in shape(evolve(EVENT, title=title), 160, colours="truecolor")


def test_colours_come_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def own() -> str:
        console = rich.console.Console(file=io.StringIO(), force_terminal=True, width=80)
        return Console(console).shape(Logged(7, EVENT, ""))

    assert re.search(r"\x1b\[[0-9;]*3[0-9]", own())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8])(?:;[0-9;]*)?m", own())


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=20), "under a minute"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=40), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=2, hours=3, minutes=59), "2 d 3 h"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(span: timedelta, text: str) -> None:
    assert duration(AT + span, AT) == text


def test_a_consumer_without_a_console_shapes_for_the_terminal_that_stdout_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = Console().shape(Logged(7, EVENT, ""))
    assert max(map(len, text.splitlines())) <= 50
    assert capsys.readouterr().out == "", "shaping prints nothing"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_shown_too(zone: str, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    at = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 23 if year > 1 else 0, 59, tzinfo=UTC)
    text = shape(evolve(EVENT, started_at=at, update_at=at))
    monkeypatch.undo()
    time.tzset()
    assert EVENT.title in " ".join(text.split())
