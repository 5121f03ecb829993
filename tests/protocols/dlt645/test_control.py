"""Encoders of changing frames against the bytes of real and constructed frames."""

from datetime import datetime

import pytest

from protocols.dlt645 import control
from protocols.dlt645.broadcast import freeze, time_broadcast
from protocols.dlt645.frame import encode
from tests.protocols.dlt645.frames import VALID, bare

METER = "123456789012"
BYTES = {row["id"]: bare(row) for row in VALID}
LEVEL_2 = (2, "123456")
OPERATOR = "12345678"


@pytest.mark.parametrize(
    ("vector", "frame"),
    [
        ("V306", freeze(METER, "99990000")),
        ("V308", control.change_baud("2007", METER, 9600)),
        ("V309", control.change_password("2007", METER, (2, "123456"), (4, "111111"))),
        ("V310", control.clear_demand("2007", METER, (4, "123456"), OPERATOR)),
        ("V311", control.clear_meter(METER, LEVEL_2, OPERATOR)),
        ("V313", control.clear_events(METER, LEVEL_2, OPERATOR, "031100FF")),
        ("V314", control.control(METER, LEVEL_2, 0x1C, datetime(2029, 12, 31, 23, 59, 59), OPERATOR)),
        ("V287", control.change_password("1997", "000000063295", (0, "111111"), (0, "222222"))),
        ("V166", control.set_time(datetime(2017, 6, 5, 10, 40, 25), "111111111111")),
        (
            "V226",
            control.write(
                "2007", control.WILDCARD, "04000401", bytes.fromhex("010000000000"), authority=(0, "000000")
            ),
        ),
        (
            "V144",
            control.write("1997", "360621121120", "E323", bytes.fromhex("111111"), authority=(0, "000000")),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_bytes_are_the_known_ones(vector, frame):
    assert encode(frame) == BYTES[vector]


def test_other_encoders_have_the_form_of_the_standard():
    assert control.write_address("2007", "111111111111").data == bytes.fromhex("111111111111")
    assert control.write_address("1997", "000000000001").control == 0x0A
    assert control.multi_function_terminal(METER, 0).data == b"\x00"
    assert control.clear_demand("1997", METER, (0, "000000")).data == bytes(4)


@pytest.mark.parametrize("pattern", ["", "9999", "9999999999"])
def test_a_freeze_pattern_of_another_length_is_refused(pattern):
    with pytest.raises(ValueError, match="8 digits"):
        freeze(METER, pattern)


def test_a_speed_without_a_word_is_refused():
    with pytest.raises(ValueError, match="300"):
        control.change_baud("2007", METER, 300)


def test_the_broadcast_tells_seconds_first():
    frame = time_broadcast(datetime(2017, 6, 5, 10, 40, 25), wakeup=0)
    assert frame == bytes.fromhex("68999999999999680806") + bytes.fromhex("58734338394A") + frame[-2:]
