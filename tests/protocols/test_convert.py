"""Items as readings and events."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from protocols.convert import to_readings
from protocols.dlt645 import value
from protocols.dlt645.catalogue import lookup
from protocols.reading import Method, Origin, State
from protocols.session import Item

TZ = ZoneInfo("Asia/Shanghai")
NOW = datetime(2024, 5, 1, 4, 0, 10, tzinfo=UTC)  # 12:00:10 in Shanghai


def convert(di="", data="", *, items=None, method=Method.LIVE, at=None, standard="2007", now=NOW):
    if items is None:
        items = value.decode(lookup(standard, di), bytes.fromhex(data))
    return to_readings(
        items, meter="M1", source="line3", origin=Origin.WIRED, method=method, now=now, tz=TZ, at=at
    )


def test_a_live_register():
    (reading,), events = convert("00010000", "78563412")
    assert (reading.point, reading.value, reading.unit) == ("1-0:1.8.0", Decimal("123456.78"), "kWh")
    assert (reading.meter, reading.source, reading.method) == ("M1", "line3", Method.LIVE)
    assert reading.at == reading.read_at == NOW
    assert (reading.state, reading.reason) == (State.RAW, "")
    assert events == []


def test_absent_and_undecodable_values():
    readings, _ = convert("0201FF00", "0022FFFF0A0A")
    assert [(r.state, r.value, r.reason) for r in readings] == [
        (State.RAW, Decimal("220.0"), ""),
        (State.MISSING, None, ""),
        (State.REJECTED, None, "R001"),
    ]


def test_a_freeze_holds_at_its_instant():
    (reading,), _ = convert("05060101", "01000000", method=Method.FREEZE, at=datetime(2024, 5, 1))
    assert reading.point == "1-0:1.8.0"
    assert reading.at == datetime(2024, 5, 1, tzinfo=TZ)
    assert reading.read_at == NOW


def test_a_settlement_is_the_register_at_its_instant():
    at = datetime(2024, 5, 1)
    (reading,), _ = convert("00010001", "01000000", method=Method.SETTLEMENT, at=at)
    assert (reading.point, reading.at) == ("1-0:1.8.0", at.replace(tzinfo=TZ))
    (own,), _ = convert("00000001", "01000000", method=Method.SETTLEMENT, at=at)
    assert own.point == "dlt645-2007:00000000"


def test_a_settlement_without_an_instant_keeps_its_count():
    (reading,), _ = convert("00010001", "01000000")
    assert (reading.point, reading.at) == ("1-0:1.8.0*1", NOW)


def test_a_demand_holds_when_it_occurred():
    (reading,), _ = convert("01010000", "5007003412050423")
    assert reading.at == datetime(2023, 4, 5, 12, 34, tzinfo=TZ)


def test_the_clock_is_an_offset():
    (reading,), _ = convert("0400010C", "40591103010524")
    assert (reading.point, reading.value, reading.unit) == ("0-0:1.0.0", Decimal(-30), "s")
    assert reading.at == datetime(2024, 5, 1, 11, 59, 40, tzinfo=TZ)


@pytest.mark.parametrize(
    ("now", "shown", "offset"),
    [
        (datetime(2024, 5, 1, 4, 0, 10, tzinfo=UTC), "405911", -30),
        (datetime(2024, 5, 1, 15, 59, 50, tzinfo=UTC), "050000", 15),
        (datetime(2024, 5, 1, 16, 0, 10, tzinfo=UTC), "555923", -15),
    ],
)
def test_a_time_without_a_date_is_the_nearest(now, shown, offset):
    (reading,), _ = convert("C011", shown, standard="1997", now=now)
    assert (reading.point, reading.value) == ("0-0:1.0.0", Decimal(offset))


def test_a_clock_that_shows_nonsense_is_rejected():
    (reading,), _ = convert("0400010C", "40611103010524")
    assert (reading.state, reading.value) == (State.REJECTED, None)
    (reading,), _ = convert("0400010C", "FFFFFFFFFFFFFF")
    assert reading.state is State.MISSING


def test_a_status_word_is_its_number():
    (reading,), _ = convert("04000503", "5000")
    assert (reading.point, reading.value, reading.unit) == ("0-0:96.5.3", Decimal(0x50), "bits")


@pytest.mark.parametrize(
    ("di", "data"), [("04000404", "56302E303232"), ("04000401", "FFFFFFFFFFFF"), ("05060001", "0000010524")]
)
def test_texts_give_no_reading(di, data):
    assert convert(di, data) == ([], [])


def test_numbers_without_a_code_have_their_own_name():
    (reading,), _ = convert("04000409", "001200")
    assert (reading.point, reading.value) == ("dlt645-2007:04000409", Decimal(1200))


def test_an_event_record():
    readings, (event,) = convert("03110001", "000010030524301512030524")
    assert readings == []
    assert (event.id, event.name) == ("03110001", "power-off record, last 1 (start,end)")
    assert event.began == datetime(2024, 5, 3, 10, tzinfo=TZ)
    assert event.ended == datetime(2024, 5, 3, 12, 15, 30, tzinfo=TZ)
    assert json.loads(event.detail) == {"start": "2024-05-03T10:00:00", "end": "2024-05-03T12:15:30"}


def test_an_event_that_goes_on_has_no_end():
    _, (event,) = convert("03110001", "000010030524" + "000000000000")
    assert event.ended is None


def test_records_that_tell_of_no_event():
    assert convert("03110001", "00" * 12) == ([], [])
    assert convert("03010000", "00" * 18) == ([], [])


def test_an_event_of_one_time():
    _, (event,) = convert("1D000101", "000010030524")
    assert event.began == datetime(2024, 5, 3, 10, tzinfo=TZ)


def test_an_item_without_a_point_is_not_a_reading():
    assert convert(items=[Item("X", None, Decimal(1), "")]) == ([], [])
