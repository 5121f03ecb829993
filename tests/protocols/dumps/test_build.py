"""Cells to canonical rows."""

from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps.build import Builder
from protocols.dumps.record import Bad, Status, Swap
from tests.protocols.dumps.toy import TZ

GIVEN = {"asset_no": "1", "this_read": "5.5", "read_time": "2024-05-01 08:00"}


def one(decimals=None, **given):
    (item,) = Builder(load_profile("delimited"), TZ, decimals).build(GIVEN | given, 7, 70)
    return item


def test_the_plain_row():
    row = one()
    assert (row.line, row.offset, row.point, row.unit, row.status) == (7, 70, "1-0:1.8.0", "kWh", Status.READ)


@pytest.mark.parametrize(
    ("unit", "kind", "value"),
    [
        ("Wh", "11", "0.0055"),
        ("MWh", "11", "5500"),
        ("kwh", "11", "5.5"),
        ("varh", "31", "0.0055"),
        ("kW", "41", "5.5"),
    ],
)
def test_units_become_the_points_own(unit, kind, value):
    assert one(unit=unit, read_type=kind).this_read == Decimal(value)


def test_units_of_something_else():
    assert one(unit="m3") == Bad(7, 70, "unit", "unit", "m3")
    assert one(unit="kvarh").reason == "unit"


def test_exchanges():
    row = one(
        old_final="1000.00", new_initial="0.20", exch_time="2024-04-20 10:00", new_asset="00N2", new_ct="40"
    )
    assert row.swap == Swap(
        at=row.swap.at,
        old_final=Decimal("1000.00"),
        new_initial=Decimal("0.20"),
        new_asset="00N2",
        ct=Decimal(40),
    )
    assert row.swap.at.isoformat() == "2024-04-20T10:00:00+08:00"
    assert one(exch_time=" ").swap is None


def test_flags_and_facts():
    row = one(
        est_flag="是", roll_flag="1", lon="113.1", lat="0", battery="3.6", remark="a\x1b[31m", digits="6"
    )
    assert (row.estimated, row.rolled, row.lon, row.lat, row.digits) == (
        True,
        True,
        Decimal("113.1"),
        None,
        6,
    )
    assert row.remark == "a [31m"
    assert one(est_flag="否").estimated is False


def test_implied_decimals():
    assert one({"this_read": 2}, this_read="0000550").this_read == Decimal("5.50")


def test_a_value_of_a_row_that_was_not_read_is_not_taken():
    row = one(status="0")
    assert (row.status, row.this_read) == (Status.UNREAD, None)


def test_codes_that_are_no_codes():
    assert one(this_read="", ex_code="00", read_time="").status is Status.UNREAD
    assert one(this_read="", ex_code="05", read_time="").status is Status.FAILED
    assert one(lat="95").reason == "position"
