from __future__ import annotations

import json

import pytest

from statustrio.cli.tables import Column, Rows, show

ROWS = Rows(
    (Column("name", "name"), Column("open", "open"), Column("remark", "remark", wide=True)),
    [{"name": "one", "open": "", "remark": "all\tis well"}, {"name": "two", "open": None, "remark": None}],
)


def printed(capsys: pytest.CaptureFixture[str], style: str, rows: Rows = ROWS) -> str:
    show(rows, style)
    return capsys.readouterr().out


def test_a_table_for_people_leaves_out_what_no_row_has(capsys: pytest.CaptureFixture[str]) -> None:
    head, *_ = printed(capsys, "table").splitlines()
    assert head.split() == ["name", "remark"]


def test_a_table_without_rows_has_all_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    head, *_ = printed(capsys, "table", Rows(ROWS.columns, [])).splitlines()
    assert head.split() == ["name", "open", "remark"]


def test_what_machines_read_has_all_columns_always(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "tsv") == "name\topen\tremark\none\t\tall is well\ntwo\t\t\n"
    assert printed(capsys, "csv") == "name,open,remark\none,,all\tis well\ntwo,,\n"
    assert [json.loads(line) for line in printed(capsys, "json").splitlines()] == ROWS.data


def test_where_the_terminal_is_narrow_the_long_text_stands_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = printed(capsys, "table").splitlines()
    assert lines[0].split() == ["name"]
    assert lines[-1] == "one: all\tis well".expandtabs(8) or lines[-1].startswith("one: all")
    monkeypatch.setenv("COLUMNS", "60")
    assert printed(capsys, "table").splitlines()[0].split() == ["name", "remark"]
