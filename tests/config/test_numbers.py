"""Numbers as people write them (config.numbers)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.numbers import decimal, whole


def test_whole_numbers_within_their_limits():
    assert [whole(text, -5, 2400) for text in ("0", "-5", "+7", "002400")] == [0, -5, 7, 2400]


@pytest.mark.parametrize(
    "text", ["", "-6", "2401", "²", "٣", "３", "1_0", " 1", "1\n", "1.0", "9" * 5000, "0x1"]
)
def test_no_whole_numbers(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what was expected
        whole(text, -5, 2400)


def test_decimals():
    expected = [Decimal(text) for text in ("1.5", "-0.5", "5", "0.00001", "1E15")]
    assert [decimal(text) for text in ("1.5", "-.5", "5.", "1e-05", "1e15")] == expected


@pytest.mark.parametrize(
    "text", ["", ".", "nan", "inf", "1e16", "1e999999999", "٣", "1_0", "1,5", "9" * 5000]
)
def test_no_decimals(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what was expected
        decimal(text)


@given(st.text())
def test_any_text_is_a_number_or_a_value_error(text):
    for read in (lambda: whole(text, 0, 9), lambda: decimal(text)):
        try:
            assert read() is not None
        except ValueError:
            continue
