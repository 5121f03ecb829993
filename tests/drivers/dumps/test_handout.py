"""Route lists in every layout (drivers.dumps.handout): each comes back through the readers as nobody's reading."""

import sqlite3
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from config.profiles import known_profiles, load_profile, profiles
from drivers.dumps import formats
from drivers.dumps.files import opened
from drivers.dumps.handout import ENDINGS, encoding_of, written
from protocols.dumps.record import Notes, Row, Status
from protocols.dumps.sheet import Sheet, SheetError, Words

ZONE = ZoneInfo("Asia/Shanghai")
FACTS = {"batch_id": "L261123-AB12", "created": "20261123173000"}
# Records of vendors without a type of register, a last reading and room for the list's number.
SHORT = ("radix-a", "sensus-k3")
WRITABLE = [name for name in known_profiles() if load_profile(name).format in ENDINGS]


def registers(*points, digits=10):
    return [
        Row(
            line=1, offset=None, point=point, unit="kWh", status=Status.UNREAD, asset_no=f"{meter:0{digits}}",
            cons_no=f"10{meter}", cons_name="=张三,公司", route="17", seq=str(meter), batch_id="L261123-AB12",
            digits=6, multiplier=Decimal(40), last_read=Decimal("150.34"), last_time=datetime(2026, 10, 1, tzinfo=ZONE),
            lon=Decimal("113.123456"), lat=Decimal("22.5"),
        )
        for meter in (1, 2, 3)
        for point in points or ("1-0:1.8.0", "1-0:1.8.1")
    ]  # fmt: skip


def handed(path, name, *, chinese=False, rows=None, encoding=""):
    """A list on disk; the list as it was written."""
    spec = load_profile(name)
    sheet = Sheet(rows=registers() if rows is None else rows, facts=FACTS)
    words = Words(spec, ZONE, chinese=chinese, compact=spec.format in ("fixed", "dbf"))
    path.write_bytes(written(sheet, spec, words, encoding_of(spec, encoding)))
    return sheet


def read(path, wanted=None):
    notes = Notes()
    with opened(path) as file:
        spec = formats.choose(file, tuple(profiles()), wanted)
        return spec, list(formats.rows(file, spec, ZONE, notes)), notes


@pytest.mark.parametrize("chinese", [False, True])
@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in SHORT])
def test_every_list_comes_back_as_unread(tmp_path, name, chinese):
    path = tmp_path / f"list{ENDINGS[load_profile(name).format]}"
    sheet = handed(path, name, chinese=chinese)
    spec, rows, notes = read(path)
    assert spec.name == name
    assert not notes.refusals
    assert not sheet.left_out
    assert {row.status for row in rows} == {Status.UNREAD}
    assert [row.asset_no for row in rows] in (
        [row.asset_no for row in sheet.rows],
        [row.asset_no for row in sheet.rows[::2]],  # one row a meter
    )
    assert {row.batch_id for row in rows} <= {"L261123-AB12"}
    if len(rows) == len(sheet.rows):
        assert [row.point for row in rows] == [row.point for row in sheet.rows]
        assert {row.last_read for row in rows} == {Decimal("150.34")}


def test_a_short_record_of_a_vendor(tmp_path):
    """36 bytes without a type of register; its reader gets the numbers that fit."""
    rows = [*registers("1-0:1.8.0"), *registers("1-0:1.8.0", digits=11)]
    sheet = handed(tmp_path / "list.txt", "radix-a", rows=rows)
    assert [one.field for one in sheet.left_out] == ["asset_no"] * 3
    _, back, _ = read(tmp_path / "list.txt", load_profile("radix-a"))
    assert [row.asset_no for row in back] == ["0000000001", "0000000002", "0000000003"]


def test_a_list_of_unread_records_keeps_its_layout(tmp_path):
    handed(tmp_path / "list.txt", "sensus-k3", rows=registers("1-0:1.8.0"))
    spec, back, _ = read(tmp_path / "list.txt")
    assert spec.name == "sensus-k3"
    assert [(row.status, row.asset_no) for row in back] == [
        (Status.UNREAD, f"000000000{n}") for n in (1, 2, 3)
    ]


@pytest.mark.parametrize("name", sorted(set(known_profiles()) - set(WRITABLE)))
def test_layouts_of_other_systems_are_none_for_readers(tmp_path, name):
    with pytest.raises(SheetError, match="no_route_layout"):
        handed(tmp_path / "list", name)


def test_no_cell_of_a_workbook_is_a_formula_or_a_number(tmp_path):
    handed(tmp_path / "list.xlsx", "xlsx")
    book = openpyxl.load_workbook(tmp_path / "list.xlsx")
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=张三,公司" in {cell.value for cell in cells}
    book.close()


def test_a_database_of_texts(tmp_path):
    handed(tmp_path / "list.db", "sqlite")
    connection = sqlite3.connect(tmp_path / "list.db")
    try:
        assert connection.execute("SELECT asset_no, this_read FROM route LIMIT 1").fetchone() == (
            "0000000001",
            None,
        )
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "wanted", "encoding"),
    [
        ("delimited", "", "utf-8-sig"),
        ("delimited", "gbk", "gbk"),
        ("fixed-160", "", "gbk"),
        ("dbf", "utf-8", "utf-8"),
        ("jsonl", "", "utf-8"),
    ],
)
def test_encodings(name, wanted, encoding):
    assert encoding_of(load_profile(name), wanted) == encoding
