"""The file is read and written byte for byte, and never seen half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from statustrio import config_file
from statustrio.config_file import read_exact, read_text, replace_text
from statustrio.errors import ConfigError


def test_a_byte_order_mark_and_line_ends_come_through(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    raw = "\ufeffa: é\r\nb: 1\n".encode()
    path.write_bytes(raw)
    assert read_text(path) == "a: é\r\nb: 1\n"
    replace_text(path, read_exact(path))
    assert path.read_bytes() == raw


def test_what_is_not_utf8_has_its_place_also_behind_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xff")
    with pytest.raises(ConfigError) as caught:
        read_exact(path)
    assert f"{path}:1:4: the byte 0xFF is not UTF-8" in str(caught.value)


def test_the_mode_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("old")
    path.chmod(0o640)
    replace_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["p.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "p.yaml"
    target.write_text("old")
    path = tmp_path / "p.yaml"
    path.symlink_to(target)
    replace_text(path, "new")
    assert path.is_symlink()
    assert target.read_text() == "new"


def test_what_is_not_there_yet_is_made_also_behind_a_link(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.symlink_to(tmp_path / "target.yaml")
    replace_text(path, "new")
    assert (tmp_path / "target.yaml").read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0


def test_a_crash_on_the_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(config_file.os, "fsync", full)
    with pytest.raises(ConfigError) as caught:
        replace_text(path, "new")
    assert str(caught.value) == f"{path}: cannot be written: no space left on device"
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("kind", ["no directory", "a directory", "a pipe"])
def test_what_cannot_be_written_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.yaml"
    if kind == "no directory":
        path = tmp_path / "none" / "p.yaml"
    elif kind == "a directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(ConfigError):
        replace_text(path, "new")
