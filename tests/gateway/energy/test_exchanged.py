"""Who took whose place, also where a meter that was taken out hangs somewhere else later."""

from datetime import date, datetime
from decimal import Decimal

from config.archive import Exchange, Meter
from gateway.energy.exchanged import Exchanged, hung
from tests.gateway.energy.conftest import SHANGHAI


def at(day, hour=10):
    return datetime(2026, 5, day, hour, tzinfo=SHANGHAI)


def swap(old, new, day, mp_no="", hour=10):
    known = {"old_finals": {}, "new_initials": {}}
    return Exchange(mp_no=mp_no, old_asset=old, new_asset=new, at=at(day, hour), **known)


MOVED = [swap("X", "M", 20), swap("M", "B", 10)]
"""M hung at A until the 10th, where B does now, and took the place of X at C on the 20th."""


def behind(found, asset, day=None):
    until = None if day is None else at(day, 0)
    return [(one.old_asset, one.new_asset) for one in found.behind(asset, until)]


def test_one_place_is_followed_over_time():
    found = Exchanged([swap("M", "B", 10), swap("B", "C", 20), swap("C", "D", 25)])
    assert [found.ahead("M", None, at(day, 0)) for day in (10, 11, 21, 26)] == ["M", "B", "C", "D"]
    assert behind(found, "C", 22) == [("B", "C"), ("M", "B")]


def test_what_begins_after_an_exchange_is_of_another_place():
    found = Exchanged(MOVED)
    assert found.ahead("M", None, at(30)) == "B"
    assert found.ahead("X", None, at(30)) == "M"
    assert found.ahead("M", at(20, 0), at(30)) == "M"


def test_what_led_to_a_meter_is_of_the_place_where_it_hangs_then():
    found = Exchanged(MOVED)
    assert behind(found, "B") == [("M", "B")]
    assert behind(found, "M") == [("X", "M")]
    assert behind(found, "M", 9) == []
    assert behind(found, "M", 15) == []  # on the shelf
    assert behind(found, "X") == []
    assert behind(found, "B", 9) == [("M", "B")]  # before it came to its first place


def test_two_meters_that_were_mixed_up_change_places_on_one_day():
    found = Exchanged([swap("M", "N", 10, "A", 10), swap("N", "M", 10, "C", 11)])
    assert (found.ahead("M", None, at(30)), found.ahead("N", None, at(30))) == ("N", "M")
    assert (behind(found, "N"), behind(found, "M")) == ([("M", "N")], [("N", "M")])


def test_a_meter_that_came_back_to_its_place():
    found = Exchanged([swap("M", "N", 10), swap("N", "M", 20)])
    assert found.ahead("M", None, at(30)) == "M"
    assert behind(found, "M") == [("N", "M"), ("M", "N")]


def test_rows_of_a_place_are_as_the_meters_hung_there():
    known = {
        one.asset_no: one
        for one in (
            Meter(asset_no=asset, address="1", protocol="dlt645-2007", target="t", valid_from=begun, ct=ct)
            for asset, begun, ct in (("M", date(2026, 5, 20), Decimal(1)), ("B", None, Decimal(40)))
        )
    }
    rows = hung(known["B"], Exchanged(MOVED).behind("B"), known.get, SHANGHAI)
    assert [(one.asset_no, one.valid_from, one.ct) for one in rows] == [
        ("B", date(2026, 5, 10), 40),
        ("M", None, 40),
    ]
    assert hung(known["M"], [], known.get, SHANGHAI) == [known["M"]]
    strange = hung(known["M"], Exchanged(MOVED).behind("M", at(25)), known.get, SHANGHAI)
    assert [(one.asset_no, one.valid_from) for one in strange] == [("M", date(2026, 5, 20)), ("X", None)]
