"""What an answer is that should have been a feed: a bot wall, a login, a page built by a program, a plain page. Pure.

It judges by status, headers and text, and has one sentence with advice for each. It neither fetches nor finds feeds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from statustrio.feed.text import html_to_text

_ADVICE = "ask the page's owner to let feed readers through, or look for a feed on another host"
CLOUDFLARE = f"a bot wall: Cloudflare lets only browsers in; {_ADVICE}"
CAPTCHA = f"a bot wall: the server lets only browsers in; {_ADVICE}"
LOGIN = "a login page: this status page is not public; if you have a token for it, put it in `headers` of the provider"
REFUSED = "the server refuses (HTTP 403): it lets only browsers in, or the page is not public"
APP = (
    "an empty HTML page that a program fills in the browser, with no feed named in it; look behind `Subscribe` for the"
    " address of the feed and add that"
)
PAGE = "an HTML page with no feed named in it; look behind `Subscribe` for the address of the feed and add that"

LONGEST = 256 * 1024
"""Characters of a page that are looked at."""
FEW_WORDS = 400
"""Characters of visible text: an app's empty page has a notice about JavaScript, a wall a few sentences."""

_HTML = re.compile(
    r"(?>\s+|<\?xml[^>]{0,200}>|<!--.{0,2000}?-->)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_CLOUDFLARE_TITLE = re.compile(r"just a moment|attention required!? \| cloudflare", re.IGNORECASE)
_WALL_WORDS = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|(?:verify|confirm) (?:that )?you(?: are|'re) (?:a )?human|not a robot"
    r"|unusual traffic|access denied|request (?:has been |was )?(?:unsuccessful|blocked)|checking your browser",
    re.IGNORECASE,
)
_WALL_MARKS = re.compile(
    r"_Incapsula_Resource|px-captcha|captcha-delivery\.com|AwsWafIntegration|awswaf\.com", re.IGNORECASE
)
"""What the scripts of walls are called, in pages that show nothing else."""
_PASSWORD = re.compile(r"""<input\b[^>]{0,500}\btype\s*=\s*["']?password""", re.IGNORECASE)
_LOGIN_TITLE = re.compile(r"\b(?:sign|log)[ -]?in\b|\bsingle sign-on\b", re.IGNORECASE)


def is_html(body: bytes) -> bool:
    """Whether a document is an HTML page, XHTML included."""
    return _HTML.match(page_text(body[:8192])) is not None


def page_text(body: bytes) -> str:
    """A page's characters, as far as they are looked at; marks and addresses are ASCII in any encoding."""
    return body[:LONGEST].decode("utf-8", "replace").removeprefix("\ufeff")


def diagnose(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """What the answer is, in one sentence; None where it is neither a page nor a known refusal.

    Names of headers are in lower case.
    """
    html = page_text(body) if is_html(body) else ""
    failed = status >= HTTPStatus.BAD_REQUEST
    found = _TITLE.search(html)
    title = found[1] if found else ""
    seen = html_to_text(html)
    if (
        headers.get("cf-mitigated") == "challenge"
        or _CLOUDFLARE_TITLE.search(title)
        or "_cf_chl_opt" in html
        or (failed and "/cdn-cgi/challenge-platform/" in html)
    ):
        return CLOUDFLARE
    if status == HTTPStatus.UNAUTHORIZED or _PASSWORD.search(html) or _LOGIN_TITLE.search(title):
        return LOGIN
    said = f"{title}\n{seen}" if html else page_text(body) if failed else ""
    if (failed or len(seen) < FEW_WORDS) and (_WALL_WORDS.search(said) or _WALL_MARKS.search(html)):
        return CAPTCHA
    if status == HTTPStatus.FORBIDDEN:
        return REFUSED
    if not html or failed:
        return None
    return APP if len(seen) < FEW_WORDS and "<script" in html.lower() else PAGE
