"""Broadcast time and freeze (protocols.dlt645.broadcast)."""

from datetime import datetime

import pytest

from protocols.dlt645.broadcast import EVERYBODY, freeze, time_broadcast
from protocols.dlt645.effect import classify
from protocols.dlt645.frame import decode, encode
from protocols.session import Effect


def test_time_goes_to_everybody_seconds_first():
    raw = time_broadcast(datetime(2026, 5, 1, 23, 4, 9), wakeup=2)
    assert raw[:2] == b"\xfe\xfe"
    frame = decode(raw[2:])
    assert (frame.address, frame.control, frame.data.hex()) == (EVERYBODY, 0x08, "090423010526")
    assert classify(raw) is Effect.TIME_SET


def test_a_freeze_carries_minute_hour_day_month():
    frame = freeze(EVERYBODY, "99990000")
    assert (frame.control, frame.data.hex()) == (0x16, "00009999")
    assert classify(encode(frame)) is Effect.FREEZE


@pytest.mark.parametrize("pattern", ["", "0000", "9999000000", "9999000x"])
def test_a_pattern_of_another_form(pattern):
    with pytest.raises(ValueError, match=r"8 digits|hexadecimal"):
        freeze(EVERYBODY, pattern)
