"""An event for people: one glance tells the provider, what, how bad and since when. Times are local.

The time in front is when it was recorded, so that they come in order; when it was posted is said where that differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

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
LATE = timedelta(minutes=2)
"""What was posted so long before it was recorded has a time of its own; a poll can be a minute late."""


class Console:
    """Shapes events for the terminal that stdout is. `day` is that of what stands there already, None: nothing does."""

    def __init__(self, console: rich.console.Console | None = None, *, day: date | None = None) -> None:
        self._console = console or rich.console.Console(highlight=False, soft_wrap=False)
        self._day = day
        self._newest: tuple[str, bool] = ("", False)
        """The event shaped last, and whether its day stands above it: shaped again it is the same text."""

    def shape(self, logged: Logged) -> str:
        """The event as text, with an empty line after it; the first of a day with the day above it."""
        event = logged.event
        day = here(event.timestamp).date()
        if event.id != self._newest[0]:
            self._newest = (event.id, day != self._day)
            self._day = day
        with self._console.capture() as capture:
            if self._newest[1]:
                self._console.print(Text(f"{day:%a %d %b %Y}", "dim"))
            self._print(event)
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
        if event.update_at and event.update_at != event.started_at and event.timestamp - event.update_at >= LATE:
            parts.append(f"posted {local(event.update_at, event.timestamp)}")
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
    """The time of day here, with the date unless it is today's, and the year unless it is this one."""
    at, now = here(at), here(now)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at:%d %b %H:%M}" if at.year == now.year else f"{at:%d %b %Y %H:%M}"
