"""Tables of text and workbooks (config.tables)."""

import gc
import zipfile
from collections import deque
from dataclasses import fields
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from config.aliases import aliases
from config.archive import Exchange, Meter, Node, Relation
from config.tables import decode_text, read_table, rename


def test_text_is_decoded_without_guessing():
    assert decode_text("\ufeff表".encode()) == "表"
    assert decode_text("表".encode("utf-16")) == "表"
    assert decode_text("表".encode("gb18030")) == "表"
    with pytest.raises(UnicodeDecodeError):
        decode_text(b"\xff\x00\xff")


@pytest.mark.parametrize(
    ("table", "kind"), [("meters", Meter), ("relations", Relation), ("nodes", Node), ("exchanges", Exchange)]
)
def test_every_field_has_its_aliases_and_none_is_ambiguous(table, kind):
    columns = {field.name for field in fields(kind)} - {"old_finals", "new_initials"}
    assert set(aliases()[table]) == columns
    names = [name.lower() for field, others in aliases()[table].items() for name in (field, *others)]
    assert len(names) == len(set(names))


def table(path, text):
    path.write_text(text, encoding="utf-8")
    problems = []
    _, rows = rename("meters", read_table(path, problems), Meter, problems)
    return list(rows), [(problem.line, problem.key, problem.nearest) for problem in problems]


def test_headers(tmp_path):
    rows, problems = table(tmp_path / "m.csv", "\n资产编号,表号,规约,终端,ct变比\n1,2,3,4,5\n")
    assert not problems
    assert rows == [(3, {"asset_no": "1", "address": "2", "protocol": "3", "target": "4", "ct": "5"})]


def test_headers_that_are_wrong(tmp_path):
    rows, problems = table(tmp_path / "m.csv", "asset_no,表号,address,protocl,target\n1,2,3,4,5\n")
    assert rows == []
    assert problems == [(1, "address", ""), (1, "protocl", "protocol"), (1, "protocol", "")]


def test_a_broken_quote_has_its_line(tmp_path):
    _, problems = table(tmp_path / "m.csv", 'asset_no\n1\n"2"3\n')
    assert problems[0][:2] == (3, "row")


def test_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["资产编号", "通信地址", "规约", "采集点", "启用日期"])
    book.active.append([1001, 12.0, "dlt645-2007", "line3", date(2026, 5, 1)])
    book.save(tmp_path / "meters.xlsx")
    problems = []
    _, rows = rename("meters", read_table(tmp_path / "meters.xlsx", problems), Meter, problems)
    assert not problems
    ((_, cells),) = rows
    assert cells["asset_no"] == "1001"
    assert cells["address"] == "12"
    assert cells["valid_from"] == "2026-05-01"


def test_no_workbook(tmp_path):
    (tmp_path / "meters.xlsx").write_bytes(b"PK")
    problems = []
    assert read_table(tmp_path / "meters.xlsx", problems).rows == deque()
    assert "XLSX" in problems[0].message


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_workbook_broken_inside_leaves_no_file_open(tmp_path):
    """Left open, the collection below ends the test with a ResourceWarning; openpyxl's own remarks are no matter."""
    book = openpyxl.Workbook()
    book.active.append(["asset_no"])
    book.save(tmp_path / "good.xlsx")
    for name in ("xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/workbook.xml"):
        with (
            zipfile.ZipFile(tmp_path / "good.xlsx") as good,
            zipfile.ZipFile(tmp_path / "m.xlsx", "w") as bad,
        ):
            for member in good.namelist():
                bad.writestr(
                    member, good.read(member).replace(b'="', b'X="') if member == name else good.read(member)
                )
        before = open_files()
        read_table(tmp_path / "m.xlsx", [])
        gc.collect()
        assert open_files() == before
