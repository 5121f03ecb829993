"""Fixed-width records: bytes first, characters after."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps import fixed
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Status
from protocols.dumps.spec import RecordSpec, Slice
from tests.protocols.dumps.toy import TZ, parse

HEAD = b"HM000000001" + b"20240501180000" + b"B1".ljust(20)


def record(asset="0000000000000000001001", this="0000015033", remark=b"", **given):
    at = given.get("at", "20240501083000" if this.strip() else "")
    line = f"D0010203   00001{'0012345678901':13}{asset:>22}1100000100{'0000010012':>10}{this:>10}{at:14}".encode()
    return line + b"R001    100" + b"+113.123456+022.512345" + remark.ljust(32)


def dump(*records, end=b"\r\n", head=HEAD, trailer=None):
    last = trailer
    if last is None:
        total = sum(int(one[71:81]) for one in records if one[71:81].strip())
        last = f"T{len(records):010}{total:016}".encode().ljust(160)
    return end.join([head.ljust(160), *records, *([last] if last else []), b""])


def test_the_layout():
    one = record()
    assert len(one) == 160
    rows, bad, notes = parse(fixed, dump(one), "fixed-160")
    assert not bad
    (row,) = rows
    assert (row.asset_no, row.this_read, row.last_read) == (
        "0000000000000000001001",
        Decimal("150.33"),
        Decimal("100.12"),
    )
    assert (row.multiplier, row.point, row.reader_id, row.machine_no) == (
        1,
        "1-0:1.8.0",
        "R001",
        "M000000001",
    )
    assert (row.lon, row.lat) == (Decimal("113.123456"), Decimal("22.512345"))
    assert row.read_time.isoformat() == "2024-05-01T08:30:00+08:00"
    assert notes.trailer.wrong(1, Decimal("150.33")) is None
    assert notes.encoding == "utf-8"
    assert notes.facts["created"] == "20240501180000"
    assert not notes.refusals


def test_blank_is_not_read():
    rows, bad, _ = parse(fixed, dump(record(this=" " * 10)), "fixed-160")
    assert not bad
    assert (rows[0].status, rows[0].this_read) == (Status.UNREAD, None)


@pytest.mark.parametrize("length", range(27, 33))
def test_a_character_cut_by_the_fields_edge(length):
    remark = ("客户要求更换表箱门锁已上报处理" * 3).encode("gb18030")[:length]
    raw = dump(record(remark=remark), record(asset="0000000000000000001002", remark="门锁".encode("gb18030")))
    rows, bad, notes = parse(fixed, raw, "fixed-160")
    assert not bad
    assert notes.encoding == "gb18030"
    assert rows[0].remark == "客户要求更换表箱门锁已上报处理"[: length // 2] + ("客" if length >= 32 else "")
    assert rows[1].remark == "门锁"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_ends_of_lines_and_padding(end):
    rows, bad, _ = parse(fixed, dump(record(), record(asset="2" * 22), end=end) + b"\x1a" * 77, "fixed-160")
    assert (len(rows), bad) == (2, [])


def test_blanks_trimmed_by_an_editor():
    trimmed = record()[:128]
    rows, bad, _ = parse(fixed, dump(trimmed), "fixed-160")
    assert (len(rows), bad) == (1, [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (record()[:75], "length"),
        (record() + b"xx", "length"),
        (b"X" + record()[1:], "record_type"),
        (record(this="00000150x3"), "number"),
        (record(at="20240532083000"), "time"),
        (record(asset="<script>"), "identity"),
    ],
)
def test_bad_records(line, reason):
    raw = dump(record(), line, record(asset="3" * 22), trailer=b"T0000000003".ljust(160))
    rows, bad, _ = parse(fixed, raw, "fixed-160")
    assert len(rows) == 2
    assert [(one.reason, one.line) for one in bad] == [(reason, 3)]
    assert raw[bad[0].offset :].startswith(line)


def test_without_its_trailer():
    _, _, notes = parse(fixed, dump(record(), trailer=b""), "fixed-160")
    assert notes.refusals == [("trailer_missing", "")]
    _, _, notes = parse(fixed, dump(record(), trailer=b"Tnonsense".ljust(160)), "fixed-160")
    assert notes.refusals[0][0] == "trailer_unreadable"
    _, bad, _ = parse(fixed, dump(record()) + record(), "fixed-160")
    assert bad[0].reason == "after_trailer"
    with pytest.raises(DumpError):
        parse(fixed, b"\r\n", "fixed-160")


def radix(account="123456", value="0001503", date="050124", serial="0000001001"):
    return f"   017{account} {value}{date}{serial}".encode()


def test_the_old_36_bytes():
    rows, bad, _ = parse(fixed, radix() + b"\r\n" + radix(serial="ABC1234567") + b"\r\n", "radix-a")
    assert not bad
    assert len(radix()) == 36
    assert [(row.asset_no, row.cons_no, row.route, row.this_read) for row in rows] == [
        ("0000001001", "123456", "017", 1503),
        ("ABC1234567", "123456", "017", 1503),
    ]
    assert rows[0].read_time.isoformat() == "2024-05-01T00:00:00+08:00"
    assert not rows[0].dated


def sensus(account="000000123456", serial="98765432", value="12345", day="0501", lat="40.712776"):
    return f"{account}{serial:<15}{'':15}M{value:<9}{day}  {'1':<10} {lat:<11}{'-74.005974':<11}".encode()


def test_91_bytes_without_a_year():
    spec = replace(load_profile("sensus-k3"), newest=date(2026, 4, 30))
    rows, bad, _ = parse(
        fixed, b"\r\n".join([sensus(), sensus(value=""), sensus(day="0430"), sensus(lat="95.0")]), spec
    )
    assert len(sensus()) == 91
    assert [(row.asset_no, row.cons_no, row.this_read, row.lat, row.lon) for row in rows[:1]] == [
        ("98765432", "000000123456", 12345, Decimal("40.712776"), Decimal("-74.005974"))
    ]
    assert [row.read_time.date() for row in rows] == [date(2025, 5, 1), date(2025, 5, 1), date(2026, 4, 30)]
    assert rows[1].status is Status.UNREAD
    assert [(one.line, one.offset, one.field) for one in bad] == [(4, 3 * 93, "lat")]


def test_which_profile_fits():
    def fit(raw, name):
        return fixed.fit(io.BytesIO(raw), load_profile(name), TZ)

    assert fit(dump(record()), "fixed-160") > 0
    assert fit(dump(record()), "radix-a") == 0
    assert fit(radix() + b"\r\n", "radix-a") > 0
    assert fit(radix() + b"\r\n", "fixed-160") == 0
    assert fit(radix() + b"\r\n", "sensus-k3") == 0
    assert fit(sensus() + b"\r\n", "sensus-k3") > 0
    assert fit(sensus() + b"\r\n", "radix-a") == 0
    assert fit("资产编号,本次示数\n1,2\n".encode(), "radix-a") == 0


def test_records_that_belong_together():
    spec = replace(
        load_profile("fixed-160"),
        length=0,
        records=(
            RecordSpec("RTEHD", "context", (Slice("route", 6, 4),)),
            RecordSpec("PRMDT", "context", (Slice("addr", 6, 10),)),
            RecordSpec("ORDST", "skip", ()),
            RecordSpec(
                "RDGDT",
                "data",
                (Slice("asset_no", 6, 4), Slice("this_read", 10, 6, 1), Slice("read_time", 16, 8)),
            ),
        ),
    )
    raw = b"RTEHD0017\nPRMDTMain St 1 \nORDST2024\nRDGDT100100012320240501\nPRMDTMain St 2 \nRDGDT100200012420240501\n"
    rows, bad, _ = parse(fixed, raw, spec)
    assert not bad
    assert [(row.route, row.addr, row.asset_no, row.this_read) for row in rows] == [
        ("0017", "Main St 1", "1001", Decimal("12.3")),
        ("0017", "Main St 2", "1002", Decimal("12.4")),
    ]


@pytest.mark.parametrize(
    "end",
    [
        "T00000000020000000000030066",
        "T 2 300.66",
        "T2;30066",
        "T0000230066",
        "T,2,300.6600",
        "T00002000000000030066",
        "T2",
    ],
)
def test_a_trailer_without_places_is_held_against_what_was_counted(end):
    rows, _, notes = parse(fixed, dump(record(), record(asset="2" * 22), trailer=end.encode()), "fixed-160")
    assert sum(row.this_read for row in rows) == Decimal("300.66")
    trailer = notes.trailer
    assert trailer.wrong(2, Decimal("300.66")) is None
    assert trailer.wrong(2, None) is None
    assert trailer.wrong(3, Decimal("300.66"))[0] == "trailer_count"
    if end != "T2":
        assert trailer.wrong(2, Decimal("300.67"))[0] == "trailer_sum"


def test_a_trailer_with_places():
    record_ = RecordSpec("T", "trailer", (Slice("count", 2, 4), Slice("total", 6, 8, 2)))
    spec = load_profile("fixed-160")
    spec = replace(spec, records=(*spec.records[:2], record_))
    _, _, notes = parse(fixed, dump(record(), trailer=b"T000100015033"), spec)
    assert (notes.trailer.count, notes.trailer.total) == (1, Decimal("150.33"))
    _, _, notes = parse(fixed, dump(record(), trailer=b"T00x100015033"), spec)
    assert notes.refusals[0][0] == "trailer_unreadable"


def test_a_short_header_is_no_fault():
    rows, bad, notes = parse(fixed, dump(record()).replace(HEAD.ljust(160), b"H0001"), "fixed-160")
    assert (len(rows), bad, notes.refusals) == (1, [], [])
