"""Encoders of control stand by the tables; see test_effect for where they end."""

import pytest

from protocols.gdw1376_1 import control
from tests.protocols.gdw1376_1.frames import OURS

TRIP = next(row for row in OURS if "remote trip" in row["decoded"]["note"])


def test_a_trip_as_it_was_seen():
    wanted = control.trip(1).encode()
    assert wanted.hex() == "01010100" + TRIP["decoded"]["body"]
    assert wanted in bytes.fromhex(TRIP["hex"])


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (control.trip(2, alarm_minutes=5, half_hours=3), "0201 0100 53"),
        (control.permit(8), "8001 0200"),
        (control.period_control(1, 0x0F, 1), "0101 0101 0F01"),
        (control.float_control(1, -15, slide=2, delay=3, half_hours=4, alarms=(5, 6, 7, 8)),
         "0101 0801 02950304 05060708"),
        (control.switch(control.ON["holiday"], 1), "0101 0201"),
        (control.switch(control.OFF["purchase"], 1), "0101 8002"),
        (control.keep_power(4), "0000 0103 04"),
        (control.keep_power(None), "0000 0104"),
        (control.dunning(0x000180), "0000 0203 800100"),
        (control.dunning(None), "0000 0204"),
        (control.reset("factory"), "0000 0400"),
    ],
)  # fmt: skip
def test_data_units(ask, body):
    assert ask.encode() == bytes.fromhex(body)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: control.trip(0),
        lambda: control.trip(9),
        lambda: control.trip(1, alarm_minutes=16),
        lambda: control.switch(1, 1),
        lambda: control.float_control(1, 80, slide=0, delay=0, half_hours=0, alarms=(0,) * 4),
        lambda: control.reset("everything"),
    ],
)
def test_what_cannot_be_said(wrong):
    with pytest.raises(ValueError, match=r"\d|everything"):
        wrong()
