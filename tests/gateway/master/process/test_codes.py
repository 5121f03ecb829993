"""Records as cells of tables and back (gateway.master.process.codes), periods of marks, the order of archives."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.energy.loss import Part
from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD, Computed, MeterEnergy
from gateway.master.process.codes import aggregate_cells, aggregate_of, decimal_of, micros, scaled
from gateway.master.process.fill import Known, estimates
from gateway.master.process.marks import Work, closed_day, days_of, last_month
from gateway.master.process.roll import Roll
from protocols.reading import Method
from tests.gateway.master.plant import CHINA
from tests.gateway.master.stores.test_sums import HOUR

EARLIEST = date.min


@pytest.mark.parametrize("text", ["0", "1.50", "-12345.678901", "100", "1E+2"])
def test_numbers_come_back(text):
    assert decimal_of(*scaled(Decimal(text))) == Decimal(text)


def test_what_is_finer_than_six_places_is_rounded():
    assert scaled(Decimal("0.12345678")) == (123_457, 6)


def test_sums_come_back():
    one = replace(HOUR, start=HOUR.start.astimezone(CHINA), end=HOUR.end.astimezone(CHINA))
    assert aggregate_of(aggregate_cells(one, 7, 0), ("line", "L1"), CHINA) == one


def test_a_day_is_closed_when_it_has_settled():
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert closed_day(midnight + timedelta(hours=2), CHINA, timedelta(hours=2)) == date(2026, 3, 1)
    assert closed_day(midnight + timedelta(minutes=119), CHINA, timedelta(hours=2)) == date(2026, 2, 28)


def test_a_day_begins_at_midnight_of_the_zone():
    (day,) = days_of({date(2026, 3, 31): Work(meters={1})}, CHINA)
    assert micros(day.start) % 86_400_000_000 == 57_600_000_000


def test_the_last_month_is_the_one_that_has_closed():
    assert last_month(date(2026, 3, 31), CHINA) == date(2026, 3, 1)
    assert last_month(date(2026, 3, 30), CHINA) == date(2026, 2, 1)


def row(archive: int, *, owner: int = 4, mp_no: str = ""):
    tail = ["in service", "", "", 6, 2, "1", "1", 0, "", None, None, "", None, None, None, ""]
    return [9, "M", owner, archive, mp_no, *tail]


@pytest.mark.parametrize(("archives", "expected"), [((0, 4, 7), "0"), ((7, 4), "4"), ((7, 5), "5")])
def test_of_several_archives_the_masters_goes_first_then_that_of_who_reads(archives, expected):
    roll = Roll()
    roll.add([row(number, mp_no=str(number)) for number in archives])
    assert roll.entries[9].cells[0] == expected


def test_nothing_is_estimated_of_what_nothing_is_known():
    day = period_of(datetime(2026, 3, 4, tzinfo=CHINA), Span.DAY)
    part = Part(meter="M1", side="sale", energy=None)
    one = MeterEnergy(
        meter="M1",
        point=FORWARD,
        span=Span.DAY,
        start=day.start,
        end=day.end,
        energy=None,
        computed=Computed.MISSING,
    )
    assert estimates([part], {"M1": one}, {"M1": Known()}, day) == []
    known = {"M1": Known(days={date(2026, 2, 25): Decimal(10), date(2026, 3, 3): Decimal(12)})}
    assert [(got.energy, got.method) for got in estimates([part], {"M1": one}, known, day)] == [
        (Decimal(11), Method.LIKE)
    ]
    broken = replace(one, computed=Computed.NOT_COMPUTABLE)
    assert estimates([part], {"M1": broken}, known, day) == []
