"""An option or a file in the wrong place: it is said where it goes."""

from __future__ import annotations

import sys

import pytest

from statustrio.cli.main import _main


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("status --db x", "--db goes before the command: statustrio --db PATH status"),
        ("status -c x", "-c goes before the command: statustrio -c PATH status"),
        ("dead-letters list --db x", "--db goes before the command: statustrio --db PATH dead-letters list"),
        ("run --format json", "--format goes before the command: statustrio --format [auto|console|json] run"),
        ("status --version", "--version goes before the command: statustrio --version status"),
        ("--once", "--once goes after its command: statustrio run --once"),
        ("--since 7d incidents", "--since goes after its command: statustrio incidents|events|explain-routing --since"),
        ("--format csv incidents", "table, tsv, json, csv go after a command: statustrio incidents --format csv"),
        ("check my.yaml", "the configuration is named before the command: statustrio -c FILE check"),
        ("run my.yaml", "the configuration is named before the command: statustrio -c FILE run"),
    ],
)
def test_it_is_said_where_it_goes(
    line: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["statustrio", *line.split()])
    assert _main() == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == f"Hint: {hint}"
    assert "Did you mean" not in said


@pytest.mark.parametrize("line", ["--nope", "status --nope", "incidens", "unmute", "health now"])
def test_where_nobody_can_say_there_is_no_hint(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["statustrio", *line.split()])
    assert _main() == 2
    assert "Hint" not in capsys.readouterr().err
