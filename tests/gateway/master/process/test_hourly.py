"""Energies of hours from registers at their ends."""

from decimal import Decimal

from gateway.master.process.hourly import hourly, shown
from gateway.master.process.roll import Entry

CELLS = ["", "in service", "", "1P", 6, 2, "40", "1", 0, "", None, None, "2", None, None, None, ""]
METER = Entry(7, "A", CELLS)
ATS = [{(7, 1): (value, 3, 0, 0)} if value is not None else {} for value in (1000, 1150, None, 1200, 1190)]


def test_registers_are_of_the_primary_side_and_gaps_stay_gaps():
    assert shown(ATS, METER, 1, {3: 2}) == [400.0, 460.0, None, 480.0, 476.0]
    assert METER.multiplier == Decimal(40)


def test_an_hour_at_a_gap_or_of_a_fall_has_no_energy():
    assert hourly(ATS, METER, 1, {3: 2}) == [60.0, None, None, None]


def test_a_point_nobody_has_gives_nothing():
    assert hourly(ATS, METER, None, {}) == [None] * 4
