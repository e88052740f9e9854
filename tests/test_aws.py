from __future__ import annotations

import pytest
from documents import at, bare, item, maker, reading, readings, rss

from statustrio.model import Component, Impact, Kind, Update
from statustrio.platforms.aws import PLATFORM

HEAD = "<generator>AWS Service Health Dashboard RSS Generator</generator><ttl>5</ttl>"
ROOT = "https://status.aws.amazon.com/"


def told(
    title: str, subject: str = "kettle-us-west-2", epoch: int = 1772556000, text: str = "We look at boilers."
) -> str:
    date = "Tue, 03 Mar 2026 08:40:00 PST"
    return item(title, guid=f"{ROOT}#{subject}_{epoch}", link=ROOT, date=date, text=text)


def test_an_open_incident_has_its_service_and_region_for_a_name() -> None:
    one = reading(rss(told("Service disruption: Cold tea"), head=HEAD), "aws")
    assert (one.incident_id, one.kind, one.title) == ("kettle-us-west-2", Kind.INCIDENT, "Cold tea")
    assert one.updates == (Update(at("2026-03-03T16:40"), "investigating", "We look at boilers."),)
    assert one.components == (Component("kettle"), Component("us-west-2"))
    assert (one.impact, one.url, one.started_at, one.updated_at) == (Impact.MAJOR, ROOT, None, at("2026-03-03T16:40"))


def test_the_updates_of_one_subject_share_the_id() -> None:
    document = rss(
        told("Service is operating normally: [RESOLVED] Cold tea", epoch=1772559600),
        told("Informational message: Cold tea"),
        told("Informational message: Cold soup", "soup-eu-central-1"),
        head=HEAD,
    )
    assert [(one.incident_id, one.updates[0].label) for one in readings(document, "aws")] == [
        ("kettle-us-west-2", "resolved"),
        ("kettle-us-west-2", "investigating"),
        ("soup-eu-central-1", "investigating"),
    ]


@pytest.mark.parametrize(
    ("title", "label", "short", "impact"),
    [
        ("Service is operating normally: [RESOLVED] X", "resolved", "X", None),
        ("Service is operating normally: X", "resolved", "X", None),
        ("Service disruption: [RESOLVED] X", "resolved", "X", Impact.MAJOR),
        ("Service disruption: X", "investigating", "X", Impact.MAJOR),
        ("Service degradation: X", "investigating", "X", Impact.MINOR),
        ("Service impact: X", "investigating", "X", None),
        ("Performance issues: [RESOLVED] X", "resolved", "X", Impact.MINOR),
        ("INFORMATIONAL MESSAGE:[Resolved]X", "resolved", "X", Impact.NONE),
        ("Informational message: [解決済] 遅延 | [RESOLVED] X", "resolved", "遅延 | [RESOLVED] X", Impact.NONE),
        ("Informational message: [解決済み] 遅延", "resolved", "遅延", Impact.NONE),
        ("Informational message: X [RESOLVED]", "investigating", "X [RESOLVED]", Impact.NONE),
        ("[RESOLVED] X", "resolved", "X", None),
        ("X: Y", "investigating", "X: Y", None),
        ("Service disruption: ", "investigating", "Service disruption:", Impact.MAJOR),
        ("", "investigating", "", None),
    ],
)
def test_the_front_of_the_title_tells_state_and_impact(
    title: str, label: str, short: str, impact: Impact | None
) -> None:
    one = reading(rss(told(title), head=HEAD), "aws")
    assert (one.updates[0].label, one.title, one.impact) == (label, short, impact)


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        ("billing", ["billing"]),
        ("multipleservices-me-south-1", ["multipleservices", "me-south-1"]),
        ("kettle-us-gov-west-1", ["kettle", "us-gov-west-1"]),
        ("kettle-us-iso-east-1", ["kettle", "us-iso-east-1"]),
        ("tea-and_soup-ap-northeast-1", ["tea-and_soup", "ap-northeast-1"]),
        ("-us-west-2", ["-us-west-2"]),
    ],
)
def test_service_and_region_are_components(subject: str, names: list[str]) -> None:
    one = reading(rss(told("X", subject), head=HEAD), "aws")
    assert one.incident_id == subject
    assert one.components == tuple(Component(name) for name in names)


def test_the_second_in_the_guid_stands_in_for_a_date() -> None:
    guid = "http://status.aws.amazon.com/#kettle_1772556000"
    one = reading(rss(item("X", guid=guid), head=""), "aws")
    assert (one.incident_id, one.updates[0].at) == ("kettle", at("2026-03-03T16:40"))


def test_a_date_outdoes_the_second_in_the_guid() -> None:
    assert reading(rss(told("X", epoch=1000000000)), "aws").updates[0].at == at("2026-03-03T16:40")


def test_what_has_no_guid_is_hashed() -> None:
    one = PLATFORM.read(bare(title="X", content="y"))
    assert (len(one.incident_id), one.components, one.updated_at, one.url) == (32, None, None, None)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(rss(head=HEAD), "aws", id="empty"),
        pytest.param(rss(item("X", guid=f"{ROOT}#a_1772556000")), "aws", id="no generator"),
        pytest.param(rss(item("X", guid=f"{ROOT}#a_17725")), "generic", id="no second"),
        pytest.param(rss(item("X", guid="https://status.example.org/#a_1772556000")), "generic", id="another host"),
        pytest.param(rss(head="<generator>RSS Generator</generator>"), "generic", id="another generator"),
    ],
)
def test_generator_or_guid_makes_it_aws(document: bytes, name: str) -> None:
    assert maker(document) == name
