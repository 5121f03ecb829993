"""JSON lines, and what hostile ones hold."""

import io
from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps import jsonl
from protocols.dumps.errors import DumpError
from tests.protocols.dumps.toy import parse

GOOD = '{"asset_no": "0012", "this_read": 150.33, "read_time": "2024-05-01T08:30:00+08:00", "mode": "ir"}'


def test_objects():
    text = (
        GOOD
        + '\n\n{"资产编号": "13", "本次示数": "1.5", "read_time": 1714523400000, "状态": null, "est_flag": true}\r\n'
    )
    rows, bad, notes = parse(jsonl, text.encode(), "jsonl")
    assert not bad
    assert [(row.asset_no, row.this_read, row.estimated) for row in rows] == [
        ("0012", Decimal("150.33"), False),
        ("13", Decimal("1.5"), True),
    ]
    assert rows[0].read_time == rows[1].read_time
    assert (notes.records, notes.encoding) == (2, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_encodings(encoding):
    raw = '{"asset_no": "1", "cons_name": "弢", "this_read": 1, "read_time": "20240501"}'.encode(encoding)
    rows, bad, _ = parse(jsonl, raw, "jsonl")
    assert not bad
    assert rows[0].cons_name == "弢"


def test_an_exchange_inside():
    inside = '{"old_final": 10.5, "new_initial": "0.2", "exch_time": "2024-04-20 10:00", "asset_no": "N1"}'
    rows, _, _ = parse(jsonl, f'{GOOD[:-1]}, "new_meter": {inside}}}'.encode(), "jsonl")
    assert (rows[0].swap.old_final, rows[0].swap.new_asset) == (Decimal("10.5"), "N1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[" * 100_000, "too_deep"),
        ('{"a":' * 100_000, "too_deep"),
        ('{"asset_no": ' + "9" * 5000 + "}", "number"),
        ('{"asset_no": "1", "this_read": NaN}', "number"),
        ('{"asset_no": "1", "this_read": Infinity}', "number"),
        ('{"asset_no": "1", "this_read": 1e400, "read_time": "20240501"}', "number"),
        ('{"asset_no": "1", "asset_no": "2"}', "json_twice"),
        ('{"asset_no": "1", "this_read": [1]}', "json"),
        ("[1, 2]", "json"),
        ("{", "json"),
        ('{"asset_no": "1\\u0000"}', "identity"),
        ('{"asset_no": 1.5e3, "this_read": 1, "read_time": "x"}', "time"),
    ],
)
def test_hostile_lines(line, reason):
    rows, bad, _ = parse(jsonl, f"{GOOD}\n{line}\n{GOOD}\n".encode(), "jsonl")
    assert len(rows) == 2
    assert [(one.reason, one.line) for one in bad] == [(reason, 2)]
    assert len(bad[0].text) <= 80


def test_bytes_that_fit_nothing():
    raw = GOOD.encode() + b"\n" + b'{"asset_no": "\xff\xff"}\n' + '{"户名": "弢"}'.encode()
    rows, bad, _ = parse(jsonl, raw, "jsonl")
    assert len(rows) == 1
    assert "encoding" in {one.reason for one in bad}


def test_fit_and_nothing():
    spec = load_profile("jsonl")
    assert jsonl.fit(io.BytesIO(GOOD.encode()), spec) == 4
    assert jsonl.fit(io.BytesIO(b'{"a": 1}'), spec) == 0
    assert jsonl.fit(io.BytesIO(b'{"a'), spec) == 1
    assert jsonl.fit(io.BytesIO(b"\n"), spec) == 0
    with pytest.raises(DumpError):
        parse(jsonl, b"\n\n", "jsonl")
