"""What chat services take instead of our own JSON: Slack, Microsoft Teams, Discord. Pure.

Each is what its incoming webhooks document: Slack `text` (mrkdwn), Teams a message with an Adaptive Card, Discord
`content`. Text of a page is never markup there, and notifies nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from statustrio.events import Event
from statustrio.model import Impact

LONGEST_MESSAGE = 1500
"""Characters; Discord takes 2000 in all, and nobody reads more in a chat."""
_SIGNS = {"incident": "🔴", "maintenance": "🔧", "provider": "👁", "monitor": "📡"}
_OVER = "✅"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~])")


def heading(event: Event) -> str:
    """What happened, to whom, in one line."""
    family, _, noun = event.event.partition(".")
    sign = _OVER if noun in ("resolved", "completed", "recovered", "online") else _SIGNS[family]
    who = event.provider_name or "statustrio"
    return f"{sign} {noun.upper()}  {who}" + (f": {event.title}" if event.title else "")


def _facts(event: Event) -> str:
    parts = []
    if event.impact and event.impact is not Impact.NONE:
        parts.append(f"impact {event.impact}")
    if event.status:
        parts.append(event.status.replace("_", " "))
    if event.components:
        parts.append(", ".join(component.name for component in event.components))
    return " · ".join(parts)


def _message(event: Event) -> str:
    text = event.message or ""
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def plain_text(event: Event) -> str:
    """What stands below the heading: facts, message, address."""
    return "\n".join(part for part in (_facts(event), _message(event), event.url) if part)


def slack(event: Event) -> dict[str, Any]:
    """`text` with the three characters escaped that mean something to Slack."""

    def plain(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    lines = [f"*{plain(heading(event))}*", *(plain(part) for part in (_facts(event), _message(event)) if part)]
    if event.url:
        lines.append(f"<{plain(event.url).replace('|', '%7C')}>")
    return {"text": "\n".join(lines)}


def teams(event: Event) -> dict[str, Any]:
    """A message with an Adaptive Card, as the webhooks of Teams workflows take it."""

    def block(text: str, **more: Any) -> dict[str, Any]:
        return {"type": "TextBlock", "text": _escaped(text), "wrap": True, **more}

    body = [block(heading(event), weight="Bolder", size="Medium")]
    if facts := _facts(event):
        body.append(block(facts, isSubtle=True))
    if message := _message(event):
        body.append(block(message))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if event.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Status page", "url": event.url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def discord(event: Event) -> dict[str, Any]:
    """`content` that mentions nobody, whatever the page writes."""
    lines = [f"**{_escaped(heading(event))}**", *(_escaped(part) for part in (_facts(event), _message(event)) if part)]
    content = "\n".join(lines)
    link = f"\n<{event.url}>" if event.url else ""
    return {"content": content[: 2000 - len(link)] + link, "allowed_mentions": {"parse": []}}


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


SHAPES: Mapping[str, Callable[[Event], dict[str, Any]]] = MappingProxyType(
    {"slack": slack, "teams": teams, "discord": discord}
)
"""By the name in the configuration."""
