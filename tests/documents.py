"""Small feeds as bytes, and what becomes of them: parsed, recognised by their content alone, read."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from statustrio.feed.parse import Entry, Feed, parse_feed
from statustrio.model import Reading
from statustrio.platforms import recognise


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def tags(**values: str | None) -> str:
    """An element for each value, escaped; none for None."""
    return "".join(
        f"<{name.replace('__', ':')}>{escape(value)}</{name.replace('__', ':')}>"
        for name, value in values.items()
        if value is not None
    )


def item(
    title: str | None = None,
    *,
    guid: str | None = None,
    link: str | None = None,
    date: str | None = None,
    text: str | None = None,
    encoded: str | None = None,
    more: str = "",
) -> str:
    """An item of RSS; `more` is markup."""
    fields = tags(title=title, guid=guid, link=link, pubDate=date, description=text, content__encoded=encoded)
    return f"<item>{fields}{more}</item>"


def entry(
    title: str | None = None,
    *,
    id: str | None = None,
    link: str | None = None,
    published: str | None = None,
    updated: str | None = None,
    content: str | None = None,
    summary: str | None = None,
) -> str:
    """An entry of Atom."""
    address = "" if link is None else f'<link rel="alternate" href="{escape(link)}"/>'
    typed = "".join(
        f'<{name} type="html">{escape(value)}</{name}>'
        for name, value in (("content", content), ("summary", summary))
        if value is not None
    )
    return f"<entry>{tags(id=id, title=title, published=published, updated=updated)}{address}{typed}</entry>"


def rss(*items: str, title: str = "Example Status", head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"{tags(title=title)}{head}{''.join(items)}</channel></rss>"
    ).encode()


def atom(*entries: str, title: str = "Example Status", head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"{tags(title=title)}{head}{''.join(entries)}</feed>"
    ).encode()


def parsed(document: bytes) -> Feed:
    return parse_feed(document, url="", content_type=None)


def maker(document: bytes) -> str:
    """The name of the platform that the document is recognised as."""
    return recognise(parsed(document)).name


def readings(document: bytes, platform: str) -> list[Reading]:
    """What each entry says, of a document that is recognised as the platform's."""
    feed = parsed(document)
    chosen = recognise(feed)
    assert chosen.name == platform
    return [chosen.read(one) for one in feed.entries]


def reading(document: bytes, platform: str) -> Reading:
    """What the one entry of a document says."""
    (one,) = readings(document, platform)
    return one


def bare(*, id: str | None = None, title: str = "", link: str | None = None, content: str = "") -> Entry:
    """An entry that says next to nothing."""
    return Entry(id, title, link, None, None, content, "")
