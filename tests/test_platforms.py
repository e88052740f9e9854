from __future__ import annotations

import time
from datetime import timedelta

import pytest
from attrs import evolve
from documents import at, bare
from hypothesis import given
from hypothesis import strategies as st

from statustrio import config
from statustrio.feed.parse import Entry, Feed
from statustrio.model import Component, Shape
from statustrio.platforms import BY_NAME, PLATFORMS, recognise
from statustrio.platforms.platform import LONGEST_ID, Platform, last_segment, listed, mostly, own_id, path_key, web_url

STATUSPAGE = (
    "<small>Mar <var data-var='date'>24</var>, <var data-var='time'>12:00</var> UTC</small>"
    "<br><strong>Resolved</strong> - x"
)
BANNER = "<p><strong>THIS IS A SCHEDULED EVENT Dec 18, 16:00 - 17:00 UTC</strong></p>"
CODE = "https://h.example/incidents/abc123def456"
ULID = "https://h.example//incidents/01KY54SWGR0000000000000000"


def feed(*entries: Entry, generator: str = "", id: str | None = None, description: str = "") -> Feed:
    return Feed("", "atom", "t", generator, None, id, entries, description)


def entry(id: str | None, content: str = "", link: str | None = None, summary: str = "") -> Entry:
    return Entry(id, "t", link, None, None, content, summary)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(feed(entry("tag:h,2005:Incident/1", STATUSPAGE)), "statuspage", id="statuspage atom"),
        pytest.param(feed(entry(CODE, link=CODE, summary=STATUSPAGE)), "statuspage", id="statuspage rss"),
        pytest.param(feed(entry("tag:h,2005:Incident/1", BANNER)), "statuspage", id="statuspage with a banner alone"),
        pytest.param(feed(entry("x"), entry("tag:h,2005:Incident/1", STATUSPAGE)), "statuspage", id="not the first"),
        pytest.param(feed(id="tag:h.example,2005:/history"), "statuspage", id="statuspage atom without entries"),
        pytest.param(feed(description="Statuspage"), "statuspage", id="statuspage rss without entries"),
        pytest.param(feed(entry("tag:h,2005:Incident/cljsng54g1", STATUSPAGE)), "generic", id="no number"),
        pytest.param(
            feed(
                entry(
                    "tag:h,2005:Incident/24680",
                    summary="<p><strong>Status:</strong> resolved</p>",
                    link="https://h.example/incidents/qwe456",
                )
            ),
            "flashduty",
            id="deepseek",
        ),
        pytest.param(feed(generator="incident.io"), "incidentio", id="incident.io without entries"),
        pytest.param(feed(entry(ULID)), "incidentio", id="incident.io by id"),
        pytest.param(feed(entry("x", link=ULID)), "incidentio", id="incident.io by link"),
        pytest.param(
            feed(entry(CODE, link=CODE, summary=STATUSPAGE), generator="incident.io"),
            "incidentio",
            id="incident.io first",
        ),
        pytest.param(feed(), "generic", id="an empty feed"),
        pytest.param(feed(entry(None)), "generic", id="anything else"),
    ],
)
def test_a_feed_is_recognised_by_what_it_says(document: Feed, name: str) -> None:
    assert recognise(document).name == name


@pytest.mark.parametrize("name", ["incidentio", "aws", "heroku", "openstatus", "betterstack", "instatus", "statuspage"])
def test_one_entry_about_somebody_elses_trouble_makes_no_platform(name: str) -> None:
    foreign = {
        "incidentio": entry(ULID),
        "aws": entry("https://status.aws.amazon.com/#ec2-us-east-1_1772456400"),
        "heroku": entry("x", link="https://status.heroku.com/incidents/2"),
        "openstatus": entry("x", link="https://h.example/events/report/5"),
        "betterstack": entry("https://h.example/incident/987396#2"),
        "instatus": entry("x", link="https://h.example/incident/cljsng54g12299p2nakme751cp"),
        "statuspage": entry("tag:h,2005:Incident/1", STATUSPAGE),
    }[name]
    assert recognise(feed(foreign)).name == name
    assert recognise(feed(entry("1"), foreign)).name == name
    assert recognise(feed(entry("1"), foreign, entry("2"))).name == "generic"


@given(st.lists(st.booleans(), max_size=9))
def test_half_of_the_entries_make_a_platform(ours: list[bool]) -> None:
    document = feed(*(entry("ours" if one else "other") for one in ours))
    assert mostly(document, lambda one: one.id == "ours") == (bool(ours) and 2 * sum(ours) >= len(ours))


def test_no_more_entries_are_looked_at_than_it_takes_to_tell() -> None:
    document = feed(*(entry(str(n)) for n in range(25)))
    looked_at: list[str | None] = []
    assert not mostly(document, lambda one: looked_at.append(one.id))
    assert len(looked_at) == 13


def test_platforms_have_names_and_shapes() -> None:
    assert [platform.name for platform in PLATFORMS][-1] == "generic"
    assert list(BY_NAME.values()) == list(PLATFORMS)
    assert BY_NAME["statuspage"].shape is Shape.TIMELINE
    assert BY_NAME["incidentio"].shape is BY_NAME["generic"].shape is Shape.LATEST


@pytest.mark.parametrize(
    "link", [None, "", "javascript:alert(1)", "file:///etc", "http://[", "https://", "/path", "a b"]
)
def test_what_does_not_lead_to_the_web_is_no_address(link: str | None) -> None:
    assert web_url(link) is None
    assert path_key(link) is None
    assert last_segment(link) is None


def test_a_web_address_is_kept_clean() -> None:
    assert web_url(" https://h.example/a\x1b ") == "https://h.example/a"
    assert last_segment("https://h.example/a/b/?q#f") == "b"
    assert last_segment("https://h.example") is None


def test_lists_and_names_are_kept_clean() -> None:
    assert listed(" a\x1b,, b \n c,") == (Component("a"), Component("b c"))
    assert listed(" , ") is None
    assert own_id(" a\x1b\n b ") == "a b"
    assert (own_id(None), own_id(" "), own_id("y" * 501)) == (None, None, None)


each_platform = pytest.mark.parametrize("platform", [pytest.param(one, id=one.name) for one in PLATFORMS])


def test_the_configuration_knows_the_names() -> None:
    assert set(BY_NAME) == config.PLATFORMS


def test_platforms_without_names_for_incidents_have_a_gap() -> None:
    gaps = {platform.name: platform.gap for platform in PLATFORMS if platform.gap is not None}
    assert gaps == {"aws": timedelta(hours=24), "azure": timedelta(0), "m365": timedelta(0), "statusiq": timedelta(0)}


@each_platform
def test_a_path_can_be_appended_to_a_host(platform: Platform) -> None:
    assert all(path.startswith("/") and path == path.strip() for path in platform.paths)


ADDRESSES = {
    "aws": "https://status.aws.amazon.com/rss/all.rss",
    "azure": "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
    "gcp": "https://www.google.com/appsstatus/dashboard/en/feed.atom",
    "heroku": "https://status.heroku.com/feed",
    "hund": "https://status.example.org/state_feed/feed",
    "m365": "https://status.cloud.microsoft/api/feed/mac",
    "paypal": "https://www.paypal-status.com/feed/rss",
    "slack": "https://slack-status.com/feed/atom",
    "statusio": "https://status.example.org/pages/5f1aa00000000000000000b7/rss",
    "xai": "https://status.x.ai/feed.xml",
}


@pytest.mark.parametrize(("name", "url"), ADDRESSES.items())
def test_the_address_tells_where_the_content_does_not(name: str, url: str) -> None:
    assert recognise(evolve(feed(), url=url)).name == name
    assert recognise(evolve(feed(entry(None)), url=url)).name == name


@pytest.mark.parametrize("url", ADDRESSES.values())
def test_the_content_outdoes_the_address(url: str) -> None:
    assert recognise(evolve(feed(description="Statuspage"), url=url)).name == "statuspage"
    assert recognise(evolve(feed(generator="github.com/cstate"), url=url)).name == "cstate"


def test_each_platform_with_an_address_is_tested() -> None:
    assert set(ADDRESSES) == {platform.name for platform in PLATFORMS if platform.address}


@pytest.mark.parametrize(
    "url",
    [
        "https://status.example.org/?https://status.x.ai/",
        "https://status.x.ai.example/feed.xml",
        "https://azure.status.microsoft.example/en-us/status/feed/",
        "https://notazure.status.microsoft/",
        "https://status.cloud.google.community/feed.atom",
        "https://status.example.org/a/state_feed/feed",
        "https://status.example.org/pages/5f1a/rss",
        "",
    ],
)
def test_an_address_that_is_only_alike_tells_nothing(url: str) -> None:
    assert recognise(evolve(feed(), url=url)).name == "generic"


@each_platform
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(bare(), id="nothing"),
        pytest.param(bare(id="", link="", content=" "), id="blanks"),
        pytest.param(bare(id="http://[", link="http://["), id="broken addresses"),
        pytest.param(bare(id="javascript:x", link="javascript:x", title="[Resolved] X"), id="scripts"),
        pytest.param(bare(id="y" * 9999, link="https://h.example/" + "y" * 9999, title="y" * 9999), id="long names"),
        pytest.param(bare(content="<small>Jan 1, 0000, 1:00 UTC</small><br><strong>x</strong>"), id="year 0"),
        pytest.param(bare(content="<small>\x1b<p>&#0;&bogus;<b"), id="broken markup"),
    ],
)
def test_a_reader_makes_something_of_anything(platform: Platform, told: Entry) -> None:
    for one in (told, evolve(told, content="", summary=told.content, updated=at("0001-01-01"))):
        reading = platform.read(one)
        assert 0 < len(reading.incident_id) <= LONGEST_ID
        assert reading.updates
        assert reading.url is None or reading.url.startswith("https://")
        platform.recognises(feed(one))


@each_platform
def test_a_text_may_stand_in_either_place(platform: Platform) -> None:
    told = bare(id="x", title="X", content="Just <b>text</b>")
    assert platform.read(told) == platform.read(evolve(told, content="", summary=told.content))


ONLY_PUBLISHED = {"aws", "cstate", "kener"}
"""RSS has no other date."""
PUBLISHED_FIRST = {*ONLY_PUBLISHED, "azure", "betterstack", "checkly", "m365", "pagerduty", "statusiq"}
"""Platforms whose entries keep the date of the update they are."""


@each_platform
def test_the_date_of_an_entry_is_that_of_its_update(platform: Platform) -> None:
    first, last = at("2026-03-03T08:00"), at("2026-03-03T09:00")
    told = evolve(bare(id="x", title="X", content="text"), published=first)
    assert platform.read(told).updates[-1].at == first
    both = platform.read(evolve(told, updated=last))
    assert both.updates[-1].at == (first if platform.name in PUBLISHED_FIRST else last)
    late = platform.read(evolve(told, published=None, updated=last))
    assert late.updates[-1].at == (None if platform.name in ONLY_PUBLISHED else last)


@each_platform
def test_an_entry_that_says_nothing_does_not_hide_the_others(platform: Platform) -> None:
    links = feed(bare(), bare(id="tag:h,2005:Incident/1", content=STATUSPAGE))
    assert platform.recognises(links) is (platform.name in {"statuspage", "generic"})


HOSTILE = {
    "common": ("<small>", "<p><strong>", "<br>", "<li>a (", "a ", "\n\nResolved: ", "Status: ", "[", "-"),
    "checkly": ("Status: x<br>", "<br/><br/><br/>Affected services", "<br         >"),
    "datocms": ("<p>         <strong>Resolved</strong>         ",),
    "flashduty": ("<p><strong>Status:</strong>",),
    "gcp": ("<p>Affected products:", "<hr>         ", "<p>Incident began at <strong>2026-03-03 08:30</strong>"),
    "incidentio": ("<b>kompo", "<b>" + "kompo " * 6, "<b>Status:"),
    "instatus": ("<p><strong>Type:</strong>", "<p>         <strong>Affected Components:</strong>a,"),
    "kener": ("Affected: a\n", "Affected: ", "Affected:" + "a," * 100_000),
    "openstatus": ("\n\nResolved: x",),
    "pagerduty": ("Affected: a,",),
    "paypal": ("<small>" + "a1:00" * 12, "<small>Mar 3, 8:40 UTC</small><br><br>"),
    "statuspage": ("THIS IS A SCHEDULED EVENT ",),
    "xai": ("<h3>Status:", "<p>Severity:", "<p>" + " " * 99, "<p><strong>a</strong>" + " " * 99),
}
ADDRESS_PIECES = ("/", "a/", "/issues/", "#/components/aaaaaaaaa", "incident/", "events/report/", "[", "a.", ",2005:")
SIZE = 300_000
"""Characters; what takes quadratic time takes many seconds for them."""


@pytest.mark.slow
@each_platform
def test_hostile_content_takes_linear_time(platform: Platform) -> None:
    for piece in (*HOSTILE["common"], *HOSTILE.get(platform.name, ())):
        content = piece * (SIZE // len(piece)) + "\nx"
        assert seconds(platform, bare(content=content)) < 1.0, piece


@pytest.mark.slow
@each_platform
def test_hostile_names_take_linear_time(platform: Platform) -> None:
    for piece in ADDRESS_PIECES:
        for prefix in ("https://h.example", "tag:h"):
            name = prefix + piece * (SIZE // len(piece)) + "\nx"
            assert seconds(platform, bare(id=name, link=name)) < 1.0, piece
            assert seconds(platform, bare(id="x", title=name)) < 1.0, piece


def seconds(platform: Platform, told: Entry) -> float:
    started = time.process_time()
    platform.recognises(evolve(feed(told, generator="Hugo 0.1"), title=told.title))
    platform.read(told)
    return time.process_time() - started
