"""What may happen to a document on its way, over every platform: nothing invented, and nothing over that is not."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from documents import item, rss
from samples import ONE, OPEN_TIMELINE, OVER_TIMELINE, SAMPLES, TWO

from statustrio.detect import detect
from statustrio.errors import FeedError
from statustrio.model import Known, KnownIncident, Observation, ProviderState, Seen, Shape, Validators
from statustrio.platforms import BY_NAME
from statustrio.reading import body_digest, read_document

SHARED = Path(__file__).parent.parent.parent / "shared" / "feeds"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ENDS = ("resolved", "completed", "withdrawn")


class Follower:
    """Follows one feed through the real reading and detection, everything it knows kept in memory."""

    def __init__(self) -> None:
        self.state = ProviderState("p", "P", "u")
        self.incidents: dict[str, KnownIncident] = {}
        self.now = START

    def see(self, body: bytes) -> list[tuple[str, str | None]]:
        """Poll and find this body; what is told, as event and incident. FeedError where it is no feed."""
        self.now += timedelta(minutes=1)
        document = read_document(
            body,
            url="",
            content_type=None,
            platform=None,
            hint=None,
            last_platform=self.state.platform,
            last_window=self.state.window,
        )
        seen = Seen(
            document.platform,
            document.shape,
            "h",
            Validators(),
            body_digest(body),
            document.window,
            document.readings,
            document.gap,
        )
        observation = Observation("p", "u", self.now, 60, seen)
        change = detect(Known(self.state, tuple(self.incidents.values())), observation)
        self.state = change.state
        for old, new in change.renamed:
            self.incidents[new] = self.incidents.pop(old)
        self.incidents |= {one.incident_id: one for one in change.incidents}
        return [(draft.event, draft.incident_id) for draft in change.drafts]


def bodies() -> Iterator[object]:
    for platform, body in SAMPLES.items():
        yield pytest.param(body, id=platform)
    for path in sorted(SHARED.glob("*/*")):
        if path.suffix in {".atom", ".rss", ".xml"} and path.stat().st_size < 100_000:
            yield pytest.param(path.read_bytes(), id=f"{path.parent.name}/{path.name}")


def step(body: bytes) -> int:
    """How many bytes apart something is tried: large documents take their time."""
    return 97 if len(body) < 20_000 else 970


each_body = pytest.mark.parametrize("body", list(bodies()))


def test_each_platform_has_a_sample_that_it_is_recognised_by() -> None:
    assert set(SAMPLES) == set(BY_NAME)
    for platform, body in SAMPLES.items():
        follower = Follower()
        follower.see(body)
        assert follower.state.platform == platform


@pytest.mark.parametrize("platform", SAMPLES)
def test_of_each_sample_what_is_open_is_told_and_what_is_over_is_not(platform: str) -> None:
    follower = Follower()
    told = follower.see(SAMPLES[platform])
    assert [event for event, _ in told] == ["incident.opened"]
    over = [one for one in follower.incidents.values() if not one.open]
    assert len(over) == (0 if platform in {"azure", "m365", "statusiq"} else 1)


def indented(text: str) -> str:
    return re.sub(r"(</?(?:item|entry|title|guid|id|link|pubDate|updated|published|category)\b)", r"\n\t \1", text)


def turned(text: str) -> str:
    """Attributes in the other order, single quotes."""

    def turn(match: re.Match[str]) -> str:
        attributes = re.findall(r"""([\w:.-]+)\s*=\s*("[^"<]*"|'[^'<]*')""", match[2])
        if '="' in match[2] and any("'" in value for _, value in attributes):
            return match[0]
        return f"<{match[1]} " + " ".join(f"{name}='{value[1:-1]}'" for name, value in reversed(attributes)) + match[3]

    outside = re.split(r"(<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!--.*?-->)", text, flags=re.DOTALL)
    tags = r"""<([\w:]+)\s+((?:[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*')\s*)+)(/?>)"""
    return "".join(
        part if part.startswith(("<![CDATA[", "<?", "<!--")) else re.sub(tags, turn, part) for part in outside
    )


def in_cdata(text: str) -> str:
    """Escaped markup as a CDATA section."""

    def wrap(match: re.Match[str]) -> str:
        if "<" in match[2] or "]]>" in match[2] or "&" not in match[2]:
            return match[0]
        plain = match[2].replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
        plain = plain.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
        return f"{match[1]}<![CDATA[{plain}]]>{match[3]}"

    return re.sub(r"(<(?:description|content|summary)\b[^>]*>)([^<]*)(</)", wrap, text)


def escaped(text: str) -> str:
    """CDATA sections as escaped markup."""

    def escape(match: re.Match[str]) -> str:
        return match[1].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    return re.sub(r"<!\[CDATA\[(.*?)\]\]>", escape, text, flags=re.DOTALL)


def reversed_entries(text: str) -> str:
    entries = re.findall(r"<(?:item|entry)>.*?</(?:item|entry)>", text, flags=re.DOTALL)
    backwards = iter(reversed(entries))
    return re.sub(r"<(?:item|entry)>.*?</(?:item|entry)>", lambda _: next(backwards), text, flags=re.DOTALL)


def refreshed(text: str) -> str:
    """A feed made anew without news: its own dates move."""
    return re.sub(r"<lastBuildDate>[^<]*", "<lastBuildDate>Tue, 03 Mar 2026 00:00:00 GMT", text)


def text_change(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda body: change(body.decode()).encode()


def declared(name: str) -> Callable[[bytes], bytes]:
    """The bytes of UTF-8 under a declaration that says otherwise."""

    def declare(body: bytes) -> bytes:
        rest = re.sub(r"^\s*<\?xml.*?\?>", "", body.decode(), flags=re.DOTALL)
        return f'<?xml version="1.0" encoding="{name}"?>{rest}'.encode()

    return declare


HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "white space between elements": text_change(indented),
    "attributes in another order": text_change(turned),
    "escaped markup in CDATA": text_change(in_cdata),
    "CDATA as escaped markup": text_change(escaped),
    "entries in another order": text_change(reversed_entries),
    "made anew": text_change(refreshed),
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "lines ended as on Windows": lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "no declaration": text_change(lambda text: re.sub(r"^\s*<\?xml.*?\?>", "", text, flags=re.DOTALL)),
    "declared as UTF-16": declared("utf-16"),
    "declared as what nobody knows": declared("x-none"),
}


@each_body
@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_nothing_is_no_event(change: Callable[[bytes], bytes], body: bytes) -> None:
    follower = Follower()
    follower.see(body)
    before = dict(follower.incidents)
    assert follower.see(change(body)) == []
    assert {key: one.updates for key, one in follower.incidents.items()} == {
        key: one.updates for key, one in before.items()
    }
    assert follower.see(body) == []


@each_body
def test_the_order_of_the_entries_makes_no_other_incidents(body: bytes) -> None:
    one, other = Follower(), Follower()
    assert sorted(one.see(body), key=str) == sorted(other.see(reversed_entries(body.decode()).encode()), key=str)
    assert {key: (each.status, each.title) for key, each in one.incidents.items()} == {
        key: (each.status, each.title) for key, each in other.incidents.items()
    }


@each_body
def test_a_document_cut_off_is_no_document(body: bytes) -> None:
    for length in range(0, len(body.rstrip()), step(body)):
        with pytest.raises(FeedError):
            Follower().see(body[:length])


@each_body
def test_flipped_bytes_end_nothing_that_is_open(body: bytes) -> None:
    chance = random.Random(len(body))
    for _ in range(6000 // step(body)):
        follower = Follower()
        follower.see(body)
        standing = {incident_id for incident_id, one in follower.incidents.items() if one.open}
        damaged = bytearray(body)
        for _ in range(chance.choice((1, 1, 1, 5, 50))):
            damaged[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        try:
            told = follower.see(bytes(damaged)) + follower.see(body)
        except FeedError:
            continue
        assert [one for one in told if one[0].endswith(ENDS) and one[1] in standing] == []


def test_the_rss_of_a_page_tells_nothing_that_its_atom_has_told() -> None:
    follower = Follower()
    follower.see(SAMPLES["statuspage"])
    search, mail = (f"https://status.example.org/incidents/{code}" for code in ("bbbbbbbbbbb2", "aaaaaaaaaaa1"))
    twin = rss(
        item("Search", guid=search, link=search, date=ONE, text=OPEN_TIMELINE),
        item("Mail", guid=mail, link=mail, date=TWO, text=OVER_TIMELINE),
    )
    assert follower.see(twin) == []
    assert follower.state.platform == "statuspage"


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the sample feeds are not at {SHARED}")
@pytest.mark.parametrize(("one", "other"), [(3, 4), (5, 6)])
def test_the_rss_of_a_real_page_tells_nothing_that_its_atom_has_told(one: int, other: int) -> None:
    follower = Follower()
    follower.see((SHARED / f"statuspage/digitalocean__{one}.atom").read_bytes())
    assert follower.see((SHARED / f"statuspage/digitalocean__{other}.rss").read_bytes()) == []


def emptied(body: bytes) -> bytes:
    return re.sub(r"<(item|entry)>.*</\1>", "", body.decode(), flags=re.DOTALL).encode()


@pytest.mark.parametrize("platform", SAMPLES)
def test_an_empty_feed_is_no_all_clear_by_itself(platform: str) -> None:
    """Only where a page lists what is open now, and then after three polls in fifteen minutes."""
    follower = Follower()
    follower.see(SAMPLES[platform])
    standing = {incident_id for incident_id, one in follower.incidents.items() if one.open}
    if BY_NAME[platform].complete:
        with pytest.raises(FeedError, match="none of its components"):
            follower.see(emptied(SAMPLES[platform]))
        return
    told = [(minute, one) for minute in range(40) for one in follower.see(emptied(SAMPLES[platform]))]
    ends = [(minute, incident_id) for minute, (event, incident_id) in told if event.endswith(ENDS)]
    is_state = BY_NAME[platform].shape is Shape.CURRENT
    assert ends == ([(15, incident_id) for incident_id in standing] if is_state else [])
    assert {event for _, (event, _) in told} <= {"incident.resolved"}
    if not is_state:
        assert follower.see(SAMPLES[platform]) == []


CALLED_OTHERWISE = {"statuspage", "aws", "azure", "m365", "statusiq", "gcp", "betterstack", "checkly", "xai"}
CALLED_ALIKE = [platform for platform in SAMPLES if platform not in CALLED_OTHERWISE]
"""Those whose sample has the incident "Search" as Statuspage's has it: title, start, an update."""


@pytest.mark.parametrize("platform", CALLED_ALIKE)
def test_a_page_that_moves_to_another_platform_tells_no_incident_twice(platform: str) -> None:
    follower = Follower()
    follower.see(SAMPLES[platform])
    told = [event for event, _ in follower.see(SAMPLES["statuspage"])]
    assert told in (["provider.changed"], ["provider.changed", "incident.updated"])
    assert [one.incident_id for one in follower.incidents.values() if one.open] == ["bbbbbbbbbbb2"]
    assert follower.see(SAMPLES["statuspage"]) == []


def test_a_page_stays_who_it_was_as_long_as_it_can_be() -> None:
    follower = Follower()
    follower.see(SAMPLES["statuspage"])
    foreign = "".join(f"<entry><id>{n}</id><title>[Resolved] Elsewhere {n}</title></entry>" for n in range(2))
    mixed = SAMPLES["statuspage"].replace(b"<entry>", foreign.encode() + b"<entry>", 1)
    assert not any(event == "provider.changed" for event, _ in follower.see(mixed))
    assert follower.state.platform == "statuspage"
