"""Single fields."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import scalar
from protocols.dlt645.layout import Field

TIMES = ("YYMMDDWWhhmmss", "YYMMDDhhmmss", "YYMMDDhhmm", "YYMMDDWW", "MMDDhhmm", "hhmmss", "hhmm", "DDhh")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)), st.sampled_from(TIMES))
def test_times_survive_the_way_there_and_back(when, letters):
    field = Field("time", len(letters) // 2, letters=letters)
    data = scalar.write(field, when)
    shown, error = scalar.read(field, data, signed=False)
    assert error is None
    assert scalar.write(field, shown) == data or letters == "MMDDhhmm"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_instants(when):
    minute = when.replace(second=0, microsecond=0)
    assert scalar.instant(scalar.write(Field("time", 5, letters="YYMMDDhhmm"), when)) == minute
    second = when.replace(microsecond=0)
    assert scalar.instant(scalar.write(Field("time", 6, letters="YYMMDDhhmmss"), when)) == second


@pytest.mark.parametrize("data", ["ffffffffff", "0000000000", "0025010124", "000030 0224", "0a00010124"])
def test_no_instant(data):
    assert scalar.instant(bytes.fromhex(data)) is None


def test_a_time_that_everybody_can_read():
    field = Field("time", 5, letters="YYMMDDhhmm")
    assert scalar.read(field, bytes.fromhex("0024300424"), signed=False) == (None, "time")
    assert scalar.read(field, bytes.fromhex("0000310424"), signed=False) == (None, "time")


def test_texts_come_backwards_and_padded():
    field = Field("ascii", 6)
    assert scalar.read(field, bytes.fromhex("0041302E3500")[::-1], signed=False)[0] == "A0.5"
    assert scalar.write(field, "5.0A")[::-1] == b"5.0A\0\0"
    assert scalar.read(field, b"\xff" * 6, signed=False) == (None, None)


def test_a_sign_takes_a_bit_of_the_range():
    field = Field("number", 3, 3)
    assert scalar.write(field, Decimal("-799.999"), signed=True).hex() == "9999f9"
    with pytest.raises(ValueError, match="fit"):
        scalar.write(field, Decimal("800"), signed=True)
    assert scalar.write(field, Decimal("800")).hex() == "000080"
