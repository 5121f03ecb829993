"""Words become numbers exactly."""

import contextlib
import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.value import KINDS, ORDERS, BadValue, number, ordered, words_of


def value(kind, text):
    return number(kind, bytes.fromhex(text))


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("u16", "FFFF", "65535"),
        ("s16", "FFFF", "-1"),
        ("u32", "00010000", "65536"),
        ("s32", "FFFFFF85", "-123"),
        ("u48", "000000010000", "65536"),
        ("u64", "FFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("s64", "FFFFFFFFFFFFFFFE", "-2"),
        ("bcd16", "9876", "9876"),
        ("bcd32", "00123456", "123456"),
        ("high8", "0102", "1"),
        ("low8", "01FF", "255"),
        ("s_low8", "01FF", "-1"),
        ("s_high8", "FE00", "-2"),
        ("float32", "43666666", "230.4"),  # the decimal that a person would write
        ("float32", "3DCCCCCD", "0.1"),
        ("float32", "C2F6E979", "-123.456"),
        ("float32", "80000000", "0"),
        ("float32", "4B800001", "16777218"),
        ("float32", "5368D4A5", "1000000000000"),
        ("float64", "405EDD2F1A9FBE77", "123.456"),
        ("text", "41424300", "ABC"),
    ],
)
def test_known_values(kind, data, expected):
    found = value(kind, data)
    assert str(found) == expected


@pytest.mark.parametrize(
    ("kind", "data"), [("float32", "7FC00000"), ("float64", "7FF8000000000000"), ("text", "FFFF")]
)
def test_what_says_that_it_is_nothing(kind, data):
    assert value(kind, data) is None


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [("bcd16", "12A4", "bcd"), ("float32", "7F800000", "float"), ("text", "C3C3", "text")],
)
def test_what_is_no_value(kind, data, why):
    with pytest.raises(BadValue) as error:
        value(kind, data)
    assert error.value.kind == why


def test_the_four_orders():
    words = {
        "ABCD": (0x4366, 0x3333),
        "CDAB": (0x3333, 0x4366),
        "BADC": (0x6643, 0x3333),
        "DCBA": (0x3333, 0x6643),
    }
    for order in ORDERS:
        assert ordered(words[order], order) == bytes.fromhex("43663333")


def test_an_eight_byte_value_with_its_lowest_word_first():
    assert ordered((4, 3, 2, 1), "CDAB") == bytes.fromhex("0001000200030004")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_the_shortest_decimal_that_is_it(given_):
    found = number("float32", struct.pack(">f", given_))
    assert struct.pack(">f", float(found)) == struct.pack(">f", given_) or given_ == 0
    digits = len(found.as_tuple().digits)
    assert digits <= 9 or found == found.to_integral()
    if given_ and digits > 1 and found != found.to_integral():
        shorter = Decimal(f"{given_:.{digits - 1}g}")
        with contextlib.suppress(OverflowError):
            assert struct.unpack(">f", struct.pack(">f", float(shorter)))[0] != given_


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back(given_):
    found = number("float64", struct.pack(">d", given_))
    assert float(found) == given_
    assert "E" not in str(found) or abs(found) < Decimal("1e-5")


@given(st.sampled_from(sorted(set(KINDS) - {"text", "bit"})), st.binary(min_size=8, max_size=8))
def test_any_words_give_a_number_or_say_why_not(kind, data):
    size = 2 * words_of(kind)
    try:
        found = number(kind, data[:size])
    except BadValue:
        return
    assert found is None or (isinstance(found, Decimal) and math.isfinite(found))


def test_a_text_has_its_models_length():
    assert words_of("text", 8) == 8
