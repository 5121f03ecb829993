"""Workbooks, and archives that only look like one."""

import time
import zipfile
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from config.profiles import load_profile
from drivers.dumps import xlsx
from drivers.dumps.files import Limits, opened
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Status
from tests.protocols.dumps.toy import TZ

SPEC = load_profile("xlsx")
HEAD = ["资产编号", "本次示数", "抄表时间", "备注"]


def made(tmp_path, *rows, sheets=1):
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    book.save(path)
    return path


def read(path, limits=None):
    notes = Notes()
    with opened(path, limits or Limits()) as file:
        return list(xlsx.rows(file, SPEC, TZ, notes)), notes


def reason(path, limits=None):
    with pytest.raises(DumpError) as error:
        read(path, limits)
    return error.value.reason


def test_cells(tmp_path):
    at = datetime(2024, 5, 1, 8, 30)
    path = made(
        tmp_path, ["0012", 150.33, at, None], [12, "１５０", "2024-05-01 8:30", True], [], ["13", None, None, None],
        sheets=2,
    )  # fmt: skip
    items, notes = read(path)
    assert [(row.asset_no, row.this_read) for row in items] == [
        ("0012", Decimal("150.33")), ("12", Decimal(150)), ("13", None),
    ]  # fmt: skip
    assert items[0].read_time == items[1].read_time
    assert items[2].status is Status.UNREAD
    assert [row.line for row in items] == [2, 3, 5]
    assert notes.remarks == [("sheets_more", "Sheet")]


def test_numbers_that_a_spreadsheet_rounded(tmp_path):
    items, _ = read(made(tmp_path, [3.4300010000001234e21, 1, "20240501"], [34300010000001, 1, "20240501"]))
    assert isinstance(items[0], Bad)
    assert items[0].reason == "identity_rounded"
    assert items[1].asset_no == "34300010000001"


def test_noise_of_binary_fractions(tmp_path):
    items, _ = read(made(tmp_path, ["1", 0.1 + 0.2, "20240501"]))
    assert items[0].this_read == Decimal("0.3")


def test_formulas_are_not_run(tmp_path):
    items, _ = read(made(tmp_path, ["1", "=1+1", "20240501"], ["=cmd|'/c calc'!A1", 1, "20240501"]))
    assert items[0].status is Status.UNREAD  # a formula that was never computed has no value
    assert items[1].reason == "identity_missing"


def test_fit(tmp_path):
    path = made(tmp_path, ["1", 1, "20240501"])
    with opened(path) as file:
        assert xlsx.fit(file, SPEC) == 4
    HEAD_, HEAD[0] = HEAD[0], "颜色"
    try:
        with opened(made(tmp_path, ["1"])) as file:
            assert xlsx.fit(file, SPEC) == -1
    finally:
        HEAD[0] = HEAD_


def packed(tmp_path, members, compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_bombs_are_refused_at_once(tmp_path):
    began = time.monotonic()
    assert reason(packed(tmp_path, [("xl/worksheets/sheet1.xml", b"<a>" + b" " * 30_000_000)])) == "bomb"
    many = [(f"m{n}", b"") for n in range(1_500)]
    assert reason(packed(tmp_path, many)) == "bomb"
    stored = [(f"m{n}", b"x" * 100_000) for n in range(20)]
    assert reason(packed(tmp_path, stored, zipfile.ZIP_STORED), Limits(max_expanded=1_000_000)) == "bomb"
    assert time.monotonic() - began < 20


def test_members_that_overlap(tmp_path):
    path = packed(tmp_path, [("a", b"x" * 5000), ("b", b"y" * 5000)], zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = (10).to_bytes(4, "little")
    path.write_bytes(raw)
    assert reason(path) in {"bomb", "damaged"}


@pytest.mark.parametrize(
    "member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "_rels/.rels"]
)
def test_a_dtd_in_any_part(tmp_path, member):
    path = made(tmp_path, ["1", 1, "20240501"])
    spoilt = tmp_path / "spoilt.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(spoilt, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == member:
                head, mark, rest = content.partition(b"?>")
                dtd = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
                content = head + mark + dtd + rest if mark else dtd + content
            target.writestr(info, content)
    assert reason(spoilt) == "xml_forbidden"


def test_what_is_no_workbook(tmp_path):
    assert reason(packed(tmp_path, [("a", b"b")])) == "damaged"
    path = made(tmp_path, ["1", 1, "20240501"])
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    assert reason(path) == "damaged"
    empty = tmp_path / "empty.xlsx"
    openpyxl.Workbook().save(empty)
    assert read(empty)[0] == []
