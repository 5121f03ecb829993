"""Units of a terminal as readings of the meter that hangs at the point."""

from datetime import datetime, timedelta
from decimal import Decimal

from drivers.order import Failure, Want
from drivers.terminal.batch import Gathered
from drivers.terminal.readings import UNVERIFIED, Binding, result_of
from protocols.gdw1376_1.body import Unit
from protocols.reading import State
from protocols.session import Item
from tests.drivers.terminal.place import FORWARD, MIDNIGHT, START, TZ, Place

ITEM = Item("0D-F161", FORWARD, Decimal("1.5"), "kWh", datetime(2026, 3, 10))


def gathered(*items, data=None):
    return Gathered([Unit(1, 161, items, data or {"Td_d": "2026-03-09"})])


def bound(*, verified=True):
    return Binding(is_verified=verified, source="jzq1", now=START, tz=TZ)


def order():
    return Place(1).orders()[0]


def test_only_raw_values_become_suspect_by_an_unverified_point():
    (reading,) = result_of(order(), gathered(ITEM), bound(verified=False)).readings
    assert (reading.state, reading.reason) == (State.SUSPECT, UNVERIFIED)
    (missing,) = result_of(order(), gathered(ITEM._replace(value=None)), bound(verified=False)).readings
    assert missing.state is State.MISSING


def test_the_read_time_is_the_terminals_unless_it_lies_ahead_of_us():
    read = {"Td_d": "2026-03-09", "read_time": "2026-03-10T00:20"}
    (reading,) = result_of(order(), gathered(ITEM, data=read), bound()).readings
    assert reading.read_at == datetime(2026, 3, 10, 0, 20, tzinfo=TZ)
    assert reading.at == MIDNIGHT
    ahead = {"Td_d": "2026-03-09", "read_time": "2026-03-11T00:20"}
    (reading,) = result_of(order(), gathered(ITEM, data=ahead), bound()).readings
    assert reading.read_at == START


def test_what_was_not_asked_for_is_left_out_and_what_lacks_is_told():
    other = ITEM._replace(point="1-0:1.8.1")
    result = result_of(order(), gathered(other), bound())
    assert result.readings == ()
    assert result.failures == ((FORWARD, Failure.NO_RECORD, "the terminal has none"),)


def test_a_live_value_holds_when_the_terminal_read_the_meter():
    live = Place(1).orders(want=Want.LIVE, at=None)[0]
    item = ITEM._replace(id="0C-F129", at=None)
    unit = Gathered([Unit(1, 129, (item,), {"read_time": "2026-03-10T08:15"})])
    (reading,) = result_of(live, unit, bound()).readings
    assert reading.at == datetime(2026, 3, 10, 8, 15, tzinfo=TZ)
    assert reading.read_at - START < timedelta(seconds=1)
