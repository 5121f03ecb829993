"""What an ERTU told, by object and instant (drivers.ertu.totals); groups of meters (drivers.ertu.work)."""

from datetime import datetime
from decimal import Decimal

import pytest

from config.ertu import load_profile
from config.ertu.profile import Place as Spot
from config.ertu.profile import PlacedPoint
from drivers.ertu.totals import CONTRADICTED, INVALID, Totals
from drivers.ertu.work import _groups, _Tie
from protocols.iec102.asdu import Asdu
from protocols.iec102.stamp import encode_ta

AT, LATER = datetime(2026, 3, 10), datetime(2026, 3, 10, 0, 15)
ROW = PlacedPoint(0, "1-0:1.8.0", Decimal("0.01"), "kWh")


def told(total, at=AT, *, number=1, status=0, station=1, mark=0, hour=0):
    stamp = bytearray(encode_ta(at))
    stamp[0] |= mark
    stamp[1] |= hour
    body = bytes((number,)) + total.to_bytes(4, "little", signed=True) + bytes((status, 0xFF)) + bytes(stamp)
    return Asdu(type=2, cause=5, station=station, body=body)


def totals(*answers, **changes):
    found = Totals(load_profile("standard").model_copy(update=changes), 120)
    found.take(answers)
    return found


def test_a_value_belongs_to_object_station_and_instant():
    found = totals(told(12345), told(20000, LATER), told(7, number=2), told(8, station=2))
    one = found.at(1, 1, ROW, "1-0:1.8.0*1", AT)
    assert (one.item.value, one.item.unit, one.item.at, one.doubt) == (Decimal("123.45"), "kWh", AT, "")
    assert (one.item.id, one.item.point) == ("120/1", "1-0:1.8.0*1")
    assert found.at(1, 2, ROW, "", AT).item.value == Decimal("0.07")
    assert found.at(2, 1, ROW, "", AT).item.value == Decimal("0.08")
    assert found.at(1, 3, ROW, "", AT) is None
    assert found.at(1, 1, ROW, "", datetime(2026, 3, 9)) is None
    assert found.newest(1, 1, ROW, "", LATER).item.at == LATER
    assert found.newest(1, 1, ROW, "", AT).item.at == AT
    assert found.newest(1, 1, ROW, "", datetime(2026, 3, 9)) is None


def test_what_speaks_against_a_value():
    assert totals(told(1, status=0x80)).at(1, 1, ROW, "", AT).doubt == INVALID
    assert totals(told(1), told(1)).at(1, 1, ROW, "", AT).doubt == ""
    assert totals(told(1), told(2)).at(1, 1, ROW, "", AT).doubt == CONTRADICTED
    assert totals(told(-5)).at(1, 1, ROW, "", AT).item.value == Decimal("-0.05")


@pytest.mark.parametrize(("marks", "why"), [({"mark": 0x80}, "invalid"), ({"hour": 0x80}, "summer")])
def test_a_time_that_is_not_to_be_trusted_is_no_match(marks, why):
    found = totals(told(1, **marks))
    assert found.at(1, 1, ROW, "", AT) is None
    assert why in found.trouble


def test_stamps_may_be_the_begin_of_their_period():
    found = totals(told(1), stamp_minutes=15)
    assert found.at(1, 1, ROW, "", AT) is None
    assert found.at(1, 1, ROW, "", LATER).item.value == Decimal("0.01")


def test_what_cannot_be_used_is_said():
    assert "take 7 bytes" in totals(Asdu(type=2, cause=5, station=1, body=b"x")).trouble
    assert totals(Asdu(type=2, body=bytes(7) + b"\x00\x00\x00\x00\x00")).trouble == "a value without a time"
    assert totals(told(1)).at(1, 1, ROW._replace(part="tariff1"), "", AT) is None


def test_meters_close_together_are_asked_for_together():
    spots = [Spot(1, 1), Spot(1, 5), Spot(1, 14), Spot(1, 60), Spot(2, 1)]
    groups = [[tie.place for tie in group] for group in _groups([_Tie(None, one) for one in spots], 4)]
    assert groups == [spots[:3], spots[3:4], spots[4:]]
    many = [_Tie(None, Spot(1, n)) for n in range(1, 81, 4)]
    assert [len(group) for group in _groups(many, 4)] == [16, 4]
    assert list(_groups([], 4)) == []
