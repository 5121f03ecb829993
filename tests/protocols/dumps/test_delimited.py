"""Delimited text in all its spellings."""

import io
import random
from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps import delimited
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Mode, Status
from tests.protocols.dumps.toy import TZ, parse

HEAD = [
    "册号",
    "序号",
    "户名",
    "资产编号",
    "示数类型",
    "倍率",
    "上次示数",
    "本次示数",
    "抄表时间",
    "抄表方式",
    "异常代码",
]
ROWS = [
    ["01", "1", "张三", "0000123", "正有总", "1", "100.12", "150.33", "2024-05-01 08:30:00", "1", "00"],
    ["01", "2", "瀨瀨", "0000124", "尖", "40", "1.00", "2.50", "2024-05-01 08:31:00", "2", ""],
    ["01", "3", "弢", "0000125", "谷", "1", "5.00", "", "", "", "07"],
]


def text(rows, delimiter=",", head=HEAD, end="\r\n"):
    return end.join(delimiter.join(cells) for cells in [head, *rows]) + end


@pytest.mark.parametrize("delimiter", [",", "|", ";", "\t", "^", "，"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_delimiter_encoding_and_line_end(delimiter, encoding, end):
    rows, bad, notes = parse(delimited, text(ROWS, delimiter, end=end).encode(encoding))
    assert not bad
    assert [row.this_read for row in rows] == [Decimal("150.33"), Decimal("2.50"), None]
    assert [row.point for row in rows] == ["1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.4"]
    assert [row.status for row in rows] == [Status.READ, Status.READ, Status.FAILED]
    assert [row.mode for row in rows] == [Mode.KEYED, Mode.IR, Mode.KEYED]
    assert [row.cons_name for row in rows] == ["张三", "瀨瀨", "弢"]
    assert rows[0].asset_no == "0000123"
    assert notes.records == 3


def test_a_delimiter_inside_a_double_byte_character_cuts_nothing():
    # Second bytes of these characters are 7CH (|), 5EH (^): cutting bytes would cut names.
    names = [bytes([lead, tail]).decode("gbk") for lead in (0x81, 0x8F, 0xC6) for tail in (0x7C, 0x5E)]
    for delimiter in "|^":
        raw = text([[*ROWS[0][:2], name, *ROWS[0][3:]] for name in names], delimiter).encode("gb18030")
        rows, bad, _ = parse(delimited, raw)
        assert not bad
        assert [row.cons_name for row in rows] == names


def test_offsets_lead_to_the_row():
    raw = text(ROWS).encode("gb18030")
    rows, _, _ = parse(delimited, raw)
    for row, cells in zip(rows, ROWS, strict=True):
        assert raw[row.offset :].startswith(",".join(cells).encode("gb18030"))
    assert [row.line for row in rows] == [2, 3, 4]


def test_columns_in_any_order_and_unknown_ones():
    order = list(range(len(HEAD)))
    random.Random(4).shuffle(order)
    cells = [[row[i] for i in order] + ["?"] for row in ROWS]
    rows, bad, notes = parse(delimited, text(cells, head=[*(HEAD[i] for i in order), "颜色"]).encode())
    assert not bad
    assert rows[0].this_read == Decimal("150.33")
    assert ("columns_unknown", "颜色") in notes.remarks


def test_pinyin_headers_and_date_with_a_clock_of_its_own():
    raw = b"BH,SB1BYDS,CBRQ,CBSJ,CBBZ\n123,5.5,2024-05-01,08:30,1\n124,6.5,20240501,8:30:05,1\n"
    rows, bad, _ = parse(delimited, raw)
    assert not bad
    assert [row.read_time.isoformat() for row in rows] == [
        "2024-05-01T08:30:00+08:00",
        "2024-05-01T08:30:05+08:00",
    ]


def test_quotes_hold_delimiters_quotes_and_line_ends():
    line = '01,1,"李,""四""\r\n先生",123,总,1,1,2,2024-05-01 08:30,1,\r\n'
    rows, bad, _ = parse(delimited, (",".join(HEAD) + "\r\n" + line * 2).encode())
    assert not bad
    assert rows[0].cons_name.startswith('李,"四"')
    assert len(rows) == 2
    assert rows[1].line == 4


def test_an_open_quote_costs_its_line_only():
    good = ",".join(ROWS[0]) + "\n"
    bad_line = '01,2,"never closed,124,总,1,1,2,2024-05-01 08:30,1,\n'
    raw = (",".join(HEAD) + "\n" + good + bad_line + good * 30).encode()
    rows, bad, _ = parse(delimited, raw)
    assert len(rows) == 31
    assert [(one.line, one.reason) for one in bad] == [(3, "quote")]
    assert raw[bad[0].offset :].startswith(bad_line.encode())


@pytest.mark.parametrize(
    ("place", "cell", "reason", "field"),
    [
        (7, "12x", "number", "this_read"),
        (7, "1,234", "number_ambiguous", "this_read"),
        (8, "2024-13-01", "time", "read_time"),
        (8, "", "time_missing", "read_time"),
        (3, "1.2E+20", "identity_rounded", "asset_no"),
        (3, "", "identity_missing", "asset_no"),
        (4, "水", "read_type", "read_type"),
        (9, "99", "mode", "mode"),
    ],
)
def test_bad_cells_are_named(place, cell, reason, field):
    cells = list(ROWS[0])
    cells[place] = f'"{cell}"' if "," in cell else cell
    rows, bad, _ = parse(delimited, text([ROWS[0], cells, ROWS[1]]).encode())
    assert len(rows) == 2
    assert [(one.line, one.reason, one.field, one.text) for one in bad] == [(3, reason, field, cell)]


def test_read_without_value_contradicts_itself():
    raw = "资产编号,本次示数,抄表时间,状态\n1,,2024-05-01 08:00,1\n2,7,2024-05-01 08:00,0\n3,,,2\n4,,,9\n"
    rows, bad, _ = parse(delimited, raw.encode())
    assert [(one.reason, one.field) for one in bad] == [("value_missing", "this_read"), ("status", "status")]
    assert [(row.status, row.this_read) for row in rows] == [(Status.UNREAD, None), (Status.FAILED, None)]


def test_rows_too_long_or_too_short():
    raw = text([[*ROWS[0], "x"], ROWS[0][:3], [*ROWS[0], ""]]).encode()
    rows, bad, _ = parse(delimited, raw)
    assert [one.reason for one in bad] == ["too_many_cells", "too_few_cells"]
    assert len(rows) == 1


def test_bytes_that_fit_no_encoding_cost_their_line_only():
    raw = text([ROWS[0]]).encode() + b"01,1,\xff\xfe\xff,9,,,,,,,\r\n" + ",".join(ROWS[1]).encode()
    rows, bad, notes = parse(delimited, raw)
    assert notes.encoding == "utf-8"
    assert len(rows) == 2
    assert bad[0].reason == "encoding"


def test_trailer_and_what_follows():
    raw = (text(ROWS) + "T,3,152.83\r\n" + ",".join(ROWS[0])).encode()
    rows, bad, notes = parse(delimited, raw)
    assert (notes.trailer.count, notes.trailer.total) == (3, Decimal("152.83"))
    assert len(rows) == 3
    assert bad[0].reason == "after_trailer"
    _, _, notes = parse(delimited, (text(ROWS) + "T,three\r\n").encode())
    assert notes.refusals[0][0] == "trailer_unreadable"


def test_a_header_that_lacks_columns():
    with pytest.raises(DumpError) as error:
        parse(delimited, "户名,电话\n张三,123\n".encode())
    assert error.value.reason == "columns_missing"
    assert "this_read" in error.value.detail
    with pytest.raises(DumpError):
        parse(delimited, b"\n\n")


def test_registers_of_their_own_columns():
    spec = load_profile("delimited-wide")
    raw = "资产编号,抄表时间,总,尖,峰\n1,2024-05-01 08:00,100.5,20.1,\n"
    raw += "2,2024-05-01 08:00,,,\n3,2024-05-01 08:00,1x,2,3\n"
    rows, bad, notes = parse(delimited, raw.encode(), spec)
    assert [(row.asset_no, row.point, row.this_read) for row in rows] == [
        ("1", "1-0:1.8.0", Decimal("100.5")),
        ("1", "1-0:1.8.1", Decimal("20.1")),
        ("2", "1-0:1.8.0", None),
        ("3", "1-0:1.8.1", Decimal(2)),
        ("3", "1-0:1.8.2", Decimal(3)),
    ]
    assert [(one.reason, one.line) for one in bad] == [("number", 4)]
    assert notes.records == 3


def test_fit_prefers_the_profile_that_knows_more():
    import io

    long = "资产编号,抄表时间,总,尖,峰\n1,2024-05-01 08:00,100.5,20.1,\n".encode()
    assert delimited.fit(io.BytesIO(long), load_profile("delimited-wide")) == 5
    assert delimited.fit(io.BytesIO(long), load_profile("delimited")) == -1
    assert TZ


def test_without_a_header():
    row = "0010203,1,0012345678901,张三,0000123,正有总,1,100.12,150.33,2024-05-01 08:30:00,R001,1,00,113.1,22.5\r\n"
    raw = (row * 3 + "T,3,450.99\r\n").encode("gb18030")
    plain = load_profile("delimited-plain")
    assert delimited.fit(io.BytesIO(raw), plain) == 1
    assert delimited.fit(io.BytesIO(raw), load_profile("delimited")) == 0
    assert delimited.fit(io.BytesIO(text(ROWS).encode()), plain) == 0
    rows, bad, notes = parse(delimited, raw, plain)
    assert not bad
    assert [(row.asset_no, row.this_read, row.offset) for row in rows][:1] == [
        ("0000123", Decimal("150.33"), 0)
    ]
    assert (notes.trailer.count, notes.trailer.total) == (3, Decimal("450.99"))


def test_how_far_a_header_is_from_a_profile():
    spec = load_profile("delimited")
    assert delimited.fit(io.BytesIO("资产编号,电话\n1,2\n".encode()), spec) == -2
    assert delimited.fit(io.BytesIO(b"a,b\n1,2\n"), spec) == 0
