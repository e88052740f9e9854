"""A badge: the state of one provider as a small picture for a README or a dashboard. Pure."""

from __future__ import annotations

from html import escape

from statustrio.web.strip import WORDS, Level

COLOURS = {
    Level.UNSEEN: "#6b7280",
    Level.FINE: "#15803d",
    Level.NONE: "#15803d",
    Level.MAINTENANCE: "#1d4ed8",
    Level.UNKNOWN: "#a16207",
    Level.MINOR: "#a16207",
    Level.MAJOR: "#c2410c",
    Level.CRITICAL: "#b91c1c",
}
"""White letters can be read on all of them."""
CHARACTER = 6.6
"""Units that a letter of 11 takes at most on average; `textLength` fits it in exactly."""
MARGIN = 8


def badge(name: str, level: Level) -> str:
    """An SVG, 20 units high."""
    name = name if len(name) <= 40 else name[:39] + "…"
    words = WORDS[level]
    left, right = _width(name), _width(words)
    says = escape(f"{name}: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{says}">'
        f"<title>{says}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="#374151"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z" fill="{COLOURS[level]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(left / 2, name, left)}{_text(left + right / 2, words, right)}</g></svg>"
    )


def _width(text: str) -> int:
    return round(len(text) * CHARACTER) + 2 * MARGIN


def _text(x: float, text: str, width: int) -> str:
    return f'<text x="{x:g}" y="14" textLength="{width - 2 * MARGIN}">{escape(text)}</text>'
