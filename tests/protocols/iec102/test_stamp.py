"""Times Ta and Tb."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iec102.stamp import Stamp, decode_ta, decode_tb, encode_ta, encode_tb

SPAN = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59))


def test_a_real_time():
    assert decode_ta(bytes.fromhex("4000812B0C")) == Stamp(datetime(2012, 11, 1), tariff=True, weekday=4)


def test_milliseconds_and_seconds_share_two_bytes():
    at = datetime(2026, 3, 10, 8, 30, 59, 999_000)
    assert encode_tb(at).hex() == "e7ef1e080a031a"
    assert decode_tb(bytes.fromhex("e7ef1e080a031a")).at == at


@given(SPAN)
def test_what_is_written_is_read(at):
    minute = at.replace(second=0, microsecond=0)
    assert decode_ta(encode_ta(minute)) == Stamp(minute)
    fine = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert decode_tb(encode_tb(fine)) == Stamp(fine)


def test_midnight_may_be_the_end_of_its_day():
    assert decode_ta(bytes((0, 24, 31, 12, 25))).at == datetime(2026, 1, 1)
    assert decode_ta(bytes((1, 24, 31, 12, 25))).at is None


def test_marks_of_a_time():
    stamp = decode_ta(bytes((0x80, 0x80 | 3, 1, 1, 0x80 | 26)))
    assert (stamp.invalid, stamp.summer, stamp.at) == (True, True, datetime(2026, 1, 1, 3))


@given(st.binary(min_size=7, max_size=7))
def test_any_bytes_are_a_time_or_none(raw):
    assert decode_tb(raw).at is None or decode_tb(encode_tb(decode_tb(raw).at)).at == decode_tb(raw).at


def test_no_time_before_the_century():
    with pytest.raises(ValueError, match="2000"):
        encode_ta(datetime(1999, 12, 31))
