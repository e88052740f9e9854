"""`check`: a configuration can be right and a consumer still have no place to write to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from statustrio.cli.main import statustrio


def check(place: Path, consumer: str, *args: str, **environ: str) -> Result:
    (place / "p.yaml").write_text(
        f"providers: [{{id: github, enabled: false}}]\nconsumers: [{{{consumer}}}, {{type: stdout, id: out}}]\n"
    )
    return CliRunner().invoke(statustrio, ["-c", "p.yaml", "check", *args], env=environ)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", ["file", "atom", "ics"])
@pytest.mark.parametrize("path", ["out.x", "sub/out.x"])
def test_a_file_that_can_be_written_is_fine(place: Path, kind: str, path: str) -> None:
    (place / "sub").mkdir()
    result = check(place, f"type: {kind}, path: {path}")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{place}/p.yaml: fine; providers: 1 (0 enabled), consumers: 2\n"
    assert not (place / path).exists(), "it only looks"


@pytest.mark.parametrize("kind", ["file", "atom", "ics"])
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("none/out.x", "{place}/none is no directory that is there"),
        ("p.yaml/out.x", "{place}/p.yaml is no directory that is there"),
        ("sub", "sub is a directory"),
    ],
)
def test_where_there_is_no_place_to_write_to_it_is_said(place: Path, kind: str, path: str, why: str) -> None:
    (place / "sub").mkdir()
    result = check(place, f"type: {kind}, path: {path}")
    assert result.exit_code == 0, "the directory may come later, and elsewhere it may be there"
    assert result.stdout == f"{place}/p.yaml: can be used; providers: 1 (0 enabled), consumers: 2\n"
    assert result.stderr == f"consumer `{kind}` cannot write: {why.format(place=place)}; till then its events wait\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize("kind", ["file", "atom", "ics"])
def test_a_file_that_may_not_be_written_is_named(place: Path, kind: str) -> None:
    (place / "sub").mkdir(mode=0o500)
    assert "may not be written" in check(place, f"type: {kind}, path: sub/out.x").stderr


def test_a_file_of_somebody_else_is_named_before_it_is_in_the_way(place: Path) -> None:
    (place / "notes.xml").write_text("<notes/>")
    for kind in ("atom", "ics"):
        assert "notes.xml: was not written by statustrio" in check(place, f"type: {kind}, path: notes.xml").stderr
    assert check(place, "type: file, path: notes.xml").stderr == ""


def test_a_path_from_the_environment_is_not_shown(place: Path) -> None:
    result = check(place, "type: file, path: '${WHERE}/x'", WHERE="/hidden-place")
    assert "hidden-place" not in result.output
    assert "`file` cannot write: ***" in result.stderr


@pytest.mark.slow
def test_with_probe_it_is_a_failure(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statustrio.logs.configure_logs", lambda *_: None)  # it would outlive the test
    assert check(place, "type: file, path: none/x", "--probe").exit_code == 1
    assert check(place, "type: file, path: x", "--probe").exit_code == 0
