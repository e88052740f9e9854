"""An answer that is no feed is named as what it is."""

from __future__ import annotations

import pytest

from statustrio.walls import APP, CAPTCHA, CLOUDFLARE, LOGIN, PAGE, REFUSED, diagnose, is_html

WORDS = "<p>All of our systems are operational, as they have been for the last ninety days.</p>" * 10


def page(body: str, title: str = "Example Status", head: str = "") -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (403, {"cf-mitigated": "challenge"}, b"", CLOUDFLARE),
        (403, {}, page("<p>Enable JavaScript and cookies</p>", "Just a moment..."), CLOUDFLARE),
        (503, {}, page("", "x", '<script src="/cdn-cgi/challenge-platform/h/b/x.js"></script>'), CLOUDFLARE),
        (200, {}, page("<script>window._cf_chl_opt={}</script>", "x"), CLOUDFLARE),
        (403, {}, page("<p>Sorry, you have been blocked</p>", "Attention Required! | Cloudflare"), CLOUDFLARE),
        (200, {}, page(WORDS, "x", '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'), PAGE),
        (403, {}, page("Please solve this CAPTCHA"), CAPTCHA),
        (200, {}, page("Verify you are human"), CAPTCHA),
        (200, {}, page('<iframe src="/_Incapsula_Resource?x=1"></iframe>'), CAPTCHA),
        (403, {}, b"Access Denied", CAPTCHA),
        (200, {}, page(f"{WORDS}<form><p>protected by reCAPTCHA</p></form>"), PAGE),
        (401, {}, b"", LOGIN),
        (200, {}, page("<form><input name=p type='password'></form>"), LOGIN),
        (200, {}, page("<p>Continue</p>", "Sign in to Example"), LOGIN),
        (403, {}, b"Forbidden", REFUSED),
        (200, {}, page('<div id="root"></div><script src="/app.js"></script>'), APP),
        (200, {}, page("<p>Hello</p>"), PAGE),
        (200, {}, page(WORDS + "<script></script>"), PAGE),
        (404, {}, page("<p>There is nothing here</p>"), None),
        (500, {}, b"", None),
        (200, {}, b'{"status": "captcha"}', None),
        (200, {}, b"<feed/>", None),
    ],
)
def test_an_answer_is_diagnosed(status: int, headers: dict[str, str], body: bytes, expected: str | None) -> None:
    assert diagnose(status, headers, body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!doctype HTML><title>x", True),
        (b"\xef\xbb\xbf\n <!-- a --> <!-- b --><html lang=en>", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', True),
        (b"<head>", True),
        (b"<feed/>", False),
        (b"<htmlx>", False),
        (b"html", False),
        (b"", False),
        (b"<!-- a -->" * 1000 + b"x", False),
    ],
)
def test_html_is_known_by_its_beginning(body: bytes, expected: bool) -> None:
    assert is_html(body) is expected


def test_a_real_page_is_a_page() -> None:
    head = "<link rel='alternate' type='application/atom+xml' href='/history.atom'>" * 3
    assert diagnose(200, {}, page(WORDS * 5000, head=head)) == PAGE


def test_each_sentence_says_what_to_do() -> None:
    for sentence in (CLOUDFLARE, CAPTCHA, LOGIN, APP, PAGE):
        assert ";" in sentence or "," in sentence
        assert not sentence.endswith(".")
