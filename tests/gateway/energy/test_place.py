"""Metering points over time, from rows of the archive and exchange records."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from config.archive import Exchange, Meter
from gateway.energy.period import Span, period_of
from gateway.energy.place import Interval, intervals, multiplier_of, pieces, power_of
from gateway.energy.record import FORWARD
from tests.gateway.energy.conftest import SHANGHAI

D = Decimal
NOON = datetime(2026, 5, 4, 12, tzinfo=SHANGHAI)


def row(asset="M1", **more):
    return Meter(asset_no=asset, address="1", protocol="dlt645-2007", target="t", mp_no="P1", **more)


def record(old="M0", new="M1"):
    return Exchange(
        mp_no="P1",
        old_asset=old,
        new_asset=new,
        at=NOON,
        old_finals={FORWARD: D("10.5")},
        new_initials={FORWARD: D("0.2")},
    )


def test_t15_multiplier_from_the_archive():
    assert multiplier_of(row(ct=D(300) / 5, pt=D(10_000) / 100)) == 6000
    assert multiplier_of(row(ct=D(60), pt=D(100), register_is_primary=True)) == 1


def test_power_is_what_plate_and_contract_allow_as_the_register_counts():
    plate = {"wiring": "3P4W", "rated_voltage": D(220), "max_current": D(6), "ct": D(100)}
    assert power_of(row(**plate)) == D("3.96")
    assert power_of(row(**plate, register_is_primary=True)) == D("396")
    assert power_of(row(**plate, capacity_kva=D(250))) == D("3")
    assert power_of(row(capacity_kva=D(250))) == D("300")
    assert power_of(row()) is None


def test_one_row_without_dates_is_open():
    (one,) = intervals([row(ct=D(40))], [], SHANGHAI)
    assert (one.begin, one.end, one.multiplier) == (None, None, 40)


def test_validity_is_in_days_with_the_last_one_included():
    (one,) = intervals([row(valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 3))], [], SHANGHAI)
    assert one.begin == datetime(2026, 5, 1, tzinfo=SHANGHAI)
    assert one.end == datetime(2026, 5, 4, tzinfo=SHANGHAI)


@pytest.mark.parametrize("dated", [True, False])
def test_an_exchange_record_sets_instant_and_registers(dated):
    old = row("M0", valid_to=date(2026, 5, 4)) if dated else row("M0")
    new = row("M1", valid_from=date(2026, 5, 4)) if dated else row("M1")
    first, second = intervals([new, old], [record("X", "Y"), record()], SHANGHAI)
    assert (first.asset, first.end, first.final) == ("M0", NOON, {FORWARD: D("10.5")})
    assert (second.asset, second.begin, second.initial) == ("M1", NOON, {FORWARD: D("0.2")})


def test_without_a_record_the_new_row_begins_by_its_date_and_nothing_overlaps():
    rows = [row("M0", valid_to=date(2026, 5, 9)), row("M1", valid_from=date(2026, 5, 4))]
    first, second = intervals(rows, [], SHANGHAI)
    assert first.end == second.begin == datetime(2026, 5, 4, tzinfo=SHANGHAI)
    assert not first.final
    assert not second.initial


def test_pieces_are_clipped_and_leave_registers_beyond_the_period():
    day = period_of(NOON, Span.DAY)
    old = Interval(asset="M0", end=NOON, final={FORWARD: D(1)})
    new = Interval(asset="M1", begin=NOON, initial={FORWARD: D(2)})
    first, second = pieces((old, new), day)
    assert (first.ends, second.ends) == ((day.start, NOON), (NOON, day.end))
    assert (first.final, second.initial) == (old.final, new.initial)
    (after,) = pieces((old, new), day.next())
    assert (after.asset, after.ends, after.initial) == ("M1", (day.end, day.next().end), {})


def test_an_open_interval_has_no_ends():
    with pytest.raises(ValueError, match="open"):
        assert Interval(asset="M1").ends
