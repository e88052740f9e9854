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


URL = "https://status.example.com/a/long/way/to/the/feed/history.atom"
WIDE = Rows(
    (
        Column("provider", "provider", "bold"),
        Column("open", "open", alone="{} open"),
        Column("status", "status"),
        Column("said", "said", wide=True),
    ),
    [
        {"provider": "acme-cloud", "open": 3, "status": "investigating", "said": f"It moved to {URL} for good"},
        {"provider": "bolt", "open": None, "status": "in progress", "said": "Deoxyribonucleic acid\nis repaired"},
    ],
)


@pytest.mark.parametrize("width", range(20, 170, 10))
def test_no_word_is_broken_and_none_is_lost_at_any_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed(capsys, "table", WIDE).splitlines()
    words = " ".join(lines).split()
    for row in WIDE.data:
        wanted = " ".join(str(value) for value in row.values() if value).split()
        assert [word for word in wanted if word not in words] == []
    assert all(len(line.rstrip()) <= width for line in lines if URL not in line)
    (with_url,) = (line for line in lines if URL in line)
    assert len(with_url.rstrip()) <= max(width, len(URL) + 2)


def test_where_there_is_no_room_beside_the_long_text_stands_below_its_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert printed(capsys, "table", WIDE).splitlines() == [
        "provider     open   status       ",
        "─" * 33,
        "acme-cloud   3      investigating",
        f"  It moved to {URL} for",
        "  good",
        "bolt                in progress",
        "  Deoxyribonucleic acid",
        "  is repaired",
    ]


def test_where_not_even_the_columns_have_room_each_row_is_a_paragraph(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert printed(capsys, "table", WIDE).splitlines() == [
        "acme-cloud  3 open",
        "  investigating",
        "  It moved to",
        f"  {URL}",
        "  for good",
        "",
        "bolt  in progress",
        "  Deoxyribonucleic acid",
        "  is repaired",
    ]
