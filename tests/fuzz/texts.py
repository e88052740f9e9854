"""What people and programs write: configurations, lists of feeds, times. Each is understood, or clearly refused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click
import httpx

from fuzz.mutate import WORDS, mutated, repeated, words
from fuzz.target import Look, Target, alone, check
from statustrio.answers import retry_after
from statustrio.cli.times import Moment
from statustrio.config import load_config
from statustrio.config_edit import Edited, NewProvider, insert_providers
from statustrio.config_values import BadValueError, check_span
from statustrio.errors import ConfigError, OpmlError
from statustrio.exchange import plan
from statustrio.feed.dates import parse_date
from statustrio.listed import Listed
from statustrio.marks import parse_yaml
from statustrio.opml import parse_opml, render_opml
from statustrio.platforms.timeline import parse_stamp
from statustrio.rfc3339 import from_text, to_text

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LONGEST_PROBLEM = 2000
"""Characters of one problem of a configuration."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


FULL = """\
defaults: {poll_interval_seconds: 60, max_backoff_seconds: 300}
limits: {body_mib: 1, requests_in_flight: 9}
web: {listen: "127.0.0.1:8080", hosts: [a.example]}
providers:
  - openai
  - {name: A, feed_url: "https://${NAME}/f", headers: {X-Key: "${NAME}"}, tags: [a, b], enabled: false}
consumers:
  - {type: stdout}
  - {type: file, path: e.jsonl}
  - {type: command, argv: [./page, x]}
  - {type: webhook, url: "https://h.example/${NAME}", secret: whsec_AAAA, min_impact: major, hold: 3m, max_age: 2h}
  - {type: apprise, urls: ['json://h'], events: [incident.opened], components: [API], match: 'a|b'}
"""


def _configurations() -> list[bytes]:
    return [(ROOT / "providers.yaml").read_bytes(), b"providers: [github]\n", FULL.encode()]


def _configuration(data: bytes) -> Look:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "providers.yaml"
        path.write_bytes(data)
        begun = time.process_time()
        try:
            load_config(path, {"NAME": "value-of-name"})
            said: tuple[str, ...] = ()
        except ConfigError as exc:
            said = exc.problems
            check(said, "refused without a word")
        cpu = time.process_time() - begun
    for problem in said:
        check(problem.startswith(str(path)), f"a problem without its place: {problem[:100]!r}")
        check(not _CONTROLS.search(problem), f"a problem steers the terminal: {problem[:200]!r}")
        check("\n" not in problem, f"a problem of several lines: {problem[:200]!r}")
        check(len(problem) < LONGEST_PROBLEM, f"a problem of {len(problem)} characters")
        check("value-of-name" not in problem, f"a problem tells a value of the environment: {problem[:200]!r}")
    _edited(data)
    kinds = sorted({re.sub(r"'[^']*'|[0-9]+|`[^`]*`", "#", problem.rpartition(": ")[2])[:40] for problem in said})
    return Look(" ".join(kinds[:3]), cpu, len(data))


def _edited(data: bytes) -> None:
    """A line added to it leaves all else as it was."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    Listed(text)
    edited = insert_providers(text, [NewProvider.of_page("New: #1", "https://new.example/'feed\"?a={b}")])
    if isinstance(edited, Edited):
        before, after = (
            parse_yaml(text.removeprefix("\ufeff")).data,
            parse_yaml(edited.text.removeprefix("\ufeff")).data,
        )
        assert isinstance(after, dict)
        check(after["providers"][-1]["name"] == "New: #1", "what was added is not there")
        rest = {**after, "providers": after["providers"][:-1] or None}
        was = before if isinstance(before, dict) else {}
        check(rest == {**was, "providers": was.get("providers") or None}, "the addition changed something else")


LIST = """\
<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>
<outline text="Folder">
<outline text="A" title="A &amp; B" type="rss" xmlUrl="https://a.example/feed" category="/x/y,z"/>
</outline><outline text="G" xmlUrl="https://www.githubstatus.com/history.atom"/></body></opml>
"""


def _lists() -> list[bytes]:
    return [
        LIST.encode(),
        b"<opml><body><outline xmlURL='javascript:alert(1)'/><outline xmlUrl='https://u:p@a.example/'/></body></opml>",
    ]


def _list(data: bytes) -> Look:
    begun = time.process_time()
    try:
        outlines = parse_opml(data)
    except OpmlError as exc:
        check(not _CONTROLS.search(str(exc)), "what is said of a list steers the terminal")
        return Look(re.sub("[0-9]+|<.*>", "#", str(exc)), time.process_time() - begun, len(data))
    wanted, skipped = plan(outlines, Listed("providers: []\n"))
    cpu = time.process_time() - begun
    check(len(wanted) + len(skipped) == len(outlines), "an outline is neither taken nor skipped")
    if wanted:
        edited = insert_providers("providers: []\n", wanted)
        assert isinstance(edited, Edited)
        with TemporaryDirectory() as directory:
            path = Path(directory) / "providers.yaml"
            path.write_text(edited.text)
            try:
                load_config(path, {})
            except ConfigError as exc:
                check(not exc.problems, f"what a list adds is no configuration: {exc.problems[0][:200]}")
    titles = [one for one in outlines if one.title and one.url]
    again = parse_opml(render_opml(titles).encode())
    check([(one.title, one.url) for one in again] == [(one.title, one.url) for one in titles], "not the same again")
    return Look(f"{min(len(wanted), 3)} {sorted({reason[:30] for _, reason in skipped})[:3]}", cpu, len(data))


TIMES_READ = """\
2026-03-02T13:00:00Z
Mon, 02 Mar 2026 13:00:00 GMT
Monday, 02-Mar-26 13:00:00 GMT
2 Mar 26 9:05 EST
2026-11-24
2026-11-24T14:00+05:30
Mar 2, 13:00 UTC
Jul 7, 2026, 13:20:00 GMT+0
7d
12 h
120"""


def _times() -> list[bytes]:
    return [line.encode() for line in TIMES_READ.splitlines()]


def _time(data: bytes) -> Look:
    text = data.decode("utf-8", "surrogateescape")
    begun = time.process_time()
    found = []
    for read in (parse_date, _moment, _sent):
        at = read(text)
        found.append(at is not None)
        if at is not None:
            check(at.utcoffset() == timedelta(0), f"{at!r} is not in UTC")
            check(abs(from_text(to_text(at)) - at) < timedelta(milliseconds=1), f"{at!r} is not read back")
    stamp = parse_stamp(text)
    if stamp is not None:
        for reference in (NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
            for at in (stamp.nearest(reference), stamp.latest(reference), stamp.within(reference, NOW)):
                check(at is None or at.utcoffset() == timedelta(0), f"{at!r} is not in UTC")
    header = text.encode("latin-1", "replace").decode("latin-1")
    for headers in ({"retry-after": header}, {"retry-after": "Mon, 02 Mar 2026 13:00:00 GMT", "date": header}):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        pause = retry_after(httpx.Response(503, headers=raw), lambda: NOW)
        check(pause is None or 0 < pause <= 24 * 3600, f"a pause of {pause} s")
        found.append(pause is not None)
    try:
        found.append(check_span(text) > timedelta(0))
    except BadValueError:
        found.append(False)
    return Look(f"{found} {stamp is not None}", time.process_time() - begun, len(data))


def _moment(text: str) -> datetime | None:
    """As `--since` and `--at` take it."""
    try:
        return Moment().convert(text, None, None)
    except click.UsageError:
        return None


def _sent(text: str) -> datetime | None:
    try:
        return from_text(text)
    except ValueError:
        return None


def _changed(known: Sequence[bytes], longest: int) -> Callable[[bytes, Sequence[bytes], Random], bytes]:
    def change(data: bytes, others: Sequence[bytes], chance: Random) -> bytes:
        if chance.random() < 0.03:
            return repeated(data, chance, chance.choice((2**12, longest)), known)
        return mutated(data, others, chance, known)

    return change


CONFIGURATIONS = Target("config", _configurations, _changed(words("yaml"), 2**16), alone(_configuration))
LISTS = Target(
    "opml",
    _lists,
    _changed([*WORDS, b"<outline ", b"xmlUrl='https://x.example/'", b"text='", b"/>"], 2**18),
    alone(_list),
)
TIMES = Target("times", _times, _changed(WORDS, 2**16), alone(_time))
