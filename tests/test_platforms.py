from __future__ import annotations

import pytest

from statustrio.feed.parse import Entry, Feed
from statustrio.model import Shape
from statustrio.platforms import BY_NAME, PLATFORMS, recognise
from statustrio.platforms.platform import last_segment, path_key, web_url

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
