"""Numbers into registers and back: two ways written apart."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.registers import Register
from protocols.modbus.value import KINDS, ORDERS, number, ordered
from protocols.modbus.value import words_of as size_of
from simulators.modbus_words import largest, raw_of, words_of


def register(kind, order="ABCD", **more):
    return Register(function=3, at=0, kind=kind, words=size_of(kind, 4), order=order, name="x", **more)


@pytest.mark.parametrize(
    ("kind", "order", "value", "words"),
    [
        ("s16", "ABCD", "-2", [0xFFFE]),
        ("u32", "CDAB", "65537", [0x0001, 0x0001]),
        ("u32", "ABCD", "305419896", [0x1234, 0x5678]),
        ("u32", "DCBA", "305419896", [0x7856, 0x3412]),
        ("bcd32", "ABCD", "123456", [0x0012, 0x3456]),
        ("float32", "ABCD", "230.2", [0x4366, 0x3333]),
        ("high8", "ABCD", "3", [0x0300]),
        ("sign3", "ABCD", "-1", [0x0008]),
    ],
)
def test_known_words(kind, order, value, words):
    assert words_of(register(kind, order), Decimal(value)) == words


def test_a_text_and_no_value():
    assert words_of(register("text"), "AB") == [0x4142, 0, 0, 0]
    assert words_of(register("u16", none=frozenset({0xFFFF})), None) == [0xFFFF]
    assert number("float32", ordered(words_of(register("float32"), None), "ABCD")) is None


def test_the_other_byte_of_a_register_stays():
    assert words_of(register("low8"), Decimal(7), 0x0300) == [0x0307]
    assert words_of(register("sign0"), Decimal(1), 0x0101) == [0x0100]


def test_a_value_by_scale_and_factor():
    assert (
        raw_of(register("u16", scale=Decimal("0.1"), add=Decimal(-4)), Decimal("230.44"), Decimal(2)) == 1156
    )


WHOLE = sorted(
    kind for kind in KINDS if kind[0] in "us" and not kind.startswith("s_") and not kind.startswith("sign")
)


@given(st.sampled_from([*WHOLE, "bcd16", "bcd32", "bcd64"]), st.sampled_from(ORDERS), st.data())
def test_what_is_written_is_read(kind, order, data):
    most = largest(kind)
    value = Decimal(data.draw(st.integers(-most if kind[0] == "s" else 0, most)))
    words = words_of(register(kind, order), value)
    assert number(kind, ordered(words, order)) == value


@given(st.sampled_from(ORDERS), st.decimals(-(10**6), 10**6, places=3))
def test_floats_of_few_digits_are_read_as_written(order, value):
    value = Decimal(f"{value:.6g}")
    assert number("float32", ordered(words_of(register("float32", order), value), order)) == value
    assert number("float64", ordered(words_of(register("float64", order), value), order)) == value
