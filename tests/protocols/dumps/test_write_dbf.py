"""Lists as DBF tables (protocols.dumps.write_dbf), read back by hand."""

import struct
from decimal import Decimal

import pytest

from protocols.dumps.sheet import SheetError
from protocols.dumps.write_dbf import dbf
from tests.protocols.dumps.lists import WIDE, row, sheet, spec, words


def records(raw):
    """The header's language id, and each record's texts by column."""
    count, begins, length = struct.unpack_from("<IHH", raw, 4)
    fields, at = [], 32
    while raw[at] != 0x0D:
        fields.append((raw[at : at + 11].rstrip(b"\0").decode("ascii"), chr(raw[at + 11]), raw[at + 16]))
        at += 32
    assert at + 1 == begins
    assert length == 1 + sum(size for _, _, size in fields)
    assert raw[begins + count * length :] == b"\x1a"
    found = []
    for start in range(begins, begins + count * length, length):
        place, cells = start + 1, {}
        for name, _, size in fields:
            cells[name] = raw[place : place + size]
            place += size
        found.append(cells)
    return raw[29], found


def test_a_table_with_the_profiles_names():
    profile = spec("dbf", '[columns]\nasset_no = ["资产编号", "ZCBH"]\n')
    page, (cells,) = records(dbf(sheet(row(cons_name="张三")), profile, words(profile), "gbk"))
    assert page == 0x4D
    assert cells["ZCBH"] == b"000123456789".ljust(24)
    assert cells["CONS_NAME"] == "张三".encode("gbk").ljust(40)
    assert cells["LAST_READ"] == b"150.34".rjust(14)
    assert cells["THIS_READ"] == b" " * 14
    assert cells["STATUS"].strip() == b"0"


def test_a_wide_table_has_one_record_a_meter():
    profile = spec("dbf", WIDE)
    _, found = records(
        dbf(sheet(row(), row(point="1-0:1.8.2"), row(asset_no="2")), profile, words(profile), "gbk")
    )
    assert [cells["ASSET_NO"].strip() for cells in found] == [b"000123456789", b"2"]
    assert found[0]["LASTA"].strip() == b"150.34"
    assert found[0]["FLA"] == b" " * 14


def test_what_has_no_room_is_left_out_and_names_are_cut_between_characters():
    out = sheet(row(asset_no="1" * 25), row(cons_name="三" * 30 + "x"), row(last_read=Decimal(10) ** 15))
    _, (cells,) = records(dbf(out, spec("dbf"), words(spec("dbf")), "utf-8"))
    assert cells["CONS_NAME"].decode().strip() == "三" * 13
    assert [one.field for one in out.left_out] == ["asset_no", "last_read"]


def test_a_profile_whose_columns_have_no_plain_name():
    profile = spec("dbf", 'common = false\n[columns]\nasset_no = ["资产编号"]\nthis_read = ["示数"]\n')
    with pytest.raises(SheetError, match="no_names"):
        dbf(sheet(), profile, words(profile), "gbk")
