from __future__ import annotations

import pytest

from statustrio.redaction import HIDDEN, Redactor, carried, without_password


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    redactor.learn(secrets)
    return redactor


def test_a_secret_is_hidden_wherever_it_stands() -> None:
    assert knowing("hunter22").hide("https://x.example/hunter22?t=hunter22") == f"https://x.example/{HIDDEN}?t={HIDDEN}"


def test_what_knows_no_secret_changes_nothing() -> None:
    assert Redactor().hide("text") == "text"
    assert Redactor()(None, "info", {"a": "text"}) == {"a": "text"}


def test_the_longest_is_hidden_first_so_that_no_part_of_it_is_left() -> None:
    assert knowing("token", "token-long").hide("token-long token") == f"{HIDDEN} {HIDDEN}"


def test_a_value_too_short_to_be_a_secret_maims_no_word() -> None:
    assert knowing("abc", "", "1").hide("abcdef 1") == "abcdef 1"
    assert knowing("abcd").hide("abcd") == HIDDEN


def test_what_was_a_secret_stays_hidden_after_a_reload() -> None:
    redactor = knowing("first-secret")
    redactor.learn(["second-secret"])
    assert redactor.hide("first-secret second-secret") == f"{HIDDEN} {HIDDEN}"


def test_as_a_log_processor_it_hides_the_text_of_every_field() -> None:
    fields = {"event": "poll.failed", "reason": "GET /hunter22", "n": 3, "none": None}
    assert knowing("hunter22")(None, "info", fields) == {**fields, "reason": f"GET /{HIDDEN}"}


def test_a_secret_inside_a_list_or_a_mapping_is_hidden_too() -> None:
    fields = {"argv": ["x", "hunter22"], "headers": {"token": "hunter22"}, "names": ("hunter22",)}
    shown = knowing("hunter22")(None, "info", fields)
    assert "hunter22" not in repr(shown)


def test_a_password_in_an_address_is_hidden_without_being_known() -> None:
    assert without_password('at "https://me:pw@x.example/@a" and http://y.example/@b') == (
        f'at "https://{HIDDEN}@x.example/@a" and http://y.example/@b'
    )


@pytest.mark.parametrize(
    "shown", ["abc+/=d f", "abc%2B%2F%3Dd%20f", "abc%2B%2F%3Dd+f", "abc%2B/%3Dd%20f", "abc+/=d%20f"]
)
def test_a_secret_is_hidden_as_urls_write_it(shown: str) -> None:
    redactor = Redactor()
    redactor.learn(["abc+/=d f"])
    assert redactor.hide(f"https://h.example/?token={shown}&x") == "https://h.example/?token=***&x"


@pytest.mark.parametrize("shown", ["aHVudGVyIjIyXMOp", r"hunter\"22\\\u00e9", r'hunter"22\\é'])
def test_a_secret_is_hidden_as_headers_json_and_tracebacks_write_it(shown: str) -> None:
    assert knowing('hunter"22\\é').hide(f"before {shown} after") == f"before {HIDDEN} after"


def test_an_address_carries_its_password_and_what_authorization_makes_of_it() -> None:
    assert carried("https://me:hunter%2022@h.example/x") == {"hunter 22", "bWU6aHVudGVyIDIy"}
    assert carried("https://h.example/me:hunter22@x") == carried("https://me@h.example/") == frozenset()
    assert carried("http://[") == frozenset()
