"""XLSX files as rows (config.workbook)."""

import zipfile
from contextlib import suppress
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import workbook
from config.workbook import NotAWorkbook, rows_of, text_of


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "good.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["asset_no", "启用日期"])
    book.active.append([1001, date(2026, 5, 1)])
    book.save(path)
    return path


def rewritten(good, path, changes):
    """The good workbook with other content for some of its members."""
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, changes.get(member, old.read(member)))
    return path


def test_rows_with_their_numbers(good):
    assert list(rows_of(good)) == [(1, ["asset_no", "启用日期"]), (2, [1001, datetime(2026, 5, 1)])]


def test_cells_as_a_person_sees_them():
    cells = [None, "x", 12.0, 1.5, True, datetime(2026, 5, 1), datetime(2026, 5, 1, 10, 30)]
    assert [text_of(cell) for cell in cells] == [
        "", "x", "12", "1.5", "True", "2026-05-01", "2026-05-01T10:30:00"
    ]  # fmt: skip


@pytest.mark.parametrize("cell", [10**15, 1.2345678901234568e21, -1e15])
def test_a_number_that_has_lost_digits(cell):
    assert "e+" in text_of(cell)


SHEET = "xl/worksheets/sheet1.xml"
_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_TAIL = "</sheetData></worksheet>"
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    + f"]>{_HEAD}<row><c t='inlineStr'><is><t>&i;</t></is></c></row>{_TAIL}"
)


@pytest.mark.parametrize(
    "changes",
    [
        {SHEET: b"\0" * 300_000_000},
        {SHEET: _BOMB},
        {SHEET: f'{_HEAD}<row r="99999999999"><c><v>1</v></c></row>{_TAIL}'},
        {SHEET: f"{_HEAD}<row><c><v>1</v></c>"},
        {"xl/workbook.xml": b"<workbook/>"},
        {"xl/styles.xml": b"<"},
        {"[Content_Types].xml": b""},
    ],
    ids=["large", "entities", "far row", "cut", "no sheets", "styles", "types"],
)
def test_what_only_looks_like_a_workbook(good, tmp_path, changes, monkeypatch):
    monkeypatch.setattr(workbook, "_MAX_ROWS", 5000)
    with pytest.raises(NotAWorkbook):
        list(rows_of(rewritten(good, tmp_path / "bad.xlsx", changes)))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_workbook_with_bytes_changed(good, tmp_path, data):
    raw = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "bad.xlsx"
    path.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    with suppress(NotAWorkbook):
        assert isinstance(list(rows_of(path)), list)
