"""An event for people: one glance tells the provider, what, how bad and since when. Times are local."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import rich.console
from rich.text import Text

from statustrio.events import Event
from statustrio.feed.text import clean, one_line
from statustrio.model import Impact
from statustrio.spans import duration, here
from statustrio.store.protocol import Logged

LOOKS = {
    "opened": ("●", "red"),
    "reopened": ("●", "red"),
    "unreachable": ("✗", "red"),
    "offline": ("✗", "red"),
    "updated": ("◐", "yellow"),
    "gap": ("!", "yellow"),
    "changed": ("!", "yellow"),
    "resolved": ("✓", "green"),
    "completed": ("✓", "green"),
    "recovered": ("✓", "green"),
    "online": ("✓", "green"),
    "scheduled": ("◷", "blue"),
    "started": ("▶", "blue"),
    "edited": ("✎", "magenta"),
    "postmortem": ("✎", "magenta"),
    "withdrawn": ("∅", "magenta"),
    "summary": ("≡", "cyan"),
    "reminder": ("◷", "cyan"),
}
"""A sign and a colour for the second word of each event; the word itself is always there too."""
IMPACTS = {
    Impact.CRITICAL: "bold white on red",
    Impact.MAJOR: "bold red",
    Impact.MINOR: "yellow",
    Impact.MAINTENANCE: "blue",
    Impact.NONE: "dim",
}
WORD_WIDTH = 13
ROOMY = 70
"""From this width on the message stands under the title; below, a small indent must do."""
NARROWEST = 10
MESSAGE_LINES = 12


class Console:
    """Shapes events for the terminal that stdout is."""

    def __init__(self, console: rich.console.Console | None = None) -> None:
        self._console = console or rich.console.Console(highlight=False, soft_wrap=False)

    def shape(self, logged: Logged) -> str:
        """The event as text, with an empty line after it."""
        with self._console.capture() as capture:
            self._print(logged.event)
        return capture.get()

    def _print(self, event: Event) -> None:
        family, _, noun = event.event.partition(".")
        sign, colour = LOOKS[noun]
        at = here(event.timestamp)
        head = Text()
        head.append(f"{at:%H:%M} ", "dim")
        head.append(f"{sign} {noun.upper():<{WORD_WIDTH - 2}} ", f"bold {colour}")
        indent = len(head.plain) if self._console.width >= ROOMY else 2
        head.append(one_line(event.provider_name or "statustrio"), "bold")
        if event.title:
            head.append(f"  {one_line(event.title)}")
        if event.impact:
            head.append("  ")
            head.append(f" {event.impact} " if event.impact is Impact.CRITICAL else event.impact, IMPACTS[event.impact])
        elif family == "maintenance":
            head.append("  maintenance", "blue")
        lines = hanging(head, self._console, indent)
        for part in (self._facts(event), self._message(event)):
            if part:
                lines += _indented(part, self._console, indent)
        if event.url:
            # Never wrapped by us: where the terminal does it, it can still be opened by a click.
            url = Text(one_line(event.url), "dim underline")
            lines.append(Text(" " * (indent if indent + url.cell_len <= self._console.width else 2)) + url)
        for line in lines:
            line.rstrip()  # blanks up to the edge would wrap when the window gets narrower
            self._console.print(line, no_wrap=True, overflow="ignore", crop=False)

    def _facts(self, event: Event) -> Text | None:
        facts = Text(style="dim")
        parts = []
        if event.status:
            parts.append(event.status.replace("_", " "))
        if event.started_at:
            parts.append(since(event))
        if event.components:
            parts.append(", ".join(one_line(component.name) for component in event.components))
        if not parts:
            return None
        return facts.append(" · ".join(parts))

    def _message(self, event: Event) -> Text | None:
        if not event.message:
            return None
        lines = [line for line in clean(event.message).splitlines() if line.strip()]
        if len(lines) > MESSAGE_LINES:
            lines = [*lines[:MESSAGE_LINES], "…"]
        return Text("\n".join(lines))


Wrap = Callable[[Text, rich.console.Console, int], Iterable[Text]]


def _folded(text: Text, console: rich.console.Console, width: int) -> Iterable[Text]:
    return text.wrap(console, width)


def hanging(text: Text, console: rich.console.Console, indent: int, wrap: Wrap = _folded) -> list[Text]:
    """The text wrapped to the width, every line but the first indented."""
    lines = list(wrap(text, console, max(console.width, indent + NARROWEST)))
    if len(lines) < 2:
        return lines
    first = lines[0]
    rest = text[len(first.plain.rstrip()) :]
    while rest.plain.startswith(" "):
        rest = rest[1:]
    return [first, *_indented(rest, console, indent, wrap)]


def _indented(text: Text, console: rich.console.Console, indent: int, wrap: Wrap = _folded) -> list[Text]:
    """The text wrapped to what the indent leaves of the width."""
    return [Text(" " * indent) + line for line in wrap(text, console, max(console.width - indent, NARROWEST))]


def since(event: Event) -> str:
    """Since when, or how long it took."""
    started = event.started_at
    assert started is not None
    noun = event.event.partition(".")[2]
    if noun in ("resolved", "completed") and event.update_at and event.update_at >= started:
        return f"after {duration(event.update_at, started)}"
    if started > event.timestamp:
        return f"begins {local(started, event.timestamp)}, in {duration(started, event.timestamp)}"
    return f"since {local(started, event.timestamp)}, {duration(event.timestamp, started)} ago"


def local(at: datetime, now: datetime) -> str:
    """The time of day here, with the date unless it is today's."""
    at, now = here(at), here(now)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d %b %H:%M}"
