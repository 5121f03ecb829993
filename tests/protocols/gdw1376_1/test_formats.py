"""Every format of appendix A, by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_1.formats import FORMATS, NotBcd, absent, bcd, digits, unsigned


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("A1", "512023071018", "2018-10-07T23:20:51"),
        ("A1", "494811155215", "2015-12-15T11:48:49"),
        ("A2", "2301", "1230000"),
        ("A2", "23A1", "12.3"),
        ("A2", "23B1", "-12.3"),
        ("A2", "23E1", "0.123"),
        ("A2", "00F0", "0"),
        ("A3", "56341207", "7123456"),
        ("A3", "56341247", "7123456000"),
        ("A3", "01000010", "-1"),
        ("A4", "79", "79"),
        ("A4", "85", "-5"),
        ("A5", "9909", "99.9"),
        ("A5", "9989", "-99.9"),
        ("A6", "3412", "12.34"),
        ("A7", "0022", "220.0"),
        ("A8", "3412", "1234"),
        ("A9", "563412", "12.3456"),
        ("A9", "563492", "-12.3456"),
        ("A10", "563412", "123456"),
        ("A11", "78563412", "123456.78"),
        ("A12", "129078563412", "123456789012"),
        ("A13", "78563412", "1234.5678"),
        ("A14", "7856341290", "901234.5678"),
        ("A15", "3412010524", "2024-05-01T12:34"),
        ("A16", "56341201", "01T12:34:56"),
        ("A17", "34120105", "05-01T12:34"),
        ("A18", "341201", "01T12:34"),
        ("A19", "3412", "12:34"),
        ("A20", "010524", "2024-05-01"),
        ("A21", "0524", "2024-05"),
        ("A22", "15", "1.5"),
        ("A23", "563412", "12.3456"),
        ("A24", "1201", "01T12"),
        ("A25", "001500", "1.500"),
        ("A25", "001580", "-1.500"),
        ("A26", "3412", "1.234"),
        ("A27", "78563412", "12345678"),
        ("B2", "3412", "4660"),
    ],
)
def test_by_hand(name, raw, value):
    raw = bytes.fromhex(raw)
    assert len(raw) == FORMATS[name].size
    found = FORMATS[name].read(raw)
    assert (f"{found:f}" if isinstance(found, Decimal) else found) == value


def test_all_formats_of_the_appendix_are_here():
    assert {f"A{n}" for n in range(1, 28)} <= set(FORMATS)


@pytest.mark.parametrize("raw", [b"\xee\xee", b"\xef", b"\xff\xff\xff", b"\xee\xff"])
def test_fill_is_no_value(raw):
    assert absent(raw)


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xee\x00"])
def test_what_is_not_fill(raw):
    assert not absent(raw)


@pytest.mark.parametrize(
    ("name", "raw"), [("A11", "0A000000"), ("A15", "6012010524"), ("A20", "320124"), ("A1", "000000010024")]
)
def test_what_is_no_number_and_no_time(name, raw):
    with pytest.raises(NotBcd):
        FORMATS[name].read(bytes.fromhex(raw))


@given(st.sampled_from(sorted(FORMATS)), st.binary(min_size=8, max_size=8))
def test_any_bytes_are_a_value_or_not_bcd(name, raw):
    form = FORMATS[name]
    try:
        found = form.read(raw[: form.size])
    except NotBcd:
        return
    assert isinstance(found, Decimal | str)


@given(st.integers(0, 10**8 - 1))
def test_digits_go_and_come(value):
    assert int(digits(bcd(value, 4))) == value
    assert unsigned(2)(bcd(value, 4)) == Decimal(value).scaleb(-2)


def test_a_number_too_large():
    with pytest.raises(ValueError, match="fit"):
        bcd(100, 1)
