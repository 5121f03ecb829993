"""Lists as text (protocols.dumps.write): they come back through the parsers as rows that nobody read."""

import json
from decimal import Decimal

import pytest

from protocols.dumps import delimited as parser
from protocols.dumps.record import Status
from protocols.dumps.sheet import SheetError
from protocols.dumps.write import delimited, fixed, jsonl
from tests.protocols.dumps.lists import FIXED, WIDE, row, sheet, spec, words
from tests.protocols.dumps.toy import parse


@pytest.mark.parametrize("text", ["", WIDE, 'delimiter = "|"\nquote = false', 'delimiter = "tab"'])
@pytest.mark.parametrize("chinese", [False, True])
def test_a_list_comes_back_unread(text, chinese):
    profile = spec(text=text)
    out = sheet(row(cons_name='张"三,|李\\四', remark="=1"), row(asset_no="000000000002"))
    rows, bad, _ = parse(
        parser, delimited(out, profile, words(profile, chinese=chinese), "utf-8-sig"), profile
    )
    assert not bad
    assert [(one.asset_no, one.route, one.seq, one.status) for one in rows] == [
        ("000123456789", "R17", "3", Status.UNREAD),
        ("000000000002", "R17", "3", Status.UNREAD),
    ]
    assert rows[0].last_read == Decimal("150.34")
    assert rows[0].last_time == row().last_time


def test_a_formula_stays_a_text():
    raw = delimited(sheet(row(cons_name="=cmd|' /C calc'!A0")), spec(), words(spec()), "utf-8")
    assert b",'=cmd" in raw


def test_a_layout_without_a_header_goes_by_places():
    profile = spec(
        text="header = false\ncommon = false\n[columns]\nasset_no = 2\nthis_read = 3\nlast_read = 1\n"
    )
    assert delimited(sheet(), profile, words(profile), "utf-8") == b"150.34,000123456789,\r\n"


def test_a_delimiter_of_two_letters_cannot_be_written():
    profile = spec(text='delimiter = "||"')
    with pytest.raises(SheetError, match="delimiter"):
        delimited(sheet(), profile, words(profile), "utf-8")


def test_what_an_encoding_lacks_is_counted():
    out = sheet(row(cons_name="𠮷野家"))
    raw = delimited(out, spec(), words(spec()), "gbk")
    assert out.replaced == 1
    assert "?野家".encode("gbk") in raw


def test_json_lines_have_the_names_of_the_profile_and_no_empty_cells():
    (line,) = jsonl(sheet(), spec("jsonl"), words(spec("jsonl")), "utf-8").splitlines()
    found = json.loads(line)
    assert found["asset_no"] == "000123456789"
    assert found["status"] == "0"
    assert "this_read" not in found


def fixed_lines(*rows, encoding="gbk"):
    profile = spec("fixed", FIXED)
    out = sheet(*rows)
    raw = fixed(out, profile, words(profile, compact=True), encoding)
    assert raw.endswith(b"\r\n")
    return out, raw.split(b"\r\n")[:-1]


def test_fixed_records_are_bytes_with_header_and_trailer():
    _, (head, data, tail) = fixed_lines(row(cons_name="张三丰"))
    assert head == b"HL261123-AB12        20261123173000".ljust(60)
    # The name has five bytes: the third character would be cut through and is left out.
    assert data == b"D000123456789110000015034" + b"20261001000000" + "张三".encode("gbk") + b" " * 17
    assert tail == b"T000001000000000000".ljust(60)
    assert {len(line) for line in (head, data, tail)} == {60}


def test_an_asset_number_is_never_cut():
    out, lines = fixed_lines(row(asset_no="1" * 13), row())
    assert len(lines) == 3
    assert [(one.row.asset_no, one.field) for one in out.left_out] == [("1" * 13, "asset_no")]
    assert lines[-1].startswith(b"T000001")


@pytest.mark.parametrize(("field", "wrong"), [("last_read", Decimal("123456789.00")), ("point", "1-0:3.8.0")])
def test_a_register_without_room_is_left_out_and_told(field, wrong):
    out, lines = fixed_lines(row(**{field: wrong}))
    assert len(lines) == 2
    assert [one.field for one in out.left_out] == ["read_type" if field == "point" else field]


def test_numbers_are_cut_to_the_decimals_of_the_layout_and_unknown_ones_are_blank():
    _, (_, first, second, _) = fixed_lines(row(last_read=Decimal("150.349")), row(last_read=None))
    assert first[15:25] == b"0000015034"
    assert second[15:25] == b" " * 10


def test_context_records_cannot_be_written():
    profile = spec("fixed", FIXED.replace('kind = "header"', 'kind = "context"'))
    with pytest.raises(SheetError, match="context_records"):
        fixed(sheet(), profile, words(profile), "gbk")
