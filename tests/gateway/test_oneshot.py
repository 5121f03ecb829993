"""One meter asked once, and how that is written."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from config.archive import Meter
from drivers.order import Failure, Order, Result, Want
from gateway.models import model_of
from gateway.oneshot import as_json, default_points, dumps
from protocols import PROTOCOLS
from protocols.session import Item

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def result(*items, failures=(), asset_no="M1", address="000000000012"):
    meter = Meter(asset_no=asset_no, address="A" * 12, protocol="dlt645-2007", target="t")
    order = Order(meter=meter, want=Want.LIVE, points=("1-0:1.8.0",))
    return Result(order=order, address=address, items=items, failures=failures)


def test_values_are_written_exactly_as_scaled():
    value = Decimal("0.00")
    items = [
        Item("00010000", "1-0:1.8.0", value, "kWh"),
        Item("02010200", "1-0:52.7.0", None, "V"),
        Item("01010000", "1-0:1.6.0", Decimal("1E+3"), "kW", at=datetime(2026, 1, 1, 12, 30)),
        Item("04000101", "1-0:0.9.2", "2026-01-01", ""),
        Item("02010300", "1-0:72.7.0", None, "V", error="bcd"),
    ]
    rows = as_json(result(*items), NOW)["points"]
    assert [row["value"] for row in rows] == ["0.00", None, "1000", "2026-01-01", None]
    assert rows[2]["at"] == "2026-01-01T12:30:00"
    assert rows[0]["read_at"] == "2026-01-01T00:00:00+00:00"
    assert rows[4]["error"] == "bcd"


def test_failures_are_rows_too():
    failures = [("1-0:1.8.0", Failure.TIMEOUT, "silence"), ("dlt645-2007:0001FF00", Failure.REFUSED, "no")]
    rows = as_json(result(failures=failures), NOW)["points"]
    assert [(row["obis"], row["id"]) for row in rows] == [("1-0:1.8.0", None), (None, "0001FF00")]
    assert rows[0]["error"] == "timeout: silence"


def test_a_meter_without_a_number_goes_by_the_address_that_answered():
    assert as_json(result(), NOW)["meter"] == "M1"
    assert as_json(result(asset_no=""), NOW)["meter"] == "000000000012"
    assert as_json(result(asset_no="", address=""), NOW)["meter"] == "A" * 12
    assert json.loads(dumps(as_json(result(), NOW)))["protocol"] == "dlt645-2007"


def test_the_usual_points_exist_in_2007():
    meter = Meter(asset_no="", address="1", protocol="dlt645-2007", target="t")
    planned = PROTOCOLS["dlt645-2007"].plan(default_points(), "live", model=model_of(meter), address="1" * 12)
    assert sum(len(step.points) for step in planned) == len(default_points())
