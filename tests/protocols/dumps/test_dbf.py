"""DBF tables: types, deleted records, language byte 0, and files that were cut short."""

import io
import struct
from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps import dbf
from protocols.dumps.errors import DumpError
from tests.protocols.dumps.toy import parse

FIELDS = (("ASSETNO", "C", 10), ("CONSNAME", "C", 9), ("THISREAD", "N", 8), ("READTIME", "C", 19))


def table(*rows, fields=FIELDS, language=0, count=None, version=3, tail=b"\x1a", encoding="gb18030"):
    length = 1 + sum(size for _, _, size in fields)
    head = struct.pack("<4BIHH17xB2x", version, 124, 5, 1, len(rows) if count is None else count,
                       33 + 32 * len(fields), length, language)  # fmt: skip
    described = b"".join(struct.pack("<11sc4xBB14x", n.encode("gbk"), k.encode(), s, 0) for n, k, s in fields)
    body = b""
    for row in rows:
        body += b" " if not isinstance(row[0], bool) else b"*"
        for cell, (_, _, size) in zip(row[isinstance(row[0], bool) :], fields, strict=True):
            raw = cell if isinstance(cell, bytes) else cell.encode(encoding)
            body += raw[:size].ljust(size)
    return head + described + b"\r" + body + tail


ROW = ("1001", "张三", "150.33", "2024-05-01 08:30:00")


def test_the_layout():
    rows, bad, notes = parse(dbf, table(ROW, ("1002", "弢", "  2.5", "20240501")), "dbf")
    assert not bad
    assert [(row.asset_no, row.cons_name, row.this_read) for row in rows] == [
        ("1001", "张三", Decimal("150.33")),
        ("1002", "弢", Decimal("2.5")),
    ]
    assert notes.encoding == "gb18030"
    assert [row.offset for row in rows] == [161, 161 + 47]
    assert [row.line for row in rows] == [1, 2]
    assert not notes.refusals


@pytest.mark.parametrize(
    ("language", "encoding", "said"),
    [(0, "gb18030", "gb18030"), (0x4D, "gb18030", "gb18030"), (0, "utf-8", "utf-8"), (0x57, "gb18030", "gb18030"),
     (0x78, "cp950", "cp950")],
)  # fmt: skip
def test_languages(language, encoding, said):
    rows, bad, notes = parse(
        dbf, table(("1001", "張三", "1", "20240501"), language=language, encoding=encoding), "dbf"
    )
    assert not bad
    assert rows[0].cons_name == "張三"
    assert notes.encoding == said


def test_a_name_cut_by_its_field():
    rows, _, _ = parse(dbf, table(("1001", "欧阳娜娜娜", "1", "20240501")), "dbf")
    assert rows[0].cons_name == "欧阳娜娜"
    rows, _, notes = parse(dbf, table(("1", "欧阳欧阳", "1", "20240501"), encoding="utf-8"), "dbf")
    assert (rows[0].cons_name, notes.encoding) == ("欧阳欧", "utf-8")


def test_deleted_records_are_skipped_and_counted():
    rows, _, notes = parse(dbf, table(ROW, (True, *ROW), ROW), "dbf")
    assert (len(rows), notes.deleted, notes.records) == (2, 1, 2)


@pytest.mark.parametrize("cut", [1, 5, 46, 47, 48, 100])
def test_a_table_cut_short_is_refused(cut):
    raw = table(ROW, ROW, ROW)[:-1]
    _, _, notes = parse(dbf, raw[:-cut], "dbf")
    assert notes.refusals == [("truncated", f"{(len(raw) - cut - 161) // 47} / 3")]


def test_a_part_of_a_record_goes_into_quarantine():
    rows, bad, _ = parse(dbf, table(ROW, ROW)[:-10], "dbf")
    assert (len(rows), [one.reason for one in bad]) == (1, ["length"])


def test_more_records_than_the_header_says():
    _, _, notes = parse(dbf, table(ROW, ROW, ROW, count=2), "dbf")
    assert notes.refusals[0][0] == "header"


@pytest.mark.parametrize("tail", [b"", b"\x1a", b"\x1a" * 900, b"\0" * 50])
def test_what_may_stand_behind_the_end(tail):
    rows, _, notes = parse(dbf, table(ROW, tail=tail), "dbf")
    assert (len(rows), notes.refusals) == (1, [])


def test_other_types():
    fields = (("ASSETNO", "C", 4), ("THISREAD", "Y", 8), ("READTIME", "T", 8), ("SEQ", "I", 4), ("LON", "B", 8),
              ("CBBZ", "L", 1), ("REMARK", "M", 10), ("LASTREAD", "F", 6))  # fmt: skip
    julian = 2_460_432  # 2024-05-01
    row = (
        "1", struct.pack("<q", 1_503_300), struct.pack("<ii", julian, 30_600_000), struct.pack("<i", 7),
        struct.pack("<d", 113.5), "T", "         5", "100.12",
    )  # fmt: skip
    rows, bad, notes = parse(dbf, table(row, fields=fields, version=0x83), "dbf")
    assert not bad
    (found,) = rows
    assert (found.this_read, found.seq, found.lon, found.last_read) == (
        Decimal("150.33"), "7", Decimal("113.5"), Decimal("100.12"),
    )  # fmt: skip
    assert found.read_time.isoformat() == "2024-05-01T08:30:00+08:00"
    assert notes.remarks == [("memo_absent", "")]


def test_bad_cells():
    raw = table(
        ROW, ("1002", "x", "********", "20240501"), ("1003", b"\xff\xff\xff\xff\xff", "1", "20240501"), ROW
    )
    rows, bad, _ = parse(dbf, raw, "dbf")
    assert len(rows) == 2
    assert [(one.line, one.reason) for one in bad] == [(2, "number"), (3, "encoding")]
    spoilt = bytearray(table(ROW, ROW))
    spoilt[161] = 0x21
    assert parse(dbf, bytes(spoilt), "dbf")[1][0].reason == "record_type"


@pytest.mark.parametrize(
    "raw", [b"\x03", table(ROW)[:60], table(ROW)[:32] + b"\r" + bytes(200), bytes([3]) * 400]
)
def test_headers_that_are_none(raw):
    with pytest.raises(DumpError):
        parse(dbf, raw, "dbf")


def test_columns():
    wide = table(
        ("1", "5.5", "6.6", "20240501"),
        fields=(("BH", "C", 4), ("FLA", "N", 6), ("FLB", "N", 6), ("CBSJ", "C", 8)),
    )
    assert dbf.fit(io.BytesIO(wide), load_profile("dbf")) == -1
    assert dbf.fit(io.BytesIO(wide), load_profile("dbf-jk")) == 4
    rows, _, _ = parse(dbf, wide, "dbf-jk")
    assert [(row.point, row.this_read) for row in rows] == [
        ("1-0:1.8.0", Decimal("5.5")),
        ("1-0:1.8.1", Decimal("6.6")),
    ]
    with pytest.raises(DumpError) as error:
        parse(dbf, wide, "dbf")
    assert error.value.reason == "columns_missing"


def test_the_cashiers_table():
    fields = (("YHBH", "C", 8), ("CBSX", "N", 4), ("CBBZ", "C", 1), ("SB1SYDS", "C", 8), ("SB1BYDS", "C", 8),
              ("SB2SY", "C", 1), ("SB2BYDS", "C", 2), ("CBRQ", "D", 8))  # fmt: skip
    raw = table(
        ("77", "1", "1", "99999", "12", "1", "", "20240501"),
        ("78", "2", "0", "5", "0", "0", "03", ""),
        fields=fields,
    )
    rows, bad, _ = parse(dbf, raw, "dbf")
    assert not bad
    assert [(row.cons_no, row.this_read, row.last_read, row.rolled) for row in rows] == [
        ("77", Decimal(12), Decimal(99999), True),
        ("78", None, Decimal(5), False),
    ]
    assert rows[1].ex_code == "03"
