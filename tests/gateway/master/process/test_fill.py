"""The ladder's steps as they are reached for a member of a node that was not read."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.energy.loss import Part
from gateway.energy.period import Period, Span, period_of
from gateway.energy.record import FORWARD, Computed, MeterEnergy
from gateway.master.process.fill import Known, estimates
from protocols.reading import Method
from tests.gateway.master.plant import CHINA

MONDAY = date(2026, 6, 8)
DAY = period_of(datetime(2026, 6, 8, tzinfo=CHINA), Span.DAY)
MONTH = period_of(datetime(2026, 6, 8, tzinfo=CHINA), Span.MONTH)


def days(first: date, *energies: float) -> dict[date, Decimal]:
    return {first + timedelta(days=n): Decimal(str(one)) for n, one in enumerate(energies)}


BEFORE = days(date(2026, 5, 18), *[20 if n % 7 > 4 else 10 for n in range(20)])
"""Nearly three weeks before: 10 kWh on working days, 20 on others; the Sunday before is missing."""


def got(known: Known, period: Period = DAY, *, side: str = "sale"):
    one = MeterEnergy(
        meter="M1",
        point=FORWARD,
        span=period.span,
        start=period.start,
        end=period.end,
        energy=None,
        computed=Computed.MISSING,
        begin=Decimal(5),
    )
    found = estimates([Part(meter="M1", side=side, energy=None)], {"M1": one}, {"M1": known}, period)
    assert all((made.computed, made.begin, made.finish) == (Computed.ESTIMATED, None, None) for made in found)
    return [(made.energy, made.method) for made in found]


def registers(**values: int) -> dict[date, Decimal]:
    return {date(2026, 6, int(day[1:])): Decimal(value) for day, value in values.items()}


def test_registers_around_a_gap_give_its_days_in_the_shape_of_like_days():
    known = Known(days=BEFORE, registers=registers(d7=1000, d9=1045))
    assert got(known) == [(Decimal("15.0000"), Method.SHAPE)]


def test_of_two_days_between_registers_the_parts_make_the_whole():
    known = Known(days=BEFORE, registers=registers(d7=1000, d9=1046))
    sunday = period_of(datetime(2026, 6, 7, tzinfo=CHINA), Span.DAY)
    assert got(known)[0][0] + got(known, sunday)[0][0] == 46


def test_what_was_read_between_the_registers_is_taken_off():
    known = Known(days=BEFORE | days(date(2026, 6, 9), 30), registers=registers(d8=1000, d10=1042))
    assert got(known) == [(Decimal("12.0000"), Method.SHAPE)]


def test_without_like_days_the_advance_is_spread_evenly():
    assert got(Known(registers=registers(d7=1000, d10=1042))) == [(Decimal("14.0000"), Method.SHAPE)]


def test_registers_that_stood_still_say_that_nothing_flowed():
    assert got(Known(days=BEFORE, registers=registers(d7=1000, d10=1000))) == [
        (Decimal("0.0000"), Method.SHAPE)
    ]


@pytest.mark.parametrize("after", [1001, 1400, 990], ids=["too little", "too much", "fallen"])
def test_registers_that_tell_of_another_life_leave_it_to_like_days(after):
    known = Known(days=BEFORE, registers=registers(d8=1000, d10=after))
    assert got(known) == [(Decimal("10.0000"), Method.LIKE)]


def test_a_register_on_one_side_alone_encloses_nothing():
    assert got(Known(days=BEFORE, registers=registers(d8=1000))) == [(Decimal("10.0000"), Method.LIKE)]


def test_last_year_goes_before_the_own_mean():
    one = days(date(2026, 5, 30), 7)
    assert got(Known(days=one, last_year=Decimal(8), trend=Decimal("1.5"))) == [
        (Decimal("12.0000"), Method.PYEAR)
    ]
    assert got(Known(days=one)) == [(Decimal("7.0000"), Method.ADL)]


def test_of_a_member_of_which_nothing_is_known_the_others_speak():
    alone = Known(supply=Decimal(100), loss_rate=Decimal("0.05"), others=Decimal(85), class_daily=Decimal(4))
    assert got(alone) == [(Decimal("10.0000"), Method.BAL)]
    assert got(Known(class_daily=Decimal(4))) == [(Decimal("4.0000"), Method.CLASS)]
    assert got(Known(class_daily=Decimal(4)), MONTH) == [(Decimal("120.0000"), Method.CLASS)]
    assert got(Known()) == []


def test_a_month_keeps_what_was_read_and_estimates_the_days_that_were_not():
    read = days(date(2026, 6, 1), *[5.0] * 29)
    assert got(Known(days=read), MONTH) == [(Decimal("150.0000"), Method.LIKE)]


def test_a_month_is_marked_with_the_lowest_step_of_its_days():
    known = Known(days=days(date(2026, 6, 1), *[5.0] * 5), last_year=Decimal(2))
    energy, method = got(known, MONTH)[0]
    assert method is Method.PYEAR
    assert Decimal(25 + 2 * 25) < energy < Decimal(25 + 5 * 25)


def test_what_is_supplied_is_never_estimated():
    assert got(Known(days=BEFORE), side="supply") == []
