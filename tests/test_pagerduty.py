from __future__ import annotations

import pytest
from documents import at, atom, bare, entry, item, maker, reading, readings, rss

from statustrio.model import Component, Kind, Update
from statustrio.platforms.pagerduty import PLATFORM

LINK = "https://status.example.org/posts/details/PTEAP0T"
DATE = "Tue, 03 Mar 2026 08:40:00 GMT"


def told(
    title: str, text: str = "Affected: Teapots, Soup\nTea is <b>cold</b>.", guid: str = "PTEAP0T-1772527200"
) -> str:
    return item(title, guid=guid, link=LINK, date=DATE, text=text)


def test_an_open_incident_names_what_is_affected() -> None:
    one = reading(rss(told("[Investigating] Cold tea")), "pagerduty")
    assert (one.incident_id, one.kind, one.title, one.url) == ("PTEAP0T", Kind.INCIDENT, "Cold tea", LINK)
    assert one.updates == (Update(at("2026-03-03T08:40"), "investigating", "Tea is cold."),)
    assert one.components == (Component("Teapots"), Component("Soup"))
    assert (one.started_at, one.updated_at) == (None, at("2026-03-03T08:40"))


def test_the_updates_of_a_post_share_the_front_of_the_guid() -> None:
    document = rss(
        told("[Resolved] Cold tea", guid="PTEAP0T-1772530800"),
        told("[Detected] Cold tea"),
        told("[Resolved] Cold soup", guid="PS0UP17-1772527200"),
    )
    assert [(one.incident_id, one.updates[0].label) for one in readings(document, "pagerduty")] == [
        ("PTEAP0T", "resolved"),
        ("PTEAP0T", "investigating"),
        ("PS0UP17", "resolved"),
    ]


@pytest.mark.parametrize(
    ("title", "label", "short", "kind"),
    [
        ("[Completed] New kettle", "completed", "New kettle", Kind.MAINTENANCE),
        ("[Scheduled] New kettle", "scheduled", "New kettle", Kind.MAINTENANCE),
        ("[EU] Cold tea", "unknown", "[EU] Cold tea", Kind.INCIDENT),
        ("[Resolved]", "resolved", "[Resolved]", Kind.INCIDENT),
    ],
)
def test_the_word_in_brackets_tells_label_and_kind(title: str, label: str, short: str, kind: Kind) -> None:
    one = reading(rss(told(title)), "pagerduty")
    assert (one.updates[0].label, one.title, one.kind) == (label, short, kind)


@pytest.mark.parametrize(
    ("text", "message", "names"),
    [
        pytest.param("Tea is cold.", "Tea is cold.", None, id="not said"),
        pytest.param("Affected: Teapots", "", ["Teapots"], id="nothing else"),
        pytest.param("\n Affected: a,, b ,\nx", "x", ["a", "b"], id="blanks"),
        pytest.param("Affected: ,\nx", "x", None, id="nobody"),
        pytest.param("We are. Affected: a", "We are. Affected: a", None, id="not at the front"),
    ],
)
def test_the_first_line_may_list_what_is_affected(text: str, message: str, names: list[str] | None) -> None:
    one = reading(rss(told("[Resolved] X", text)), "pagerduty")
    assert one.updates[0].text == message
    assert one.components == (names and tuple(Component(name) for name in names))


def test_atom_and_rss_say_the_same() -> None:
    twin = entry(
        "[Resolved] X",
        id="PTEAP0T-1772527200",
        link=LINK,
        published="2026-03-03T08:40:00Z",
        content="Affected: Teapots, Soup\nTea is <b>cold</b>.",
    )
    assert reading(atom(twin), "pagerduty") == reading(rss(told("[Resolved] X")), "pagerduty")


@pytest.mark.parametrize(
    ("id", "link", "key"),
    [("PTEAP0T", None, "PTEAP0T"), (None, LINK, "PTEAP0T"), ("teapot", LINK, "PTEAP0T"), (None, None, None)],
)
def test_without_a_guid_the_link_names_the_post(id: str | None, link: str | None, key: str | None) -> None:
    found = PLATFORM.read(bare(id=id, link=link)).incident_id
    assert found == key if key else len(found) == 32


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(rss(), id="empty"),
        pytest.param(rss(item("[Resolved] X", guid="PTEAP0T-1772527200")), id="no link"),
        pytest.param(rss(item("X", link=LINK + "/2")), id="a longer path"),
        pytest.param(rss(item("X", link=LINK.replace("PTEA", "tea"))), id="small letters"),
    ],
)
def test_only_links_of_posts_make_it_pagerduty(document: bytes) -> None:
    assert maker(document) == "generic"
