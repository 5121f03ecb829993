"""Read-outs of IEC 62056-21 as hand-helds keep them."""

from decimal import Decimal

import pytest

from protocols.dumps import iec62056
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Mode
from tests.protocols.dumps.toy import parse

SETS = (
    "F.F(00)", "0.0.0(00123456)", "0.9.1(083000)", "0.9.2(240501)", "1.8.0(000150.33*kWh)", "1.8.1(000050.11*kWh)",
    "1.8.0*04(000100.12*kWh)", "2.8.0(0000000.5*MWh)", "1.6.0(012.345*kW)(2404301830)", "32.7.0(230.1*V)",
    "C.7.1(0003)", "P.01(2404)",
)  # fmt: skip


def framed(sets=SETS, spoil=0):
    body = ("\r\n".join(sets) + "\r\n!\r\n\x03").encode()
    check = 0
    for byte in body:
        check ^= byte
    return b"/KFM5MT382\r\n\r\n\x02" + body + bytes([check ^ spoil])


def test_a_read_out_with_its_check():
    raw = framed()
    rows, bad, notes = parse(iec62056, raw, "iec62056-21")
    assert not bad
    assert [(row.point, row.this_read, row.unit) for row in rows] == [
        ("1-0:1.8.0", Decimal("150.33"), "kWh"),
        ("1-0:1.8.1", Decimal("50.11"), "kWh"),
        ("1-0:1.8.0*4", Decimal("100.12"), "kWh"),
        ("1-0:2.8.0", Decimal(500), "kWh"),
        ("1-0:1.6.0", Decimal("12.345"), "kW"),
        ("1-0:32.7.0", Decimal("230.1"), "V"),
    ]
    assert {row.asset_no for row in rows} == {"00123456"}
    assert {row.mode for row in rows} == {Mode.IR}
    assert rows[0].read_time.isoformat() == "2024-05-01T08:30:00+08:00"
    assert rows[4].read_time.isoformat() == "2024-04-30T18:30:00+08:00"
    assert raw[rows[0].offset :].startswith(b"1.8.0(000150.33")
    assert (rows[0].line, notes.remarks) == (7, [])


@pytest.mark.parametrize("spoil", [1, 0x80, 0xFF])
def test_a_wrong_check_takes_the_read_out(spoil):
    rows, bad, _ = parse(iec62056, framed() + b"\r\n" + framed(spoil=spoil) + framed(), "iec62056-21")
    assert len(rows) == 12
    assert [one.reason for one in bad] == ["bcc"]


@pytest.mark.parametrize("wanted", [0x0A, 0x0D, 0x03, 0x02, 0x1A])
def test_a_check_that_looks_like_an_end(wanted):
    for n in range(256):
        raw = framed((*SETS, f"C.1.1({n:02X}{n % 7})", f"C.1.2({chr(48 + n % 10)}{chr(65 + n % 26)})"))
        if raw[-1] == wanted:
            rows, bad, _ = parse(iec62056, raw + framed(), "iec62056-21")
            assert (len(rows), bad) == (12, [])
            return
    pytest.skip("no such check among these")


def test_text_without_control_characters():
    text = "/KFM5MT382\r\n\r\n" + "\r\n".join(SETS) + "\r\n!\r\n"
    rows, bad, notes = parse(iec62056, (text + text).encode() + b"\x1a" * 5, "iec62056-21")
    assert (len(rows), bad) == (12, [])
    assert notes.remarks == [("no_bcc", "")]
    assert notes.records == 2


@pytest.mark.parametrize(
    ("code", "point"),
    [
        ("1-0:1.8.0*255", "1-0:1.8.0"),
        ("1-1:1.8.0", "1-0:1.8.0"),
        ("1-0:1.8.2&3", "1-0:1.8.2*3"),
        ("1.8", "1-0:1.8.0"),
        ("1-2:1.8.0", None),
        ("6-0:1.8.0", None),
        ("99.99.99", None),
    ],
)
def test_codes(code, point):
    rows, bad, _ = parse(iec62056, framed((*SETS[1:4], f"{code}(5.5*kWh)")), "iec62056-21")
    assert not bad
    assert [row.point for row in rows] == ([point] if point else [])


@pytest.mark.parametrize(
    ("day", "clock"),
    [("0.9.2(240501)", "0.9.1(08:30:00)"), ("0.9.2(24-05-01)", "0.9.1(083000)"), ("0.9.2(1240501)", "0.9.1(1083000)"),
     ("1-0:0.9.2(24-05-01)", "1-0:0.9.1(08:30:00)"), ("0.9.5(2405010830)", "C.1.0(1)"),
     ("1.0.0(240501083000)", "C.1.0(1)")],
)  # fmt: skip
def test_times(day, clock):
    rows, bad, _ = parse(iec62056, framed((SETS[1], day, clock, SETS[4])), "iec62056-21")
    assert not bad
    assert rows[0].read_time.isoformat() == "2024-05-01T08:30:00+08:00"


@pytest.mark.parametrize(
    ("sets", "reason"),
    [
        (SETS[2:], "identity_missing"),
        ((SETS[1], *SETS[4:]), "time_missing"),
        ((SETS[1], "0.9.2(990231)", SETS[2], SETS[4]), "time"),
        ((*SETS[1:4], "1.8.0(12x*kWh)"), "number"),
        ((*SETS[1:4], "1.8.0(12*m3)"), "unit"),
    ],
)
def test_bad_read_outs(sets, reason):
    rows, bad, _ = parse(iec62056, framed() + framed(sets), "iec62056-21")
    assert len(rows) == 6
    assert [one.reason for one in bad] == [reason]


def test_an_error_word_is_told():
    _, _, notes = parse(iec62056, framed(("F.F(00000100)", *SETS[1:])), "iec62056-21")
    assert notes.remarks == [("error_word", "00123456 00000100")]


@pytest.mark.parametrize("keep", [30, 100, 200])
def test_cut_short(keep):
    with pytest.raises(DumpError) as error:
        parse(iec62056, framed() + framed()[:keep], "iec62056-21")
    assert error.value.reason == "truncated"


def test_too_much():
    with pytest.raises(DumpError):
        parse(iec62056, b"\x02" + b"x" * (1 << 21), "iec62056-21")
    with pytest.raises(DumpError):
        parse(iec62056, b"1.8.0(1)" * (1 << 18), "iec62056-21")
