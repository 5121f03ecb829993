"""Cells of the archive as values (config.cells)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.archive import Exchange, Meter, Relation
from config.cells import columns, convert, required

GOOD = {"asset_no": "M1", "address": "1", "protocol": "p", "target": "t"}
RELATION = {"meter": "M1", "node_kind": "line", "node": "L1", "side": "supply"}


def read(kind, cells):
    problems = []
    values, good = convert(kind, (7, cells), Path("m.csv"), problems)
    assert good == (not problems)
    return values, problems


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("ct", "300/5", 60),
        ("ct", "60", 60),
        ("digits", "6", 6),
        ("lat", "-22.5", Decimal("-22.5")),
        ("valid_from", "2026-05-01", date(2026, 5, 1)),
        ("valid_from", "2026/5/1", date(2026, 5, 1)),
        ("valid_from", "2026年5月1日", date(2026, 5, 1)),
        ("valid_from", "2026-05-01T00:00:00", date(2026, 5, 1)),
        ("status", "投运", "in service"),
        ("status", "Removed", "removed"),
        ("wiring", "1P2W", "1P"),
        ("register_is_primary", "是", True),
        ("name", "一号\n户", "一号 户"),
    ],
)
def test_a_good_cell(column, text, value):
    assert read(Meter, GOOD | {column: text}) == (GOOD | {column: value}, [])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("ct", "0"),
        ("ct", "1/0"),
        ("ct", "300:5"),
        ("ct", "３００/５"),
        ("digits", "²"),
        ("digits", "13"),
        ("baud", "9" * 5000),
        ("lat", "90.1"),
        ("sequence", "-1"),
        ("rated_voltage", "1e999999999"),
        ("rated_voltage", "NaN"),
        ("valid_from", "2026-02-30"),
        ("valid_from", "２０２６-05-01"),
        ("valid_from", "0001-01-01"),
        ("valid_from", "1.5.2026"),
        ("status", "gone"),
        ("asset_no", "M\x1b[31m"),
        ("asset_no", "M\u202e1"),
        ("asset_no", "x" * 201),
        ("address", "6.45E+11"),
        ("name", "#N/A"),
    ],
)
def test_a_bad_cell_is_named_and_the_others_stay(column, text):
    values, (problem,) = read(Meter, GOOD | {"model": "m", column: text})
    assert (problem.line, problem.key) == (7, column)
    assert column not in values
    assert values["model"] == "m"
    assert len(str(problem)) < 400


@pytest.mark.parametrize("text", ["2", "plus", "--1"])
def test_a_sign_is_one_either_way(text):
    assert read(Relation, RELATION | {"sign": "-"})[0]["sign"] == -1
    assert read(Relation, RELATION | {"sign": text})[1][0].expected == "1, -1"


@pytest.mark.parametrize("text", ["2026-05-01T10:30:00", "2026-05-01", "0001-01-01T00:00:00+08:00", "now"])
def test_an_exchange_happens_at_an_instant(text):
    cells = {"mp_no": "P", "old_asset": "A", "new_asset": "B", "at": text}
    assert read(Exchange, cells)[1][0].key == "at"
    assert not read(Exchange, cells | {"at": "2026-05-01T10:30:00+08:00"})[1]


def test_what_every_row_needs():
    assert list(required(Meter)) == ["asset_no", "address", "protocol", "target"]
    assert [problem.key for problem in read(Meter, {"asset_no": "M1"})[1]] == [
        "address",
        "protocol",
        "target",
    ]
    assert "old_finals" not in {column.name for column in columns(Exchange)}


def test_choices_show_what_they_are_called(monkeypatch):
    expected = {column.name: column.expected for column in columns(Meter)}
    assert expected["status"] == "in service (运行), suspended (停用), removed (拆除)"
